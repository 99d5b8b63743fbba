//! Looks for documents by what is known of them; each is told only to whom it may be, and whoever looked is written down.

use super::caller::{Caller, reader};
use super::reach::Reach;
use super::use_log::{line, write};
use super::{Door, vault};
use crate::{App, ServiceError};
use liitos_domain::archive::{Act, Criteria, Ground, MAX_PAGE, Place, Search, Use};
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::archive::{self, Listed};
use std::collections::BTreeMap;

/// A document that was found, and whose it is now.
#[derive(Clone, Debug)]
pub struct FoundDocument {
    /// What is known of it.
    pub listed: Listed,
    /// Whose it is.
    pub active: Oid,
    /// Why it is told.
    pub ground: Ground,
}

/// A page of what was found, the one made last first.
#[derive(Clone, Debug)]
pub struct FoundDocuments {
    /// The documents.
    pub documents: Vec<FoundDocument>,
    /// What asks for the next page, when there may be one.
    pub next: Option<Search>,
    /// Of what was stored until then.
    pub as_of: Moment,
}

/// Looks for documents of a service in the registers of whoever calls.
///
/// # Errors
/// L-2xx when the directory does not permit it; L-514 when it does not say whose documents it looks for.
pub async fn search_documents(
    app: &App,
    door: &Door,
    service: Service,
    search: &Search,
) -> Result<FoundDocuments, ServiceError> {
    let caller = reader(app, door, service).await?;
    let mut reach = Reach::of(app, &caller, &door.represented).await?;
    let found = find(app, (&[service], &mut reach), search).await?;
    write(app, lines(app, &caller, &search.criteria, &found)).await?;
    Ok(found)
}

/// Of what kind a link to a page is, for the vault.
const LINK: &str = "a page of a search";

/// A search as a link to a page of it may carry it: it may name a person, so that nobody but the archive can read it.
///
/// # Errors
/// [`ServiceError`] when it cannot be sealed; never seen.
pub fn link_to(app: &App, search: &Search) -> Result<String, ServiceError> {
    vault::hide(app, LINK, &serde_json::to_vec(search)?)
}

/// The search that a link carries.
///
/// # Errors
/// L-313 when it is no link of this archive's.
pub fn linked(app: &App, link: &str) -> Result<Search, ServiceError> {
    let shown = vault::shown(app, LINK, link).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    shown.ok_or_else(|| ServiceError::refused(RefusalCode::QueryNotUnderstood, "_page"))
}

/// One line for each of the caller's own registers, and for each other that something was told of; whose documents is in it where the search
/// names a person.
fn lines(app: &App, caller: &Caller<'_>, criteria: &Criteria, found: &FoundDocuments) -> Vec<Use> {
    let at = app.now();
    let told_of = found.documents.iter().map(|one| (&one.active, one.ground));
    let registers: BTreeMap<&Oid, Ground> =
        told_of.chain(caller.controllers.iter().map(|own| (own, caller.ground()))).collect();
    let told = |(controller, ground): (&Oid, Ground)| {
        let mut told = line(caller, (Act::Searched, ground), controller, at);
        told.person = criteria.person.as_ref().map(|person| app.vault.person(person));
        told.document = criteria.document.clone().or_else(|| criteria.set.clone());
        let shown = found.documents.iter().filter(|one| one.active == *controller).count();
        told.more = Some(format!("found={shown}"));
        told
    };
    registers.into_iter().map(told).collect()
}

/// Documents read at once beyond those that are shown: others' among them cost no further query each.
const MORE: u64 = 50;

/// Looks for documents of some services that somebody reaches now.
pub(crate) async fn find(
    app: &App,
    (services, reach): (&[Service], &mut Reach<'_>),
    search: &Search,
) -> Result<FoundDocuments, ServiceError> {
    let Search { criteria, after, count } = search;
    criteria.whose().map_err(|finding| ServiceError::refused(finding.code, finding.place))?;
    let db = app.store.read();
    let person = criteria.person.as_ref().map(|person| app.vault.person(person));
    let as_of = after.as_ref().map_or_else(|| app.now(), |place| place.as_of);
    let count = (*count).min(MAX_PAGE);
    let mut found = FoundDocuments { documents: Vec::new(), next: None, as_of };
    let mut place = after.clone();
    loop {
        let asked = (criteria, person.as_deref());
        let some = archive::search(db, asked, (place.as_ref(), as_of), count + MORE).await?;
        let last_piece = (some.len() as u64) < count + MORE;
        for listed in some {
            if found.documents.len() as u64 == count {
                found.next = Some(Search { criteria: criteria.clone(), after: place, count });
                return Ok(found);
            }
            place = Some(Place { as_of, made_at: listed.made_at, id: listed.id.clone() });
            if services.contains(&listed.cell.register.family.service())
                && let Some((active, ground)) = reach.ground(&listed.person, &listed.cell).await?
            {
                found.documents.push(FoundDocument { listed, active, ground });
            }
        }
        if last_piece {
            return Ok(found);
        }
    }
}
