//! Whole folders: copied, measured, and cleared of what a crash left. Links are never followed.

pub mod content;
pub mod copy;
pub mod leftovers;
pub mod measure;
pub mod space;
