//! Kanta's JSON Web Tokens (RFC 7519): who calls, told and signed by the system that calls.
//!
//! The table of their claims is not public (`domain.md` section 14): where each fact stands is configuration, and the names
//! given here are assumed. The signer's certificate comes with the token (`x5c`, RFC 7515 4.1.6) and is judged as every other
//! is: path, strength and revocation. Whose certificate it must be is for the caller to ask.

use crate::certificate::Certificate;
use crate::revocation::Revocation;
use crate::strength::KeyStrength;
use crate::trust::{ChainError, Purpose};
use crate::trust_state::Trust;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use liitos_domain::{Moment, Oid};
use rustls::pki_types::CertificateDer;
use serde::Deserialize;
use serde_json::Value;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Most bytes of a token: several certificates of the largest kind, and what it says.
pub(crate) const MAX_TOKEN_BYTES: usize = 24 * 1024;
/// Most certificates that come with it.
const MAX_CHAIN: usize = 4;

/// What a token must say, and where (all assumed).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TokenRules {
    /// Whom it must be meant for (`aud`); none: not asked.
    pub audience: Option<String>,
    /// Seconds from `iat` to `exp` at most.
    pub longest_seconds: i64,
    /// Seconds that two clocks may differ.
    pub leeway_seconds: i64,
    /// Where the joiner or host stands (a JSON Pointer, RFC 6901): its OID, with or without `urn:oid:`.
    pub subscriber: String,
    /// Where the provider or tenant for whom it calls stands; it may be missing.
    pub requester: String,
    /// Where the system's id in the register of information systems stands; it may be missing.
    pub system: String,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            audience: None,
            longest_seconds: 3600,
            leeway_seconds: 60,
            subscriber: "/serviceSubscriber".to_owned(),
            requester: "/serviceRequester".to_owned(),
            system: "/system/id".to_owned(),
        }
    }
}

/// What a token says of who calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The joiner or host.
    pub subscriber: Oid,
    /// The provider or tenant for whom it calls.
    pub requester: Option<Oid>,
    /// The calling system's id.
    pub system: Option<String>,
}

/// A token whose signature and certificate hold.
#[derive(Clone, Debug)]
pub struct Token {
    /// What it says.
    pub said: Said,
    /// When it is over, clocks that differ allowed for.
    pub until: Moment,
    /// The certificate that it is signed with.
    pub signer: Certificate,
}

/// Why a token is not taken. The texts name its parts and never what stands in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Over [`MAX_TOKEN_BYTES`].
    #[error("it is too long")]
    TooLong,
    /// No signed token in compact form.
    #[error("it is no JSON Web Token in compact form")]
    Form,
    /// A header field that must be understood.
    #[error("crit names what is not understood")]
    Critical,
    /// No certificates, too many, or broken ones.
    #[error("x5c holds no certificates that can be read")]
    Certificates,
    /// An algorithm that does not fit the certificate's key, or none that is accepted.
    #[error("alg does not fit the certificate's key")]
    Algorithm,
    /// The certificate's path.
    #[error("x5c: {0}")]
    Chain(#[from] ChainError),
    /// The certificate's key usage.
    #[error("x5c: the certificate is not for signing")]
    NotForSigning,
    /// The certificate's key.
    #[error("x5c: the key is too weak")]
    Weak,
    /// The certificate is revoked, or it is not known that it is not.
    #[error("x5c: the certificate is revoked, or its revocation is not known")]
    Revoked,
    /// The signature.
    #[error("the signature does not hold")]
    Signature,
    /// A claim that is missing or no such thing.
    #[error("{0} is missing or cannot be read")]
    Claim(String),
    /// It is over, or has not begun.
    #[error("it is not valid now (exp, nbf, iat)")]
    NotNow,
    /// It is valid for longer than a token may be.
    #[error("it is valid for too long (exp, iat)")]
    TooLasting,
    /// It is meant for somebody else.
    #[error("aud names somebody else")]
    Audience,
}

