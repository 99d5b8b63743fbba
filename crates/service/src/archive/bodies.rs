//! Where bodies lie: the small ones in the database, with their document; the large ones in the object store, written down before they are put
//! there, so that nothing is left of what is not kept in the end.

use super::vault;
use crate::ports::Objects;
use crate::{App, ServiceError};
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use liitos_store::archive::{self, Sealed};
use std::sync::Arc;

/// Largest sealed body that the database keeps where there is an object store, in bytes.
pub(super) const INLINE: usize = 32 * 1024;

/// Objects that belong to nothing for so long are swept: no document is so long on its way.
const GRACE_SECONDS: i64 = 3600;
/// Most objects that are swept at once.
const SWEPT_AT_ONCE: u64 = 100;

fn unreachable(error: crate::ports::ObjectError) -> ServiceError {
    ServiceError {
        code: RefusalCode::BodiesUnreachable,
        place: "object store".to_owned(),
        source: Some(Box::new(error)),
    }
}

fn damaged(what: &str) -> ServiceError {
    ServiceError::refused(RefusalCode::BodyDamaged, what)
}

/// The object store, where a document of this length would lie there.
pub(super) fn outside(app: &App, length: usize) -> Option<&Arc<dyn Objects>> {
    app.objects.as_ref().filter(|_| length > INLINE)
}

/// Lays a sealed body where it belongs. What lies outside is not kept before [`settled`].
pub(super) async fn lay(app: &App, sealed: Sealed) -> Result<Sealed, ServiceError> {
    let Some(objects) = outside(app, sealed.body.len()) else { return Ok(sealed) };
    let address = Sha256Hash::of(&sealed.body);
    let tx = app.store.begin().await?;
    archive::begin_object(&tx, address, app.now()).await?;
    tx.commit().await?;
    objects.put(address, sealed.body).await.map_err(unreachable)?;
    Ok(Sealed { body: Vec::new(), address: Some(address), ..sealed })
}

/// What keeps a document keeps its object.
///
/// # Errors
/// L-518 when it came so late that it was swept.
pub(super) async fn settled(tx: &liitos_store::Transaction, sealed: &Sealed) -> Result<(), ServiceError> {
    match sealed.address {
        Some(address) if !archive::settle_object(tx, address).await? => {
            Err(ServiceError::refused(RefusalCode::BodiesUnreachable, "object store: too late"))
        }
        _ => Ok(()),
    }
}

/// A document's body.
///
/// # Errors
/// L-518 when the object store does not answer, L-519 when what it gives, or what the database has, is not what was kept.
pub(crate) async fn opened(app: &App, id: &Oid, sealed: &Sealed) -> Result<Vec<u8>, ServiceError> {
    let broken = |error: ServiceError| ServiceError { code: RefusalCode::BodyDamaged, ..error };
    let Some(address) = sealed.address else { return vault::open(app, id, sealed).await.map_err(broken) };
    let objects = app.objects.as_ref().ok_or_else(|| damaged("it lies in an object store, and none is configured"))?;
    let body = objects.get(address).await.map_err(unreachable)?;
    let body = body.ok_or_else(|| damaged("it is not in the object store"))?;
    if Sha256Hash::of(&body) != address {
        return Err(damaged("what the object store has under its address is something else"));
    }
    let here = Sealed { body, address: None, key: sealed.key, wrapped: sealed.wrapped.clone() };
    vault::open(app, id, &here).await.map_err(broken)
}

/// Deletes objects that belong to nothing; how many.
///
/// # Errors
/// [`ServiceError`]; what was begun goes on the next time.
pub async fn sweep_objects(app: &App) -> Result<u64, ServiceError> {
    let Some(objects) = &app.objects else { return Ok(0) };
    let now = app.now();
    let mut swept = 0;
    for address in archive::left_objects(app.store.read(), now.plus_seconds(-GRACE_SECONDS), SWEPT_AT_ONCE).await? {
        let tx = app.store.begin().await?;
        let ours = archive::claim_object(&tx, address, now).await?;
        tx.commit().await?;
        if !ours {
            continue;
        }
        objects.delete(address).await.map_err(unreachable)?;
        let tx = app.store.begin().await?;
        archive::forget_object(&tx, address).await?;
        tx.commit().await?;
        swept += 1;
    }
    Ok(swept)
}
