//! A certificate authority for trying things out: the demo's, the tests' and a vendor's laptop's.
//!
//! Its certificates have the shape of DVV's (Subject serialNumber, common name and alternative names as guide 3.2
//! asks) so that what reads the real ones reads these. Never a trust anchor outside a sandbox.

use crate::certificate::Certificate;
use der::Encode as _;
use liitos_domain::Moment;
use liitos_domain::identifier::CertificateSerial;
use rcgen::SigningKey as _;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CustomExtension, DistinguishedName, DnType,
    DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    RsaKeySize, SanType, SerialNumber,
};
use std::net::IpAddr;
use time::OffsetDateTime;

/// A problem inside the authority; its cause is rcgen's.
#[derive(Debug, thiserror::Error)]
#[error("the test authority could not issue: {0}")]
pub struct AuthorityError(String);

impl From<rcgen::Error> for AuthorityError {
    fn from(error: rcgen::Error) -> Self {
        Self(error.to_string())
    }
}

const DAY: i64 = 86_400;
/// Whose certificates are when nobody says.
const ORGANISATION: &str = "Liitos sandbox";

/// The keys that DVV's certificates have, as far as they are strong enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256.
    P256,
    /// RSA, 3,072 bits.
    Rsa3072,
    /// RSA, 4,096 bits.
    Rsa4096,
}

/// What a certificate shall say.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Subject serialNumber; `None` to leave it out.
    pub serial_number: Option<String>,
    /// Common name.
    pub common_name: String,
    /// Organisation.
    pub organisation: String,
    /// DNS names.
    pub dns_names: Vec<String>,
    /// IP addresses.
    pub addresses: Vec<IpAddr>,
    /// Whether it signs documents instead of serving TLS.
    pub signature: bool,
    /// Whether it answers for its issuer instead which certificates are revoked.
    pub responder: bool,
    /// Its key.
    pub key: KeyKind,
    /// Where is answered whether it is revoked.
    pub ocsp: Option<String>,
    /// Days it is valid, from a day before now.
    pub days: i64,
}

impl Profile {
    /// A server certificate of an access point: at most a year (`domain.md` section 6).
    #[must_use]
    pub fn server(access_point: &str, dns_name: &str) -> Self {
        Self {
            serial_number: Some(access_point.to_owned()),
            common_name: dns_name.to_owned(),
            organisation: ORGANISATION.to_owned(),
            dns_names: vec![dns_name.to_owned()],
            addresses: Vec::new(),
            signature: false,
            responder: false,
            key: KeyKind::P256,
            ocsp: None,
            days: 364,
        }
    }

    /// A system signature certificate of an operating unit: at most two years.
    #[must_use]
    pub fn signature(unit: &str, common_name: &str) -> Self {
        Self {
            serial_number: Some(unit.to_owned()),
            common_name: common_name.to_owned(),
            organisation: ORGANISATION.to_owned(),
            dns_names: Vec::new(),
            addresses: Vec::new(),
            signature: true,
            responder: false,
            key: KeyKind::Rsa3072,
            ocsp: None,
            days: 729,
        }
    }
}

/// An issued certificate with its private key.
#[derive(Clone)]
pub struct Issued {
    /// The certificate, DER.
    pub certificate_der: Vec<u8>,
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The private key, PKCS#8 DER.
    pub key_der: Vec<u8>,
    /// The private key, PKCS#8 PEM.
    pub key_pem: String,
}

/// A throw-away certificate authority.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
    pem: String,
}

