//! Any document as FHIR brings it: a transaction that says of it what its own header says.

use super::Unmade;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_documents::read_document_header;
use liitos_domain::document::{INVALIDATES, REASONS};
use serde_json::{Value, json};

/// A bundle that brings a document. `message_id`: the bundle's own; `device`: what sends it; `represented`: for which organisation.
///
/// # Errors
/// When the document's header cannot be read.
pub fn bundle(document: &str, (message_id, device, represented): (&str, &str, &str)) -> Result<Value, Unmade> {
    let header = read_document_header(document).map_err(|finding| Unmade(finding.to_string()))?;
    let identifier = |oid: &str| json!({"system": "urn:ietf:rfc:3986", "value": format!("urn:oid:{oid}")});
    let meant = |oid: &str| json!({"identifier": identifier(oid)});
    let code = |system: &str, code: &str| json!({"coding": [{"system": format!("urn:oid:{system}"), "code": code}]});
    let unit = header.unit.iter().map(|unit| meant(unit.as_str())).collect::<Vec<_>>();
    let events = header.event.iter().map(|event| meant(event.as_str())).collect::<Vec<_>>();
    let related = header.follows.iter().map(|follows| {
        let how = if follows.replaces { "replaces" } else { "appends" };
        json!({"code": how, "target": meant(follows.id.as_str())})
    });
    let related = related.collect::<Vec<_>>();
    let reference = json!({
        "resourceType": "DocumentReference",
        "masterIdentifier": identifier(header.id.as_str()),
        "identifier": [identifier(header.set_id.as_str())],
        "status": "current",
        "docStatus": if header.unfinished { "preliminary" } else { "final" },
        "category": [code(&header.register.system, &header.register.code)],
        "subject": {"identifier": {
            "system": format!("urn:oid:{}", header.person.root),
            "value": header.person.extension,
        }},
        "author": unit,
        "context": {"encounter": events},
        "relatesTo": related,
        "custodian": meant(header.custodian.as_str()),
        "content": [{"attachment": {
            "contentType": "application/xml",
            "url": "urn:uuid:2c6c4f0e-0000-4000-8000-000000000002",
            "size": document.len(),
        }}],
    });
    let provenance = json!({
        "resourceType": "Provenance",
        "target": [{"reference": "urn:uuid:2c6c4f0e-0000-4000-8000-000000000001"}],
        "recorded": "2026-11-26T12:00:00+02:00",
        "agent": [{"who": meant(device), "onBehalfOf": meant(represented)}],
    });
    let binary = json!({
        "resourceType": "Binary",
        "contentType": "application/xml",
        "data": BASE64_STANDARD.encode(document),
    });
    let entry = |last: u8, resource: Value| {
        let kind = resource.get("resourceType").cloned();
        json!({
            "fullUrl": format!("urn:uuid:2c6c4f0e-0000-4000-8000-00000000000{last}"),
            "resource": resource,
            "request": {"method": "POST", "url": kind},
        })
    };
    Ok(json!({
        "resourceType": "Bundle",
        "identifier": identifier(message_id),
        "type": "transaction",
        "entry": [entry(1, reference), entry(2, binary), entry(3, provenance)],
    }))
}

/// The same bundle, declaring the set of its document void instead of correcting it.
#[must_use]
pub fn voiding(mut bundle: Value) -> Value {
    let reason = json!([{"coding": [{"system": format!("urn:oid:{REASONS}"), "code": INVALIDATES}]}]);
    if let Some(provenance) = bundle.pointer_mut("/entry/2/resource").and_then(Value::as_object_mut) {
        provenance.insert("reason".to_owned(), reason);
    }
    bundle
}

/// The same bundle, as prescriptions are brought: their register has no types.
#[must_use]
pub fn of_prescription(mut bundle: Value) -> Value {
    if let Some(reference) = bundle.pointer_mut("/entry/0/resource").and_then(Value::as_object_mut) {
        reference.remove("category");
    }
    bundle
}

/// The same bundle, recorded at another time (RFC 3339).
#[must_use]
pub fn recorded_at(mut bundle: Value, at: &str) -> Value {
    if let Some(provenance) = bundle.pointer_mut("/entry/2/resource").and_then(Value::as_object_mut) {
        provenance.insert("recorded".to_owned(), at.into());
    }
    bundle
}
