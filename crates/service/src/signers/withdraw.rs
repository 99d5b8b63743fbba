//! The operator no longer vouches for an old certificate.

use crate::{Actor, App, ServiceError};
use liitos_domain::{Duty, RefusalCode};
use liitos_store::{audit, signers};

/// Withdraws a registered signer from now on.
///
/// # Errors
/// L-602 without the position; L-605 when it is not in force.
pub async fn withdraw(app: &App, actor: &Actor, key: i64) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let now = app.now();
    let tx = app.store.begin().await?;
    if !signers::withdraw(&tx, key, now).await? {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "signer"));
    }
    let subject = key.to_string();
    let event = audit::Event {
        actor: &actor.reference,
        action: "signer.withdrawn",
        subject: &subject,
        details: serde_json::json!({}),
    };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
