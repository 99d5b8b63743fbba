//! Webhooks: what happens is told, program to program, to those who asked for it: the joiner's own, and those of the organisations that
//! it lets act. Signed as the Standard Webhooks specification says; sent by the outbox, so that nothing is lost and nothing waits.

mod add;
mod emit;
mod end;
mod list;

pub use add::{Added, add};
pub(crate) use emit::emit;
pub use end::end;
pub use liitos_store::webhooks::Webhook;
pub use list::list;

/// Most webhooks of one organisation.
pub const MOST: usize = 10;
/// Longest address, in bytes.
pub const MAX_ADDRESS: usize = 2_000;
