//! Who may come in, and by which names: the one decision point before anything is dispatched.
//!
//! There is no login yet. What holds from the first day: the panel answers only to names it is known by, so that no page
//! can reach it under a name of its own (DNS rebinding), and what changes something must come from our own pages.

mod hosts;
mod origin;

use http::request::Parts;
use http::{Method, StatusCode};

pub use hosts::HostRule;

/// A request that may not pass, with the sentence that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 403 or 421.
    pub status: StatusCode,
    /// What to do.
    pub detail: String,
}

/// The decision point.
#[derive(Debug, Clone)]
pub struct Door {
    hosts: HostRule,
}

impl Door {
    /// A door that knows these names.
    pub fn new(hosts: HostRule) -> Self {
        Self { hosts }
    }

    /// Whether a request may pass at all, wherever it leads. `host` is the name it was sent to, without port.
    ///
    /// # Errors
    /// 421 (RFC 9110 §15.5.20) for a name that is not ours.
    pub fn admit(&self, host: Option<&str>) -> Result<(), Refusal> {
        match host {
            // HTTP/1.0 without Host: no browser does that, so no page can have made it.
            None => Ok(()),
            Some(host) if self.hosts.allows(host) => Ok(()),
            Some(host) => Err(Refusal {
                status: StatusCode::MISDIRECTED_REQUEST,
                detail: format!(
                    "This AiKore does not answer to the name '{host}'. If that name is yours, add it to AIKORE_ALLOWED_HOSTS \
                     and start again."
                ),
            }),
        }
    }

    /// Whether a call of the panel may pass: one that changes something must come from our own pages, or from a program
    /// (which sends neither `Origin` nor `Sec-Fetch-Site`).
    ///
    /// # Errors
    /// 403 for a call made by a page of another origin.
    pub fn admit_to_panel(&self, head: &Parts, host: Option<&str>) -> Result<(), Refusal> {
        if matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) || origin::is_ours(&head.headers, host) {
            return Ok(());
        }
        Err(Refusal {
            status: StatusCode::FORBIDDEN,
            detail: "Refused: this call was made by a page of another origin.".to_owned(),
        })
    }
}