impl Token {
    /// Reads and verifies a token in compact form.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(token: &str, trust: &Trust, rules: &TokenRules, now: Moment) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let header = decode_header(token).map_err(|_| TokenError::Form)?;
        if header.crit.is_some() || header.zip.is_some() || header.enc.is_some() {
            return Err(TokenError::Critical);
        }
        let chain = certificates(header.x5c.as_deref().unwrap_or_default())?;
        let (leaf, between) = chain.split_first().ok_or(TokenError::Certificates)?;
        let signer = Certificate::parse(leaf).map_err(|_| TokenError::Certificates)?;
        trust.anchors.chain(&signer, between, now, Purpose::Signature)?;
        if !signer.for_signing {
            return Err(TokenError::NotForSigning);
        }
        if !signer.key.strong() {
            return Err(TokenError::Weak);
        }
        if trust.revoked.status(&signer, now) != Revocation::Good {
            return Err(TokenError::Revoked);
        }
        let claims = signed(token, header.alg, &signer)?;
        let told = Claims { claims: &claims, rules };
        told.meant()?;
        let until = told.valid(now)?;
        Ok(Self { said: told.said()?, until, signer })
    }
}

impl Said {
    /// What a token says, believed by nobody: for who passes it on and must know what it passes on.
    ///
    /// # Errors
    /// [`TokenError`] where it cannot be read.
    pub fn unproved(token: &str, rules: &TokenRules) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong);
        }
        let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
        let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).ok_or(TokenError::Form)?;
        Claims { claims: &claims, rules }.said()
    }
}

impl TokenRules {
    /// Whether what is configured can mean something.
    ///
    /// # Errors
    /// The key, and what it must be.
    pub fn check(&self) -> Result<(), &'static str> {
        let pointers = [&self.subscriber, &self.requester, &self.system];
        if pointers.iter().any(|pointer| !pointer.starts_with('/')) {
            return Err("token: subscriber, requester and system are JSON Pointers, which begin with /");
        }
        if self.longest_seconds < 1 || self.leeway_seconds < 0 {
            return Err("token: longest_seconds must be at least 1, leeway_seconds at least 0");
        }
        Ok(())
    }
}

/// The certificates that come with a signature, its signer's first.
pub(crate) fn certificates(texts: &[String]) -> Result<Vec<CertificateDer<'static>>, TokenError> {
    if texts.len() > MAX_CHAIN {
        return Err(TokenError::Certificates);
    }
    let der = |text: &String| STANDARD.decode(text).map(CertificateDer::from).map_err(|_| TokenError::Certificates);
    texts.iter().map(der).collect()
}

/// The certificate's key, for an algorithm that fits it.
pub(crate) fn decoding_key(signer: &Certificate, algorithm: Algorithm) -> Result<DecodingKey, TokenError> {
    let (_, parsed) = X509Certificate::from_der(&signer.der).map_err(|_| TokenError::Certificates)?;
    let key = parsed.public_key().subject_public_key.data.as_ref();
    Ok(match (signer.key, algorithm) {
        (
            KeyStrength::Rsa(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => DecodingKey::from_rsa_der(key),
        (KeyStrength::Ec(_), Algorithm::ES256 | Algorithm::ES384) => DecodingKey::from_ec_der(key),
        _ => return Err(TokenError::Algorithm),
    })
}

/// The claims, once the certificate's key is known to have signed them.
fn signed(token: &str, algorithm: Algorithm, signer: &Certificate) -> Result<Value, TokenError> {
    let key = decoding_key(signer, algorithm)?;
    // The library verifies the signature; what is said is judged here, by our clock.
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_nbf, validation.validate_aud) = (false, false, false);
    decode::<Value>(token, &key, &validation).map(|data| data.claims).map_err(|_| TokenError::Signature)
}

struct Claims<'t> {
    claims: &'t Value,
    rules: &'t TokenRules,
}

