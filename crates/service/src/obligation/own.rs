//! What does the organisation lack.

use super::used::Used;
use super::{concerned, standings};
use crate::{Actor, App, ServiceError};
use liitos_domain::obligation::{Declared, Function, Standing, functions};
use liitos_domain::register::{RegisterKind, SystemFacts};
use liitos_domain::{Act, Oid};
use liitos_store::service_tasks::{self, Said};
use liitos_store::{directory, registers, system_functions};
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
    /// What it does of what the obligation asks for.
    pub functions: Vec<Function>,
    /// What is declared of it.
    pub declared: Option<Declared>,
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
    let used = Used::at(&rows, now);
    let numbers: BTreeSet<&str> =
        [Some(joiner), above.as_ref()].into_iter().flatten().flat_map(|oid| used.of(oid)).collect();
    let numbers: Vec<&str> = numbers.into_iter().collect();
    let known = registers::known(db, RegisterKind::Systems, &numbers).await?;
    let declared = system_functions::all(db).await?;
    let system = |number: &str| {
        let (entry, declared) = (known.get(number).map(|(_, entry)| entry), declared.get(number));
        let name = entry.map_or(number, |entry| entry.name.as_str()).to_owned();
        let facts = entry.map(SystemFacts::of);
        let functions = functions(facts.as_ref(), declared);
        OwnSystem { number: number.to_owned(), name, facts, functions, declared: declared.cloned() }
    };
    let mut said = service_tasks::said(db, joiner).await?;
    if let (None, Some(above)) = (&said, &above) {
        said = service_tasks::said(db, above).await?;
    }
    let may_say = actor.may(Act::Prepare);
    Ok(Some(Own { standing, systems: numbers.iter().map(|number| system(number)).collect(), said, may_say }))
}
