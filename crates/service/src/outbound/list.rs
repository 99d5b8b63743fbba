//! What waits, and what became of the rest, for the operator.

use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::outbound::{self, Listed};

/// Messages shown of those that wait, and of those that ended.
const SHOWN: u64 = 50;

/// What waits, the longest first, then what ended last.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Listed>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(outbound::list(app.store.read(), SHOWN).await?)
}
