//! What a request costs when there are ten thousand routes instead of ten.

use std::fmt::Write;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::effort::Effort;
use crate::failure::{Failure, Result};
use crate::load::{self, Fetch};
use crate::measure::{measure, rounded};
use crate::proxies::{AiKore, Entrance, Nginx, PREFIX, Setup, Style};
use crate::report::{Rounds, Row};
use crate::statistics::Goal;
use crate::upstream::SMALL;
use crate::wire::Dial;

const FEW: usize = 10;
/// Everything else a server with many routes has open.
const OTHER_FILES: u64 = 1_500;

/// Compares each proxy with itself.
pub(super) async fn compare(setup: &Setup, effort: &Effort) -> Result<Row> {
    let mut notes = Vec::new();
    let many = many(setup, effort, &mut notes);

    let mut few = AiKore::start(setup, false, room(FEW)).await?;
    add_instances(&mut few, FEW, Duration::MAX).await?;
    let mut lots = AiKore::start(setup, false, room(many)).await?;
    let began = Instant::now();
    let created = add_instances(&mut lots, many, effort.routes_budget).await?;
    let took = began.elapsed().as_secs_f64();
    notes.push(format!("AiKore: {created} instances created in {took:.1} s ({:.0}/s)", created as f64 / took));
    if created < many {
        notes.push(format!("there was no time for all {many} routes; AiKore was measured with {created}"));
    }

    let nginx_few = Nginx::start(setup, Style::Tuned, &locations(setup, FEW)?).await?;
    let began = Instant::now();
    let nginx_lots = Nginx::start(setup, Style::Tuned, &locations(setup, created)?).await?;
    notes.push(format!("NGINX: started with {created} locations in {:.1} s", began.elapsed().as_secs_f64()));

    let pairs =
        [(AiKore::NAME, few.entrance(), lots.entrance()), ("nginx", nginx_few.entrance(), nginx_lots.entrance())];
    let mut rounds = Rounds::new(pairs.map(|(name, ..)| name));
    // More than elsewhere: the goal is a few percent.
    for round in 0..effort.rounds + 4 {
        rounds.begin();
        for (name, few, lots) in &pairs {
            let measured = async {
                // Who comes first must not always be the same.
                if round % 2 == 0 {
                    let few = cost(setup, few, effort).await?;
                    Ok::<_, Failure>((few, cost(setup, lots, effort).await?))
                } else {
                    let lots = cost(setup, lots, effort).await?;
                    Ok((cost(setup, few, effort).await?, lots))
                }
            };
            match measured.await {
                Ok((few, lots)) => {
                    let ratio = lots / few;
                    let raw = json!({ "value": rounded(ratio), "few_us": rounded(few), "many_us": rounded(lots) });
                    rounds.put(name, ratio, raw);
                }
                Err(error) => rounds.fail(name, &error),
            }
        }
    }
    let title = format!("{created} routes instead of {FEW}");
    let mut row = Row::absolute("routes", &title, "x", Some(Goal::at_most(1.03, 1.00)), &rounds);
    row.notes.extend(notes);
    Ok(row)
}

/// As many as wanted, or as the limit on open files allows: every instance has a public port, and AiKore a listener for
/// it in each of its two workers.
fn many(setup: &Setup, effort: &Effort, notes: &mut Vec<String>) -> usize {
    let possible = usize::try_from(setup.file_limit.saturating_sub(OTHER_FILES) / 2).unwrap_or(usize::MAX);
    if possible < effort.routes {
        notes.push(format!(
            "the limit on open files ({}) allows {possible} public ports, not {}",
            setup.file_limit, effort.routes
        ));
    }
    possible.min(effort.routes)
}

/// With some to spare: among so many ports, other programs have a few.
fn room(routes: usize) -> u16 {
    u16::try_from(routes + routes / 50 + 2).unwrap_or(u16::MAX)
}

/// The measured one in the middle of the others.
async fn add_instances(server: &mut AiKore, count: usize, budget: Duration) -> Result<usize> {
    let began = Instant::now();
    let mut port = server.first_port;
    server.with_app("bench", &mut port).await?;
    for n in 1..count {
        if began.elapsed() > budget {
            return Ok(n);
        }
        server.create(&name(n), &mut port).await?;
    }
    Ok(count)
}

/// Half of them sort before `bench`, half after it.
fn name(n: usize) -> String {
    format!("{}{n:05}", if n.is_multiple_of(2) { "app" } else { "tool" })
}

fn locations(setup: &Setup, count: usize) -> Result<String> {
    let upstream = setup.upstream()?;
    let mut text = String::new();
    for n in 1..count {
        // Writing to a String does not fail.
        let _ = writeln!(text, "location /instance/{}/ {{ proxy_pass http://{upstream}/; }}", name(n));
    }
    Ok(text)
}

async fn cost(setup: &Setup, entrance: &Entrance, effort: &Effort) -> Result<f64> {
    let fetch = Fetch { length: SMALL as u64, fresh: false, browser: false, bytes: false };
    let plan = load::fetches(Dial::plain(entrance.address), PREFIX, "/small", fetch, 64);
    let sample = measure(entrance, &plan, effort.window, setup.cpus.threads()).await?;
    Ok(sample.nanos_per_unit() / 1e3)
}
