//! The register of old signers, for the operator.

use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::signers::{self, LegacySigner};

/// All signers ever registered, newest first.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<LegacySigner>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(signers::all(app.store.read()).await?)
}
