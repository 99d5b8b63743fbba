//! Begins a notification.

use super::{happened, kinds};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::Form;
use liitos_domain::notification::{Course, Kind};
use liitos_domain::{Act, RefusalCode};
use liitos_store::notifications::{self, Notification};

/// Most that an organisation writes at a time.
const MOST_DRAFTS: u64 = 50;

/// Begins a notification: its number.
///
/// # Errors
/// L-602 without the position; L-605 when too many are being written; L-606 for a kind that such an organisation does not notify.
pub async fn begin(app: &App, actor: &Actor, kind: Kind) -> Result<String, ServiceError> {
    let now = app.now();
    let joiner = actor.must(Act::Technical, now)?;
    if !kinds(app, actor).await?.contains(&kind) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "kind"));
    }
    if notifications::drafts(app.store.read(), joiner).await? >= MOST_DRAFTS {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "notifications"));
    }
    let tx = app.store.begin().await?;
    let mut notification = Notification {
        key: 0,
        number: notifications::next_number(&tx, now).await?,
        joiner: joiner.clone(),
        kind,
        form: Form::default(),
        course: Course::Draft,
        day: None,
        created_at: now,
        sent_at: None,
        version: None,
        run: None,
        change: None,
        revision: 1,
    };
    notification.key = notifications::add(&tx, &notification).await?;
    happened(&tx, &notification, ("begun", actor, false), None, now).await?;
    tx.commit().await?;
    Ok(notification.number)
}
