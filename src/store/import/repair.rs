//! The rules by which rows of the earlier system become rows of ours: pure, so that each awkward row is a test.

use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::legacy::LegacyRow;
use crate::domain::{
    BlueprintName, GpuIds, Hostname, InstanceId, InstanceName, Invalid, NewInstance, Note, OutputPath, Port, PortRange,
    Slug, Version,
};

/// A row made fit, with what was changed in `instance.import_notes`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Repaired {
    pub(super) id: InstanceId,
    pub(super) instance: NewInstance,
    /// The old name, when it had to change: its folder then has to follow.
    pub(super) renamed_from: Option<String>,
}

/// Repairs every row; none is lost, none changes its id.
pub(super) fn repair(rows: Vec<LegacyRow>, pool: PortRange) -> Vec<Repaired> {
    let names = unique_names(&rows);
    let roots: HashSet<InstanceId> =
        rows.iter().filter(|row| row.parent_instance_id.is_none()).map(|row| row.id).collect();
    let mut slugs: HashSet<Slug> = HashSet::new();
    let mut ports: HashSet<Port> = HashSet::new();
    rows.into_iter()
        .map(|row| {
            let name = names.get(&row.id).cloned().unwrap_or_else(|| InstanceName::repair("", row.id));
            let slug =
                Slug::of_name(name.as_str()).unwrap_or_else(|| Slug::of_id(row.id)).first_free(|s| slugs.contains(s));
            slugs.insert(slug.clone());
            repair_row(row, name, slug, &roots, pool, &mut ports)
        })
        .collect()
}

/// Valid names keep themselves; only then do repaired ones take what is left.
fn unique_names(rows: &[LegacyRow]) -> HashMap<InstanceId, InstanceName> {
    let mut taken: HashSet<InstanceName> = HashSet::new();
    let mut names = HashMap::new();
    let (valid, invalid): (Vec<_>, Vec<_>) = rows.iter().partition(|row| InstanceName::parse(&row.name).is_ok());
    for row in valid.into_iter().chain(invalid) {
        let mut name = InstanceName::repair(&row.name, row.id);
        let stem = name.clone();
        let mut n = 2;
        while !taken.insert(name.clone()) {
            name = InstanceName::repair(&format!("{stem}-{n}"), row.id);
            n += 1;
        }
        names.insert(row.id, name);
    }
    names
}

fn repair_row(
    row: LegacyRow,
    name: InstanceName,
    slug: Slug,
    roots: &HashSet<InstanceId>,
    pool: PortRange,
    ports: &mut HashSet<Port>,
) -> Repaired {
    let mut notes = Notes::default();
    let renamed_from = (name.as_str() != row.name).then(|| row.name.clone());
    if renamed_from.is_some() {
        notes.add("name", json!(row.name), json!(name), "The name is not a valid folder name.");
    }
    let plain_slug = Slug::of_name(name.as_str()).unwrap_or_else(|| Slug::of_id(row.id));
    if plain_slug != slug {
        notes.add("slug", json!(plain_slug), json!(slug), "Another instance has the same address.");
    }
    let blueprint = repair_blueprint(&row.base_blueprint, &mut notes);
    let mut new = NewInstance::new(name, slug, blueprint);
    new.gpu_ids = notes.keep("gpu_ids", row.gpu_ids, GpuIds::parse);
    new.autostart = row.autostart;
    new.persistent_mode = row.persistent_mode;
    new.hostname = notes.keep("hostname", row.hostname, Hostname::parse);
    new.use_custom_hostname = row.use_custom_hostname && new.hostname.is_some();
    new.output_path = notes.keep("output_path", row.output_path, OutputPath::parse);
    new.python_version = notes.keep("python_version", row.python_version, Version::parse);
    new.cuda_version = notes.keep("cuda_version", row.cuda_version, Version::parse);
    new.torch_version = notes.keep("torch_version", row.torch_version, Version::parse);
    new.persistent_display = row.persistent_display.and_then(|display| u32::try_from(display).ok());
    new.parent_instance_id = row.parent_instance_id.filter(|parent| *parent != row.id && roots.contains(parent));
    if new.parent_instance_id != row.parent_instance_id {
        notes.add(
            "parent_instance_id",
            json!(row.parent_instance_id),
            Value::Null,
            "Its parent is gone, so it is a normal instance.",
        );
    }
    if row.persistent_mode {
        // The private port is a hint only, whatever it holds.
        new.port = row.port.and_then(as_port);
        new.persistent_port = repair_public_port("persistent_port", row.persistent_port, pool, ports, &mut notes);
    } else {
        new.port = repair_public_port("port", row.port, pool, ports, &mut notes);
        if row.persistent_port.is_some() {
            notes.add("persistent_port", json!(row.persistent_port), Value::Null, "It is not in persistent mode.");
        }
    }
    if let Some(status) = row.status.filter(|status| status != "stopped") {
        notes.add("status", json!(status), json!("stopped"), "No process of the earlier system is carried over.");
    }
    if let Some(pid) = row.pid {
        notes.add("pid", json!(pid), Value::Null, "No process of the earlier system is carried over.");
    }
    new.import_notes = notes.0;
    Repaired { id: row.id, instance: new, renamed_from }
}

