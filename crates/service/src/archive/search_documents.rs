//! Looks for documents by what is known of them; each is told only to whom it may be, and whoever looked is written down.

use super::caller::{Caller, reader};
use super::disclosure::not_shown;
use super::reach::{Reach, Reached, Wanted};
use super::use_log::{line, write};
use super::{Door, vault};
use crate::{App, ServiceError};
use liitos_documents::fhir::DocumentFacts;
use liitos_domain::archive::{Act, Criteria, Family, Ground, MAX_PAGE, Place, Search, Use};
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::archive::{self, Listed, Whose};
use std::collections::{BTreeMap, BTreeSet};

/// A document that was found, and whose it is now.
#[derive(Clone, Debug)]
pub struct FoundDocument {
    /// What is known of it.
    pub listed: Listed,
    /// Whose it is.
    pub active: Oid,
    /// Why it is told.
    pub ground: Ground,
    /// Whether it is another client's, of a matter that the one who was asked about is a client of, too.
    pub jointly: bool,
}

/// How many documents were withheld: by controller, person, why, and by what they were asked for.
pub(crate) type Counted = BTreeMap<(Oid, String, &'static str, Ground), u64>;

impl FoundDocuments {
    /// Counts what else was withheld.
    pub(super) fn withheld_too(&mut self, more: Counted) {
        for (what, count) in more {
            *self.withheld.entry(what).or_default() += count;
        }
    }
}

impl FoundDocument {
    /// As it is told; `person`: who was asked about, where the search said so.
    #[must_use]
    pub fn facts(self, person: Option<&PersonRef>) -> DocumentFacts {
        let Self { listed, active, jointly, .. } = self;
        let person = person.filter(|_| !jointly);
        DocumentFacts {
            id: listed.id,
            set_id: listed.set_id,
            version: listed.version,
            cell: listed.cell,
            unit: listed.unit,
            controller: listed.controller,
            active,
            standing: listed.standing,
            person: person.cloned(),
            kind: listed.kind,
            task: listed.task,
            event: listed.event,
            replaces: listed.replaces,
            added_to: listed.added_to,
            unfinished: listed.unfinished,
            made_at: listed.made_at,
            stored_at: listed.stored_at,
            media_type: listed.media_type,
            size: listed.size,
        }
    }
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
    /// How many of them were not told, by their patients' wish or by a ban.
    pub(crate) withheld: Counted,
}

/// Looks for documents of a service in the registers of whoever calls.
///
/// # Errors
/// L-2xx when the directory does not permit it; L-520 when it asks for others' documents of a patient whom it does not treat; L-514 when it does not say whose documents it looks for.
pub async fn search_documents(
    app: &App,
    door: &Door,
    service: Service,
    search: &Search,
) -> Result<FoundDocuments, ServiceError> {
    let caller = reader(app, door, service).await?;
    if search.criteria.over_at.is_some() {
        return Err(ServiceError::refused(RefusalCode::SearchTooWide, "over_at"));
    }
    let mut reach = Reach::reading(app, &caller).await?;
    treats(app, &caller, &reach, (service, &search.criteria)).await?;
    let found = find(app, (&[service], &mut reach), search).await?;
    written(app, &caller, &mut reach, (service, &search.criteria), &found).await?;
    Ok(found)
}

/// Whoever asks for others' documents of a person treats that person; in an emergency it says whose it asks for.
pub(super) async fn treats(
    app: &App,
    caller: &Caller,
    reach: &Reach<'_>,
    (service, criteria): (Service, &Criteria),
) -> Result<(), ServiceError> {
    let (Some(disclosure), Some(family)) = (reach.disclosure(), Family::of(service)) else { return Ok(()) };
    match sought(app, criteria)? {
        Some(person) if !disclosure.treats(&person, family) => {
            Err(not_shown(app, caller, disclosure.purpose(), Some(person)).await)
        }
        None if disclosure.ground() == Ground::Emergency && criteria.document.is_none() && criteria.set.is_none() => {
            Err(ServiceError::refused(RefusalCode::SearchTooWide, "client"))
        }
        _ => Ok(()),
    }
}

/// Writes down what was looked for, and what was told and withheld: for each register that was looked into.
pub(super) async fn written(
    app: &App,
    caller: &Caller,
    reach: &mut Reach<'_>,
    (service, criteria): (Service, &Criteria),
    found: &FoundDocuments,
) -> Result<(), ServiceError> {
    let person = sought(app, criteria)?;
    let mut registers: Vec<(Oid, Ground)> =
        caller.controllers.iter().map(|own| (own.clone(), caller.ground())).collect();
    let family = Family::of(service);
    if let (Some(person), Some(family)) = (&person, family) {
        // Of those that let it in, each is told that it was looked into, whether there was anything or not.
        let let_in = reach.let_in(person, family).await?.iter().map(|one| (one.by.clone(), one.ground()));
        let by: BTreeSet<(Oid, Ground)> = let_in.filter(|(_, ground)| *ground != Ground::Wills).collect();
        registers.extend(by);
    }
    // And so is whoever gives or takes what is changing controllers just now.
    registers.extend(family.into_iter().flat_map(|family| reach.changing(family)).map(|one| (one, Ground::Changing)));
    if registers.is_empty() {
        // Whoever has no register of its own looked into those of its organisers, even where nobody let it in.
        let ground = family.map_or(Ground::RegisterAccess, Family::ground_let_in);
        registers.extend(caller.organisers().map(|controller| (controller.clone(), ground)));
    }
    let at = app.now();
    let looked = |controller: &Oid, ground| line(caller, (Act::Searched, ground), controller, at);
    let mut told = lines(app, &registers, (criteria, found), looked)?;
    if let Some(disclosure) = reach.disclosure() {
        for one in told.iter_mut().filter(|one| one.ground.by_purpose()) {
            let why = one.person.as_deref().zip(family).map(|(person, family)| disclosure.why(person, family));
            one.more = Some(one.more.iter().chain(&why).cloned().collect::<Vec<_>>().join(" "));
        }
    }
    // Each controller is told how much of what its patients, or a ban, keep from others was asked for.
    for ((controller, person, code, ground), count) in &found.withheld {
        let mut withheld = line(caller, (Act::Withheld, *ground), controller, at);
        let why = reach.disclosure().zip(family).map(|(disclosure, family)| disclosure.why(person, family));
        let more = std::iter::once(format!("{code} count={count}")).chain(why);
        withheld.more = Some(more.collect::<Vec<_>>().join(" "));
        withheld.person = Some(person.clone());
        told.push(withheld);
    }
    write(app, told).await
}

/// Of what kind a link to a page is, for the vault: it opens for whoever it was made for alone.
fn link_of(asker: &str) -> String {
    format!("a page of a search by {asker}")
}

/// A search as a link to a page of it may carry it: it may name a person, so that nobody but the archive can read it. `asker`: who asks, and may
/// use the link.
///
/// # Errors
/// [`ServiceError`] when it cannot be sealed; never seen.
pub fn link_to(app: &App, asker: &str, search: &Search) -> Result<String, ServiceError> {
    vault::hide(app, &link_of(asker), &serde_json::to_vec(search)?)
}

/// The search that a link carries.
///
/// # Errors
/// L-313 when it is no link that this archive gave to whoever asks.
pub fn linked(app: &App, asker: &str, link: &str) -> Result<Search, ServiceError> {
    let search = vault::shown(app, &link_of(asker), link).and_then(|bytes| serde_json::from_slice(&bytes).ok());
    search.ok_or_else(|| ServiceError::refused(RefusalCode::QueryNotUnderstood, "_page"))
}

/// By what the person is found that a search names.
fn sought(app: &App, criteria: &Criteria) -> Result<Option<String>, ServiceError> {
    criteria.person.as_ref().map(|person| app.vault.person(person)).transpose()
}

/// The use log's lines about a search: one for each register that was looked into and, where the search names no person, one for each whose
/// documents it told of. `looked`: a line that says nothing more than that.
pub(crate) fn lines(
    app: &App,
    registers: &[(Oid, Ground)],
    (criteria, found): (&Criteria, &FoundDocuments),
    looked: impl Fn(&Oid, Ground) -> Use,
) -> Result<Vec<Use>, ServiceError> {
    let person = sought(app, criteria)?;
    let mut shown: BTreeMap<(&Oid, Ground, Option<&str>), u64> = BTreeMap::new();
    for one in &found.documents {
        let whose = person.as_deref().filter(|_| !one.jointly).unwrap_or(&one.listed.person);
        *shown.entry((&one.active, one.ground, Some(whose))).or_default() += 1;
    }
    for (controller, ground) in registers {
        if !shown.keys().any(|(told, why, _)| *told == controller && why == ground) {
            shown.insert((controller, *ground, person.as_deref()), 0);
        }
    }
    let ids = [&criteria.document, &criteria.set, &criteria.either, &criteria.event];
    let mut asked = ids.into_iter().flatten();
    let first = asked.next();
    let of = criteria.controllers.iter().map(|controller| format!(" of={controller}"));
    let over = criteria.over_at.map(|at| format!(" over_at={at}"));
    let also: String = asked.map(|id| format!(" also={id}")).chain(of).chain(over).collect();
    let told = |((controller, ground, whose), shown): ((&Oid, Ground, Option<&str>), u64)| {
        let mut told = looked(controller, ground);
        (told.person, told.document) = (whose.map(str::to_owned), first.cloned());
        told.more = Some(format!("found={shown}{also}"));
        told
    };
    Ok(shown.into_iter().map(told).collect())
}

/// Whether a document is of the services and has what the database was not asked about.
fn is_asked_for((services, criteria): (&[Service], &Criteria), listed: &Listed, active: &Oid) -> bool {
    let family = listed.cell.register.family;
    services.contains(&family.service()) && criteria.are_of(active) && criteria.are_kept(family, &listed.keeping)
}

/// Whether a document that was found is another client's, of a joint matter. None: it is, and in another register than that matter's own.
fn jointly(whose: Option<Whose<'_>>, joint: &[(Oid, Oid)], listed: &Listed, active: &Oid) -> Option<bool> {
    let jointly = whose.is_some_and(|whose| whose.person != listed.person);
    let of = |(matter, of): &(Oid, Oid)| listed.event.as_deref() == Some(matter.as_str()) && of == active;
    (!jointly || joint.iter().any(of)).then_some(jointly)
}

/// Documents read at once beyond those that are shown: others' among them cost no further query each.
const MORE: u64 = 50;
/// Most pieces that are read for a page of a search that names nobody: then it ends where it has come to, with or without anything on it.
const MOST_PIECES: usize = 20;

/// Looks for documents of some services that somebody reaches now.
pub(crate) async fn find(
    app: &App,
    (services, reach): (&[Service], &mut Reach<'_>),
    search: &Search,
) -> Result<FoundDocuments, ServiceError> {
    let Search { criteria, after, .. } = search;
    criteria.whose().map_err(|finding| ServiceError::refused(finding.code, finding.place))?;
    let Some(place) = after else {
        let (as_of, being_stored) = (app.storing.seen(app.now()), app.storing.now());
        let found = page(app, (services, &mut *reach), search, as_of).await?;
        return match being_stored.filter(|_| found.next.is_some()) {
            // What is stamped before the first page, and seen after it, would stand on none: its place may be on this one, and what it replaced is gone.
            Some(then) => {
                app.storing.settled(then).await;
                page(app, (services, reach), search, as_of).await
            }
            None => Ok(found),
        };
    };
    page(app, (services, reach), search, place.as_of).await
}

/// A page of what was stored until a moment.
async fn page(
    app: &App,
    (services, reach): (&[Service], &mut Reach<'_>),
    search: &Search,
    as_of: Moment,
) -> Result<FoundDocuments, ServiceError> {
    let Search { criteria, after, count } = search;
    let db = app.store.read();
    let person = sought(app, criteria)?;
    let count = (*count).clamp(1, MAX_PAGE);
    let named = reach.named(person.as_deref(), services).await?;
    let joint = match person.as_deref().filter(|_| services.contains(&Family::Social.service())) {
        Some(person) => reach.joint_matters(person).await?,
        None => Vec::new(),
    };
    let matters: Vec<&Oid> = joint.iter().map(|(matter, _)| matter).collect();
    let whose = person.as_deref().map(|person| Whose { person, matters: &matters });
    let mut found = FoundDocuments { documents: Vec::new(), next: None, as_of, withheld: BTreeMap::new() };
    let (mut place, mut shown) = (after.clone(), after.clone());
    // What is withheld behind the last that is shown is met again on the next page.
    let mut met: BTreeMap<_, u64> = BTreeMap::new();
    // One more than is shown says whether there is a next page; where others' are among them, more are read at once.
    let (mut piece, mut pieces) = (count + 1, 0);
    loop {
        let asked = (criteria, whose, named.as_ref());
        let some = archive::search(db, asked, (place.as_ref(), as_of), piece).await?;
        let last_piece = (some.len() as u64) < piece;
        for listed in some {
            let here = Place { as_of, made_at: listed.made_at, id: listed.id.clone() };
            place = Some(here.clone());
            if !is_asked_for((services, criteria), &listed, reach.active(&listed.cell)) {
                continue;
            }
            let Some(jointly) = jointly(whose, &joint, &listed, reach.active(&listed.cell)) else { continue };
            let (active, reached) = reach.reached(Wanted::listed(&listed)).await?;
            let ground = match reached {
                Reached::For(ground) => ground,
                Reached::Withheld(code, ground) => {
                    *met.entry((active, listed.person, code, ground)).or_default() += 1;
                    continue;
                }
                Reached::Not => continue,
            };
            // That there is a next page is told only of what may be told of itself.
            if found.documents.len() as u64 == count {
                found.next = Some(Search { criteria: criteria.clone(), after: shown, count });
                return Ok(found);
            }
            found.withheld_too(std::mem::take(&mut met));
            found.documents.push(FoundDocument { listed, active, ground, jointly });
            shown = Some(here);
        }
        if last_piece {
            found.withheld_too(met);
            return Ok(found);
        }
        piece = count + MORE;
        pieces += 1;
        if criteria.over_at.is_some() && pieces == MOST_PIECES {
            found.withheld_too(met);
            found.next = Some(Search { criteria: criteria.clone(), after: place, count });
            return Ok(found);
        }
    }
}
