//! Writing an archive: a tar, packed while it is written.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{Context, SHA256};

use super::content::LONGEST;
use super::error::BackupError;
use super::gather::{Content, Gathered, Item};
use super::manifest::{DATABASE, Entry, FORMAT, LABEL, Label, LeftOut, MANIFEST, Manifest};
use super::name::Reason;
use crate::domain::{FolderPath, Timestamp};
use crate::files::{leftovers, space};
use crate::folders::Folder;
use crate::store::Outline;

/// How the names of folders begin in which an archive is made.
pub(super) const MAKING: &str = ".making-";

/// What stays free beside it.
const MARGIN: u64 = 16 << 20;

/// What is read at once.
const PIECE: usize = 128 << 10;

/// A folder for what is needed while an archive is made. It goes with this value; after a crash the next server finds it.
#[derive(Debug)]
pub(super) struct Work {
    folder: PathBuf,
}

impl Work {
    /// A new one, in this folder.
    pub(super) fn begin(beside: &Path) -> Result<Self, BackupError> {
        let folder = beside.join(format!("{MAKING}{:016x}", fastrand::u64(..)));
        DirBuilder::new().mode(0o700).create(&folder).map_err(BackupError::at(&folder))?;
        Ok(Self { folder })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the copy of the store goes.
    pub(super) fn database(&self) -> PathBuf {
        self.folder.join(DATABASE)
    }

    /// The archive, until it gets its name.
    pub(super) fn archive(&self) -> PathBuf {
        self.folder.join("archive")
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Err(error) = leftovers::remove(&self.folder) {
            tracing::warn!(folder = %self.folder.display(), %error, "what a backup was made in can't be removed");
        }
    }
}

/// What is to be written.
pub(super) struct Packing<'a> {
    pub(super) work: &'a Work,
    pub(super) outline: Outline,
    pub(super) gathered: Gathered,
    pub(super) reason: Reason,
    pub(super) at: Timestamp,
    /// Hears how many bytes are done, and ends it by `false`.
    pub(super) go_on: &'a dyn Fn(u64) -> bool,
}

impl Packing<'_> {
    /// How much there is to read.
    pub(super) fn size(&self) -> Result<u64, BackupError> {
        let database = self.work.database();
        let facts = fs::metadata(&database).map_err(BackupError::at(&database))?;
        Ok(self.gathered.size().saturating_add(facts.len()))
    }

    /// Writes the archive of the work folder, to the disk. It is its owner's alone.
    pub(super) fn write(self) -> Result<(), BackupError> {
        let wanted = self.size()?.saturating_add(MARGIN);
        let free = space::free(self.work.folder()).map_err(BackupError::at(self.work.folder()))?;
        if free < wanted {
            return Err(BackupError::NoSpace(format!(
                "The backup may need {} MiB of disk space, and {} MiB are free. Make room, then back up again.",
                wanted.div_ceil(1 << 20),
                free >> 20
            )));
        }
        let path = self.work.archive();
        let failed = |error| BackupError::at(&path)(error);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(failed)?;
        let tar = tar::Builder::new(GzEncoder::new(file, Compression::default()));
        let mut pack = Pack { tar, entries: Vec::new(), go_on: self.go_on };
        let label = Label { aikore_backup: FORMAT, version: env!("CARGO_PKG_VERSION").to_owned() };
        pack.json(LABEL, &label, self.at).map_err(failed)?;
        let database = self.work.database();
        let mut store = File::open(&database).map_err(BackupError::at(&database))?;
        pack.stream(&mut store, DATABASE, self.at)?;
        let mut left_out = self.gathered.left_out;
        let mut folder: Option<Folder> = None;
        for item in self.gathered.items {
            if !(self.go_on)(0) {
                return Err(BackupError::Stopped);
            }
            let (content, mode, at) = match read(&item, &mut folder) {
                Ok(read) => read,
                Err(why) => {
                    left_out.push(LeftOut { what: item.path.to_string(), why });
                    continue;
                }
            };
            pack.add(&item.path, &content, mode, at.unwrap_or(self.at)).map_err(failed)?;
            (self.go_on)(item.size);
        }
        left_out.sort();
        let manifest = Manifest {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            schema_version: self.outline.schema_version,
            earlier_system: self.outline.earlier_system,
            at: self.at,
            reason: self.reason,
            instances: self.gathered.instances,
            entries: std::mem::take(&mut pack.entries),
            left_out,
        };
        pack.json(MANIFEST, &manifest, self.at).map_err(failed)?;
        let file = pack.tar.into_inner().and_then(GzEncoder::finish).map_err(failed)?;
        file.sync_all().map_err(failed)
    }
}

