//! Where bodies lie: the small ones in the database, with their document; the large ones in the object store, written down before they are put
//! there, so that nothing is left of what is not kept in the end.

use super::vault;
use crate::ports::Objects;
use crate::{App, ServiceError};
use liitos_domain::{Moment, Oid, RefusalCode, Sha256Hash};
use liitos_store::archive::{self, Sealed};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Largest sealed body that the database keeps where there is an object store, in bytes.
const INLINE: usize = 32 * 1024;

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
    is_ours(app, objects).await?;
    let address = Sha256Hash::of(&sealed.body);
    let tx = app.store.begin().await?;
    archive::begin_object(&tx, address, app.now()).await?;
    tx.commit().await?;
    objects.put(address, sealed.body).await.map_err(unreachable)?;
    Ok(Sealed { body: Vec::new(), address: Some(address), ..sealed })
}

/// Put once into an object store, it tells it from an empty one that stands where it should be: a folder whose volume is not there, another bucket.
const MARK: &[u8] = b"an object store of Liitos";

/// How long what was seen of the mark counts before something is laid, in seconds.
const SEEN_SECONDS: i64 = 60;

/// Whether the object store is the one of before, as it was seen lately.
///
/// # Errors
/// As [`marked`].
async fn is_ours(app: &App, objects: &Arc<dyn Objects>) -> Result<(), ServiceError> {
    let seen = Moment::from_micros(app.objects_seen.load(Ordering::Relaxed));
    if app.now() < seen.plus_seconds(SEEN_SECONDS) {
        return Ok(());
    }
    marked(app, objects).await
}

/// Looks for the mark; where nothing was kept outside yet, it is put.
///
/// # Errors
/// L-518 when the object store is not the one of before, or does not answer.
pub(super) async fn marked(app: &App, objects: &Arc<dyn Objects>) -> Result<(), ServiceError> {
    let mark = Sha256Hash::of(MARK);
    app.objects_seen.store(0, Ordering::Relaxed);
    if objects.get(mark).await.map_err(unreachable)?.is_none() {
        if archive::lies_outside(app.store.read()).await? {
            let place = "the object store is not the one of before";
            return Err(ServiceError::refused(RefusalCode::BodiesUnreachable, place));
        }
        objects.put(mark, MARK.to_vec()).await.map_err(unreachable)?;
    }
    app.objects_seen.store(app.now().as_micros(), Ordering::Relaxed);
    Ok(())
}

/// Tries the object store, where one is configured.
///
/// # Errors
/// L-518 when it is not the one of before, or does not answer.
pub async fn try_objects(app: &App) -> Result<(), ServiceError> {
    match &app.objects {
        Some(objects) => marked(app, objects).await,
        None => Ok(()),
    }
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

/// A document's body, as it was when it came: `hash` is of that.
///
/// # Errors
/// L-518 when the object store does not answer or is another, L-519 when what it gives, or what the database has, is not what was kept.
pub(crate) async fn opened(app: &App, id: &Oid, sealed: &Sealed, hash: Sha256Hash) -> Result<Vec<u8>, ServiceError> {
    let body = match sealed.address {
        None => vault::open(app, id, sealed).await?,
        Some(address) => {
            let body = outer(app, address).await?;
            let here = Sealed { body, address: None, key: sealed.key, wrapped: sealed.wrapped.clone() };
            vault::open(app, id, &here).await?
        }
    };
    if tokio::task::block_in_place(|| Sha256Hash::of(&body)) != hash {
        return Err(damaged("it is another than it was"));
    }
    Ok(body)
}

/// What lies outside under an address.
async fn outer(app: &App, address: Sha256Hash) -> Result<Vec<u8>, ServiceError> {
    let none = || ServiceError::refused(RefusalCode::BodiesUnreachable, "no object store is configured");
    let objects = app.objects.as_ref().ok_or_else(none)?;
    let Some(body) = objects.get(address).await.map_err(unreachable)? else {
        marked(app, objects).await?;
        return Err(damaged("it is not in the object store"));
    };
    if Sha256Hash::of(&body) != address {
        return Err(damaged("what the object store has under its address is something else"));
    }
    Ok(body)
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
        // Claimed, it comes again the next time; others wait for none.
        if let Err(error) = objects.delete(address).await {
            tracing::warn!(%address, %error, "an object that belongs to nothing was not deleted");
            continue;
        }
        let tx = app.store.begin().await?;
        archive::forget_object(&tx, address).await?;
        tx.commit().await?;
        swept += 1;
    }
    Ok(swept)
}
