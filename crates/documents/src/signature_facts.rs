//! From a verified signature to the facts it is judged by: whose certificate it is, and what its issuers say of it.

use crate::signature::{Beside, StructuredSignature, Verified};
use liitos_domain::document::SignatureFacts;
use liitos_domain::{Moment, Oid};
use liitos_pki::{Certificate, Revocation, Trust};

/// The facts of a signature received at `now`. `registered`: since when the operator has this very certificate registered.
#[must_use]
pub fn signature_facts(trust: &Trust, verified: &Verified, registered: Option<Moment>, now: Moment) -> SignatureFacts {
    let beside_intact = !verified.beside.iter().any(|one| matches!(one, Beside::Broken));
    let signer = (&verified.certificate, verified.signed_at);
    let Verified { intact, strong_algorithms, .. } = *verified;
    SignatureFacts { intact, beside_intact, strong_algorithms, registered, ..facts(trust, signer, now) }
}

/// The facts of the signature over social care's structured part, received at `now`.
#[must_use]
pub fn structured_facts(trust: &Trust, signature: &StructuredSignature, now: Moment) -> SignatureFacts {
    let StructuredSignature { intact, certificate, signed_at, .. } = signature;
    SignatureFacts { intact: *intact, ..facts(trust, (certificate, *signed_at), now) }
}

/// What is known of a signer's certificate. No algorithm that is taken in a JWS is weak.
fn facts(trust: &Trust, (certificate, signed_at): (&Certificate, Moment), now: Moment) -> SignatureFacts {
    // A question of its own, whether it is valid now or not.
    let issuer_known = trust.issued(certificate, signed_at);
    SignatureFacts {
        intact: false,
        beside_intact: true,
        strong_algorithms: true,
        strong_key: certificate.key.strong(),
        for_documents: certificate.for_documents,
        certificate_valid: certificate.valid,
        issuer_known,
        // Of a known issuer, anything but a current list without the certificate counts as revoked.
        revoked: issuer_known && trust.revoked.status(certificate, now) != Revocation::Good,
        registered: None,
        signed_at,
        signer: certificate.subject_serial_number().ok().and_then(|text| Oid::parse(text).ok()),
    }
}
