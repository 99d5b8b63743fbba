//! Certificates from the files that people are sent: PEM, DER, PKCS#7 (RFC 5652, certificates only) and PKCS#12 (RFC 7292).

use crate::certificate::{Certificate, CertificateError};
use crate::pem::{PemError, certificates};
use p12_keystore::Pkcs12Archive;
use x509_parser::asn1_rs::{Any, Class, FromDer as _, Tag};

/// Largest file read, in bytes.
pub const MAX_BUNDLE_BYTES: usize = 1024 * 1024;
/// Most certificates taken from a file.
const MAX_CERTIFICATES: usize = 100;
/// Most rounds of a password's stretching: real files have 2,000 to some 100,000.
const MAX_ROUNDS: u64 = 10_000_000;
/// Octet strings inside octet strings are looked into so deep: where a PKCS#12 file names its rounds.
const OCTET_DEPTH: usize = 2;
/// Deepest nesting of a file's structure.
const DEPTH: usize = 32;
/// 1.2.840.113549.1.7.2, signedData.
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];

/// Why a file gives no certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Over [`MAX_BUNDLE_BYTES`].
    #[error("the file has {0} bytes; at most {MAX_BUNDLE_BYTES} are read")]
    TooLarge(usize),
    /// PEM or DER.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// A PKCS#7 file that is broken, or holds something else than certificates.
    #[error("the PKCS#7 file cannot be read as a list of certificates")]
    Pkcs7,
    /// A PKCS#12 file needs its password.
    #[error("the PKCS#12 file needs its password: give --password-file")]
    PasswordNeeded,
    /// A PKCS#12 file that is broken, or another password.
    #[error("the PKCS#12 file cannot be opened: another password, or broken")]
    Pkcs12,
    /// A PKCS#12 file whose password would have to be stretched unreasonably.
    #[error("the PKCS#12 file asks for {0} rounds; at most {MAX_ROUNDS} are made")]
    TooManyRounds(u64),
    /// A certificate in the file is broken.
    #[error("certificate {0} of the file: {1}")]
    Certificate(usize, CertificateError),
}

/// The certificates of a file, the one that no other was issued by first, its issuers after it. Private keys in the file are
/// not kept.
///
/// # Errors
/// [`BundleError`].
pub fn bundle(bytes: &[u8], password: Option<&str>) -> Result<Vec<Certificate>, BundleError> {
    if bytes.len() > MAX_BUNDLE_BYTES {
        return Err(BundleError::TooLarge(bytes.len()));
    }
    let found = match first_inside(bytes) {
        Some(inside) if inside.tag() == Tag::Oid && inside.data == SIGNED_DATA => {
            parsed(pkcs7(bytes).ok_or(BundleError::Pkcs7)?)?
        }
        Some(inside) if inside.tag() == Tag::Integer && inside.data == [3] => {
            let password = password.ok_or(BundleError::PasswordNeeded)?;
            parsed(pkcs12(bytes, password)?.iter().map(Vec::as_slice).collect())?
        }
        _ => return Ok(certificates(bytes)?),
    };
    Ok(leaf_first(found))
}

/// The first element inside a file's outermost one.
fn first_inside(bytes: &[u8]) -> Option<Any<'_>> {
    let (_, outer) = Any::from_der(bytes).ok().filter(|(_, outer)| outer.tag() == Tag::Sequence)?;
    Any::from_der(outer.data).ok().map(|(_, first)| first)
}

fn parsed(found: Vec<&[u8]>) -> Result<Vec<Certificate>, BundleError> {
    if found.is_empty() {
        return Err(PemError::Empty.into());
    }
    let numbered = (1..).zip(found.into_iter().take(MAX_CERTIFICATES));
    numbered.map(|(n, der)| Certificate::parse(der).map_err(|error| BundleError::Certificate(n, error))).collect()
}

