//! The rulebook asked of what the directory holds.

mod check_plan;
mod describe;
mod hit;
mod watch;

pub use check_plan::{Sight, check_plan, gather};
pub use describe::{described, in_force, mistaken, sources, told};
pub use hit::{Hit, Hits, hit};
pub(crate) use watch::refire;
pub use watch::watch;
