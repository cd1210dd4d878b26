//! One try to tell somebody: the request, and in words what came back.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{LOCATION, RETRY_AFTER};
use reqwest::redirect::{Action, Attempt, Policy};
use reqwest::{Client, Response, StatusCode, Url};

use super::rules::host;
use crate::domain::TargetKind;
use crate::domain::text::strip_ansi;
use crate::net::trust;
use crate::notices::letter::Letter;
use crate::notices::words::shortened;
use crate::store::StoredTarget;

/// How long a try may take, answer included.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes, and how much of it is told, in characters.
const READ: usize = 4096;
const TOLD: usize = 300;

/// The most redirects within a host.
const REDIRECTS: usize = 3;

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// It was taken.
    pub(super) is_taken: bool,
    /// What the other side said, or why it said nothing: a sentence.
    pub(super) words: String,
    /// Another try may help …
    pub(super) may_pass: bool,
    /// … after this time, if the other side said so.
    pub(super) after: Option<Duration>,
}

/// What asks them. Reads files: it blocks.
pub(super) fn client() -> Result<Client, trust::Trouble> {
    let config = match trust::client() {
        Ok(config) => config,
        Err(error) => {
            tracing::warn!("notices go out without TLS only: {error}");
            trust::nobody()?
        }
    };
    let client = Client::builder()
        .tls_backend_preconfigured(config)
        .user_agent(concat!("AiKore/", env!("CARGO_PKG_VERSION")))
        .timeout(PATIENCE)
        .redirect(Policy::custom(redirect))
        // Rare, and to whom may be another one behind the same name by then.
        .pool_max_idle_per_host(0)
        .build()?;
    Ok(client)
}

/// Only where the same is asked of the same host: a notice, and the token beside it, are for whom they were meant. What turns
/// it into a mere question (301, 302, 303) tells nobody anything.
fn redirect(attempt: Attempt<'_>) -> Action {
    let keeps = matches!(attempt.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    let same = attempt.previous().last().is_some_and(|from| is_same_host(from, attempt.url()));
    if keeps && same && attempt.previous().len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
}

/// The same host and port, or the same host by TLS where it was without.
fn is_same_host(from: &Url, to: &Url) -> bool {
    let upgrade = from.scheme() == "http" && to.scheme() == "https";
    let same_way = from.scheme() == to.scheme() && from.port_or_known_default() == to.port_or_known_default();
    from.host() == to.host() && (same_way || upgrade)
}

/// Tells a target once.
pub(super) async fn send(client: &Client, target: &StoredTarget, letter: &Letter) -> Outcome {
    let message = letter.to(target);
    let mut request = client.post(&target.url).body(message.body);
    for (name, value) in message.fields {
        request = request.header(name, value);
    }
    match request.send().await {
        Ok(answer) => outcome(target, answer).await,
        Err(error) => failed(target, error),
    }
}

async fn outcome(target: &StoredTarget, answer: Response) -> Outcome {
    let status = answer.status();
    let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    let seconds = answer.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.trim().parse::<f64>().ok());
    let after = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let (host, said) = (host(target), beginning(answer).await);
    let words = match to.filter(|_| status.is_redirection()) {
        Some(to) => format!(
            "{host} sends to another address ({}), which is not followed. If that is right, give that one.",
            shortened(&hidden(target, &strip_ansi(&to)), 200)
        ),
        None => said_by(&host, status, &hidden(target, &said)),
    };
    let may_pass = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Outcome { is_taken: status.is_success(), words, may_pass, after }
}

fn said_by(host: &str, status: StatusCode, said: &str) -> String {
    let reason = status.canonical_reason().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let head = format!("{host} answered {}{reason}", status.as_u16());
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if said.is_empty() { format!("{head}.") } else { format!("{head}: {}", shortened(&said, TOLD)) }
}

