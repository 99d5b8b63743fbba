//! The archive: documents come in through a decided door and are decided on again.

mod complete;
mod controllers;
mod fetch_document;
mod store_document;
mod vault;
mod versions;

pub use complete::complete;
pub use controllers::{controller_names, controllers_by_name, controllers_of};
pub use fetch_document::fetch_document;
pub use store_document::{Door, Stored, StoredHow, failed, store_document};
pub(crate) use vault::Vault;
