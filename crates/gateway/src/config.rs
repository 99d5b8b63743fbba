//! The gateway's configuration: TOML, every key checked, faults with file, line and key.

use crate::fairness::JoinerLimits;
use ipnet::IpNet;
use liitos_domain::directory::{Decision, Hall};
use liitos_domain::service_code::RateClass;
use liitos_domain::{Moment, Oid, Sha256Hash};
use liitos_pki::{TokenRules, TrustFiles};
use serde::Deserialize;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where access points connect.
    pub listen: SocketAddr,
    /// The gateway's own server certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PKCS#8 PEM.
    pub key: PathBuf,
    /// Issuers of access points' certificates, PEM.
    pub access_point_issuers: PathBuf,
    /// Their revocation lists, DER files.
    #[serde(default)]
    pub revocation_lists: Vec<PathBuf>,
    /// Certificate policies one of which a caller's path must be valid under; none: whatever it has will do.
    #[serde(default)]
    pub certificate_policies: Vec<Oid>,
    /// The backend: `https://host:port`, with the three keys that follow, or `http://127.0.0.1:port` on the same machine,
    /// without them: whoever may connect there is believed to be the gateway.
    /// Several are called by turns.
    #[serde(deserialize_with = "one_or_several")]
    pub backend: Vec<String>,
    /// SHA-256 of the backend's certificate.
    pub backend_certificate_sha256: Option<Sha256Hash>,
    /// The gateway's certificate towards the backend, PEM.
    pub backend_client_certificate: Option<PathBuf>,
    /// Its private key, PKCS#8 PEM.
    pub backend_client_key: Option<PathBuf>,
    /// The operator's sealing key, public half, 64 hexadecimal digits.
    pub seal_public_key: Sha256Hash,
    /// Where the last good snapshot is kept.
    pub snapshot_file: PathBuf,
    /// Where a line is written for each call, JSON; absent: standard error.
    pub access_log: Option<PathBuf>,
    /// Of so many calls that passed, one is told to the operator, beside all that were refused; nought: none.
    #[serde(default = "hundred")]
    pub report_one_in: u32,
    /// Where its counts and its health can be read (HTTP, `/metrics` and `/health`); absent: nowhere.
    pub status: Option<SocketAddr>,
    /// Threads that serve calls; absent: as many as there are processors.
    pub threads: Option<std::num::NonZeroUsize>,
    /// Bringing Kanta's messages to units; absent: this gateway does not.
    pub outbound: Option<Outbound>,
    /// How long an old snapshot of the directory is trusted, and how far.
    #[serde(default)]
    pub stale: Stale,
    /// Limits.
    #[serde(default)]
    pub limits: Limits,
    /// Whether a call's source address must be one of the access point's.
    #[serde(default = "yes")]
    pub check_source_address: bool,
    /// Collection points, as addresses or networks (`192.0.2.0/28`), beside those of the directory: what comes from there begins with
    /// a PROXY header (version 2) that says where it really comes from, and from nowhere else such a header is believed.
    #[serde(default)]
    pub collection_points: Vec<IpNet>,
    /// Asking responders (OCSP) that certificates name; absent: only revocation lists tell.
    pub ocsp: Option<Ocsp>,
    /// Reading Kanta's tokens (JWT) over FHIR, signed by joiners with certificates of `access_point_issuers`; absent: who is
    /// represented is told by header fields alone.
    pub token: Option<TokenRules>,
    /// Whether a call over FHIR without one is refused.
    #[serde(default)]
    pub token_needed: bool,
    /// Whether certificates for server use only may call.
    #[serde(default = "yes")]
    pub accept_server_only_certificates: bool,
}

/// Which responders are asked whether a certificate is revoked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ocsp {
    /// Where they are: `http://host` or `http://host:port`. What a certificate names elsewhere is not asked.
    pub responders: Vec<String>,
    /// Seconds for an answer.
    #[serde(default = "three")]
    pub timeout_seconds: u64,
}

