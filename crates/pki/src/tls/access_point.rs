//! The judges of access points' certificates: the front door's, of callers – chain, validity and revocation; who the certificate
//! names and what that one may do is decided above TLS, where a refusal can carry a code –, and the outbound door's, of the one
//! that is called.

use super::pinned::signatures;
use crate::Trust;
use crate::certificate::Certificate;
use crate::revocation::Revocation;
use crate::trust::{ChainError, Purpose};
use arc_swap::ArcSwap;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Moment, Sha256Hash};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};
use std::fmt;
use std::sync::Arc;

/// A handshake that was refused, for the log: it can carry no code of ours.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The certificate shown.
    pub fingerprint: Sha256Hash,
    /// The access point that it names, whether or not it is its.
    pub access_point: Option<AccessPointOid>,
    /// Why: a word or a few, as in `handshake-…` of the texts with hyphens between.
    pub reason: &'static str,
}

/// Verifies access points' certificates against a [`Trust`] that can change under load.
pub struct AccessPointVerifier {
    trust: Arc<ArcSwap<Trust>>,
    /// Whether certificates for server use only may call: real ones of access points may carry nothing else.
    accept_server_only: bool,
    /// Whether a caller may show none: then it must be known above TLS.
    or_none: bool,
    on_refusal: Box<dyn Fn(Refused) + Send + Sync>,
}

impl AccessPointVerifier {
    /// A verifier; `on_refusal` is told of every refused handshake.
    #[must_use]
    pub fn new(
        trust: Arc<ArcSwap<Trust>>,
        accept_server_only: bool,
        on_refusal: Box<dyn Fn(Refused) + Send + Sync>,
    ) -> Self {
        Self { trust, accept_server_only, or_none: false, on_refusal }
    }

    /// The same for callers of which some show no certificate, because they are known above TLS.
    #[must_use]
    pub fn or_none(self) -> Self {
        Self { or_none: true, ..self }
    }

    fn judge(&self, der: &[u8], intermediates: &[CertificateDer<'_>], now: Moment) -> Result<Certificate, NotTaken> {
        let purposes: &[Purpose] =
            if self.accept_server_only { &[Purpose::Client, Purpose::Server] } else { &[Purpose::Client] };
        judge(&self.trust.load(), der, intermediates, now, purposes)
    }
}

/// Why a certificate is not taken: for the peer and for the log.
type NotTaken = (CertificateError, &'static str);

/// Chain for the first purpose that fits, strength and revocation.
fn judge(
    trust: &Trust,
    der: &[u8],
    intermediates: &[CertificateDer<'_>],
    now: Moment,
    purposes: &[Purpose],
) -> Result<Certificate, NotTaken> {
    let certificate = Certificate::parse(der).map_err(|_| (CertificateError::BadEncoding, "broken certificate"))?;
    let mut result = Err(ChainError::Purpose);
    for purpose in purposes {
        if result == Err(ChainError::Purpose) {
            result = trust.anchors.chain(&certificate, intermediates, now, *purpose);
        }
    }
    result.map_err(|error| match error {
        ChainError::UnknownIssuer => (CertificateError::UnknownIssuer, "unknown issuer"),
        ChainError::NotValidAtTime => (CertificateError::Expired, "not valid now"),
        ChainError::Purpose => (CertificateError::InvalidPurpose, "wrong purpose"),
        ChainError::Policy => (CertificateError::ApplicationVerificationFailure, "without the certificate policy"),
        ChainError::CriticalExtension(_) | ChainError::Algorithm | ChainError::IssuersOwn | ChainError::Other(_) => {
            (CertificateError::ApplicationVerificationFailure, "unacceptable chain")
        }
    })?;
    if !certificate.key.strong() {
        return Err((CertificateError::ApplicationVerificationFailure, "weak key"));
    }
    match trust.revoked.status(&certificate, now) {
        Revocation::Good => Ok(certificate),
        Revocation::Revoked => Err((CertificateError::Revoked, "revoked")),
        Revocation::Unknown => Err((CertificateError::UnknownRevocationStatus, "revocation not known")),
    }
}

/// Verifies the server certificate of one access point: chain, strength, revocation, and that the Subject serialNumber is its OID
/// (guide 3.2).
pub struct AccessPointServer {
    trust: Arc<ArcSwap<Trust>>,
    access_point: AccessPointOid,
    /// The certificates that its administrator has notified; none: any with the OID.
    certificates: Vec<Sha256Hash>,
}

impl AccessPointServer {
    /// A verifier for one access point.
    #[must_use]
    pub const fn new(trust: Arc<ArcSwap<Trust>>, access_point: AccessPointOid, certificates: Vec<Sha256Hash>) -> Self {
        Self { trust, access_point, certificates }
    }
}

impl fmt::Debug for AccessPointServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessPointServer({})", self.access_point)
    }
}

impl ServerCertVerifier for AccessPointServer {
    /// The name that was asked for tells the way only: who the server is says its serialNumber.
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = judge(&self.trust.load(), end_entity, intermediates, moment(now), &[Purpose::Server])
            .map_err(|(error, _)| Error::InvalidCertificate(error))?;
        let notified = self.certificates.is_empty() || self.certificates.contains(&shown.fingerprint);
        if notified && shown.access_point().is_ok_and(|oid| oid == self.access_point) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::NotValidForName))
        }
    }

    signatures!();
}

/// Verifies a server by its name: chain, strength, and revocation where lists are held.
pub struct NamedServer {
    trust: Arc<ArcSwap<Trust>>,
    /// Whether a certificate of which it is not known that it is not revoked is refused.
    revocation: bool,
}

impl NamedServer {
    /// A verifier that asks for revocation, or not.
    #[must_use]
    pub const fn new(trust: Arc<ArcSwap<Trust>>, revocation: bool) -> Self {
        Self { trust, revocation }
    }
}

impl fmt::Debug for NamedServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NamedServer")
    }
}

impl ServerCertVerifier for NamedServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match judge(&self.trust.load(), end_entity, intermediates, moment(now), &[Purpose::Server]) {
            Err((CertificateError::UnknownRevocationStatus, _)) if !self.revocation => {}
            judged => drop(judged.map_err(|(error, _)| Error::InvalidCertificate(error))?),
        }
        rustls::client::verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
        Ok(ServerCertVerified::assertion())
    }

    signatures!();
}

fn moment(now: UnixTime) -> Moment {
    Moment::from_seconds(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}

impl fmt::Debug for AccessPointVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessPointVerifier")
    }
}

impl ClientCertVerifier for AccessPointVerifier {
    fn client_auth_mandatory(&self) -> bool {
        !self.or_none
    }

    /// No hints: the list of trusted issuers would only grow the handshake.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.judge(end_entity, intermediates, moment(now)).map_err(|(error, reason)| {
            let access_point = Certificate::parse(end_entity).ok().and_then(|shown| shown.access_point().ok());
            (self.on_refusal)(Refused { fingerprint: Sha256Hash::of(end_entity), access_point, reason });
            Error::InvalidCertificate(error)
        })?;
        Ok(ClientCertVerified::assertion())
    }

    signatures!();
}
