//! Blueprints: shell scripts with a metadata header that install and launch an app.

mod catalogue;
mod header;
mod library;
mod param;
mod params;

pub use catalogue::{Blueprint, Catalogue, CatalogueError, Origin};
pub use header::{Header, KNOWN, Ready};
pub use library::unpack;
pub use param::{Param, ParamType};
pub use params::{BadParam, Params};
