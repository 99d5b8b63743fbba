//! Letting a person in, and letting them act for an organisation (Extranet guide 1.2).
//!
//! Who they are says the identification service; in which organisations they have which role, the service of mandates; what those
//! organisations have granted them, we. An organisation must stand, valid, in a register.

use crate::actor::{Hindered, Hindrance};
use crate::ports::{Identified, Mandated};
use crate::{Actor, App, Organisation, ServiceError};
use liitos_domain::register::{Entry, RegisterKind, heads};
use liitos_domain::{Act, Oid, Position, RefusalCode, Sha256Hash};
use liitos_store::{audit, delegations, directory, members, registers};
use std::collections::{BTreeMap, BTreeSet};

/// Most organisations that one person acts for; the service of mandates lets them choose some at a time.
const MOST: usize = 1_000;

/// An organisation's current register entry.
///
/// # Errors
/// [`ServiceError`].
pub async fn register_entry(app: &App, oid: &Oid) -> Result<Option<(RegisterKind, Entry)>, ServiceError> {
    for kind in RegisterKind::OF_ORGANISATIONS {
        if let Some(entry) = registers::find(app.store.read(), kind, oid.as_str()).await? {
            return Ok(Some((kind, entry)));
        }
    }
    Ok(None)
}

/// The names of organisations, by OID, as the registers have them: all asked at once.
///
/// # Errors
/// [`ServiceError`].
pub async fn names(app: &App, oids: &BTreeSet<Oid>) -> Result<BTreeMap<Oid, String>, ServiceError> {
    let mut names: BTreeMap<Oid, String> = BTreeMap::new();
    for kind in RegisterKind::OF_ORGANISATIONS {
        let asked: Vec<&str> = oids.iter().filter(|oid| !names.contains_key(*oid)).map(Oid::as_str).collect();
        let found = registers::known(app.store.read(), kind, &asked).await?;
        names.extend(found.into_iter().filter_map(|(id, (_, entry))| Some((Oid::parse(&id).ok()?, entry.name))));
    }
    Ok(names)
}

/// Whom the identification service has sent us, with what organisations have granted them.
///
/// # Errors
/// [`ServiceError`].
pub async fn identified(app: &App, person: &Identified) -> Result<Actor, ServiceError> {
    let actor = Actor {
        reference: person.reference.clone(),
        name: person.name.clone(),
        means: person.means.clone(),
        staff: person.staff.clone(),
        card: person.card.as_ref().map(|card| Sha256Hash::of(card.as_str().as_bytes())),
        signed_in_at: Some(app.now()),
        ..Actor::default()
    };
    refreshed(app, actor).await
}

/// The actor with what the service of mandates said of them; what was known before from there is forgotten.
///
/// # Errors
/// L-602 for the operator's staff.
pub async fn mandated(app: &App, mut actor: Actor, told: &[Mandated]) -> Result<Actor, ServiceError> {
    // The operator's staff acts for nobody.
    if actor.is_staff() {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "staff role"));
    }
    actor.organisations.clear();
    actor.hindered.clear();
    actor.mandates_at = Some(app.now());
    let db = app.store.read();
    for mandated in told.iter().take(MOST) {
        let entries = registers::of_business_id(db, &RegisterKind::OF_ORGANISATIONS, &mandated.business_id).await?;
        let entries = heads(entries);
        let positions: Vec<Position> =
            mandated.positions.iter().copied().filter(|held| !held.is_granted() && *held != Position::Former).collect();
        let (valid, ended): (Vec<_>, Vec<_>) =
            entries.iter().map(|(_, entry)| entry).partition(|entry| entry.valid.contains(app.now()));
        let oids = |entries: Vec<&Entry>| -> Vec<Oid> {
            entries.into_iter().filter_map(|entry| Oid::parse(&entry.id).ok()).collect()
        };
        let (valid, ended) = (oids(valid), oids(ended));
        let hindrance = if entries.is_empty() {
            Some(Hindrance::NotInRegister)
        } else if valid.is_empty() && former(app, &ended).await?.is_empty() {
            Some(Hindrance::NotValid)
        } else if !mandated.complete {
            Some(Hindrance::Incomplete)
        } else if positions.is_empty() {
            Some(Hindrance::NoPosition)
        } else {
            None
        };
        match hindrance {
            Some(hindrance) => {
                actor.hindered.push(Hindered {
                    name: mandated.name.clone(),
                    id: mandated.business_id.clone(),
                    hindrance,
                });
            }
            None => {
                valid.iter().for_each(|oid| positions.iter().for_each(|position| actor.add(oid, *position)));
                former(app, &ended).await?.iter().for_each(|oid| actor.add(oid, Position::Former));
            }
        }
    }
    refreshed(app, actor).await
}

