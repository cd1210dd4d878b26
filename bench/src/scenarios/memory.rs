//! Memory: of a process that does nothing, and of websockets that say nothing. Every round starts its proxies anew, since
//! memory that earlier work has left behind would hide what new work needs.

use std::time::Duration;

use serde_json::json;

use crate::effort::Effort;
use crate::failure::Result;
use crate::load::{self, Load};
use crate::measure::rounded;
use crate::processes::pss;
use crate::proxies::{AiKore, NAMES, PREFIX, Proxy, Setup, Speech};
use crate::report::{Rounds, Row};
use crate::statistics::Goal;

/// How long memory may take to come to rest.
const REST: Duration = Duration::from_secs(1);

/// Memory of the proxy per idle websocket, in KB.
pub(super) async fn websockets(setup: &Setup, effort: &Effort) -> Result<Row> {
    let mut rounds = Rounds::new(NAMES);
    for _ in 0..effort.memory_rounds {
        rounds.begin();
        for name in NAMES {
            match one_proxy(name, setup, effort).await {
                Ok((value, before, after)) => {
                    let raw = json!({ "value": rounded(value), "before_kb": before, "after_kb": after });
                    rounds.put(name, value, raw);
                }
                Err(error) => rounds.fail(name, &error),
            }
        }
    }
    let title = format!("{} idle websockets, each", effort.websockets);
    Ok(Row::absolute("ws-idle", &title, "KB", Some(Goal::at_most(3.0, 2.0)), &rounds))
}

async fn one_proxy(name: &'static str, setup: &Setup, effort: &Effort) -> Result<(f64, f64, f64)> {
    let proxy = Proxy::start(name, setup, false).await?;
    let open = async |count| {
        let plan = load::idle_websockets(proxy.dial(Speech::Plain)?, PREFIX, count);
        Load::start(&plan, setup.cpus.threads()).await
    };
    // The first ones touch code and tables that all the others share.
    drop(open(100).await?);
    tokio::time::sleep(REST).await;
    let before = pss(&proxy.plain.pids())?;
    let load = open(effort.websockets).await?;
    tokio::time::sleep(REST).await;
    let after = pss(&proxy.plain.pids())?;
    load.rest().await?;
    Ok(((after - before) / effort.websockets as f64, before, after))
}

/// Memory of a proxy that has just started, in MB. AiKore has no instance, so that no second process shares its code and
/// makes it look smaller.
pub(super) async fn idle(setup: &Setup, effort: &Effort) -> Result<Row> {
    let mut rounds = Rounds::new(NAMES);
    for _ in 0..effort.memory_rounds {
        rounds.begin();
        for name in NAMES {
            let measured = async {
                if name == AiKore::NAME {
                    let server = AiKore::start(setup, false, 8).await?;
                    tokio::time::sleep(REST).await;
                    return pss(&server.entrance().pids());
                }
                let proxy = Proxy::start(name, setup, false).await?;
                tokio::time::sleep(REST).await;
                pss(&proxy.plain.pids())
            };
            match measured.await {
                Ok(kb) => rounds.put(name, kb / 1024.0, json!({ "value": rounded(kb / 1024.0) })),
                Err(error) => rounds.fail(name, &error),
            }
        }
    }
    Ok(Row::absolute("idle", "idle process, PSS", "MB", Some(Goal::at_most(12.0, 12.0)), &rounds))
}
