//! One order, from the account to the certificate (RFC 8555), and what to say when it fails.

use std::error::Error as _;
use std::time::Duration;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewOrder, Order, OrderStatus, Problem, RetryPolicy,
};

use super::challenge::Challenges;
use crate::domain::Hostname;

/// How long the authority may take to look at the proofs, and to issue.
const POLL: RetryPolicy =
    RetryPolicy::new().initial_delay(Duration::from_millis(500)).backoff(1.5).timeout(Duration::from_secs(150));

/// An authority's words are cut off after so many characters.
const MAX_WORDS: usize = 600;

/// Why there is no new certificate, and what a person can do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) why: String,
    pub(super) advice: &'static str,
    /// How long the authority asks to be left alone.
    pub(super) wish: Option<Duration>,
    /// The authority does not know our account any more.
    pub(super) account_is_gone: bool,
}

const NETWORK: &str = "check that this machine can reach AIKORE_ACME_DIRECTORY";
const PORT: &str = "check that DNS leads this name to this machine, and public port 443 to one of its listeners";
const DISK: &str = "check that the folder can be written";
const SETTINGS: &str = "check the AIKORE_ACME_ settings";
const LATER: &str = "nothing has to be done; it is asked again later";

impl Failure {
    fn new(why: impl Into<String>, advice: &'static str) -> Self {
        Self { why: printable(&why.into()), advice, wish: None, account_is_gone: false }
    }

    /// This machine can't ask.
    pub(super) fn here(why: impl std::fmt::Display) -> Self {
        Self::new(why.to_string(), NETWORK)
    }

    /// What must be kept can't be.
    pub(super) fn disk(why: impl std::fmt::Display) -> Self {
        Self::new(why.to_string(), DISK)
    }

    /// The order took too long.
    pub(super) fn slow() -> Self {
        Self::new("the authority did not finish in time", LATER)
    }

    fn of_problem(problem: &Problem) -> Self {
        let words = std::iter::once(problem.detail.clone().or_else(|| problem.r#type.clone()));
        let more = problem.subproblems.iter().map(|sub| Some(sub.to_string()));
        let words: Vec<String> = words.chain(more).flatten().collect();
        let kind = problem.r#type.as_deref().unwrap_or_default();
        let kind = kind.strip_prefix("urn:ietf:params:acme:error:").unwrap_or(kind);
        Self { account_is_gone: kind == "accountDoesNotExist", ..Self::new(words.join("; "), advice(kind)) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::of_problem(&problem),
            Error::Timeout(_) => Self::slow(),
            Error::Json(error) => Self::here(format!("the directory's answer is not ACME ({error})")),
            other => {
                let mut why = other.to_string();
                let mut source = other.source();
                while let Some(deeper) = source {
                    let said = deeper.to_string();
                    if !why.contains(&said) {
                        why = format!("{why}: {said}");
                    }
                    source = deeper.source();
                }
                Self::here(why)
            }
        }
    }
}

/// What to do about an error of RFC 8555 §6.7.
fn advice(kind: &str) -> &'static str {
    match kind {
        "dns" | "connection" | "unauthorized" | "tls" | "incorrectResponse" => PORT,
        "rejectedIdentifier" | "unsupportedIdentifier" => "check AIKORE_ACME_DOMAINS",
        "caa" => "check the CAA records of this name: they forbid this authority",
        "invalidContact" | "unsupportedContact" => "check AIKORE_ACME_EMAIL",
        "externalAccountRequired" => "choose another AIKORE_ACME_DIRECTORY: this one wants accounts made by hand",
        "userActionRequired" => "agree to the authority's new terms",
        "rateLimited" | "serverInternal" | "badNonce" | "orderNotReady" | "accountDoesNotExist" => LATER,
        _ => SETTINGS,
    }
}

/// Others' words on one line.
fn printable(text: &str) -> String {
    let mut words: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_WORDS).collect();
    words.truncate(words.trim_end_matches(['.', ' ']).len());
    words
}

/// A chain and its key (PEM).
pub(super) struct Issued {
    pub(super) chain: String,
    pub(super) key: String,
}

/// Gets a certificate for all names at once.
pub(super) async fn place(account: &Account, names: &[Hostname], challenges: &Challenges) -> Result<Issued, Failure> {
    let identifiers: Vec<Identifier> = names.iter().map(|name| Identifier::Dns(name.to_string())).collect();
    let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
    prove(&mut order, challenges).await?;
    match order.poll_ready(&POLL).await {
        Ok(OrderStatus::Ready) => {}
        Ok(_) => return Err(refusal(&mut order, None).await),
        Err(Error::Api(problem)) => return Err(refusal(&mut order, Some(problem)).await),
        Err(error) => return Err(error.into()),
    }
    let key = order.finalize().await?;
    let chain = order.poll_certificate(&POLL).await?;
    Ok(Issued { chain, key })
}

/// Prepares the answer for each name, and only then lets the authority ask.
async fn prove(order: &mut Order, challenges: &Challenges) -> Result<(), Failure> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        // Proved not long ago.
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
            let why = "the authority offers no proof by TLS-ALPN-01";
            return Err(Failure::new(why, "choose another AIKORE_ACME_DIRECTORY"));
        };
        let name = challenge.identifier().to_string();
        let digest = challenge.key_authorization().digest();
        challenges.answer(&name, digest.as_ref()).map_err(|why| Failure::new(format!("{name}: {why}"), LATER))?;
        challenge.set_ready().await?;
    }
    Ok(())
}

/// Which name could not be proved, and why: the order itself mostly does not say.
async fn refusal(order: &mut Order, said: Option<Problem>) -> Failure {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let name = authorization.identifier().to_string();
        let Ok(state) = authorization.refresh().await else { continue };
        if let Some(problem) = state.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
            let failure = Failure::of_problem(problem);
            return Failure { why: format!("{name}: {}", failure.why), ..failure };
        }
    }
    said.map_or_else(
        || Failure::new("the authority refused without saying why", PORT),
        |said| Failure::of_problem(&said),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> Failure {
        Error::Api(serde_json::from_str(json).unwrap()).into()
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        for (kind, advice) in [
            ("connection", PORT),
            ("dns", PORT),
            ("rateLimited", LATER),
            ("serverInternal", LATER),
            ("rejectedIdentifier", "check AIKORE_ACME_DOMAINS"),
            ("invalidContact", "check AIKORE_ACME_EMAIL"),
            ("neverHeardOf", SETTINGS),
        ] {
            let failure =
                problem(&format!(r#"{{"type":"urn:ietf:params:acme:error:{kind}","detail":"it\n\u001b[31mhurts."}}"#));
            assert_eq!((failure.why.as_str(), failure.advice), ("it  [31mhurts", advice), "{kind}");
            assert!(!failure.account_is_gone);
        }
        let gone = problem(r#"{"type":"urn:ietf:params:acme:error:accountDoesNotExist"}"#);
        assert!(gone.account_is_gone && gone.why.ends_with("accountDoesNotExist"));
        let long = problem(&format!(r#"{{"detail":"{}"}}"#, "ä".repeat(5000)));
        assert_eq!(long.why.chars().count(), MAX_WORDS);
    }

    #[test]
    fn a_machine_that_cannot_ask_says_so_to_the_ground() {
        let failure = Failure::from(Error::Other("ca.example:443 can't be reached: refused".into()));
        assert_eq!(failure.advice, NETWORK);
        assert_eq!(failure.why, "ca.example:443 can't be reached: refused");
    }
}
