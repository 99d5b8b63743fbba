//! What waits for too long is told to whoever's unit it is, every day anew; and once what ended without being answered.

use crate::directory::publication;
use crate::{App, ServiceError, notices};
use liitos_domain::directory::Snapshot;
use liitos_domain::notice::Notice;
use liitos_domain::outbound::{LAPSES_AFTER_DAYS, OutboundState};
use liitos_domain::{Moment, Oid};
use liitos_store::outbound::{self, Failed};
use std::collections::BTreeMap;

/// After so many hours without an answer whoever's unit it is is told: a request lives eight days. Assumed.
const WAITED_SECONDS: i64 = 24 * 3600;

/// What ended so long ago is told no more.
const ENDED_DAYS: i64 = 8;
/// What ended within one is told together, in seconds.
const HOUR_SECONDS: i64 = 3600;

/// Tells the joiners whose units have requests that wait, once a day for each unit, and those whose units did not take some, once for each hour; how many
/// were told. The bytes of those that nobody takes any more are forgotten.
///
/// # Errors
/// [`ServiceError`].
pub async fn escalate(app: &App) -> Result<usize, ServiceError> {
    outbound::forget(&app.store, app.now().plus_days(-LAPSES_AFTER_DAYS)).await?;
    Ok(waiting(app).await? + failed(app).await?)
}

/// Of requests that lapsed, or that the unit's own system rejected: nobody answers them any more unless somebody knows. Those of an hour together, once it is over.
async fn failed(app: &App) -> Result<usize, ServiceError> {
    let now = app.now();
    let hour = |at: Moment| at.as_seconds().div_euclid(HOUR_SECONDS);
    let mut hours: BTreeMap<(Oid, OutboundState, i64), Vec<Failed>> = BTreeMap::new();
    for failed in outbound::failed_since(app.store.read(), now.plus_days(-ENDED_DAYS)).await? {
        if hour(failed.ended_at) < hour(now) {
            hours.entry((failed.unit.clone(), failed.state, hour(failed.ended_at))).or_default().push(failed);
        }
    }
    if hours.is_empty() {
        return Ok(0);
    }
    let (published, mut told) = (publication::current(app).await?, 0);
    for ((unit, state, hour), all) in hours {
        let Some(first) = all.first() else { continue };
        let Some(joiner) = whose(&published.snapshot, &unit, now) else {
            tracing::error!(%unit, count = all.len(), "requests failed of a unit that is nobody's");
            continue;
        };
        let (same, since) = (format!("unanswered {unit} {state} {hour}"), first.ended_at);
        let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
        let notice = Notice::Unanswered { unit, count, message: first.message.clone(), state, since };
        let tx = app.store.begin().await?;
        if notices::tell(app, &tx, &same, &joiner, &notice, now).await? {
            tx.commit().await?;
            told += 1;
        }
    }
    Ok(told)
}

async fn waiting(app: &App) -> Result<usize, ServiceError> {
    let now = app.now();
    let waits = outbound::waits(app.store.read(), now.plus_seconds(-WAITED_SECONDS)).await?;
    if waits.is_empty() {
        return Ok(0);
    }
    let (published, day) = (publication::current(app).await?, now.midnight().as_seconds());
    let mut told = 0;
    for one in waits {
        let Some(joiner) = whose(&published.snapshot, &one.unit, now) else {
            tracing::error!(unit = %one.unit, count = one.count, "requests wait for a unit that nobody receives for");
            continue;
        };
        let notice = Notice::Requests { unit: one.unit.clone(), count: one.count, since: one.since };
        let tx = app.store.begin().await?;
        let same = format!("requests {} {day}", one.unit);
        if notices::tell(app, &tx, &same, &joiner, &notice, now).await? {
            tx.commit().await?;
            told += 1;
        }
    }
    Ok(told)
}

/// Who is told of a unit: whose it is, or else whoever has a right to receive for it.
fn whose(snapshot: &Snapshot, unit: &Oid, now: Moment) -> Option<Oid> {
    snapshot.joiner_of(unit, now).or_else(|| snapshot.receivers(unit, now).into_iter().next())
}
