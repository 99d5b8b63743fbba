//! Which addresses are told.

use crate::{Actor, App, ServiceError};
use liitos_store::webhooks::{self, Webhook};

/// The webhooks of the organisation acted for, without their secrets.
///
/// # Errors
/// L-602 without an organisation.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Webhook>, ServiceError> {
    let all = webhooks::of_organisation(app.store.read(), actor.joiner()?, app.now()).await?;
    Ok(all.into_iter().map(|webhook| Webhook { secret: String::new(), ..webhook }).collect())
}
