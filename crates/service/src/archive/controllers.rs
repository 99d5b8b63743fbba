//! Whose registers of documents a joiner may store into: facts of the registers, never typed (`domain.md` section 4).

use crate::sign_in::register_entry;
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::register::RegisterKind;
use liitos_store::registers;

/// The controllers of a joiner now: of a public one, its entries in the controllers' register; of a private one or an
/// independent professional, itself.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_of(app: &App, joiner: &Oid) -> Result<Vec<Oid>, ServiceError> {
    let now = app.now();
    let public = registers::children(app.store.read(), RegisterKind::Controllers, joiner.as_str()).await?;
    let mut controllers: Vec<Oid> = public
        .iter()
        .filter(|entry| entry.valid.contains(now))
        .filter_map(|entry| Oid::parse(&entry.id).ok())
        .collect();
    if let Some((kind, entry)) = register_entry(app, joiner).await? {
        // Sektori: 1 public, 2 private, 3 private self-declared.
        let private = entry.field("Sektori").is_some_and(|sector| sector.starts_with(['2', '3']));
        if private || kind != RegisterKind::Sote {
            controllers.push(joiner.clone());
        }
    }
    Ok(controllers)
}
