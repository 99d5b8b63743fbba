//! Another unit takes the requests that wait for one: it ends, or its system does not come back.

use super::held;
use super::take::{goes_on, receives};
use crate::{Actor, App, ServiceError};
use liitos_domain::outbound::LAPSES_AFTER_DAYS;
use liitos_domain::{Duty, Oid, RefusalCode, Service};
use liitos_store::{audit, outbound};

/// Passes everything that waits for a unit on to another that receives now, and what its system rejected and has not lapsed; how many messages. They keep their ids. What is on its
/// way to the first unit at that moment stays with it; as anywhere, what was sent there and never acknowledged may be there, too. The directory's lock is held, so that the other unit does not end meanwhile.
///
/// # Errors
/// L-602 without the position; L-605 when nothing waits that is not on its way; L-606 when both are the same; why the other unit does not receive now,
/// and as long as a request lives.
pub async fn pass_on(app: &App, actor: &Actor, from: &Oid, to: &Oid) -> Result<u64, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    actor.must_be_person()?;
    if from == to {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "successor"));
    }
    let now = app.now();
    let reception = (to, Service::RenewalReception);
    let (tx, published) = held(app, |snapshot| receives(snapshot, reception, now)).await?;
    goes_on(&tx, reception, &published.snapshot.receivers(to, now), now).await?;
    let passed = outbound::pass_on(&tx, (from, to), (now, now.plus_days(-LAPSES_AFTER_DAYS))).await?;
    if passed == 0 {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "outbound"));
    }
    let details = serde_json::json!({ "to": to, "messages": passed });
    let event = audit::Event { actor: &actor.reference, action: "outbound.passed-on", subject: from.as_str(), details };
    audit::record(&tx, &event, now).await?;
    tx.commit().await?;
    Ok(passed)
}
