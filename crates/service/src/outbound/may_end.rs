//! No unit ends with requests in it that nobody has answered.

use crate::ServiceError;
use liitos_domain::{Oid, RefusalCode};
use liitos_store::{Transaction, outbound};
use std::collections::BTreeSet;

/// Whether some units may receive nothing any more: nothing waits for any of them. Whoever asks holds the directory's lock, as whoever takes a message does:
/// none comes in between.
///
/// # Errors
/// L-618 with the units and how many messages wait.
pub(crate) async fn may_end(tx: &Transaction, units: &BTreeSet<Oid>) -> Result<(), ServiceError> {
    if units.is_empty() {
        return Ok(());
    }
    let mut told = Vec::new();
    for unit in units {
        match outbound::waiting_for(tx.connection(), [unit].into_iter()).await? {
            0 => {}
            waiting => told.push(format!("{unit} ({waiting})")),
        }
    }
    if told.is_empty() {
        return Ok(());
    }
    Err(ServiceError { place: told.join(", "), ..ServiceError::refused(RefusalCode::RequestsUnanswered, "") })
}
