//! The operator vouches for one old certificate of one joiner.

use crate::{Actor, App, ServiceError};
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::{Duty, Oid, RefusalCode, Sha256Hash, typed};
use liitos_pki::parse_certificate;
use liitos_store::audit;
use liitos_store::signers::{self, LegacySigner};

/// Registers a certificate (PEM or DER). It must name the joiner.
///
/// # Errors
/// L-602 without the position; L-606 when the file is no certificate or names another.
pub async fn register(
    app: &App,
    actor: &Actor,
    joiner: &Oid,
    certificate: &[u8],
    reason: &str,
) -> Result<Sha256Hash, ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let refused = |place: String| ServiceError::refused(RefusalCode::FormInvalid, place);
    let reason = typed::line(reason, MAX_FIELD_CHARS).ok_or_else(|| refused("reason".to_owned()))?;
    let parsed = parse_certificate(certificate).map_err(|error| refused(format!("certificate: {error}")))?;
    if parsed.subject_serial_number() != Ok(joiner.as_str()) {
        return Err(refused("certificate: its Subject serialNumber is not the joiner's OID".to_owned()));
    }
    let now = app.now();
    let signer = LegacySigner {
        key: 0,
        joiner: joiner.clone(),
        fingerprint: parsed.fingerprint,
        certificate: parsed.der,
        reason,
        registered_at: now,
        withdrawn_at: None,
    };
    let tx = app.store.begin().await?;
    signers::register(&tx, &signer, &actor.reference).await?;
    let details = serde_json::json!({ "fingerprint": parsed.fingerprint });
    audit::record(
        &tx,
        &audit::Event { actor: &actor.reference, action: "signer.registered", subject: joiner.as_str(), details },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(parsed.fingerprint)
}
