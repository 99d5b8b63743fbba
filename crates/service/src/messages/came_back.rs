//! A message did not arrive: the joiner's administrative contact is told, and the address counts as unproved.

use super::Message;
use crate::{App, ServiceError, notices};
use liitos_domain::notice::Notice;
use liitos_store::{Transaction, contacts};

/// Tells of a message that did not arrive, once a day for each address.
pub(super) async fn came_back(app: &App, tx: &Transaction, message: &Message) -> Result<(), ServiceError> {
    let (Some(joiner), Some(channel)) = (message.about(), message.channel()) else { return Ok(()) };
    let (address, now) = (message.to().to_owned(), app.now());
    contacts::address_failed(tx, joiner, (channel, &address), now).await?;
    let day = now.civil().date();
    let same = format!("undelivered {joiner} {channel} {address} {day}");
    let notice = Notice::Undelivered { channel, address, subject: message.subject().to_owned() };
    notices::tell(app, tx, &same, joiner, &notice, now).await?;
    Ok(())
}
