//! A system with everybody whom it hits.

use super::missing;
use crate::names::{Names, Numbers, names};
use crate::{Actor, App, ServiceError};
use liitos_domain::fault::{Audience, Touched};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts, SystemStanding};
use liitos_domain::{Duty, Oid};
use liitos_store::{directory, registers};
use std::collections::BTreeMap;

/// What of somebody's a system is.
pub type Use = Touched;

/// A system with everybody whom it hits.
#[derive(Clone, Debug)]
pub struct Shown {
    /// Its number in Astori.
    pub id: String,
    /// Its entry there.
    pub entry: Option<Entry>,
    /// How it stands.
    pub standing: SystemStanding,
    /// Whom it hits: who uses it, their tenants, and whoever has an access point that is implemented with it.
    pub hit: BTreeMap<Oid, Use>,
    /// Their names.
    pub names: Names,
}

/// A system that somebody uses.
///
/// # Errors
/// L-602 without the position; L-609 for one that nobody uses and Astori does not know.
pub async fn show(app: &App, actor: &Actor, id: &str) -> Result<Shown, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let (db, now) = (app.store.read(), app.now());
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let audience = Audience { systems: [id.to_owned()].into(), ..Audience::default() };
    let hit = audience.hits((&rows.rights, &rows.access_points, &rows.tenants), now, |_| None);
    let entry = registers::known(db, RegisterKind::Systems, &[id]).await?.remove(id).map(|(_, entry)| entry);
    if entry.is_none() && hit.is_empty() {
        return Err(missing());
    }
    let standing = SystemStanding::of(entry.as_ref().map(SystemFacts::of).as_ref(), now);
    let names = names(app, &Numbers { organisations: hit.keys().cloned().collect(), ..Numbers::default() }).await?;
    Ok(Shown { id: id.to_owned(), entry, standing, hit, names })
}
