//! What is kept of the folders somebody looks at, and how much may be done at once.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};
use tokio::sync::{Semaphore, mpsc};

use super::index::{Known, Listing, look};
use super::keep::Keep;
use super::metadata::{About, about};
use super::{Archive, Item, OutputError, Page, Piece, Question, Side, Thumbnail, Version, thumbnail};
use crate::domain::{FolderPath, Media};
use crate::folders::{Folder, FolderError};

/// Folders whose lists are kept.
const SHELVES: usize = 4;

/// A list is good for the newest page for so many times what it took: no more than a fifth of the time is spent on looking.
const REST: u32 = 4;

/// How long it is good for whoever leafs through it.
const LEAFED: Duration = Duration::from_secs(30);

/// Archives that are sent at once.
const ARCHIVES: usize = 4;

/// How long files that were picked for an archive are remembered, and how many such picks.
const PICKED: Duration = Duration::from_secs(600);
const PICKS: usize = 64;

/// Files in one archive.
const FILES: usize = 10_000;

/// The unit in which memory is handed out.
const MIB: u64 = 1 << 20;

/// Lists, small pictures and archives; cheap to clone.
#[derive(Debug, Clone)]
pub struct Gallery {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shelves: Mutex<HashMap<PathBuf, Arc<Shelf>>>,
    keep: Keep,
    /// Small pictures that are made at once: a core is left for everybody else.
    hands: Semaphore,
    /// The memory they may take together, in MiB.
    memory: Semaphore,
    archives: Arc<Semaphore>,
    picks: Mutex<HashMap<String, (Instant, Archive)>>,
}

/// What is known of one folder.
#[derive(Debug)]
struct Shelf {
    used: Mutex<Instant>,
    /// One look at a time: whoever asks meanwhile gets the same answer.
    list: tokio::sync::Mutex<Option<List>>,
}

#[derive(Debug)]
struct List {
    listing: Arc<Listing>,
    known: Known,
    at: Instant,
    took: Duration,
    /// Somebody has changed something since.
    stale: bool,
}

