//! The agreements, for the operator.

use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::agreements::{self, SigningAgreement};

/// All agreements there ever were, the newest first.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<SigningAgreement>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(agreements::all(app.store.read()).await?)
}
