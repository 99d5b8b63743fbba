//! Trust anchors and path validation at a moment (RFC 5280 6, by webpki).

use crate::certificate::Certificate;
use liitos_domain::Moment;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use std::time::Duration;
use webpki::{EndEntityCert, KeyUsage};

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
    /// Anything else: constraints, algorithms, broken DER.
    #[error("the certificate chain is not acceptable: {0}")]
    Other(String),
}

/// Issuers that are trusted without further proof.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors {
    anchors: Vec<TrustAnchor<'static>>,
    certificates: Vec<Certificate>,
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

    /// The anchors' certificates.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
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
        let leaf = EndEntityCert::try_from(&der).map_err(|e| ChainError::Other(e.to_string()))?;
        let seconds = u64::try_from(at.as_seconds()).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let usage = match purpose {
            Purpose::Server => KeyUsage::server_auth(),
            Purpose::Client => KeyUsage::client_auth(),
            // id-kp-documentSigning (RFC 9336), asked for only where a certificate restricts its use at all.
            Purpose::Signature => KeyUsage::required_if_present(&[43, 6, 1, 5, 5, 7, 3, 36]),
        };
        leaf.verify_for_usage(webpki::ALL_VERIFICATION_ALGS, &self.anchors, intermediates, time, usage, None, None)
            .map(|_| ())
            .map_err(|error| match error {
                webpki::Error::UnknownIssuer => ChainError::UnknownIssuer,
                webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => ChainError::NotValidAtTime,
                webpki::Error::RequiredEkuNotFoundContext(_) => ChainError::Purpose,
                other => ChainError::Other(other.to_string()),
            })
    }
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
}
