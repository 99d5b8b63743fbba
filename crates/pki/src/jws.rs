//! Detached JSON Web Signatures (RFC 7515, appendix F): over bytes that lie elsewhere, with the signer's certificate in the header (`x5c`) and the time
//! of signing (`sigT` or `iat`, ETSI TS 119 182-1 5.1.11 and 5.2.1).

use crate::certificate::Certificate;
use crate::token::{certificates, decoding_key};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use liitos_domain::Moment;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Most bytes of a signature, its header with certificates included.
const MAX_BYTES: usize = 24 * 1024;

/// What a detached signature says. Whether its certificate is trusted is for others to ask.
#[derive(Clone, Debug)]
pub struct DetachedJws {
    /// The signature is by the certificate's key over exactly these bytes.
    pub intact: bool,
    /// The signer's certificate, not yet trusted.
    pub certificate: Certificate,
    /// When it was signed, by the signer's clock.
    pub signed_at: Moment,
    /// The signature method.
    pub method: String,
}

/// Why a detached signature cannot be read. The texts name its parts and never what stands in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Over its longest.
    #[error("it is too long")]
    TooLong,
    /// Not `header..signature`.
    #[error("expected a detached signature in compact form")]
    Form,
    /// The header is no JSON object that says each thing once, or lacks something.
    #[error("the header's {0} is missing or cannot be read")]
    Header(&'static str),
    /// A header field that must be understood.
    #[error("crit names what is not understood")]
    Critical,
    /// An algorithm that does not fit the certificate's key, or none that is accepted.
    #[error("alg does not fit the certificate's key")]
    Algorithm,
    /// The key cannot sign.
    #[error("the key cannot be used: {0}")]
    Key(String),
}

/// The header's fields that count. Others say nothing here.
#[derive(Deserialize)]
struct Header {
    alg: Algorithm,
    x5c: Vec<String>,
    #[serde(rename = "sigT")]
    signed_at: Option<String>,
    iat: Option<i64>,
    crit: Option<Vec<String>>,
    b64: Option<bool>,
}

/// What a header may call critical: it is understood.
const UNDERSTOOD: [&str; 3] = ["sigT", "iat", "x5c"];

impl DetachedJws {
    /// Reads a signature, and tries it on the bytes that it is said to be over.
    ///
    /// # Errors
    /// [`JwsError`].
    pub fn read(text: &str, signed: &[u8]) -> Result<Self, JwsError> {
        if text.len() > MAX_BYTES {
            return Err(JwsError::TooLong);
        }
        let (header, signature) = text.split_once("..").ok_or(JwsError::Form)?;
        let raw = URL_SAFE_NO_PAD.decode(header).map_err(|_| JwsError::Form)?;
        // Of a field that stands twice another reader may take the other one: this one takes neither.
        let read: Header = serde_json::from_slice(&raw).map_err(|_| JwsError::Header("fields"))?;
        let critical = read.crit.as_deref().unwrap_or_default();
        if read.b64.is_some() || critical.iter().any(|name| !UNDERSTOOD.contains(&name.as_str())) {
            return Err(JwsError::Critical);
        }
        let certificate = certificates(&read.x5c).ok().and_then(|chain| Certificate::parse(chain.first()?).ok());
        let certificate = certificate.ok_or(JwsError::Header("x5c"))?;
        let said = match (read.signed_at, read.iat) {
            (Some(text), None) => Moment::parse(&text).ok(),
            (None, Some(seconds)) => Some(Moment::from_seconds(seconds)),
            // Of two times another reader may take the other.
            _ => None,
        };
        let key = decoding_key(&certificate, read.alg).map_err(|_| JwsError::Algorithm)?;
        let message = input(header, signed);
        let intact = jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, read.alg).unwrap_or(false);
        Ok(Self {
            intact,
            certificate,
            signed_at: said.ok_or(JwsError::Header("sigT"))?,
            method: format!("{:?}", read.alg),
        })
    }

    /// Signs bytes with an RSA key (PKCS#8 PEM), as RS256.
    ///
    /// # Errors
    /// [`JwsError::Key`].
    pub fn sign(signed: &[u8], certificate_der: &[u8], key_pem: &str, at: Moment) -> Result<String, JwsError> {
        let wrong = |error: jsonwebtoken::errors::Error| JwsError::Key(error.to_string());
        let key = EncodingKey::from_rsa_pem(key_pem.as_bytes()).map_err(wrong)?;
        let mut header = Map::new();
        header.insert("alg".to_owned(), Value::from("RS256"));
        header.insert("x5c".to_owned(), Value::from(vec![STANDARD.encode(certificate_der)]));
        header.insert("iat".to_owned(), Value::from(at.as_seconds()));
        let header = URL_SAFE_NO_PAD.encode(Value::from(header).to_string());
        let message = input(&header, signed);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256).map_err(wrong)?;
        Ok(format!("{header}..{signature}"))
    }
}

