//! What the clients are told: changes only, and no more often than anybody could look.

use std::time::{Duration, Instant};

use super::Shim;
use crate::domain::Progress;
use crate::runtime::protocol::Report;

/// How often the clients hear that the log grew.
const LOG_PACE: Duration = Duration::from_millis(100);

/// How often the clients hear how much of the log is lost while it goes on.
const LOSS_PACE: Duration = Duration::from_secs(5);

/// What the clients know, so that they are told of changes only.
#[derive(Default)]
pub(super) struct Told {
    log_size: u64,
    log_at: Option<Instant>,
    progress: Option<Progress>,
    pub(super) log_error: Option<String>,
    log_lost: u64,
    log_state_at: Option<Instant>,
}

impl Shim {
    pub(super) fn has_news(&self) -> bool {
        self.told.log_size != self.log.size() || self.told.progress != self.osc.progress()
    }

    /// Tells the clients what changed.
    pub(super) fn tell(&mut self) {
        self.tell_progress();
        self.tell_log_state();
        if self.told.log_at.is_none_or(|at| at.elapsed() >= LOG_PACE) {
            self.tell_log();
        }
        self.clients.flush();
    }

    /// Tells what is being prepared; before an end, so that its reason can name where it was.
    pub(super) fn tell_progress(&mut self) {
        let progress = self.osc.progress();
        if self.told.progress != progress {
            self.clients.send(&Report::Progress { progress: progress.clone() });
            self.told.progress = progress;
        }
    }

    /// Tells that the log can't be written, that it can be again, and now and then how much is lost.
    fn tell_log_state(&mut self) {
        let (error, lost) = (self.log.trouble(), self.log.lost());
        let turned = error.is_some() != self.told.log_error.is_some();
        let grew = lost != self.told.log_lost && self.told.log_state_at.is_none_or(|at| at.elapsed() >= LOSS_PACE);
        if turned || grew {
            self.clients.send(&Report::LogState { error: error.clone(), lost });
            (self.told.log_error, self.told.log_lost) = (error, lost);
            self.told.log_state_at = Some(Instant::now());
        }
    }

    pub(super) fn tell_log(&mut self) {
        let size = self.log.size();
        if self.told.log_size != size {
            self.clients.send(&Report::Log { size });
            self.told.log_size = size;
            self.told.log_at = Some(Instant::now());
        }
    }
}
