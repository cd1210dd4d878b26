//! Cross-checks: the same proxies under `wrk` and `h2load`. If these disagree with our own load about who is cheaper, our
//! load is wrong.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;

use crate::effort::Effort;
use crate::failure::{Context, Failure, Result};
use crate::measure::rounded;
use crate::processes::{Cpu, ours};
use crate::proxies::{PREFIX, Proxy, Setup, Speech};
use crate::report::{Rounds, Row};

/// One tool against every proxy.
pub(super) async fn compare(name: &str, setup: &Setup, proxies: &[Proxy], effort: &Effort) -> Result<Row> {
    let (speech, title) =
        if name == "wrk-get" { (Speech::Plain, "small GET, by wrk") } else { (Speech::Http2, "HTTP/2 GET, by h2load") };
    let seconds = effort.window.longest.as_secs().max(1);
    let mut rounds = Rounds::new(proxies.iter().map(|proxy| proxy.name));
    for _ in 0..effort.rounds {
        rounds.begin();
        for proxy in proxies {
            if rounds.has_failed(proxy.name) {
                continue;
            }
            let entrance = proxy.entrance(speech)?;
            let url = |scheme: &str| format!("{scheme}://{}{PREFIX}/small", entrance.address);
            let threads = setup.cpus.threads().to_string();
            let mut command = if speech == Speech::Plain {
                let mut command = Command::new("wrk");
                command.args(["-t", &threads, "-c", "64", "-d", &format!("{seconds}s"), &url("http")]);
                command
            } else {
                let mut command = Command::new("h2load");
                command.args(["-t", &threads, "-c", "16", "-m", "4", "-D", &seconds.to_string(), &url("https")]);
                command
            };
            let pids = entrance.pids();
            let before = Cpu::of(&pids)?;
            let said = until_it_ends(&mut command, Duration::from_secs(seconds + 30)).await;
            let cpu = Cpu::of(&pids)?.since(before);
            match said.and_then(|text| requests(&text)) {
                Ok(count) => {
                    let value = cpu.nanos as f64 / 1e3 / count as f64;
                    rounds.put(proxy.name, value, json!({ "value": rounded(value), "units": count }));
                }
                Err(error) => rounds.fail(proxy.name, &error),
            }
        }
    }
    Ok(Row::ratio(name, title, "us/request", None, &rounds))
}

async fn until_it_ends(command: &mut Command, patience: Duration) -> Result<String> {
    let what = command.get_program().display().to_string();
    let child =
        ours(command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context(&what)?;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = tokio::time::timeout(patience, output).await.context(&what)?.context(&what)??;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// How many requests succeeded; an error if one did not.
fn requests(text: &str) -> Result<u64> {
    let unclear = || format!("an unexpected report: {text}");
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(Failure::new(unclear()));
    }
    let number = |line: &str| line.split_whitespace().next().and_then(|word| word.parse::<u64>().ok());
    let wrk = text.lines().find(|line| line.contains(" requests in ")).and_then(number);
    let h2load = || {
        let line = text.lines().find_map(|line| line.strip_prefix("requests: "))?;
        let part = |word: &str| line.split(", ").find(|part| part.ends_with(word)).and_then(number);
        (part(" failed")? == 0).then(|| part(" succeeded"))?
    };
    wrk.or_else(h2load).filter(|count| *count > 0).context(unclear())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports() {
        assert_eq!(requests("  2 threads\n  50302 requests in 1.10s, 10MB read\n"), Ok(50_302));
        let report = "requests: 1021 total, 1100 started, 1021 done, 1021 succeeded, 0 failed, 0 errored, 0 timeout\n";
        assert_eq!(requests(report), Ok(1021));
        assert!(requests(&report.replace(" 0 failed", " 3 failed")).is_err());
        assert!(requests("  50 requests in 1s\n  Non-2xx or 3xx responses: 2\n").is_err());
    }
}
