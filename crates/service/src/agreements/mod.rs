//! Suppliers of whole services that sign for a joiner with a certificate of their system (guide 3.3).

mod agree;
mod end;
mod list;

pub use agree::{NewAgreement, agree};
pub use end::end;
pub use liitos_store::agreements::SigningAgreement;
pub use list::list;
