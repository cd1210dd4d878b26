//! What can go wrong on the way to an app, who is at fault, and the status that says so (proxy.md B9).

use http::StatusCode;

use crate::domain::{Route, Status};

/// A request that got no answer from its app.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// No instance has this slug.
    #[error("There is no instance '{slug}'.{}", did_you_mean(near))]
    Unknown {
        /// What was asked for.
        slug: String,
        /// What may have been meant.
        near: Vec<String>,
    },
    /// The instance is there, and has nothing to forward to.
    #[error("{}", not_ready(.0))]
    NotReady(Box<Route>),
    /// The app can't live under a path.
    #[error("'{}' can't be used under a path. Open it on its own port or host name.", .0.name)]
    RootOnly(Box<Route>),
    /// Who may only look at a desktop wants the app itself.
    #[error("This link shows the screen of the app, and nothing else of it.")]
    OnlyTheScreen,
    /// Who may only look wants a desktop whose server can't tell looking from touching.
    #[error("Links that only look are not to be had with KasmVNC. Start the instance with AIKORE_DESKTOP=tigervnc.")]
    NoOnlyLooking,
    /// There is a desktop, and nothing at this place of it.
    #[error("There is nothing at this address of the desktop.{}", if *.0 { " The app itself is below app/." } else { "" })]
    NotOnDesktop(bool),
    /// The request is malformed.
    #[error("Bad request: {0}.")]
    Malformed(&'static str),
    /// A transfer coding we can't pass on (RFC 9112 §6.1).
    #[error("This transfer coding is not supported.")]
    TransferCoding,
    /// An expectation nobody can meet (RFC 9110 §10.1.1).
    #[error("This expectation can't be met.")]
    Expectation,
    /// The client stopped in the middle of its request.
    #[error("The rest of the request did not come.")]
    SlowBody,
    /// The app refused the connection.
    #[error("The app does not answer ({0}). It may be restarting itself.")]
    Connect(String),
    /// The app closed the connection, or sent what is no HTTP.
    #[error("The app gave no valid answer ({0}).")]
    Upstream(String),
}

impl ProxyError {
    /// The status for the client.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unknown { .. } | Self::RootOnly(_) | Self::NotOnDesktop(_) => StatusCode::NOT_FOUND,
            Self::OnlyTheScreen | Self::NoOnlyLooking => StatusCode::FORBIDDEN,
            Self::NotReady(route) if route.status == Status::Error => StatusCode::BAD_GATEWAY,
            Self::NotReady(_) | Self::Connect(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TransferCoding => StatusCode::NOT_IMPLEMENTED,
            Self::Expectation => StatusCode::EXPECTATION_FAILED,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Upstream(_) => StatusCode::BAD_GATEWAY,
        }
    }

    /// Seconds after which asking again makes sense: only while something is under way.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::NotReady(route) if matches!(route.status, Status::Stopped | Status::Error) => None,
            Self::NotReady(_) | Self::Connect(_) => Some(2),
            _ => None,
        }
    }
}

fn did_you_mean(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!(" Did you mean {}?", near.join(", ")) }
}

fn not_ready(route: &Route) -> String {
    let name = &route.name;
    match route.status {
        Status::Stopped => format!("'{name}' is stopped."),
        Status::Starting => format!("'{name}' is starting."),
        Status::Installing => format!("'{name}' is being installed."),
        Status::Stalled => format!("'{name}' is running and not ready yet."),
        Status::Stopping => format!("'{name}' is stopping."),
        Status::Started => format!("'{name}' runs, and nothing answers at its port yet."),
        Status::Error => match &route.reason {
            Some(reason) => format!("'{name}' failed. {reason}"),
            None => format!("'{name}' failed."),
        },
    }
}
