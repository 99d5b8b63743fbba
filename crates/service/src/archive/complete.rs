//! Brings over what older programs stored, when a newer one starts: sealed, counted to its cell, found by its person.

use super::vault;
use crate::{App, ServiceError};
use liitos_documents::read_document_header;
use liitos_domain::archive::{Cell, Family, Month, Register};
use liitos_domain::document::Header;
use liitos_domain::{Moment, Sha256Hash};
use liitos_store::archive::{self, Before, NewDocument};
use liitos_store::{Lock, StoreError, controller_runs};

/// So many at once.
const AT_ONCE: u64 = 200;

/// Brings over what is not yet. The archive's key is tried first: with another one, nothing must be sealed.
///
/// # Errors
/// [`ServiceError`]; when the key is another than that of before.
pub async fn complete(app: &App) -> Result<(), ServiceError> {
    vault::tried(app).await?;
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

/// Where a document of before is counted, and when it was made, by its header; or, where today's reader does not take that, by what was kept
/// with it. Older programs stored patients' documents alone.
fn placed(before: &Before) -> (Cell, Moment, Option<Header>) {
    let header = std::str::from_utf8(&before.body).ok().and_then(|text| read_document_header(text).ok());
    if let Some(header) = header
        && let Ok((cell, made_at)) = Cell::of(&header, Family::Patient, &before.joiner)
    {
        return (cell, made_at, Some(header));
    }
    tracing::warn!(document = %before.id, "a document of before is brought over by what was kept with it");
    let cell = Cell {
        controller: before.controller.clone(),
        register: Register { family: Family::Patient, code: before.register_code.clone() },
        unit: before.joiner.clone(),
        customer: None,
        month: Month::of(before.stored_at),
    };
    (cell, before.stored_at, None)
}

async fn bring(app: &App, before: &Before) -> Result<(), ServiceError> {
    let (cell, made_at, header) = placed(before);
    let person = header.as_ref().map(|header| app.vault.person(&header.person)).transpose()?.unwrap_or_default();
    let sealed = vault::seal(app, &before.controller, &before.id, &before.body).await?;
    let tx = app.store.begin().await?;
    tx.share(Lock::Controllers).await?;
    let succession = controller_runs::succession(tx.connection()).await?;
    let (header, active) = (header.as_ref(), succession.active(&cell).0);
    let keeping = header.map(|header| header.keeping.clone()).unwrap_or_default();
    let new = NewDocument {
        id: &before.id,
        set_id: &before.set_id,
        version: before.version,
        cell: archive::cell(&tx, &cell, active).await?,
        made_in: None,
        controller: &before.controller,
        active,
        person: &person,
        kind: header.and_then(|header| header.kind.as_deref()),
        task: header.and_then(|header| header.task.as_deref()),
        temporary: header.is_some_and(|header| header.person.is_temporary()),
        banned: header.and_then(Header::says_banned) == Some(true),
        keeping: &keeping,
        event: header.and_then(|header| header.event.as_ref()),
        added_to: None,
        unfinished: header.is_some_and(|header| header.unfinished),
        event_open: header.is_some_and(|header| header.event_open),
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
        sealed: &sealed,
    };
    match archive::insert(&tx, std::slice::from_ref(&new)).await {
        Ok(()) => {
            if let Some(will) = header.and_then(|header| header.will.as_ref()) {
                archive::add_will(&tx, &before.id, &person, will).await?;
            }
            Ok(tx.commit().await?)
        }
        // Another program brought it over at the same time; or an older one took an id or signature that was here already.
        Err(StoreError::Duplicate) => {
            tracing::error!(document = %before.id, "a document of before was not brought over: its set or signature is here already");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
