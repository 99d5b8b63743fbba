//! The national registers.

pub mod import;

pub use import::{ImportReport, import};
