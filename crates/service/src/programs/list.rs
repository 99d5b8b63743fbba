//! Which programs act.

use crate::{Actor, App, ServiceError};
use liitos_store::programs::{self, Program};

/// The programs of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Program>, ServiceError> {
    Ok(programs::of_organisation(app.store.read(), actor.joiner()?).await?)
}
