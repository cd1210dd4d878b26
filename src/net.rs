//! Sockets: what any part of the data plane may need of them.

pub mod address;
pub mod alarm;
pub mod paced;
pub mod pipe;
pub mod streams;
pub mod trust;
pub mod until;
