//! Stores documents that FHIR brings (IHE MHD, ITI-65), all of a bundle or none, or says what would be wrong with them.

use super::Door;
use super::accept::{Received, accept_all};
use super::arrive::{Arriving, busy};
use super::store_document::Stored;
use crate::{App, ServiceError};
use liitos_documents::fhir::{provided, read_provided};
use liitos_documents::message::Message;
use liitos_domain::Sha256Hash;
use liitos_domain::archive::Family;
use liitos_domain::document::providing;
use liitos_domain::refusal::Finding;
use std::sync::Arc;

/// How a bundle ended.
pub type Provided = Result<Stored, Vec<Finding>>;

/// Stores the documents of a bundle among a family's, all or none; the answer is the response to the transaction.
///
/// # Errors
/// Only our own failures; whatever is wrong with the bundle is an answer.
pub async fn provide_document(app: &App, door: &Door, family: Family, bytes: &[u8]) -> Result<Provided, ServiceError> {
    read(app, door, family, (bytes, false)).await
}

/// Says all that would be wrong with a bundle; nothing is stored.
///
/// # Errors
/// Only our own failures.
pub async fn validate_document(
    app: &App,
    door: &Door,
    family: Family,
    bytes: &[u8],
) -> Result<Vec<Finding>, ServiceError> {
    Ok(read(app, door, family, (bytes, true)).await?.err().unwrap_or_default())
}

async fn read(app: &App, door: &Door, family: Family, (bytes, tried): (&[u8], bool)) -> Result<Provided, ServiceError> {
    let arriving = Arriving::begin(app).await;
    let bundle = match busy(bytes.len(), || read_provided(bytes, family)) {
        Ok(bundle) => bundle,
        Err(finding) => return Ok(refused(door, vec![finding])),
    };
    let (kinds, hash) = (bundle.kinds, Sha256Hash::of(bytes));
    let version = |message: &Message| (message.header.id.clone(), message.header.version);
    let documents: Vec<_> = bundle.messages.iter().map(version).collect();
    let (door, answer) = (Arc::new(door.clone()), Arc::new((documents, kinds)));
    let received = bundle.messages.into_iter().map(|message| {
        let answer = Arc::clone(&answer);
        Received {
            door: Arc::clone(&door),
            message,
            interaction: providing(family),
            hash,
            accepted: Box::new(move |_, at| provided(&answer.0, &answer.1, at).json()),
            tried,
        }
    });
    let received: Vec<_> = received.collect();
    match accept_all(app, received, arriving).await? {
        Ok(stored) => Ok(Ok(stored)),
        Err(findings) => Ok(refused(&door, findings)),
    }
}

fn refused(door: &Door, findings: Vec<Finding>) -> Provided {
    let codes: Vec<String> = findings.iter().map(ToString::to_string).collect();
    tracing::info!(decision = door.decision_id, access_point = %door.access_point, findings = codes.join(", "), "document refused");
    Err(findings)
}
