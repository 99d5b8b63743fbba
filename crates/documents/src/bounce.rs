//! A report that a mail did not arrive (RFC 3464): which of our mails it was, and why it failed.

use mail_parser::{HeaderValue, Message, MessageParser, PartType};

/// Largest report read, in bytes: mail servers cut what they send back.
pub const MAX_REPORT_BYTES: usize = 1024 * 1024;

/// What a report says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The ticket of the mail: what stands before the at sign of its Message-ID.
    pub ticket: String,
    /// Whether it has failed for good; else it is only late, or has arrived.
    pub failed: bool,
    /// The server's words: status and diagnosis.
    pub reason: String,
}

/// Why a report says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BounceError {
    /// Larger than [`MAX_REPORT_BYTES`].
    #[error("the report has more than {MAX_REPORT_BYTES} bytes")]
    TooLarge,
    /// Not a mail with a delivery status (RFC 3464 2).
    #[error("the mail has no part of the kind message/delivery-status (RFC 3464)")]
    NotAReport,
    /// The mail that it is about is not named.
    #[error("the report does not hold the Message-ID of the mail that it is about")]
    NoMessageId,
}

/// Reads a report.
///
/// # Errors
/// [`BounceError`].
pub fn read(bytes: &[u8]) -> Result<Bounce, BounceError> {
    if bytes.len() > MAX_REPORT_BYTES {
        return Err(BounceError::TooLarge);
    }
    let mail = MessageParser::default().parse(bytes).ok_or(BounceError::NotAReport)?;
    let status = mail.parts.iter().find(|part| is(part, "message", "delivery-status"));
    let status = status.map(|part| String::from_utf8_lossy(part.contents()).into_owned());
    let status = status.ok_or(BounceError::NotAReport)?;
    let ticket = mail.parts.iter().find_map(|part| match &part.body {
        PartType::Message(nested) => message_id(nested),
        _ if is(part, "text", "rfc822-headers") => {
            message_id(&MessageParser::default().parse_headers(part.contents())?)
        }
        _ => None,
    });
    let ticket = ticket.ok_or(BounceError::NoMessageId)?;
    let field = |name: &str| {
        let mut lines = status.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(known, _)| known.trim().eq_ignore_ascii_case(name)).map_or("", |(_, text)| text.trim())
    };
    let reason = [field("Status"), field("Diagnostic-Code")].join(" ").trim().to_owned();
    Ok(Bounce { ticket, failed: field("Action").eq_ignore_ascii_case("failed"), reason })
}

fn is(part: &mail_parser::MessagePart<'_>, kind: &str, sub: &str) -> bool {
    use mail_parser::MimeHeaders as _;
    part.content_type().is_some_and(|found| {
        found.ctype().eq_ignore_ascii_case(kind) && found.subtype().is_some_and(|s| s.eq_ignore_ascii_case(sub))
    })
}

fn message_id(mail: &Message<'_>) -> Option<String> {
    let id = match mail.header("Message-ID")? {
        HeaderValue::Text(id) => id.to_string(),
        HeaderValue::TextList(ids) => ids.first()?.to_string(),
        _ => return None,
    };
    let (ticket, _) = id.trim_matches(['<', '>']).split_once('@')?;
    Some(ticket.to_owned()).filter(|ticket| !ticket.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Postfix writes it.
    fn report(action: &str, original: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mail.test\r\nTo: liitos@kanta.test\r\nSubject: Undelivered Mail Returned to Sender\r\n\
             MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"B\"\r\n\r\n\
             --B\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nThis is the mail system.\r\n\r\n\
             --B\r\nContent-Description: Delivery report\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mail.test\r\nX-Postfix-Queue-ID: 4F\r\nArrival-Date: Fri, 27 Nov 2026 10:00:00 +0200\r\n\r\n\
             Final-Recipient: rfc822; gone@koivu.test\r\nOriginal-Recipient: rfc822;gone@koivu.test\r\nAction: {action}\r\n\
             Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 No such mailbox\r\n\r\n\
             --B\r\n{original}\r\n--B--\r\n"
        )
    }

    const WHOLE: &str = "Content-Type: message/rfc822\r\n\r\nFrom: a@b.test\r\nMessage-ID: <0123abcd@kanta.test>\r\nSubject: x\r\n\r\nbody\r\n";
    const HEADERS: &str = "Content-Type: text/rfc822-headers\r\n\r\nFrom: a@b.test\r\nMessage-ID: <0123abcd@kanta.test>\r\nSubject: x\r\n";

    #[test]
    fn which_mail_and_why() {
        for original in [WHOLE, HEADERS] {
            let bounce = read(report("failed", original).as_bytes()).unwrap();
            let reason = "5.1.1 smtp; 550 5.1.1 No such mailbox".to_owned();
            assert_eq!(bounce, Bounce { ticket: "0123abcd".into(), failed: true, reason });
        }
        assert!(!read(report("delayed", WHOLE).as_bytes()).unwrap().failed);
    }

    #[test]
    fn what_says_nothing() {
        assert_eq!(read(b""), Err(BounceError::NotAReport));
        assert_eq!(read(b"Subject: Out of office\r\n\r\nback on Monday"), Err(BounceError::NotAReport));
        let nameless = "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbody\r\n";
        assert_eq!(read(report("failed", nameless).as_bytes()), Err(BounceError::NoMessageId));
        assert_eq!(read(&vec![b'a'; MAX_REPORT_BYTES + 1]), Err(BounceError::TooLarge));
        // Cut anywhere, it says what it can and never more.
        let whole = report("failed", WHOLE);
        for end in 0..whole.len() {
            if let Ok(bounce) = read(&whole.as_bytes()[..end]) {
                assert!("0123abcd".starts_with(&bounce.ticket), "{bounce:?}");
            }
        }
    }
}
