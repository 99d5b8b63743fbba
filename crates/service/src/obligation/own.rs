//! What does the organisation lack.

use super::{SERVICE, concerned, standings};
use crate::{Actor, App, ServiceError};
use liitos_domain::obligation::Standing;
use liitos_domain::register::{RegisterKind, SystemFacts};
use liitos_domain::{Act, Oid};
use liitos_store::service_tasks::{self, Said};
use liitos_store::{directory, registers};
use std::collections::BTreeSet;

/// A system that client data is used with.
#[derive(Clone, Debug)]
pub struct OwnSystem {
    /// Its number in Astori.
    pub number: String,
    /// Its name there; its number where it has no entry.
    pub name: String,
    /// What its entry says, if it has one.
    pub facts: Option<SystemFacts>,
}

/// How the organisation stands to the obligation.
#[derive(Clone, Debug)]
pub struct Own {
    /// How far it has come.
    pub standing: Standing,
    /// The systems that it uses client data with.
    pub systems: Vec<OwnSystem>,
    /// In which service tasks it works, by its own word.
    pub said: Option<Said>,
    /// Whether the reader may say.
    pub may_say: bool,
}

/// How the organisation acted for stands to social care's obligation; nothing where its register does not say that it works in social care.
///
/// # Errors
/// L-602 for whoever acts for none.
pub async fn own(app: &App, actor: &Actor) -> Result<Option<Own>, ServiceError> {
    let (joiner, now) = (actor.joiner()?, app.now());
    if !concerned(app, joiner).await? {
        return Ok(None);
    }
    // Whoever is right above it may have joined for it, and said for it: the operator's list counts that, too.
    let entry = crate::sign_in::register_entry(app, joiner).await?;
    let above = entry.and_then(|(_, entry)| Oid::parse(&entry.parent?).ok());
    let db = app.store.read();
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let standings = standings(app, &rows, now).await?;
    let of = |oid: &Oid| standings.get(oid).copied().unwrap_or(Standing::Nothing);
    let standing = of(joiner).max(above.as_ref().map_or(Standing::Nothing, of));
    // A tenant works with its host's system.
    let hosts = rows.tenants.iter().filter(|row| row.tenant == *joiner && row.valid.contains(now)).map(|row| &row.host);
    let by: BTreeSet<&Oid> = hosts.chain([joiner]).chain(&above).collect();
    let used = rows.rights.iter().filter(|right| by.contains(&right.joiner) && right.service == SERVICE);
    let used = used.filter(|right| right.valid.contains(now)).map(|right| right.system.as_str());
    let numbers: Vec<&str> = used.collect::<BTreeSet<_>>().into_iter().collect();
    let known = registers::known(db, RegisterKind::Systems, &numbers).await?;
    let system = |number: &str| {
        let entry = known.get(number).map(|(_, entry)| entry);
        let name = entry.map_or(number, |entry| entry.name.as_str()).to_owned();
        OwnSystem { number: number.to_owned(), name, facts: entry.map(SystemFacts::of) }
    };
    let mut said = service_tasks::said(db, joiner).await?;
    if let (None, Some(above)) = (&said, &above) {
        said = service_tasks::said(db, above).await?;
    }
    let may_say = actor.may(Act::Prepare);
    Ok(Some(Own { standing, systems: numbers.into_iter().map(system).collect(), said, may_say }))
}
