//! The routing table: an immutable snapshot behind an atomic pointer. A change makes a new snapshot; requests under way
//! keep the one they began with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::upstream::Upstream;
use crate::domain::{InstanceId, Route};
use crate::instances::RouteSink;

/// Every route, replaced as a whole.
#[derive(Debug, Default)]
pub struct Table {
    snapshot: ArcSwap<Snapshot>,
    /// One writer at a time; readers never wait.
    writing: Mutex<()>,
}

/// The routes of one moment.
#[derive(Debug, Default, Clone)]
pub struct Snapshot {
    by_slug: HashMap<Box<str>, Arc<Entry>>,
}

/// A route, and the way to the process behind it.
#[derive(Debug)]
pub struct Entry {
    pub(super) route: Route,
    /// `None` while there is nothing to forward to.
    pub(super) upstream: Option<Arc<Upstream>>,
}

impl Table {
    /// The routes now.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        // A panic can't happen half-way: the snapshot is stored whole or not at all.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = Snapshot::clone(&self.snapshot.load());
        change(&mut next);
        self.snapshot.store(Arc::new(next));
    }
}

impl Snapshot {
    /// The entry of exactly this slug.
    pub fn by_slug(&self, slug: &str) -> Option<&Arc<Entry>> {
        self.by_slug.get(slug)
    }

    /// Slugs a person may have meant.
    pub fn near(&self, slug: &str) -> Vec<String> {
        let slug = slug.to_ascii_lowercase();
        let alike = |known: &str| {
            !slug.is_empty() && (known.contains(&slug) || slug.contains(known) || shared_start(known, &slug) >= 3)
        };
        let mut near: Vec<String> = self.by_slug.keys().filter(|known| alike(known)).map(ToString::to_string).collect();
        near.sort();
        near.truncate(5);
        near
    }

    /// The entry of an instance, under whatever slug it is.
    fn take(&mut self, instance: InstanceId) -> Option<Arc<Entry>> {
        let slug =
            self.by_slug.iter().find(|(_, entry)| entry.route.instance == instance).map(|(slug, _)| slug.clone())?;
        self.by_slug.remove(&slug)
    }
}

fn shared_start(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count()
}

impl RouteSink for Table {
    fn put(&self, route: Route) {
        self.change(|snapshot| {
            let earlier = snapshot.take(route.instance).and_then(|entry| entry.upstream.clone());
            let upstream = match (earlier, route.target, &route.run) {
                // The same process at the same address: its tunnels and gauges go on.
                (Some(earlier), Some(address), Some(run)) if earlier.is(address, run) => Some(earlier),
                (earlier, Some(address), Some(run)) => {
                    end(earlier);
                    Some(Arc::new(Upstream::new(address, run.clone())))
                }
                (earlier, _, _) => {
                    end(earlier);
                    None
                }
            };
            snapshot.by_slug.insert(route.slug.as_str().into(), Arc::new(Entry { route, upstream }));
        });
    }

    fn remove(&self, instance: InstanceId) {
        self.change(|snapshot| end(snapshot.take(instance).and_then(|entry| entry.upstream.clone())));
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
    use crate::domain::{ProxyMode, RunId, Status};

    fn route(instance: InstanceId, slug: &str, port: Option<u16>, run: &str) -> Route {
        Route {
            instance,
            name: slug.parse().unwrap(),
            slug: slug.parse().unwrap(),
            mode: ProxyMode::Strip,
            status: Status::Started,
            reason: None,
            exit: None,
            target: port.map(|port| ([127, 0, 0, 1], port).into()),
            run: Some(RunId(run.to_owned())),
        }
    }

    #[test]
    fn an_upstream_lives_as_long_as_its_process() {
        let table = Table::default();
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
    fn near_names() {
        let table = Table::default();
        for (id, slug) in [(1, "comfyui"), (2, "comfyui-sdxl"), (3, "jupyter")] {
            table.put(route(id, slug, None, "r"));
        }
        assert_eq!(table.load().near("ComfyUi2"), ["comfyui", "comfyui-sdxl"]);
        assert_eq!(table.load().near("jup"), ["jupyter"]);
        assert!(table.load().near("xyz").is_empty() && table.load().near("").is_empty());
    }
}
