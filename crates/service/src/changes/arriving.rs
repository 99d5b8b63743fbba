//! Units that come to somebody by a change that all have agreed to.

use super::{Change, Happened, OPERATOR, agreed, readable};
use crate::directory::publication;
use crate::{App, ServiceError};
use liitos_domain::notification::{Kind, read};
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::{changes, directory, notifications};
use std::collections::BTreeSet;

/// Most events of a change that are looked at.
const HISTORY: u64 = 10_000;

/// A unit that keeps its number and comes to another joiner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The unit.
    pub unit: Oid,
    /// From whom.
    pub from: Oid,
    /// At the beginning of which day.
    pub day: Moment,
}

/// The units that come to some joiners by changes that are followed and that all who are concerned have agreed to, and keep their numbers: those that are named, and of
/// whoever becomes one of them all that receive. Each from whom it is by the directory or the register, and who has agreed itself, since the change was given its day.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn arriving(app: &App, to: &[Oid]) -> Result<Vec<Arrival>, ServiceError> {
    let db = app.store.read();
    let mut found = Vec::new();
    for change in readable(changes::followed(db, Moment::from_micros(i64::MAX)).await?) {
        let story = &change.story;
        let merged = story.mergers.iter().filter(|merger| to.contains(&merger.into)).flat_map(|merger| {
            let from = merger.joiners.iter().filter(|joiner| **joiner != merger.into);
            from.map(|from| (from, merger.units.as_slice()))
        });
        let renumbered = story.renumbered.iter().filter(|one| to.contains(&one.to));
        let whole: Vec<_> = merged.chain(renumbered.map(|one| (&one.from, one.units.as_slice()))).collect();
        let named = story.units.iter().filter(|unit| to.contains(&unit.to) && unit.becomes.is_none());
        let mut units: BTreeSet<(Oid, Oid)> = named.map(|unit| (unit.oid.clone(), unit.from.clone())).collect();
        let comes = !units.is_empty() || !whole.is_empty();
        let parties = changes::parties(db, change.key).await?;
        if !comes || !agreed(&parties) {
            continue;
        }
        let history = changes::history(db, change.key, HISTORY).await?;
        let gives = |from: &Oid| {
            // Another day that whoever takes has given it is not what was agreed to.
            let moved =
                |event: &&Happened| event.what == "moved" && event.person != OPERATOR && event.person != from.as_str();
            let since = history.iter().filter(moved).map(|event| event.at).max();
            let of = parties.iter().find(|party| party.joiner == *from);
            of.and_then(|party| party.agreed_at).is_some_and(|at| since.is_none_or(|since| at > since))
        };
        for (from, renumbered) in whole {
            let goes_elsewhere = |unit: &Oid| story.units.iter().any(|other| other.oid == *unit);
            let receives = directory::rights_of(db, from).await?.into_iter();
            let receives = receives.filter(|right| right.service == Service::RenewalReception);
            let stays = receives
                .filter_map(|right| right.unit)
                .filter(|unit| !goes_elsewhere(unit) && !renumbered.iter().any(|other| other.oid == *unit));
            units.extend(stays.map(|unit| (unit, from.clone())));
        }
        for (unit, from) in units.into_iter().filter(|(_, from)| gives(from)) {
            let receives =
                directory::rights_of(db, &from).await?.into_iter().any(|right| right.unit.as_ref() == Some(&unit));
            if receives || publication::current(app).await?.snapshot.joiner_of(&unit, app.now()) == Some(from.clone()) {
                found.push(Arrival { unit, from, day: story.day });
            }
        }
    }
    Ok(found)
}

/// Lets a change go or be otherwise that nobody receives by yet: an approved reception for a unit that comes by it is taken back first.
///
/// # Errors
/// L-605 with the notification's number.
pub(super) async fn not_received(app: &App, change: &Change) -> Result<(), ServiceError> {
    let story = &change.story;
    for reception in notifications::approved_for(app.store.read(), Kind::Reception, story.day).await? {
        let taker = &reception.joiner;
        let whole = story.mergers.iter().any(|merger| merger.into == *taker)
            || story.renumbered.iter().any(|one| one.to == *taker);
        let named = |unit: &&Oid| story.units.iter().any(|one| one.to == *taker && one.oid == **unit);
        let comes =
            read(reception.kind, &reception.form).is_ok_and(|(content, _)| whole || content.units().iter().any(named));
        if comes && story.day > app.now() {
            return Err(ServiceError::refused(RefusalCode::StateForbids, reception.number));
        }
    }
    Ok(())
}
