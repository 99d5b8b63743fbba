//! The facts of one certificate.

use crate::strength::KeyStrength;
use crate::trust::Purpose;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use liitos_domain::identifier::{AccessPointOid, CertificateSerial};
use liitos_domain::plan::CertificateFound;
use liitos_domain::{Interval, Moment, Sha256Hash};
use std::net::IpAddr;
use x509_parser::der_parser::asn1_rs::{Any, Tag};
use x509_parser::extensions::ExtendedKeyUsage;
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate, X509Name};
use x509_parser::signature_algorithm::SignatureAlgorithm;

/// Longest certificate read, in bytes: several times the largest seen (a 4096-bit key with every extension).
pub(crate) const MAX_CERTIFICATE_BYTES: usize = 64 * 1024;

/// A parsed certificate and its DER form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The DER form.
    pub der: Vec<u8>,
    /// SHA-256 of the DER form.
    pub fingerprint: Sha256Hash,
    /// The certificate's own serial number.
    pub serial: CertificateSerial,
    /// Every `serialNumber` attribute (2.5.4.5) of the Subject, wherever it stands in it.
    pub subject_serial_numbers: Vec<String>,
    /// Every common name of the Subject.
    pub common_names: Vec<String>,
    /// Every organisation (2.5.4.10) of the Subject.
    pub organisations: Vec<String>,
    /// DNS names of the Subject Alternative Name.
    pub dns_names: Vec<String>,
    /// IP addresses of the Subject Alternative Name.
    pub addresses: Vec<IpAddr>,
    /// Its validity.
    pub valid: Interval,
    /// The OID of the algorithm that its issuer signed it with; of RSASSA-PSS, whose OID does not tell it, with `+` and the
    /// hash's OID behind it (RFC 4055 3.1).
    pub signature_algorithm: String,
    /// Its key.
    pub key: KeyStrength,
    /// Its public key's bits (RFC 5280 4.1.2.7).
    pub public_key: Vec<u8>,
    /// Whether its extended key usage names TLS server authentication, or restricts nothing (RFC 5280 4.2.1.12).
    pub for_servers: bool,
    /// Whether its key usage names digital signature and non-repudiation (RFC 5280 4.2.1.3).
    pub for_signing: bool,
    /// Whether neither its key usage nor its extended key usage keeps it from signing documents: it names signing or non-repudiation, and document
    /// signing, or restricts nothing (RFC 5280 4.2.1.3 and 4.2.1.12, RFC 9336).
    pub for_documents: bool,
    /// Where its issuer answers whether it is revoked (RFC 6960 3.1), in its order.
    pub ocsp: Vec<String>,
    /// The issuer's name, DER.
    pub issuer: Vec<u8>,
    /// The subject's name, DER.
    pub subject: Vec<u8>,
}

/// Why bytes are not a certificate we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Over [`MAX_CERTIFICATE_BYTES`].
    #[error("the certificate has {0} bytes; at most {MAX_CERTIFICATE_BYTES} are read")]
    TooLong(usize),
    /// Broken DER.
    #[error("the certificate's DER is broken")]
    Der,
    /// Bytes after the certificate.
    #[error("there are bytes after the certificate")]
    Trailing,
    /// The serial number is negative or over 20 bytes.
    #[error("the certificate's serial number is not acceptable: {0}")]
    Serial(#[from] liitos_domain::identifier::certificate_serial::CertificateSerialError),
}

/// Why a certificate names no access point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// No `serialNumber` attribute.
    #[error("the certificate's Subject has no serialNumber (2.5.4.5)")]
    Missing,
    /// More than one, so that the reader would choose the identity.
    #[error("the certificate's Subject has several serialNumbers")]
    Several,
    /// Not an access point's OID.
    #[error("the Subject serialNumber is not an access point's OID")]
    NotAccessPoint,
}

impl Certificate {
    /// Whether its key has signed these bytes.
    pub(crate) fn has_signed(&self, algorithm_oid: &str, signed: &[u8], signature: &[u8]) -> bool {
        let Some(algorithm) = algorithm(algorithm_oid) else { return false };
        UnparsedPublicKey::new(algorithm, &self.public_key).verify(signed, signature).is_ok()
    }