impl Claims<'_> {
    fn said(&self) -> Result<Said, TokenError> {
        let Self { rules, .. } = self;
        let missing = || TokenError::Claim(rules.subscriber.clone());
        Ok(Said {
            subscriber: self.oid(&rules.subscriber)?.ok_or_else(missing)?,
            requester: self.oid(&rules.requester)?,
            system: self.text(&rules.system)?.map(str::to_owned),
        })
    }

    fn meant(&self) -> Result<(), TokenError> {
        // One that is meant for somebody is not for whoever is nobody (RFC 7519 4.1.3).
        let is = |one: &Value| self.rules.audience.as_deref().is_some_and(|wanted| one.as_str() == Some(wanted));
        let meant = match self.claims.get("aud") {
            Some(Value::Array(several)) => several.iter().any(is),
            Some(one) => is(one),
            None => self.rules.audience.is_none(),
        };
        if meant { Ok(()) } else { Err(TokenError::Audience) }
    }

    fn valid(&self, now: Moment) -> Result<Moment, TokenError> {
        let TokenRules { longest_seconds, leeway_seconds: leeway, .. } = self.rules;
        let missing = |name: &str| TokenError::Claim(name.to_owned());
        let expires = self.seconds("exp")?.ok_or_else(|| missing("exp"))?;
        let issued = self.seconds("iat")?.ok_or_else(|| missing("iat"))?;
        let begins = self.seconds("nbf")?.unwrap_or(issued).max(issued);
        let now = now.as_seconds();
        if now >= expires.saturating_add(*leeway) || now < begins.saturating_sub(*leeway) {
            return Err(TokenError::NotNow);
        }
        if expires.saturating_sub(issued) > *longest_seconds {
            return Err(TokenError::TooLasting);
        }
        Ok(Moment::from_seconds(expires.saturating_add(*leeway)))
    }

    /// A moment in seconds (RFC 7519 2, NumericDate); a fraction is cut off.
    fn seconds(&self, name: &str) -> Result<Option<i64>, TokenError> {
        let Some(value) = self.claims.get(name) else { return Ok(None) };
        let whole = value.as_i64().or_else(|| {
            let number = value.as_f64().filter(|number| number.abs() < 1e15)?;
            format!("{:.0}", number.trunc()).parse().ok()
        });
        whole.map(Some).ok_or_else(|| TokenError::Claim(name.to_owned()))
    }

    fn text(&self, pointer: &str) -> Result<Option<&str>, TokenError> {
        match self.claims.pointer(pointer) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_str().map(Some).ok_or_else(|| TokenError::Claim(pointer.to_owned())),
        }
    }

    fn oid(&self, pointer: &str) -> Result<Option<Oid>, TokenError> {
        let Some(text) = self.text(pointer)? else { return Ok(None) };
        let text = text.strip_prefix("urn:oid:").unwrap_or(text);
        Oid::parse(text).map(Some).map_err(|_| TokenError::Claim(pointer.to_owned()))
    }
}

