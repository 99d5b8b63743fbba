//! The rulebook asked of what the directory holds.

mod check_plan;
mod describe;
mod hit;
mod refire;

pub use check_plan::{check_plan, gather};
pub use describe::{described, in_force, sources, told};
pub use hit::{Hit, Hits, hit};
pub(crate) use refire::refire;
