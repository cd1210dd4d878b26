//! The log writer against real files, and against the device that is always full.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use super::*;
use crate::runtime::log::{self, Question, files};

struct Folder {
    _dir: tempfile::TempDir,
    log: PathBuf,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { log: dir.path().join("output.log"), _dir: dir }
    }

    fn open(&self, run: &str, file_size: u64) -> LogWriter {
        LogWriter::open(&self.log, &RunId(run.to_owned()), file_size).unwrap()
    }

    /// A run's log from its oldest byte to its end, and where that byte stands.
    fn text(&self, run: &str) -> (u64, String) {
        let ask = |offset| log::answer(&self.log, &Question { run: Some(run), offset, times: false }).unwrap();
        let first = ask(0);
        let (mut text, mut offset) = (first.content, first.next);
        while offset < first.end {
            let piece = ask(offset);
            assert_eq!(piece.start, offset, "no hole");
            text.push_str(&piece.content);
            offset = piece.next;
        }
        (first.start, text)
    }

    fn files(&self) -> usize {
        fs::read_dir(files::folder(&self.log)).unwrap().count()
    }
}

fn ended() -> Exit {
    Exit { code: Some(3), signal: None, at: Timestamp::from_millis(77) }
}

#[test]
fn the_last_five_runs_keep_their_log() {
    let folder = Folder::new();
    for run in 1..=8 {
        let mut log = folder.open(&format!("r{run}"), 1 << 20);
        log.write(format!("run {run}\n").as_bytes());
        assert_eq!(log.size(), 6);
        log.finish(ended());
        assert_eq!(fs::read_to_string(&folder.log).unwrap(), format!("run {run}\n"), "always the present one");
    }
    let kept = log::runs(&folder.log).unwrap();
    assert_eq!(kept.iter().map(|run| run.run.0.as_str()).collect::<Vec<_>>(), ["r8", "r7", "r6", "r5", "r4", "r3"]);
    assert!(kept.iter().all(|run| run.exit == Some(ended()) && run.started_at.is_some() && run.size == 6), "{kept:?}");
    for run in 3..=8 {
        assert_eq!(folder.text(&format!("r{run}")), (0, format!("run {run}\n")));
    }
    assert_eq!(folder.files(), 2 * 6 + 1, "nothing is left of the oldest ones");
}

#[test]
fn parts_end_with_lines_and_read_as_one() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1000);
    let whole: String = (0..500).map(|n| format!("line {n}\n")).collect();
    for piece in whole.as_bytes().chunks(37) {
        log.write(piece);
    }
    assert_eq!(log.size(), whole.len() as u64);
    assert_eq!(folder.text("a"), (0, whole.clone()));
    let parts = log::parts_of(&folder.log, None).unwrap();
    assert!(parts.len() > 3, "{parts:?}");
    for part in &parts {
        let text = fs::read_to_string(&part.path).unwrap();
        assert!(text.len() <= 1010 && text.starts_with("line ") && text.ends_with('\n'), "{text:?}");
        assert!(fs::read_to_string(part.times()).unwrap().starts_with(&format!("{} ", part.start)));
    }
    assert_eq!(log::last_lines(&folder.log, 1), ["line 499"]);
}

#[test]
fn a_line_without_end_is_cut() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1000);
    for _ in 0..300 {
        log.write(&[b'x'; 997]);
    }
    assert_eq!(folder.text("a"), (0, "x".repeat(300 * 997)));
    let parts = log::parts_of(&folder.log, None).unwrap();
    assert!(parts.len() > 2 && parts.iter().all(|part| fs::metadata(&part.path).unwrap().len() < 70_000), "{parts:?}");
}

#[test]
fn a_run_that_never_stops_printing_keeps_its_end() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1000);
    let lines: Vec<String> = (0..20_000).map(|n| format!("line {n}\n")).collect();
    for line in &lines {
        log.write(line.as_bytes());
    }
    let (start, text) = folder.text("a");
    assert!(start > 100_000 && text.len() <= 8 * 1000 && text.ends_with("line 19999\n"), "{start}");
    assert_eq!(start + text.len() as u64, log.size(), "offsets count what was dropped too");
    assert!(folder.files() <= 2 * 8 + 1);
    let said = "[AiKore] More than 7 KiB of output: from here on the oldest is dropped.\n";
    assert_eq!(log.size(), (lines.concat().len() + said.len()) as u64, "said once");
}

#[test]
fn a_run_says_when_it_begins_to_drop() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1000);
    for n in 0..1000 {
        log.write(format!("line {n}\n").as_bytes());
    }
    let (start, text) = folder.text("a");
    assert!(start > 0, "the first part is gone");
    assert_eq!(text.matches("\n[AiKore] More than 7 KiB of output: from here on the oldest is dropped.\n").count(), 1);
}

