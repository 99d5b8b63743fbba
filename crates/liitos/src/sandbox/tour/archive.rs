//! Steps 4 to 7, 10 and 11: what the archive takes and what it refuses.

use super::{Broken, Walk, accepted, holds, refused_with};
use crate::made::MESSAGE;
use crate::made::bundle;
use crate::made::{Variation, real_document_id};
use crate::peer::{Asker, Connection, FhirAsked};
use crate::sandbox::files::HUS;
use crate::sandbox::samples::SIGNER;
use base64::Engine as _;
use http::StatusCode;
use liitos_documents::message::read_message;
use liitos_documents::read_document_header;
use liitos_pki::Certificate;

/// 4: the real message, its signer registered by the operator; acknowledged and given back byte for byte.
pub(super) async fn real_message(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let lines: Vec<String> = base64::engine::general_purpose::STANDARD
        .encode(SIGNER)
        .as_bytes()
        .chunks(64)
        .map(|l| String::from_utf8_lossy(l).into_owned())
        .collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"));
    let form = [("joiner", HUS), ("certificate", pem.as_str()), ("reason", "published test message of 2017")];
    let registered = walk.operator.post("/office/signers", &form).await?;
    holds(registered.status == StatusCode::OK, || format!("the signer was not registered: {}", registered.status))?;
    let signer = Certificate::parse(SIGNER).map_err(|e| Broken(e.to_string()))?;
    let mut connection = walk.connect().await?;
    accepted(&connection.send(MESSAGE).await?)?;
    let fetched = connection.fetch(real_document_id(), HUS).await?;
    let sent = read_message(MESSAGE.as_bytes()).map_err(|finding| Broken(finding.to_string()))?.document;
    holds(fetched.status == StatusCode::OK && fetched.body == sent.as_bytes(), || {
        format!("fetched {} with {} bytes", fetched.status, fetched.body.len())
    })?;
    let at = liitos_documents::signature::verify(&sent).map_err(|finding| Broken(finding.to_string()))?.signed_at;
    let fingerprint = signer.fingerprint.to_string();
    Ok(format!(
        "AA under legacy (leaf {}…, signed {at}); fetched back, {} bytes equal",
        fingerprint.get(..12).unwrap_or_default(),
        sent.len()
    ))
}

/// 5: the stored acknowledgement, not a new one.
pub(super) async fn again(walk: &Walk<'_>) -> Result<String, Broken> {
    let mut connection = walk.connect().await?;
    let first = connection.send(MESSAGE).await?;
    let second = connection.send(MESSAGE).await?;
    accepted(&second)?;
    holds(first.body == second.body, || "two different acknowledgements".to_owned())?;
    let other = MESSAGE.replace("<acceptAckCode code=\"ER\"/>", "<acceptAckCode code=\"AL\"/>");
    let conflict = refused_with(&connection.send(&other).await?, &["L-503"])?;
    Ok(format!("the stored acknowledgement; other bytes under the id: {conflict}"))
}

/// 6: without the registration the same document is refused for three reasons at once.
pub(super) async fn strict(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let page = walk.operator.get("/office/signers").await?;
    let action = page.text.split("action=\"/office/signers/").nth(1).and_then(|rest| rest.split('"').next());
    let action = action.ok_or_else(|| Broken("no signer to withdraw".to_owned()))?;
    let withdrawn = walk.operator.post(&format!("/office/signers/{action}"), &[]).await?;
    holds(withdrawn.status == StatusCode::OK, || format!("the signer was not withdrawn: {}", withdrawn.status))?;
    let variation = Variation::with_new_ids(walk.run, 6)?;
    let answer = walk.connect().await?.send(&variation.message()?).await?;
    refused_with(&answer, &["L-403", "L-404", "L-405"])
}

/// 7: a copy signed with today's strength is stored.
pub(super) async fn signed_anew(walk: &Walk<'_>) -> Result<String, Broken> {
    let variation = anew(walk, 7)?;
    let mut connection = walk.connect().await?;
    accepted(&connection.send(&variation.message()?).await?)?;
    let fetched = connection.fetch(&variation.document_id, HUS).await?;
    holds(fetched.body == variation.document().as_bytes(), || {
        format!("fetched {} with {} bytes", fetched.status, fetched.body.len())
    })?;
    let header = read_document_header(variation.document()).map_err(|finding| Broken(finding.to_string()))?;
    let found = connection.search((&header.person.root, &header.person.extension), HUS).await?;
    let bundle: serde_json::Value = serde_json::from_slice(&found.body).map_err(|error| Broken(error.to_string()))?;
    let id = |entry: &serde_json::Value| entry.pointer("/resource/id")?.as_str().map(str::to_owned);
    let entries = bundle.get("entry").and_then(serde_json::Value::as_array).into_iter().flatten();
    let listed = entries.filter(|entry| id(entry).as_ref() == Some(&variation.document_id)).count();
    holds(listed == 1, || format!("looking for the client's documents answered {}: {bundle}", found.status))?;
    let provided = over_fhir(walk, &mut connection).await?;
    Ok(format!("AA under strict; found by its client, fetched back, bytes equal; {provided}"))
}

/// The same over FHIR: a bundle that is validated first, then stored.
async fn over_fhir(walk: &Walk<'_>, connection: &mut Connection) -> Result<String, Broken> {
    let variation = anew(walk, 77)?;
    let message_id = format!("{HUS}.13.2.1.{}.77.1", walk.run);
    let device = format!("{HUS}.13.2.1");
    let bundle = bundle(variation.document(), (&message_id, &device, HUS))?.to_string();
    let validated = connection.fhir(FhirAsked::Validate(bundle.clone()), &Asker::patients(HUS)).await?;
    holds(String::from_utf8_lossy(&validated.body).contains("informational"), || {
        format!("$validate answered {}: {}", validated.status, String::from_utf8_lossy(&validated.body))
    })?;
    let stored = connection.fhir(FhirAsked::Provide(bundle), &Asker::patients(HUS)).await?;
    holds(String::from_utf8_lossy(&stored.body).contains("201 Created"), || {
        format!("the bundle was answered {}: {}", stored.status, String::from_utf8_lossy(&stored.body))
    })?;
    let fetched = connection.fetch(&variation.document_id, HUS).await?;
    holds(fetched.body == variation.document().as_bytes(), || format!("fetched {}", fetched.status))?;
    Ok("another over FHIR: 201".to_owned())
}

/// 10: integrity.
pub(super) async fn changed_body(walk: &Walk<'_>) -> Result<String, Broken> {
    let variation = anew(walk, 9)?.with_changed_body();
    refused_with(&walk.connect().await?.send(&variation.message()?).await?, &["L-402"])
}

/// 11: the signature still holds, the controller is not the joiner's.
pub(super) async fn foreign_controller(walk: &Walk<'_>) -> Result<String, Broken> {
    let variation = anew(walk, 10)?.with_controller("1.2.246.10.99999984.19.0");
    let verified =
        liitos_documents::signature::verify(variation.document()).map_err(|finding| Broken(finding.to_string()))?;
    holds(verified.intact, || "the signature should still hold".to_owned())?;
    let proved = refused_with(&walk.connect().await?.send(&variation.message()?).await?, &["L-501"])?;
    Ok(format!("{proved}, signature intact"))
}

/// A message with new ids, signed by HUS's certificate of the sandbox's authority.
pub(super) fn anew(walk: &Walk<'_>, serial: u64) -> Result<Variation, Broken> {
    Ok(Variation::with_new_ids(walk.run, serial)?.signed_by(&walk.sandbox.pki.signer, walk.sandbox.app.now())?)
}
