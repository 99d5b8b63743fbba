//! The archive: documents come in through a decided door and are decided on again.

mod controllers;
mod fetch_document;
mod store_document;

pub use controllers::{controllers_by_name, controllers_of};
pub use fetch_document::fetch_document;
pub use store_document::{Door, Stored, StoredHow, failed, store_document};
