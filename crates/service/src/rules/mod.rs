//! The rulebook asked of what the directory holds.

mod hit;
mod refire;

pub use hit::{Hit, Hits, hit};
pub(crate) use refire::refire;
