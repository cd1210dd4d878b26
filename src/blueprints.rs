//! Blueprints: shell scripts with a metadata header that install and launch an app.

mod catalogue;
mod header;
mod library;

pub use catalogue::{Blueprint, Catalogue, CatalogueError, Origin};
pub use header::{Header, Ready};
pub use library::unpack;