impl Ocsp {
    /// Which of them an address is below.
    pub(crate) fn responder(&self, address: &str) -> Option<&str> {
        let below = |responder: &&String| {
            let rest = address.strip_prefix(responder.trim_end_matches('/'));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.responders.iter().find(below).map(String::as_str)
    }

    fn check(&self) -> Result<(), &'static str> {
        let plain = |responder: &String| {
            let uri: Result<http::Uri, _> = responder.parse();
            uri.is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some() && uri.path() == "/")
        };
        if self.responders.iter().all(plain) && self.timeout_seconds > 0 {
            return Ok(());
        }
        Err("ocsp: responders are written http://host or http://host:port, and timeout_seconds is at least 1")
    }
}

/// The outbound door.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Where the queue connects, by mutual TLS; this end shows `backend_client_certificate`.
    pub listen: SocketAddr,
    /// SHA-256 of the certificates that may bring messages.
    pub callers_sha256: Vec<Sha256Hash>,
    /// The hall that it stands in: links that do not lead there are not used.
    pub hall: Hall,
    /// Where access points receive (guide, history 3.0: 443).
    #[serde(default = "https")]
    pub port: u16,
    /// The path there (assumed).
    #[serde(default = "hl7")]
    pub path: String,
    /// Seconds for a connection, its handshake included.
    #[serde(default = "three")]
    pub connect_seconds: u64,
    /// Seconds for an answer.
    #[serde(default = "thirty")]
    pub answer_seconds: u64,
    /// Largest message, in bytes.
    #[serde(default = "mebibyte")]
    pub message_bytes: usize,
}

const fn https() -> u16 {
    443
}

fn hl7() -> String {
    "/hl7".to_owned()
}

const fn three() -> u64 {
    3
}

const fn thirty() -> u64 {
    30
}

const fn mebibyte() -> usize {
    1024 * 1024
}

/// What a snapshot's age means, in hours since it was issued. Closings are obeyed at any age, and no snapshot is used past its own
/// expiry.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Stale {
    /// From when on health says so.
    pub warn_hours: u32,
    /// From when on rights that have begun since it was issued do not permit: what was opened may have been taken back.
    pub no_new_hours: u32,
    /// From when on nothing passes.
    pub refuse_hours: u32,
}

impl Default for Stale {
    fn default() -> Self {
        Self { warn_hours: 6, no_new_hours: 24, refuse_hours: 72 }
    }
}

impl Stale {
    /// What a snapshot of that age may still be used for.
    #[must_use]
    pub fn at(&self, issued: Moment, now: Moment) -> Age {
        let since = |hours: u32| now >= issued.plus_seconds(i64::from(hours) * 3600);
        match () {
            () if since(self.refuse_hours) => Age::Refused,
            () if since(self.no_new_hours) => Age::NothingNew,
            () if since(self.warn_hours) => Age::Warned,
            () => Age::Fresh,
        }
    }
}

/// How old a snapshot is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// As it should be.
    Fresh,
    /// Somebody should look.
    Warned,
    /// Rights that have begun since do not permit.
    NothingNew,
    /// Nothing passes.
    Refused,
}

/// Limits that protect the gateway.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Seconds for the TLS handshake, for the request head, for each silence within a body, and for an answer of which
    /// nothing is taken.
    pub silence_seconds: u64,
    /// Seconds that a connection may rest between calls.
    pub rest_seconds: u64,
    /// Seconds that running calls may take to end once the gateway is told to stop.
    pub drain_seconds: u64,
    /// Connections at once.
    pub connections: usize,
    /// Of them from one address.
    pub connections_per_address: usize,
    /// Of them with one certificate; calls on those beyond are refused.
    pub connections_per_certificate: usize,
    /// Calls at once on one connection of HTTP/2; nought: only HTTP/1.1 is spoken.
    pub calls_per_connection: u32,
    /// Largest message, in bytes.
    pub message_bytes: u64,
    /// What one joiner may take.
    pub joiner: JoinerLimits,
    /// What one of the directory's large joiners may take.
    pub large: JoinerLimits,
    /// What one of its small ones may take.
    pub small: JoinerLimits,
    /// What one joiner may take while a closing lets it pass only little by little.
    pub throttled: JoinerLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            silence_seconds: 10,
            rest_seconds: 120,
            drain_seconds: 30,
            connections: 10_000,
            connections_per_address: 2_000,
            connections_per_certificate: 2_000,
            calls_per_connection: 32,
            message_bytes: liitos_documents::MAX_MESSAGE_BYTES as u64,
            joiner: JoinerLimits::default(),
            large: JoinerLimits::LARGE,
            small: JoinerLimits::SMALL,
            throttled: JoinerLimits::THROTTLED,
        }
    }
}

