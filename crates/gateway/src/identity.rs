//! Who a connection is: the access point in its certificate, and whether that certificate still holds.

use crate::ocsp::Ocsp;
use arc_swap::ArcSwap;
use liitos_domain::directory::CertificateFacts;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode, Sha256Hash};
use liitos_pki::{Certificate, Revocation, SubjectError, Trust, client_cert};
use std::net::{IpAddr, SocketAddr};

/// The peer of a connection, read once; asked again at every request.
pub(crate) struct Peer {
    /// None of a system that its token tells.
    certificate: Option<Certificate>,
    access_point: Result<AccessPointOid, SubjectError>,
    /// Where it really comes from.
    source: IpAddr,
    /// The collection point that said so, where one did.
    via: Option<IpAddr>,
    /// Whether its certificate has as many connections as it may.
    crowded: bool,
    /// The facts of each of its calls, as header fields.
    fields: String,
}

impl Peer {
    pub(crate) fn new(certificate: Certificate, source: SocketAddr, via: Option<IpAddr>, crowded: bool) -> Self {
        let access_point = certificate.access_point();
        let point = access_point.as_ref().map(AccessPointOid::as_str).unwrap_or_default();
        // RFC 9440 2.2: a structured field byte sequence.
        let fields = format!("liitos-access-point: {point}\r\nclient-cert: {}\r\n", client_cert::write(&certificate));
        let source = source.ip().to_canonical();
        Self { certificate: Some(certificate), access_point, source, via, crowded, fields }
    }

    /// A system inside an access point.
    pub(crate) fn inside(certificate: Option<Certificate>, source: SocketAddr) -> Self {
        let access_point = Err(SubjectError::Missing);
        let source = source.ip().to_canonical();
        Self { certificate, access_point, source, via: None, crowded: false, fields: String::new() }
    }

    /// Its certificate, where it shows one.
    pub(crate) const fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }

    /// Where it really comes from.
    pub(crate) const fn source(&self) -> IpAddr {
        self.source
    }

    /// The collection point that said where it comes from, where one did.
    pub(crate) const fn via(&self) -> Option<IpAddr> {
        self.via
    }

    /// Whether its certificate had as many connections as it may when this one began.
    pub(crate) const fn crowded(&self) -> bool {
        self.crowded
    }

    /// Of its certificate.
    pub(crate) fn fingerprint(&self) -> Option<Sha256Hash> {
        self.certificate.as_ref().map(|certificate| certificate.fingerprint)
    }

    /// The facts of each of its calls, as header fields.
    pub(crate) fn fields(&self) -> &str {
        &self.fields
    }

    /// The access point, as far as the certificate names one.
    pub(crate) fn named(&self) -> Option<&str> {
        self.access_point.as_ref().ok().map(AccessPointOid::as_str)
    }

    /// The access point, or why nothing can be decided on.
    pub(crate) fn access_point(&self) -> Result<&AccessPointOid, Finding> {
        if self.crowded {
            return Err(Finding::new(RefusalCode::TooManyCalls, "connections of the certificate"));
        }
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
    pub(crate) fn facts(&self, trust: &ArcSwap<Trust>, ocsp: Option<&Ocsp>, now: Moment) -> Option<CertificateFacts> {
        let (certificate, trust) = (self.certificate.as_ref()?, trust.load());
        let status = match ocsp {
            Some(ocsp) => ocsp.status(&trust, certificate, now),
            None => trust.revoked.status(certificate, now),
        };
        Some(CertificateFacts {
            fingerprint: certificate.fingerprint,
            valid: certificate.valid,
            revoked: status != Revocation::Good,
        })
    }
}
