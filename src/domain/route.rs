//! A way in: which instance answers under which names, and where it listens.

use std::net::SocketAddr;

use super::{Access, Desktop, Exit, Helper, Hostname, InstanceId, InstanceName, Port, RunId, Slug, Status, word_enum};

word_enum! {
    /// How an app lives under its path.
    ProxyMode {
        /// The prefix is cut off; the app believes it lives at `/`.
        Strip = "strip",
        /// The full path goes through; the app serves itself under its prefix.
        Preserve = "preserve",
        /// The path only redirects to the instance's own origin.
        RootOnly = "root-only",
    }
}

/// Everything the data plane needs to know of one instance: an immutable value, replaced as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    /// Whose way in.
    pub instance: InstanceId,
    /// Shown on pages.
    pub name: InstanceName,
    /// The first path segment after `/instance/`.
    pub slug: Slug,
    /// Where a browser finds it on the panel's origin: an outer proxy's prefix and `/instance/<slug>`, no slash at the end.
    pub prefix: String,
    /// The port of the pool that leads here.
    pub public_port: Option<Port>,
    /// A host name chosen for it, in use.
    pub hostname: Option<Hostname>,
    /// Who may open it.
    pub access: Access,
    /// Strip or preserve.
    pub mode: ProxyMode,
    /// Whether the page helper may be put into its pages.
    pub helper: Helper,
    /// Decides between forwarding and a page.
    pub status: Status,
    /// The sentence the page shows.
    pub reason: Option<String>,
    /// How the last run ended, when it did.
    pub exit: Option<Exit>,
    /// Where the child listens; only for [`Status::Started`] and for a stalled one that answered before.
    pub target: Option<SocketAddr>,
    /// Whether the app lives in a desktop: then that is what is seen here, and the app itself below [`Route::APP`].
    pub persistent: bool,
    /// That desktop, while it is there.
    pub desktop: Option<Desktop>,
    /// The process generation `target` belongs to: nothing outlives it.
    pub run: Option<RunId>,
}

impl Route {
    /// Below an instance's own path in persistent mode: the plain app.
    pub const APP: &'static str = "/app";
}
