//! The configuration of `liitos serve`: TOML, every key checked, faults with file, line and key.

use liitos_domain::register::RegisterKind;
use liitos_domain::{Oid, Sha256Hash};
use liitos_pki::TrustFiles;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// `liitos.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The portal.
    pub portal: Portal,
    /// The door for gateways.
    pub inner: Inner,
    /// The database.
    pub database: Database,
    /// Sealing of snapshots.
    pub seal: Seal,
    /// The archive.
    pub archive: Archive,
    /// Who identifies people.
    pub identity: Identity,
    /// Who knows for whom people may act; absent: only by what organisations grant themselves.
    pub mandates: Option<Mandates>,
    /// Where mail goes.
    pub mail: Mail,
    /// Where text messages go; absent: nowhere, and those who should get one are told that it did not arrive.
    pub sms: Option<Sms>,
    /// Where events may be posted.
    #[serde(default)]
    pub webhooks: Webhooks,
    /// Outside offices that are written to; absent: none, and whoever notifies writes to them.
    #[serde(default)]
    pub offices: Offices,
    /// Deployment tests.
    #[serde(default)]
    pub deployment_tests: DeploymentTests,
    /// Trust in system signatures.
    pub signatures: Signatures,
    /// The doors that bring messages to units, in the order in which they are asked: one in each hall, say.
    #[serde(default)]
    pub outbound: Vec<OutboundDoor>,
    /// Where registers are published; absent: files are imported by hand.
    pub registers: Option<Registers>,
}

/// Where registers are published, and when they are fetched.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registers {
    /// The time of day in Helsinki: `02:30`.
    #[serde(default = "half_past_two", deserialize_with = "time_of_day")]
    pub at: i64,
    /// Each register's source.
    pub sources: BTreeMap<RegisterKind, Source>,
}

/// A register's source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// `https://…`: of pages without their number, or of a file.
    #[serde(deserialize_with = "web_address")]
    pub address: String,
    /// Whether it is the code service's paged answer, which also tells what changed.
    #[serde(default)]
    pub pages: bool,
}

const fn half_past_two() -> i64 {
    150
}

fn time_of_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parts = text.split_once(':').and_then(|(h, m)| Some((h.parse::<i64>().ok()?, m.parse::<i64>().ok()?)));
    match parts {
        Some((hour @ 0..=23, minute @ 0..=59)) => Ok(hour * 60 + minute),
        _ => Err(D::Error::custom("expected a time of day like 02:30")),
    }
}

fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let known = text.parse::<http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    if known { Ok(text) } else { Err(D::Error::custom("expected an address that begins with https://")) }
}

/// The portal.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Where it listens; a TLS terminator stands in front of it.
    pub listen: SocketAddr,
    /// How people reach it: `https://kanta.example`.
    pub address: String,
    /// Whether cookies go over TLS only.
    #[serde(default = "yes")]
    pub secure_cookies: bool,
}

/// The door for gateways.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inner {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its certificate chain, PEM.
    pub certificate: PathBuf,
    /// Its key, PKCS#8 PEM.
    pub key: PathBuf,
    /// SHA-256 of the gateways' certificates.
    pub gateway_certificates_sha256: Vec<Sha256Hash>,
    /// SHA-256 of the certificates of services behind that hand over messages for units.
    #[serde(default)]
    pub sender_certificates_sha256: Vec<Sha256Hash>,
}

/// An outbound door: a gateway that brings messages to units.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutboundDoor {
    /// `https://host:port`. We show the inner door's certificate there.
    pub address: String,
    /// SHA-256 of its certificate.
    pub certificate_sha256: Sha256Hash,
}

/// The database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:/path/file.db` or `postgres://…`.
    pub url: String,
}

/// Outside offices that are written to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offices {
    /// Whoever keeps the registers' entries and marks.
    #[serde(default, deserialize_with = "mailbox")]
    pub code_service: Option<String>,
    /// Who gets a copy of that.
    #[serde(default, deserialize_with = "mailbox")]
    pub copy: Option<String>,
}

fn mailbox<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if liitos_domain::application::is_email(&text) {
        return Ok(Some(text));
    }
    Err(D::Error::custom("expected a mail address"))
}

