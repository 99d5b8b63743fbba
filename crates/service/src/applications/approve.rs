//! Approves the effect that was shown: it is computed again under the directory's lock, with what it does to decisions, and
//! applied only if both are the very same.

use super::facts::checked;
use super::view::effected;
use super::{Stored, happened, held, language, sent, undertaking, words};
use crate::directory::change::{self, Change};
use crate::{Actor, App, ServiceError, contacts, messages};
use liitos_domain::application::risk::abroad;
use liitos_domain::application::steps::connections_in;
use liitos_domain::application::{InPart, State, Step};
use liitos_domain::directory::{Basis, Effect, Rows};
use liitos_domain::notification::stranded;
use liitos_domain::{Duty, RefusalCode, Sha256Hash};
use liitos_store::{applications, enrolments};
use std::collections::BTreeSet;

/// What is left out of an approval, and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Connections, by their numbers in the application.
    pub left_out: BTreeSet<usize>,
    /// The reason, for the applicant; none where nothing is left out.
    pub reason: String,
}

/// Leaves out of an application what is not approved.
///
/// # Errors
/// L-606 when it has no such connection.
pub(super) fn without(stored: &mut Stored, part: &Part) -> Result<(), ServiceError> {
    let there = connections_in(&stored.application.form(Step::AccessPoints));
    if part.left_out.iter().any(|nth| !there.contains(nth)) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "left_out"));
    }
    stored.application = stored.application.without(&part.left_out);
    Ok(())
}

/// Approves an application, or a part of it, by the hash of the effect that the approver saw. Gives the directory version.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait; L-606 when its facts no longer hold, nothing of it is left, or a part is
/// approved without a reason; L-604 when the effect is not what was shown; L-614 when two persons approve it and no other has yet.
pub async fn approve(
    app: &App,
    actor: &Actor,
    number: &str,
    shown: &Sha256Hash,
    part: &Part,
) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let in_part = match part.left_out.is_empty() {
        true => None,
        false => Some(InPart { left_out: part.left_out.clone(), reason: words(&part.reason, "reason")? }),
    };
    let stored = sent(app, number).await?;
    let tx = app.store.begin().await?;
    let (base, rows) = change::hold(&tx).await?;
    let mut stored = held(app, &tx, &stored).await?;
    // As it is held: it may have been asked about and sent again since it was looked at.
    let State::Sent { at } = stored.application.state else {
        return Err(super::state_forbids(&stored.application.state));
    };
    without(&mut stored, part)?;
    let application = &stored.application;
    // Under the lock, which register imports take too: what is checked here cannot change before it is applied.
    if !checked(app, application).await?.sound() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "application"));
    }
    let changed = || ServiceError::refused(RefusalCode::EffectChanged, "effect");
    let effected = effected(app, &stored, base, at).await?.ok_or_else(changed)?;
    if effected.hash != *shown {
        return Err(changed());
    }
    if abroad(application) {
        actor.must_be_person()?;
        let first = applications::first_approval(tx.connection(), stored.key).await?;
        // Somebody else has approved the very same.
        if first.is_none_or(|first| first.hash != *shown || first.reference == actor.reference) {
            return Err(ServiceError::refused(RefusalCode::SecondPersonNeeded, "application"));
        }
    }
    lasts(&effected.effect, &rows)?;
    let now = app.now();
    let change = Change {
        effect: &effected.effect,
        basis: Basis::Application(number.to_owned()),
        author: application.joiner.to_string(),
        approver: &actor.reference,
        action: "application.approved",
        subject: number,
        why: "",
    };
    let version = change::enter(app, &tx, &rows, change, now).await?;
    let next = application
        .state
        .clone()
        .approve(now, effected.effect_hash, version, in_part.clone())
        .map_err(|_| super::state_forbids(&application.state))?;
    if !applications::set_state(&tx, stored.key, &application.state, &next).await? {
        return Err(super::state_forbids(&next));
    }
    // Who has joined comes no more.
    enrolments::end(&tx, &application.joiner, application.service, now).await?;
    contacts::adopt(&tx, application, &stored.language, now).await?;
    let copy = undertaking::seal(app, &tx, &stored, now).await?;
    let reason = in_part.as_ref().map(|part| part.reason.as_str());
    happened(app, &tx, (stored.key, application), &next, (actor, now), reason).await?;
    let mails = messages::approved(app, application, language(&stored), (reason, copy));
    messages::enqueue(&tx, &mails, now).await?;
    change::commit(app, tx).await?;
    Ok(version)
}

/// What would outlive the access point or the joining that it rests on is not opened.
fn lasts(effect: &Effect, rows: &Rows) -> Result<(), ServiceError> {
    if stranded(effect, &rows.after(effect)?).is_empty() {
        return Ok(());
    }
    Err(ServiceError::refused(RefusalCode::FormInvalid, "access point ends"))
}
