//! Documents of which the use log tells that they were stored, and that are not there: nothing is ever taken out of the archive, so these were lost.

use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_store::archive;

/// Lines that are looked at in one piece.
const AT_ONCE: u64 = 2_000;

/// Looks through the whole use log for stored documents that are not there: their ids, when they were stored, and in whose register; up to so many. `told`:
/// how many lines have been looked at. What an older program brought over has no line, and is not missed.
///
/// # Errors
/// [`ServiceError`].
pub async fn missing_documents(
    app: &App,
    most: usize,
    mut told: impl FnMut(u64),
) -> Result<Vec<(String, Moment, String)>, ServiceError> {
    let (mut missing, mut after, mut looked) = (Vec::new(), 0, 0);
    while missing.len() < most {
        let Some(piece) = archive::lost_after(app.store.read(), after, AT_ONCE).await? else { break };
        missing.extend(piece.lost);
        looked += piece.looked;
        after = piece.last;
        told(looked);
    }
    missing.truncate(most);
    Ok(missing)
}
