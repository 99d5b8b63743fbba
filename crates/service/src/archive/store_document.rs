//! Stores a document that an HL7 V3 message brings.

use super::accept::{Received, accept};
use super::arrive::{Arriving, busy};
use crate::{App, ServiceError};
use liitos_documents::acknowledgement::{AckType, Acknowledgement, Detail};
use liitos_documents::envelope::looks_like_soap;
use liitos_documents::message::{Message, read_message};
use liitos_domain::archive::Purpose;
use liitos_domain::document::{Envelope, Way, interaction_of};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_texts::refusal_for_peers;
use std::sync::Arc;

/// The facts that the front door verified and passed on.
#[derive(Clone, Debug)]
pub struct Door {
    /// The access point of the certificate.
    pub access_point: AccessPointOid,
    /// The organisation the message named at the door.
    pub represented: Oid,
    /// The tenant that was named beside it, and that the door found under it.
    pub tenant: Option<Oid>,
    /// The door's decision id.
    pub decision_id: String,
    /// The certificate that called, as the gateway's `Client-Cert` header has it (RFC 9440).
    pub client_cert: Option<String>,
    /// Why other providers' documents are asked for, where they are.
    pub purpose: Option<Purpose>,
}

impl Door {
    /// How a message came.
    pub(super) fn way<'a>(&'a self, app: &'a App) -> Way<'a> {
        Way { access_point: &self.access_point, represented: &self.represented, devices: &app.devices }
    }

    /// Who asks for a page of a search, and how: a link to the next one opens for nobody else.
    #[must_use]
    pub fn asker(&self, service: Service, how: &str) -> String {
        let tenant = self.tenant.as_ref().map_or("", Oid::as_str);
        format!("{} {} {} {tenant}{how}", service.code(), self.access_point, self.represented)
    }
}

/// How a message ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredHow {
    /// Stored now.
    New,
    /// It had been stored before: the same message's first answer is given again, another's is told since when.
    Again,
    /// Not stored, for these reasons.
    Refused(Vec<Finding>),
}

/// The answer to a message.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The acknowledgement to send.
    pub acknowledgement: String,
    /// How it ended.
    pub how: StoredHow,
}

impl Stored {
    /// The same answer in a SOAP envelope.
    fn in_soap(mut self) -> Self {
        self.acknowledgement = liitos_documents::acknowledgement::in_soap(&self.acknowledgement);
        self
    }
}

/// Stores the document of a message.
///
/// # Errors
/// Only our own failures; whatever is wrong with the message is an answer.
pub async fn store_document(app: &App, door: &Door, bytes: &[u8]) -> Result<Stored, ServiceError> {
    let arriving = Arriving::begin(app).await;
    let message = match busy(bytes.len(), || read_message(bytes)) {
        Ok(message) => message,
        Err(finding) => {
            return Ok(refuse_unread(app, door, bytes, finding));
        }
    };
    let interaction = match interaction_of(&message.envelope) {
        Ok(interaction) if interaction.operation == Operation::Write => interaction,
        // What asks brings nothing, whatever stands in it.
        Ok(_) => {
            let finding = Finding::new(RefusalCode::InteractionUnknown, "interactionId");
            return Ok(refuse(app, door, Some((&message.envelope, message.soap)), vec![finding]));
        }
        Err(finding) => return Ok(refuse(app, door, Some((&message.envelope, message.soap)), vec![finding])),
    };
    let received = Received {
        door: Arc::new(door.clone()),
        message,
        interaction: *interaction,
        hash: Sha256Hash::of(bytes),
        accepted: Box::new(accepted),
        tried: false,
    };
    let answer = (received.message.envelope.clone(), received.message.soap);
    match accept(app, received, arriving).await? {
        Ok(stored) => Ok(stored),
        Err(findings) => Ok(refuse(app, door, Some((&answer.0, answer.1)), findings)),
    }
}

fn accepted(received: &Received, at: Moment) -> String {
    let Message { envelope, soap, .. } = &received.message;
    acknowledge(&received.door, Some((envelope, *soap)), AckType::Accepted, &[], at)
}

/// The answer when storing failed for our own reasons: nothing is stored, and the message may be sent again.
#[must_use]
pub fn failed(app: &App, door: &Door, bytes: &[u8], error: &ServiceError) -> Stored {
    refuse_unread(app, door, bytes, Finding::new(error.code, "archive"))
}

/// The answer to a query that failed, in kind.
pub(super) fn query_failed(app: &App, door: &Door, asked: Option<(&Envelope, bool)>, finding: Finding) -> String {
    refuse(app, door, asked, vec![finding]).acknowledgement
}

/// A refusal of a message of which nothing but its first bytes is known, answered in kind.
fn refuse_unread(app: &App, door: &Door, bytes: &[u8], finding: Finding) -> Stored {
    let stored = refuse(app, door, None, vec![finding]);
    if looks_like_soap(bytes) { stored.in_soap() } else { stored }
}

/// What is answered, as far as it was read, and whether in a SOAP envelope.
type Answered<'a> = Option<(&'a Envelope, bool)>;

fn refuse(app: &App, door: &Door, message: Answered<'_>, findings: Vec<Finding>) -> Stored {
    let codes: Vec<String> = findings.iter().map(ToString::to_string).collect();
    tracing::info!(decision = door.decision_id, access_point = %door.access_point, findings = codes.join(", "), "a message was refused");
    let acknowledgement = acknowledge(door, message, AckType::Error, &findings, app.now());
    Stored { acknowledgement, how: StoredHow::Refused(findings) }
}

fn acknowledge(door: &Door, message: Answered<'_>, kind: AckType, findings: &[Finding], at: Moment) -> String {
    let detail = |finding: &Finding| Detail { finding: finding.clone(), text: refusal_for_peers(finding.code) };
    let details: Vec<Detail> = findings.iter().map(detail).collect();
    Acknowledgement {
        kind,
        id: &door.decision_id,
        at,
        target: message.map(|(envelope, _)| &envelope.message_id),
        receiver: message.map(|(envelope, _)| &envelope.sender),
        details: &details,
        soap: message.is_some_and(|(_, soap)| soap),
    }
    .to_xml()
}
