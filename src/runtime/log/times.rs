//! When the lines of a log came: the sidecar of a part.
//!
//! One record a line, `<place in the output of the run> <Unix milliseconds>`, both rising. A record says when the line
//! that begins at this place came, and stands for those behind it up to the next record; the writer leaves 100 ms
//! between two, so that thousands of lines a second cost no more than ten records. A part's first record is about its
//! first byte: each sidecar can be read alone.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::files::Part;

/// The most records one answer holds.
const MOST: usize = 20_000;

/// Steps of the search smaller than this are not worth a seek.
const STEP: u64 = 4096;

/// A place in the output of a run, and when the line there came.
pub type LineTime = (u64, u64);

/// A record as it stands in the file.
pub(in crate::runtime) fn record((offset, millis): LineTime) -> String {
    format!("{offset} {millis}\n")
}

/// The records about `from..to`: the last one before it, which its first line may need, and those within. When there
/// are too many, those of its beginning, and where the next record would have been.
///
/// # Errors
/// A sidecar is there and can't be read.
pub(super) fn within(parts: &[Part], from: u64, to: u64) -> io::Result<(Vec<LineTime>, Option<u64>)> {
    let mut found: Vec<LineTime> = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let next_part = parts.get(n + 1).map_or(u64::MAX, |next| next.start);
        if part.start >= to || next_part <= from {
            continue;
        }
        let mut file = match File::open(part.times()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other?,
        };
        let at = before(&mut file, from)?;
        file.seek(SeekFrom::Start(at))?;
        for line in BufReader::new(file).lines() {
            // A line that is none, after a crash or a full disk, is passed over.
            let Some(record) = line.ok().as_deref().and_then(parse) else { continue };
            if record.0 >= to {
                break;
            }
            if record.0 <= from {
                found.clear();
            }
            if found.len() == MOST {
                return Ok((found, Some(record.0)));
            }
            found.push(record);
        }
    }
    Ok((found, None))
}

/// The beginning of some record at or before the last one that is not beyond `offset`; near enough to read on from.
fn before(file: &mut File, offset: u64) -> io::Result<u64> {
    let (mut low, mut high) = (0, file.metadata()?.len());
    while high - low > STEP {
        let middle = low + (high - low) / 2;
        match record_behind(file, middle)? {
            Some((at, record)) if record.0 <= offset && at < high => low = at,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// The first whole record behind a place of the file, and where it begins.
fn record_behind(file: &mut File, place: u64) -> io::Result<Option<(u64, LineTime)>> {
    file.seek(SeekFrom::Start(place))?;
    let mut text = Vec::new();
    file.take(256).read_to_end(&mut text)?;
    let Some(newline) = text.iter().position(|byte| *byte == b'\n') else { return Ok(None) };
    let line = text.get(newline + 1..).unwrap_or_default();
    let line = line.split_inclusive(|byte| *byte == b'\n').next().filter(|line| line.ends_with(b"\n"));
    let record = line.and_then(|line| parse(std::str::from_utf8(line).ok()?.trim_end()));
    Ok(record.map(|record| (place + newline as u64 + 1, record)))
}

fn parse(line: &str) -> Option<LineTime> {
    let (offset, millis) = line.split_once(' ')?;
    Some((offset.parse().ok()?, millis.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::RunId;
    use std::fs;

    fn part(dir: &tempfile::TempDir, start: u64, times: &str) -> Part {
        let part = Part::new(dir.path(), 1, &RunId("a".to_owned()), start);
        fs::write(part.times(), times).unwrap();
        part
    }

    #[test]
    fn the_records_of_a_piece_and_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let all = [part(&dir, 0, "0 5\n10 6\nbroken\n20 7\n"), part(&dir, 30, "30 8\n40 9\n")];
        let times = |from, to| within(&all, from, to).unwrap().0;
        assert_eq!(times(0, 100), [(0, 5), (10, 6), (20, 7), (30, 8), (40, 9)]);
        assert_eq!(times(15, 35), [(10, 6), (20, 7), (30, 8)]);
        assert_eq!(times(20, 30), [(20, 7)]);
        assert_eq!(times(45, 50), [(40, 9)]);
        fs::remove_file(all[1].times()).unwrap();
        assert_eq!(times(45, 50), [], "without a sidecar there are no times");
    }

    #[test]
    fn long_sidecars_are_searched_and_answers_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let count = 3 * MOST as u64;
        let text: String = (0..count).map(|n| record((n * 100, n))).collect();
        let all = [part(&dir, 0, &text)];
        for n in [0, 1, 999, 30_000, count - 1] {
            assert_eq!(within(&all, n * 100 + 50, n * 100 + 60).unwrap(), (vec![(n * 100, n)], None));
            assert_eq!(within(&all, n * 100, n * 100 + 1).unwrap(), (vec![(n * 100, n)], None));
        }
        let (found, rest) = within(&all, 1050, u64::MAX).unwrap();
        assert_eq!((found.len(), found[0], rest), (MOST, (1000, 10), Some((10 + MOST as u64) * 100)));
    }
}