    /// Whether it has issued another, by name and signature.
    pub(crate) fn has_issued(&self, other: &Self) -> bool {
        let Ok((_, parsed)) = X509Certificate::from_der(&other.der) else { return false };
        let algorithm = parsed.signature_algorithm.algorithm.to_id_string();
        other.issuer == self.subject
            && self.has_signed(&algorithm, parsed.tbs_certificate.as_ref(), parsed.signature_value.data.as_ref())
    }

    /// Whom it is issued to and by whom, by their names alone (DER): that a signature is right says [`crate::TrustAnchors`].
    #[must_use]
    pub fn names(&self) -> (&[u8], &[u8]) {
        (&self.subject, &self.issuer)
    }

    /// Reads one DER certificate.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(CertificateError::TooLong(der.len()));
        }
        let (rest, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::Der)?;
        if !rest.is_empty() {
            return Err(CertificateError::Trailing);
        }
        let (dns_names, addresses) = alternative_names(&parsed)?;
        let validity = parsed.validity();
        Ok(Self {
            der: der.to_vec(),
            fingerprint: Sha256Hash::of(der),
            serial: CertificateSerial::from_der_integer(parsed.raw_serial())?,
            subject_serial_numbers: attribute_texts(parsed.subject(), &[2, 5, 4, 5]),
            common_names: attribute_texts(parsed.subject(), &[2, 5, 4, 3]),
            organisations: attribute_texts(parsed.subject(), &[2, 5, 4, 10]),
            dns_names,
            addresses,
            valid: Interval::new(
                Moment::from_seconds(validity.not_before.timestamp()),
                // notAfter is the last valid second (RFC 5280 4.1.2.5).
                Some(Moment::from_seconds(validity.not_after.timestamp().saturating_add(1))),
            ),
            signature_algorithm: signature_algorithm(&parsed),
            key: KeyStrength::of(parsed.public_key()),
            public_key: parsed.public_key().subject_public_key.data.to_vec(),
            for_servers: for_servers(&parsed)?,
            for_signing: for_signing(&parsed)?,
            for_documents: for_documents(&parsed)?,
            ocsp: ocsp(&parsed),
            issuer: parsed.issuer().as_raw().to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
        })
    }

    /// The one Subject serialNumber.
    ///
    /// # Errors
    /// When there is none or more than one.
    pub fn subject_serial_number(&self) -> Result<&str, SubjectError> {
        match self.subject_serial_numbers.as_slice() {
            [] => Err(SubjectError::Missing),
            [one] => Ok(one),
            _ => Err(SubjectError::Several),
        }
    }

    /// The access point whose server certificate this is (guide 3.2).
    ///
    /// # Errors
    /// [`SubjectError`].
    pub fn access_point(&self) -> Result<AccessPointOid, SubjectError> {
        let text = self.subject_serial_number()?;
        AccessPointOid::parse(text).map_err(|_| SubjectError::NotAccessPoint)
    }
}

impl Certificate {
    /// What the rulebook is asked about it: used for `purpose`, and trusted, as far as that is known.
    #[must_use]
    pub fn found(&self, purpose: Purpose, trusted: Option<Result<(), String>>) -> CertificateFound {
        let (rsa_bits, ec_bits) = match self.key {
            KeyStrength::Rsa(bits) => (Some(bits), None),
            KeyStrength::Ec(bits) => (None, Some(bits)),
            KeyStrength::Other => (None, None),
        };
        CertificateFound {
            fingerprint: self.fingerprint,
            serial_numbers: self.subject_serial_numbers.clone(),
            common_names: self.common_names.clone(),
            organisations: self.organisations.clone(),
            dns_names: self.dns_names.clone(),
            addresses: self.addresses.clone(),
            valid: self.valid,
            signature_algorithm: self.signature_algorithm.clone(),
            rsa_bits,
            ec_bits,
            fit: if purpose == Purpose::Signature { self.for_signing } else { self.for_servers },
            trusted,
        }
    }
}

