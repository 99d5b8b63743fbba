//! Whether a certificate is revoked, asked of its issuer's responder (OCSP, RFC 6960): the request, and an answer that is
//! believed only when the issuer has signed it, or somebody whom the issuer has charged with answering.

use crate::certificate::Certificate;
use crate::revocation::{Revocation, RevocationIndex};
use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use der::asn1::{BitString, GeneralizedTime, Null, ObjectIdentifier, OctetString};
use der::{Any, Decode as _, Encode as _};
use liitos_domain::Moment;
use std::time::Duration;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse, OcspResponseStatus, Request,
    ResponderId, ResponseData, RevokedInfo, SingleResponse, TbsRequest, Version,
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// Most bytes of an answer that are read.
pub const MAX_RESPONSE_BYTES: usize = 64 * 1024;
/// Seconds that an answer which says no next one is taken for new (assumed).
const WITHOUT_NEXT: i64 = 3600;
/// Seconds that a responder's clock may be ahead.
const AHEAD: i64 = 300;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");
const SHA2: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// What a responder said, and until when it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Good, revoked, or that the responder does not know it.
    pub status: Revocation,
    /// Since when the responder has known it.
    pub since: Moment,
    /// When the next answer is due.
    pub until: Moment,
}

impl Answer {
    /// Whether it counts at a moment: not before it was known, not after the next was due.
    #[must_use]
    pub fn counts(&self, at: Moment) -> bool {
        self.since <= at.plus_seconds(AHEAD) && at < self.until
    }
}

/// Why an answer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OcspError {
    /// Broken DER, or another kind of answer.
    #[error("the answer cannot be read")]
    Form,
    /// The responder says that it cannot answer.
    #[error("the responder does not answer: {0}")]
    Refused(&'static str),
    /// Signed by nobody who may.
    #[error("the answer is signed by nobody who may answer for the issuer")]
    Signature,
    /// About other certificates.
    #[error("the answer is about other certificates")]
    Another,
    /// Too old, or from the future.
    #[error("the answer is not valid now")]
    NotNow,
}

/// The one that has issued a certificate, by name and signature: what comes with a certificate may name anybody.
pub fn issuer_of<'c>(
    certificate: &Certificate,
    mut candidates: impl Iterator<Item = &'c Certificate>,
) -> Option<&'c Certificate> {
    candidates.find(|candidate| candidate.has_issued(certificate))
}

/// What is asked of a responder, DER; nothing where a certificate cannot be named.
#[must_use]
pub fn request(certificate: &Certificate, issuer: &Certificate) -> Option<Vec<u8>> {
    // Responders need know no other hash than SHA-1 here (RFC 5019 2.1.1); it names the issuer and proves nothing.
    let named = cert_id(certificate, issuer, SHA1).ok()?;
    let request_list = vec![Request { req_cert: named, single_request_extensions: None }];
    let tbs_request = TbsRequest { version: Version::V1, requestor_name: None, request_list, request_extensions: None };
    OcspRequest { tbs_request, optional_signature: None }.to_der().ok()
}

/// Reads an answer about a certificate.
///
/// # Errors
/// [`OcspError`]: then nothing is known.
pub fn read(
    response: &[u8],
    certificate: &Certificate,
    issuer: &Certificate,
    revoked: &RevocationIndex,
    now: Moment,
) -> Result<Answer, OcspError> {
    if response.len() > MAX_RESPONSE_BYTES {
        return Err(OcspError::Form);
    }
    let response = OcspResponse::from_der(response).map_err(|_| OcspError::Form)?;
    said(response.response_status)?;
    let bytes = response.response_bytes.ok_or(OcspError::Form)?;
    if bytes.response_type != BASIC {
        return Err(OcspError::Form);
    }
    let basic = BasicOcspResponse::from_der(bytes.response.as_bytes()).map_err(|_| OcspError::Form)?;
    signed(&basic, issuer, revoked, now)?;
    let named = |one: &&SingleResponse| {
        let own = cert_id(certificate, issuer, one.cert_id.hash_algorithm.oid);
        own.is_ok_and(|own| {
            (&own.issuer_name_hash, &own.issuer_key_hash, &own.serial_number)
                == (&one.cert_id.issuer_name_hash, &one.cert_id.issuer_key_hash, &one.cert_id.serial_number)
        })
    };
    let one = basic.tbs_response_data.responses.iter().find(named).ok_or(OcspError::Another)?;
    let since = moment(one.this_update);
    let until = one.next_update.map_or(since.plus_seconds(WITHOUT_NEXT), moment);
    let status = match one.cert_status {
        CertStatus::Good(_) => Revocation::Good,
        CertStatus::Revoked(_) => Revocation::Revoked,
        CertStatus::Unknown(_) => Revocation::Unknown,
    };
    let answer = Answer { status, since, until };
    if answer.counts(now) { Ok(answer) } else { Err(OcspError::NotNow) }
}

const BASIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.48.1.1");

