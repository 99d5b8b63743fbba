//! Certificate signing requests (PKCS#10, RFC 2986) for the server certificates of access points, as guide 3.2 asks: the
//! Subject's serialNumber is the access point's OID, the common name and an alternative name the primary link's DNS name.

use liitos_domain::identifier::{AccessPointOid, DnsName};
use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose,
    RsaKeySize, SanType,
};
use std::net::IpAddr;

/// Longest common name (RFC 5280, ub-common-name).
const MAX_COMMON_NAME: usize = 64;

/// What key is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewKey {
    /// RSA, 3072 bits.
    Rsa3072,
    /// Elliptic curve P-256.
    P256,
}

/// What a server certificate shall say.
#[derive(Clone, Debug)]
pub struct ServerRequest<'a> {
    /// The access point.
    pub access_point: &'a AccessPointOid,
    /// The primary link's DNS name.
    pub primary: &'a DnsName,
    /// The other links' names.
    pub others: Vec<&'a DnsName>,
    /// Addresses to stand among the alternative names.
    pub addresses: Vec<IpAddr>,
    /// The organisation's name.
    pub organisation: Option<&'a str>,
}

/// A request with its new private key.
pub struct Requested {
    /// The request, PEM.
    pub request_pem: String,
    /// The private key, PKCS#8 PEM.
    pub key_pem: String,
}

/// Why no request was made.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The primary name does not fit into a common name.
    #[error("the primary link's DNS name has {0} characters; a common name holds {MAX_COMMON_NAME}")]
    TooLong(usize),
    /// Anything else; the cause is rcgen's.
    #[error("the request could not be made: {0}")]
    Other(String),
}

impl From<rcgen::Error> for RequestError {
    fn from(error: rcgen::Error) -> Self {
        Self::Other(error.to_string())
    }
}

impl ServerRequest<'_> {
    /// Makes a key and the request for it.
    ///
    /// # Errors
    /// [`RequestError`].
    pub fn make(&self, key: NewKey) -> Result<Requested, RequestError> {
        let primary = self.primary.as_str();
        if primary.len() > MAX_COMMON_NAME {
            return Err(RequestError::TooLong(primary.len()));
        }
        let key = match key {
            NewKey::Rsa3072 => KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_3072)?,
            NewKey::P256 => KeyPair::generate()?,
        };
        let mut params = CertificateParams::default();
        let mut name = DistinguishedName::new();
        name.push(DnType::CountryName, "FI");
        if let Some(organisation) = self.organisation {
            name.push(DnType::OrganizationName, organisation);
        }
        // X.520 6.2.9: serialNumber is a PrintableString.
        let serial = DnValue::PrintableString(self.access_point.as_str().try_into()?);
        name.push(DnType::CustomDnType(vec![2, 5, 4, 5]), serial);
        name.push(DnType::CommonName, primary);
        params.distinguished_name = name;
        for dns in std::iter::once(self.primary).chain(self.others.iter().copied().filter(|dns| **dns != *self.primary))
        {
            params.subject_alt_names.push(SanType::DnsName(dns.as_str().try_into()?));
        }
        params.subject_alt_names.extend(self.addresses.iter().map(|address| SanType::IpAddress(*address)));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let request_pem = params.serialize_request(&key)?.pem()?;
        Ok(Requested { request_pem, key_pem: key.serialize_pem() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509CertificationRequest};

    #[test]
    fn a_request_says_what_the_guide_asks() {
        let point = AccessPointOid::parse("1.2.246.10.99999036.10.0.13.1").unwrap();
        let [primary, other] = ["kanta.lepola.test", "vara.lepola.test"].map(|name| DnsName::parse(name).unwrap());
        for (kind, algorithm) in [(NewKey::P256, "1.2.840.10045.2.1"), (NewKey::Rsa3072, "1.2.840.113549.1.1.1")] {
            let asked = ServerRequest {
                access_point: &point,
                primary: &primary,
                others: vec![&other, &primary],
                addresses: vec!["203.0.113.5".parse().unwrap()],
                organisation: Some("Lääkäriasema Lepola Oy"),
            };
            let made = asked.make(kind).unwrap();
            assert!(made.key_pem.starts_with("-----BEGIN PRIVATE KEY-----"));
            let (_, pem) = x509_parser::pem::parse_x509_pem(made.request_pem.as_bytes()).unwrap();
            assert_eq!(pem.label, "CERTIFICATE REQUEST");
            let (_, request) = X509CertificationRequest::from_der(&pem.contents).unwrap();
            let info = &request.certification_request_info;
            let attribute = |oid: &str| {
                let mut found = info.subject.iter_attributes().filter(|a| a.attr_type().to_id_string() == oid);
                let one = found.next().unwrap().as_str().unwrap().to_owned();
                assert!(found.next().is_none(), "{oid} once");
                one
            };
            assert_eq!(
                (attribute("2.5.4.5").as_str(), attribute("2.5.4.3").as_str()),
                (point.as_str(), primary.as_str())
            );
            assert_eq!(attribute("2.5.4.10"), "Lääkäriasema Lepola Oy");
            assert_eq!(info.subject_pki.algorithm.algorithm.to_id_string(), algorithm);
            let names: Vec<String> = request
                .requested_extensions()
                .unwrap()
                .filter_map(|extension| match extension {
                    ParsedExtension::SubjectAlternativeName(names) => Some(&names.general_names),
                    _ => None,
                })
                .flatten()
                .map(|name| match name {
                    GeneralName::DNSName(dns) => (*dns).to_owned(),
                    other => format!("{other:?}"),
                })
                .collect();
            assert_eq!(names[..2], ["kanta.lepola.test", "vara.lepola.test"]);
            assert_eq!(names.len(), 3, "the address, and no name twice");
        }
    }

    #[test]
    fn a_name_that_is_too_long_is_said() {
        let point = AccessPointOid::parse("1.2.246.10.99999036.10.0.13.1").unwrap();
        let long = DnsName::parse(&format!("{}.test", ["abcdefghi"; 7].join("."))).unwrap();
        let asked = ServerRequest {
            access_point: &point,
            primary: &long,
            others: Vec::new(),
            addresses: Vec::new(),
            organisation: None,
        };
        assert!(matches!(asked.make(NewKey::P256), Err(RequestError::TooLong(74))));
    }
}