/// The beginning of what was answered, as text.
async fn beginning(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    // What breaks off, or never comes, has been said by the status.
    while let Ok(Some(piece)) = answer.chunk().await {
        bytes.extend_from_slice(&piece);
        if bytes.len() >= READ {
            break;
        }
    }
    bytes.truncate(READ);
    strip_ansi(&String::from_utf8_lossy(&bytes))
}

/// Some echo what they were sent.
fn hidden(target: &StoredTarget, said: &str) -> String {
    let url = (target.kind == TargetKind::Discord).then(|| target.url.rsplit('/').next()).flatten();
    let secrets = target.secret.as_deref().into_iter().chain(url).filter(|secret| secret.len() > 3);
    secrets.fold(said.to_owned(), |said, secret| said.replace(secret, "…"))
}

fn failed(target: &StoredTarget, error: reqwest::Error) -> Outcome {
    let host = host(target);
    let seconds = PATIENCE.as_secs();
    // The address may be a secret itself.
    let error = error.without_url();
    let words = if error.is_timeout() {
        format!("{host} did not answer within {seconds} s.")
    } else if error.is_connect() {
        format!("{host} can't be reached: {}.", root(&error))
    } else if error.is_builder() {
        format!("Nothing can be sent there: {}.", root(&error))
    } else {
        format!("{host} broke off: {}.", root(&error))
    };
    let may_pass = !error.is_builder();
    Outcome { is_taken: false, words: hidden(target, &words), may_pass, after: None }
}

/// What it comes from, without what each layer says about it.
fn root(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: TargetKind, url: &str, secret: Option<&str>) -> StoredTarget {
        StoredTarget {
            id: 1,
            name: "t".to_owned(),
            kind,
            url: url.to_owned(),
            secret: secret.map(str::to_owned),
            wants: Vec::new(),
            enabled: true,
            last_sent_at: None,
            last_error: None,
        }
    }

    #[test]
    fn redirects_stay_with_whom_it_was_meant_for() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (from, to, same) in [
            ("https://a.example/x", "https://a.example/y", true),
            ("https://a.example/x", "https://a.example:443/y", true),
            ("http://a.example/x", "https://a.example/x", true),
            ("https://a.example/x", "http://a.example/x", false),
            ("https://a.example/x", "https://b.example/x", false),
            ("https://a.example/x", "https://a.example:8443/x", false),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:2/x", false),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:1/y", true),
        ] {
            assert_eq!(is_same_host(&url(from), &url(to)), same, "{from} {to}");
        }
    }

    #[test]
    fn what_was_answered_in_words() {
        assert_eq!(said_by("x", StatusCode::NO_CONTENT, ""), "x answered 204 (No Content).");
        assert_eq!(said_by("x", StatusCode::FORBIDDEN, " bad\n\ttoken "), "x answered 403 (Forbidden): bad token");
        let long = said_by("x", StatusCode::OK, &"word ".repeat(500));
        assert!(long.chars().count() < 340 && long.ends_with('…'), "{long}");
    }

    #[test]
    fn secrets_are_not_told_whoever_echoes_them() {
        let hook = target(TargetKind::Webhook, "https://x.example/", Some("s3cret"));
        assert_eq!(hidden(&hook, "you said s3cret, s3cret"), "you said …, …");
        let discord = target(TargetKind::Discord, "https://discord.com/api/webhooks/1/abcdef", None);
        assert_eq!(hidden(&discord, "unknown webhook 1/abcdef"), "unknown webhook 1/…");
    }

    #[tokio::test]
    async fn who_is_not_there_can_not_be_reached() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let target = target(TargetKind::Webhook, &format!("http://127.0.0.1:{port}/a/key"), None);
        let said = failed(&target, client().unwrap().post(&target.url).send().await.unwrap_err());
        assert!(said.words.starts_with(&format!("127.0.0.1:{port} can't be reached: ")), "{said:?}");
        assert!(said.may_pass && !said.is_taken && !said.words.contains("key"), "{said:?}");
    }
}
