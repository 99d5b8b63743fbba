//! Mail by SMTP. Each mail's Message-ID is its ticket, so that a report of what became of it (RFC 3464) finds it again.

use async_trait::async_trait;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use liitos_service::ports::{Mail, Mailer, SendError};

/// Sends mail through a server.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// A mailer for `smtp://host:port` or `smtps://user:password@host`.
    ///
    /// # Errors
    /// What is wrong with the address or the sender.
    pub fn new(server: &str, from: &str) -> Result<Self, String> {
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(server).map_err(|error| format!("mail.server: {error}"))?;
        let from = from.parse().map_err(|error| format!("mail.from: {error}"))?;
        Ok(Self { transport: transport.build(), from })
    }

    fn message(&self, mail: &Mail, files: &[Vec<u8>], ticket: &str) -> Result<Message, String> {
        let to: Mailbox = mail.to.parse().map_err(|_| "the recipient is no mail address".to_owned())?;
        let builder = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(mail.subject.clone())
            .message_id(Some(format!("<{ticket}@{}>", self.from.email.domain())));
        let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.text());
        let built = if files.is_empty() {
            builder.singlepart(text)
        } else {
            let pdf = ContentType::parse("application/pdf").map_err(|error| error.to_string())?;
            let parts =
                mail.files.iter().zip(files).fold(MultiPart::mixed().singlepart(text), |parts, (file, body)| {
                    parts.singlepart(Attachment::new(file.name.clone()).body(body.clone(), pdf.clone()))
                });
            builder.multipart(parts)
        };
        built.map_err(|error| error.to_string())
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail, files: &[Vec<u8>], ticket: &str) -> Result<(), SendError> {
        let message = self.message(mail, files, ticket).map_err(SendError::Never)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(match error.status().map(u16::from) {
                // The server takes nothing now, or nothing from us: it is going down, full, or our own password is wrong (RFC 5321, RFC 4954).
                Some(421 | 451 | 452 | 454 | 530 | 534 | 535 | 538) | None => SendError::Away(error.to_string()),
                Some(_) if error.is_permanent() => SendError::Never(error.to_string()),
                Some(_) => SendError::Later(error.to_string()),
            }),
        }
    }
}