const fn said(status: OcspResponseStatus) -> Result<(), OcspError> {
    Err(OcspError::Refused(match status {
        OcspResponseStatus::Successful => return Ok(()),
        OcspResponseStatus::MalformedRequest => "malformed request",
        OcspResponseStatus::InternalError => "internal error",
        OcspResponseStatus::TryLater => "try later",
        OcspResponseStatus::SigRequired => "signature required",
        OcspResponseStatus::Unauthorized => "unauthorized",
    }))
}

/// By the issuer, or by a certificate of the issuer's that is for answering (RFC 6960 4.2.2.2).
fn signed(
    basic: &BasicOcspResponse,
    issuer: &Certificate,
    revoked: &RevocationIndex,
    now: Moment,
) -> Result<(), OcspError> {
    let data = basic.tbs_response_data.to_der().map_err(|_| OcspError::Form)?;
    let algorithm = basic.signature_algorithm.oid.to_string();
    let by = |signer: &Certificate| signer.has_signed(&algorithm, &data, basic.signature.raw_bytes());
    if by(issuer) {
        return Ok(());
    }
    // One comes with it, and maybe its issuers; more would only cost.
    let charged = basic.certs.iter().flatten().take(4).filter_map(|own| Certificate::parse(&own.to_der().ok()?).ok());
    let may = |signer: &Certificate| {
        signer.valid.contains(now)
            && signer.key.strong()
            && answers(signer)
            && issuer.has_issued(signer)
            && revoked.status(signer, now) != Revocation::Revoked
    };
    charged.into_iter().any(|signer| may(&signer) && by(&signer)).then_some(()).ok_or(OcspError::Signature)
}

/// Whether its extended key usage names answering.
fn answers(signer: &Certificate) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(&signer.der) else { return false };
    parsed.extended_key_usage().ok().flatten().is_some_and(|usage| usage.value.ocsp_signing)
}

fn cert_id(certificate: &Certificate, issuer: &Certificate, hash: ObjectIdentifier) -> Result<CertId, der::Error> {
    let algorithm: &'static Algorithm = match hash {
        SHA1 => &SHA1_FOR_LEGACY_USE_ONLY,
        SHA2 => &SHA256,
        other => return Err(der::ErrorKind::OidUnknown { oid: other }.into()),
    };
    let (_, parsed) = X509Certificate::from_der(&issuer.der).map_err(|_| der::ErrorKind::Failed)?;
    let key = parsed.public_key().subject_public_key.data.as_ref();
    Ok(CertId {
        hash_algorithm: AlgorithmIdentifierOwned { oid: hash, parameters: Some(Any::from(Null)) },
        issuer_name_hash: OctetString::new(digest(algorithm, &certificate.issuer).as_ref())?,
        issuer_key_hash: OctetString::new(digest(algorithm, key).as_ref())?,
        serial_number: SerialNumber::new(&certificate.serial.to_bytes())?,
    })
}

