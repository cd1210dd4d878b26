//! The one reducer: every change of an instance passes here, and nowhere else.
//!
//! Two verbs. [`Roster::decide`] is for commands: the store first, and if that fails nothing has happened.
//! [`Roster::observe`] is for what has happened anyway (a process ended): memory, routes and events first, the store
//! after, and again later if it fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, broadcast};

use super::error::Error;
use super::events::{Event, Notice};
use super::{locked, now};
use crate::domain::{BasePath, Instance, InstanceId, NewInstance, Port, Route, Status};
use crate::store::{Store, StoreError};

/// How far a slow listener may fall behind before it gets a fresh snapshot instead.
const BACKLOG: usize = 1024;

/// How soon what the store refused is tried again. It has waited for the lock of another program by then.
const AGAIN: Duration = Duration::from_secs(1);

/// Where routes go: the data plane's table. A call takes microseconds and never blocks.
pub trait RouteSink: Send + Sync + std::fmt::Debug {
    /// This is the instance's route from now on.
    fn put(&self, route: Route);
    /// The instance has no route any more.
    fn remove(&self, instance: InstanceId);
    /// Whether this public port could not be opened: another program has it.
    fn is_unserved(&self, port: Port) -> bool;
}

#[derive(Debug)]
pub(super) struct Roster {
    store: Store,
    routes: Arc<dyn RouteSink>,
    base_path: BasePath,
    present: Mutex<BTreeMap<InstanceId, Arc<Instance>>>,
    /// One change at a time, so that events come in the order of the changes; and whose rows the store has not taken yet.
    writing: tokio::sync::Mutex<BTreeSet<InstanceId>>,
    /// Rung when the store has refused something.
    refused: Notify,
    events: broadcast::Sender<Event>,
}

impl Roster {
    pub(super) async fn load(
        store: Store,
        routes: Arc<dyn RouteSink>,
        base_path: BasePath,
    ) -> Result<Self, StoreError> {
        let rows = store.instances().await?;
        for instance in &rows {
            routes.put(route(instance, &base_path));
        }
        Ok(Self {
            store,
            routes,
            base_path,
            present: Mutex::new(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect()),
            writing: tokio::sync::Mutex::default(),
            refused: Notify::new(),
            events: broadcast::Sender::new(BACKLOG),
        })
    }

    pub(super) fn list(&self) -> Vec<Arc<Instance>> {
        let mut all: Vec<_> = locked(&self.present).values().cloned().collect();
        all.sort_by_key(|instance| (instance.chosen.order, instance.id));
        all
    }

    pub(super) fn get(&self, id: InstanceId) -> Result<Arc<Instance>, Error> {
        locked(&self.present).get(&id).cloned().ok_or(Error::NotFound(id))
    }

    pub(super) fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    pub(super) async fn next_id(&self) -> Result<InstanceId, Error> {
        Ok(self.store.next_instance_id().await?)
    }

    /// Adds an instance.
    pub(super) async fn insert(&self, new: NewInstance) -> Result<Arc<Instance>, Error> {
        let _writing = self.writing.lock().await;
        let instance = self.store.insert_instance(new, now()).await?;
        Ok(self.publish(instance))
    }

    /// Changes an instance, or nothing: the store is written before anybody hears of it.
    pub(super) async fn decide(
        &self,
        id: InstanceId,
        change: impl FnOnce(&mut Instance) -> Result<(), Error>,
    ) -> Result<Arc<Instance>, Error> {
        let _writing = self.writing.lock().await;
        let mut next = self.get(id)?.as_ref().clone();
        change(&mut next)?;
        self.store.update_instance(next.clone()).await?;
        Ok(self.publish(next))
    }

