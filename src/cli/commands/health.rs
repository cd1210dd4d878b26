//! `aikore health` and `handover`: what keeps a server alive asks the one, what updates it the other.

use std::time::Duration;

use clap::ArgMatches;
use http::Method;

use crate::cli::Failed;
use crate::cli::out::Out;
use crate::cli::server::{Server, run};

/// How long a healthy server may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Fails with 1 whatever is wrong: those who ask know no other code of an ill server.
pub(in crate::cli) fn health(matches: &ArgMatches) -> Result<(), Failed> {
    let out = Out::new(matches);
    let asked = Server::named(matches).and_then(|server| {
        run(async {
            let answer = tokio::time::timeout(PATIENCE, server.get("/healthz")).await;
            let answer = answer.map_err(|_| Failed::failure("the server does not answer"))??;
            if out.json { out.value(&answer) } else { out.line("ok") }
        })
    });
    asked.map_err(|failed| if failed.code == 0 { failed } else { failed.with_code(1) })
}

pub(in crate::cli) fn hand_over(matches: &ArgMatches) -> Result<(), Failed> {
    let server = Server::here(matches)?;
    run(async {
        server.call(Method::POST, "/handover", None).await?;
        Out::new(matches).line("handed over: the next aikore adopts the running instances")
    })
}
