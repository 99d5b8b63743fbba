//! A move is taken back, or what is left of it given up.

use super::count::seen;
use super::tell::{MoveTold, tell_soon};
use super::{Move, followed, keep, reason, report, said, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::Course;
use liitos_domain::notice::MoveNews;
use liitos_store::{Lock, moves};

/// Gives a move up, with a reason: whoever still waits stays as it is. Of one that nothing was entered of nothing remains; of another what was done stays, and is reported. One that
/// goes on by itself and has begun is halted first.
///
/// # Errors
/// L-602 without the position; L-603 when it went on at the same time; L-605 when it has begun and is not halted, or is over; L-606 without a reason; L-609 for a foreign one.
pub async fn give_up(app: &App, actor: &Actor, (desk, number): (Desk, &str), words: &str) -> Result<(), ServiceError> {
    let one = followed(app, actor, desk, number).await?;
    let words = reason(words)?;
    let tx = app.store.begin().await?;
    // No wave enters meanwhile.
    tx.lock(Lock::Directory).await?;
    let one = moves::find(tx.connection(), &one.number).await?.ok_or_else(super::missing)?;
    let now = app.now();
    // What is written on is the organisation's alone.
    if one.course == Course::Draft && desk == Desk::Office {
        return Err(super::missing());
    }
    let told = one.sent_at.is_some();
    let next = match one.course {
        Course::Draft | Course::Sent | Course::Approved | Course::Halted if one.entered == 0 => {
            Move { course: Course::Withdrawn, ..one }
        }
        Course::Halted => {
            let counted = seen(app, (&one, &said(&one)?), one.entered.checked_sub(1), now).await?;
            moves::count(&tx, one.key, &counted.each).await?;
            let moved = moves::moved(tx.connection(), one.key).await?;
            let report = report::sealed(app, (&one, &moved), now).await?;
            Move { course: Course::Over, report: Some(report), ..one }
        }
        _ => return Err(state_forbids(&one)),
    };
    keep(&tx, &next, ("given-up", Some(actor), desk), Some(words), now).await?;
    if told {
        tell_soon(&tx, (&next, MoveNews::Withdrawn), MoveTold::Waiting, now).await?;
    }
    tx.commit().await?;
    Ok(())
}
