//! What the tests drive the product with.

mod client;
mod server;
mod wait;

pub(crate) use client::{Answer, Client, send_raw};
pub(crate) use server::{Server, Start, binary};
pub(crate) use wait::{eventually, eventually_async};
