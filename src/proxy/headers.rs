//! Header rules: pure functions over `http` types.

pub mod cookies;
pub mod fields;
pub mod forwarded;
pub mod hop_by_hop;
pub mod host;
pub mod location;
pub mod reach;
pub mod upgrade;
