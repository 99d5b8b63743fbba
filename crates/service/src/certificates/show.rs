//! A certificate is shown to us: by a gateway that saw it, on a document it signed, or by its keeper on the page.

use crate::{Actor, App, ServiceError};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::identifier::nodes::same_owner;
use liitos_domain::notice::Ending;
use liitos_domain::{Act, Oid, RefusalCode};
use liitos_pki::{Certificate, Purpose, parse_certificate};
use liitos_store::audit;
use liitos_store::certificates::{self, KnownCertificate};

/// Keeps a certificate that came with traffic. What is known already costs nothing.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub(crate) async fn seen(app: &App, certificate: &Certificate, purpose: Ending) -> Result<(), ServiceError> {
    if app.certificates_seen.contains(&certificate.fingerprint) {
        return Ok(());
    }
    if let Some(known) = facts(certificate, purpose) {
        keep(app, certificate, &known).await?;
    }
    app.certificates_seen.add(certificate.fingerprint);
    Ok(())
}

/// Keeps a certificate that its keeper brings, so that it is warned before it ends though it is not in use yet.
///
/// # Errors
/// L-602 without the right to see to certificates or when the certificate is another's; L-606 when it is no certificate with a Subject
/// serialNumber.
pub async fn show(app: &App, actor: &Actor, bytes: &[u8]) -> Result<KnownCertificate, ServiceError> {
    let joiner = actor.must(Act::Technical, app.now())?;
    let wrong = |place: &str| ServiceError::refused(RefusalCode::FormInvalid, place);
    let certificate = parse_certificate(bytes).map_err(|_| wrong("certificate"))?;
    let point = certificate.access_point().ok();
    let purpose = if point.is_some() { Ending::ServerCertificate } else { Ending::SignatureCertificate };
    let known = facts(&certificate, purpose).ok_or_else(|| wrong("serialNumber"))?;
    let holder = match &point {
        Some(point) => point.administrator(),
        None => Oid::parse(&known.holder).map_err(|_| wrong("serialNumber"))?,
    };
    if !same_owner(&holder, joiner) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, "certificate"));
    }
    keep(app, &certificate, &known).await?;
    let tx = app.store.begin().await?;
    let event = audit::Event {
        actor: &actor.reference,
        action: "certificate.shown",
        subject: &known.holder,
        details: serde_json::json!({ "fingerprint": known.fingerprint }),
    };
    audit::record(&tx, &event, app.now()).await?;
    tx.commit().await?;
    Ok(known)
}

/// Keeps what is known of a certificate, and what rules ask of it.
async fn keep(app: &App, certificate: &Certificate, known: &KnownCertificate) -> Result<(), ServiceError> {
    let purpose = match known.purpose {
        Ending::SignatureCertificate => Purpose::Signature,
        _ => Purpose::Server,
    };
    certificates::keep(&app.store, known, &certificate.found(purpose, None), app.now()).await?;
    Ok(())
}

/// Keeps certificates of access points that were pasted where their fingerprints are asked: of those that are the keeper's own.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub(crate) async fn keep_pasted(app: &App, keeper: &Oid, all: &[Certificate]) -> Result<(), ServiceError> {
    for certificate in all {
        let own = certificate.access_point().is_ok_and(|point| same_owner(&point.administrator(), keeper));
        if let Some(known) = facts(certificate, Ending::ServerCertificate).filter(|_| own) {
            keep(app, certificate, &known).await?;
        }
    }
    Ok(())
}

fn facts(certificate: &Certificate, purpose: Ending) -> Option<KnownCertificate> {
    let holder = match AccessPointOid::parse(certificate.subject_serial_number().ok()?) {
        Ok(point) => point.to_string(),
        Err(_) => Oid::parse(certificate.subject_serial_number().ok()?).ok()?.to_string(),
    };
    Some(KnownCertificate {
        fingerprint: certificate.fingerprint,
        holder,
        purpose,
        name: certificate.common_names.first().cloned().unwrap_or_default(),
        valid: certificate.valid,
    })
}
