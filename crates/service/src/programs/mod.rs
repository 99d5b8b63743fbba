//! Programs that act for an organisation: each has a position as a person has, and a secret that is shown once. What binds the
//! organisation stays with people.

mod add;
mod end;
mod known;
mod list;

pub use add::{Added, add};
pub use end::end;
pub use known::known;
pub use liitos_store::programs::Program;
pub use list::list;

use liitos_domain::{Position, Sha256Hash};

/// What a program may be.
pub const POSITIONS: [Position; 3] = [Position::Administrative, Position::Technical, Position::Reader];
/// Days in which a secret may be used.
pub const DAYS: i64 = 365;
/// Most programs of one organisation.
pub const MOST: usize = 50;
/// What a secret begins with, so that it is known for what it is where it lies about.
pub const BEGINS: &str = "liitos_";

/// What the store keeps of a secret.
fn hash(secret: &str) -> Sha256Hash {
    Sha256Hash::of(secret.as_bytes())
}
