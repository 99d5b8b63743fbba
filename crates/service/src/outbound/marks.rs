//! Units that receive renewal requests, as the registers and the directory tell of them: those that a patient may choose now, and those with which something
//! is amiss.

use crate::directory::publication::{self, Published};
use crate::{Actor, App, ServiceError, notices};
use liitos_domain::directory::Right;
use liitos_domain::notice::Notice;
use liitos_domain::outbound::LAPSES_AFTER_DAYS;
use liitos_domain::reception::{Amiss, May, amiss, may};
use liitos_domain::register::{Entry, RENEWAL_MARKS, RegisterKind};
use liitos_domain::{Duty, Moment, Oid, Service};
use liitos_store::{directory, registers};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// A unit that a patient may send a renewal request to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Its OID; a professional's own.
    pub unit: Oid,
    /// Its name in the registers.
    pub name: String,
    /// Its address, on one line; none of a professional.
    pub address: Option<String>,
    /// Its telephone number; none of a professional.
    pub telephone: Option<String>,
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
    /// Whose it is, or who has a right that opens nothing; nobody where it is of no joiner here.
    pub joiner: Option<Oid>,
}

/// So long what a patient may choose from is not made anew, in seconds.
const KEPT_SECONDS: i64 = 60;

/// What a patient may choose from, until when, and by which version of the directory.
type Made = (Moment, u64, Arc<Vec<Choice>>);

/// What a patient may choose from, as it was made last. Whoever makes it anew holds it, and others wait.
#[derive(Default)]
pub(crate) struct Choices(Mutex<Option<Made>>);

/// Units that can be sent a renewal request now: each has a right to receive, through an access point that is open, and bears the mark; its address and telephone
/// number are complete, and it does not end before a request that comes now would lapse. By OID; at most a minute behind the directory and the registers'
/// entries, and as far behind the registers' marks as gateways are.
///
/// # Errors
/// [`ServiceError`].
pub async fn choices(app: &App) -> Result<Arc<Vec<Choice>>, ServiceError> {
    let mut held = app.choices.0.lock().await;
    let (published, now) = (publication::current(app).await?, app.now());
    let version = published.snapshot.version().1;
    if let Some((until, of, made)) = &*held
        && now < *until
        && *of == version
    {
        return Ok(Arc::clone(made));
    }
    let rights = rights(app).await?;
    let mut made = Vec::new();
    for (unit, found) in entries(app, &rights).await? {
        let Ok(oid) = Oid::parse(&unit) else { continue };
        let open = published.snapshot.reception(&oid, Service::RenewalReception, now).is_ok();
        let receives = receives(&published, &rights, &unit, now);
        if open && amiss(Some(&found), receives, now).is_empty() {
            let (address, telephone) = (found.1.postal_address(), found.1.telephone().map(str::to_owned));
            let address = (!address.is_empty()).then_some(address);
            made.push(Choice { unit: oid, address, telephone, name: found.1.name });
        }
    }
    let made = Arc::new(made);
    *held = Some((now.plus_seconds(KEPT_SECONDS), version, Arc::clone(&made)));
    Ok(made)
}

/// Units of which the registers and the directory tell different things, or that lack what a patient needs to choose them; for the operator, those of joiners first.
///
/// # Errors
/// L-602 without the position.
pub async fn marks(app: &App, actor: &Actor) -> Result<Vec<Found>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    let mut found = compared(app, &*publication::current(app).await?).await?;
    found.sort_by_key(|found| found.joiner.is_none());
    Ok(found)
}

