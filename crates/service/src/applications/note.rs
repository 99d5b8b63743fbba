//! Notes of the operator's staff on an application; its applicant never sees them.

use super::{sent, words};
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::{application_past, audit};

/// Notes something.
///
/// # Errors
/// L-602 without the position; L-609 when there is no such application; L-606 without words.
pub async fn note(app: &App, actor: &Actor, number: &str, said: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let said = words(said, "note")?;
    let stored = sent(app, number).await?;
    let now = app.now();
    let tx = app.store.begin().await?;
    application_past::note(&tx, stored.key, &actor.name, &said, now).await?;
    let details = serde_json::json!({});
    let event = audit::Event { actor: &actor.reference, action: "application.noted", subject: number, details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
