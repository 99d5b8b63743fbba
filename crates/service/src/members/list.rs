//! Who holds which position.

use crate::{Actor, App, ServiceError};
use liitos_store::members::{self, Stored};

/// What the organisation acted for has granted, open invitations among it.
///
/// # Errors
/// L-602 without an organisation.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Stored>, ServiceError> {
    Ok(members::of_organisation(app.store.read(), actor.joiner()?, app.now()).await?)
}
