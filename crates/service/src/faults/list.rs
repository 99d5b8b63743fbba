//! Faults and breaks, for the operator.

use super::Kept;
use crate::{Actor, App, ServiceError};
use liitos_domain::Duty;
use liitos_store::faults;

/// Shown on a page.
const SHOWN: u64 = 50;

/// The newest ones from before a key, and the key of the last where there are older ones.
///
/// # Errors
/// L-602 without the position.
pub async fn list(app: &App, actor: &Actor, before: Option<i64>) -> Result<(Vec<Kept>, Option<i64>), ServiceError> {
    actor.must_see(Duty::Inform)?;
    let mut found = faults::newest(app.store.read(), before, SHOWN + 1).await?;
    let more = found.len() > SHOWN as usize;
    found.truncate(SHOWN as usize);
    let older = found.last().map(|kept| kept.key).filter(|_| more);
    Ok((found, older))
}
