//! A program acts no more.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, Oid, RefusalCode};
use liitos_store::{audit, programs};

/// Ends a program of the organisation acted for, from this moment on.
///
/// # Errors
/// L-602 without the right to grant; L-609 when there is no such program.
pub async fn end(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?;
    ended(app, actor, key, Some(organisation)).await
}

/// Ends a program of the operator that the actor sees ([`super::operators`]).
///
/// # Errors
/// L-602 without the position, or for a program; L-609 when there is no such program.
pub async fn end_operators(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    actor.must_be_person()?;
    if !super::operators(app, actor).await?.iter().any(|program| program.key == key) {
        return Err(ServiceError::refused(RefusalCode::NotFound, "program"));
    }
    ended(app, actor, key, None).await
}

async fn ended(app: &App, actor: &Actor, key: i64, organisation: Option<&Oid>) -> Result<(), ServiceError> {
    let tx = app.store.begin().await?;
    let now = app.now();
    if !programs::end(&tx, key, organisation, now).await? {
        return Err(ServiceError::refused(RefusalCode::NotFound, "program"));
    }
    let details = serde_json::json!({ "program": key });
    let subject = organisation.map_or("operator", Oid::as_str);
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "program.ended", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(())
}