/// Deployment tests.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeploymentTests {
    /// A file with the cases, in place of those that the program knows (`rules/deployment-tests.toml`).
    pub cases: Option<PathBuf>,
}

/// Sealing of snapshots.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// A file with the 32 secret bytes.
    pub key_file: PathBuf,
    /// Raised by hand when a database is restored.
    #[serde(default = "one")]
    pub epoch: u64,
}

/// The archive.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "ArchiveWritten")]
pub struct Archive {
    /// The key that wraps the keys of registers. Without it no stored document can be read, ever.
    pub key: ArchiveKeyAt,
    /// Where bodies over 32 kB lie; without it in the database, as the small ones do.
    pub bodies: Option<Bodies>,
    /// The device OIDs that the archive is called by in HL7 V3 messages; a message to another is refused. None: it is called by any.
    pub devices: Vec<Oid>,
}

/// Where the archive's own key is.
#[derive(Clone, Debug)]
pub enum ArchiveKeyAt {
    /// A file with its 32 secret bytes.
    File(PathBuf),
    /// In a token, which never shows it.
    Token(Token),
}

/// A key in a hardware module, by PKCS#11.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The maker's library.
    pub module: PathBuf,
    /// The token's label.
    pub label: String,
    /// The label of the AES-256 key in it.
    pub key: String,
    /// A file with the user's PIN.
    pub pin_file: PathBuf,
}

/// The archive as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchiveWritten {
    key_file: Option<PathBuf>,
    token: Option<Token>,
    bodies: Option<Bodies>,
    #[serde(default)]
    devices: Vec<Oid>,
}

impl ArchiveKeyAt {
    /// The secret file that it takes: the key's, or the PIN's.
    const fn file(&self) -> &PathBuf {
        match self {
            Self::File(file) => file,
            Self::Token(token) => &token.pin_file,
        }
    }

    const fn file_mut(&mut self) -> &mut PathBuf {
        match self {
            Self::File(file) => file,
            Self::Token(token) => &mut token.pin_file,
        }
    }
}

impl TryFrom<ArchiveWritten> for Archive {
    type Error = &'static str;

    fn try_from(written: ArchiveWritten) -> Result<Self, Self::Error> {
        let ArchiveWritten { key_file, token, bodies, devices } = written;
        let key = match (key_file, token) {
            (Some(file), None) => ArchiveKeyAt::File(file),
            (None, Some(token)) => ArchiveKeyAt::Token(token),
            _ => return Err("the archive's key is in key_file or in token, and in one of them"),
        };
        Ok(Self { key, bodies, devices })
    }
}

/// Where large bodies lie. Whatever is chosen is shared by all programs of one database, and stays.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Bodies {
    /// In a folder.
    Folder(PathBuf),
    /// In storage that speaks S3.
    S3(S3),
}

/// Storage that speaks S3.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3 {
    /// `https://…`; the bucket is the first part of the path.
    #[serde(deserialize_with = "web_address")]
    pub address: String,
    /// The bucket; it is there already.
    pub bucket: String,
    /// The region, for signatures.
    pub region: String,
    /// Our access key's id.
    pub access_key: String,
    /// A file with the secret key.
    pub secret_key_file: PathBuf,
}

/// Who identifies people.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The OpenID Connect issuer.
    pub issuer: String,
    /// Our id there.
    pub client_id: String,
    /// A file with our secret there.
    pub client_secret_file: PathBuf,
    /// The claim with the person's identity code.
    #[serde(default = "identity_code_claim")]
    pub identity_code_claim: String,
}

/// The service of mandates (Suomi.fi e-Authorizations, Web API).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mandates {
    /// `https://…`, without a path as a rule.
    #[serde(deserialize_with = "web_address")]
    pub address: String,
    /// Our id there.
    pub client_id: String,
    /// A file with the key of checksums.
    pub key_file: PathBuf,
    /// A file with our password at its token endpoint.
    pub secret_file: PathBuf,
    /// The role that says that the person holds the mandate "Sosiaali- ja terveydenhuollon digitaalisen palvelun käyttöönotto".
    pub mandate: String,
}