/// Those among organisations whose entries have ended that had joined: what is kept of them stays readable.
async fn former(app: &App, ended: &[Oid]) -> Result<Vec<Oid>, ServiceError> {
    let mut former = Vec::new();
    for oid in ended {
        if directory::was_member(app.store.read(), oid).await? {
            former.push(oid.clone());
        }
    }
    Ok(former)
}

/// Whether an organisation may be acted for: it stands, valid, in a register; or the actor reads what was kept of one that did.
async fn stands(app: &App, actor: &Actor, organisation: &Oid) -> Result<bool, ServiceError> {
    let reads = |held: &Organisation| held.positions.contains(&Position::Former);
    let entry = register_entry(app, organisation).await?;
    let valid = entry.is_some_and(|(_, entry)| entry.valid.contains(app.now()));
    Ok(valid || actor.held(organisation).is_some_and(reads))
}

/// The actor as they are now: with the positions that organisations have granted them and not taken back since, acting for nobody
/// whom they may no longer act for.
///
/// # Errors
/// [`ServiceError`].
pub async fn refreshed(app: &App, mut actor: Actor) -> Result<Actor, ServiceError> {
    for organisation in &mut actor.organisations {
        organisation.positions.retain(|position| !position.is_granted());
    }
    actor.organisations.retain(|organisation| !organisation.positions.is_empty());
    if !actor.is_staff() {
        for held in members::of_person(app.store.read(), &actor.reference).await? {
            actor.add(&held.granted.organisation, held.granted.position);
        }
        delegated(app, &mut actor).await?;
    }
    // Whoever reads what was kept does nothing more, whatever they were granted before.
    for organisation in actor.organisations.iter_mut().filter(|held| held.positions.contains(&Position::Former)) {
        organisation.positions = vec![Position::Former];
    }
    if let Some(acting_for) = actor.acting_for.take()
        && actor.held(&acting_for).is_some()
        && stands(app, &actor, &acting_for).await?
    {
        actor.acting_for = Some(acting_for);
    }
    Ok(actor)
}

/// Whether an actor holds a position of an organisation's own – by what they are or have a mandate for, or granted to them as a
/// person – and not as its program or because it lets another organisation act.
///
/// # Errors
/// [`ServiceError`].
pub(crate) async fn is_own_person(app: &App, actor: &Actor, organisation: &Oid) -> Result<bool, ServiceError> {
    let held = actor.held(organisation);
    if held.is_some_and(|held| held.positions.iter().any(|position| !position.is_granted())) {
        return Ok(true);
    }
    let granted = members::of_person(app.store.read(), &actor.reference).await?;
    Ok(granted.iter().any(|held| held.granted.organisation == *organisation))
}

/// Adds to an actor the organisations that let theirs act: as far as the actor prepares applications, or sees to technical matters,
/// in the one that is let.
pub(crate) async fn delegated(app: &App, actor: &mut Actor) -> Result<(), ServiceError> {
    let own = actor.organisations.clone();
    for organisation in own {
        // Whoever ended acts for nobody.
        let entry = register_entry(app, &organisation.oid).await?;
        if !entry.is_some_and(|(_, entry)| entry.valid.contains(app.now())) {
            continue;
        }
        let permits = |act| organisation.positions.iter().any(|held| held.permits(act));
        for held in delegations::of_delegate(app.store.read(), &organisation.oid).await? {
            // Nobody does for a customer what they may not do at home.
            let may = |act: &Act| !held.position.permits(*act) || permits(*act);
            if Act::ALL.iter().all(may) {
                actor.add(&held.organisation, held.position);
            }
        }
    }
    Ok(())
}

/// The actor, acting for one of their organisations: it must stand, valid, in a register.
///
/// # Errors
/// L-602 when it is not theirs; L-611 when it is not valid in a register.
pub async fn act_for(app: &App, mut actor: Actor, organisation: &Oid) -> Result<Actor, ServiceError> {
    if actor.held(organisation).is_none() {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"));
    }
    if !stands(app, &actor, organisation).await? {
        return Err(ServiceError::refused(RefusalCode::OrganisationNotValid, organisation.as_str()));
    }
    let tx = app.store.begin().await?;
    let event = audit::Event {
        actor: &actor.reference,
        action: "actor.acts-for",
        subject: organisation.as_str(),
        details: serde_json::json!({}),
    };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    actor.acting_for = Some(organisation.clone());
    Ok(actor)
}
