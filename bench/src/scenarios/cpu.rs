//! CPU time per request, per byte, per event: the proxies take turns within each round.

use crate::effort::Effort;
use crate::failure::Result;
use crate::load::{self, Fetch, Plan};
use crate::measure::measure;
use crate::proxies::{CONTEXT, PREFIX, Proxy, Setup, Speech};
use crate::report::{Rounds, Row};
use crate::statistics::Goal;
use crate::upstream::SMALL;
use crate::wire::Dial;

/// One kind of load, and what it may cost in comparison to the best NGINX.
pub(crate) struct Scenario {
    /// What `--only` calls it.
    pub(crate) name: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    unit: Unit,
    speech: Speech,
    goal: Option<Goal>,
    /// Streams at a fixed pace leave the processor mostly idle: they need more time to be measured.
    patience: u32,
    plan: fn(Dial) -> Plan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Request,
    Gigabyte,
    Event,
    RoundTrip,
}

impl Unit {
    fn words(self) -> &'static str {
        match self {
            Self::Request => "us/request",
            Self::Gigabyte => "ms/GB",
            Self::Event => "us/event",
            Self::RoundTrip => "us/round trip",
        }
    }

    fn of_nanos(self, nanos_per_unit: f64) -> f64 {
        match self {
            // A byte takes as many nanoseconds as a gigabyte takes seconds.
            Self::Gigabyte => nanos_per_unit * 1e3,
            _ => nanos_per_unit / 1e3,
        }
    }
}

const fn goal(hard: f64, stretch: f64) -> Option<Goal> {
    Some(Goal::at_most(hard, stretch))
}

const fn scenario(
    name: &'static str,
    title: &'static str,
    unit: Unit,
    speech: Speech,
    goal: Option<Goal>,
    plan: fn(Dial) -> Plan,
) -> Scenario {
    Scenario { name, title, unit, speech, goal, patience: 1, plan }
}

const MB: u64 = 1_000_000;
const CONNECTIONS: usize = 64;
const SMALL_GET: Fetch = Fetch { length: SMALL as u64, fresh: false, browser: false, bytes: false };

/// All of them.
pub(crate) const CPU: &[Scenario] = &[
    scenario("get", "small GET, keep-alive", Unit::Request, Speech::Plain, goal(0.95, 0.80), |dial| {
        load::fetches(dial, PREFIX, "/small", SMALL_GET, CONNECTIONS)
    }),
    scenario(
        "get-browser-headers",
        "GET with a browser's fields",
        Unit::Request,
        Speech::Plain,
        goal(0.85, 0.70),
        |dial| load::fetches(dial, PREFIX, "/small", Fetch { browser: true, ..SMALL_GET }, CONNECTIONS),
    ),
    scenario("get-close", "GET, a new connection each", Unit::Request, Speech::Plain, goal(1.05, 0.95), |dial| {
        load::fetches(dial, PREFIX, "/small", Fetch { fresh: true, ..SMALL_GET }, CONNECTIONS)
    }),
    scenario("down-64k", "64 KB down", Unit::Gigabyte, Speech::Plain, None, |dial| {
        down(dial, "/bytes/65536", 65_536, 16)
    }),
    scenario("down-1m", "1 MB down", Unit::Gigabyte, Speech::Plain, goal(1.05, 0.75), |dial| {
        down(dial, "/bytes/1000000", MB, 8)
    }),
    scenario("down-100m", "100 MB down", Unit::Gigabyte, Speech::Plain, goal(1.05, 0.50), |dial| {
        down(dial, "/bytes/100000000", 100 * MB, 2)
    }),
    scenario("up-100m", "100 MB up", Unit::Gigabyte, Speech::Plain, goal(1.05, 1.00), |dial| {
        load::uploads(dial, PREFIX, 100 * MB, 2)
    }),
    Scenario {
        patience: 2,
        ..scenario("sse", "SSE, 200 streams, 10/s each", Unit::Event, Speech::Plain, goal(0.95, 0.75), |dial| {
            load::events(dial, PREFIX, 200)
        })
    },
    scenario("ws-echo", "websocket echo, 1 KB", Unit::RoundTrip, Speech::Plain, goal(1.00, 0.95), |dial| {
        load::echoes(dial, PREFIX, 1024, CONNECTIONS)
    }),
    scenario("ws-bulk", "websocket bulk, 64 KB frames", Unit::Gigabyte, Speech::Plain, goal(0.55, 0.45), |dial| {
        load::bulk(dial, PREFIX, 4)
    }),
    scenario("tls-get", "TLS, small GET, keep-alive", Unit::Request, Speech::Tls, goal(0.80, 0.70), |dial| {
        load::fetches(dial, PREFIX, "/small", SMALL_GET, CONNECTIONS)
    }),
    scenario("tls-handshake", "TLS handshake and GET", Unit::Request, Speech::Tls, goal(0.55, 0.45), |dial| {
        load::fetches(dial, PREFIX, "/small", Fetch { fresh: true, ..SMALL_GET }, 16)
    }),
    scenario("h2-get", "HTTP/2 over TLS, small GET", Unit::Request, Speech::Http2, goal(0.60, 0.45), |dial| {
        load::http2_fetches(dial, PREFIX, "/small", SMALL, 16)
    }),
];

fn down(dial: Dial, path: &str, length: u64, connections: usize) -> Plan {
    load::fetches(dial, PREFIX, path, Fetch { length, bytes: true, ..SMALL_GET }, connections)
}

/// Measures every proxy in every round.
pub(crate) async fn compare(scenario: &Scenario, setup: &Setup, proxies: &[Proxy], effort: &Effort) -> Result<Row> {
    let mut rounds = Rounds::new(proxies.iter().map(|proxy| proxy.name));
    let window = effort.window.longer(scenario.patience);
    for round in 0..effort.rounds {
        rounds.begin();
        for at in 0..proxies.len() {
            // Another one begins each time: whoever comes first must not always be the same.
            let Some(proxy) = proxies.get((at + round) % proxies.len()) else { continue };
            let late = round >= effort.context_rounds && CONTEXT.contains(&proxy.name);
            if late || rounds.has_failed(proxy.name) {
                continue;
            }
            let plan = (scenario.plan)(proxy.dial(scenario.speech)?);
            match measure(&proxy.entrance(scenario.speech)?, &plan, window, setup.cpus.threads()).await {
                Ok(sample) => {
                    let value = scenario.unit.of_nanos(sample.nanos_per_unit());
                    rounds.put(proxy.name, value, sample.json(value));
                }
                Err(error) => rounds.fail(proxy.name, &error),
            }
        }
    }
    Ok(Row::ratio(scenario.name, scenario.title, scenario.unit.words(), scenario.goal, &rounds))
}
