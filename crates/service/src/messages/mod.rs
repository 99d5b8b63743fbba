//! Mail and text messages: written in the transaction of what they tell of, sent afterwards by the queue, kept with what became
//! of them. What does not arrive comes back to the joiner's administrative contact.

mod again;
mod came_back;
mod deliver;
mod notice_words;
mod outbox;
mod receipt;
mod templates;

pub use again::{again, settle};
pub use deliver::deliver_due;
pub use notice_words::notice_words;
pub use outbox::{Outbox, Page, Shown, outbox};
pub use receipt::{Fate, receipt};
pub(crate) use templates::{
    approved, code_service_letter, controller_run, controller_run_to_supplier, invitation, more_asked, notice,
    prepared, rejected, sent, verification,
};

use crate::ServiceError;
use crate::ports::{Hook, Mail, Sms};
use liitos_domain::contacts::Channel;
use liitos_domain::{Moment, Oid};
pub use liitos_store::jobs::Job;
use liitos_store::{Transaction, jobs};

/// The outbox's jobs that go to people: mails and text messages.
const TO_PEOPLE: [&str; 2] = ["mail", "sms"];
/// Those that go to programs: events.
const TO_PROGRAMS: [&str; 1] = ["webhook"];
/// The kinds of the outbox's jobs.
pub const JOB_KINDS: [&str; 3] = [TO_PEOPLE[0], TO_PEOPLE[1], TO_PROGRAMS[0]];

/// A message, by either way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// By mail.
    Mail(Mail),
    /// By text message.
    Sms(Sms),
    /// To a program.
    Hook(Hook),
}

impl Message {
    /// The message that a job brings; `None` when its payload cannot be read.
    #[must_use]
    pub fn of(job: &Job) -> Option<Self> {
        match job.kind.as_str() {
            "mail" => serde_json::from_str(&job.payload).ok().map(Self::Mail),
            "sms" => serde_json::from_str(&job.payload).ok().map(Self::Sms),
            "webhook" => serde_json::from_str(&job.payload).ok().map(Self::Hook),
            _ => None,
        }
    }

    /// By which way somebody is reached by it; a program is nobody.
    #[must_use]
    pub const fn channel(&self) -> Option<Channel> {
        match self {
            Self::Mail(_) => Some(Channel::Email),
            Self::Sms(_) => Some(Channel::Sms),
            Self::Hook(_) => None,
        }
    }

    /// To which address.
    #[must_use]
    pub fn to(&self) -> &str {
        match self {
            Self::Mail(mail) => &mail.to,
            Self::Sms(sms) => &sms.to,
            Self::Hook(hook) => &hook.to,
        }
    }

    /// What it is about, on one line.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::Mail(mail) => &mail.subject,
            Self::Sms(sms) => sms.text.lines().next().unwrap_or_default(),
            Self::Hook(hook) => &hook.id,
        }
    }

    /// The joiner that is told if it does not arrive.
    #[must_use]
    pub const fn about(&self) -> Option<&Oid> {
        match self {
            Self::Mail(mail) => mail.about.as_ref(),
            Self::Sms(sms) => sms.about.as_ref(),
            Self::Hook(_) => None,
        }
    }

    /// Whether it held something that only its recipient could see, which is gone.
    #[must_use]
    pub fn spent(&self) -> bool {
        let (text, secret) = match self {
            Self::Mail(mail) => (&mail.body, &mail.secret),
            Self::Sms(sms) => (&sms.text, &sms.secret),
            Self::Hook(_) => return false,
        };
        secret.is_none() && text.contains(crate::ports::SECRET)
    }

    /// As it is kept once it is sent: without what only its recipient may see.
    fn left(self) -> Result<String, serde_json::Error> {
        match self {
            Self::Mail(mail) => serde_json::to_string(&Mail { secret: None, ..mail }),
            Self::Sms(sms) => serde_json::to_string(&Sms { secret: None, ..sms }),
            Self::Hook(hook) => serde_json::to_string(&hook),
        }
    }
}

impl From<Mail> for Message {
    fn from(mail: Mail) -> Self {
        Self::Mail(mail)
    }
}

/// Writes messages into the outbox.
pub(crate) async fn enqueue<M>(tx: &Transaction, messages: &[M], at: Moment) -> Result<(), ServiceError>
where
    M: Clone + Into<Message>,
{
    write(tx, messages.iter().cloned().map(Into::into).collect(), None, at).await
}

/// Writes messages into the outbox that carry a statement on a fault.
pub(crate) async fn enqueue_statement(
    tx: &Transaction,
    messages: Vec<Message>,
    statement: i64,
    at: Moment,
) -> Result<(), ServiceError> {
    write(tx, messages, Some(statement), at).await
}

async fn write(
    tx: &Transaction,
    messages: Vec<Message>,
    statement: Option<i64>,
    at: Moment,
) -> Result<(), ServiceError> {
    let job = |message: Message| -> Result<(&'static str, String), serde_json::Error> {
        Ok(match message {
            Message::Mail(mail) => ("mail", serde_json::to_string(&mail)?),
            Message::Sms(sms) => ("sms", serde_json::to_string(&sms)?),
            Message::Hook(hook) => ("webhook", serde_json::to_string(&hook)?),
        })
    };
    let written: Vec<_> = messages.into_iter().map(job).collect::<Result<_, _>>()?;
    Ok(jobs::enqueue(tx, written, statement, at).await?)
}
