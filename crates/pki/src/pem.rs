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

/// A piece of a text that somebody filled in, with certificates among its words.
#[derive(Debug)]
pub enum Piece<'t> {
    /// Other words.
    Words(&'t str),
    /// A certificate, and its text.
    Certificate(Box<Certificate>, &'t str),
    /// What stands like one, and is none.
    Broken(&'t str),
    /// A private key, which nobody keeps.
    Secret,
}

/// The pieces of a text, in order. A field of one line has lost the line ends of what was pasted into it.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    const BEGINS: &str = "-----BEGIN ";
    const ENDS: &str = "-----END ";
    const DASHES: &str = "-----";
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((words, block)) = rest.find(BEGINS).and_then(|at| rest.split_at_checked(at)) {
        pieces.push(beside(words));
        let ends = block.find(ENDS).and_then(|end| {
            let label = end + ENDS.len();
            Some(label + block.get(label..)?.find(DASHES)? + DASHES.len())
        });
        let (block, behind) = block.split_at_checked(ends.unwrap_or(block.len())).unwrap_or((block, ""));
        pieces.push(match certificate_of(block) {
            Some(certificate) => Piece::Certificate(Box::new(certificate), block),
            // A key that follows a certificate without its end is one, too.
            None if tells_of_key(block) => Piece::Secret,
            None => Piece::Broken(block),
        });
        rest = behind;
    }
    pieces.push(beside(rest));
    pieces
}

/// Whether a text holds, or may hold, a private key: also one of which the first line was not copied.
fn tells_of_key(text: &str) -> bool {
    text.contains("PRIVATE KEY")
}

/// What stands beside blocks: words, unless it ends a block that was not begun.
fn beside(words: &str) -> Piece<'_> {
    if tells_of_key(words) || words.contains("-----END") { Piece::Secret } else { Piece::Words(words) }
}

/// The certificate of one block, whatever spaces and line ends stand in it.
fn certificate_of(block: &str) -> Option<Certificate> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let inside = block.strip_prefix(BEGIN)?.strip_suffix(END)?;
    let inside: String = inside.chars().filter(|c| !c.is_whitespace()).collect();
    let der = CertificateDer::from_pem_slice(format!("{BEGIN}\n{inside}\n{END}\n").as_bytes()).ok()?;
    Certificate::parse(&der).ok()
}

/// One certificate from a file that is PEM or DER.
///
/// # Errors
/// [`PemError`].
pub fn parse_certificate(bytes: &[u8]) -> Result<Certificate, PemError> {
    certificates(bytes)?.into_iter().next().ok_or(PemError::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};
    use liitos_domain::Moment;

    /// What a text is taken for, piece by piece.
    fn said(text: &str) -> Vec<&str> {
        let said = |piece: &Piece<'_>| match piece {
            Piece::Words(words) if words.trim().is_empty() => None,
            Piece::Words(_) => Some("words"),
            Piece::Certificate(..) => Some("certificate"),
            Piece::Broken(_) => Some("broken"),
            Piece::Secret => Some("secret"),
        };
        pieces(text).iter().filter_map(said).collect()
    }

    #[test]
    fn certificates_are_found_among_words_and_keys_are_never_words() {
        let now = Moment::from_seconds(1_800_000_000);
        let authority = Authority::create("Test CA", now).unwrap();
        let issued = authority.issue(&Profile::server("1.2.246.10.1.13.1", "a.test"), now).unwrap();
        let (pem, key) = (issued.certificate_pem.as_str(), issued.key_pem.as_str());
        let line = pem.replace('\n', "");
        assert_eq!(
            said(&format!("aa {pem} bb\n{line}{line}")),
            ["words", "certificate", "words", "certificate", "certificate"]
        );
        assert_eq!(said(&format!("{key}{pem}")), ["secret", "certificate"]);
        // Cut off, with its label changed, or behind a certificate that does not end.
        let open = pem.split("-----END").next().unwrap();
        for text in [key.split("-----END").next().unwrap(), &key.replace('\n', " "), &format!("{open}{key}")] {
            assert_eq!(said(text), ["secret"], "{text}");
        }
        assert_eq!(said(&key.replace("PRIVATE", "RSA PRIVATE")), ["secret"]);
        // What was copied without its first line, or with a dash less, is nobody's to keep either.
        let cut = key.split_once('\n').unwrap().1;
        for text in [cut, &cut.replace("PRIVATE KEY", ""), key.trim_start_matches('-'), "PRIVATE KEY"] {
            assert_eq!(said(text), ["secret"], "{text}");
        }
        assert_eq!(said(&key.replace("KEY-----", "KEY BLOCK-----")), ["secret"]);
        assert_eq!(said(open), ["broken"]);
        assert_eq!(said(&pem.replace("CERTIFICATE", "CERTIFICATE REQUEST")), ["broken"]);
        assert_eq!(said("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"), ["broken"]);
        assert_eq!(said("no certificate"), ["words"]);
    }
}
