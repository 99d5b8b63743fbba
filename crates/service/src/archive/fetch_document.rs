//! Gives a document back to the joiner whose controller's it is: byte for byte, and where another controller has come to it since, with that
//! one named.

use super::Door;
use super::bodies::opened;
use super::caller::{Caller, reader_by};
use super::reach::{Reach, Reached, Wanted};
use super::round::seen_damaged;
use super::use_log::{line, write};
use crate::sign_in::register_entry;
use crate::{App, ServiceError};
use liitos_documents::active_custodian;
use liitos_domain::archive::Act;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_store::archive::{Kept, Sealed};
use liitos_store::{archive, registers};

/// The bytes of a document of a service. The active controller is named in it where it is not the one that the document names (`domain.md` section 10); its
/// signature covers neither.
///
/// # Errors
/// L-2xx when the directory does not permit it; L-520 when it asks for others' documents and treats nobody in the service event; L-507 when there is none for this joiner.
pub async fn fetch_document(app: &App, door: &Door, service: Service, id: &Oid) -> Result<Vec<u8>, ServiceError> {
    // With what the decision rests on, which it is made by before anything of it is told.
    let (found, rests) = archive::find_whole(app.store.read(), id).await?;
    let caller = reader_by(app, door, service, rests).await?;
    let mut reach = Reach::reading(app, &caller).await?;
    let missing = || ServiceError::refused(RefusalCode::DocumentNotFound, id.as_str());
    let of_service = |(kept, _): &(Kept, Sealed)| kept.cell.register.family.service() == service;
    let (kept, sealed) = found.filter(of_service).ok_or_else(missing)?;
    given_out(app, (&caller, &mut reach), &kept, &sealed).await?.ok_or_else(missing)
}

/// A document that the caller reaches, as it is given back; nothing where it does not.
async fn given_out(
    app: &App,
    (caller, reach): (&Caller, &mut Reach<'_>),
    kept: &Kept,
    sealed: &Sealed,
) -> Result<Option<Vec<u8>>, ServiceError> {
    let (active, reached) = reach.reached(Wanted::kept(kept)).await?;
    let why = reach.disclosure().map(|disclosure| disclosure.why(&kept.person, kept.cell.register.family));
    let (act, ground, body, more) = match (reached, why) {
        (Reached::For(ground), why) => {
            let body = as_given(app, kept, sealed, &active).await?;
            (Act::Fetched, ground, Some(body), why.filter(|_| ground.by_purpose()))
        }
        // The controller is told that somebody asked for what its patient, or a ban, keeps from others.
        (Reached::Withheld(code, ground), why) => {
            let more = std::iter::once(code).chain(why.as_deref()).collect::<Vec<_>>().join(" ");
            (Act::Withheld, ground, None, Some(more))
        }
        _ => return Ok(None),
    };
    // Nothing is given out that is not written down first.
    let mut told = line(caller, (act, ground), &active, app.now());
    (told.document, told.person, told.more) = (Some(kept.id.clone()), Some(kept.person.clone()), more);
    write(app, vec![told]).await?;
    Ok(body)
}

/// A document as it is given to anybody: opened, and with its active controller named where that is another than its own.
pub(crate) async fn as_given(app: &App, kept: &Kept, sealed: &Sealed, active: &Oid) -> Result<Vec<u8>, ServiceError> {
    let body = match opened(app, &kept.id, sealed, kept.hash).await {
        Err(error) if error.code == RefusalCode::BodyDamaged => {
            seen_damaged(app, &kept.id, &error).await;
            return Err(error);
        }
        body => body?,
    };
    if *active == kept.controller { Ok(body) } else { named(app, kept, active, body).await }
}

/// The document with its active controller named.
async fn named(app: &App, kept: &Kept, active: &Oid, body: Vec<u8>) -> Result<Vec<u8>, ServiceError> {
    let public = registers::known(app.store.read(), RegisterKind::Controllers, &[active.as_str()]).await?;
    let name = match public.into_values().next() {
        Some((_, entry)) => entry.name,
        None => register_entry(app, active).await?.map(|(_, entry)| entry.name).unwrap_or_default(),
    };
    let filled = std::str::from_utf8(&body).ok().and_then(|text| active_custodian::filled(text, active, &name));
    Ok(filled.map_or_else(
        || {
            // Of before, without a header that anything could be written into.
            tracing::warn!(document = %kept.id, "a document is given back without its active controller");
            body.clone()
        },
        String::into_bytes,
    ))
}
