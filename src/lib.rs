//! AiKore: one binary that turns a GPU machine into a private AI studio.
//!
//! `ARCHITECTURE.md` is the map: what each room is for, and how a request and a start run through them. Rooms are listed
//! here from the top down; a room names only rooms below it.

pub mod cli;
pub mod config;

pub mod api;
pub mod auth;
pub mod proxy;
pub mod server;

pub mod notices;

pub mod instances;

pub mod backups;
pub mod checks;

pub mod blueprints;
pub mod environments;
pub mod jobs;
pub mod monitor;
pub mod net;
pub mod outputs;
pub mod runtime;
pub mod store;
pub mod terminal;
pub mod wheels;

pub mod assets;
pub mod domain;
pub mod files;
pub mod folders;
pub mod journal;
pub mod tasks;
