//! Units that come to somebody by a change that all have agreed to.

use super::{agreed, readable};
use crate::{App, ServiceError};
use liitos_domain::{Moment, Oid, Service};
use liitos_store::{changes, directory};
use std::collections::BTreeSet;

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
/// whoever becomes one of them all that receive.
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
        if !comes || !agreed(&changes::parties(db, change.key).await?) {
            continue;
        }
        for (from, renumbered) in whole {
            let goes_elsewhere = |unit: &Oid| story.units.iter().any(|other| other.oid == *unit);
            let receives = directory::rights_of(db, from).await?.into_iter();
            let receives = receives.filter(|right| right.service == Service::RenewalReception);
            let stays = receives
                .filter_map(|right| right.unit)
                .filter(|unit| !goes_elsewhere(unit) && !renumbered.iter().any(|other| other.oid == *unit));
            units.extend(stays.map(|unit| (unit, from.clone())));
        }
        found.extend(units.into_iter().map(|(unit, from)| Arrival { unit, from, day: story.day }));
    }
    Ok(found)
}