impl Limits {
    /// What a joiner may take whose call was decided on like this.
    #[must_use]
    pub const fn of(&self, decision: &Decision) -> JoinerLimits {
        match (decision.throttled, decision.rate) {
            (true, _) => self.throttled,
            (false, RateClass::Ordinary) => self.joiner,
            (false, RateClass::Large) => self.large,
            (false, RateClass::Small) => self.small,
        }
    }

    /// The protocols that are offered in TLS, the dearest first.
    pub(crate) fn protocols(&self) -> Vec<Vec<u8>> {
        let newer = (self.calls_per_connection > 0).then(|| crate::http2::ALPN.to_vec());
        newer.into_iter().chain([b"http/1.1".to_vec()]).collect()
    }

    /// The longest silence borne.
    #[must_use]
    pub const fn silence(&self) -> Duration {
        Duration::from_secs(self.silence_seconds)
    }

    /// How long a connection may rest between calls.
    #[must_use]
    pub const fn rest(&self) -> Duration {
        Duration::from_secs(self.rest_seconds)
    }

    /// How long running calls may take to end.
    #[must_use]
    pub const fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file is not there.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text is not what was expected; says line and key.
    #[error("{path}: {problem}")]
    Text {
        /// Which file.
        path: PathBuf,
        /// Line, key and what was expected.
        problem: String,
    },
}

impl Config {
    /// The files that say which access points' certificates are trusted.
    #[must_use]
    pub fn trust_files(&self) -> TrustFiles<'_> {
        TrustFiles {
            issuers: std::slice::from_ref(&self.access_point_issuers),
            revocation_lists: &self.revocation_lists,
            policies: &self.certificate_policies,
        }
    }

    /// Reads and checks a configuration file; relative paths start at its folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = String::from_utf8_lossy(&read(path)?).into_owned();
        let mut config: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::Text { path: path.to_owned(), problem: error.to_string() })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let named =
            [&mut config.certificate, &mut config.key, &mut config.access_point_issuers, &mut config.snapshot_file];
        let maybe = [&mut config.backend_client_certificate, &mut config.backend_client_key, &mut config.access_log];
        for file in named.into_iter().chain(maybe.into_iter().flatten()).chain(&mut config.revocation_lists) {
            *file = folder.join(&*file);
        }
        let wrong = |problem: &str| ConfigError::Text { path: path.to_owned(), problem: problem.to_owned() };
        config.backend().map_err(wrong)?;
        config.token.iter().try_for_each(TokenRules::check).map_err(wrong)?;
        config.ocsp.iter().try_for_each(Ocsp::check).map_err(wrong)?;
        if config.token_needed && config.token.is_none() {
            return Err(wrong("token_needed: needs the table [token], without which no token is read"));
        }
        Ok(config)
    }

    /// The backend and how it is known.
    ///
    /// # Errors
    /// What does not fit together, with the key.
    pub fn backend(&self) -> Result<Backend<'_>, &'static str> {
        let (mut https, mut here) = (0, 0);
        for address in &self.backend {
            let uri: http::Uri = address.parse().map_err(|_| EXPECTED)?;
            let host = uri.host().ok_or(EXPECTED)?.trim_matches(['[', ']']);
            match uri.scheme_str() {
                Some("https") => https += 1,
                Some("http") if host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) => here += 1,
                Some("http") => return Err("backend: http is for 127.0.0.1 and the like only; anywhere else, https"),
                _ => return Err(EXPECTED),
            }
        }
        let pins = (self.backend_certificate_sha256, &self.backend_client_certificate, &self.backend_client_key);
        match ((https, here), pins) {
            ((1.., 0), (Some(server), Some(certificate), Some(key))) => {
                Ok(Backend::Pinned { server, certificate, key })
            }
            ((1.., 0), _) => Err("backend: https needs backend_certificate_sha256, backend_client_certificate and \
                                  backend_client_key, so that both ends know each other"),
            ((0, 1..), (None, None, None)) => Ok(Backend::SameMachine),
            ((0, 1..), _) => Err("backend: http knows no certificates; leave backend_certificate_sha256, \
                                  backend_client_certificate and backend_client_key out, or write https"),
            ((1.., 1..), _) => Err("backend: all http, on this machine, or all https"),
            _ => Err(EXPECTED),
        }
    }
}

