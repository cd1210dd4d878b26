//! The product as a user has it: the real binary on a folder of its own, real child processes, real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says that something is wrong by panicking"
)]

mod support;

mod acme;
mod attacks;
mod blueprints;
mod boot;
mod changes;
mod chaos;
mod copy;
mod door;
mod events;
mod families;
mod faults;
mod half_close;
mod import;
mod instances;
mod jobs;
mod leaks;
mod lifecycle;
mod limits;
mod liveness;
mod log_faults;
mod log_flood;
mod logs;
mod observability;
mod page_helper;
mod proxy;
mod rebuild;
mod rescue;
mod restarts;
mod routes;
mod startup;
mod stopping;
mod survival;
mod tls;
mod trash;
mod versions;
mod ways_in;
mod websocket;
