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
mod api_docs;
mod assets;
mod attacks;
mod backups;
mod blueprints;
mod boot;
mod cards;
mod changes;
mod chaos;
mod cli;
mod cli_remote;
mod cli_terminal;
mod copy;
mod crowds;
mod desktops;
mod discard;
mod disguises;
mod door;
mod editor;
mod editor_faults;
mod environments;
mod events;
mod families;
mod faults;
mod files;
mod floods;
mod half_close;
mod handover;
mod import;
mod instances;
mod jobs;
mod leaks;
mod lifecycle;
mod limits;
mod liveness;
mod log_faults;
mod log_flood;
mod log_follow;
mod login;
mod logs;
mod metrics;
mod monitor;
mod notices;
mod observability;
mod order;
mod outputs;
mod own_blueprints;
mod page_helper;
mod params;
mod proxy;

mod rescue;
mod restarts;
mod routes;
mod secrets;
mod startup;
mod stopping;
mod survival;
mod terminal;
mod terminal_load;
mod tls;
mod tokens;
mod trash;
mod uploads;
mod version_check;
mod versions;
mod walls;
mod ways_in;
mod websocket;
mod wheels;