    /// Changes several instances in one write, or none; those that `change` leaves as they are are not told of.
    pub(super) async fn decide_many(
        &self,
        change: impl FnOnce(&mut BTreeMap<InstanceId, Instance>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let _writing = self.writing.lock().await;
        let present = locked(&self.present).clone();
        let mut all = present.iter().map(|(id, instance)| (*id, instance.as_ref().clone())).collect();
        change(&mut all)?;
        let is_other = |next: &Instance| present.get(&next.id).is_some_and(|before| **before != *next);
        let changed: Vec<_> = all.into_values().filter(is_other).collect();
        self.store.update_instances(changed.clone()).await?;
        for next in changed {
            self.publish(next);
        }
        Ok(())
    }

    /// Records what has happened. `None` when the instance is gone, or when `change` says it is not about it any more.
    pub(super) async fn observe(
        &self,
        id: InstanceId,
        change: impl FnOnce(&mut Instance) -> bool,
    ) -> Option<Arc<Instance>> {
        let mut unsaved = self.writing.lock().await;
        let present = self.get(id).ok()?;
        let mut next = present.as_ref().clone();
        if !change(&mut next) {
            return None;
        }
        if !is_same_row(&present, &next) {
            unsaved.insert(id);
        }
        let published = self.publish(next);
        self.save(&mut unsaved).await;
        Some(published)
    }

    /// Changes what is not stored (log size, progress).
    pub(super) fn touch(&self, id: InstanceId, event: Event, change: impl FnOnce(&mut Instance)) {
        if let Some(present) = locked(&self.present).get_mut(&id) {
            change(Arc::make_mut(present));
        }
        let _ = self.events.send(event);
    }

    /// Changes what is not stored (the progress of a copy) and shows the instance anew.
    pub(super) fn show(&self, id: InstanceId, change: impl FnOnce(&mut Instance)) {
        let mut present = locked(&self.present);
        let Some(instance) = present.get_mut(&id) else { return };
        change(Arc::make_mut(instance));
        // Under the lock: a change that is stored meanwhile is told after this one.
        let _ = self.events.send(Event::Instance(Arc::clone(instance)));
    }

    /// Removes an instance.
    pub(super) async fn remove(&self, id: InstanceId) -> Result<(), Error> {
        let mut unsaved = self.writing.lock().await;
        self.store.delete_instance(id).await?;
        unsaved.remove(&id);
        locked(&self.present).remove(&id);
        self.routes.remove(id);
        let _ = self.events.send(Event::Removed(id));
        Ok(())
    }

    pub(super) fn notify(&self, notice: Notice) {
        let _ = self.events.send(Event::Notice(notice));
    }

    /// Whether another program holds this public port, so that nobody is served there.
    pub(super) fn is_unserved(&self, port: Port) -> bool {
        self.routes.is_unserved(port)
    }

    /// Writes what the store refused once it takes it, whatever else happens or doesn't. Ends when it is dropped.
    pub(super) async fn keep_saving(&self) {
        loop {
            self.refused.notified().await;
            tokio::time::sleep(AGAIN).await;
            self.save_late().await;
        }
    }

    /// Writes what the store has refused so far.
    pub(super) async fn save_late(&self) {
        let mut unsaved = self.writing.lock().await;
        self.save(&mut unsaved).await;
    }

    /// Writes what the store has not taken yet; what it refuses stays for the next time.
    async fn save(&self, unsaved: &mut BTreeSet<InstanceId>) {
        for id in unsaved.clone() {
            let saved = match self.get(id) {
                Ok(instance) => self.store.update_instance(instance.as_ref().clone()).await,
                Err(_) => Ok(()),
            };
            match saved {
                Ok(()) | Err(StoreError::Missing) => drop(unsaved.remove(&id)),
                Err(error) => tracing::error!(instance = id, %error, "what happened could not be stored yet"),
            }
        }
        if !unsaved.is_empty() {
            self.refused.notify_one();
        }
    }

    fn publish(&self, instance: Instance) -> Arc<Instance> {
        self.routes.put(route(&instance, &self.base_path));
        let instance = Arc::new(instance);
        locked(&self.present).insert(instance.id, Arc::clone(&instance));
        // An error means that nobody listens.
        let _ = self.events.send(Event::Instance(Arc::clone(&instance)));
        instance
    }
}

/// Whether two states of an instance differ only in what is not stored: each write waits for the disk.
fn is_same_row(one: &Instance, other: &Instance) -> bool {
    let stored = |of: &Instance| Instance {
        target: None,
        desktop: None,
        progress: None,
        restart: None,
        given_up: false,
        log_size: 0,
        ..of.clone()
    };
    stored(one) == stored(other)
}

/// What the data plane needs to know of an instance.
fn route(instance: &Instance, base_path: &BasePath) -> Route {
    let answers = matches!(instance.status, Status::Started | Status::Stalled);
    Route {
        instance: instance.id,
        name: instance.chosen.name.clone(),
        slug: instance.chosen.slug.clone(),
        prefix: base_path.of_instance(&instance.chosen.slug),
        public_port: instance.chosen.public_port(),
        hostname: instance.chosen.hostname.clone().filter(|_| instance.chosen.use_custom_hostname),
        access: instance.chosen.access,
        mode: instance.proxy,
        helper: instance.chosen.helper,
        status: instance.status,
        reason: instance.reason.clone(),
        exit: instance.exit,
        target: instance.target.filter(|_| answers),
        persistent: instance.chosen.persistent_mode,
        desktop: instance.desktop.clone().filter(|_| answers),
        run: instance.run.clone(),
    }
}
