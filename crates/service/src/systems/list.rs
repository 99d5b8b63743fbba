//! The systems that are used, the gravest first.

use crate::{Actor, App, ServiceError};
use liitos_domain::directory::Rows;
use liitos_domain::register::{RegisterKind, SystemFacts, SystemStanding};
use liitos_domain::{Duty, Moment, Oid};
use liitos_store::{directory, registers};
use std::collections::{BTreeMap, BTreeSet};

/// A system that is used.
#[derive(Clone, Debug)]
pub struct Watched {
    /// Its number in Astori.
    pub id: String,
    /// Its name; empty where Astori does not know it.
    pub name: String,
    /// How it stands.
    pub standing: SystemStanding,
    /// When its certificate of conformity ends.
    pub ends: Option<Moment>,
    /// How many use it, or have an access point that is implemented with it.
    pub users: usize,
}

/// Every system that a right or an access point in force names.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Watched>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let (db, now) = (app.store.read(), app.now());
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let users = users(&rows, now);
    let ids: Vec<&str> = users.keys().copied().collect();
    let known = registers::known(db, RegisterKind::Systems, &ids).await?;
    let watched = |(id, users): (&&str, &BTreeSet<&Oid>)| {
        let entry = known.get(*id).map(|(_, entry)| entry);
        let facts = entry.map(SystemFacts::of);
        Watched {
            id: (*id).to_owned(),
            name: entry.map(|entry| entry.name.clone()).unwrap_or_default(),
            standing: SystemStanding::of(facts.as_ref(), now),
            ends: facts.and_then(|facts| facts.valid.until),
            users: users.len(),
        }
    };
    let mut all: Vec<Watched> = users.iter().map(watched).collect();
    all.sort_by(|one, other| (one.standing, &one.id).cmp(&(other.standing, &other.id)));
    Ok(all)
}

/// Who uses which system, or has an access point that is implemented with it.
fn users(rows: &Rows, now: Moment) -> BTreeMap<&str, BTreeSet<&Oid>> {
    let rights = rows.rights.iter().filter(|right| right.valid.contains(now));
    let points = rows.access_points.iter().filter(|point| point.valid.contains(now));
    let mut users: BTreeMap<&str, BTreeSet<&Oid>> = BTreeMap::new();
    let used = rights.map(|right| (right.system.as_str(), &right.joiner));
    for (system, oid) in used.chain(points.map(|point| (point.system.as_str(), &point.administrator))) {
        users.entry(system).or_default().insert(oid);
    }
    users
}
