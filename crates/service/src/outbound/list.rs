//! What waits, and what became of the rest: for the operator, and for whoever's unit it is.

use crate::{Actor, App, ServiceError, directory};
use liitos_domain::{Act, Duty, Interval, Oid, Service};
use liitos_store::outbound::{self, Listed};

/// Messages shown of those that wait, and of those that ended.
const SHOWN: u64 = 50;
/// Most units of one organisation that are asked for.
const MOST_UNITS: usize = 1_000;

/// What waits, the longest first, then what ended last.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<Listed>, ServiceError> {
    actor.must_see(Duty::Keep)?;
    Ok(outbound::list(app.store.read(), SHOWN).await?)
}

/// The same of the units by which the organisation acted for receives renewal requests, or has: what waits where it does now, and what was taken
/// while it did. Nothing where it has none.
///
/// # Errors
/// L-602 without the position.
pub async fn own(app: &App, actor: &Actor) -> Result<Option<Vec<Listed>>, ServiceError> {
    actor.must(Act::Look, app.now())?;
    let rights = directory::own_rights(app, actor).await?;
    let receiving = rights.iter().filter(|right| right.service == Service::RenewalReception);
    let units: Vec<(&Oid, Interval)> =
        receiving.filter_map(|right| Some((right.unit.as_ref()?, right.valid))).take(MOST_UNITS).collect();
    if units.is_empty() {
        return Ok(None);
    }
    Ok(Some(outbound::list_of(app.store.read(), &units, (app.now(), SHOWN)).await?))
}
