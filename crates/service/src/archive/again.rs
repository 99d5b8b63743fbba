//! What came before: the same message, or the same document in another one.

use super::accept::{Outcome, Received};
use super::caller::Caller;
use super::keep::Ready;
use super::store_document::{Stored, StoredHow};
use super::versions::place;
use crate::{App, ServiceError};
use liitos_documents::message::Message;
use liitos_domain::archive::Standing;
use liitos_domain::document::INVALIDATES;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode, Sha256Hash};
use liitos_store::StoreError;
use liitos_store::archive::{self, NewMessage};

/// What a message was answered before; nothing where its id is new.
pub(super) async fn answered_before(
    app: &App,
    received: &Received,
    joiner: &Oid,
) -> Result<Option<Result<Stored, Vec<Finding>>>, ServiceError> {
    let Some(before) = archive::answered(app.store.read(), &received.message.envelope.message_id).await? else {
        return Ok(None);
    };
    if before.hash == received.hash.to_string() && before.joiner == joiner.as_str() {
        return Ok(Some(Ok(Stored { acknowledgement: before.acknowledgement, how: StoredHow::Again })));
    }
    Ok(Some(Err(vec![Finding::new(RefusalCode::MessageIdReused, "id")])))
}

/// Since when a message's document is stored, byte for byte, where the same joiner brought it in another message, from the same tenant. One that is to declare
/// its set void, which its message says and not its bytes, has done so.
pub(super) async fn there_since(
    app: &App,
    received: &Received,
    caller: &Caller,
) -> Result<Option<Moment>, ServiceError> {
    let Message { header, document, wrapper, .. } = &received.message;
    let there = archive::find(app.store.read(), &header.id).await?;
    let voids = wrapper.reason.as_deref() == Some(INVALIDATES);
    let same = |there: &archive::Kept| {
        let by_same = there.joiner == caller.joiner && there.tenant.as_ref() == caller.tenant();
        let done = !voids || there.standing == Standing::Invalidated;
        by_same && done && there.hash == Sha256Hash::of(document.as_bytes())
    };
    Ok(there.filter(same).map(|there| there.stored_at))
}

/// Answers a message whose document is there already, and keeps the answer as any message's.
pub(super) async fn answered_again(app: &App, received: &Received, joiner: &Oid, since: Moment) -> Outcome {
    let acknowledgement = (received.accepted)(received, since);
    let Message { envelope, header, .. } = &received.message;
    let (id, hash, document) = (&envelope.message_id, received.hash, &header.id);
    let taken = NewMessage { id, hash, acknowledgement: &acknowledgement, document, joiner, at: app.now() };
    let tx = app.store.begin().await?;
    match archive::take(&tx, &[taken]).await {
        Ok(()) => tx.commit().await?,
        Err(StoreError::Duplicate) => {
            // Another call took it meanwhile.
            drop(tx);
            let reused = || Err(vec![Finding::new(RefusalCode::MessageIdReused, "id")]);
            return Ok(answered_before(app, received, joiner).await?.unwrap_or_else(reused));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(Ok(Stored { acknowledgement, how: StoredHow::Again }))
}

/// Which id, or signature, was there before. `alone`: whether its message brings nothing else.
pub(super) async fn duplicate(app: &App, ready: &Ready, alone: bool) -> Outcome {
    let (received, joiner) = (&*ready.received, &ready.caller.joiner);
    if let Some(before) = answered_before(app, received, joiner).await? {
        return Ok(before);
    }
    if alone && let Some(since) = there_since(app, received, &ready.caller).await? {
        return answered_again(app, received, joiner, since).await;
    }
    if archive::is_stored(app.store.read(), &received.message.header.id).await? {
        return Ok(Err(vec![Finding::new(RefusalCode::DocumentIdReused, "id")]));
    }
    // The same version of the set, by somebody who was first.
    let around = archive::around(app.store.read(), &received.message.header, app.now()).await?;
    if let Err(findings) = place(&ready.coming(), &around, app.now()) {
        return Ok(Err(findings));
    }
    Ok(Err(vec![Finding::new(RefusalCode::SignatureReused, "SignatureValue")]))
}
