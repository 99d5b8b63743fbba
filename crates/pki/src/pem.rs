//! Certificates from files: PEM with one or many, or a single DER.

use crate::certificate::{Certificate, CertificateError};
use rustls::pki_types::{CertificateDer, pem::PemObject};

/// Why a file gives no certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// PEM that cannot be read.
    #[error("certificate {0} of the file is not sound PEM")]
    Pem(usize),
    /// A certificate inside is broken.
    #[error("certificate {0} of the file: {1}")]
    Certificate(usize, CertificateError),
    /// Nothing in it.
    #[error("there is no certificate in the file")]
    Empty,
    /// A private key instead.
    #[error("the file holds a private key, not a certificate")]
    PrivateKey,
}

/// What stands in the first line of a private key, whatever its kind.
const KEY_MARK: &[u8] = b"PRIVATE KEY-----";

/// All certificates of a PEM text, in order.
///
/// # Errors
/// [`PemError`], with the place of the certificate counted from 1.
pub fn certificates_from_pem(pem: &[u8]) -> Result<Vec<Certificate>, PemError> {
    let mut found = Vec::new();
    for (index, der) in CertificateDer::pem_slice_iter(pem).enumerate() {
        let der = der.map_err(|_| PemError::Pem(index + 1))?;
        found.push(Certificate::parse(&der).map_err(|error| PemError::Certificate(index + 1, error))?);
    }
    let secret = || pem.windows(KEY_MARK.len()).any(|window| window == KEY_MARK);
    match found.is_empty() {
        true if secret() => Err(PemError::PrivateKey),
        true => Err(PemError::Empty),
        false => Ok(found),
    }
}

/// The certificates of a file that is PEM with one or many, or one in DER.
///
/// # Errors
/// [`PemError`].
pub fn certificates(bytes: &[u8]) -> Result<Vec<Certificate>, PemError> {
    // A certificate in DER is a SEQUENCE of more than 127 bytes; PEM may have text before it.
    if matches!(bytes, [0x30, length, ..] if *length > 127) {
        return Ok(vec![Certificate::parse(bytes).map_err(|error| PemError::Certificate(1, error))?]);
    }
    certificates_from_pem(bytes)
}

/// One certificate from a file that is PEM or DER.
///
/// # Errors
/// [`PemError`].
pub fn parse_certificate(bytes: &[u8]) -> Result<Certificate, PemError> {
    certificates(bytes)?.into_iter().next().ok_or(PemError::Empty)
}
