//! Somebody halts a move, and may have the wave that was entered last go back.

use super::go_on::{Went, take_back};
use super::tell::{MoveTold, tell_soon};
use super::{Move, reason, state_forbids};
use crate::directory::change;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::{Course, Halt};
use liitos_domain::notice::MoveNews;
use liitos_store::moves;

/// Halts a move with a reason: nothing of it enters any more. `takes_back`: the wave that was entered last goes back, too, also of a move that is halted already.
///
/// # Errors
/// L-602 without the position; L-603 when it went on at the same time; L-605 when it does not go on, or nothing is there to go back; L-606 without a reason; L-609 for a foreign one.
pub async fn halt(
    app: &App,
    actor: &Actor,
    (desk, number): (Desk, &str),
    words: &str,
    takes_back: bool,
) -> Result<(), ServiceError> {
    let one = super::followed(app, actor, desk, number).await?;
    let words = reason(words)?;
    let tx = app.store.begin().await?;
    let (_, rows) = change::hold(&tx).await?;
    let now = app.now();
    let one = moves::find(tx.connection(), &one.number).await?.ok_or_else(super::missing)?;
    let why = if desk == Desk::Office { Halt::ByOperator } else { Halt::ByHand };
    let going = one.course == Course::Approved;
    let wave = one.entered.checked_sub(1).filter(|_| takes_back);
    if !(going || one.course == Course::Halted && takes_back) || takes_back && wave.is_none() {
        return Err(state_forbids(&one));
    }
    super::happened(&tx, number, ("halted", Some(actor), desk), Some(words), now).await?;
    match wave {
        Some(wave) => {
            let moved = moves::moved(tx.connection(), one.key).await?;
            let went = Went { one: &one, wave, why };
            if take_back(app, &tx, (&went, &moved), &rows, now).await? == 0 {
                return Err(state_forbids(&one));
            }
        }
        None => {
            let next = Move { course: Course::Halted, halt: Some(why), ..one };
            if !moves::keep(&tx, &next).await? {
                return Err(super::changed_meanwhile());
            }
            tell_soon(&tx, (&next, MoveNews::Halted), MoveTold::Waiting, now).await?;
        }
    }
    change::commit(app, tx).await
}