/// What is signed (RFC 7515 5.1).
fn input(header: &str, signed: &[u8]) -> String {
    format!("{header}.{}", URL_SAFE_NO_PAD.encode(signed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::{Authority, KeyKind, Profile};
    use serde_json::json;

    fn kit(kind: KeyKind) -> (Vec<u8>, String, Moment) {
        let now = Moment::parse("2026-11-28T12:00:00Z").unwrap();
        let authority = Authority::create("One", now).unwrap();
        let mut profile = Profile::signature("1.2.246.10.99999984.10.0", "Järjestelmä");
        profile.key = kind;
        let issued = authority.issue(&profile, now).unwrap();
        (issued.certificate_der.clone(), issued.key_pem.clone(), now)
    }

    #[test]
    fn what_was_signed_holds_and_nothing_else() {
        let (certificate, key, now) = kit(KeyKind::Rsa3072);
        let jws = DetachedJws::sign(b"{\"a\":1}", &certificate, &key, now).unwrap();
        let read = DetachedJws::read(&jws, b"{\"a\":1}").unwrap();
        assert!(read.intact);
        assert_eq!((read.certificate.der, read.signed_at, read.method.as_str()), (certificate, now, "RS256"));
        assert!(!DetachedJws::read(&jws, b"{\"a\":2}").unwrap().intact);
        let (other, _, _) = kit(KeyKind::Rsa3072);
        let stranger = DetachedJws::sign(b"{}", &other, &key, now).unwrap();
        assert!(!DetachedJws::read(&stranger, b"{}").unwrap().intact, "another's certificate");
    }

    #[test]
    fn tricks_are_refused() {
        let (certificate, key, now) = kit(KeyKind::Rsa3072);
        let jws = DetachedJws::sign(b"{}", &certificate, &key, now).unwrap();
        let signature = jws.split_once("..").unwrap().1;
        let with = |header: String| {
            DetachedJws::read(&format!("{}..{signature}", URL_SAFE_NO_PAD.encode(header)), b"{}")
                .map(|read| read.intact)
        };
        let x5c = vec![STANDARD.encode(&certificate)];
        let header = |change: Value| {
            let mut header = json!({ "alg": "RS256", "x5c": x5c, "iat": now.as_seconds() });
            header.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            header.to_string()
        };
        assert_eq!(with(header(json!({ "kid": "1" }))), Ok(false));
        for (change, refused) in [
            (json!({ "alg": "none" }), JwsError::Header("fields")),
            (json!({ "alg": "HS256" }), JwsError::Algorithm),
            (json!({ "alg": "ES256" }), JwsError::Algorithm),
            (json!({ "b64": false }), JwsError::Critical),
            (json!({ "crit": ["sigD"] }), JwsError::Critical),
            (json!({ "x5c": [] }), JwsError::Header("x5c")),
            (json!({ "x5c": ["AA=="] }), JwsError::Header("x5c")),
            (json!({ "sigT": "2026-11-28T12:00:00Z" }), JwsError::Header("sigT")),
            (json!({ "iat": null }), JwsError::Header("sigT")),
        ] {
            assert_eq!(with(header(change.clone())), Err(refused), "{change}");
        }
        let twice = header(json!({})).replacen('{', "{\"alg\":\"RS256\",", 1);
        assert_eq!(with(twice), Err(JwsError::Header("fields")));
        assert_eq!(DetachedJws::read(&jws.replacen("..", ".e30.", 1), b"{}").unwrap_err(), JwsError::Form);
        assert_eq!(DetachedJws::read(&"a".repeat(MAX_BYTES + 1), b"{}").unwrap_err(), JwsError::TooLong);
    }

    proptest::proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "[A-Za-z0-9_.\\-]{0,80}|\\PC{0,40}", header in "\\PC{0,60}") {
            let _ = DetachedJws::read(&text, b"{}");
            let _ = DetachedJws::read(&format!("{}..AA", URL_SAFE_NO_PAD.encode(header)), b"{}");
        }
    }
}
