//! Somebody has seen to a notice.

use crate::directory::with_branches;
use crate::{Actor, App, ServiceError};
use liitos_domain::{Act, Duty, Oid, RefusalCode};
use liitos_store::{audit, notices};

/// Whose desk a notice lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Desk {
    /// That of the organisation acted for: its own notices.
    Own,
    /// The operator's: everybody's.
    Office,
}

/// Takes a notice off a desk.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-609 when there is no such open notice on it.
pub async fn settle(app: &App, actor: &Actor, desk: Desk, key: i64) -> Result<(), ServiceError> {
    let joiners: Vec<Option<Oid>> = match desk {
        Desk::Own => {
            let joiner = actor.must(Act::Technical, app.now())?;
            with_branches(app, joiner).await?.into_iter().map(Some).collect()
        }
        Desk::Office => {
            actor.must_carry_out(Duty::Keep)?;
            vec![None]
        }
    };
    let tx = app.store.begin().await?;
    let now = app.now();
    let mut settled = false;
    for joiner in &joiners {
        settled = settled || notices::settle(&tx, key, joiner.as_ref(), &actor.reference, now).await?;
    }
    if !settled {
        return Err(ServiceError::refused(RefusalCode::NotFound, "notice"));
    }
    let subject = key.to_string();
    let event = audit::Event {
        actor: &actor.reference,
        action: "notice.settled",
        subject: &subject,
        details: serde_json::json!({}),
    };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(())
}
