//! Organisational changes: what they ask of whom.

mod plan;

pub use plan::{Readied, plan};
