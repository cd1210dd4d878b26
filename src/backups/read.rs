//! Reading an archive, from wherever it comes: nothing of it is believed before it has been looked at, and nothing is written
//! by this.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::GzDecoder;
use ring::digest::{Context, SHA256};

use super::manifest::{DATABASE, FORMAT, LABEL, Label, MANIFEST, Manifest};
use super::restore_error::RestoreError;
use super::write::hex;
use crate::domain::FolderPath;

/// No other file of a backup than the store is longer.
const LONGEST: u64 = 4 << 20;

/// … and no manifest.
const LONGEST_MANIFEST: u64 = 64 << 20;

/// What an archive may hold: places by their first name.
const AREAS: [&str; 3] = ["custom_blueprints", "instances", "tls"];

/// Hears every file, in the order of the archive: where it goes, its mode, and its content, of which it may read as much as
/// it likes.
pub(super) type Each<'a> = dyn FnMut(&FolderPath, u32, &mut dyn Read) -> Result<(), RestoreError> + 'a;

/// Reads an archive to its end. It is whole, and as it was written, when this returns its manifest.
pub(super) fn read(archive: &Path, each: &mut Each<'_>) -> Result<Manifest, RestoreError> {
    let file = File::open(archive).map_err(|error| RestoreError::Unreadable(error.to_string()))?;
    let facts = file.metadata().map_err(|error| RestoreError::Unreadable(error.to_string()))?;
    if !facts.is_file() {
        return Err(RestoreError::Foreign("it is no file".to_owned()));
    }
    let mut start = [0; 2];
    let mut reader = BufReader::with_capacity(256 << 10, file);
    if !peek(&mut reader, &mut start)? {
        return Err(RestoreError::Foreign("it is empty, or nearly".to_owned()));
    }
    if start != [0x1f, 0x8b] {
        return Err(RestoreError::Foreign("it is no .tar.gz".to_owned()));
    }
    let mut tar = tar::Archive::new(GzDecoder::new(reader));
    let mut reading = Reading { seen: BTreeMap::new(), manifest: None, each };
    let mut is_first = true;
    for entry in tar.entries().map_err(damaged)? {
        let entry = entry.map_err(|error| if is_first { not_ours(error) } else { damaged(error) })?;
        if is_first {
            label(entry)?;
            is_first = false;
        } else {
            reading.entry(entry)?;
        }
    }
    if is_first {
        return Err(RestoreError::Foreign("it is an empty archive".to_owned()));
    }
    // To the very end: there is the sum of all bytes.
    let mut gz = tar.into_inner();
    io::copy(&mut gz, &mut io::sink()).map_err(damaged)?;
    let mut reader = gz.into_inner();
    if reader.read(&mut start).map_err(|error| RestoreError::Unreadable(error.to_string()))? > 0 {
        return Err(RestoreError::Damaged("something follows its end".to_owned()));
    }
    reading.finish()
}

/// Looks at the first bytes without taking them.
fn peek(reader: &mut BufReader<File>, start: &mut [u8; 2]) -> Result<bool, RestoreError> {
    use std::io::BufRead;
    let there = reader.fill_buf().map_err(|error| RestoreError::Unreadable(error.to_string()))?;
    let Some(first) = there.first_chunk::<2>() else { return Ok(false) };
    *start = *first;
    Ok(true)
}

/// The first entry says whether it is ours, and whether we can read it.
fn label(mut entry: tar::Entry<'_, GzDecoder<BufReader<File>>>) -> Result<(), RestoreError> {
    if &*entry.path_bytes() != LABEL.as_bytes() || entry.header().entry_type() != tar::EntryType::Regular {
        return Err(RestoreError::Foreign(format!("it does not begin with {LABEL}")));
    }
    let text = small(&mut entry, 64 << 10)?;
    let label: Label =
        serde_json::from_slice(&text).map_err(|_| RestoreError::Foreign(format!("its {LABEL} says nothing")))?;
    if label.aikore_backup > FORMAT {
        return Err(RestoreError::Newer(label.version));
    }
    Ok(())
}

struct Reading<'a, 'b> {
    /// Size and hash of what has come.
    seen: BTreeMap<FolderPath, (u64, String)>,
    manifest: Option<Manifest>,
    each: &'a mut Each<'b>,
}

