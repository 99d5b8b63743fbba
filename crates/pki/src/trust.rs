//! Trust anchors and path validation at a moment (RFC 5280 6, by webpki).

use crate::certificate::Certificate;
use crate::policies;
use liitos_domain::{Moment, Oid};
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::cell::Cell;
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a certificate is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// TLS server.
    Server,
    /// TLS client. Real server certificates of access points may carry serverAuth only; see
    /// [`TrustAnchors::chain`].
    Client,
    /// System signature: no extended key usage in real certificates, and none asked for.
    Signature,
}

/// Why a certificate does not chain to a trust anchor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// No path to an anchor.
    #[error("the certificate's issuer is not known")]
    UnknownIssuer,
    /// A certificate of the path is not valid at the moment asked for.
    #[error("a certificate of the chain is not valid at that time")]
    NotValidAtTime,
    /// The certificate may not be used for this.
    #[error("the certificate may not be used for this purpose")]
    Purpose,
    /// The path is not valid under a policy that it must be valid under (RFC 5280 6.1).
    #[error("the certificate chain does not carry a certificate policy that is asked for")]
    Policy,
    /// A certificate of the path has a critical extension that is not understood, so that it must be refused (RFC 5280 4.2).
    #[error("a certificate of the chain has a critical extension that is not handled: {0}")]
    CriticalExtension(String),
    /// A certificate of the path is signed with an algorithm that is not accepted, SHA-1 for instance.
    #[error("a certificate of the chain is signed with an algorithm that is not accepted")]
    Algorithm,
    /// The certificate is an issuer's.
    #[error("this is an issuer's own certificate, not one to be used")]
    IssuersOwn,
    /// Anything else: constraints, algorithms, broken DER.
    #[error("the certificate chain is not acceptable: {0}")]
    Other(String),
}

/// Issuers that are trusted without further proof.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    anchors: Vec<TrustAnchor<'static>>,
    certificates: Vec<Certificate>,
    policies: Vec<String>,
}

impl TrustAnchors {
    /// Anchors from certificates.
    ///
    /// # Errors
    /// When one cannot serve as an anchor.
    pub fn new(certificates: Vec<Certificate>) -> Result<Self, ChainError> {
        let mut anchors = Self::default();
        anchors.add(certificates)?;
        Ok(anchors)
    }

    /// Adds issuers.
    ///
    /// # Errors
    /// When one cannot serve as an anchor; then none of them is added.
    pub fn add(&mut self, certificates: Vec<Certificate>) -> Result<(), ChainError> {
        let anchor = |certificate: &Certificate| {
            let der = CertificateDer::from(certificate.der.as_slice());
            let anchor = webpki::anchor_from_trusted_cert(&der).map_err(|e| ChainError::Other(e.to_string()))?;
            Ok(anchor.to_owned())
        };
        let anchors = certificates.iter().map(anchor).collect::<Result<Vec<_>, ChainError>>()?;
        self.anchors.extend(anchors);
        self.certificates.extend(certificates);
        Ok(())
    }

    /// From now on a path must be valid under one of these policies; none: under whatever it has.
    pub fn demand(&mut self, policies: &[Oid]) {
        self.policies = policies.iter().map(ToString::to_string).collect();
    }

    /// The anchors' certificates.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// One of the anchors alone, by its place.
    pub(crate) fn alone(&self, place: usize) -> Option<Self> {
        let (anchor, certificate) = (self.anchors.get(place)?.clone(), self.certificates.get(place)?.clone());
        Some(Self { anchors: vec![anchor], certificates: vec![certificate], policies: self.policies.clone() })
    }

    /// Whether `certificate` chains to an anchor at a moment for a purpose.
    ///
    /// # Errors
    /// [`ChainError`].
    pub fn chain(
        &self,
        certificate: &Certificate,
        intermediates: &[CertificateDer<'_>],
        at: Moment,
        purpose: Purpose,
    ) -> Result<(), ChainError> {
        let der = CertificateDer::from(certificate.der.as_slice());
        let refused = |error| match error {
            webpki::Error::UnknownIssuer => ChainError::UnknownIssuer,
            webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => ChainError::NotValidAtTime,
            webpki::Error::RequiredEkuNotFoundContext(_) => ChainError::Purpose,
            webpki::Error::UnsupportedCriticalExtension => {
                let ders = intermediates.iter().map(AsRef::as_ref).chain([certificate.der.as_slice()]);
                ChainError::CriticalExtension(ders.filter_map(critical).collect::<Vec<_>>().join(", "))
            }
            webpki::Error::UnsupportedSignatureAlgorithmContext(_)
            | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => ChainError::Algorithm,
            webpki::Error::CaUsedAsEndEntity => ChainError::IssuersOwn,
            // What is inside is for whoever writes such a library; its name says enough.
            other => ChainError::Other(format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned()),
        };
        let leaf = EndEntityCert::try_from(&der).map_err(refused)?;
        let seconds = u64::try_from(at.as_seconds()).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let usage = match purpose {
            Purpose::Server => KeyUsage::server_auth(),
            Purpose::Client => KeyUsage::client_auth(),
            // id-kp-documentSigning (RFC 9336), asked for only where a certificate restricts its use at all.
            Purpose::Signature => KeyUsage::required_if_present(&[43, 6, 1, 5, 5, 7, 3, 36]),
        };
        let without_policy = Cell::new(false);
        let policies_hold = |path: &VerifiedPath<'_>| {
            // From the anchor down; the path tells its intermediates from the leaf up.
            let between = path.intermediate_certificates().rev().map(|certificate| certificate.der());
            let between: Vec<CertificateDer<'_>> = between.collect();
            let ders = between.iter().map(AsRef::as_ref).chain([certificate.der.as_slice()]);
            if policies::hold(ders, &self.policies) {
                return Ok(());
            }
            without_policy.set(true);
            Err(webpki::Error::UnknownIssuer)
        };
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.anchors,
            intermediates,
            time,
            usage,
            None,
            Some(&policies_hold),
        )
        .map(|_| ())
        .map_err(|error| if without_policy.get() { ChainError::Policy } else { refused(error) })
    }
}

