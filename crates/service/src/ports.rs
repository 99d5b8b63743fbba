//! The outside as the use cases see it. Adapters live in the binary; fakes in the testkit.

use liitos_domain::identifier::{ArchivistCardNumber, PersonalIdentityCode};
use liitos_domain::outbound::Brought;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid, Position, Sha256Hash, StaffRole};
use liitos_pki::vault::{DataKey, NONCE_BYTES, Unopened};
use liitos_store::outbound::Message;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Moment;
}

/// Gives random bytes.
pub trait Randomness: Send + Sync {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]);
}

/// A mail to be sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// Subject.
    pub subject: String,
    /// Plain text; [`SECRET`] stands where the secret goes.
    pub body: String,
    /// What only the recipient may see; put in its place as the mail is sent.
    #[serde(default)]
    pub secret: Option<String>,
    /// The joiner that is told if it does not arrive.
    #[serde(default)]
    pub about: Option<Oid>,
    /// Files that go with it.
    #[serde(default)]
    pub files: Vec<MailedFile>,
}

/// A file that goes with a mail: which one of those that are kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MailedFile {
    /// What it is called.
    pub name: String,
    /// Its key among the sealed copies.
    pub copy: i64,
}

/// A text message to be sent.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Sms {
    /// To which telephone, in full: `+358…`.
    pub to: String,
    /// The text; [`SECRET`] stands where the secret goes.
    pub text: String,
    /// What only the recipient may see; put in its place as the message is sent.
    pub secret: Option<String>,
    /// The joiner that is told if it does not arrive.
    pub about: Option<Oid>,
}

/// An event for a program.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Hook {
    /// The webhook's key.
    pub webhook: i64,
    /// To which address.
    pub to: String,
    /// The event's own name, the same at each try.
    pub id: String,
    /// The event, JSON.
    pub body: String,
}

/// Stands in a message's text for its secret.
pub const SECRET: &str = "•••";

impl Mail {
    /// The text as it is sent.
    #[must_use]
    pub fn text(&self) -> String {
        with_secret(&self.body, self.secret.as_deref())
    }
}

impl Sms {
    /// The text as it is sent.
    #[must_use]
    pub fn words(&self) -> String {
        with_secret(&self.text, self.secret.as_deref())
    }
}

fn with_secret(text: &str, secret: Option<&str>) -> String {
    secret.map_or_else(|| text.to_owned(), |secret| text.replace(SECRET, secret))
}

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Worth another try later.
    #[error("the message was not taken now: {0}")]
    Later(String),
    /// The server that takes messages is away, or takes none: worth another try, and no word of the address.
    #[error("the server took no message: {0}")]
    Away(String),
    /// Never.
    #[error("the message cannot be sent: {0}")]
    Never(String),
}

/// Sends mail.
#[async_trait::async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail, with the bytes of its files, to the mail server. Under the ticket it is told later what became of it.
    async fn send(&self, mail: &Mail, files: &[Vec<u8>], ticket: &str) -> Result<(), SendError>;
}

/// Sends text messages.
#[async_trait::async_trait]
pub trait Texter: Send + Sync {
    /// Hands a text message to the gateway. Under the ticket it is told later what became of it.
    async fn send(&self, sms: &Sms, ticket: &str) -> Result<(), SendError>;
}

/// Posts events to programs.
#[async_trait::async_trait]
pub trait Poster: Send + Sync {
    /// Whether events may be posted to an address at all.
    fn accepts(&self, address: &str) -> bool;

    /// Posts an event, signed with the webhook's secret (Standard Webhooks).
    async fn post(&self, hook: &Hook, secret: &str, at: Moment) -> Result<(), SendError>;
}

/// Why an object was not put or given.
#[derive(Debug, thiserror::Error)]
#[error("the object store: {0}")]
pub struct ObjectError(pub String);

/// Keeps large bodies, encrypted before they come here, each under its own SHA-256.
#[async_trait::async_trait]
pub trait Objects: Send + Sync {
    /// Keeps an object; when it returns, it lasts.
    async fn put(&self, address: Sha256Hash, bytes: Vec<u8>) -> Result<(), ObjectError>;

    /// An object; nothing where there is none.
    async fn get(&self, address: Sha256Hash) -> Result<Option<Vec<u8>>, ObjectError>;

    /// Deletes an object, if there is one.
    async fn delete(&self, address: Sha256Hash) -> Result<(), ObjectError>;
}

/// Why the archive's own key wrapped or unwrapped nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It was wrapped by another key, or changed since.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// What keeps the key is not reached.
    #[error("the archive's key is not reached: {0}")]
    Away(String),
}

/// The archive's own key, wherever it is kept. It wraps the keys of registers and little else, and need not be shown for that. What one keeper of a key
/// wrapped any other keeper of the same key unwraps: AES-256-GCM, the nonce in front, what is opened as associated data.
#[async_trait::async_trait]
pub trait ArchiveKey: Send + Sync {
    /// Wraps a key for what it opens. `nonce`: random bytes, used once.
    async fn wrap(&self, key: &DataKey, nonce: [u8; NONCE_BYTES], opens: &str) -> Result<Vec<u8>, KeyError>;

