//! A clock that is looked at only when something is waited for.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes whoever waits when it is too late. What is on time again and again does not set it anew each time: it rings at the
/// earliest moment at which it could be too late, and then the rest of the time is looked at.
#[derive(Debug, Default)]
pub struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Ready once it is later than `late`; otherwise there will be a wake-up when it is.
    pub fn poll(&mut self, late: Instant, context: &mut Context<'_>) -> Poll<()> {
        let alarm = self.0.get_or_insert_with(|| Box::pin(sleep_until(late)));
        if alarm.deadline() > late {
            alarm.as_mut().reset(late);
        }
        while alarm.as_mut().poll(context).is_ready() {
            if late <= Instant::now() {
                return Poll::Ready(());
            }
            alarm.as_mut().reset(late);
        }
        Poll::Pending
    }
}
