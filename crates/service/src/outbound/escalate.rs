//! What waits for too long is told to whoever's unit it is, every day anew.

use crate::directory::publication;
use crate::{App, ServiceError, notices};
use liitos_domain::notice::Notice;
use liitos_store::outbound;

/// After so many hours without an answer whoever's unit it is is told: a request lives eight days. Assumed.
const WAITED_SECONDS: i64 = 24 * 3600;

/// Tells the joiners whose units have requests that wait; how many were told. Once a day for each unit, whatever calls how often.
///
/// # Errors
/// [`ServiceError`].
pub async fn escalate(app: &App) -> Result<usize, ServiceError> {
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
