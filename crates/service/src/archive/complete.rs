//! Brings over what older programs stored, when a newer one starts: sealed, counted to its cell, found by its person.

use super::vault;
use crate::{App, ServiceError};
use liitos_documents::read_document_header;
use liitos_domain::Sha256Hash;
use liitos_domain::archive::{Cell, Family};
use liitos_store::archive::{self, Before, NewDocument};
use liitos_store::{Lock, StoreError, controller_runs};

/// So many at once.
const AT_ONCE: u64 = 200;

/// Brings over what is not yet. What cannot be read stays where it is, and is told in the log.
///
/// # Errors
/// [`ServiceError`].
pub async fn complete(app: &App) -> Result<(), ServiceError> {
    let mut after = String::new();
    loop {
        let some = archive::not_brought_over(app.store.read(), &after, AT_ONCE).await?;
        let Some(last) = some.last() else { return Ok(()) };
        after = last.id.to_string();
        for before in &some {
            bring(app, before).await?;
        }
    }
}

async fn bring(app: &App, before: &Before) -> Result<(), ServiceError> {
    let text = std::str::from_utf8(&before.body).unwrap_or_default();
    let placed = read_document_header(text).and_then(|header| {
        // Older programs stored patients' documents alone.
        let (cell, made_at) = Cell::of(&header, Family::Patient, &before.joiner, None)?;
        Ok((header, cell, made_at))
    });
    let (header, cell, made_at) = match placed {
        Ok(placed) => placed,
        Err(finding) => {
            tracing::error!(document = %before.id, finding = %finding, "a document of before was not brought over");
            return Ok(());
        }
    };
    let sealed = vault::seal(app, &header.custodian, &header.id, &before.body).await?;
    let tx = app.store.begin().await?;
    tx.share(Lock::Controllers).await?;
    let succession = controller_runs::succession(tx.connection()).await?;
    let new = NewDocument {
        id: &before.id,
        set_id: &header.set_id,
        version: header.version,
        cell: archive::cell(&tx, &cell).await?,
        active: succession.active(&cell).0,
        person: &app.vault.person(&header.person),
        kind: header.kind.as_deref(),
        task: header.task.as_deref(),
        event: header.event.as_ref(),
        added_to: None,
        unfinished: header.unfinished,
        event_open: header.event_open,
        made_at,
        stored_at: before.stored_at,
        joiner: &before.joiner,
        tenant: None,
        access_point: &before.access_point,
        message_id: &before.message_id,
        policy: &before.policy,
        signer: before.signer,
        signature: before.signature,
        signed_at: before.signed_at,
        media_type: "application/xml",
        hash: Sha256Hash::of(&before.body),
        size: before.body.len() as u64,
        sealed,
    };
    match archive::insert(&tx, &new).await {
        Ok(()) => Ok(tx.commit().await?),
        // Another program brought it over at the same time; or its set or signature is here already.
        Err(StoreError::Duplicate) => {
            tracing::warn!(document = %before.id, "a document of before is here already");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
