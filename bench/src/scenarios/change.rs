//! Changing routes while people use others: how long until a change has its effect, and what it breaks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::probe::app_answers;
use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::load::{Load, Watched, watched_gets, watched_websockets};
use crate::measure::rounded;
use crate::processes::pss;
use crate::proxies::{AiKore, Entrance, Nginx, PREFIX, Setup, Style, free_ports};
use crate::report::{Rounds, Row};
use crate::statistics::{Goal, Spread, Verdict};
use crate::wire::Dial;

const GETS: usize = 16;
const WEBSOCKETS: usize = 200;
/// Between two changes, so that one does not wait for the work of the one before.
const PAUSE: Duration = Duration::from_millis(40);
/// How long a change may take to have its effect.
const PATIENCE: Duration = Duration::from_secs(20);

/// How routes are changed.
enum Changed {
    /// An instance that runs is moved to another public port by the API.
    AiKore { server: Box<AiKore>, id: i64 },
    /// A server block is moved to another port, and the configuration loaded again.
    Nginx { server: Box<Nginx>, app: SocketAddr },
}

/// What happened to one proxy.
struct Outcome {
    /// Milliseconds from the beginning of a change to an answer on the new port.
    effects: Vec<f64>,
    /// The same, from the moment in which the change was said to be done.
    after_answer: Vec<f64>,
    failed_gets: u64,
    gets: u64,
    dropped: u64,
    processes: usize,
    pss: (f64, f64),
    why: Vec<String>,
}

/// Both proxies, one after the other.
pub(super) async fn compare(setup: &Setup, effort: &Effort) -> Result<Row> {
    let mut rounds = Rounds::new([AiKore::NAME, "nginx"]);
    rounds.begin();
    let mut notes = Vec::new();
    let mut perfect = false;
    for name in [AiKore::NAME, "nginx"] {
        match one_proxy(name, setup, effort).await {
            Ok(outcome) => {
                let Some(effect) = Spread::of(&outcome.effects) else { continue };
                rounds.put(name, effect.median, outcome.json());
                notes.push(outcome.sentence(name));
                notes.extend(outcome.why.iter().map(|why| format!("{name}: {why}")));
                if name == AiKore::NAME {
                    perfect = outcome.failed_gets == 0 && outcome.dropped == 0 && outcome.processes == 1;
                }
            }
            Err(error) => rounds.fail(name, &error),
        }
    }
    let title = format!("{} route changes under load, to effect", effort.changes);
    let mut row = Row::absolute("route-change", &title, "ms p50", Some(Goal::at_most(2.0, 2.0)), &rounds);
    if !perfect && row.verdict != Verdict::Failed {
        row.verdict = Verdict::Missed;
    }
    row.notes.extend(notes);
    Ok(row)
}

async fn one_proxy(name: &str, setup: &Setup, effort: &Effort) -> Result<Outcome> {
    let (_other, other_app) = setup.start_upstream().await?;
    let ports = u16::try_from(effort.changes + 8).context("too many changes")?;
    let (mut changed, entrance, first_port) = if name == AiKore::NAME {
        let mut server = AiKore::start(setup, false, ports).await?;
        let mut port = server.first_port;
        server.with_app("bench", &mut port).await?;
        let id = server.with_app("other", &mut port).await?;
        let entrance = server.entrance();
        (Changed::AiKore { server: Box::new(server), id }, entrance, port)
    } else {
        let server = Nginx::start(setup, Style::Tuned, "").await?;
        let entrance = server.entrance();
        (Changed::Nginx { server: Box::new(server), app: other_app }, entrance, free_ports(ports)?)
    };

    let dial = Dial::plain(entrance.address);
    let (gets, websockets) = (Arc::new(Watched::default()), Arc::new(Watched::default()));
    let open = watched_websockets(dial.clone(), PREFIX, WEBSOCKETS, Arc::clone(&websockets));
    let open = Load::start(&open, 1).await?;
    let load = Load::start(&watched_gets(dial, PREFIX, GETS, Arc::clone(&gets)), 1).await?;
    open.go();
    load.go();
    tokio::time::sleep(Duration::from_secs(1)).await;

    let before = pss(&entrance.pids())?;
    let (mut effects, mut after_answer, mut processes) = (Vec::new(), Vec::new(), 0);
    for n in 0..effort.changes {
        let port = first_port + u16::try_from(n).context("too many changes")?;
        let (effect, after) = change_once(&mut changed, port).await?;
        effects.push(effect);
        after_answer.push(after);
        processes = processes.max(serving(&entrance, name));
        tokio::time::sleep(PAUSE).await;
    }
    // What a change breaks may show a moment later.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = pss_of_living(&entrance);
    load.rest().await?;
    open.rest().await?;
    let why = [("a GET failed", &gets), ("a websocket was dropped", &websockets)]
        .into_iter()
        .filter(|(_, watched)| watched.failed() > 0)
        .map(|(what, watched)| format!("{what}: {}", watched.last()))
        .collect();
    Ok(Outcome {
        effects,
        after_answer,
        failed_gets: gets.failed(),
        gets: load.done(),
        dropped: websockets.failed(),
        processes,
        pss: (before, after),
        why,
    })
}