fn as_port(number: i64) -> Option<Port> {
    u16::try_from(number).ok().and_then(Port::new)
}

fn repair_public_port(
    field: &str,
    old: Option<i64>,
    pool: PortRange,
    taken: &mut HashSet<Port>,
    notes: &mut Notes,
) -> Option<Port> {
    let old = old?;
    let why = match as_port(old) {
        Some(port) if !pool.contains(port) => {
            format!("Port {old} is outside the pool {pool}; a free one is chosen at the next start.")
        }
        Some(port) if taken.insert(port) => return Some(port),
        Some(_) => "Another instance has this port; a free one is chosen at the next start.".to_owned(),
        None => format!("{old} is not a port; a free one is chosen at the next start."),
    };
    notes.add(field, json!(old), Value::Null, &why);
    None
}

/// A blueprint that is no longer in the catalogue keeps its name: the instance's own `launch.sh` is what runs. Only
/// what is no file name at all is cut down to its last part.
fn repair_blueprint(old: &str, notes: &mut Notes) -> BlueprintName {
    let last = old.rsplit(['/', '\\']).next().unwrap_or_default();
    let new =
        BlueprintName::parse(old).or_else(|_| BlueprintName::parse(last)).unwrap_or_else(|_| BlueprintName::none());
    if new.as_str() != old {
        notes.add("base_blueprint", json!(old), json!(new), "It is not the name of a blueprint file.");
    }
    new
}

#[derive(Default)]
struct Notes(Vec<Note>);

impl Notes {
    fn add(&mut self, field: &str, old: Value, new: Value, why: &str) {
        self.0.push(Note { field: field.to_owned(), old, new, why: why.to_owned() });
    }

    /// The value when it is valid, and noted when it is another than before.
    fn keep<T: AsText>(
        &mut self,
        field: &str,
        old: Option<String>,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let old = old?;
        match parse(old.trim()) {
            Ok(new) => {
                if new.text() != old {
                    self.add(field, json!(old), json!(new.text()), "It was written in another form.");
                }
                Some(new)
            }
            Err(why) => {
                if !old.trim().is_empty() {
                    self.add(field, json!(old), Value::Null, &format!("It is not valid: {why}."));
                }
                None
            }
        }
    }
}

trait AsText {
    fn text(&self) -> &str;
}

