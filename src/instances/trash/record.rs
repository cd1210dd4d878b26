//! What an instance was, written beside its files in the trash.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Access, BlueprintName, GpuIds, GroupLabel, Helper, Hostname, Instance, InstanceId, InstanceName, Meant,
    NewInstance, Note, OutputPath, ParamValue, Port, RestartPolicy, Slug, Timestamp, Version,
};
use crate::runtime::folder::{FolderError, TRASH_RECORD, replace};

/// No record and no script is longer.
const LIMIT: u64 = 4 << 20;

/// The settings of a deleted instance. What a later version does not know is ignored, what it misses has its default.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::instances) struct Record {
    pub(super) deleted_at: Timestamp,
    pub(super) name: InstanceName,
    base_blueprint: BlueprintName,
    #[serde(default)]
    pub(super) parent_instance_id: Option<InstanceId>,
    #[serde(default)]
    gpu_ids: Option<GpuIds>,
    #[serde(default)]
    gpu_cards: Meant,
    #[serde(default)]
    output_path: Option<OutputPath>,
    #[serde(default)]
    autostart: bool,
    #[serde(default)]
    persistent_mode: bool,
    #[serde(default)]
    hostname: Option<Hostname>,
    #[serde(default)]
    use_custom_hostname: bool,
    #[serde(default)]
    python_version: Option<Version>,
    #[serde(default)]
    cuda_version: Option<Version>,
    #[serde(default)]
    torch_version: Option<Version>,
    #[serde(default)]
    pub(super) public_port: Option<u16>,
    #[serde(default)]
    access: Option<Access>,
    #[serde(default)]
    restart_policy: Option<RestartPolicy>,
    #[serde(default)]
    helper: Option<Helper>,
    #[serde(default)]
    group: Option<GroupLabel>,
    #[serde(default)]
    params: BTreeMap<String, ParamValue>,
    #[serde(default)]
    import_notes: Vec<Note>,
}

impl Record {
    pub(in crate::instances) fn new(instance: &Instance, deleted_at: Timestamp) -> Self {
        let public_port = instance.chosen.public_port().map(Port::get);
        // Every member is named: a new one can't be forgotten here.
        let NewInstance {
            name,
            slug: _,
            base_blueprint,
            parent_instance_id,
            gpu_ids,
            gpu_cards,
            output_path,
            autostart,
            persistent_mode,
            hostname,
            use_custom_hostname,
            python_version,
            cuda_version,
            torch_version,
            port: _,
            persistent_port: _,
            persistent_display: _,
            access,
            restart_policy,
            helper,
            order: _,
            group,
            params,
            import_notes,
        } = instance.chosen.clone();
        Self {
            deleted_at,
            name,
            base_blueprint,
            parent_instance_id,
            gpu_ids,
            gpu_cards,
            output_path,
            autostart,
            persistent_mode,
            hostname,
            use_custom_hostname,
            python_version,
            cuda_version,
            torch_version,
            public_port,
            access: Some(access),
            restart_policy: Some(restart_policy),
            helper: Some(helper),
            group,
            params,
            import_notes,
        }
    }

    /// For a folder without a record: everything at its default.
    pub(super) fn plain(name: InstanceName, base_blueprint: BlueprintName) -> Self {
        let slug = Slug::of_id(0);
        let chosen = NewInstance::new(name, slug, base_blueprint);
        Self::new(&Instance::stopped(0, chosen, Timestamp::from_millis(0)), Timestamp::from_millis(0))
    }

    pub(super) fn blueprint(&self) -> &BlueprintName {
        &self.base_blueprint
    }

    /// The choices again; name, slug and port are the caller's.
    pub(super) fn into_chosen(self, name: InstanceName, slug: Slug) -> NewInstance {
        NewInstance {
            parent_instance_id: self.parent_instance_id,
            gpu_ids: self.gpu_ids,
            gpu_cards: self.gpu_cards,
            output_path: self.output_path,
            autostart: self.autostart,
            persistent_mode: self.persistent_mode,
            hostname: self.hostname,
            use_custom_hostname: self.use_custom_hostname,
            python_version: self.python_version,
            cuda_version: self.cuda_version,
            torch_version: self.torch_version,
            access: self.access.unwrap_or(Access::Private),
            restart_policy: self.restart_policy.unwrap_or(RestartPolicy::Never),
            helper: self.helper.unwrap_or(Helper::Auto),
            group: self.group,
            params: self.params,
            import_notes: self.import_notes,
            ..NewInstance::new(name, slug, self.base_blueprint)
        }
    }

    /// Writes it into a folder; returns the file.
    pub(in crate::instances) fn write(&self, folder: &Path) -> Result<PathBuf, FolderError> {
        let path = folder.join(TRASH_RECORD);
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| FolderError { path: path.clone(), source: error.into() })?;
        replace(&path, &text, 0o600)?;
        Ok(path)
    }

    /// `None` when there is none, or none that can be understood.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_str(&read_plain(&folder.join(TRASH_RECORD))?).ok()
    }
}

/// The text of a plain file of sensible length; no link is followed, no pipe waited for.
pub(super) fn read_plain(path: &Path) -> Option<String> {
    let flags = (OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK).bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(LIMIT).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut chosen = NewInstance::new("a".parse().unwrap(), "a".parse().unwrap(), "x.sh".parse().unwrap());
        chosen.gpu_ids = GpuIds::parse("0,1").ok();
        chosen.output_path = OutputPath::parse("shared/a").ok();
        chosen.hostname = Hostname::parse("a.lan").ok();
        chosen.torch_version = Version::parse("2.9.1").ok();
        (chosen.autostart, chosen.persistent_mode, chosen.use_custom_hostname) = (true, true, true);
        (chosen.access, chosen.helper) = (Access::Public, Helper::Off);
        chosen.params.insert("steps".to_owned(), ParamValue::Int(5));
        chosen.params.insert("token".to_owned(), ParamValue::Secret { secret: "k".to_owned() });
        chosen.persistent_port = Port::new(19_003);
        let instance = Instance::stopped(7, chosen.clone(), Timestamp::from_millis(0));
        Record::new(&instance, Timestamp::from_millis(1_790_000_000_123)).write(dir.path()).unwrap();
        let record = Record::read(dir.path()).unwrap();
        assert_eq!((record.deleted_at.millis(), record.public_port), (1_790_000_000_123, Some(19_003)));
        let mut back = record.into_chosen("a".parse().unwrap(), "a".parse().unwrap());
        back.set_public_port(Port::new(19_003));
        assert_eq!(back, chosen);
    }

    #[test]
    fn what_is_no_record_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(TRASH_RECORD);
        assert!(Record::read(dir.path()).is_none());
        for text in ["", "{}", "[]", r#"{"deleted_at":"2026-01-01T00:00:00Z","name":"../x","base_blueprint":"x.sh"}"#] {
            std::fs::write(&path, text).unwrap();
            assert!(Record::read(dir.path()).is_none(), "{text}");
        }
        std::fs::write(&path, r#"{"deleted_at":"2026-01-01T00:00:00Z","name":"x","base_blueprint":"x.sh","new":1}"#)
            .unwrap();
        assert!(Record::read(dir.path()).is_some());
        std::fs::rename(&path, dir.path().join("elsewhere")).unwrap();
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert!(Record::read(dir.path()).is_none(), "a link is not followed");
    }
}
