//! The outside as the use cases see it. Adapters live in the binary; fakes in the testkit.

use liitos_domain::Moment;

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
    /// Plain text.
    pub body: String,
}

/// Why a mail was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Worth another try later.
    #[error("the mail server did not take the mail now: {0}")]
    Later(String),
    /// Never.
    #[error("the mail cannot be sent: {0}")]
    Never(String),
}

/// Sends mail.
#[async_trait::async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail to the mail server.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}
