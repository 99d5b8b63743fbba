//! Approves the effect that was shown: it is computed again under the directory's lock, with what it does to decisions, and
//! applied only if both are the very same.

use super::facts::checked;
use super::view::effected;
use super::{held, language, load};
use crate::directory::change::{self, Change};
use crate::{Actor, App, ServiceError, mail};
use liitos_domain::application::State;
use liitos_domain::directory::Basis;
use liitos_domain::{Duty, RefusalCode, Sha256Hash};
use liitos_store::applications;

/// Approves an application by the hash of the effect that the approver saw. Gives the directory version.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait; L-606 when its facts no longer hold; L-604 when the effect is
/// not what was shown.
pub async fn approve(app: &App, actor: &Actor, number: &str, shown: &Sha256Hash) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let stored = load(&app.store, number).await?;
    let State::Sent { at } = stored.application.state else {
        return Err(super::state_forbids(&stored.application.state));
    };
    let tx = app.store.begin().await?;
    let (base, rows) = change::hold(&tx).await?;
    let stored = held(&tx, &stored).await?;
    let application = &stored.application;
    // Under the lock, which register imports take too: what is checked here cannot change before it is applied.
    if !checked(app, application).await?.sound() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "application"));
    }
    let changed = || ServiceError::refused(RefusalCode::EffectChanged, "effect");
    let effected = effected(app, &stored, (base, &rows), at).await?.ok_or_else(changed)?;
    if effected.hash != *shown {
        return Err(changed());
    }
    let now = app.now();
    let change = Change {
        effect: &effected.effect,
        basis: Basis::Application(number.to_owned()),
        author: application.joiner.to_string(),
        approver: &actor.reference,
        action: "application.approved",
        subject: number,
    };
    let version = change::enter(app, &tx, &rows, change, now).await?;
    let next = application
        .state
        .clone()
        .approve(now, effected.effect_hash, version)
        .map_err(|_| super::state_forbids(&application.state))?;
    if !applications::set_state(&tx, stored.key, &application.state, &next).await? {
        return Err(super::state_forbids(&next));
    }
    mail::enqueue(&tx, &mail::approved(app, application, language(&stored)), now).await?;
    change::commit(app, tx).await?;
    Ok(version)
}
