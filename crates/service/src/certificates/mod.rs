//! Certificates that were shown to us, and warnings before they end.

mod list;
mod pasted;
mod show;
mod warn;

pub use liitos_store::certificates::KnownCertificate;
pub use list::own;
pub(crate) use list::{holders, of_owners};
pub(crate) use pasted::Pasted;
pub use pasted::without_keys;
pub use show::show;
pub(crate) use show::{keep_pasted, seen};
pub use warn::warn_of_ends;
