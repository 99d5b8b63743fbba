//! The first of two approvals: of an application that one person does not approve alone.

use super::facts::checked;
use super::view::effected;
use super::{Part, held, sent, without};
use crate::directory::change;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::State;
use liitos_domain::application::risk::abroad;
use liitos_domain::{Duty, RefusalCode, Sha256Hash};
pub use liitos_store::applications::FirstApproval;
use liitos_store::{applications, audit};

/// Approves an application, or a part of it, as the first of two, by the hash of the effect that was seen. The second approves the
/// very same.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait, or one person is enough; L-606 when its facts no longer hold; L-604 when
/// the effect is not what was shown.
pub async fn approve_first(
    app: &App,
    actor: &Actor,
    number: &str,
    shown: &Sha256Hash,
    part: &Part,
) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    actor.must_be_person()?;
    let stored = sent(app, number).await?;
    let tx = app.store.begin().await?;
    let (base, _) = change::hold(&tx).await?;
    let mut stored = held(app, &tx, &stored).await?;
    let State::Sent { at } = stored.application.state else {
        return Err(super::state_forbids(&stored.application.state));
    };
    without(&mut stored, part)?;
    if !abroad(&stored.application) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "two persons"));
    }
    if !checked(app, &stored.application).await?.sound() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "application"));
    }
    let effected = effected(app, &stored, base, at).await?;
    if effected.is_none_or(|effected| effected.hash != *shown) {
        return Err(ServiceError::refused(RefusalCode::EffectChanged, "effect"));
    }
    let now = app.now();
    let (person, reference) = (actor.name.clone(), actor.reference.clone());
    applications::approve_first(&tx, stored.key, &FirstApproval { hash: *shown, person, reference, at: now }).await?;
    let details = serde_json::json!({ "hash": shown });
    let action = "application.approved-first";
    audit::record(&tx, &audit::Event { actor: &actor.reference, action, subject: number, details }, now).await?;
    tx.commit().await?;
    Ok(())
}
