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
/// The controller of what is in the Prescription Centre, as Kela's own samples name it.
const KELA: &str = "1.2.246.10.2462460.19.1";

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
            body: body(&one, unit, &id, app.now()).into_bytes(),
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

/// The request: a CDA R2 document of type 8 whose recipient is the unit, in the custody of Kela as all of the Prescription Centre; who asks is of the 900 series, and it says
/// that it is a test. Which prescription it is about, and what stands in its body, is not public.
fn body(one: &DeploymentTest, unit: &Oid, id: &str, at: Moment) -> String {
    let person = one.content.persons.first().map(String::as_str).unwrap_or_default();
    let at = at.civil().strftime("%Y%m%d%H%M%S");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <ClinicalDocument xmlns=\"urn:hl7-org:v3\">\
         <realmCode code=\"FI\"/>\
         <typeId extension=\"POCD_HD000040\" root=\"2.16.840.1.113883.1.3\"/>\
         <templateId root=\"1.2.246.777.11.2020.2\"/>\
         <id root=\"{unit}\" extension=\"{id}\"/>\
         <code code=\"8\" codeSystem=\"1.2.246.537.5.40105.2006\" codeSystemName=\"Sähköinen lääkemääräys - Reseptisanoman tyyppi\" displayName=\"Uusimispyyntö\"/>\
         <title>Uusimispyyntö (käyttöönottokoe)</title>\
         <effectiveTime value=\"{at}\"/>\
         <confidentialityCode code=\"5\" codeSystem=\"1.2.246.777.5.99902.2006\"/>\
         <languageCode code=\"fi\"/>\
         <setId root=\"{unit}\" extension=\"{id}\"/>\
         <versionNumber value=\"1\"/>\
         <recordTarget><patientRole><id extension=\"{person}\" root=\"1.2.246.21\"/></patientRole></recordTarget>\
         <author><time value=\"{at}\"/><assignedAuthor><id extension=\"{person}\" root=\"1.2.246.21\"/></assignedAuthor></author>\
         <custodian><assignedCustodian><representedCustodianOrganization><id root=\"{KELA}\"/><name>Kansaneläkelaitos</name>\
         </representedCustodianOrganization></assignedCustodian></custodian>\
         <informationRecipient><intendedRecipient><receivedOrganization><id root=\"{unit}\"/></receivedOrganization></intendedRecipient></informationRecipient>\
         <component><structuredBody><component><section><title>Uusimispyyntö</title><text>Käyttöönottokoe: testiasiakkaan uusimispyyntö {id}.</text>\
         </section></component></structuredBody></component>\
         </ClinicalDocument>\n"
    )
}
