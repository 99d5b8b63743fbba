//! Who a connection is: the access point in its certificate, and whether that certificate still holds.

use crate::Now;
use arc_swap::ArcSwap;
use liitos_domain::RefusalCode;
use liitos_domain::directory::CertificateFacts;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_pki::Trust;
use liitos_pki::{Certificate, Revocation, SubjectError};
use std::sync::Arc;

/// The peer of a connection, read once; asked again at every request.
pub(crate) struct Peer {
    pub(crate) certificate: Certificate,
    access_point: Result<AccessPointOid, SubjectError>,
}

impl Peer {
    pub(crate) fn new(certificate: Certificate) -> Self {
        let access_point = certificate.access_point();
        Self { certificate, access_point }
    }

    /// The access point, or why the certificate names none.
    pub(crate) fn access_point(&self) -> Result<&AccessPointOid, Finding> {
        self.access_point.as_ref().map_err(|error| match error {
            SubjectError::Missing | SubjectError::Several => {
                Finding::new(RefusalCode::CertificateWithoutSerialNumber, "certificate subject serialNumber")
            }
            SubjectError::NotAccessPoint => {
                Finding::new(RefusalCode::SerialNumberNotAccessPoint, "certificate subject serialNumber")
            }
        })
    }

    /// What the decision asks about the certificate, as of now: a list loaded after the handshake counts, and one that
    /// went stale under an open connection closes it on doubt.
    pub(crate) fn facts(&self, trust: &Arc<ArcSwap<Trust>>, now: &Now) -> CertificateFacts {
        CertificateFacts {
            fingerprint: self.certificate.fingerprint,
            valid: self.certificate.valid,
            revoked: trust.load().revoked.status(&self.certificate, now()) != Revocation::Good,
        }
    }
}