    /// The key that was wrapped for what it opens.
    async fn unwrap(&self, wrapped: &[u8], opens: &str) -> Result<DataKey, KeyError>;

    /// The key itself, where it does not stay where it is kept.
    fn shown(&self) -> Option<&DataKey>;
}

/// A key that was read from a file.
#[async_trait::async_trait]
impl ArchiveKey for DataKey {
    async fn wrap(&self, key: &DataKey, nonce: [u8; NONCE_BYTES], opens: &str) -> Result<Vec<u8>, KeyError> {
        Ok(Self::wrap(self, key, nonce, opens)?)
    }

    async fn unwrap(&self, wrapped: &[u8], opens: &str) -> Result<DataKey, KeyError> {
        Ok(Self::unwrap(self, wrapped, opens)?)
    }

    fn shown(&self) -> Option<&DataKey> {
        Some(self)
    }
}

/// By which ways people and programs are told.
#[derive(Clone)]
pub struct Ways {
    /// Mail.
    pub mailer: Arc<dyn Mailer>,
    /// Text messages; `None`: there is no gateway.
    pub texter: Option<Arc<dyn Texter>>,
    /// Webhooks.
    pub poster: Arc<dyn Poster>,
}

/// A sign-in that was begun; kept in the session until the person comes back.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Begun {
    /// Where the person is sent.
    pub address: String,
    /// Comes back unchanged; ties the answer to this session.
    pub state: String,
    /// Stands in the identity token; ties it to this sign-in.
    pub nonce: String,
    /// Proves that we began it (RFC 7636).
    pub verifier: String,
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
#[error("sign-in failed: {0}")]
pub struct SignInError(pub String);

/// Whom an identification service has identified.
#[derive(Clone, Debug)]
pub struct Identified {
    /// Its stable, meaningless reference.
    pub reference: String,
    /// The person's name.
    pub name: String,
    /// By what means, in the provider's words; empty when it does not say.
    pub means: String,
    /// Their positions at the operator.
    pub staff: Vec<StaffRole>,
    /// Their personal identity code, for asking the service of mandates; never kept.
    pub identity_code: Option<PersonalIdentityCode>,
    /// The number of the certificate card they used, where they used one and the provider tells it.
    pub card: Option<ArchivistCardNumber>,
    /// What ends their session at the provider again.
    pub log_out: Option<String>,
}

/// An OpenID Connect provider.
#[async_trait::async_trait]
pub trait IdentityProvider: Send + Sync {
    /// Begins a sign-in in a language.
    async fn begin(&self, language: &str) -> Result<Begun, SignInError>;

    /// Ends it with the code that came back.
    async fn finish(&self, begun: &Begun, code: &str) -> Result<Identified, SignInError>;
}

/// A visit to the service of mandates that was begun; kept in the session until the person comes back.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Visit {
    /// Whose it is: the identification service's reference.
    #[serde(default)]
    pub person: String,
    /// Where the person is sent.
    pub address: String,
    /// The service's name of the visit.
    pub session: String,
}

/// What the service of mandates says of a person in one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandated {
    /// The organisation's Business ID.
    pub business_id: String,
    /// Its name there.
    pub name: String,
    /// Whether everything about it was known.
    pub complete: bool,
    /// The positions among the person's roles that we know.
    pub positions: Vec<Position>,
}

/// A service that knows who may act for whom.
#[async_trait::async_trait]
pub trait MandateService: Send + Sync {
    /// Begins a visit of a person in a language.
    async fn begin(&self, person: &PersonalIdentityCode, language: &str) -> Result<Visit, SignInError>;

    /// Ends it with the code that came back: for whom the person has chosen to act.
    async fn finish(&self, visit: &Visit, code: &str) -> Result<Vec<Mandated>, SignInError>;
}

/// Why a register's source gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Worth another try soon.
    #[error("the source did not answer: {0}")]
    Later(String),
    /// Not with this address.
    #[error("the source refused: {0}")]
    Never(String),
}

/// Where registers are published.
#[async_trait::async_trait]
pub trait RegisterSource: Send + Sync {
    /// The registers it has, and whether each comes in pages that can be asked for what changed.
    fn registers(&self) -> Vec<(RegisterKind, bool)>;

    /// One page of a register, from 1: all of it, or what changed after a moment.
    async fn page(
        &self,
        kind: RegisterKind,
        number: u64,
        modified_after: Option<Moment>,
    ) -> Result<Vec<u8>, SourceError>;

    /// A register's whole file, written into a new one.
    async fn file(&self, kind: RegisterKind, into: &Path) -> Result<(), SourceError>;

    /// Pauses before the next tries when it does not answer.
    fn pauses(&self) -> &[Duration];
}

/// Brings messages to units' access points.
#[async_trait::async_trait]
pub trait OutboundDoor: Send + Sync {
    /// Brings one, once.
    ///
    /// # Errors
    /// Why no door could be asked, in words for the log.
    async fn bring(&self, message: &Message) -> Result<Brought, String>;
}
