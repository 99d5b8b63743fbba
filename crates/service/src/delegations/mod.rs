//! An organisation lets another act for it: a care home its vendor, a clinic its intermediary. What binds it stays with its own people.

mod end;
mod grant;
mod list;

pub use end::end;
pub use grant::grant;
pub use liitos_store::delegations::Delegation;
pub use list::{customers, list};

use liitos_domain::Position;

/// What another organisation may be let do.
pub const POSITIONS: [Position; 3] = [Position::Administrative, Position::Technical, Position::Reader];
/// Most delegations of one organisation.
pub const MOST: usize = 50;
