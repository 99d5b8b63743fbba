//! Parties that were asked whether they plan along, and have not answered.

use super::{ChangeNews, readable};
use crate::{App, ServiceError, notices};
use liitos_domain::Moment;
use liitos_domain::notice::Notice;
use liitos_store::changes;

/// So often a party is asked again, in seconds: as long as it does not answer nobody else's part is begun.
const WEEK_SECONDS: i64 = 7 * 86_400;

/// Asks every party again, each week, that was asked whether it plans along with a change that is followed and has not answered; how many were asked.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub async fn remind(app: &App) -> Result<usize, ServiceError> {
    let (db, now) = (app.store.read(), app.now());
    let mut told = 0;
    for change in readable(changes::followed(db, Moment::from_micros(i64::MAX)).await?) {
        let week = (now.as_seconds() - change.created_at.as_seconds()).div_euclid(WEEK_SECONDS);
        if week < 1 {
            continue;
        }
        let silent = changes::parties(db, change.key).await?.into_iter();
        for party in silent.filter(|party| party.asked && party.agreed_at.is_none()) {
            let (number, title, day) = (change.number.clone(), change.story.title.clone(), change.story.day);
            let same = format!("change {number} unanswered {week} {}", party.joiner);
            let notice = Notice::Change { number, title, day, news: ChangeNews::Unanswered };
            told += usize::from(notices::one(app, &same, &party.joiner, &notice).await?);
        }
    }
    Ok(told)
}
