//! What the tests drive the product with.

mod cards;
mod client;
mod console;
mod curl;
pub(crate) mod doors;
mod hook;
mod jobs;
mod login;
pub(crate) mod port;
mod rough;
mod screen;
mod secure;
mod server;
mod shell;
pub(crate) mod vitals;
mod wait;
mod wire;
pub(crate) mod witness;

pub(crate) use cards::{Cards, ONE, TWO};
pub(crate) use client::{Answer, Client, send_raw};
pub(crate) use console::Console;
pub(crate) use curl::{asked, curl};
pub(crate) use hook::Hook;
pub(crate) use jobs::fill;
pub(crate) use login::{PASSWORD, cookie, knock};
pub(crate) use rough::Rough;
pub(crate) use screen::Viewer;
pub(crate) use secure::secure;
pub(crate) use server::{Server, Start, binary, free_ports};
pub(crate) use shell::{Said, Shell};
pub(crate) use wait::{eventually, eventually_async, eventually_async_within, eventually_within};
pub(crate) use wire::{Reply, Wire};
