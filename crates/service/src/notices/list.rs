//! Notices that nobody has seen to yet.

use crate::directory::with_branches;
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::notices::{self, Stored};

/// Notices shown.
const SHOWN: u64 = 100;

/// Those of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn own(app: &App, actor: &Actor) -> Result<Vec<Stored>, ServiceError> {
    let mut all = Vec::new();
    for oid in with_branches(app, actor.joiner()?).await? {
        all.extend(notices::open(app.store.read(), Some(&oid), SHOWN).await?);
    }
    Ok(all)
}

/// Everybody's, for the operator.
///
/// # Errors
/// L-602 without the position.
pub async fn office(app: &App, actor: &Actor) -> Result<Vec<Stored>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(notices::open(app.store.read(), None, SHOWN).await?)
}