fn moment(time: OcspGeneralizedTime) -> Moment {
    Moment::from_seconds(i64::try_from(time.0.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
}

fn time(moment: Moment) -> Result<OcspGeneralizedTime, der::Error> {
    let since = Duration::from_secs(u64::try_from(moment.as_seconds()).unwrap_or(0));
    GeneralizedTime::from_unix_duration(since).map(OcspGeneralizedTime)
}

/// What an answer says, for the authority that tries things out.
pub(crate) fn response_data(
    certificate: &Certificate,
    issuer: &Certificate,
    revoked: bool,
    (since, until): (Moment, Option<Moment>),
) -> Result<ResponseData, der::Error> {
    let since = time(since)?;
    let info = RevokedInfo { revocation_time: since, revocation_reason: None };
    let one = SingleResponse {
        cert_id: cert_id(certificate, issuer, SHA1)?,
        cert_status: if revoked { CertStatus::Revoked(info) } else { CertStatus::Good(Null) },
        this_update: since,
        next_update: until.map(time).transpose()?,
        single_extensions: None,
    };
    let (_, parsed) = X509Certificate::from_der(&issuer.der).map_err(|_| der::ErrorKind::Failed)?;
    let key = digest(&SHA1_FOR_LEGACY_USE_ONLY, parsed.public_key().subject_public_key.data.as_ref());
    Ok(ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByKey(OctetString::new(key.as_ref())?),
        produced_at: since,
        responses: vec![one],
        response_extensions: None,
    })
}

/// A signed answer, with the certificate of whoever signed it where that is not the issuer.
pub(crate) fn response(data: ResponseData, signature: &[u8], signer: Option<&[u8]>) -> Result<Vec<u8>, der::Error> {
    let oid = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
    let basic = BasicOcspResponse {
        tbs_response_data: data,
        signature_algorithm: AlgorithmIdentifierOwned { oid, parameters: None },
        signature: BitString::from_bytes(signature)?,
        certs: signer.map(|der| Ok::<_, der::Error>(vec![x509_cert::Certificate::from_der(der)?])).transpose()?,
    };
    OcspResponse::successful(basic)?.to_der()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, Issued, Profile};
    use liitos_domain::Moment;

    struct Kit {
        authority: Authority,
        certificate: Certificate,
        now: Moment,
    }

    impl Kit {
        fn new() -> Self {
            let now = Moment::parse("2026-11-27").unwrap();
            let authority = Authority::create("One", now).unwrap();
            let profile = Profile {
                ocsp: Some("http://ocsp.test/dvv".to_owned()),
                ..Profile::server("1.2.246.10.1.10.0.13.1", "a.test")
            };
            let certificate = Certificate::parse(&authority.issue(&profile, now).unwrap().certificate_der).unwrap();
            Self { authority, certificate, now }
        }

        fn response(&self, revoked: bool, known: (i64, Option<i64>), signer: Option<&Issued>) -> Vec<u8> {
            let at = |seconds: i64| self.now.plus_seconds(seconds);
            self.authority.ocsp_response(&self.certificate, revoked, (at(known.0), known.1.map(at)), signer).unwrap()
        }

        fn read(&self, response: &[u8]) -> Result<Answer, OcspError> {
            read(response, &self.certificate, self.authority.certificate(), &RevocationIndex::default(), self.now)
        }
    }

    #[test]
    fn what_the_issuer_says_counts_until_the_next() {
        let kit = Kit::new();
        assert_eq!(kit.certificate.ocsp, ["http://ocsp.test/dvv"]);
        let hour = Some(3600);
        let at = |seconds| kit.now.plus_seconds(seconds);
        let answer = |status, seconds| Ok(Answer { status, since: at(-60), until: at(seconds) });
        assert_eq!(kit.read(&kit.response(false, (-60, hour), None)), answer(Revocation::Good, 3600));
        assert_eq!(kit.read(&kit.response(true, (-60, hour), None)), answer(Revocation::Revoked, 3600));
        assert_eq!(kit.read(&kit.response(false, (-60, None), None)), answer(Revocation::Good, 3540));
        assert_eq!(kit.read(&kit.response(false, (-60, Some(0)), None)), Err(OcspError::NotNow));
        assert_eq!(kit.read(&kit.response(false, (-3600, None), None)), Err(OcspError::NotNow));
        assert_eq!(kit.read(&kit.response(false, (301, Some(3600)), None)), Err(OcspError::NotNow));
        assert!(request(&kit.certificate, kit.authority.certificate()).is_some());
        let refused = [0x30, 3, 0x0a, 1, 3];
        assert_eq!(kit.read(&refused), Err(OcspError::Refused("try later")));
    }

    #[test]
    fn nobody_else_answers() {
        let (kit, other) = (Kit::new(), Kit::new());
        let known = (-60, Some(3600));
        assert_eq!(kit.read(&other.response(false, known, None)), Err(OcspError::Signature), "of the same name");
        let another = Certificate::parse(
            &kit.authority.issue(&Profile::server("1.2", "b.test"), kit.now).unwrap().certificate_der,
        )
        .unwrap();
        let response = kit.response(false, known, None);
        let about = read(&response, &another, kit.authority.certificate(), &RevocationIndex::default(), kit.now);
        assert_eq!(about, Err(OcspError::Another));
        // Somebody whom the issuer has charged with answering; not one of another use, of another issuer, old or revoked.
        let charged = Profile { responder: true, ..Profile::server("1.2", "ocsp.test") };
        let issued = |kit: &Kit, profile: &Profile| kit.authority.issue(profile, kit.now).unwrap();
        let responder = issued(&kit, &charged);
        let answered = kit.response(true, known, Some(&responder));
        assert_eq!(kit.read(&answered).map(|answer| answer.status), Ok(Revocation::Revoked));
        let server = issued(&kit, &Profile::server("1.2", "ocsp.test"));
        assert_eq!(kit.read(&kit.response(false, known, Some(&server))), Err(OcspError::Signature));
        assert_eq!(kit.read(&kit.response(false, known, Some(&issued(&other, &charged)))), Err(OcspError::Signature));
        let old = issued(&kit, &Profile { days: 0, ..charged.clone() });
        assert_eq!(kit.read(&kit.response(false, known, Some(&old))), Err(OcspError::Signature));
        let serial = Certificate::parse(&responder.certificate_der).unwrap().serial;
        let list = kit.authority.revocation_list(&[serial], kit.now).unwrap();
        let issuers = [kit.authority.certificate().clone()];
        let revoked = RevocationIndex::load(&[list], &issuers).unwrap();
        let by_revoked = read(&answered, &kit.certificate, kit.authority.certificate(), &revoked, kit.now);
        assert_eq!(by_revoked, Err(OcspError::Signature));
    }

    #[test]
    fn the_issuer_is_known_by_its_signature() {
        let (kit, other) = (Kit::new(), Kit::new());
        let candidates = [other.authority.certificate(), kit.authority.certificate()];
        let found = issuer_of(&kit.certificate, candidates.into_iter());
        assert_eq!(found.map(|issuer| issuer.fingerprint), Some(kit.authority.certificate().fingerprint));
        assert!(issuer_of(&kit.certificate, [other.authority.certificate()].into_iter()).is_none());
    }

    #[test]
    fn a_long_answer_is_not_read() {
        assert_eq!(Kit::new().read(&vec![0x30; MAX_RESPONSE_BYTES + 1]), Err(OcspError::Form));
    }
}
