//! Programs that act for an organisation or at the operator: each has a position as a person has, and a secret that is shown once.
//! What binds an organisation, and what two persons decide, stays with people.

mod add;
mod end;
mod known;
mod list;

pub use add::{Added, add, add_operators};
pub use end::{end, end_operators};
pub use known::known;
pub use liitos_store::programs::Program;
pub use list::{list, operators};

use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::{Position, Sha256Hash};
use liitos_store::programs::{self, reference};

/// What a program may be.
pub const POSITIONS: [Position; 3] = [Position::Administrative, Position::Technical, Position::Reader];
/// Days in which a secret may be used.
pub const DAYS: i64 = 365;
/// Most programs of one organisation.
pub const MOST: usize = 50;
/// What a secret begins with, so that it is known for what it is where it lies about.
pub const BEGINS: &str = "liitos_";

/// Whether an actor is the organisation's own, a person or a program, and not somebody whom it lets act.
pub(crate) async fn at_home(app: &App, actor: &Actor) -> Result<bool, ServiceError> {
    let organisation = actor.joiner()?;
    let own = programs::of_organisation(app.store.read(), organisation).await?;
    let is_program = own.iter().any(|program| actor.reference == reference(program.key));
    Ok(is_program || sign_in::is_own_person(app, actor, organisation).await?)
}

/// What the store keeps of a secret.
fn hash(secret: &str) -> Sha256Hash {
    Sha256Hash::of(secret.as_bytes())
}
