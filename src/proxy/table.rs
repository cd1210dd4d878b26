//! The routing table: an immutable snapshot behind an atomic pointer. A change makes a new snapshot; requests under way
//! keep the one they began with.

use std::collections::{BTreeSet, HashMap};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};
use tokio::sync::watch;

use super::traffic::{Counted, Traffic};
use super::upstream::Upstream;
use crate::domain::{Hostname, InstanceId, Port, Route, RunId, Screen};
use crate::instances::RouteSink;

/// Every route, replaced as a whole.
#[derive(Debug)]
pub struct Table {
    snapshot: ArcSwap<Snapshot>,
    /// One writer at a time; readers never wait.
    writing: Mutex<()>,
    /// The ports of the pool that lead somewhere: whoever opens listeners follows it.
    ports: watch::Sender<BTreeSet<Port>>,
    /// Those of them that could not be opened, by the word of whoever opens them.
    unserved: watch::Sender<BTreeSet<Port>>,
    /// `<slug>.<domain>` leads to an instance too.
    base_domain: Option<Hostname>,
}

/// The routes of one moment.
#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    by_instance: HashMap<InstanceId, Arc<Entry>>,
    by_slug: HashMap<Box<str>, Arc<Entry>>,
    by_port: HashMap<Port, Arc<Entry>>,
    by_host: HashMap<Box<str>, Arc<Entry>>,
}

/// A route, and the way to the process behind it.
#[derive(Debug)]
pub struct Entry {
    pub(super) route: Route,
    /// `None` while there is nothing to forward to. In persistent mode what is there is the desktop's own web server, if it
    /// has one.
    pub(super) upstream: Option<Arc<Upstream>>,
    /// In persistent mode: the plain app, below the instance's own path.
    pub(super) app: Option<Arc<Entry>>,
    /// Counts on through every change.
    pub(super) traffic: Arc<Traffic>,
}

impl Entry {
    /// The route itself.
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// What has gone through.
    pub fn counted(&self) -> Counted {
        self.traffic.counted()
    }

    /// Where the app itself is had: here, or below.
    pub(super) fn of_app(&self) -> &Self {
        self.app.as_deref().unwrap_or(self)
    }

    /// The instance's slug.
    pub fn slug(&self) -> &str {
        self.route.slug.as_str()
    }
}

/// Names that every browser takes for this very machine (RFC 6761 §6.3).
const LOOPBACK_SUFFIX: &str = ".localhost";

impl Table {
    /// An empty table; with a domain, instances answer at `<slug>.<domain>`.
    pub fn new(base_domain: Option<Hostname>) -> Self {
        Self {
            snapshot: ArcSwap::default(),
            writing: Mutex::default(),
            ports: watch::Sender::default(),
            unserved: watch::Sender::default(),
            base_domain,
        }
    }

    /// The routes now.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    /// Where whoever opens the ports says which other programs have.
    pub fn unserved(&self) -> watch::Sender<BTreeSet<Port>> {
        self.unserved.clone()
    }

    /// Follows the ports of the pool that lead somewhere.
    pub fn ports(&self) -> watch::Receiver<BTreeSet<Port>> {
        self.ports.subscribe()
    }

    /// The instance whose own origin this host name is.
    pub fn by_host(&self, host: &str) -> Option<Arc<Entry>> {
        let routes = self.load();
        if !self.may_be_one(host, &routes) {
            return None;
        }
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let slug = host
            .strip_suffix(LOOPBACK_SUFFIX)
            .or_else(|| host.strip_suffix(self.base_domain.as_ref()?.as_str())?.strip_suffix('.'));
        slug.and_then(|slug| routes.by_slug.get(slug)).or_else(|| routes.by_host.get(host.as_str())).cloned()
    }

    /// Sorts most requests out without making a copy of their host.
    fn may_be_one(&self, host: &str, routes: &Snapshot) -> bool {
        let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
        !routes.by_host.is_empty()
            || self.base_domain.is_some()
            || (host.len() > "localhost".len() && last.eq_ignore_ascii_case("localhost"))
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        // A panic can't happen half-way: the snapshot is stored whole or not at all.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&self.snapshot.load());
        change(&mut next);
        let ports: BTreeSet<Port> = next.by_port.keys().copied().collect();
        self.snapshot.store(Arc::new(next));
        self.ports.send_if_modified(|present| {
            let differs = *present != ports;
            *present = ports;
            differs
        });
    }
}

impl Snapshot {
    /// Every entry, by instance.
    pub fn entries(&self) -> Vec<Arc<Entry>> {
        let mut all: Vec<_> = self.by_instance.values().cloned().collect();
        all.sort_by_key(|entry| entry.route.instance);
        all
    }

    /// The entry of exactly this slug.
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Entry>> {
        self.by_slug.get(slug)
    }

    /// The entry of this instance.
    pub fn by_instance(&self, instance: InstanceId) -> Option<&Arc<Entry>> {
        self.by_instance.get(&instance)
    }

