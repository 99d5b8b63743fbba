//! Organisational changes: what they ask of whom.

mod plan;
mod told;

pub use plan::{Readied, plan};
pub use told::{calendar, obstacle, owner, picture, title};
