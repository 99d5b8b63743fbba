//! A move that was halted goes on, at another time.

use super::tell::{MoveTold, tell_soon};
use super::{Move, followed, keep, said, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::{Course, Halt, LEAD_SECONDS, Schedule, Seat, Standing};
use liitos_domain::notice::MoveNews;
use liitos_domain::{Moment, RefusalCode, typed};
use liitos_store::Lock;
use liitos_store::moves::{self, Moved};

/// Lets a halted move go on with whoever still waits, from another second on, never sooner than they were told: what was approved stays approved. Whoever waits is told the new
/// second. One that the operator has halted only the operator lets go on.
///
/// # Errors
/// L-602 without the position, or for one that the operator has halted; L-603 when somebody else changed it at the same time; L-605 when it is not halted, or nobody waits any more;
/// L-606 for a time that is none, or too near, with the earliest; L-609 for a foreign one.
pub async fn resume(
    app: &App,
    actor: &Actor,
    (desk, number): (Desk, &str),
    (day, time): (&str, &str),
) -> Result<(), ServiceError> {
    let one = followed(app, actor, desk, number).await?;
    if one.course != Course::Halted {
        return Err(state_forbids(&one));
    }
    if one.halt == Some(Halt::ByOperator) && desk == Desk::Own {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, Halt::ByOperator.code()));
    }
    let (now, schedule) = (app.now(), said(&one)?.schedule);
    let tx = app.store.begin().await?;
    // No wave goes back meanwhile.
    tx.lock(Lock::Directory).await?;
    let moved = moves::moved(tx.connection(), one.key).await?;
    let waits = || moved.iter().filter(|one| one.standing == Standing::Planned);
    let earliest = earliest(&one, (&moved, schedule), now).ok_or_else(|| state_forbids(&one))?;
    let start = typed::moment(day.trim(), time.trim()).ok().flatten().filter(|start| *start >= earliest);
    let too_near = || ServiceError::refused(RefusalCode::FormInvalid, format!("start_day: {}", earliest.civil()));
    let start = start.ok_or_else(too_near)?;
    let gone = moved.iter().any(|one| one.standing == Standing::Entered);
    let seats = schedule.again(gone, start).seats(waits().count());
    let later = |seat: Seat| Seat { wave: seat.wave + one.entered, ..seat };
    let seats: Vec<(usize, Seat)> = waits().map(|one| one.place).zip(seats.into_iter().map(later)).collect();
    moves::reseat(&tx, one.key, &seats).await?;
    let next = Move { course: Course::Approved, halt: None, ..one };
    keep(&tx, &next, ("resumed", Some(actor), desk), Some(start.civil().to_string()), now).await?;
    tell_soon(&tx, (&next, MoveNews::Moved), MoveTold::Waiting, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The earliest second: nobody goes sooner than they were told, nor before what went last was watched. Nothing when nobody waits.
fn earliest(one: &Move, (moved, schedule): (&[Moved], Schedule), now: Moment) -> Option<Moment> {
    let of = |standing| moved.iter().filter(move |one| one.standing == standing);
    let told = of(Standing::Planned).map(|one| one.seat.at).min()?;
    let last = one.entered.checked_sub(1);
    let last = of(Standing::Entered).filter(|one| Some(one.seat.wave) == last).map(|one| one.seat.at).max();
    // It is entered so long before.
    let watched = last.map(|at| at.plus_seconds(schedule.pause.saturating_add(LEAD_SECONDS)));
    Some(now.plus_seconds(LEAD_SECONDS).max(told).max(watched.unwrap_or(told)))
}
