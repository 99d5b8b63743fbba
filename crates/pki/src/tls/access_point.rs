//! The judges of access points' certificates: the front door's, of callers – chain, validity and revocation; who the certificate
//! names and what that one may do is decided above TLS, where a refusal can carry a code –, and the outbound door's, of the one
//! that is called.

use super::pinned::signatures;
use crate::certificate::Certificate;
use crate::ocsp;
use crate::revocation::Revocation;
use crate::trust::{ChainError, Purpose};
use crate::{Believed, Trust};
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
    /// Whether a responder (OCSP) that a certificate names is asked above TLS, where lists do not tell.
    asked_later: Box<dyn Fn(&str) -> bool + Send + Sync>,
    /// Certificates whose paths held a moment ago, whatever was sent beside them then.
    paths: Believed<Arc<Certificate>>,
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
        Self {
            trust,
            accept_server_only,
            or_none: false,
            asked_later: Box::new(|_| false),
            paths: Believed::default(),
            on_refusal,
        }
    }

    /// The same for callers of which some show no certificate, because they are known above TLS.
    #[must_use]
    pub fn or_none(self) -> Self {
        Self { or_none: true, ..self }
    }

    /// The same where responders of these addresses are asked above TLS: of a certificate that names one it need not be known at
    /// the handshake that it is not revoked, and whoever lets calls through asks.
    #[must_use]
    pub fn asked_later(self, asked_later: Box<dyn Fn(&str) -> bool + Send + Sync>) -> Self {
        Self { asked_later, ..self }
    }

    fn judge(&self, der: &[u8], intermediates: &[CertificateDer<'_>], now: Moment) -> Result<(), NotTaken> {
        let purposes: &[Purpose] =
            if self.accept_server_only { &[Purpose::Client, Purpose::Server] } else { &[Purpose::Client] };
        let (trust, shown) = (self.trust.load_full(), Sha256Hash::of(der));
        let known = self.paths.get(&trust, &shown, now).filter(|known| known.valid.contains(now));
        let certificate = match known {
            Some(known) => known,
            None => {
                let certificate = Arc::new(judge(&trust, der, intermediates, now, purposes)?);
                self.paths.add(&trust, shown, Arc::clone(&certificate), certificate.valid.until, now);
                certificate
            }
        };
        let later = || certificate.ocsp.iter().any(|address| (self.asked_later)(address));
        match trust.revoked.status(&certificate, now) {
            Revocation::Unknown if later() => Ok(()),
            status => not_revoked(status),
        }
    }
}

/// Why a certificate is not taken: for the peer and for the log.
type NotTaken = (CertificateError, &'static str);

fn not_revoked(status: Revocation) -> Result<(), NotTaken> {
    match status {
        Revocation::Good => Ok(()),
        Revocation::Revoked => Err((CertificateError::Revoked, "revoked")),
        Revocation::Unknown => Err((CertificateError::UnknownRevocationStatus, "revocation not known")),
    }
}

/// What is known of a server's certificate, of lists and the answer that it sent with it (RFC 6066 8) together.
fn stapled(trust: &Trust, certificate: &Certificate, answer: &[u8], now: Moment) -> Revocation {
    let listed = trust.revoked.status(certificate, now);
    if answer.is_empty() || listed == Revocation::Revoked {
        return listed;
    }
    // Of issuers that are trusted themselves, as with lists: nothing is asked about others.
    let issuer = ocsp::issuer_of(certificate, trust.anchors.certificates().iter());
    let said = issuer.and_then(|issuer| ocsp::read(answer, certificate, issuer, &trust.revoked, now).ok());
    match said.map(|answer| answer.status) {
        Some(Revocation::Unknown) | None => listed,
        Some(said) => said,
    }
}

/// Chain for the first purpose that fits, and strength.
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
    Ok(certificate)
}