/// The critical extensions of a certificate that a path is not judged by.
fn critical(der: &[u8]) -> Option<String> {
    /// keyUsage, subjectAltName, basicConstraints, nameConstraints, cRLDistributionPoints, extKeyUsage (RFC 5280 4.2.1).
    const JUDGED: [&str; 6] = ["2.5.29.31", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"];
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let critical = certificate.extensions().iter().filter(|extension| extension.critical);
    // Whoever made it chose how many there are and how long each is.
    let oids: Vec<String> =
        critical.map(|extension| extension.oid.to_id_string()).filter(|oid| oid.len() <= 64).collect();
    let others = oids.iter().map(String::as_str).filter(|oid| !JUDGED.contains(oid));
    let others: Vec<&str> = others.take(3).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pem::certificates_from_pem;

    #[test]
    fn the_published_test_chain_holds_at_its_time_only() {
        let load = |pem: &[u8]| certificates_from_pem(pem).unwrap().remove(0);
        let root = load(include_bytes!("../../../samples/certificates/vrk-test-chain-etp/vrk-test-root-ca.pem"));
        let ca =
            load(include_bytes!("../../../samples/certificates/vrk-test-chain-etp/vrk-ca-for-test-purposes-g3.pem"));
        let leaf =
            load(include_bytes!("../../../samples/certificates/vrk-test-chain-etp/specimen-potex-timo-leaf.pem"));
        let anchors = TrustAnchors::new(vec![root]).unwrap();
        let chain = [CertificateDer::from(ca.der.as_slice())];
        let at = |text: &str| anchors.chain(&leaf, &chain, Moment::parse(text).unwrap(), Purpose::Client);
        assert_eq!(at("2017-07-14"), Ok(()));
        assert_eq!(at("2036-07-14"), Err(ChainError::NotValidAtTime));
        let alone = anchors.chain(&leaf, &[], Moment::parse("2017-07-14").unwrap(), Purpose::Client);
        assert_eq!(alone, Err(ChainError::UnknownIssuer));
    }

    #[test]
    fn policies_are_asked_of_real_paths_and_a_critical_extension_is_named() {
        use rcgen::{CertificateParams, CustomExtension, IsCa, Issuer, KeyPair};
        let made = |policies: Option<(&[u8], bool)>, authority: bool| {
            let mut params = CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
            if authority {
                params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
            }
            params.custom_extensions.extend(policies.map(|(content, critical)| {
                let mut extension = CustomExtension::from_oid_content(&[2, 5, 29, 32], content.to_vec());
                extension.set_criticality(critical);
                extension
            }));
            (params, KeyPair::generate().unwrap())
        };
        // SEQUENCE OF PolicyInformation, one of them: 1.2.3 and 1.2.4.
        let one: &[u8] = &[0x30, 6, 0x30, 4, 0x06, 2, 0x2a, 3];
        let other: &[u8] = &[0x30, 6, 0x30, 4, 0x06, 2, 0x2a, 4];
        let (root, root_key) = made(None, true);
        let anchor = Certificate::parse(root.self_signed(&root_key).unwrap().der()).unwrap();
        let root = Issuer::new(root, root_key);
        let (between, between_key) = made(Some((one, false)), true);
        let between_der = between.signed_by(&between_key, &root).unwrap().der().to_vec();
        let between = Issuer::new(between, between_key);
        let leaf = |policies| {
            let (params, key) = made(policies, false);
            Certificate::parse(params.signed_by(&key, &between).unwrap().der()).unwrap()
        };
        let asked = |leaf: &Certificate, wanted: &[&str]| {
            let mut anchors = TrustAnchors::new(vec![anchor.clone()]).unwrap();
            anchors.demand(&wanted.iter().map(|oid| Oid::parse(oid).unwrap()).collect::<Vec<_>>());
            let chain = [CertificateDer::from(between_der.as_slice())];
            anchors.chain(leaf, &chain, Moment::parse("2026-11-26").unwrap(), Purpose::Signature)
        };
        let (right, wrong, none) = (leaf(Some((one, false))), leaf(Some((other, false))), leaf(None));
        assert_eq!((asked(&right, &[]), asked(&wrong, &[]), asked(&none, &[])), (Ok(()), Ok(()), Ok(())));
        assert_eq!(asked(&right, &["1.2.3"]), Ok(()));
        assert_eq!(asked(&right, &["1.2.4"]), Err(ChainError::Policy));
        assert_eq!(asked(&wrong, &["1.2.4", "1.2.3"]), Err(ChainError::Policy), "its issuer may not grant it");
        assert_eq!(asked(&none, &["1.2.3"]), Err(ChainError::Policy));
        let critical = asked(&leaf(Some((one, true))), &[]);
        assert_eq!(critical, Err(ChainError::CriticalExtension("2.5.29.32".to_owned())));
    }
}
