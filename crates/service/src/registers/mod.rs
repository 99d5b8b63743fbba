//! The national registers.

pub mod import;

pub use import::{File, ImportReport, import};
