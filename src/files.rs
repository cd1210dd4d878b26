//! Whole folders: copied, measured, and cleared of what a crash left. Links are never followed.

mod content;
pub mod copy;
pub mod leftovers;
pub mod measure;
pub mod space;
