//! Signers registered for reading old signatures under the policy `legacy`.

mod list;
mod register;
mod withdraw;

pub use liitos_store::signers::LegacySigner;
pub use list::list;
pub use register::register;
pub use withdraw::withdraw;
