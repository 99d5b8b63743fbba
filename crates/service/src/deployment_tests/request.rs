//! A renewal request that a test asks for: brought by us to one of the joiner's units, as any other.

use super::{DeploymentTest, followed, happened, runs, state_forbids, wrong};
use crate::notices::Desk;
use crate::outbound::{Handed, Taken, take};
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::Deed;
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_store::outbound::{self, Message};

/// Most in one test.
const MOST: usize = 20;

fn id(number: &str, nth: usize) -> String {
    format!("deployment-test-{number}-{nth}")
}

/// The requests of a test, each with when it ended.
pub(super) async fn requests(app: &App, number: &str) -> Result<Vec<(Message, Option<Moment>)>, ServiceError> {
    let mut requests = Vec::new();
    for nth in 1..=MOST {
        match outbound::find_ended(app.store.read(), &id(number, nth)).await? {
            Some(found) => requests.push(found),
            None => break,
        }
    }
    Ok(requests)
}

/// Sends a renewal request of a test client to a unit of the joiner's: its id.
///
/// # Errors
/// L-602 without the position; L-605 when the test is not being made, or has sent too many; L-606 when it does not test that, or the unit is none of the joiner's that receives; L-609
/// for a foreign test.
pub async fn request(app: &App, actor: &Actor, number: &str, unit: &Oid) -> Result<String, ServiceError> {
    let one = followed(app, actor, Desk::Own, number).await?;
    if !runs(one.course) {
        return Err(state_forbids(&one));
    }
    if !one.content.cases.iter().any(|case| case.deed == Deed::Delivered) {
        return Err(wrong("case"));
    }
    let own = super::begin::rights(app, &one.joiner).await?;
    let receives =
        own.iter().any(|right| right.service == Service::RenewalReception && right.unit.as_ref() == Some(unit));
    if !receives {
        return Err(wrong("unit"));
    }
    // Of two who ask at once each gets its own.
    let first = requests(app, number).await?.len() + 1;
    let mut sent = None;
    for nth in first..=MOST {
        let id = id(number, nth);
        let handed = Handed {
            id: id.clone(),
            unit: unit.clone(),
            service: Service::RenewalReception,
            media_type: "application/hl7-v3+xml".to_owned(),
            body: body(&one, &id).into_bytes(),
        };
        if take(app, &Sha256Hash::of(b"deployment test"), handed).await? == Taken::Now {
            sent = Some(id);
            break;
        }
    }
    let id = sent.ok_or_else(|| ServiceError::refused(RefusalCode::StateForbids, "requests"))?;
    let tx = app.store.begin().await?;
    happened(&tx, number, ("requested", actor, Desk::Own), Some(id.clone()), app.now()).await?;
    tx.commit().await?;
    Ok(id)
}

/// The request: who asks, of the 900 series, and that it is a test. What a real one holds is not public.
fn body(one: &DeploymentTest, id: &str) -> String {
    let person = one.content.persons.first().map(String::as_str).unwrap_or_default();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<renewalRequest xmlns=\"urn:liitos:deployment-test\"><id extension=\"{id}\"/>\
         <patient><id root=\"1.2.246.21\" extension=\"{person}\"/></patient><processingCode code=\"T\"/></renewalRequest>\n"
    )
}