fn identity_code_claim() -> String {
    "personal_identity_code".to_owned()
}

/// Where mail goes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    /// `smtps://user:password@host` or `smtp://host:port`.
    pub server: String,
    /// The sender.
    pub from: String,
}

/// Where text messages go: a gateway that speaks OMA's RESTful Network API for Messaging 1.0.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// `https://…/smsmessaging/v1`.
    #[serde(deserialize_with = "web_address")]
    pub address: String,
    /// The sender: a name of at most eleven letters and digits, or a number.
    pub sender: String,
    /// A file with our key there.
    pub key_file: PathBuf,
}

/// Where events may be posted.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether also to addresses of our own networks, and over plain HTTP; only in a sandbox.
    #[serde(default)]
    pub within: bool,
}

/// Trust in system signatures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    /// Issuers of system signature certificates, PEM.
    pub issuers: PathBuf,
    /// Their revocation lists, DER.
    #[serde(default)]
    pub revocation_lists: Vec<PathBuf>,
    /// Certificate policies one of which a signer's path must be valid under; none: whatever it has will do.
    #[serde(default)]
    pub certificate_policies: Vec<Oid>,
}

impl Signatures {
    /// The files that say whose signatures are trusted.
    #[must_use]
    pub fn trust_files(&self) -> TrustFiles<'_> {
        TrustFiles {
            issuers: std::slice::from_ref(&self.issuers),
            revocation_lists: &self.revocation_lists,
            policies: &self.certificate_policies,
        }
    }
}

/// A configuration that was not taken.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct ConfigError {
    /// The file.
    pub path: PathBuf,
    /// Line, key and what was expected.
    pub problem: String,
}

impl Config {
    /// Reads a configuration; relative paths start at its folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let fault = |problem: String| ConfigError { path: path.to_owned(), problem };
        let text = std::fs::read_to_string(path).map_err(|error| fault(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| fault(error.to_string()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let files = [
            &mut config.inner.certificate,
            &mut config.inner.key,
            &mut config.seal.key_file,
            config.archive.key.file_mut(),
            &mut config.identity.client_secret_file,
            &mut config.signatures.issuers,
        ];
        let mandates = config.mandates.iter_mut().flat_map(|found| [&mut found.key_file, &mut found.secret_file]);
        let sms = config.sms.iter_mut().map(|sms| &mut sms.key_file);
        let bodies = config.archive.bodies.iter_mut().map(|bodies| match bodies {
            Bodies::Folder(folder) => folder,
            Bodies::S3(s3) => &mut s3.secret_key_file,
        });
        let named =
            files.into_iter().chain(mandates).chain(sms).chain(bodies).chain(&mut config.deployment_tests.cases);
        for file in named.chain(&mut config.signatures.revocation_lists) {
            *file = folder.join(&*file);
        }
        Ok(config)
    }
}

impl Config {
    /// Every file that it names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let named = [
            &self.inner.certificate,
            &self.inner.key,
            &self.seal.key_file,
            self.archive.key.file(),
            &self.identity.client_secret_file,
            &self.signatures.issuers,
        ];
        let mandates = self.mandates.iter().flat_map(|found| [&found.key_file, &found.secret_file]);
        let sms = self.sms.iter().map(|sms| &sms.key_file);
        let bodies = self.archive.bodies.iter().filter_map(|bodies| match bodies {
            // It is made when it is not there.
            Bodies::Folder(_) => None,
            Bodies::S3(s3) => Some(&s3.secret_key_file),
        });
        named
            .into_iter()
            .chain(mandates)
            .chain(sms)
            .chain(bodies)
            .chain(&self.deployment_tests.cases)
            .chain(&self.signatures.revocation_lists)
            .map(PathBuf::as_path)
    }
}

/// Reads a file that the configuration names.
///
/// # Errors
/// [`ConfigError`] with the path.
pub fn read(path: &Path) -> Result<Vec<u8>, ConfigError> {
    std::fs::read(path).map_err(|error| ConfigError { path: path.to_owned(), problem: error.to_string() })
}

const fn yes() -> bool {
    true
}

const fn one() -> u64 {
    1
}