/// Tells the joiners with whose units something is amiss; of how many units they were told, or nothing while whose units are whose is known from before the
/// registers' last import. Once a week for each, whatever calls how often.
///
/// # Errors
/// [`ServiceError`].
pub async fn tell_of_marks(app: &App) -> Result<Option<usize>, ServiceError> {
    let (published, now, mut told) = (publication::current(app).await?, app.now(), 0);
    if published.import() != registers::newest_import(app.store.read(), now).await? {
        return Ok(None);
    }
    let week = now.as_seconds().div_euclid(7 * 86_400);
    for found in compared(app, &published).await? {
        let (Some(joiner), Ok(unit)) = (&found.joiner, Oid::parse(&found.unit)) else { continue };
        let what = found.amiss.iter().map(|one| one.code()).collect::<Vec<_>>().join(" ");
        let same = format!("mark {unit} {joiner} {what} {week}");
        let notice = Notice::Mark { unit, amiss: found.amiss };
        let tx = app.store.begin().await?;
        if notices::tell(app, &tx, &same, joiner, &notice, now).await? {
            tx.commit().await?;
            told += 1;
        }
    }
    Ok(Some(told))
}

type Rights = BTreeMap<String, Vec<Right>>;

/// Every unit with which something is amiss, by OID.
async fn compared(app: &App, published: &Published) -> Result<Vec<Found>, ServiceError> {
    let (rights, now) = (rights(app).await?, app.now());
    let mut entries = entries(app, &rights).await?;
    for kind in RegisterKind::OF_JOINERS {
        let marked = registers::with_field(app.store.read(), kind, &RENEWAL_MARKS).await?;
        marked.into_iter().filter(Entry::renewal_mark).for_each(|entry| keep(&mut entries, kind, entry));
    }
    let units: BTreeSet<&String> = rights.keys().chain(entries.keys()).collect();
    let compare = |unit: &String| {
        let entry = entries.get(unit);
        let amiss = amiss(entry, receives(published, &rights, unit, now), now);
        if amiss.is_empty() {
            return None;
        }
        let in_force = rights.get(unit).into_iter().flatten().find(|right| right.valid.contains(now));
        let joiner = owner(published, unit, now).or_else(|| in_force.map(|right| right.joiner.clone()));
        let name = entry.map(|(_, entry)| entry.name.clone()).unwrap_or_default();
        Some(Found { unit: unit.clone(), name, amiss, joiner })
    };
    Ok(units.into_iter().filter_map(compare).collect())
}

/// What the rights say of a unit now, and when a request that comes now would lapse.
fn receives(published: &Published, rights: &Rights, unit: &str, now: Moment) -> [May; 2] {
    [now, now.plus_days(LAPSES_AFTER_DAYS)].map(|at| {
        let its = rights.get(unit).into_iter().flatten().map(|right| (&right.joiner, right.valid));
        may(its, owner(published, unit, at).as_ref(), at)
    })
}

fn owner(published: &Published, unit: &str, at: Moment) -> Option<Oid> {
    published.snapshot.joiner_of(&Oid::parse(unit).ok()?, at)
}

/// The rights to receive, by the unit that has them.
async fn rights(app: &App) -> Result<Rights, ServiceError> {
    let mut of_units = Rights::new();
    for right in directory::rights_to(app.store.read(), Service::RenewalReception).await? {
        if let Some(unit) = &right.unit {
            of_units.entry(unit.to_string()).or_default().push(right);
        }
    }
    Ok(of_units)
}

pub(crate) type Entries = BTreeMap<String, (RegisterKind, Entry)>;

/// The registers' entries of units with rights.
async fn entries(app: &App, rights: &Rights) -> Result<Entries, ServiceError> {
    entries_of(app, &rights.keys().map(String::as_str).collect::<Vec<_>>()).await
}

/// The registers' entries of some units.
pub(crate) async fn entries_of(app: &App, units: &[&str]) -> Result<Entries, ServiceError> {
    let mut entries = Entries::new();
    for kind in RegisterKind::OF_JOINERS {
        let known = registers::known(app.store.read(), kind, units).await?;
        known.into_values().for_each(|(_, entry)| keep(&mut entries, kind, entry));
    }
    Ok(entries)
}

/// Of one that stands in several registers the entry that bears the mark counts, as it does for the directory.
fn keep(entries: &mut Entries, kind: RegisterKind, entry: Entry) {
    let other = entries.get(&entry.id);
    if other.is_none_or(|(_, other)| !other.renewal_mark() && entry.renewal_mark()) {
        entries.insert(entry.id.clone(), (kind, entry));
    }
}
