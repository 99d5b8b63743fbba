//! A certificate is shown to us: by a gateway that saw it, on a document it signed, or by its keeper on the page.

use crate::{Actor, App, ServiceError};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::identifier::nodes::place;
use liitos_domain::notice::Ending;
use liitos_domain::{Act, Oid, RefusalCode};
use liitos_pki::{Certificate, parse_certificate};
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
        certificates::keep(&app.store, &known, app.now()).await?;
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
    certificates::keep(&app.store, &known, app.now()).await?;
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

/// Whether two OIDs are one owner's.
pub(super) fn same_owner(one: &Oid, other: &Oid) -> bool {
    one == other || matches!((place(one), place(other)), (Some(a), Some(b)) if a.owner == b.owner)
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