/// ContentInfo { signedData, \[0\] SignedData { version, digests, content, \[0\] certificates … } }: the bytes as they stand,
/// because signatures are over them.
fn pkcs7(bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let (_, info) = Any::from_der(bytes).ok()?;
    let (rest, _) = Any::from_der(info.data).ok()?;
    let (_, explicit) = Any::from_der(rest).ok()?;
    let (_, signed) = Any::from_der(explicit.data).ok()?;
    let mut rest = signed.data;
    while !rest.is_empty() {
        let (after, element) = Any::from_der(rest).ok()?;
        rest = after;
        if element.class() == Class::ContextSpecific && element.tag() == Tag(0) {
            let mut certificates = Vec::new();
            let mut list = element.data;
            while !list.is_empty() && certificates.len() < MAX_CERTIFICATES {
                let (after, certificate) = Any::from_der(list).ok()?;
                // Attribute certificates and others stand in the same set under tags of their own.
                if certificate.tag() == Tag::Sequence {
                    certificates.push(list.get(..list.len() - after.len())?);
                }
                list = after;
            }
            return Some(certificates);
        }
    }
    Some(Vec::new())
}

fn pkcs12(bytes: &[u8], password: &str) -> Result<Vec<Vec<u8>>, BundleError> {
    let mut most = 0;
    rounds(bytes, DEPTH, OCTET_DEPTH, &mut most);
    if most > MAX_ROUNDS {
        return Err(BundleError::TooManyRounds(most));
    }
    let archive = Pkcs12Archive::from_pkcs12(bytes, password).map_err(|_| BundleError::Pkcs12)?;
    Ok(archive.certs.iter().map(|bag| bag.cert.as_der().to_vec()).collect())
}

