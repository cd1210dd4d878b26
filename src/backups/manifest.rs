//! What an archive says of itself. The label is its first entry: by it everybody sees what it is. The manifest is its last one,
//! with the size and the SHA-256 of every other: an archive without it was cut off.

use serde::{Deserialize, Serialize};

use super::name::Reason;
use crate::domain::{FolderPath, InstanceName, Timestamp};
use crate::environments::Saved;

/// The form of archives that this version writes, and the newest one it reads.
pub(super) const FORMAT: u32 = 1;

/// The first entry.
pub(super) const LABEL: &str = "aikore-backup.json";

/// The last entry.
pub(super) const MANIFEST: &str = "manifest.json";

/// The store's entry.
pub(super) const DATABASE: &str = "aikore.db";

/// What the first entry says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Label {
    /// The form of the archive.
    pub(super) aikore_backup: u32,
    /// Which AiKore wrote it.
    pub(super) version: String,
}

/// One file of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it lies, seen from the config folder.
    pub path: FolderPath,
    /// Bytes.
    pub size: u64,
    /// The hash of its content, in hexadecimal digits.
    pub sha256: String,
}

/// Something that is not in the archive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LeftOut {
    /// What.
    pub what: String,
    /// Why: a half sentence.
    pub why: String,
}

/// One instance of the store that is in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: InstanceName,
    /// Whose folder it uses, for a satellite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satellite_of: Option<InstanceName>,
    /// What its app is made of; `None`: nothing that would have to be made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<Saved>,
}

/// The last entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the archive.
    pub format: u32,
    /// Which AiKore wrote it.
    pub version: String,
    /// The shape of the store.
    pub schema_version: i64,
    /// The store is one of the earlier Python system: `schema_version` is one of its numbers.
    #[serde(default)]
    pub earlier_system: bool,
    /// When it was made.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// Whose settings are in the store.
    pub instances: Vec<Listed>,
    /// Every file but this one.
    pub entries: Vec<Entry>,
    /// What a person may miss.
    pub left_out: Vec<LeftOut>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_of_today_can_be_read_with_members_that_nobody_knows_yet() {
        let text = r#"{"format":1,"version":"9.9.9","schema_version":4,"at":"2026-09-21T14:13:20.000Z","reason":"manual",
            "instances":[{"name":"a","satellite_of":null},{"name":"b","satellite_of":"a","colour":"red"}],
            "entries":[{"path":"aikore.db","size":3,"sha256":"00"}],"left_out":[],"more":1}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        assert_eq!((manifest.instances.len(), manifest.earlier_system), (2, false));
        let again: Manifest = serde_json::from_str(&serde_json::to_string(&manifest).unwrap()).unwrap();
        assert_eq!(again, manifest);
    }

    #[test]
    fn paths_that_leave_the_folder_are_none() {
        for path in ["../x", "/etc/passwd", "a/../../x", "a//b"] {
            let text = format!(r#"{{"path":"{path}","size":1,"sha256":""}}"#);
            assert!(serde_json::from_str::<Entry>(&text).is_err(), "{path}");
        }
    }
}