/// Reads bytes as a token that nobody is trusted to have signed: for a fuzzer, which looks for what makes a reader stumble.
/// The claims, too, are read, as if they were signed.
pub fn read_as_token(bytes: &[u8]) {
    let (rules, now) = (TokenRules::default(), Moment::from_seconds(1_700_000_000));
    let text = String::from_utf8_lossy(bytes);
    let _ = Token::read(&text, &Trust::default(), &rules, now);
    let _ = Said::unproved(&text, &rules);
    if let Ok(claims) = serde_json::from_slice::<Value>(bytes) {
        let told = Claims { claims: &claims, rules: &rules };
        let _ = (told.meant(), told.valid(now), told.said());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrustAnchors;
    use crate::authority::{Authority, Issued, KeyKind, Profile};
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    const JOINER: &str = "1.2.246.10.99999028.10.0";

    struct Kit {
        authority: Authority,
        issued: Issued,
        now: Moment,
    }

    impl Kit {
        fn new(profile: Profile) -> Self {
            let now = Moment::parse("2026-11-26").unwrap();
            let authority = Authority::create("One", now).unwrap();
            let issued = authority.issue(&profile, now).unwrap();
            Self { authority, issued, now }
        }

        fn trust(&self, revoked: &[Issued]) -> Trust {
            let serials: Vec<_> =
                revoked.iter().map(|issued| Certificate::parse(&issued.certificate_der).unwrap().serial).collect();
            let anchors = TrustAnchors::new(vec![self.authority.certificate().clone()]).unwrap();
            Trust::load(anchors, &[self.authority.revocation_list(&serials, self.now).unwrap()]).unwrap()
        }

        fn header(&self, algorithm: Algorithm) -> Header {
            Header { x5c: Some(vec![STANDARD.encode(&self.issued.certificate_der)]), ..Header::new(algorithm) }
        }

        fn signed(&self, header: &Header, claims: &Value) -> String {
            let key = self.issued.key_pem.as_bytes();
            let key = match header.alg {
                Algorithm::ES256 => EncodingKey::from_ec_pem(key).unwrap(),
                Algorithm::HS256 => EncodingKey::from_secret(&self.issued.certificate_der),
                _ => EncodingKey::from_rsa_pem(key).unwrap(),
            };
            encode(header, claims, &key).unwrap()
        }

        fn claims(&self) -> Value {
            let now = self.now.as_seconds();
            json!({ "serviceSubscriber": JOINER, "serviceRequester": format!("urn:oid:{JOINER}.1"), "iat": now, "exp": now + 300,
                    "aud": ["kanta"], "system": { "id": "900001", "name": "X" }, "user": { "id": "secret" } })
        }

        fn read(&self, token: &str, rules: &TokenRules) -> Result<Token, TokenError> {
            Token::read(token, &self.trust(&[]), rules, self.now)
        }
    }

    fn rsa() -> Kit {
        Kit::new(Profile::signature(JOINER, "System"))
    }

    #[test]
    fn what_is_signed_is_read() {
        let rules = TokenRules { audience: Some("kanta".to_owned()), ..TokenRules::default() };
        let ec = Kit::new(Profile { key: KeyKind::P256, ..Profile::signature(JOINER, "System") });
        for (kit, algorithm) in [(rsa(), Algorithm::RS256), (rsa(), Algorithm::PS384), (ec, Algorithm::ES256)] {
            let text = kit.signed(&kit.header(algorithm), &kit.claims());
            let token = kit.read(&text, &rules).unwrap();
            assert_eq!(Said::unproved(&text, &rules), Ok(token.said.clone()));
            assert_eq!(token.said.subscriber.as_str(), JOINER);
            assert_eq!(token.said.requester.as_ref().unwrap().as_str(), format!("{JOINER}.1"));
            assert_eq!(token.said.system.as_deref(), Some("900001"));
            assert_eq!(token.signer.subject_serial_numbers, [JOINER]);
        }
    }

    #[test]
    fn what_is_configured_must_mean_something() {
        let rules = TokenRules::default;
        assert_eq!(rules().check(), Ok(()));
        assert!(TokenRules { requester: "serviceRequester".to_owned(), ..rules() }.check().is_err());
        assert!(TokenRules { longest_seconds: 0, ..rules() }.check().is_err());
        assert!(TokenRules { leeway_seconds: -1, ..rules() }.check().is_err());
    }

    #[test]
    fn what_a_token_lacks_is_named() {
        let kit = rsa();
        let now = kit.now.as_seconds();
        let rules = TokenRules { audience: Some("kanta".to_owned()), ..TokenRules::default() };
        let header = kit.header(Algorithm::RS256);
        let with = |name: &str, value: Value| {
            let mut claims = kit.claims();
            claims[name] = value;
            kit.read(&kit.signed(&header, &claims), &rules).map(drop)
        };
        let claim = |name: &str| Err(TokenError::Claim(name.to_owned()));
        assert_eq!(with("exp", json!(now - 61)), Err(TokenError::NotNow));
        assert_eq!(with("exp", json!(now - 59)), Ok(()), "clocks may differ");
        assert_eq!(with("exp", json!(now + 3601)), Err(TokenError::TooLasting));
        assert_eq!(with("exp", json!(i64::MAX)), Err(TokenError::TooLasting));
        assert_eq!(with("iat", json!(now + 61)), Err(TokenError::NotNow));
        assert_eq!(with("iat", json!(i64::MIN)), Err(TokenError::TooLasting));
        assert_eq!(with("nbf", json!(now + 61)), Err(TokenError::NotNow));
        assert_eq!(with("nbf", json!(now as f64 + 0.5)), Ok(()), "a fraction of a second");
        assert_eq!(with("exp", json!("soon")), claim("exp"));
        assert_eq!(with("exp", json!(1e300)), claim("exp"));
        assert_eq!(with("iat", Value::Null), claim("iat"));
        assert_eq!(with("serviceSubscriber", Value::Null), claim("/serviceSubscriber"));
        assert_eq!(with("serviceSubscriber", json!("1.2.x")), claim("/serviceSubscriber"));
        assert_eq!(with("serviceRequester", json!(7)), claim("/serviceRequester"));
        assert_eq!(with("system", json!({ "id": ["a"] })), claim("/system/id"));
        let meant = TokenRules { audience: Some("kanta-test".to_owned()), ..TokenRules::default() };
        for rules in [meant, TokenRules::default()] {
            let elsewhere = kit.read(&kit.signed(&header, &kit.claims()), &rules).map(drop);
            assert_eq!(elsewhere, Err(TokenError::Audience));
        }
    }

    #[test]
    fn whoever_signs_must_be_known() {
        let rules = TokenRules { audience: Some("kanta".to_owned()), ..TokenRules::default() };
        let (kit, other) = (rsa(), rsa());
        let (header, claims) = (kit.header(Algorithm::RS256), kit.claims());
        let good = kit.signed(&header, &claims);
        let read = |token: &str| kit.read(token, &rules).map(drop);
        assert_eq!(read(&good), Ok(()));
        // Signed by one key, with another's certificate.
        assert_eq!(read(&other.signed(&header, &claims)), Err(TokenError::Signature));
        let foreign = read(&other.signed(&other.header(Algorithm::RS256), &claims));
        assert!(matches!(foreign, Err(TokenError::Chain(_))), "{foreign:?}");
        // The certificate as the secret of a keyed hash, no signature at all, an algorithm of another key.
        assert_eq!(read(&kit.signed(&kit.header(Algorithm::HS256), &claims)), Err(TokenError::Algorithm));
        let encode = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let none = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode("{}"));
        assert_eq!(read(&none), Err(TokenError::Form));
        let (head, rest) = good.split_once('.').unwrap();
        let (body, signature) = rest.split_once('.').unwrap();
        let other_body = encode(&json!({ "serviceSubscriber": "1.2", "iat": 0, "exp": 1 }).to_string());
        assert_eq!(read(&format!("{head}.{other_body}.{signature}")), Err(TokenError::Signature));
        assert_eq!(read(&format!("{head}.{body}.")), Err(TokenError::Signature));
        for broken in ["", ".", "..", "a.b.c", &format!("{good}.x"), &format!("{head}.{body}")] {
            assert_eq!(read(broken), Err(TokenError::Form), "{broken:.20}");
        }
        assert_eq!(read(&"a".repeat(MAX_TOKEN_BYTES + 1)), Err(TokenError::TooLong));
        let with = |header: Header| read(&kit.signed(&header, &claims));
        assert_eq!(with(Header { crit: Some(vec!["b64".to_owned()]), ..header.clone() }), Err(TokenError::Critical));
        assert_eq!(with(Header { x5c: None, ..header.clone() }), Err(TokenError::Certificates));
        assert_eq!(with(Header { x5c: Some(vec!["?".to_owned()]), ..header.clone() }), Err(TokenError::Certificates));
        let many = vec![header.x5c.clone().unwrap().remove(0); 5];
        assert_eq!(with(Header { x5c: Some(many), ..header.clone() }), Err(TokenError::Certificates));
        let revoked = Token::read(&good, &kit.trust(std::slice::from_ref(&kit.issued)), &rules, kit.now);
        assert_eq!(revoked.map(drop), Err(TokenError::Revoked));
        let server = Kit::new(Profile::server(JOINER, "a.test"));
        let tls = server.read(&server.signed(&server.header(Algorithm::ES256), &claims), &rules).map(drop);
        assert_eq!(tls, Err(TokenError::Chain(ChainError::Purpose)), "a key for TLS signs nothing");
    }
}