/// Makes a change; returns the milliseconds until it had its effect, from its beginning and from its answer.
async fn change_once(changed: &mut Changed, port: u16) -> Result<(f64, f64)> {
    let began = Instant::now();
    let probe = tokio::task::spawn_blocking(move || probe(port));
    let answered = match changed {
        Changed::AiKore { server, id } => server.move_to(*id, port).await.map(|()| Instant::now())?,
        Changed::Nginx { server, app } => {
            // It blocks this thread, on which nothing else happens meanwhile: load and probe have their own.
            server.publish(port, *app)?;
            Instant::now()
        }
    };
    let effective = probe.await.context("the probe")??;
    let ms = |since: Instant| effective.saturating_duration_since(since).as_secs_f64() * 1e3;
    Ok((ms(began), ms(answered)))
}

/// Asks on fresh connections until one is answered by the app.
fn probe(port: u16) -> Result<Instant> {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let began = Instant::now();
    loop {
        match app_answers(address, "/small") {
            Ok(true) => return Ok(Instant::now()),
            _ if began.elapsed() > PATIENCE => {
                return Err(Failure::new("a change of routes had no effect"));
            }
            // Often while it matters; later less, to leave the processor to whoever is still at it.
            _ if began.elapsed() < Duration::from_millis(20) => std::thread::sleep(Duration::from_micros(100)),
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// How many processes serve: NGINX has a master that does not, and AiKore a supervisor for each app.
fn serving(entrance: &Entrance, name: &str) -> usize {
    if name == AiKore::NAME { entrance.serving_without_supervisors() } else { entrance.pids().len().saturating_sub(1) }
}

/// Old workers of NGINX may leave between the list and the look.
fn pss_of_living(entrance: &Entrance) -> f64 {
    entrance.pids().iter().filter_map(|pid| pss(&[*pid]).ok()).sum()
}

impl Outcome {
    fn sentence(&self, name: &str) -> String {
        let spread = |values: &[f64]| {
            Spread::of(values).map_or_else(String::new, |s| format!("p50 {:.2}, max {:.2} ms", s.median, s.max))
        };
        format!(
            "{name}: to effect {}; from the answer on {}; {} of {} GETs failed; {} of {WEBSOCKETS} websockets dropped; \
             at most {} serving processes; PSS {:.1} -> {:.1} MB",
            spread(&self.effects),
            spread(&self.after_answer),
            self.failed_gets,
            self.gets,
            self.dropped,
            self.processes,
            self.pss.0 / 1024.0,
            self.pss.1 / 1024.0,
        )
    }

    fn json(&self) -> Value {
        let list = |values: &[f64]| values.iter().map(|value| rounded(*value)).collect::<Vec<_>>();
        json!({
            "effect_ms": list(&self.effects),
            "effect_after_answer_ms": list(&self.after_answer),
            "gets": self.gets,
            "failed_gets": self.failed_gets,
            "websockets": WEBSOCKETS,
            "dropped_websockets": self.dropped,
            "serving_processes": self.processes,
            "pss_before_kb": self.pss.0,
            "pss_after_kb": self.pss.1,
        })
    }
}
