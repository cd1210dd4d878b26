//! What runs while routes change: people who must not notice. Nothing that breaks here ends the load; it is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::closed::get;
use super::{Plan, Shared, Task};
use crate::http1::Reader;
use crate::upstream::SMALL;
use crate::websocket;
use crate::wire::Dial;

/// How often each connection asks: four thousand requests a second from sixteen, which leaves the processor some air. A
/// change is about latency, and a saturated machine would only show its scheduler.
const PACE: Duration = Duration::from_millis(4);
const PING: Duration = Duration::from_secs(1);

/// What broke.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    failed: AtomicU64,
    /// Why the last one did.
    last: std::sync::Mutex<String>,
}

impl Watched {
    /// How many broke.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }

    /// Why the last one did.
    pub(crate) fn last(&self) -> String {
        self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn broke(&self, why: &crate::failure::Failure) {
        self.failed.fetch_add(1, Ordering::Relaxed);
        *self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = why.to_string();
    }
}

/// Paced GETs over kept connections. One that fails is counted, whatever a browser would do about it (the same as
/// `wrk` counts), and its connection made anew.
pub(crate) fn watched_gets(dial: Dial, prefix: &str, connections: usize, watched: Arc<Watched>) -> Plan {
    let request: Arc<str> = format!("GET {prefix}/small HTTP/1.1\r\nHost: {}\r\n\r\n", dial.host()).into();
    let make = move |shared: Arc<Shared>, number: usize| -> Task {
        let (dial, request, watched) = (dial.clone(), Arc::clone(&request), Arc::clone(&watched));
        Box::pin(async move {
            let mut kept = None;
            let mut clock = tokio::time::interval(PACE);
            clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            tokio::time::sleep(PACE * u32::try_from(number % 16).unwrap_or(0) / 16).await;
            let round = async || {
                clock.tick().await;
                let attempt = async {
                    let mut reader = match kept.take() {
                        Some(reader) => reader,
                        None => Reader::new(dial.connect().await?, 8 * 1024),
                    };
                    get(&mut reader, request.as_bytes(), SMALL as u64).await.map(|_| reader)
                };
                match attempt.await {
                    Ok(reader) => kept = Some(reader),
                    Err(why) => watched.broke(&why),
                }
                Ok(1)
            };
            shared.closed_loop(round).await
        })
    };
    Plan { tasks: connections, loops: connections, closed: true, make: Arc::new(make) }
}

/// Websockets with a small message now and then, and once more at the end. One that is dropped is counted and stays away.
pub(crate) fn watched_websockets(dial: Dial, prefix: &str, count: usize, watched: Arc<Watched>) -> Plan {
    let path: Arc<str> = format!("{prefix}/echo").into();
    let make = move |shared: Arc<Shared>, number: usize| -> Task {
        let (dial, path, watched) = (dial.clone(), Arc::clone(&path), Arc::clone(&watched));
        Box::pin(async move {
            let mut reader = Reader::new(dial.connect().await?, 1024);
            websocket::open(&mut reader, &dial.host(), &path).await?;
            let message = websocket::message(b"still there?", true);
            shared.is_ready();
            let mut alive = true;
            let mut pause = PING * u32::try_from(number % 100).unwrap_or(0) / 100;
            loop {
                // In short steps, so that the stop is heard soon.
                while !shared.stopping() && pause > Duration::ZERO {
                    let step = pause.min(Duration::from_millis(50));
                    tokio::time::sleep(step).await;
                    pause -= step;
                }
                let last = shared.stopping();
                if alive && let Err(why) = websocket::echo(&mut reader, &message, 12).await {
                    alive = false;
                    watched.broke(&why);
                }
                if last {
                    break;
                }
                pause = PING;
            }
            shared.park().await;
            Ok(())
        })
    };
    Plan { tasks: count, loops: count, closed: true, make: Arc::new(make) }
}
