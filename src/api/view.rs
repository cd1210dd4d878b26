//! Instances as JSON: the seventeen members of the earlier system in their order, then ours.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Origin;
use crate::domain::{
    Access, BlueprintName, Card, Desired, DesktopEngine, Exit, GpuIds, GroupLabel, Helper, Hostname, Instance,
    InstanceId, InstanceName, Note, OutputPath, Port, Progress, Restart, RestartPolicy, Route, RunId, Slug, Status,
    Timestamp, Version,
};
use crate::instances::{Applied, Planned};

/// An instance: the members of the earlier system, then ours.
#[derive(Serialize, ToSchema)]
#[schema(as = Instance)]
pub(super) struct InstanceView<'a> {
    name: &'a InstanceName,
    base_blueprint: &'a BlueprintName,
    gpu_ids: Option<&'a GpuIds>,
    output_path: Option<&'a OutputPath>,
    autostart: bool,
    persistent_mode: bool,
    hostname: Option<&'a Hostname>,
    use_custom_hostname: bool,
    python_version: Option<&'a Version>,
    cuda_version: Option<&'a Version>,
    torch_version: Option<&'a Version>,
    id: InstanceId,
    parent_instance_id: Option<InstanceId>,
    status: Status,
    pid: Option<u32>,
    #[schema(value_type = Option<u16>)]
    port: Option<Port>,
    #[schema(value_type = Option<u16>)]
    persistent_port: Option<Port>,
    persistent_display: Option<u32>,

    slug: &'a Slug,
    /// The cards behind the numbers in `gpu_ids`, where they are known: a comma list as long as that one, with nothing for what is
    /// no number.
    gpu_uuids: Option<String>,
    run: Option<&'a RunId>,
    #[schema(value_type = Option<u16>)]
    app_port: Option<Port>,
    desktop: Option<DesktopView>,
    urls: Urls,
    reason: Option<&'a str>,
    since: Timestamp,
    exit: Option<Exit>,
    progress: Option<&'a Progress>,
    desired: Desired,
    access: Access,
    order: i64,
    group: Option<&'a GroupLabel>,
    restart_policy: RestartPolicy,
    restart: Option<&'a Restart>,
    params: BTreeMap<&'a str, serde_json::Value>,
    helper: Helper,
    log_size: u64,
    import_notes: &'a [Note],
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Applied>,
    /// What is good to know about what was done: a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn uuids(meant: &[Option<Card>]) -> Option<String> {
    let each: Vec<&str> = meant.iter().map(|card| card.as_ref().map_or("", |card| card.uuid.as_str())).collect();
    each.iter().any(|uuid| !uuid.is_empty()).then(|| each.join(","))
}

/// The desktop of an instance in persistent mode.
#[derive(Serialize, ToSchema)]
#[schema(as = InstanceDesktop)]
pub(super) struct DesktopView {
    engine: DesktopEngine,
    display: String,
}

/// The ways in; a way that is not there is null.
#[derive(Serialize, ToSchema)]
pub(super) struct Urls {
    /// `None` where instances have no paths.
    path: Option<String>,
    port: Option<String>,
    host: Option<String>,
    /// The plain app, where what is at `path` is its desktop.
    app: Option<String>,
}

impl<'a> InstanceView<'a> {
    pub(super) fn new(instance: &'a Instance, origin: &Origin) -> Self {
        let chosen = &instance.chosen;
        Self {
            name: &chosen.name,
            base_blueprint: &chosen.base_blueprint,
            gpu_ids: chosen.gpu_ids.as_ref(),
            output_path: chosen.output_path.as_ref(),
            autostart: chosen.autostart,
            persistent_mode: chosen.persistent_mode,
            hostname: chosen.hostname.as_ref(),
            use_custom_hostname: chosen.use_custom_hostname,
            python_version: chosen.python_version.as_ref(),
            cuda_version: chosen.cuda_version.as_ref(),
            torch_version: chosen.torch_version.as_ref(),
            id: instance.id,
            parent_instance_id: chosen.parent_instance_id,
            status: instance.status,
            pid: instance.pid,
            port: chosen.port,
            persistent_port: chosen.persistent_port,
            persistent_display: chosen.persistent_display,
            slug: &chosen.slug,
            gpu_uuids: uuids(&chosen.gpu_cards),
            run: instance.last_run.as_ref(),
            app_port: instance.app_port,
            desktop: instance
                .desktop
                .as_ref()
                .map(|desktop| DesktopView { engine: desktop.engine, display: format!(":{}", desktop.display) }),
            urls: Urls::new(instance, origin),
            reason: instance.reason.as_deref(),
            since: instance.since,
            exit: instance.exit,
            progress: instance.progress.as_ref(),
            desired: instance.desired,
            access: chosen.access,
            order: chosen.order,
            group: chosen.group.as_ref(),
            restart_policy: chosen.restart_policy,
            restart: instance.restart.as_ref(),
            params: chosen.params.iter().map(|(name, value)| (name.as_str(), value.shown())).collect(),
            helper: chosen.helper,
            log_size: instance.log_size,
            import_notes: &chosen.import_notes,
            applied: None,
            note: None,
        }
    }

