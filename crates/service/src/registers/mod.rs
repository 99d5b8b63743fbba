//! The national registers.

mod file;
pub mod import;
mod touched;

pub use file::{Content, File};
pub use import::{ImportReport, import};