/// What every server's certificate is judged by – chain and strength –, and what is known of its revocation.
fn server(
    trust: &ArcSwap<Trust>,
    der: &[u8],
    intermediates: &[CertificateDer<'_>],
    answer: &[u8],
    now: UnixTime,
) -> Result<(Certificate, Revocation), Error> {
    let (trust, now) = (trust.load(), moment(now));
    let shown = judge(&trust, der, intermediates, now, &[Purpose::Server]).map_err(refused)?;
    let status = stapled(&trust, &shown, answer, now);
    Ok((shown, status))
}

fn refused((error, _): NotTaken) -> Error {
    Error::InvalidCertificate(error)
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
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (shown, status) = server(&self.trust, end_entity, intermediates, ocsp_response, now)?;
        not_revoked(status).map_err(refused)?;
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
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (_, status) = server(&self.trust, end_entity, intermediates, ocsp_response, now)?;
        match status {
            Revocation::Unknown if !self.revocation => {}
            status => not_revoked(status).map_err(refused)?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrustAnchors;
    use crate::authority::{Authority, Profile};

    #[test]
    fn a_path_that_held_a_moment_ago_lets_nothing_through_that_changed_since() {
        let now = Moment::parse("2026-11-27").unwrap();
        let (one, other) = (Authority::create("One", now).unwrap(), Authority::create("Other", now).unwrap());
        let issued = one.issue(&Profile { days: 2, ..Profile::server("1.2", "a.test") }, now).unwrap();
        let certificate = Certificate::parse(&issued.certificate_der).unwrap();
        let trust = |authority: &Authority, revoked: &[liitos_domain::identifier::CertificateSerial]| {
            let anchors = TrustAnchors::new(vec![authority.certificate().clone()]).unwrap();
            Trust::load(anchors, &[authority.revocation_list(revoked, now).unwrap()]).unwrap()
        };
        let held = Arc::new(ArcSwap::from_pointee(trust(&one, &[])));
        let verifier = AccessPointVerifier::new(Arc::clone(&held), true, Box::new(|_| ()));
        let der = CertificateDer::from(issued.certificate_der.clone());
        let passes = |at: Moment| {
            let seconds = u64::try_from(at.as_seconds()).unwrap();
            let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
            verifier.verify_client_cert(&der, &[], time).is_ok()
        };
        let ends = certificate.valid.until.unwrap();
        assert!(passes(now) && passes(now) && passes(ends.plus_seconds(-10)) && !passes(ends));
        held.store(Arc::new(trust(&one, std::slice::from_ref(&certificate.serial))));
        assert!(!passes(now), "revoked since");
        held.store(Arc::new(trust(&one, &[])));
        assert!(passes(now));
        held.store(Arc::new(trust(&other, &[])));
        assert!(!passes(now), "its issuer is trusted no more");
    }

    #[test]
    fn what_a_server_sends_with_its_certificate_counts_beside_lists() {
        let now = Moment::parse("2026-11-27").unwrap();
        let authority = Authority::create("One", now).unwrap();
        let oid = "1.2.246.10.1.10.0.13.1";
        let issued = authority.issue(&Profile::server(oid, "a.test"), now).unwrap();
        let certificate = Certificate::parse(&issued.certificate_der).unwrap();
        let judged = |lists: &[Vec<u8>], answer: &[u8]| {
            let anchors = TrustAnchors::new(vec![authority.certificate().clone()]).unwrap();
            let trust = Arc::new(ArcSwap::from_pointee(Trust::load(anchors, lists).unwrap()));
            let time =
                UnixTime::since_unix_epoch(std::time::Duration::from_secs(u64::try_from(now.as_seconds()).unwrap()));
            let der = CertificateDer::from(issued.certificate_der.clone());
            let name = ServerName::try_from("a.test").unwrap();
            let point = AccessPointServer::new(Arc::clone(&trust), AccessPointOid::parse(oid).unwrap(), Vec::new());
            let by_point = point.verify_server_cert(&der, &[], &name, answer, time).is_ok();
            let by_name = NamedServer::new(trust, true).verify_server_cert(&der, &[], &name, answer, time).is_ok();
            assert_eq!(by_point, by_name);
            by_point
        };
        let answer = |revoked| {
            let known = (now, Some(now.plus_seconds(3600)));
            authority.ocsp_response(&certificate, revoked, known, None).unwrap()
        };
        let list = |revoked: &[liitos_domain::identifier::CertificateSerial]| {
            vec![authority.revocation_list(revoked, now).unwrap()]
        };
        assert!(!judged(&[], &[]), "nothing tells");
        assert!(judged(&[], &answer(false)));
        assert!(!judged(&[], &answer(true)) && !judged(&[], b"broken"));
        assert!(judged(&list(&[]), &[]) && judged(&list(&[]), b"broken"));
        assert!(!judged(&list(&[]), &answer(true)), "revoked since the list");
        assert!(
            !judged(&list(std::slice::from_ref(&certificate.serial)), &answer(false)),
            "a list that names it counts"
        );
    }
}
