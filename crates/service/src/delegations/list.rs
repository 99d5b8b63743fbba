//! Who acts for whom.

use crate::{Actor, App, ServiceError};
use liitos_store::delegations::{self, Delegation};

/// Which organisations the one acted for lets act.
///
/// # Errors
/// L-602 without an organisation.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Delegation>, ServiceError> {
    Ok(delegations::of_organisation(app.store.read(), actor.joiner()?).await?)
}

/// The organisations that let the one acted for act.
///
/// # Errors
/// L-602 without an organisation.
pub async fn customers(app: &App, actor: &Actor) -> Result<Vec<Delegation>, ServiceError> {
    Ok(delegations::of_delegate(app.store.read(), actor.joiner()?).await?)
}
