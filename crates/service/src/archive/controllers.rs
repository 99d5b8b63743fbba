//! Loads what says whose registers of documents a joiner may store into.

use crate::sign_in::register_entry;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::register::{RegisterKind, controllers};
use liitos_store::registers;

/// The controllers of a joiner now.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_of(app: &App, joiner: &Oid) -> Result<Vec<Oid>, ServiceError> {
    let public = registers::children(app.store.read(), RegisterKind::Controllers, joiner.as_str()).await?;
    let entry = register_entry(app, joiner).await?;
    Ok(controllers(joiner, entry.as_ref().map(|(kind, entry)| (*kind, entry)), &public, app.now()))
}
