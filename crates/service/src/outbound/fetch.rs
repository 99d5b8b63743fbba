//! A unit's system fetches what waits for it, and says what it has.

use super::take::is_id;
use crate::archive::Door;
use crate::directory::publication;
use crate::{App, ServiceError};
use liitos_domain::outbound::OutboundState;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_store::outbound::{self, Message};

/// The message that has waited longest for the unit that calls, if any waits that is not on its way. It is given again after a while unless the unit says that it has it: with the
/// same id, by which it tells what it has already.
///
/// # Errors
/// Why the unit does not receive now, as the directory says; L-213 where it receives through another access point.
pub async fn fetch(app: &App, door: &Door) -> Result<Option<Message>, ServiceError> {
    receives_here(app, door).await?;
    Ok(outbound::fetch(&app.store, &door.represented, app.now()).await?)
}

/// The unit has a message: its bytes are kept no longer. Said again, it is so already.
///
/// # Errors
/// As [`fetch`]; L-606 for an id that is none; L-609 when no message of the unit has it; L-605 when it has lapsed, or the unit's system has rejected it.
pub async fn received(app: &App, door: &Door, id: &str) -> Result<(), ServiceError> {
    receives_here(app, door).await?;
    if !is_id(id) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "message id"));
    }
    let unit: &Oid = &door.represented;
    if outbound::received(&app.store, (id, unit), app.now()).await? {
        return Ok(());
    }
    let found = outbound::find(app.store.read(), id).await?.filter(|message| message.unit == *unit);
    match found.map(|message| message.state) {
        Some(OutboundState::Delivered) => Ok(()),
        Some(state) => Err(ServiceError::refused(RefusalCode::StateForbids, state.code())),
        None => Err(ServiceError::refused(RefusalCode::NotFound, "message id")),
    }
}

/// Whether the unit receives now, and through the access point that calls: the door has decided that it may, and the directory may say otherwise by now.
async fn receives_here(app: &App, door: &Door) -> Result<(), ServiceError> {
    let published = publication::current(app).await?;
    let reception = published.snapshot.reception(&door.represented, Service::RenewalReception, app.now());
    let (point, _) = reception.map_err(|(code, place)| ServiceError::refused(code, place))?;
    if point.oid != door.access_point {
        return Err(ServiceError::refused(RefusalCode::NoRight, "access-point"));
    }
    Ok(())
}
