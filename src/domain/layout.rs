//! Where everything lies in the config folder (design.md §4.2). Pure: it only joins paths.

use std::path::{Path, PathBuf};

use super::{InstanceId, InstanceName, OutputPath};

/// The folders and files below one config folder.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

/// Declares one method per fixed place.
macro_rules! places {
    ($($(#[$meta:meta])* $name:ident = $path:literal),+ $(,)?) => {
        impl Layout { $($(#[$meta])* pub fn $name(&self) -> PathBuf { self.root.join($path) })+ }
    };
}

places! {
    /// The SQLite store.
    database = "aikore.db",
    /// One folder per instance.
    instances = "instances",
    /// The wheels that instances may have.
    wheels = "instances/.wheels",
    /// What instances produce.
    outputs = "outputs",
    /// The shared model tree.
    models = "models",
    /// The user's own blueprints.
    custom_blueprints = "custom_blueprints",
    /// Archives of what can't be made again.
    backups = "backups",
    /// Deleted instances.
    trashcan = "trashcan",
    /// `TMPDIR` of children.
    tmp = "tmp",
    /// uv, pip, huggingface … caches.
    cache = "cache",
    /// Small pictures of what instances made.
    thumbnails = "cache/thumbnails",
    /// The local authority and its leaves.
    tls = "tls",
    /// Sockets, locks, pids.
    run = "run",
    /// One socket and one exit record per running instance.
    shims = "run/shims",
    /// The sockets, cookies and marks of desktops.
    desktops = "run/desktops",
    /// The start files of terminals' shells.
    terminals = "run/terminals",
    /// The lock of the one server of this folder.
    lock = "run/lock",
    /// The addresses the dashboard listens on, one a line.
    listen = "run/listen",
    /// The admin socket.
    admin_socket = "run/admin.sock",
}

impl Layout {
    /// How the names of folders begin that are copies in the making.
    pub const COPYING: &str = ".copying-";

    /// The layout of this config folder. The path should be absolute: children get it in their environment.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The config folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of an instance.
    pub fn instance(&self, name: &InstanceName) -> PathBuf {
        self.instances().join(name.as_str())
    }

    /// Where a copy is made until it is whole: beside its place, so that it gets there by a rename. No instance's name
    /// begins with a dot.
    pub fn copying(&self, id: InstanceId) -> PathBuf {
        self.instances().join(format!("{}{id}", Self::COPYING))
    }

    /// The log of an instance's present run.
    pub fn log(&self, name: &InstanceName) -> PathBuf {
        self.instance(name).join("output.log")
    }

    /// What the browser on an instance's desktop remembers; a satellite's is its own.
    pub fn kiosk(&self, name: &InstanceName) -> PathBuf {
        self.instance(name).join(".kiosk")
    }

    /// Where an instance writes its results.
    pub fn output(&self, name: &InstanceName, output_path: Option<&OutputPath>) -> PathBuf {
        self.outputs().join(output_path.map_or(name.as_str(), OutputPath::as_str))
    }

    /// The trash, and those of folders that may lie on disks of their own: what can't be moved to the trash itself goes to
    /// the one on its disk.
    pub fn trashcans(&self) -> Vec<PathBuf> {
        let places = [self.instances(), self.outputs(), self.models()];
        [self.trashcan()].into_iter().chain(places.iter().map(|place| Self::trashcan_in(place))).collect()
    }

    /// The trash of a folder that lies on a disk of its own.
    pub fn trashcan_in(place: &Path) -> PathBuf {
        place.join(".aikore-trash")
    }

    /// Where a deleted instance goes.
    pub fn trash(&self, name: &InstanceName) -> PathBuf {
        self.trashcan().join(name.as_str())
    }

    /// Where the built-in shell library of this version is unpacked.
    pub fn library(&self, version: &str) -> PathBuf {
        self.run().join(format!("lib-{version}"))
    }
}