impl Authority {
    /// Makes a new authority, valid for ten years from a day before `now`.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn create(name: &str, now: Moment) -> Result<Self, AuthorityError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = subject(None, ORGANISATION, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.not_before = day(now, -1);
        params.not_after = day(now, 3650);
        let made = params.self_signed(&key)?;
        let certificate = Certificate::parse(made.der()).map_err(|e| AuthorityError(e.to_string()))?;
        Ok(Self { issuer: Issuer::new(params, key), certificate, pem: made.pem() })
    }

    /// The authority's own certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The authority's own certificate, PEM.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// Issues a certificate with a new key.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn issue(&self, profile: &Profile, now: Moment) -> Result<Issued, AuthorityError> {
        let rsa = |size| KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, size);
        let key = match profile.key {
            KeyKind::P256 => KeyPair::generate()?,
            KeyKind::Rsa3072 => rsa(RsaKeySize::_3072)?,
            KeyKind::Rsa4096 => rsa(RsaKeySize::_4096)?,
        };
        let mut params = CertificateParams::default();
        params.distinguished_name =
            subject(profile.serial_number.as_deref(), &profile.organisation, &profile.common_name);
        params.not_before = day(now, -1);
        params.not_after = day(now, profile.days - 1);
        for dns in &profile.dns_names {
            params.subject_alt_names.push(SanType::DnsName(dns.clone().try_into()?));
        }
        params.subject_alt_names.extend(profile.addresses.iter().map(|address| SanType::IpAddress(*address)));
        params.custom_extensions.extend(profile.ocsp.as_deref().map(answered_at));
        if profile.responder {
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::OcspSigning];
        } else if profile.signature {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
        } else {
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        }
        let made = params.signed_by(&key, &self.issuer)?;
        Ok(Issued {
            certificate_der: made.der().to_vec(),
            certificate_pem: made.pem(),
            key_der: key.serialize_der(),
            key_pem: key.serialize_pem(),
        })
    }

    /// A list of revoked serial numbers, valid for thirty days, DER.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn revocation_list(&self, revoked: &[CertificateSerial], now: Moment) -> Result<Vec<u8>, AuthorityError> {
        let entry = |serial: &CertificateSerial| RevokedCertParams {
            serial_number: SerialNumber::from_slice(&serial.to_bytes()),
            revocation_time: day(now, 0),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: day(now, 0),
            next_update: day(now, 30),
            crl_number: SerialNumber::from(u64::try_from(now.as_seconds()).unwrap_or(1)),
            issuing_distribution_point: None,
            revoked_certs: revoked.iter().map(entry).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.der().to_vec())
    }

    /// An answer to whether a certificate is revoked (RFC 6960), known since a moment and until the next answer, DER: signed by
    /// the authority itself, or by somebody with a P-256 certificate.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn ocsp_response(
        &self,
        certificate: &Certificate,
        revoked: bool,
        known: (Moment, Option<Moment>),
        signer: Option<&Issued>,
    ) -> Result<Vec<u8>, AuthorityError> {
        let told = |error: der::Error| AuthorityError(error.to_string());
        let data = crate::ocsp::response_data(certificate, &self.certificate, revoked, known).map_err(told)?;
        let signed = data.to_der().map_err(told)?;
        let signature = match signer {
            Some(signer) => KeyPair::from_pem(&signer.key_pem)?.sign(&signed)?,
            None => self.issuer.key().sign(&signed)?,
        };
        let shown = signer.map(|signer| signer.certificate_der.as_slice());
        crate::ocsp::response(data, &signature, shown).map_err(told)
    }
}

/// The extension that says where is answered whether a certificate is revoked (RFC 5280 4.2.2.1).
fn answered_at(address: &str) -> CustomExtension {
    let part = |tag: u8, content: &[u8]| {
        let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
        // An address of a few letters: in the short form of lengths, or the one with a byte.
        let length = if length < 128 { vec![length] } else { vec![0x81, length] };
        [&[tag][..], &length, content].concat()
    };
    let method = part(0x06, &[0x2b, 6, 1, 5, 5, 7, 48, 1]);
    let description = part(0x30, &[method, part(0x86, address.as_bytes())].concat());
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], part(0x30, &description))
}

fn subject(serial_number: Option<&str>, organisation: &str, common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CountryName, "FI");
    name.push(DnType::OrganizationName, organisation);
    if let Some(text) = serial_number {
        name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), DnValue::Utf8String(text.to_owned()));
    }
    name.push(DnType::CommonName, common_name);
    name
}

/// The same time of day, `days` from now.
fn day(now: Moment, days: i64) -> OffsetDateTime {
    let seconds = now.as_seconds() + days * DAY;
    OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
