//! Rounds, rows and tables: what was measured, in the order in which it happened, and what follows from it.

mod rows;
mod table;

pub(crate) use rows::{Rounds, Row};
pub(crate) use table::{HEADINGS, cells, markdown, text};
