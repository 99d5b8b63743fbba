//! Somebody says that everything that is kept is still right.

use super::{held, took_down};
use crate::{Actor, App, ServiceError};
use liitos_domain::contacts::Event;
use liitos_domain::{Act, RefusalCode};
use liitos_store::contacts::{self, Account};
use liitos_store::notices;

/// Everything is right as of now; the question is answered.
///
/// # Errors
/// L-602 without the right to keep contacts; L-605 before anything is joined.
pub async fn confirm(app: &App, actor: &Actor) -> Result<(), ServiceError> {
    let joiner = actor.must(Act::Keep, app.now())?;
    let (tx, _) = held(app, joiner).await?;
    let before = contacts::account(tx.connection(), joiner).await?;
    let before = before.ok_or_else(|| ServiceError::refused(RefusalCode::StateForbids, "joining"))?;
    let now = app.now();
    contacts::keep_account(&tx, joiner, &Account { confirmed_at: now, ..before }).await?;
    for notice in notices::open(tx.connection(), Some(joiner), super::remind::MOST_OPEN).await? {
        if matches!(notice.notice, liitos_domain::notice::Notice::StillRight { .. }) {
            notices::settle(&tx, notice.key, Some(joiner), &actor.reference, now).await?;
        }
    }
    took_down(&tx, actor, joiner, (Event::Confirmed, "", Vec::new()), now).await?;
    tx.commit().await?;
    Ok(())
}