/// The largest small number in a structure: the rounds of its password are among them.
fn rounds(bytes: &[u8], depth: usize, octets: usize, most: &mut u64) {
    let mut rest = bytes;
    while let Ok((after, element)) = Any::from_der(rest) {
        if element.tag() == Tag::Integer && element.data.len() <= 8 {
            *most = (*most).max(element.data.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        } else if depth > 0 && element.header.is_constructed() {
            rounds(element.data, depth - 1, octets, most);
        } else if depth > 0 && octets > 0 && element.tag() == Tag::OctetString && first_inside(element.data).is_some() {
            // Others are salts and the like: their random bytes now and then begin as a number does.
            rounds(element.data, depth - 1, octets - 1, most);
        }
        rest = after;
    }
}

/// The certificate that issued none of the others first; whoever issued the one before follows.
fn leaf_first(mut found: Vec<Certificate>) -> Vec<Certificate> {
    let issued_another = |one: &Certificate| {
        found.iter().any(|other| other.fingerprint != one.fingerprint && other.issuer == one.subject)
    };
    let Some(leaf) = found.iter().position(|one| !issued_another(one)) else { return found };
    let mut ordered = vec![found.swap_remove(leaf)];
    while let Some(last) = ordered.last() {
        let Some(next) = found.iter().position(|one| one.subject == last.issuer) else { break };
        ordered.push(found.swap_remove(next));
    }
    ordered.extend(found);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Profile};
    use liitos_domain::Moment;
    use p12_keystore::{
        Certificate as Stored, EncryptionAlgorithm, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain,
    };
    use proptest::prelude::*;
    use std::sync::LazyLock;

    struct Samples {
        leaf: Vec<u8>,
        issuer: Vec<u8>,
        pkcs12: Vec<u8>,
        pkcs7: Vec<u8>,
    }

    static SAMPLES: LazyLock<Samples> = LazyLock::new(|| {
        let now = Moment::parse("2026-11-22").unwrap();
        let authority = Authority::create("Bundle CA", now).unwrap();
        let issued = authority.issue(&Profile::server("1.2.246.10.1.10.0.13.1", "kanta.esimerkki.test"), now).unwrap();
        let (leaf, issuer) = (issued.certificate_der, authority.certificate().der.clone());
        let key = crate::tls::Identity::from_pem(issued.certificate_pem.as_bytes(), issued.key_pem.as_bytes()).unwrap();
        let chain = [&leaf, &issuer].map(|der| Stored::from_der(der).unwrap());
        let mut store = KeyStore::new();
        let key = PrivateKeyChain::new("1", PrivateKey::from_der(&key.key).unwrap(), chain);
        store.add_entry("own", KeyStoreEntry::PrivateKeyChain(key));
        let pkcs12 = store.writer("salasana").write().unwrap();
        // The issuer first, as some authorities send it.
        let list = tlv(0xa0, &[issuer.clone(), leaf.clone()].concat());
        let signed = [tlv(2, &[1]), tlv(0x31, &[]), tlv(0x30, &tlv(6, &SIGNED_DATA[..8])), list, tlv(0x31, &[])];
        let info = [tlv(6, SIGNED_DATA), tlv(0xa0, &tlv(0x30, &signed.concat()))];
        Samples { leaf, issuer, pkcs12, pkcs7: tlv(0x30, &info.concat()) }
    });

    fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = content.len();
        let head = if length < 128 {
            vec![tag, length as u8]
        } else {
            vec![tag, 0x82, (length >> 8) as u8, (length & 255) as u8]
        };
        [head, content.to_vec()].concat()
    }

    #[test]
    fn every_kind_of_file_gives_the_leaf_first() {
        let samples = &*SAMPLES;
        for (bytes, password) in [(&samples.pkcs7, None), (&samples.pkcs12, Some("salasana"))] {
            let found = bundle(bytes, password).unwrap();
            let ders: Vec<&[u8]> = found.iter().map(|certificate| certificate.der.as_slice()).collect();
            assert_eq!(ders, [&samples.leaf[..], &samples.issuer[..]]);
        }
        assert_eq!(bundle(&samples.leaf, None).unwrap().len(), 1);
        assert_eq!(bundle(&samples.pkcs12, None), Err(BundleError::PasswordNeeded));
        assert!(matches!(bundle(&samples.pkcs12, Some("other")), Err(BundleError::Pkcs12)));
        assert_eq!(bundle(&vec![0; MAX_BUNDLE_BYTES + 1], None), Err(BundleError::TooLarge(MAX_BUNDLE_BYTES + 1)));
        let cut = tlv(0x30, &[tlv(6, SIGNED_DATA), tlv(0xa0, &[0x30, 0x05, 1])].concat());
        assert_eq!(bundle(&cut, None), Err(BundleError::Pkcs7));
        assert!(matches!(bundle(b"nothing", None), Err(BundleError::Pem(PemError::Empty))));
    }

    #[test]
    fn an_endless_password_is_not_tried() {
        let mut store = KeyStore::new();
        store.add_entry("one", KeyStoreEntry::Certificate(Stored::from_der(&SAMPLES.leaf).unwrap()));
        let old = store.writer("x").encryption_algorithm(EncryptionAlgorithm::PbeWithShaAnd3KeyTripleDesCbc);
        let bytes = old.mac_iterations(70_000).write().unwrap();
        assert_eq!(bundle(&bytes, Some("x")).unwrap().len(), 1, "what older systems export");
        let mut most = 0;
        rounds(&bytes, DEPTH, OCTET_DEPTH, &mut most);
        assert_eq!(most, 70_000);
        let salt = tlv(4, &[2, 7, 3, 186, 26, 71, 205, 209, 98, 222]);
        let salted = tlv(0x30, &[tlv(2, &[3]), tlv(0x30, &[salt, tlv(2, &[7, 208])].concat())].concat());
        let mut most = 0;
        rounds(&salted, DEPTH, OCTET_DEPTH, &mut most);
        assert_eq!(most, 2_000, "a salt names no rounds");
        let endless =
            tlv(0x30, &[tlv(2, &[3]), tlv(0x30, &tlv(4, &tlv(0x30, &tlv(2, &[0x7f, 255, 255, 255]))))].concat());
        let refused = bundle(&endless, Some("x")).unwrap_err().to_string();
        assert!(refused.contains("2147483647 rounds"), "{refused}");
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(at in 0usize..4000, byte in any::<u8>(), kind in 0usize..2) {
            let samples = &*SAMPLES;
            let mut bytes = if kind == 0 { samples.pkcs7.clone() } else { samples.leaf.clone() };
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = bundle(&bytes, Some("x"));
            let mut most = 0;
            rounds(&bytes, DEPTH, OCTET_DEPTH, &mut most);
        }
    }
}
