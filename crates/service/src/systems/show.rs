//! A system with everybody whom it hits.

use super::missing;
use crate::names::{Names, Numbers, names};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::Application;
use liitos_domain::fault::{Audience, Touched};
use liitos_domain::notification::read;
use liitos_domain::obligation::{Declared, Function, functions};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts, SystemStanding};
use liitos_domain::{Duty, Oid, Service};
use liitos_store::system_suppliers::{self, Supplier};
use liitos_store::{applications, directory, notifications, registers, system_functions};
use std::collections::BTreeMap;

/// Most waiting notifications that are looked through.
const MOST: u64 = 10_000;

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
    /// Whom it hits: who uses it, now or by a right that begins later, their tenants, and whoever has an access point that is implemented
    /// with it.
    pub hit: BTreeMap<Oid, Use>,
    /// Who would use it.
    pub later: Vec<Later>,
    /// What it does of what social care's obligation asks for; nothing where it is not made for that.
    pub functions: Vec<Function>,
    /// What is declared of it.
    pub declared: Option<Declared>,
    /// Where its supplier is written to.
    pub supplier: Option<Supplier>,
    /// Their names.
    pub names: Names,
}

/// An application, or a notification, that waits and names a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Later {
    /// An application: its number, of whom, for what.
    Application(String, Oid, Service),
    /// A change notification: its number, and of whom.
    Notification(String, Oid),
}

impl Later {
    /// Of whom.
    #[must_use]
    pub const fn joiner(&self) -> &Oid {
        match self {
            Self::Application(_, joiner, _) | Self::Notification(_, joiner) => joiner,
        }
    }
}

/// What waits and names a system.
async fn later(app: &App, id: &str) -> Result<Vec<Later>, ServiceError> {
    let db = app.store.read();
    let named = applications::naming_system(db, id, &["sent", "more-asked"]).await?.into_iter();
    let named = named.map(|stored| {
        let Application { number, joiner, service, .. } = stored.application;
        Later::Application(number, joiner, service)
    });
    let waiting = notifications::sent(db, MOST).await?.into_iter();
    let waiting =
        waiting.filter(|one| read(one.kind, &one.form).is_ok_and(|(content, _)| content.system() == Some(id)));
    Ok(named.chain(waiting.map(|one| Later::Notification(one.number, one.joiner))).collect())
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
    let later = later(app, id).await?;
    if entry.is_none() && hit.is_empty() && later.is_empty() {
        return Err(missing());
    }
    let facts = entry.as_ref().map(SystemFacts::of);
    let standing = SystemStanding::of(facts.as_ref(), now);
    let organisations = hit.keys().chain(later.iter().map(Later::joiner)).cloned().collect();
    let names = names(app, &Numbers { organisations, ..Numbers::default() }).await?;
    let declared = system_functions::declared(db, id).await?;
    let supplier = system_suppliers::of(db, &[id].into()).await?.remove(id);
    let made_for_it = entry.as_ref().is_some_and(|entry| entry.made_for(Service::SocialClientData));
    let functions = if made_for_it { functions(facts.as_ref(), declared.as_ref()) } else { Vec::new() };
    Ok(Shown { id: id.to_owned(), entry, standing, hit, later, functions, declared, supplier, names })
}
