//! What is compared. The rows of the table in the order in which they are shown.

mod change;
mod cpu;
mod cross;
mod memory;
mod probe;
mod routes;
mod runtime;

use crate::effort::Effort;
use crate::failure::Result;
use crate::proxies::{NAMES, Proxy, Setup};
use crate::report::Row;

pub(crate) use cpu::CPU;
pub(crate) use runtime::RUNTIME;

/// The scenarios that are no closed list of loads, with what they show.
pub(crate) const OTHERS: [(&str, &str); 4] = [
    ("ws-idle", "memory per idle websocket"),
    ("routes", "10,000 routes instead of 10"),
    ("idle", "memory of an idle process"),
    ("route-change", "changing routes under load"),
];

/// Cross-checks with other people's load generators; they run only when they are named.
pub(crate) const CROSS_CHECKS: [(&str, &str); 2] =
    [("wrk-get", "GET as wrk sees it"), ("h2load-get", "HTTP/2 as h2load sees it")];

/// Every name that may be asked for, with what it shows. The runtime comes first: it is measured by the clock, and the
/// others leave thousands of connections behind that the kernel remembers for a minute.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let cpu = CPU.iter().map(|scenario| (scenario.name, scenario.title));
    RUNTIME.into_iter().chain(cpu).chain(OTHERS).chain(CROSS_CHECKS)
}

/// Whether a scenario needs no other proxy.
pub(crate) fn is_about_aikore_alone(name: &str) -> bool {
    RUNTIME.iter().any(|(runtime, _)| *runtime == name)
}

/// Measures one scenario. `standing` are the proxies that are up all the time; they are started when the first scenario
/// needs them.
pub(crate) async fn run(name: &str, setup: &Setup, standing: &mut Vec<Proxy>, effort: &Effort) -> Result<Row> {
    if matches!(name, "ws-idle" | "idle") || is_about_aikore_alone(name) {
        // A page of code counts half for each of two processes that run it: nobody else may. Nor may anybody take time
        // from what is measured by the clock.
        standing.clear();
    }
    match name {
        "ws-idle" => memory::websockets(setup, effort).await,
        "idle" => memory::idle(setup, effort).await,
        "routes" => routes::compare(setup, effort).await,
        "route-change" => change::compare(setup, effort).await,
        _ if is_about_aikore_alone(name) => runtime::measure(name, setup, effort).await,
        _ => {
            if standing.is_empty() {
                for name in NAMES {
                    standing.push(Proxy::start(name, setup, true).await?);
                }
            }
            match CPU.iter().find(|scenario| scenario.name == name) {
                Some(scenario) => cpu::compare(scenario, setup, standing, effort).await,
                None => cross::compare(name, setup, standing, effort).await,
            }
        }
    }
}
