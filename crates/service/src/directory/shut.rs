//! Closing something for a while, whatever rights say: at once, by one person, because it may be an emergency – and for no longer than
//! one person may close alone; longer closings are proposed and approved by somebody else. Lifting it, too.

use super::order::order;
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::{Closing, Effect, Order, Row as _};
use liitos_domain::{Duty, Interval, Moment, RefusalCode, Sha256Hash, typed};
use liitos_store::directory;

/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 500;

/// So long one person may close something alone. Assumed.
pub const ALONE_SECONDS: i64 = 24 * 3600;

/// Whether a closing from now on is short enough for one person.
#[must_use]
pub fn alone(closing: &Closing, now: Moment) -> bool {
    closing.valid.until.is_some_and(|until| until <= now.plus_seconds(ALONE_SECONDS))
}

/// Closes what `closing` names from now on until its end. Gives the directory's version.
///
/// # Errors
/// L-602 without the position, or for a program that closed the same lately; L-606 when it would end before it begins, or without a
/// reason; L-614 when it is longer than one person may close alone; L-604 when the same is closed already, or it names what the
/// directory does not know.
pub async fn shut(app: &App, actor: &Actor, closing: Closing) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    if closing.valid.ended(now) {
        return Err(wrong("until"));
    }
    let reason = typed::line(&closing.reason, MAX_REASON).ok_or_else(|| wrong("reason"))?;
    if !alone(&closing, now) {
        return Err(ServiceError::refused(RefusalCode::SecondPersonNeeded, "until"));
    }
    let closing = Closing { valid: Interval::new(now, closing.valid.until), reason, ..closing };
    // Again and again for a day is what two persons decide: a program does not.
    if lately(app, &closing, now).await? {
        actor.must_be_person()?;
    }
    order(app, actor, Order::Shut, |_| Some(Effect { closings_opened: vec![closing], ..Effect::default() })).await
}

/// Whether the same was closed within the time that one may close alone.
async fn lately(app: &App, closing: &Closing, now: Moment) -> Result<bool, ServiceError> {
    let db = app.store.read();
    let rows = directory::closings(db, directory::version(db).await?).await?;
    let since = now.plus_seconds(-ALONE_SECONDS);
    Ok(rows.closings.iter().any(|held| held.same_key(closing) && held.valid.until.is_none_or(|until| until > since)))
}

/// Lifts a closing that is in force, or will be, from now on; it is named by the hash of its row.
///
/// # Errors
/// L-602 without the position, or for a program where two persons closed it; L-605 when there is no such closing.
pub async fn lift(app: &App, actor: &Actor, closing: &Sha256Hash) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Close)?;
    let now = app.now();
    let named = |held: &&Closing| Sha256Hash::of_canonical(held).is_ok_and(|hash| hash == *closing);
    // What two persons closed is a person's to open.
    if closings(app, actor).await?.iter().find(named).is_some_and(|held| !alone(held, held.valid.from)) {
        actor.must_be_person()?;
    }
    order(app, actor, Order::Lifted, |rows| {
        let open = rows.closings.iter().find(|held| named(held) && !held.valid.ended(now))?;
        let ended = vec![(open.clone(), now.max(open.valid.from))];
        Some(Effect { closings_ended: ended, ..Effect::default() })
    })
    .await
}

/// The closings that are in force or will be.
///
/// # Errors
/// L-602 without the position.
pub async fn closings(app: &App, actor: &Actor) -> Result<Vec<Closing>, ServiceError> {
    actor.must_see(Duty::Close)?;
    let db = app.store.read();
    let rows = directory::closings(db, directory::version(db).await?).await?;
    Ok(rows.open_at(app.now()).closings)
}
