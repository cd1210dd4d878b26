//! Who may come in, and by which names: the one decision point before anything is dispatched (`door`), and what it asks: the
//! names the panel answers to, where a call comes from, what a call takes (`need`), who is known (`login`).

mod attempts;
mod audit;
mod caller;
mod codes;
mod door;
mod hosts;
mod known;
mod login;
mod need;
mod origin;
mod pass;
pub mod password;
mod query;
mod secret;
mod visit;

use http::StatusCode;

pub use audit::{Audit, AuditWriter};
pub use caller::Caller;
pub use door::Door;
pub use hosts::HostRule;
pub use known::{Session, Token};
pub use login::{Client, Login, LoginError, NewSession};
pub use need::Need;
pub use secret::Secret;
pub use visit::{Link, Visit, Visitor};

/// A request that may not pass, with the sentence that says why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 4xx.
    pub status: StatusCode,
    /// What to do.
    pub detail: String,
    /// Where a person can be sent instead.
    pub remedy: Option<Remedy>,
}

/// What a person can do about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Log in.
    LogIn,
    /// Set the first password.
    SetUp,
}

impl Refusal {
    /// One that nothing but what it says can be done about.
    pub fn plain(status: StatusCode, detail: String) -> Self {
        Self { status, detail, remedy: None }
    }
}
