//! Moves a change to another day.

use super::arriving::not_received;
use super::check::again;
use super::{Change, changed_meanwhile, made, not_notified, open, works_for};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::change::Story;
use liitos_domain::{Moment, RefusalCode};
use liitos_store::changes;

/// How often in a day a joiner moves a change at most: each move is told to everybody, the code service among them.
const MOVES: u64 = 5;

/// Plans the change for another day that is to come; every party is told.
///
/// # Errors
/// L-602 for whoever has not made it; L-603 when somebody else changed it at the same time; L-605 when it is not followed any more, it is a notification's, or somebody is to receive for a unit that comes by it; L-606 when the day is no
/// day, has passed, or is the one of before; L-609 when there is none; L-613 when it was moved too often in a day.
pub async fn move_day(app: &App, actor: &Actor, desk: Desk, number: &str, day: Moment) -> Result<(), ServiceError> {
    let joiner = works_for(app, actor, desk)?;
    let (change, _) = open(app, number, joiner.as_ref()).await?;
    made(&change, joiner.as_ref())?;
    not_notified(app, &change, joiner.as_ref()).await?;
    let lately = changes::how_often(app.store.read(), change.key, "moved", app.now().plus_days(-1)).await?;
    if joiner.is_some() && lately >= MOVES {
        return Err(ServiceError::refused(RefusalCode::TooSoon, "change"));
    }
    if day != day.midnight() || day <= app.now() || day == change.story.day {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "day"));
    }
    not_received(app, &change).await?;
    let moved = Change { story: Story { day, ..change.story.clone() }, ..change };
    if again(app, moved, Some(actor)).await? { Ok(()) } else { Err(changed_meanwhile()) }
}
