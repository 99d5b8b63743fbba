//! Units that receive renewal requests, as the registers and the directory tell of them: those that a patient may choose now, and those with which something
//! is amiss.

use crate::directory::publication;
use crate::{Actor, App, ServiceError, notices};
use liitos_domain::directory::Right;
use liitos_domain::notice::Notice;
use liitos_domain::reception::{Amiss, amiss};
use liitos_domain::register::{Entry, RENEWAL_MARKS, RegisterKind};
use liitos_domain::{Duty, Interval, Moment, Oid, Service};
use liitos_store::{directory, registers};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// A unit that a patient may send a renewal request to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its OID; a professional's own.
    pub unit: Oid,
    /// Its name in the registers.
    pub name: String,
    /// Its address, on one line.
    pub address: String,
    /// Its telephone number.
    pub telephone: String,
}

/// A unit with which something is amiss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its OID, as its entry or its right has it.
    pub unit: String,
    /// Its name in the registers; empty when no register knows it.
    pub name: String,
    /// What.
    pub amiss: Vec<Amiss>,
    /// Whose it is.
    joiner: Option<Oid>,
}

/// So long what a patient may choose from is not made anew, in seconds.
const KEPT_SECONDS: i64 = 60;

/// What a patient may choose from, as it was made last: until when, and by which version of the directory.
#[derive(Default)]
pub(crate) struct Choices(Mutex<Option<(Moment, u64, Arc<Vec<Choice>>)>>);

/// Units that can be sent a renewal request now: each has a right to receive, through an access point that is open, and bears the mark; its address and telephone
/// number are complete, and it does not end before a request that comes now would lapse. By OID; at most a minute old.
///
/// # Errors
/// [`ServiceError`].
pub async fn choices(app: &App) -> Result<Arc<Vec<Choice>>, ServiceError> {
    let (published, now) = (publication::current(app).await?, app.now());
    let version = published.snapshot.version().1;
    let held = || app.choices.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((until, of, made)) = &*held()
        && now < *until
        && *of == version
    {
        return Ok(Arc::clone(made));
    }
    let rights = rights(app).await?;
    let units: Vec<&str> = rights.keys().map(String::as_str).collect();
    let mut made = BTreeMap::new();
    for (unit, entry) in entries(app, &units).await? {
        let may = rights.get(&unit).map(Vec::as_slice).unwrap_or_default();
        let valid: Vec<Interval> = may.iter().map(|right| right.valid).collect();
        let Ok(oid) = Oid::parse(&unit) else { continue };
        let open = published.snapshot.reception(&oid, Service::RenewalReception, now).is_ok();
        if open && amiss(Some(&entry), &valid, now).is_empty() {
            let (_, entry) = entry;
            let (address, telephone) = (entry.postal_address(), entry.telephone().unwrap_or_default().to_owned());
            made.insert(unit, Choice { unit: oid, address, telephone, name: entry.name });
        }
    }
    let made = Arc::new(made.into_values().collect());
    *held() = Some((now.plus_seconds(KEPT_SECONDS), version, Arc::clone(&made)));
    Ok(made)
}

/// Units of which the registers and the directory tell different things, or that lack what a patient needs to choose them; for the operator.
///
/// # Errors
/// L-602 without the position.
pub async fn marks(app: &App, actor: &Actor) -> Result<Vec<Found>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    compared(app).await
}

/// Tells the joiners with whose units something is amiss; how many units were told of. Once a week for each, whatever calls how often.
///
/// # Errors
/// [`ServiceError`].
pub async fn tell_of_marks(app: &App) -> Result<usize, ServiceError> {
    let (now, mut told) = (app.now(), 0);
    let week = now.as_seconds().div_euclid(7 * 86_400);
    for found in compared(app).await? {
        let (Some(joiner), Ok(unit)) = (&found.joiner, Oid::parse(&found.unit)) else { continue };
        let same =
            format!("mark {unit} {} {week}", found.amiss.iter().map(|one| one.code()).collect::<Vec<_>>().join(" "));
        let notice = Notice::Mark { unit, amiss: found.amiss };
        let tx = app.store.begin().await?;
        if notices::tell(app, &tx, &same, joiner, &notice, now).await? {
            tx.commit().await?;
            told += 1;
        }
    }
    Ok(told)
}

/// Every unit with which something is amiss, by OID.
async fn compared(app: &App) -> Result<Vec<Found>, ServiceError> {
    let (rights, now) = (rights(app).await?, app.now());
    let mut entries = entries(app, &rights.keys().map(String::as_str).collect::<Vec<_>>()).await?;
    for kind in RegisterKind::OF_JOINERS {
        let marked = registers::with_field(app.store.read(), kind, &RENEWAL_MARKS).await?;
        entries.extend(marked.into_iter().filter(Entry::renewal_mark).map(|entry| (entry.id.clone(), (kind, entry))));
    }
    let published = publication::current(app).await?;
    let units: BTreeSet<&String> = rights.keys().chain(entries.keys()).collect();
    let compare = |unit: &String| {
        let (entry, may) = (entries.get(unit), rights.get(unit).map(Vec::as_slice).unwrap_or_default());
        let joiner = Oid::parse(unit).ok().and_then(|unit| published.snapshot.joiner_of(&unit, now));
        // Another's right to receive for it is none (L-214).
        let its = may.iter().filter(|right| joiner.as_ref().is_none_or(|joiner| *joiner == right.joiner));
        let valid: Vec<Interval> = its.map(|right| right.valid).collect();
        let amiss = amiss(entry, &valid, now);
        if amiss.is_empty() {
            return None;
        }
        Some(Found {
            unit: unit.clone(),
            name: entry.map(|(_, entry)| entry.name.clone()).unwrap_or_default(),
            amiss,
            joiner,
        })
    };
    Ok(units.into_iter().filter_map(compare).collect())
}

/// The rights to receive, by the unit that has them.
async fn rights(app: &App) -> Result<BTreeMap<String, Vec<Right>>, ServiceError> {
    let mut of_units: BTreeMap<String, Vec<Right>> = BTreeMap::new();
    for right in directory::rights_to(app.store.read(), Service::RenewalReception).await? {
        if let Some(unit) = &right.unit {
            of_units.entry(unit.to_string()).or_default().push(right);
        }
    }
    Ok(of_units)
}

async fn entries(app: &App, units: &[&str]) -> Result<BTreeMap<String, (RegisterKind, Entry)>, ServiceError> {
    let mut entries = BTreeMap::new();
    for kind in RegisterKind::OF_JOINERS {
        let known = registers::known(app.store.read(), kind, units).await?;
        entries.extend(known.into_iter().map(|(unit, (_, entry))| (unit, (kind, entry))));
    }
    Ok(entries)
}
