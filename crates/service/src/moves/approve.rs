//! Approves a move as it was shown: from then on it goes by itself.

use super::look::looked;
use super::tell::{MoveTold, tell_soon};
use super::{Move, followed, keep, state_forbids};
use crate::directory::change;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::Course;
use liitos_domain::notice::MoveNews;
use liitos_domain::{Duty, RefusalCode, Sha256Hash};
use liitos_store::moves;

/// Approves a move by the hash that was shown.
///
/// # Errors
/// L-602 without the position, or for a program; L-604 when it does not do what was shown any more; L-605 when it does not wait; L-606 with the first thing that stands in its way
/// by now; L-609 when there is none.
pub async fn approve(app: &App, actor: &Actor, number: &str, shown: &Sha256Hash) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    let one = followed(app, actor, Desk::Office, number).await?;
    if one.course != Course::Sent {
        return Err(state_forbids(&one));
    }
    let tx = app.store.begin().await?;
    // What is looked at here cannot change before it is approved.
    change::hold(&tx).await?;
    let looked = looked(app, &one).await?;
    if looked.hash != *shown {
        return Err(ServiceError::refused(RefusalCode::EffectChanged, "move"));
    }
    if let Some(hindrance) = looked.hindrance() {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, &hindrance));
    }
    let now = app.now();
    moves::put_moved(&tx, one.key, &looked.moved()?).await?;
    let next = Move { course: Course::Approved, approver: Some(actor.reference.clone()), ..one };
    keep(&tx, &next, ("approved", Some(actor), Desk::Office), None, now).await?;
    tell_soon(&tx, (&next, MoveNews::Coming), MoveTold::All, now).await?;
    tx.commit().await?;
    Ok(())
}
