//! Following an instance's log: its bytes as they are written, from run to run, until the instance is removed.

use std::io;

use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use super::error::Error;
use super::{Event, Instances};
use crate::domain::InstanceId;
use crate::runtime::log::{Follow, Follower, Piece};

/// Why a log can't be followed any longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoMore {
    /// The instance of this name was removed.
    Removed(String),
    /// The log can't be read: a sentence.
    Unreadable(String),
}

/// Somebody who follows a log. Between two pieces it holds nothing but its place.
#[derive(Debug)]
pub struct LogFollower {
    instances: Instances,
    id: InstanceId,
    name: String,
    events: broadcast::Receiver<Event>,
    follower: Option<Follower>,
    /// A reading under way: it outlives whoever stopped waiting for it, so no piece is lost.
    reading: Option<JoinHandle<(Follower, io::Result<Piece>)>>,
}

impl Instances {
    /// Follows a log.
    ///
    /// # Errors
    /// There is no such instance.
    pub fn follow_log(&self, id: InstanceId, follow: Follow) -> Result<LogFollower, Error> {
        // Before the first look: what is written between the two is told of.
        let events = self.subscribe();
        let log = self.log_path(id)?;
        let name = self.get(id)?.chosen.name.to_string();
        let follower = Some(Follower::new(log, follow));
        Ok(LogFollower { instances: self.clone(), id, name, events, follower, reading: None })
    }
}

impl LogFollower {
    /// The next piece, at most so many bytes; one without any says that there is nothing more now. Nothing is lost when the
    /// wait for it is given up: the next one gets it.
    ///
    /// # Errors
    /// There is nothing to read any more.
    pub async fn next(&mut self, most: u64) -> Result<Piece, NoMore> {
        let log = self.instances.log_path(self.id).map_err(|_| NoMore::Removed(self.name.clone()))?;
        let shown = log.display().to_string();
        let unreadable = |why: String| NoMore::Unreadable(format!("{shown} can't be read: {why}."));
        if let Some(mut follower) = self.follower.take() {
            self.reading = Some(tokio::task::spawn_blocking(move || {
                follower.lies_at(log);
                let piece = follower.next(most);
                (follower, piece)
            }));
        }
        let Some(reading) = self.reading.as_mut() else {
            return Err(unreadable("the reading was given up".to_owned()));
        };
        let read = reading.await;
        self.reading = None;
        // A panic in there: said by the runtime's own hook, and the follower is gone with it.
        let (follower, piece) = read.map_err(|error| unreadable(error.to_string()))?;
        self.follower = Some(follower);
        piece.map_err(|error| unreadable(error.to_string()))
    }

    /// Waits until there may be more.
    ///
    /// # Errors
    /// There will be none: the instance is gone.
    pub async fn more(&mut self) -> Result<(), NoMore> {
        loop {
            match self.events.recv().await {
                Ok(Event::Log(id, _)) if id == self.id => return Ok(()),
                Ok(Event::Instance(instance)) if instance.id == self.id => {
                    self.name = instance.chosen.name.to_string();
                    return Ok(());
                }
                Ok(Event::Removed(id)) if id == self.id => return Err(NoMore::Removed(self.name.clone())),
                Ok(_) => {}
                Err(broadcast::error::RecvError::Lagged(_)) => return Ok(()),
                Err(broadcast::error::RecvError::Closed) => return Err(NoMore::Removed(self.name.clone())),
            }
        }
    }
}