macro_rules! as_text {
    ($($type:ty),+) => { $(impl AsText for $type { fn text(&self) -> &str { self.as_str() } })+ };
}
as_text!(GpuIds, Hostname, OutputPath, Version);

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: i64, name: &str) -> LegacyRow {
        LegacyRow { id, name: name.to_owned(), base_blueprint: "ComfyUI.sh".to_owned(), ..LegacyRow::default() }
    }

    fn repaired(rows: Vec<LegacyRow>) -> Vec<Repaired> {
        repair(rows, "19001-19020".parse().unwrap())
    }

    fn note<'a>(row: &'a Repaired, field: &str) -> &'a Note {
        row.instance.import_notes.iter().find(|n| n.field == field).unwrap_or_else(|| panic!("no note for {field}"))
    }

    #[test]
    fn a_good_row_passes_unchanged() {
        let legacy = LegacyRow { port: Some(19001), gpu_ids: Some("0,1".to_owned()), ..row(1, "ComfyUI") };
        let [row] = &repaired(vec![legacy])[..] else { panic!() };
        assert_eq!((row.instance.import_notes.len(), row.renamed_from.as_ref()), (0, None));
        assert_eq!(row.instance.port.map(Port::get), Some(19001));
    }

    #[test]
    fn a_valid_name_wins_over_a_repaired_one() {
        let rows = repaired(vec![row(1, "a/b"), row(2, "a-b"), row(3, "..")]);
        assert_eq!(rows[1].instance.name.as_str(), "a-b");
        assert_eq!(rows[0].instance.name.as_str(), "a-b-2");
        assert_eq!(rows[2].instance.name.as_str(), "instance-3");
        assert_eq!(note(&rows[0], "name").old, json!("a/b"));
    }

    #[test]
    fn slugs_stay_apart() {
        let rows = repaired(vec![row(4, "My App"), row(5, "my_app")]);
        assert_eq!(rows[0].instance.slug.as_str(), "my-app");
        assert_eq!(rows[1].instance.slug.as_str(), "my-app-2");
    }

    #[test]
    fn ports_outside_the_pool_or_used_twice_fall_away() {
        let with_port = |id, port| LegacyRow { port: Some(port), ..row(id, &format!("n{id}")) };
        let persistent =
            LegacyRow { persistent_mode: true, persistent_port: Some(19003), port: Some(43211), ..row(9, "desk") };
        let rows = repaired(vec![
            with_port(1, 19003),
            with_port(2, 19003),
            with_port(3, 8000),
            with_port(4, 99999),
            persistent,
        ]);
        let ports: Vec<_> = rows.iter().map(|r| r.instance.public_port().map(Port::get)).collect();
        assert_eq!(ports, [Some(19003), None, None, None, None]);
        assert_eq!(note(&rows[3], "port").old, json!(99999));
        assert_eq!(rows[4].instance.port.map(Port::get), Some(43211), "the private port is a hint that stays");
    }

    #[test]
    fn satellites_need_a_parent_that_is_a_root() {
        let satellite = |id, parent| LegacyRow { parent_instance_id: Some(parent), ..row(id, &format!("n{id}")) };
        let rows = repaired(vec![row(1, "root"), satellite(2, 1), satellite(3, 77), satellite(4, 2), satellite(5, 5)]);
        let parents: Vec<_> = rows.iter().map(|r| r.instance.parent_instance_id).collect();
        assert_eq!(parents, [None, Some(1), None, None, None]);
        assert_eq!(note(&rows[2], "parent_instance_id").old, json!(77));
    }

    #[test]
    fn values_that_could_escape_or_run_are_dropped_and_kept_as_notes() {
        let legacy = LegacyRow {
            output_path: Some("../elsewhere".to_owned()),
            hostname: Some("http://flux.lan:8080/".to_owned()),
            cuda_version: Some("12.8\"; rm -rf /".to_owned()),
            base_blueprint: "../../../etc/passwd".to_owned(),
            status: Some("started".to_owned()),
            pid: Some(4242),
            ..row(6, "x")
        };
        let [row] = &repaired(vec![legacy])[..] else { panic!() };
        assert_eq!(row.instance.output_path, None);
        assert_eq!(row.instance.cuda_version, None);
        assert_eq!(row.instance.hostname.as_ref().map(Hostname::as_str), Some("flux.lan"));
        assert_eq!(row.instance.base_blueprint.as_str(), "passwd");
        for field in ["output_path", "hostname", "cuda_version", "base_blueprint", "status", "pid"] {
            note(row, field);
        }
    }
}
