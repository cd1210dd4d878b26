//! The instance: one configured AI web UI.

use std::collections::BTreeMap;

use super::{
    Access, BlueprintName, Desired, Desktop, Exit, GpuIds, GroupLabel, Helper, Hostname, InstanceName, Meant,
    OutputPath, ParamValue, Port, Progress, ProxyMode, Restart, RestartPolicy, Slug, Status, Timestamp, Version,
};

/// The row id of an instance; never used again after a deletion.
pub type InstanceId = i64;

/// Names one run of an instance, from its start to its end.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(transparent)]
pub struct RunId(pub String);

impl std::fmt::Display for RunId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value of an older database that no longer fitted, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Note {
    /// The column.
    pub field: String,
    /// What it held.
    pub old: serde_json::Value,
    /// What it holds now.
    pub new: serde_json::Value,
    /// Why it was changed: a sentence.
    pub why: String,
}

/// What a person chooses: the columns that creating and changing an instance may set.
#[derive(Debug, Clone, PartialEq)]
pub struct NewInstance {
    /// Its name, which is its folder's.
    pub name: InstanceName,
    /// URL form of the name.
    pub slug: Slug,
    /// The blueprint it was made from.
    pub base_blueprint: BlueprintName,
    /// The parent, for a satellite.
    pub parent_instance_id: Option<InstanceId>,
    /// GPUs it may see; `None` is all of them.
    pub gpu_ids: Option<GpuIds>,
    /// The cards those numbers meant when they were chosen.
    pub gpu_cards: Meant,
    /// Folder below `outputs/`; `None` is the name.
    pub output_path: Option<OutputPath>,
    /// Start with the server.
    pub autostart: bool,
    /// The app's UI lives in a desktop on the server.
    pub persistent_mode: bool,
    /// A host name of its own.
    pub hostname: Option<Hostname>,
    /// Whether `hostname` is in use.
    pub use_custom_hostname: bool,
    /// Python version of its environment.
    pub python_version: Option<Version>,
    /// CUDA version of its environment.
    pub cuda_version: Option<Version>,
    /// Torch version of its environment.
    pub torch_version: Option<Version>,
    /// Public port in normal mode; last app port in persistent mode.
    pub port: Option<Port>,
    /// Public port in persistent mode.
    pub persistent_port: Option<Port>,
    /// X display number in persistent mode.
    pub persistent_display: Option<u32>,
    /// Who may open it.
    pub access: Access,
    /// What happens when it ends by itself.
    pub restart_policy: RestartPolicy,
    /// Whether the page helper may be used.
    pub helper: Helper,
    /// Place in the list; ties are broken by id.
    pub order: i64,
    /// The heading it stands under in the list; a satellite has its parent's.
    pub group: Option<GroupLabel>,
    /// Values for the blueprint's `param.*` inputs.
    pub params: BTreeMap<String, ParamValue>,
    /// What the import of an older database changed.
    pub import_notes: Vec<Note>,
}

impl NewInstance {
    /// An instance of `blueprint` with every choice at its default.
    pub fn new(name: InstanceName, slug: Slug, base_blueprint: BlueprintName) -> Self {
        Self {
            name,
            slug,
            base_blueprint,
            parent_instance_id: None,
            gpu_ids: None,
            gpu_cards: Meant::new(),
            output_path: None,
            autostart: false,
            persistent_mode: false,
            hostname: None,
            use_custom_hostname: false,
            python_version: None,
            cuda_version: None,
            torch_version: None,
            port: None,
            persistent_port: None,
            persistent_display: None,
            access: Access::Private,
            restart_policy: RestartPolicy::Never,
            helper: Helper::Auto,
            order: 0,
            group: None,
            params: BTreeMap::new(),
            import_notes: Vec::new(),
        }
    }

    /// The port of the pool that leads here, in either mode.
    pub fn public_port(&self) -> Option<Port> {
        if self.persistent_mode { self.persistent_port } else { self.port }
    }

    /// Sets the port of the pool that leads here, in either mode.
    pub fn set_public_port(&mut self, port: Option<Port>) {
        if self.persistent_mode {
            self.persistent_port = port;
        } else {
            self.port = port;
        }
    }
}

/// An instance as it is now: what was chosen, and what it is doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    /// Row id.
    pub id: InstanceId,
    /// What was chosen.
    pub chosen: NewInstance,
    /// What it is doing.
    pub status: Status,
    /// Since when.
    pub since: Timestamp,
    /// Why, when there is something to say: a sentence.
    pub reason: Option<String>,
    /// What somebody asked for last.
    pub desired: Desired,
    /// How the last run ended.
    pub exit: Option<Exit>,
    /// The present run.
    pub run: Option<RunId>,
    /// The run the present log belongs to: the present one, or the last.
    pub last_run: Option<RunId>,
    /// Pid of the run's leader.
    pub pid: Option<u32>,
    /// Loopback port the child listens on, while a process runs.
    pub app_port: Option<Port>,
    /// How its script wants to be proxied; known from the first start on.
    pub proxy: ProxyMode,
    /// Where the child was found listening. Not stored: proved anew by every server.
    pub target: Option<std::net::SocketAddr>,
    /// The desktop it lives in, once that was found. Not stored: found anew by every server.
    pub desktop: Option<Desktop>,
    /// The installation's phase. Not stored.
    pub progress: Option<Progress>,
    /// The restart that is coming, after it ended by itself. Not stored: a server that boots starts what is wanted.
    pub restart: Option<Restart>,
    /// It was started again too often by its restart policy, and is not any more. Not stored.
    pub given_up: bool,
    /// Bytes of the present log, as far as known. Not stored.
    pub log_size: u64,
}

impl Instance {
    /// An instance that has never run.
    pub fn stopped(id: InstanceId, chosen: NewInstance, now: Timestamp) -> Self {
        Self {
            id,
            chosen,
            status: Status::Stopped,
            since: now,
            reason: None,
            desired: Desired::Stopped,
            exit: None,
            run: None,
            last_run: None,
            pid: None,
            app_port: None,
            proxy: ProxyMode::Strip,
            target: None,
            desktop: None,
            progress: None,
            restart: None,
            given_up: false,
            log_size: 0,
        }
    }

    /// Changes the status and remembers since when; setting the same status again keeps the moment.
    pub fn set_status(&mut self, status: Status, reason: Option<String>, now: Timestamp) {
        if self.status != status {
            self.since = now;
        }
        self.status = status;
        self.reason = reason;
    }

    /// What belongs to a process, cleared when there is none.
    pub fn clear_run(&mut self) {
        self.run = None;
        self.pid = None;
        self.app_port = None;
        self.target = None;
        self.desktop = None;
        self.progress = None;
    }
}