/// The texts of an attribute type, over all RDNs and every value of a multi-valued one. A value that is not a
/// character string counts as an empty text, so that it can neither hide nor pass.
fn attribute_texts(name: &X509Name<'_>, oid: &[u64]) -> Vec<String> {
    let wanted = |attribute: &&x509_parser::prelude::AttributeTypeAndValue<'_>| {
        attribute.attr_type().iter().is_some_and(|arcs| arcs.eq(oid.iter().copied()))
    };
    name.iter_attributes().filter(wanted).map(|attribute| text(attribute.attr_value())).collect()
}

fn text(value: &Any<'_>) -> String {
    let plain = matches!(value.tag(), Tag::PrintableString | Tag::Utf8String | Tag::Ia5String);
    let bytes = if plain { value.data } else { &[] };
    std::str::from_utf8(bytes).unwrap_or_default().to_owned()
}

fn signature_algorithm(parsed: &X509Certificate<'_>) -> String {
    let oid = parsed.signature_algorithm.algorithm.to_id_string();
    match SignatureAlgorithm::try_from(&parsed.signature_algorithm) {
        Ok(SignatureAlgorithm::RSASSA_PSS(parameters)) => format!("{oid}+{}", parameters.hash_algorithm_oid()),
        _ => oid,
    }
}

fn ocsp(parsed: &X509Certificate<'_>) -> Vec<String> {
    let access = parsed.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityInfoAccess(access) => Some(access),
        _ => None,
    });
    let described = access.iter().flat_map(|access| &access.accessdescs);
    let asked = described.filter(|one| one.access_method.to_id_string() == "1.3.6.1.5.5.7.48.1");
    let address = asked.filter_map(|one| match &one.access_location {
        GeneralName::URI(address) => Some((*address).to_owned()),
        _ => None,
    });
    // Whoever issued it chose how many there are.
    address.take(4).collect()
}

/// What signatures of certificates, lists and answers are verified with, by the algorithm's OID; SHA-1 and the like are not
/// among them.
fn algorithm(oid: &str) -> Option<&'static dyn VerificationAlgorithm> {
    Some(match oid {
        "1.2.840.113549.1.1.11" => &signature::RSA_PKCS1_2048_8192_SHA256,
        "1.2.840.113549.1.1.12" => &signature::RSA_PKCS1_2048_8192_SHA384,
        "1.2.840.113549.1.1.13" => &signature::RSA_PKCS1_2048_8192_SHA512,
        "1.2.840.10045.4.3.2" => &signature::ECDSA_P256_SHA256_ASN1,
        "1.2.840.10045.4.3.3" => &signature::ECDSA_P384_SHA384_ASN1,
        _ => return None,
    })
}

/// id-kp-documentSigning (RFC 9336 3).
const DOCUMENT_SIGNING: &str = "1.3.6.1.5.5.7.3.36";

fn for_servers(parsed: &X509Certificate<'_>) -> Result<bool, CertificateError> {
    let usage = parsed.extended_key_usage().map_err(|_| CertificateError::Der)?;
    Ok(usage.is_none_or(|usage| usage.value.server_auth || usage.value.any))
}

fn for_signing(parsed: &X509Certificate<'_>) -> Result<bool, CertificateError> {
    let usage = parsed.key_usage().map_err(|_| CertificateError::Der)?;
    Ok(usage.is_some_and(|usage| usage.value.digital_signature() && usage.value.non_repudiation()))
}

fn for_documents(parsed: &X509Certificate<'_>) -> Result<bool, CertificateError> {
    let usage = parsed.key_usage().map_err(|_| CertificateError::Der)?;
    let signs = usage.is_none_or(|usage| usage.value.digital_signature() || usage.value.non_repudiation());
    let extended = parsed.extended_key_usage().map_err(|_| CertificateError::Der)?;
    let names = |usage: &ExtendedKeyUsage<'_>| usage.other.iter().any(|one| one.to_id_string() == DOCUMENT_SIGNING);
    Ok(signs && extended.is_none_or(|usage| names(usage.value)))
}