    /// The entry of this port of the pool.
    pub fn by_port(&self, port: Port) -> Option<&Arc<Entry>> {
        self.by_port.get(&port)
    }

    /// Slugs a person may have meant.
    pub fn near(&self, slug: &str) -> Vec<String> {
        let slug = slug.to_ascii_lowercase();
        // Two slips of the finger, or a part of the name.
        let alike = |known: &str| {
            !slug.is_empty()
                && (known.contains(&slug) || slug.contains(known) || strsim::damerau_levenshtein(known, &slug) <= 2)
        };
        let mut near: Vec<String> = self.by_slug.keys().filter(|known| alike(known)).map(ToString::to_string).collect();
        near.sort();
        near.truncate(5);
        near
    }

    /// Takes an instance's ways in out.
    fn take(&mut self, instance: InstanceId) -> Option<Arc<Entry>> {
        let entry = self.by_instance.remove(&instance)?;
        self.by_slug.remove(entry.route.slug.as_str());
        self.by_port.retain(|_, other| other.route.instance != instance);
        self.by_host.retain(|_, other| other.route.instance != instance);
        Some(entry)
    }

    fn add(&mut self, entry: Entry) {
        let entry = Arc::new(entry);
        let route = &entry.route;
        if let Some(port) = route.public_port {
            self.by_port.insert(port, Arc::clone(&entry));
        }
        if let Some(host) = &route.hostname {
            // Two instances may name the same host; who came first keeps it.
            self.by_host.entry(host.as_str().into()).or_insert_with(|| Arc::clone(&entry));
        }
        self.by_slug.insert(route.slug.as_str().into(), Arc::clone(&entry));
        self.by_instance.insert(route.instance, entry);
    }
}

impl RouteSink for Table {
    fn put(&self, route: Route) {
        self.change(|snapshot| {
            let present = snapshot.take(route.instance);
            let traffic = present.as_ref().map(|entry| Arc::clone(&entry.traffic)).unwrap_or_default();
            snapshot.add(entry(route, traffic, present.as_deref()));
        });
    }

    fn remove(&self, instance: InstanceId) {
        self.change(|snapshot| {
            if let Some(entry) = snapshot.take(instance) {
                end(entry.of_app().upstream.clone());
                end(entry.upstream.clone());
            }
        });
    }

    fn is_unserved(&self, port: Port) -> bool {
        self.unserved.borrow().contains(&port)
    }
}

/// The entry of a route, which takes over the ways to the processes that are still the same.
fn entry(route: Route, traffic: Arc<Traffic>, present: Option<&Entry>) -> Entry {
    let of_app = present.and_then(|entry| entry.of_app().upstream.clone());
    let of_desktop = present.filter(|entry| entry.app.is_some()).and_then(|entry| entry.upstream.clone());
    let run = route.run.clone();
    let upstream = succeed(of_app, route.target, run.as_ref(), &traffic);
    let screen = match route.desktop.as_ref().map(|desktop| &desktop.screen) {
        Some(Screen::Web(port)) => Some(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.get())),
        Some(Screen::Socket(_)) | None => None,
    };
    let screen = succeed(of_desktop, screen, run.as_ref(), &traffic);
    if !route.persistent {
        return Entry { route, upstream, app: None, traffic };
    }
    let prefix = format!("{}{}", route.prefix, Route::APP);
    let below = Route { prefix, ..route.clone() };
    let app = Entry { route: below, upstream, app: None, traffic: Arc::clone(&traffic) };
    Entry { route, upstream: screen, app: Some(Arc::new(app)), traffic }
}

/// The way to a process: the earlier one where it is the same process at the same address, so that its tunnels and gauges go on.
fn succeed(
    earlier: Option<Arc<Upstream>>,
    address: Option<SocketAddr>,
    run: Option<&RunId>,
    traffic: &Arc<Traffic>,
) -> Option<Arc<Upstream>> {
    match (earlier, address, run) {
        (Some(earlier), Some(address), Some(run)) if earlier.is(address, run) => Some(earlier),
        (earlier, Some(address), Some(run)) => {
            end(earlier);
            traffic.next_generation();
            Some(Arc::new(Upstream::new(address, run.clone(), Arc::clone(traffic))))
        }
        (earlier, _, _) => {
            end(earlier);
            None
        }
    }
}