const EXPECTED: &str = "backend: expected https://host:port, or several in a list";

/// A text, or a list of texts.
fn one_or_several<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected https://host:port, or several in a list")]
    enum Texts {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Texts::deserialize(deserializer)? {
        Texts::One(text) => vec![text],
        Texts::Several(texts) => texts,
    })
}

/// How the backend is known.
#[derive(Debug)]
pub enum Backend<'a> {
    /// By its certificate, and we by ours.
    Pinned {
        /// SHA-256 of its certificate.
        server: Sha256Hash,
        /// Our chain, PEM.
        certificate: &'a Path,
        /// Our key, PEM.
        key: &'a Path,
    },
    /// By being on this machine.
    SameMachine,
}

/// Reads a file that the configuration names.
///
/// # Errors
/// [`ConfigError::File`] with the path.
pub fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|source| ConfigError::File { path: path.to_owned(), source })
}

const fn hundred() -> u32 {
    100
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_name_line_and_key() {
        let problem = |text: &str| toml::from_str::<Config>(text).unwrap_err().to_string();
        assert!(problem("listen = \"127.0.0.1:1\"\nlistn = 1\n").contains("line 2"));
        assert!(problem("listen = \"here\"\n").contains("line 1"));
        assert!(problem("").contains("listen"));
    }

    #[test]
    fn an_old_snapshot_permits_less_and_less() {
        let stale = Stale::default();
        let at = |hours: i64| stale.at(Moment::from_seconds(0), Moment::from_seconds(hours * 3600));
        assert_eq!([5, 6, 24, 72].map(at), [Age::Fresh, Age::Warned, Age::NothingNew, Age::Refused]);
        assert_eq!(at(-1), Age::Fresh, "a clock that was set back");
    }

    #[test]
    fn who_calls_much_may_call_more() {
        let decided = |throttled, rate| Decision {
            verdict: liitos_domain::directory::Verdict::Permitted,
            facts: Vec::new(),
            joiner: None,
            system: None,
            right_from: None,
            throttled,
            rate,
            directory_version: (1, 1),
        };
        let limits = Limits::default();
        let calls = |throttled, rate| limits.of(&decided(throttled, rate)).calls;
        let by_class = RateClass::ALL.iter().map(|rate| calls(false, *rate)).collect::<Vec<_>>();
        assert_eq!(by_class, [500, 2000, 50]);
        assert_eq!(calls(true, RateClass::Large), 1, "what is throttled is throttled");
    }

    #[test]
    fn a_backend_is_known_or_on_this_machine() {
        let told = |backend: &str, pins: &str| {
            let rest = "listen = \"127.0.0.1:1\"\ncertificate = \"a\"\nkey = \"a\"\naccess_point_issuers = \"a\"\n\
                        snapshot_file = \"a\"\n";
            let text = format!("{rest}seal_public_key = \"{0}\"\nbackend = {backend}\n{pins}", "00".repeat(32));
            let config: Config = toml::from_str(&text).unwrap();
            config.backend().map(|backend| matches!(backend, Backend::Pinned { .. }))
        };
        let pins = format!(
            "backend_certificate_sha256 = \"{}\"\nbackend_client_certificate = \"a\"\nbackend_client_key = \"a\"\n",
            "00".repeat(32)
        );
        assert_eq!(told("\"https://backend.test:1\"", &pins), Ok(true));
        assert_eq!(told("[\"https://a.test:1\", \"https://b.test:1\"]", &pins), Ok(true));
        assert_eq!(told("\"http://127.0.0.1:1\"", ""), Ok(false));
        assert_eq!(told("\"http://[::1]:1\"", ""), Ok(false));
        for (backend, pins) in [
            ("\"https://backend.test:1\"", ""),
            ("\"http://127.0.0.1:1\"", pins.as_str()),
            ("[\"http://127.0.0.1:1\", \"https://b.test:1\"]", pins.as_str()),
            ("\"http://10.0.0.1:1\"", ""),
            ("\"http://localhost:1\"", ""),
            ("\"backend.test:1\"", ""),
            ("\"ftp://127.0.0.1:1\"", ""),
            ("[]", ""),
        ] {
            assert!(told(backend, pins).is_err(), "{backend}");
        }
    }
}