#[test]
fn a_log_from_before_becomes_a_run_of_its_own() {
    let folder = Folder::new();
    fs::write(&folder.log, "of the earlier system\n").unwrap();
    assert_eq!(log::read(&folder.log, 0).unwrap().content, "of the earlier system\n");
    let mut log = folder.open("a", 1000);
    log.write(b"new\n");
    assert_eq!(folder.text("a"), (0, "new\n".to_owned()));
    assert_eq!(folder.text("earlier"), (0, "of the earlier system\n".to_owned()));
}

#[test]
fn a_folder_in_the_way_is_an_error_that_leaves_nothing() {
    let folder = Folder::new();
    fs::create_dir(&folder.log).unwrap();
    let error = LogWriter::open(&folder.log, &RunId("a".to_owned()), 1000).err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::IsADirectory, "{error}");
    assert_eq!(folder.files(), 0);
}

#[test]
fn when_the_next_part_cannot_begin_the_present_one_grows() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1000);
    let line = [b"y".repeat(99), b"\n".to_vec()].concat();
    for _ in 0..9 {
        log.write(&line);
    }
    // A folder in the place of the link: creating fails, for whoever we are.
    fs::remove_file(&folder.log).unwrap();
    fs::create_dir(&folder.log).unwrap();
    for _ in 0..50 {
        log.write(&line);
    }
    assert_eq!((log.size(), log.lost()), (59 * 100, 0));
    assert_eq!(log::parts_of(&folder.log, None).unwrap().len(), 1);
    fs::remove_dir(&folder.log).unwrap();
    for _ in 0..12_000 {
        log.write(&line);
    }
    assert!(log::parts_of(&folder.log, None).unwrap().len() > 1, "tried again");
    assert_eq!(log.lost(), 0);
}

#[test]
fn a_full_disk_loses_nothing_that_could_be_kept_and_says_what_it_lost() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1 << 20);
    log.write(b"before\nhalf");
    let good = log.parts.replace_file(OpenOptions::new().append(true).open("/dev/full").unwrap());
    log.write(b" a line\n");
    assert!(log.trouble().unwrap().contains("No space left on device"), "{:?}", log.trouble());
    for _ in 0..10 {
        log.write(&[b'z'; 64 * 1024]);
    }
    assert!(log.lost() > 0);
    let lost = log.lost();
    assert_eq!((log.size(), lost), (11, 8 + 10 * 64 * 1024 - 256 * 1024));
    log.parts.replace_file(good);
    std::thread::sleep(PAUSE);
    log.write(b"unlucky");
    let lost = lost + 7;
    assert_eq!((log.trouble(), log.lost()), (None, lost), "what came last came before the disk was tried");
    log.write(b"after\n");
    let (_, text) = folder.text("a");
    let held = "z".repeat(256 * 1024 - 8);
    let said = format!(
        "\n[AiKore] {lost} bytes are missing here: the log could not be written (No space left on device (os error 28)).\n"
    );
    assert_eq!(text, format!("before\nhalf a line\n{held}{said}after\n"));
    assert_eq!(log.size(), text.len() as u64);
    log.finish(ended());
    assert_eq!(log::runs(&folder.log).unwrap()[0].lost, lost);
}

#[test]
fn a_short_trouble_costs_nothing() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1 << 20);
    let good = log.parts.replace_file(OpenOptions::new().append(true).open("/dev/full").unwrap());
    log.write(b"one\n");
    log.write(b"two\n");
    for _ in 0..3 {
        std::thread::sleep(PAUSE);
        log.retry();
    }
    assert!(log.trouble().is_some());
    log.parts.replace_file(good);
    log.finish(ended());
    assert_eq!(folder.text("a"), (0, "one\ntwo\n".to_owned()));
    assert_eq!(log.lost(), 0);
    let times = fs::read_to_string(files::times_link(&folder.log)).unwrap();
    assert_eq!(times.lines().count(), 1, "an attempt is no line: {times}");
}

#[test]
fn lines_have_times_and_floods_few_records() {
    let folder = Folder::new();
    let mut log = folder.open("a", 1 << 20);
    let before = Timestamp::of(SystemTime::now()).millis();
    for n in 0..1000 {
        log.write(format!("line {n}\n").as_bytes());
    }
    let times = fs::read_to_string(files::times_link(&folder.log)).unwrap();
    assert!(times.starts_with("0 ") && times.lines().count() < 100, "{times}");
    // A line that began before keeps its time; the next one gets its own.
    log.write(b"progress");
    std::thread::sleep(Duration::from_millis(150));
    let at = log.size();
    log.write(b" 10%\r 20%\nnext\n");
    let chunk = log::answer(&folder.log, &Question { run: None, offset: at - 8, times: true }).unwrap();
    assert_eq!(chunk.times.len(), 2, "{chunk:?}");
    let (first, next) = (chunk.times[0], chunk.times[1]);
    assert!(first.0 <= at - 8 && next.0 == at + 10, "{chunk:?}");
    assert!(first.1 >= before && next.1 >= first.1 + 100, "{chunk:?}");
}
