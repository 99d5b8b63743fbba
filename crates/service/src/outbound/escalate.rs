//! What waits for too long is told to whoever's unit it is, every day anew; and once what ended without being answered.

use crate::directory::publication;
use crate::{App, ServiceError, notices};
use liitos_domain::notice::Notice;
use liitos_store::outbound;

/// After so many hours without an answer whoever's unit it is is told: a request lives eight days. Assumed.
const WAITED_SECONDS: i64 = 24 * 3600;

/// What ended so long ago is told no more.
const ENDED_DAYS: i64 = 8;

/// Tells the joiners whose units have requests that wait, once a day for each unit, and those whose units did not take one, once; how many were told.
///
/// # Errors
/// [`ServiceError`].
pub async fn escalate(app: &App) -> Result<usize, ServiceError> {
    Ok(waiting(app).await? + failed(app).await?)
}

/// Of requests that lapsed, or that the unit's own system rejected: nobody answers them any more unless somebody knows.
async fn failed(app: &App) -> Result<usize, ServiceError> {
    let (now, mut told) = (app.now(), 0);
    for message in outbound::failed_since(app.store.read(), now.plus_days(-ENDED_DAYS)).await? {
        let published = publication::current(app).await?;
        let Some(joiner) = published.snapshot.receivers(&message.unit, now).into_iter().next() else { continue };
        let same = format!("request {}", message.id);
        let notice = Notice::Unanswered { unit: message.unit, message: message.id, state: message.state };
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
        let Some(joiner) = published.snapshot.receivers(&one.unit, now).into_iter().next() else {
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
