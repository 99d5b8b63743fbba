//! The archive: documents come in through a decided door and are decided on again.

mod accept;
mod bodies;
mod caller;
mod complete;
mod controllers;
mod export;
mod fetch_document;
mod keep;
mod provide_document;
mod reach;
mod round;
mod search_documents;
mod standing;
mod store_document;
mod together;
mod use_log;
mod vault;
mod versions;

pub use bodies::{sweep_objects, try_objects};
pub use complete::complete;
pub(crate) use controllers::Controllers;
pub use controllers::{controller_names, controllers_by_name, controllers_of};
pub use export::export_register;
pub(crate) use fetch_document::as_given;
pub use fetch_document::fetch_document;
pub use provide_document::{Provided, provide_document, validate_document};
pub(crate) use reach::Reach;
pub use round::{damaged_bodies, go_round, go_round_now, rotate_keys};
pub use search_documents::{FoundDocument, FoundDocuments, link_to, linked, search_documents};
pub(crate) use search_documents::{find, lines as search_lines};
pub(crate) use standing::Runs;
pub use store_document::{Door, Stored, StoredHow, failed, store_document};
pub(crate) use together::Together;
pub use use_log::seal_uses;
pub(crate) use use_log::{Gathered, write as write_uses};
pub(crate) use vault::Vault;
