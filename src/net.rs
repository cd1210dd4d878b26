//! Sockets: what any part of the data plane may need of them.

pub mod paced;
pub mod pipe;
pub mod until;
