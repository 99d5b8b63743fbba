//! The national registers.

mod file;
pub mod import;
mod refresh;
mod touched;

pub use file::{Content, File};
pub use import::{ImportReport, import};
pub use refresh::{due, refresh};