fn alternative_names(parsed: &X509Certificate<'_>) -> Result<(Vec<String>, Vec<IpAddr>), CertificateError> {
    let mut names = (Vec::new(), Vec::new());
    let extension = parsed.subject_alternative_name().map_err(|_| CertificateError::Der)?;
    for name in extension.iter().flat_map(|e| &e.value.general_names) {
        match name {
            GeneralName::DNSName(dns) => names.0.push((*dns).to_owned()),
            GeneralName::IPAddress(bytes) => {
                let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
                let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
                names.1.extend(address);
            }
            _ => {}
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        [vec![tag, u8::try_from(content.len()).unwrap()], content.to_vec()].concat()
    }

    fn attribute(last_arc: u8, tag: u8, value: &str) -> Vec<u8> {
        der(0x30, &[der(0x06, &[0x55, 0x04, last_arc]), der(tag, value.as_bytes())].concat())
    }

    fn serials(rdns: &[Vec<u8>]) -> Vec<String> {
        let name = der(0x30, &rdns.concat());
        let (_, name) = X509Name::from_der(&name).unwrap();
        attribute_texts(&name, &[2, 5, 4, 5])
    }

    #[test]
    fn names_are_read_from_der() {
        const UTF8: u8 = 0x0c;
        const PRINTABLE: u8 = 0x13;
        let set = |attributes: &[Vec<u8>]| der(0x31, &attributes.concat());
        assert_eq!(serials(&[set(&[attribute(5, PRINTABLE, "1.2.3")])]), ["1.2.3"]);
        assert_eq!(serials(&[set(&[attribute(5, UTF8, "1.2.3")])]), ["1.2.3"]);
        assert!(
            serials(&[set(&[attribute(3, UTF8, "x, serialNumber=1.2.3")])]).is_empty(),
            "a comma in a name is not an attribute"
        );
        assert_eq!(
            serials(&[set(&[attribute(3, UTF8, "x"), attribute(5, PRINTABLE, "1.2.3")])]),
            ["1.2.3"],
            "multi-valued RDN"
        );
        assert_eq!(serials(&[set(&[attribute(5, UTF8, "1.2.3")]), set(&[attribute(5, UTF8, "1.2.4")])]).len(), 2);
        assert_eq!(serials(&[set(&[attribute(5, 0x04, "1.2.3")])]), [""], "an octet string is no text");
    }

    #[test]
    fn real_signature_certificates() {
        let hus =
            Certificate::parse(include_bytes!("../../../samples/certificates/vrk-test-system-signature-hus-2016.der"))
                .unwrap();
        assert_eq!(hus.subject_serial_number(), Ok("1.2.246.537.10.15675350.10.0"));
        assert_eq!(hus.access_point(), Err(SubjectError::NotAccessPoint));
        assert_eq!(hus.key, KeyStrength::Rsa(2048));
        assert!(!hus.key.strong());
        assert!(hus.for_signing && hus.for_documents && hus.for_servers, "no extended key usage restricts it");
        assert!(hus.valid.contains(Moment::parse("2017-09-22T12:15:52Z").unwrap()));
        assert!(!hus.valid.contains(Moment::parse("2021-03-19").unwrap()));
        let vantaa = Certificate::parse(include_bytes!(
            "../../../samples/certificates/dvv-test-g3r-system-signature-vantaa-kerava.der"
        ))
        .unwrap();
        assert_eq!(vantaa.subject_serial_number(), Ok("1.2.246.10.32213561.10.0"));
        assert!(vantaa.key.strong());
    }

    #[test]
    fn broken_bytes_are_refused() {
        assert_eq!(Certificate::parse(b""), Err(CertificateError::Der));
        assert_eq!(Certificate::parse(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), Err(CertificateError::Der));
        assert_eq!(
            Certificate::parse(&vec![0; MAX_CERTIFICATE_BYTES + 1]),
            Err(CertificateError::TooLong(MAX_CERTIFICATE_BYTES + 1))
        );
        let mut trailing =
            include_bytes!("../../../samples/certificates/vrk-test-system-signature-hus-2016.der").to_vec();
        trailing.push(0);
        assert_eq!(Certificate::parse(&trailing), Err(CertificateError::Trailing));
    }
}
