//! How much clients may take.

use std::time::Duration;

/// What clients may take of this server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at once, of all listeners together; more wait until one ends.
    pub connections: usize,
    /// Connections at once of one address (or IPv6 network); more are closed.
    pub connections_per_address: usize,
    /// Bytes of a request's head.
    pub header_size: usize,
    /// Fields of a request.
    pub headers: usize,
    /// Bytes of a call's body. What is for an app has no limit.
    pub body: usize,
    /// Calls of the dashboard under way at once.
    pub calls: usize,
    /// How long a request's head may take.
    pub header_timeout: Duration,
    /// How long a connection may stand between two requests.
    pub idle_timeout: Duration,
    /// How long a client may stop in the middle of a body, its own or an answer's.
    pub body_timeout: Duration,
}
