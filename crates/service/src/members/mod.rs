//! Positions that an organisation grants by itself: invite, accept, end. The invitation goes by mail; who accepts it has been
//! identified, so that its position hangs on a person and not on a mailbox.

mod accept;
mod end;
mod grant;
mod list;

pub use accept::{Invited, accept, invited};
pub use end::end;
pub use grant::{Grant, grant};
pub use liitos_store::members::Stored;
pub use list::list;

use liitos_domain::Sha256Hash;

/// Days in which an invitation may be accepted.
pub const OPEN_DAYS: i64 = 14;

/// What the store keeps of an invitation's secret.
fn hash(secret: &str) -> Sha256Hash {
    Sha256Hash::of(secret.as_bytes())
}
