//! A move that was halted goes on, at another time.

use super::tell::{MoveTold, tell_soon};
use super::{Move, followed, keep, said, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_domain::moves::{Course, LEAD_SECONDS, Seat, Standing};
use liitos_domain::notice::MoveNews;
use liitos_domain::typed;
use liitos_store::moves;

/// Lets a halted move go on with whoever still waits, from another second on: what was approved stays approved, whenever it is done. Whoever waits is told the new second.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else changed it at the same time; L-605 when it is not halted, or nobody waits any more; L-606 for a time that is none, or too near;
/// L-609 for a foreign one.
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
    let now = app.now();
    let start = typed::moment(day.trim(), time.trim()).ok().flatten();
    let start = start.filter(|start| *start >= now.plus_seconds(LEAD_SECONDS));
    let start = start.ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "start_day"))?;
    let tx = app.store.begin().await?;
    let moved = moves::moved(tx.connection(), one.key).await?;
    let waits: Vec<usize> = moved.iter().filter(|one| one.standing == Standing::Planned).map(|one| one.place).collect();
    if waits.is_empty() {
        return Err(state_forbids(&one));
    }
    let seats = said(&one)?.schedule.again(one.entered, start).seats(waits.len());
    let later = |seat: Seat| Seat { wave: seat.wave + one.entered, ..seat };
    let seats: Vec<(usize, Seat)> = waits.into_iter().zip(seats.into_iter().map(later)).collect();
    moves::reseat(&tx, one.key, &seats).await?;
    let next = Move { course: Course::Approved, halt: None, ..one };
    keep(&tx, &next, ("resumed", Some(actor), desk), Some(start.civil().to_string()), now).await?;
    tell_soon(&tx, (&next, MoveNews::Moved), MoveTold::Waiting, now).await?;
    tx.commit().await?;
    Ok(())
}