/// A file's content, its mode and its time. The error says why it is left out.
fn read(item: &Item, folder: &mut Option<Folder>) -> Result<(Vec<u8>, u32, Option<Timestamp>), String> {
    let (place, inside) = match &item.content {
        Content::Text(text) => return Ok((text.clone(), 0o600, None)),
        Content::File { folder, inside } => (folder, inside),
    };
    let is_open = folder.as_ref().is_some_and(|open| open.place() == &**place);
    if !is_open {
        *folder = Some(Folder::open(place).map_err(|error| error.to_string())?);
    }
    let Some(folder) = folder else { return Err("it could not be read".to_owned()) };
    let (file, facts) = folder.open_file(inside).map_err(|error| error.to_string())?;
    let mut content = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut content).map_err(|error| error.to_string())?;
    if u64::try_from(content.len()).is_ok_and(|length| length > LONGEST) {
        return Err("it has grown too large meanwhile".to_owned());
    }
    Ok((content, facts.mode() & 0o777, facts.modified().ok().map(Timestamp::of)))
}

struct Pack<'a> {
    tar: tar::Builder<GzEncoder<File>>,
    entries: Vec<Entry>,
    go_on: &'a dyn Fn(u64) -> bool,
}

impl Pack<'_> {
    fn json(&mut self, name: &str, value: &impl serde::Serialize, at: Timestamp) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(value)?;
        text.push(b'\n');
        self.tar.append_data(&mut header(text.len() as u64, 0o600, at), name, text.as_slice())
    }

    fn add(&mut self, path: &FolderPath, content: &[u8], mode: u32, at: Timestamp) -> io::Result<()> {
        self.tar.append_data(&mut header(content.len() as u64, mode, at), path.as_str(), content)?;
        let mut hash = Context::new(&SHA256);
        hash.update(content);
        self.entries.push(Entry { path: path.clone(), size: content.len() as u64, sha256: hex(hash) });
        Ok(())
    }

    /// A file that nobody changes: hashed first, then packed.
    fn stream(&mut self, file: &mut File, name: &str, at: Timestamp) -> Result<(), BackupError> {
        let path = FolderPath::parse(name).map_err(|why| BackupError::Store(why.to_string()))?;
        let failed = |error| BackupError::at(Path::new(name))(error);
        let size = file.metadata().map_err(failed)?.len();
        let mut hash = Context::new(&SHA256);
        let mut buffer = vec![0; PIECE];
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                break;
            }
            hash.update(buffer.get(..read).unwrap_or_default());
        }
        file.rewind().map_err(failed)?;
        let mut told = Told { file, go_on: self.go_on };
        let packed = self.tar.append_data(&mut header(size, 0o600, at), name, &mut told);
        packed.map_err(|error| if (self.go_on)(0) { failed(error) } else { BackupError::Stopped })?;
        self.entries.push(Entry { path, size, sha256: hex(hash) });
        Ok(())
    }
}

/// Says how much was read, and ends when told to.
struct Told<'a> {
    file: &'a mut File,
    go_on: &'a dyn Fn(u64) -> bool,
}

impl Read for Told<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        if (self.go_on)(read as u64) { Ok(read) } else { Err(io::Error::other("it was stopped")) }
    }
}

fn header(size: u64, mode: u32, at: Timestamp) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(at.millis() / 1000);
    header
}

/// As the tools of a shell write a hash.
pub(super) fn hex(hash: Context) -> String {
    hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
