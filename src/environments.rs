//! What an app is made of besides its script: its Python environment and its git repositories; and what they were before.
//!
//! Nothing here knows of rows or runs. A *snapshot* keeps both as they were before an update, a rebuild or a way back: the
//! environment itself (moved there, so that it costs nothing), the list of its packages, and the commits. `past` is the
//! folder that holds them, `.aikore-environment` in the instance's own. `saved` and `sources` are what a backup keeps of it.

mod changes;
mod git;
mod lock;
pub mod offered;
mod past;
mod repositories;
mod saved;
mod sources;
mod ties;

pub use changes::{Changes, PackageChange, RepositoryChange};
pub use lock::{Lock, Locked, packages};
pub use past::{FOLDER, Kind, Last, Outcome, Past, Snapshot, SnapshotId, Stage, State, Taken, Trial};
pub use repositories::{Repository, find as repositories, restore};
pub use saved::Saved;
pub use sources::{Known, SOURCES, Source, WAITING, known, place_waiting, sources};
pub use ties::{Environment, Move, NeedsQuotes, find, inside};