impl Reading<'_, '_> {
    fn entry(&mut self, mut entry: tar::Entry<'_, impl Read>) -> Result<(), RestoreError> {
        let name = String::from_utf8(entry.path_bytes().into_owned())
            .map_err(|_| RestoreError::Damaged("a name in it is no text".to_owned()))?;
        if self.manifest.is_some() {
            return Err(RestoreError::Unsafe(name, "it stands behind the archive's end"));
        }
        match entry.header().entry_type() {
            tar::EntryType::Regular => {}
            tar::EntryType::Symlink | tar::EntryType::Link => return Err(RestoreError::Unsafe(name, "it is a link")),
            _ => return Err(RestoreError::Unsafe(name, "it is no plain file")),
        }
        let path =
            FolderPath::parse(&name).map_err(|_| RestoreError::Unsafe(name.clone(), "it leads out of the folder"))?;
        if path.is_root() || name.ends_with('/') {
            return Err(RestoreError::Unsafe(name, "it is no plain file"));
        }
        let size = entry.size();
        if name == MANIFEST {
            let text = small(&mut entry, LONGEST_MANIFEST)?;
            let manifest: Manifest = serde_json::from_slice(&text)
                .map_err(|error| RestoreError::Damaged(format!("its manifest can't be understood: {error}")))?;
            if manifest.format > FORMAT {
                return Err(RestoreError::Newer(manifest.version));
            }
            self.manifest = Some(manifest);
            return Ok(());
        }
        let (area, rest) = name.split_once('/').unwrap_or((&name, ""));
        let is_known = name == DATABASE || (AREAS.contains(&area) && !rest.is_empty());
        // Below `instances` there are folders, and nothing else.
        if !is_known || (area == "instances" && (!rest.contains('/') || rest.starts_with('.'))) {
            return Err(RestoreError::Unsafe(name, "no backup of AiKore holds such a file"));
        }
        if size > LONGEST && name != DATABASE {
            return Err(RestoreError::Unsafe(name, "it is too large"));
        }
        if self.seen.contains_key(&path) {
            return Err(RestoreError::Unsafe(name, "it is there twice"));
        }
        let mode = entry.header().mode().map_err(damaged)?;
        let mut hashing = Hashing { inner: &mut entry, hash: Context::new(&SHA256), length: 0 };
        (self.each)(&path, mode, &mut hashing)?;
        io::copy(&mut hashing, &mut io::sink()).map_err(damaged)?;
        if hashing.length != size {
            return Err(RestoreError::Truncated);
        }
        let hash = hex(hashing.hash);
        self.seen.insert(path, (size, hash));
        Ok(())
    }

    fn finish(self) -> Result<Manifest, RestoreError> {
        let manifest = self.manifest.ok_or(RestoreError::Truncated)?;
        for entry in &manifest.entries {
            match self.seen.get(&entry.path) {
                None => return Err(RestoreError::Damaged(format!("{} is missing", entry.path))),
                Some((size, hash)) if *size != entry.size || *hash != entry.sha256 => {
                    return Err(RestoreError::Damaged(format!("{} is another one than was saved", entry.path)));
                }
                Some(_) => {}
            }
        }
        if manifest.entries.len() != self.seen.len() {
            return Err(RestoreError::Damaged("it holds more than its manifest lists".to_owned()));
        }
        if !manifest.entries.iter().any(|entry| entry.path.as_str() == DATABASE) {
            return Err(RestoreError::Damaged(format!("{DATABASE} is missing")));
        }
        Ok(manifest)
    }
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    hash: Context,
    length: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        self.length += read as u64;
        Ok(read)
    }
}

fn small(entry: &mut impl Read, most: u64) -> Result<Vec<u8>, RestoreError> {
    let mut text = Vec::new();
    entry.take(most + 1).read_to_end(&mut text).map_err(damaged)?;
    if text.len() as u64 > most { Err(RestoreError::Damaged("a part of it is too large".to_owned())) } else { Ok(text) }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn damaged(error: io::Error) -> RestoreError {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return RestoreError::Truncated;
    }
    RestoreError::Damaged(error.to_string())
}

/// What can't even be begun may be anything that somebody has packed.
fn not_ours(error: io::Error) -> RestoreError {
    match damaged(error) {
        RestoreError::Damaged(_) => {
            RestoreError::Foreign("what is packed in it is no tar, or it is damaged".to_owned())
        }
        other => other,
    }
}