/// Nothing outlives the generation of the process it was opened to.
fn end(upstream: Option<Arc<Upstream>>) {
    if let Some(upstream) = upstream {
        upstream.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Access, Desktop, DesktopEngine, Helper, ProxyMode, Status};

    fn route(instance: InstanceId, slug: &str, port: Option<u16>, run: &str) -> Route {
        Route {
            instance,
            name: slug.parse().unwrap(),
            slug: slug.parse().unwrap(),
            prefix: format!("/instance/{slug}"),
            helper: Helper::Auto,
            public_port: Port::new(19_000 + u16::try_from(instance).unwrap()),
            hostname: None,
            access: Access::Private,
            mode: ProxyMode::Strip,
            status: Status::Started,
            reason: None,
            exit: None,
            target: port.map(|port| ([127, 0, 0, 1], port).into()),
            persistent: false,
            desktop: None,
            run: Some(RunId(run.to_owned())),
        }
    }

    #[test]
    fn an_upstream_lives_as_long_as_its_process() {
        let table = Table::new(None);
        table.put(route(1, "a", Some(20001), "r1"));
        let first = table.load().by_slug("a").unwrap().upstream.clone().unwrap();
        table.put(route(1, "b", Some(20001), "r1"));
        assert!(table.load().by_slug("a").is_none(), "a rename leaves no old way in");
        let renamed = table.load().by_slug("b").unwrap().upstream.clone().unwrap();
        assert!(Arc::ptr_eq(&first, &renamed) && !first.has_ended());
        table.put(route(1, "b", Some(20001), "r2"));
        assert!(first.has_ended(), "the same port, another process");
        let second = table.load().by_slug("b").unwrap().upstream.clone().unwrap();
        table.put(route(1, "b", None, "r2"));
        assert!(second.has_ended());
        table.remove(1);
        assert!(table.load().by_slug("b").is_none());
    }

    #[test]
    fn in_persistent_mode_the_app_is_below() {
        let table = Table::new(None);
        let desktop = |screen| Desktop {
            engine: DesktopEngine::KasmVnc,
            display: 5,
            screen,
            cookie: "/c".into(),
            tree: None,
            shows_web_ui: true,
        };
        let kasm = || Some(desktop(Screen::Web(Port::new(20_009).unwrap())));
        table.put(Route { persistent: true, desktop: kasm(), ..route(1, "a", Some(20_001), "r1") });
        let entry = Arc::clone(table.load().by_slug("a").unwrap());
        let app = entry.app.clone().unwrap();
        assert_eq!((entry.route.prefix.as_str(), app.route.prefix.as_str()), ("/instance/a", "/instance/a/app"));
        let (screen, upstream) = (entry.upstream.clone().unwrap(), app.upstream.clone().unwrap());
        assert_eq!((screen.authority(), upstream.authority()), ("127.0.0.1:20009", "127.0.0.1:20001"));

        // Back to normal mode, the process being the same, its tunnels go on; those of the desktop don't.
        table.put(route(1, "a", Some(20_001), "r1"));
        assert!(!upstream.has_ended() && screen.has_ended());
        let socket = Some(desktop(Screen::Socket("/s".into())));
        table.put(Route { persistent: true, desktop: socket, ..route(1, "a", Some(20_001), "r1") });
        let entry = Arc::clone(table.load().by_slug("a").unwrap());
        assert!(entry.upstream.is_none() && !upstream.has_ended(), "a socket is no web server");
        table.remove(1);
        assert!(upstream.has_ended());
    }

    #[test]
    fn ports_follow_the_routes() {
        let table = Table::new(None);
        let ports = table.ports();
        let now = || ports.borrow().iter().map(|port| port.get()).collect::<Vec<_>>();
        table.put(route(1, "a", None, "r"));
        table.put(route(2, "b", None, "r"));
        assert_eq!(now(), [19_001, 19_002]);
        table.put(Route { public_port: Port::new(19_009), ..route(1, "a", None, "r") });
        assert_eq!(now(), [19_002, 19_009]);
        assert_eq!(table.load().by_port(Port::new(19_009).unwrap()).unwrap().route.instance, 1);
        table.remove(2);
        assert_eq!(now(), [19_009]);
    }

    #[test]
    fn hosts_lead_to_their_instance() {
        let table = Table::new(Some("ai.example".parse().unwrap()));
        table.put(Route { hostname: Some("comfy.lan".parse().unwrap()), ..route(1, "comfy", None, "r") });
        table.put(Route { hostname: Some("comfy.lan".parse().unwrap()), ..route(2, "late", None, "r") });
        for (host, instance) in [
            ("comfy.localhost", Some(1)),
            ("COMFY.localhost.", Some(1)),
            ("late.ai.example", Some(2)),
            ("comfy.lan", Some(1)),
            ("localhost", None),
            ("ai.example", None),
            ("xai.example", None),
            ("x.comfy.localhost", None),
            ("comfy", None),
        ] {
            assert_eq!(table.by_host(host).map(|entry| entry.route.instance), instance, "{host}");
        }
    }

    #[test]
    fn near_names() {
        let table = Table::new(None);
        for (id, slug) in [(1, "comfyui"), (2, "comfyui-sdxl"), (3, "jupyter")] {
            table.put(route(id, slug, None, "r"));
        }
        assert_eq!(table.load().near("ComfyUi2"), ["comfyui"]);
        assert_eq!(table.load().near("comfy"), ["comfyui", "comfyui-sdxl"]);
        assert_eq!(table.load().near("jupiter"), ["jupyter"]);
        assert_eq!(table.load().near("jup"), ["jupyter"]);
        assert!(table.load().near("xyz").is_empty() && table.load().near("").is_empty());
    }
}
