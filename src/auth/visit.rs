//! What the door is shown of a request, and what it finds.

use std::net::IpAddr;

use http::{HeaderMap, Method};

use super::Caller;
use crate::proxy::headers::fields::Fields;
use crate::proxy::pages::Asker;

/// What is known of a request before it is known whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// Its fields.
    pub headers: &'a HeaderMap,
    /// Which of those that mean something here it has.
    pub fields: Fields,
    /// Its method.
    pub method: &'a Method,
    /// What kind of client made it.
    pub asker: Asker,
    /// Its path, less the prefix of an outer proxy.
    pub path: &'a str,
    /// The host and port the client sent it to.
    pub authority: Option<&'a str>,
    /// The client's address.
    pub address: IpAddr,
    /// Whether it came through a proxy that is believed.
    pub trusted: bool,
}

impl Visit<'_> {
    /// Whether it is no mere question.
    pub(super) fn changes(&self) -> bool {
        self.asker == Asker::Websocket || !matches!(*self.method, Method::GET | Method::HEAD | Method::OPTIONS)
    }
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// Who.
    pub caller: Caller,
    /// Its `Authorization` is one of our tokens: no app gets to see it.
    pub ours_in_authorization: bool,
}

/// A token that came in a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The same place without it.
    pub clean: String,
    /// The cookie it is exchanged for; `None` for a token that does not open this instance.
    pub pass: Option<String>,
}
