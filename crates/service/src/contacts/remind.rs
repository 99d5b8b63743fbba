//! Once a year: is everything still right?

use crate::{App, ServiceError, notices};
use liitos_domain::notice::Notice;
use liitos_store::contacts;

/// After so many days without an answer the question is asked. Assumed: the guide names no time.
const ASKED_AFTER_DAYS: i64 = 365;
/// After so many days it is asked again.
const AGAIN_AFTER_DAYS: i64 = 30;
/// Joiners asked in one go.
const AT_ONCE: u64 = 500;
/// Open notices of a joiner that are looked through.
pub(super) const MOST_OPEN: u64 = 1_000;

/// Asks the joiners that are due; how many were asked.
///
/// # Errors
/// [`ServiceError`].
pub async fn remind(app: &App) -> Result<usize, ServiceError> {
    let now = app.now();
    let before = (now.plus_days(-ASKED_AFTER_DAYS), now.plus_days(-AGAIN_AFTER_DAYS));
    let mut asked = 0;
    loop {
        let due = contacts::unconfirmed(app.store.read(), before.0, before.1, AT_ONCE).await?;
        if due.is_empty() {
            return Ok(asked);
        }
        for (joiner, account) in due {
            let tx = app.store.begin().await?;
            let notice = Notice::StillRight { since: account.confirmed_at };
            let same = format!("still-right {joiner} {}", now.as_micros());
            notices::tell(app, &tx, &same, &joiner, &notice, now).await?;
            contacts::reminded(&tx, &joiner, now).await?;
            tx.commit().await?;
            asked += 1;
        }
    }
}
