//! The figures as families of metrics, named by Prometheus' conventions: base units, `_total` for what only grows.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

use crate::domain::{Instance, InstanceId, Status};
use crate::monitor::{Own, Stats};
use crate::proxy::Entry;

/// What is written down.
pub(super) struct Shown<'a> {
    pub(super) own: Own,
    pub(super) machine: &'a Stats,
    pub(super) instances: &'a [Arc<Instance>],
    pub(super) routes: &'a [Arc<Entry>],
    pub(super) restarts: &'a HashMap<InstanceId, u64>,
    /// The panel's own answers, by the first digit of the status.
    pub(super) panel: [u64; 6],
}

type Labels = Vec<(&'static str, String)>;

/// The families of one answer.
#[derive(Default)]
struct Families {
    registry: Registry,
}

impl Families {
    /// A figure that goes up and down, once per label set. A family nobody has a figure of is left out.
    fn gauge(&mut self, name: &str, unit: Option<Unit>, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        let mut any = false;
        for (labels, value) in values {
            family.get_or_create(&labels).set(value);
            any = true;
        }
        match unit {
            _ if !any => {}
            Some(unit) => self.registry.register_with_unit(name, help, unit, family),
            None => self.registry.register(name, help, family),
        }
    }

    /// A figure that only grows.
    fn counter(&mut self, name: &str, unit: Option<Unit>, help: &str, values: impl IntoIterator<Item = (Labels, f64)>) {
        let family = Family::<Labels, Counter<f64, AtomicU64>>::default();
        let mut any = false;
        for (labels, value) in values {
            family.get_or_create(&labels).inc_by(value);
            any = true;
        }
        match unit {
            _ if !any => {}
            Some(unit) => self.registry.register_with_unit(name, help, unit, family),
            None => self.registry.register(name, help, family),
        }
    }
}

/// The text.
pub(super) fn write(shown: &Shown<'_>) -> Result<String, fmt::Error> {
    let mut families = Families::default();
    process(&mut families, &shown.own);
    machine(&mut families, shown.machine);
    gpus(&mut families, shown.machine);
    let names: HashMap<InstanceId, &str> =
        shown.instances.iter().map(|instance| (instance.id, instance.chosen.slug.as_str())).collect();
    instances(&mut families, shown, &names);
    traffic(&mut families, shown);
    let mut text = String::new();
    encode(&mut text, &families.registry)?;
    Ok(text)
}

/// The names every Prometheus client has for its process.
fn process(families: &mut Families, own: &Own) {
    let alone = |value: Option<f64>| value.map(|value| (Labels::new(), value));
    let whole = |value: Option<u64>| value.map(|value| (Labels::new(), figure(value)));
    families.counter("process_cpu", Some(Unit::Seconds), "CPU time of AiKore itself", alone(own.cpu_seconds));
    families.gauge(
        "process_resident_memory",
        Some(Unit::Bytes),
        "Resident memory of AiKore itself",
        whole(own.resident),
    );
    families.gauge(
        "process_virtual_memory",
        Some(Unit::Bytes),
        "Address space of AiKore itself",
        whole(own.virtual_memory),
    );
    families.gauge("process_threads", None, "Threads of AiKore itself", whole(own.threads));
    families.gauge("process_open_fds", None, "Files and sockets AiKore has open", whole(own.open_files));
    families.gauge("process_max_fds", None, "Files and sockets AiKore may have open", whole(own.most_files));
    families.gauge(
        "process_start_time",
        Some(Unit::Seconds),
        "When AiKore was started, since 1970",
        alone(own.started),
    );
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    families.gauge("aikore_build_info", None, "The version that runs", [(version, 1.0)]);
}

fn machine(families: &mut Families, machine: &Stats) {
    let alone = |value: f64| [(Labels::new(), value)];
    families.gauge(
        "aikore_cpu_utilization",
        Some(Unit::Ratios),
        "Use of the CPU, of what this container may have",
        alone(ratio(machine.cpu_percent)),
    );
    families.gauge("aikore_cpu_cores", None, "Cores this container may use", alone(f64::from(machine.cpu_cores)));
    families.gauge(
        "aikore_memory_total",
        Some(Unit::Bytes),
        "Main memory, or what this container may have of it",
        alone(figure(machine.ram.total)),
    );
    families.gauge("aikore_memory_used", Some(Unit::Bytes), "Main memory in use", alone(figure(machine.ram.used)));
    let disks = |value: fn(&crate::monitor::Disk) -> u64| {
        machine.disks.iter().map(move |disk| (vec![("holds", disk.holds.join(","))], figure(value(disk))))
    };
    families.gauge("aikore_disk_total", Some(Unit::Bytes), "Size of the disk", disks(|disk| disk.total));
    families.gauge(
        "aikore_disk_free",
        Some(Unit::Bytes),
        "What may still be written to the disk",
        disks(|disk| disk.free),
    );
}

fn gpus(families: &mut Families, machine: &Stats) {
    // Old figures of a driver that is silent are no figures.
    let of = |value: fn(&crate::monitor::Gpu) -> Option<f64>| {
        let fresh = machine.gpus.iter().filter(|gpu| !gpu.stale);
        fresh.filter_map(move |gpu| Some((vec![("gpu", gpu.id.to_string()), ("uuid", gpu.uuid.clone())], value(gpu)?)))
    };
    let info = machine
        .gpus
        .iter()
        .map(|gpu| (vec![("gpu", gpu.id.to_string()), ("uuid", gpu.uuid.clone()), ("name", gpu.name.clone())], 1.0));
    families.gauge("aikore_gpu_info", None, "The GPUs there are", info);
    families.gauge(
        "aikore_gpu_utilization",
        Some(Unit::Ratios),
        "Share of time in which the GPU worked",
        of(|gpu| gpu.utilization_percent.map(|percent| f64::from(percent) / 100.0)),
    );
    families.gauge(
        "aikore_gpu_memory_total",
        Some(Unit::Bytes),
        "Memory of the GPU",
        of(|gpu| Some(figure(gpu.vram.total))),
    );
    families.gauge(
        "aikore_gpu_memory_used",
        Some(Unit::Bytes),
        "Memory of the GPU in use",
        of(|gpu| Some(figure(gpu.vram.used))),
    );
    families.gauge(
        "aikore_gpu_temperature",
        Some(Unit::Celsius),
        "Temperature of the GPU",
        of(|gpu| gpu.temperature.map(f64::from)),
    );
    families.gauge(
        "aikore_gpu_power",
        Some(Unit::Other("watts".to_owned())),
        "Power the GPU takes",
        of(|gpu| gpu.power.map(f64::from)),
    );
    families.gauge(
        "aikore_gpu_clock",
        Some(Unit::Other("hertz".to_owned())),
        "Clock of the GPU's cores",
        of(|gpu| gpu.clock.map(|mhz| f64::from(mhz) * 1e6)),
    );
}

fn instances(families: &mut Families, shown: &Shown<'_>, names: &HashMap<InstanceId, &str>) {
    let named = |instance: &Instance| vec![("instance", instance.chosen.slug.as_str().to_owned())];
    let states = shown.instances.iter().flat_map(|instance| {
        Status::ALL.iter().map(move |status| {
            let mut labels = named(instance);
            labels.push(("status", status.as_str().to_owned()));
            (labels, f64::from(u8::from(*status == instance.status)))
        })
    });
    families.gauge("aikore_instance_status", None, "1 for the status an instance has", states);
    families.counter(
        "aikore_instance_restarts",
        None,
        "How often its restart policy has started an instance again",
        shown
            .instances
            .iter()
            .map(|instance| (named(instance), figure(shown.restarts.get(&instance.id).copied().unwrap_or(0)))),
    );
    families.counter(
        "aikore_instance_log",
        Some(Unit::Bytes),
        "Bytes of log of an instance's present run",
        shown.instances.iter().map(|instance| (named(instance), figure(instance.log_size))),
    );
    let taken = |value: fn(&crate::monitor::Use) -> Option<f64>| {
        shown
            .machine
            .trees
            .iter()
            .filter_map(move |tree| Some((vec![("instance", (*names.get(&tree.id)?).to_owned())], value(tree)?)))
    };
    families.gauge(
        "aikore_instance_cpu_cores",
        None,
        "Cores an instance's processes use",
        taken(|tree| Some(ratio(tree.cpu_percent))),
    );
    families.gauge(
        "aikore_instance_memory",
        Some(Unit::Bytes),
        "Resident memory of an instance's processes",
        taken(|tree| Some(figure(tree.memory))),
    );
    families.gauge(
        "aikore_instance_gpu_memory",
        Some(Unit::Bytes),
        "Memory of GPUs that an instance's processes have",
        taken(|tree| tree.vram.map(figure)),
    );
}

fn traffic(families: &mut Families, shown: &Shown<'_>) {
    let counted: Vec<_> = shown.routes.iter().map(|entry| (entry.slug().to_owned(), entry.counted())).collect();
    let named = |slug: &str| vec![("instance", slug.to_owned())];
    let classes = |slug: &str, counts: [u64; 6]| {
        let slug = slug.to_owned();
        counts.into_iter().enumerate().skip(1).map(move |(class, count)| {
            (vec![("instance", slug.clone()), ("code", format!("{class}xx"))], figure(count))
        })
    };
    let answers = counted.iter().flat_map(|(slug, counted)| classes(slug, counted.answers));
    families.counter(
        "aikore_http_answers",
        None,
        "Answers to requests for an instance, by the first digit of their status",
        answers,
    );
    let panel = shown
        .panel
        .into_iter()
        .enumerate()
        .skip(1)
        .map(|(class, count)| (vec![("code", format!("{class}xx"))], figure(count)));
    families.counter(
        "aikore_panel_answers",
        None,
        "Answers of the dashboard and its API, by the first digit of their status",
        panel,
    );
    let mut each =
        |name: &str, unit: Option<Unit>, help: &str, grows: bool, value: fn(&crate::proxy::Counted) -> u64| {
            let values = counted.iter().map(|(slug, counted)| (named(slug), figure(value(counted))));
            if grows { families.counter(name, unit, help, values) } else { families.gauge(name, unit, help, values) }
        };
    each("aikore_http_requests", None, "Requests for an instance", true, |counted| counted.requests);
    each("aikore_upstream_errors", None, "Requests for an instance that no app answered", true, |counted| {
        counted.failures
    });
    each("aikore_http_requests_active", None, "Requests for an instance under way", false, |counted| counted.active);
    each("aikore_upstream_connections", None, "Connections to an instance's app", false, |counted| counted.connections);
    each("aikore_tunnels", None, "Websockets open to an instance", false, |counted| counted.tunnels);
    each("aikore_tunnels_opened", None, "Websockets opened to an instance", true, |counted| counted.tunnels_opened);
    each(
        "aikore_received",
        Some(Unit::Bytes),
        "Bodies and websockets' bytes from an instance's clients",
        true,
        |counted| counted.bytes_in,
    );
    each("aikore_sent", Some(Unit::Bytes), "Bodies and websockets' bytes to an instance's clients", true, |counted| {
        counted.bytes_out
    });
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn figure(value: u64) -> f64 {
    value as f64
}

fn ratio(percent: f32) -> f64 {
    f64::from(percent) / 100.0
}
