//! Gives a move back to whoever sent it, to be mended.

use super::tell::{MoveTold, tell_soon};
use super::{Move, followed, keep, reason, state_forbids};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::moves::Course;
use liitos_domain::notice::MoveNews;
use liitos_store::moves;

/// Gives a move back, with a reason: it can be written on and sent again, and whoever has to agree is asked again then.
///
/// # Errors
/// L-602 without the position; L-603 when somebody else decided at the same time; L-605 when it does not wait; L-606 without a reason; L-609 when there is none.
pub async fn give_back(app: &App, actor: &Actor, number: &str, words: &str) -> Result<(), ServiceError> {
    let one = followed(app, actor, Desk::Office, number).await?;
    if one.course != Course::Sent {
        return Err(state_forbids(&one));
    }
    let (reason, now) = (reason(words)?, app.now());
    let next = Move { course: Course::Draft, ..one };
    let tx = app.store.begin().await?;
    moves::ask_anew(&tx, next.key).await?;
    keep(&tx, &next, ("given-back", Some(actor), Desk::Office), Some(reason), now).await?;
    tell_soon(&tx, (&next, MoveNews::GivenBack), MoveTold::Leader, now).await?;
    tell_soon(&tx, (&next, MoveNews::Waits), MoveTold::All, now).await?;
    tx.commit().await?;
    Ok(())
}
