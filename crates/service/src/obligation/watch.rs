//! Who is late, for the operator.

use super::standings;
use super::used::Used;
use crate::{Actor, App, ServiceError};
use liitos_domain::obligation::{Known, Obliged, Standing, Verdict, functions, obliged};
use liitos_domain::register::{IN_SOCIAL_CARE, RegisterKind, SystemFacts};
use liitos_domain::{Duty, Moment, Oid};
use liitos_store::{directory, registers, service_tasks, system_functions};
use std::collections::BTreeMap;

/// Everybody who has to join, and how far they have come.
#[derive(Clone, Debug)]
pub struct Watch {
    /// As of when.
    pub at: Moment,
    /// Everybody, those who come last first.
    pub all: Vec<Obliged>,
}

/// Everybody who has to join by the register as it is now.
///
/// # Errors
/// L-602 without the position.
pub async fn watch(app: &App, actor: &Actor) -> Result<Watch, ServiceError> {
    actor.must_see(Duty::Handle)?;
    let (db, at) = (app.store.read(), app.now());
    let entries = registers::saying(db, RegisterKind::Sote, (IN_SOCIAL_CARE, "T")).await?;
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let standings = standings(app, &rows, at).await?;
    let said = service_tasks::all(db).await?;
    let used = Used::at(&rows, at);
    let numbers: Vec<&str> = used.all().into_iter().collect();
    let known = registers::known(db, RegisterKind::Systems, &numbers).await?;
    let declared = system_functions::all(db).await?;
    let judged = |number: &&'_ str| {
        let facts = known.get(*number).map(|(_, entry)| SystemFacts::of(entry));
        Verdict::of(&functions(facts.as_ref(), declared.get(*number)))
    };
    let verdicts: BTreeMap<&str, Verdict> = numbers.iter().map(|number| (*number, judged(number))).collect();
    let of = |oid: &Oid| Known {
        standing: standings.get(oid).copied().unwrap_or(Standing::Nothing),
        tasks: said.get(oid).map(|said| said.tasks.clone()),
        fulfils: used.fulfils(oid, &verdicts),
    };
    Ok(Watch { at, all: obliged(&entries, at, of) })
}
