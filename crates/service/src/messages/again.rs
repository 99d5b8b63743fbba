//! Dead letters: sent again, or put aside.

use super::{JOB_KINDS, Message};
use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, RefusalCode};
use liitos_store::jobs::{self, Job};
use liitos_store::{Transaction, audit};

/// Sends a message again that was given up.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such message; L-605 when it was not given up, or held something that only its
/// recipient could see, which is gone.
pub async fn again(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let job = given_up(app, actor, key).await?;
    if Message::of(&job).is_none_or(|message| message.spent()) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "secret"));
    }
    let tx = app.store.begin().await?;
    let moved = jobs::again(&tx, key, app.now()).await?;
    seen_to(app, tx, actor, key, ("message.sent-again", moved)).await
}

/// Puts a message aside that was given up.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such message; L-605 when it was not given up.
pub async fn settle(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    given_up(app, actor, key).await?;
    let tx = app.store.begin().await?;
    let moved = jobs::settle(&tx, key).await?;
    seen_to(app, tx, actor, key, ("message.settled", moved)).await
}

async fn given_up(app: &App, actor: &Actor, key: i64) -> Result<Job, ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let found = jobs::find(app.store.read(), key).await?;
    let found = found.filter(|job| JOB_KINDS.contains(&job.kind.as_str()));
    found.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "message"))
}

async fn seen_to(
    app: &App,
    tx: Transaction,
    actor: &Actor,
    key: i64,
    (action, moved): (&str, bool),
) -> Result<(), ServiceError> {
    if !moved {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "message"));
    }
    let subject = key.to_string();
    let event = audit::Event { actor: &actor.reference, action, subject: &subject, details: serde_json::json!({}) };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    Ok(())
}