impl Gallery {
    /// `cache`: where small pictures are kept.
    pub fn new(cache: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let inner = Inner {
            shelves: Mutex::default(),
            keep: Keep::new(cache),
            hands: Semaphore::new(cores.saturating_sub(1).max(1)),
            memory: Semaphore::new(usize::try_from(thumbnail::MEMORY / MIB).unwrap_or(1)),
            archives: Arc::new(Semaphore::new(ARCHIVES)),
            picks: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// A page of what is in a folder; `None` if the list is still the one the asker knows.
    ///
    /// # Errors
    /// The folder can't be read.
    pub async fn page(&self, place: PathBuf, question: Question) -> Result<Option<Page>, OutputError> {
        let shelf = self.inner.shelf(&place);
        let listing = shelf.listing(&place, question.before.is_some()).await?;
        if question.known.as_deref() == Some(listing.version.as_str()) {
            return Ok(None);
        }
        let folder = place.display().to_string();
        blocking(move || Page::of(&listing, &question, folder)).await.map(Some)
    }

    /// Something in a folder has been changed by us: the next list is a new one.
    pub async fn look_again(&self, place: &Path) {
        let shelf = locked(&self.inner.shelves).get(place).cloned();
        if let Some(shelf) = shelf
            && let Some(list) = shelf.list.lock().await.as_mut()
        {
            list.stale = true;
        }
    }

    /// A file, opened, and what it is.
    ///
    /// # Errors
    /// It is not there, leads out of its folder, or can't be read.
    pub async fn open(&self, place: PathBuf, path: FolderPath) -> Result<(File, std::fs::Metadata), OutputError> {
        blocking(move || Ok(Folder::open(&place)?.open_file(&path)?)).await?
    }

    /// What there is to say about a file.
    ///
    /// # Errors
    /// As for opening it.
    pub async fn about(&self, place: PathBuf, path: FolderPath) -> Result<About, OutputError> {
        blocking(move || {
            let (file, facts) = Folder::open(&place)?.open_file(&path)?;
            about(file, Item::new(path.to_string(), Version::of(&facts)))
        })
        .await?
    }

    /// The small picture of a file, made if there is none yet.
    ///
    /// # Errors
    /// As for opening it; it is no picture, or too large.
    pub async fn thumbnail(&self, place: PathBuf, path: FolderPath, side: Side) -> Result<Thumbnail, OutputError> {
        let name = path.name().to_owned();
        if !Media::of(&name).thumbnail {
            return Err(OutputError::NoPicture { name, why: "this kind of file has none".to_owned() });
        }
        let inner = Arc::clone(&self.inner);
        let found = blocking(move || -> Result<_, OutputError> {
            let (file, facts) = Folder::open(&place)?.open_file(&path)?;
            let version = Version::of(&facts);
            let key = key(&place, &path, version, side);
            Ok((inner.kept(&key, version), file, version, key))
        });
        let (kept, mut file, version, key) = found.await??;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        // Nobody closes them.
        let hand = self.inner.hands.acquire().await;
        let asked = name.clone();
        let (mut file, look) = blocking(move || thumbnail::look(&mut file, &asked).map(|look| (file, look))).await??;
        let room = look.memory(&name)?.div_ceil(MIB);
        let room = self.inner.memory.acquire_many(u32::try_from(room).unwrap_or(u32::MAX)).await;
        let inner = Arc::clone(&self.inner);
        let made = blocking(move || {
            let (bytes, media_type) = thumbnail::make(&mut file, &name, side)?;
            inner.keep.put(&format!("{key}.{}", if media_type == "image/webp" { "webp" } else { "jpg" }), &bytes);
            Ok(Thumbnail { bytes, media_type, version })
        })
        .await?;
        drop((room, hand));
        made
    }

    /// Remembers files for an archive; gives the ticket by which it is sent, and how much there is.
    ///
    /// # Errors
    /// None was named, or too many; none is there, or one leads out of its folder.
    pub async fn pick(&self, place: PathBuf, paths: Vec<FolderPath>) -> Result<(String, u64), OutputError> {
        if paths.is_empty() || paths.len() > FILES {
            return Err(OutputError::Invalid(format!("Say which files to download: 1 to {FILES} paths.")));
        }
        let (archive, size) = blocking(move || -> Result<_, FolderError> {
            let folder = Folder::open(&place)?;
            let (mut size, mut missing) = (0, None);
            for path in &paths {
                match folder.open_file(path) {
                    Ok((_, facts)) => size += facts.len(),
                    // The archive will say so, unless there is nothing else.
                    Err(error @ FolderError::Missing(_)) => missing = Some((missing.map_or(1, |(n, _)| n + 1), error)),
                    Err(error) => return Err(error),
                }
            }
            match missing {
                Some((count, error)) if count == paths.len() => Err(error),
                _ => Ok((Archive { place, paths }, size)),
            }
        })
        .await??;
        let ticket = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
        let mut picks = locked(&self.inner.picks);
        picks.retain(|_, (at, _)| at.elapsed() < PICKED);
        if picks.len() >= PICKS
            && let Some(oldest) = picks.iter().min_by_key(|(_, (at, _))| *at).map(|(ticket, _)| ticket.clone())
        {
            picks.remove(&oldest);
        }
        picks.insert(ticket.clone(), (Instant::now(), archive));
        Ok((ticket, size))
    }

    /// The archive of this ticket, piece by piece.
    ///
    /// # Errors
    /// There is no such ticket for this folder, or too many archives are under way.
    pub fn archive(&self, place: &Path, ticket: &str) -> Result<mpsc::Receiver<Piece>, OutputError> {
        let found = locked(&self.inner.picks).get(ticket).filter(|(at, _)| at.elapsed() < PICKED).cloned();
        let archive = found.map(|(_, archive)| archive).filter(|archive| archive.place == place);
        let archive = archive.ok_or(OutputError::NoTicket)?;
        let permit = Arc::clone(&self.inner.archives).try_acquire_owned().map_err(|_| OutputError::Busy)?;
        Ok(archive.send(permit))
    }
}

impl Inner {
    fn shelf(&self, place: &Path) -> Arc<Shelf> {
        let mut shelves = locked(&self.shelves);
        if !shelves.contains_key(place)
            && shelves.len() >= SHELVES
            && let Some(oldest) = shelves.iter().min_by_key(|(_, shelf)| *locked(&shelf.used)).map(|(at, _)| at.clone())
        {
            shelves.remove(&oldest);
        }
        let fresh = || Arc::new(Shelf { used: Mutex::new(Instant::now()), list: tokio::sync::Mutex::default() });
        let shelf = shelves.entry(place.to_owned()).or_insert_with(fresh);
        *locked(&shelf.used) = Instant::now();
        Arc::clone(shelf)
    }

    fn kept(&self, key: &str, version: Version) -> Option<Thumbnail> {
        let get = |end: &str, media_type| {
            let bytes = self.keep.get(&format!("{key}.{end}"))?;
            Some(Thumbnail { bytes, media_type, version })
        };
        get("jpg", "image/jpeg").or_else(|| get("webp", "image/webp"))
    }
}

impl Shelf {
    async fn listing(&self, place: &Path, leafing: bool) -> Result<Arc<Listing>, OutputError> {
        let mut list = self.list.lock().await;
        if let Some(list) = list.as_ref() {
            let good = if leafing { LEAFED } else { list.took * REST };
            if !list.stale && list.at.elapsed() < good {
                return Ok(Arc::clone(&list.listing));
            }
        }
        let mut known = list.take().map(|list| list.known).unwrap_or_default();
        let (begun, place) = (Instant::now(), place.to_owned());
        let (looked, known) = blocking(move || (look(&place, &mut known), known)).await?;
        let listing = Arc::new(looked?);
        let answer = Arc::clone(&listing);
        *list = Some(List { listing, known, at: Instant::now(), took: begun.elapsed(), stale: false });
        Ok(answer)
    }
}

/// By everything that makes another picture of it.
fn key(place: &Path, path: &FolderPath, version: Version, side: Side) -> String {
    let what = format!("{}\0{path}\0{version}\0{}", place.display(), side.pixels());
    let hash = digest(&SHA256, what.as_bytes());
    hash.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A poisoned lock only means that a panic was logged elsewhere: nothing is left half done under one.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs what waits for the disk, or takes the processor for long, off the async threads. A panic of a decoder is one
/// picture that can't be shown.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, OutputError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "work on an output was cut off");
        OutputError::Failed("It could not be looked at: the work on it was cut off.".to_owned())
    })
}