    pub(super) fn applied(self, applied: Applied) -> Self {
        Self { applied: Some(applied), ..self }
    }

    pub(super) fn note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }
}

/// What a change would do: the instance as it would be, and what of it differs.
#[derive(Serialize, ToSchema)]
#[schema(as = PlannedChange)]
pub(super) struct PlannedView<'a> {
    #[serde(flatten)]
    instance: InstanceView<'a>,
    dry_run: bool,
    /// Whether it would be stopped and started for it.
    restarts: bool,
    /// Those of the changes that a running instance meets only at its next start.
    cold: Vec<&'static str>,
    /// Each member that differs, with its old and its new value.
    #[schema(value_type = BTreeMap<String, Difference>)]
    changes: serde_json::Map<String, serde_json::Value>,
}

/// What a member is, and would be.
#[derive(Serialize, ToSchema)]
pub(super) struct Difference {
    old: serde_json::Value,
    new: serde_json::Value,
}

impl<'a> PlannedView<'a> {
    pub(super) fn new(planned: &'a Planned, origin: &Origin) -> Self {
        let members = |instance| match serde_json::to_value(InstanceView::new(instance, origin)) {
            Ok(serde_json::Value::Object(members)) => members,
            // A view is an object, and holds nothing that JSON can't say.
            _ => serde_json::Map::new(),
        };
        let old = members(&planned.present);
        let differing = members(&planned.instance).into_iter().filter_map(|(name, new)| {
            let old = old.get(&name).cloned().unwrap_or_default();
            (old != new).then(|| (name, serde_json::json!({ "old": old, "new": new })))
        });
        let mut changes: serde_json::Map<_, _> = differing.collect();
        let differ = planned.instance.chosen.params != planned.present.chosen.params;
        if differ && !changes.contains_key("params") {
            // One secret in the place of another looks the same.
            changes
                .insert("params".to_owned(), serde_json::json!({ "old": old.get("params"), "new": old.get("params") }));
        }
        let instance = InstanceView::new(&planned.instance, origin).applied(planned.applied());
        Self { changes, instance, dry_run: true, restarts: planned.restarts, cold: planned.cold.clone() }
    }
}

impl Urls {
    fn new(instance: &Instance, origin: &Origin) -> Self {
        let Origin { scheme, host, port, base_domain, base_path } = origin;
        let chosen = &instance.chosen;
        let slug = &chosen.slug;
        let name = match (&chosen.hostname, base_domain) {
            (Some(own), _) if chosen.use_custom_hostname => Some(own.to_string()),
            (_, Some(domain)) => Some(format!("{slug}.{domain}")),
            // Every machine takes that name for itself: it leads here only for who is here.
            _ if origin.is_this_machine() => Some(format!("{slug}.localhost")),
            _ => None,
        };
        let has_app = instance.desktop.as_ref().is_some_and(|desktop| desktop.shows_web_ui);
        Self {
            app: base_path
                .as_ref()
                .filter(|_| has_app)
                .map(|base| format!("{}{}/", base.of_instance(slug), Route::APP)),
            path: base_path.as_ref().map(|base| format!("{}/", base.of_instance(slug))),
            port: chosen.public_port().map(|public| format!("{scheme}://{host}:{public}/")),
            host: name.map(|name| format!("{scheme}://{name}{port}/")),
        }
    }
}

/// What the page of an instance that is not ready shows, and polls.
#[derive(Serialize, ToSchema)]
#[schema(as = InstanceState)]
pub(super) struct StateView<'a> {
    id: InstanceId,
    name: &'a InstanceName,
    slug: &'a Slug,
    status: Status,
    reason: Option<&'a str>,
    progress: Option<&'a Progress>,
    exit: Option<Exit>,
    since: Timestamp,
    log: Vec<String>,
}

impl<'a> StateView<'a> {
    pub(super) fn new(instance: &'a Instance, log: Vec<String>) -> Self {
        // A started instance whose process is still being found again is not ready for a reload yet.
        let is_there = instance.target.is_some() || instance.desktop.is_some();
        let found = instance.status != Status::Started || is_there;
        Self {
            id: instance.id,
            name: &instance.chosen.name,
            slug: &instance.chosen.slug,
            status: if found { instance.status } else { Status::Starting },
            reason: instance.reason.as_deref(),
            progress: instance.progress.as_ref(),
            exit: instance.exit,
            since: instance.since,
            log,
        }
    }
}
