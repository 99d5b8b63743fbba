//! Whoever is moved agrees, or declines.

use super::{missing, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::Act;
use liitos_domain::moves::{Consent, Course};
use liitos_store::{Lock, moves};

/// Agrees to being moved, or declines, for the organisation acted for: as long as its wave has not been entered one may think otherwise, also whoever gave its key or lets the other
/// act for it. One that need not be asked is not.
///
/// # Errors
/// L-602 without the position; L-605 when it is not asked, or its wave is entered already; L-609 when it is in no such move.
pub async fn answer(app: &App, actor: &Actor, number: &str, agrees: bool) -> Result<(), ServiceError> {
    let now = app.now();
    let party = actor.must(Act::Technical, now)?.clone();
    let tx = app.store.begin().await?;
    // A wave that enters at the same moment reads the answer, or comes before it.
    tx.lock(Lock::Directory).await?;
    let db = tx.connection();
    let one = moves::find(db, number).await?.filter(|one| one.course != Course::Draft).ok_or_else(missing)?;
    let how = moves::consents(db, one.key).await?.remove(&party).ok_or_else(missing)?;
    let planned = moves::planned(db, one.key, &party).await?;
    let open = matches!(one.course, Course::Sent | Course::Approved | Course::Halted);
    if !open || !planned || how == Consent::Needless || agrees && how.holds() {
        return Err(state_forbids(&one));
    }
    let says = if agrees { Consent::Given } else { Consent::Declined };
    if says == how {
        return Err(state_forbids(&one));
    }
    moves::agree(&tx, one.key, &[(party.clone(), says)], (&actor.reference, now)).await?;
    let what = if agrees { "agreed" } else { "declined" };
    // Who of its people it was is for nobody else to read.
    let as_party = Actor { name: party.to_string(), ..actor.clone() };
    super::happened(&tx, number, (what, Some(&as_party), Desk::Own), None, now).await?;
    tx.commit().await?;
    Ok(())
}
