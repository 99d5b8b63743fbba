//! Plans an organisational change by what directory, registers and archive hold now. Nothing is changed.

use super::readable;
use crate::archive::{controllers_of, controllers_on};
use crate::controller_runs::Cells;
use crate::sign_in::{names, register_entry};
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::{Cell, RunState};
use liitos_domain::change::{self, Facts, Followed, Obstacle, Planned, Story, Why, agreed};
use liitos_domain::directory::Rows;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Duty, Moment, Oid};
use liitos_store::controller_runs::Found;
use liitos_store::{changes, controller_runs, directory, outbound, registers};
use std::collections::{BTreeMap, BTreeSet};

/// The names of those who do something, as the registers have them.
pub type Names = BTreeMap<Oid, String>;

/// A change as it is planned.
#[derive(Clone, Debug)]
pub struct Readied {
    /// The plan.
    pub planned: Planned,
    /// Who is called what.
    pub names: Names,
}

/// A change that is kept already: its number, when it was planned, and the directory's version then.
pub(crate) type Kept<'a> = (&'a str, Moment, u64);

/// Plans a change.
///
/// # Errors
/// L-602 without the position.
pub async fn plan(app: &App, actor: &Actor, story: &Story) -> Result<Readied, ServiceError> {
    actor.must_see(Duty::Keep)?;
    let (planned, _) = planned(app, story, None).await?;
    let names = named(app, planned.tasks.iter().map(Followed::from)).await?;
    Ok(Readied { planned, names })
}

/// Who of those that do something is called what.
pub(super) async fn named(app: &App, tasks: impl Iterator<Item = Followed>) -> Result<Names, ServiceError> {
    let owners = tasks.filter_map(|task| Oid::parse(task.owner.number()).ok());
    names(app, &owners.collect()).await
}

/// The plan of a change by what is so, and the directory that it is made by, with its version.
pub(crate) async fn planned(
    app: &App,
    story: &Story,
    kept: Option<Kept<'_>>,
) -> Result<(Planned, (Rows, u64)), ServiceError> {
    let db = app.store.read();
    // All of it: whoever uses a point, works by a right or in a register of somebody who ends is among them.
    let version = directory::version(db).await?;
    let parties = story.parties();
    let mut facts = Facts { since: kept.map(|(_, at, _)| at), ..Facts::default() };
    for party in &parties {
        let own = controllers_of(app, party).await?;
        if register_entry(app, party).await?.is_some_and(|(kind, _)| kind == RegisterKind::Professionals) {
            facts.professionals.extend(own.iter().cloned());
        }
        facts.controllers.insert((*party).clone(), own);
        facts.controllers_then.insert((*party).clone(), controllers_on(app, party, story.day).await?);
    }
    // The directory is read while documents are counted: in a country either takes long.
    let rows = async |version| Ok(directory::rows(db, version).await?);
    let before = async {
        match kept {
            Some((_, _, version)) => rows(version).await,
            None => Ok(Rows::default()),
        }
    };
    let (rows, before, documents) = tokio::try_join!(rows(version), before, documents(app, &facts))?;
    (facts.rows, facts.before) = (rows, before);
    for (active, cell, count) in documents {
        *facts.documents_of_units.entry((active.clone(), cell.unit)).or_default() += count;
        *facts.documents.entry(active).or_default().entry(cell.register).or_default() += count;
    }
    let units = facts.rows.rights.iter().filter_map(|right| right.unit.clone());
    let all = parties.iter().copied().cloned().chain(units).collect();
    registered(app, &mut facts, all).await?;
    // What is switched counts where it is.
    let runs = controller_runs::state_with(db, &[RunState::Ordered, RunState::Approved]).await?;
    let then = runs.into_iter().map(|run| run.order).filter(|order| order.run_at.midnight() == story.day);
    facts.ordered = then.collect();
    facts.no_run_day = !controller_runs::is_day(db, story.day).await?;
    facts.waiting = outbound::waiting(db).await?;
    let mut planned = change::plan(story, &facts, app.now());
    planned.obstacles.extend(others(app, story, kept).await?);
    Ok((planned, (facts.rows, version)))
}

/// Other changes that are followed and move the same.
async fn others(app: &App, story: &Story, kept: Option<Kept<'_>>) -> Result<Vec<Obstacle>, ServiceError> {
    let moved = story.moved();
    let others = changes::followed(app.store.read(), Moment::from_micros(i64::MAX)).await?;
    let others = readable(others).filter(|other| kept.is_none_or(|(number, ..)| number != other.number));
    let mut found = Vec::new();
    for other in others.filter(|other| !other.story.moved().is_disjoint(&moved)) {
        // What nobody has agreed to but whoever wrote it down stands in nobody's way, and is not told of.
        if other.made_for.is_none() || agreed(&changes::parties(app.store.read(), other.key).await?) {
            found.push(Obstacle::new(Why::AnotherChange, other.number));
        }
    }
    Ok(found)
}
/// When somebody is valid in the registers of joiners or of controllers, and who carries the mark of receiving renewal requests.
async fn registered(app: &App, facts: &mut Facts, all: BTreeSet<Oid>) -> Result<(), ServiceError> {
    let asked: Vec<&str> = all.iter().map(Oid::as_str).collect();
    for kind in RegisterKind::OF_JOINERS.into_iter().chain([RegisterKind::Controllers]) {
        for (id, (_, entry)) in registers::known(app.store.read(), kind, &asked).await? {
            let Ok(oid) = Oid::parse(&id) else { continue };
            if entry.renewal_mark() {
                facts.marked.insert(oid.clone());
            }
            facts.registered.entry(oid).or_insert(entry.valid);
        }
    }
    Ok(())
}

/// What is in the registers of the controllers now, all versions.
async fn documents(app: &App, facts: &Facts) -> Result<Vec<(Oid, Cell, u64)>, ServiceError> {
    let controllers = facts.controllers.values().flatten().cloned().collect();
    documents_of(app, &controllers).await
}

/// How many documents some controllers have now, all versions, by the cells that these are in.
pub(crate) async fn documents_of(
    app: &App,
    controllers: &BTreeSet<Oid>,
) -> Result<Vec<(Oid, Cell, u64)>, ServiceError> {
    let db = app.store.read();
    let succession = controller_runs::succession(db).await?;
    let named: BTreeSet<Oid> = controllers.iter().flat_map(|controller| succession.named(controller)).collect();
    let (mut cells, mut found) = (Cells::named(named, 0), Vec::new());
    while let Some(some) = cells.next(app).await? {
        // Two halves at once: of millions of documents each entry is counted, the first time from the disk.
        let keys: Vec<i64> = some.iter().map(|one| one.key).collect();
        let (one, other) = keys.split_at(keys.len() / 2);
        let counted = |keys: &[i64]| controller_runs::documents_in(db, keys.to_vec());
        let (one, other) = tokio::try_join!(counted(one), counted(other))?;
        for Found { key, cell, .. } in some {
            let active = succession.active(&cell).0.clone();
            let count = one.get(&key).or_else(|| other.get(&key));
            if let Some(count) = count.filter(|_| controllers.contains(&active)) {
                found.push((active, cell, *count));
            }
        }
    }
    Ok(found)
}
