//! What happened to an application: whose turn it was, since when, who changed what; and how long decisions usually take.

use super::{own, sent};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::acceptances::{self, Acceptance};
use liitos_store::application_past::{self, Attachment, Change, Event, Note};

/// All that is kept of an application's past.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The states it came into, the oldest first.
    pub events: Vec<Event>,
    /// Who changed what, the newest first.
    pub changes: Vec<Change>,
    /// Who accepted or signed which text.
    pub accepted: Vec<Acceptance>,
    /// Its files, without their bytes.
    pub attachments: Vec<Attachment>,
    /// Notes of the operator's staff; none for its applicant.
    pub notes: Vec<Note>,
}

/// How long decisions took lately, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Half were faster.
    pub median: i64,
    /// Nine in ten were faster.
    pub nine_in_ten: i64,
    /// How many were decided.
    pub decided: usize,
}

/// Days looked back on.
const LATELY_DAYS: i64 = 30;

/// An application's past: for its own organisation, and with notes for who handles applications.
///
/// # Errors
/// L-609 when the actor may not see the application.
pub async fn past(app: &App, actor: &Actor, number: &str) -> Result<Past, ServiceError> {
    let db = app.store.read();
    let staff = actor.must_see(Duty::Handle).is_ok();
    let stored = if staff { sent(app, number).await? } else { own(app, actor, number).await? };
    Ok(Past {
        events: application_past::events(db, stored.key).await?,
        changes: application_past::changes(db, stored.key).await?,
        accepted: acceptances::of_application(db, stored.key).await?,
        attachments: application_past::attachments(db, stored.key).await?,
        notes: if staff { application_past::notes(db, stored.key).await? } else { Vec::new() },
    })
}

/// How long the decisions of the last thirty days took from sending; `None` when there were none.
///
/// # Errors
/// [`ServiceError`].
pub async fn usual_wait(app: &App) -> Result<Option<Waiting>, ServiceError> {
    let since = app.now().plus_days(-LATELY_DAYS);
    Ok(waiting(application_past::waits(app.store.read(), since).await?))
}

fn waiting(mut waits: Vec<i64>) -> Option<Waiting> {
    waits.sort_unstable();
    // The nearest rank: of one, that one.
    let at = |percent: usize| waits.get((waits.len() * percent).div_ceil(100).saturating_sub(1)).copied();
    Some(Waiting { median: at(50)?, nine_in_ten: at(90)?, decided: waits.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_nine_in_ten() {
        assert_eq!(waiting(Vec::new()), None);
        assert_eq!(waiting(vec![7]), Some(Waiting { median: 7, nine_in_ten: 7, decided: 1 }));
        let ten = waiting((1..=10).rev().collect());
        assert_eq!(ten, Some(Waiting { median: 5, nine_in_ten: 9, decided: 10 }));
    }
}
