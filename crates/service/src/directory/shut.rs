//! Closing something for a while, whatever rights say: at once, by one person, because it may be an emergency – and for no longer than
//! one person may close alone; longer closings, and those that are announced, are proposed and approved by somebody else
//! ([`super::proposal`]). Lifting one, too.

use super::order::order;
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{Closing, Effect, Order, Rows};
use liitos_domain::{Duty, Interval, Moment, RefusalCode, Sha256Hash, typed};
use liitos_store::directory;

/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 500;

/// Closes what `closing` names from now on until its end. Gives the directory's version.
///
/// # Errors
/// L-602 without the position; L-606 when it would end before it begins, or without a reason; L-614 when it is for longer than one
/// person may close the same alone, or begins later; L-604 when the same is closed already, or it names what the directory does not
/// know.
pub async fn shut(app: &App, actor: &Actor, closing: Closing) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    if closing.valid.ended(now) {
        return Err(wrong("until"));
    }
    let reason = typed::line(&closing.reason, MAX_REASON).ok_or_else(|| wrong("reason"))?;
    let entered = directory::closings_entered(app.store.read()).await?.into_iter();
    let by_one: Vec<Closing> = entered.filter(|(_, by_two)| !by_two).map(|(closing, _)| closing).collect();
    if closing.valid.from > now || !closing.alone(&by_one, now) {
        return Err(ServiceError::refused(RefusalCode::SecondPersonNeeded, "until"));
    }
    let closing = Closing { valid: Interval::new(now, closing.valid.until), reason, ..closing };
    order(app, actor, (Order::Shut, ""), |_| Some(Effect { closings_opened: vec![closing], ..Effect::default() })).await
}

/// Lifts a closing that is in force, or will be, from now on; it is named by the hash of its row. Gives the directory's version.
///
/// # Errors
/// L-602 without the position; L-606 without a reason; L-614 when two persons entered it; L-605 when there is no such closing.
pub async fn lift(app: &App, actor: &Actor, closing: &Sha256Hash, reason: &str) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let reason = typed::line(reason, MAX_REASON);
    let reason = reason.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "reason"))?;
    let held = named(&rows(app).await?, closing, now)?;
    // What two persons closed, two persons open.
    let entered = directory::closings_entered(app.store.read()).await?;
    if entered.iter().any(|(closing, by_two)| *by_two && *closing == held) {
        return Err(ServiceError::refused(RefusalCode::SecondPersonNeeded, "closing"));
    }
    order(app, actor, (Order::Lifted, &reason), |rows| Some(ending(named(rows, closing, now).ok()?, now))).await
}

/// The closing that a hash names, if it is in force or will be.
///
/// # Errors
/// L-605 when there is none.
pub(super) fn named(rows: &Rows, hash: &Sha256Hash, now: Moment) -> Result<Closing, ServiceError> {
    let is = |held: &&Closing| Sha256Hash::of_canonical(held).is_ok_and(|of| of == *hash) && !held.valid.ended(now);
    let held = rows.closings.iter().find(is).cloned();
    held.ok_or_else(|| ServiceError::refused(RefusalCode::StateForbids, Order::Lifted.code()))
}

/// What lifting a closing changes.
pub(super) fn ending(closing: Closing, now: Moment) -> Effect {
    let at = now.max(closing.valid.from);
    Effect { closings_ended: vec![(closing, at)], ..Effect::default() }
}

/// The directory's closings, those that were, too.
async fn rows(app: &App) -> Result<Rows, ServiceError> {
    let db = app.store.read();
    Ok(directory::closings(db, directory::version(db).await?).await?)
}

/// The closings that are in force or will be.
///
/// # Errors
/// L-602 without the position.
pub async fn closings(app: &App, actor: &Actor) -> Result<Vec<Closing>, ServiceError> {
    actor.must_see(Duty::Close)?;
    Ok(rows(app).await?.open_at(app.now()).closings)
}
