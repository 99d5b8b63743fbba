//! Signers registered for reading old signatures under the policy `legacy`.

mod register;
mod withdraw;

pub use register::register;
pub use withdraw::withdraw;
