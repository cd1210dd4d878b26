//! What should run is started when the server comes up: in the order of the list, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;

use super::events::Event;
use super::{Instances, locked};
use crate::domain::{Desired, Instance, InstanceId, Status};

/// How many are on their way at once: each loads models and compiles.
const AT_ONCE: usize = 2;

/// How long one may keep the next from starting.
const PATIENCE: Duration = Duration::from_secs(60);

impl Instances {
    /// Starts whatever should run. Returns when all have been started.
    pub async fn start_wanted(&self) {
        let wanted: Vec<InstanceId> = self.list().iter().filter(|row| is_wanted(row)).map(|row| row.id).collect();
        locked(&self.inner.queued).extend(&wanted);
        let places = Arc::new(tokio::sync::Semaphore::new(AT_ONCE));
        for id in wanted {
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                () = self.inner.leaving.cancelled() => return,
            };
            {
                let _turn = self.inner.turn(id).await;
                // A person's Stop or Start that came while it waited has settled it.
                if !locked(&self.inner.queued).remove(&id) {
                    continue;
                }
                self.inner.start_unasked(id).await;
            }
            let instances = self.clone();
            self.inner.tasks.spawn("start at boot", async move {
                let settled = tokio::time::timeout(PATIENCE, instances.settled(id));
                tokio::select! {
                    _ = settled => {}
                    () = instances.inner.leaving.cancelled() => {}
                }
                drop(place);
            });
        }
    }

    /// Waits until an instance is neither about to be ready nor gone: then the next one may load.
    async fn settled(&self, id: InstanceId) {
        let mut events = self.subscribe();
        while self.get(id).is_ok_and(|instance| instance.status == Status::Starting) {
            loop {
                match events.recv().await {
                    Ok(Event::Instance(instance)) if instance.id == id => break,
                    Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                    Ok(_) => {}
                }
            }
        }
    }
}

fn is_wanted(row: &Instance) -> bool {
    !row.status.is_active() && (row.chosen.autostart || row.desired == Desired::Running)
}
