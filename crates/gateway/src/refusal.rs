//! Refusals above TLS: an HL7 acknowledgement towards HL7 peers, an OperationOutcome towards FHIR peers, a problem document
//! (RFC 9457) otherwise; all with code and decision id.

use crate::call::below;
use liitos_documents::acknowledgement::{AckType, Acknowledgement, Detail};
use liitos_documents::fhir::outcome;
use liitos_domain::document::Envelope;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode};
use liitos_texts::{Language, problem, refusal_for_peers};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

/// What a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    Hl7,
    Fhir,
    /// Nobody knows.
    Http,
}

impl Speech {
    /// By the path that is asked for.
    pub(crate) fn on(path: &str) -> Self {
        match path {
            "/hl7" => Self::Hl7,
            _ if below(path).is_some() => Self::Fhir,
            _ => Self::Http,
        }
    }
}

/// A refusal on its way out.
pub(crate) struct Refusal<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) decision_id: &'a str,
    pub(crate) speech: Speech,
    pub(crate) envelope: Option<&'a Envelope>,
    pub(crate) soap: bool,
    pub(crate) at: Moment,
    /// Whether the request was HEAD, whose answer has no body (RFC 9110 9.3.2).
    pub(crate) bare: bool,
    /// Whether the connection ends after it.
    pub(crate) close: bool,
}

impl Refusal<'_> {
    /// The whole answer, head and body.
    pub(crate) fn response(&self) -> String {
        let code = self.finding.code;
        let (place, id) = (&self.finding.place, self.decision_id);
        let (media_type, body) = match self.speech {
            Speech::Hl7 => ("application/hl7-v3+xml; charset=utf-8", self.hl7()),
            Speech::Fhir => ("application/fhir+json; charset=utf-8", self.fhir()),
            Speech::Http => ("application/problem+json", problem(code, place, id)),
        };
        let body = if self.bare { String::new() } else { body };
        let status = if self.speech == Speech::Fhir { code.status_over_fhir() } else { code.status() };
        let status = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::FORBIDDEN);
        let since = Duration::from_micros(u64::try_from(self.at.as_micros()).unwrap_or(0));
        let date = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + since);
        let mut text = format!(
            "HTTP/1.1 {} {}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\ndate: {date}\r\nliitos-decision: {}\r\n",
            status.as_u16(),
            status.canonical_reason().unwrap_or("Refused"),
            body.len(),
            self.decision_id,
        );
        if let Some(seconds) = retry_after(code) {
            let _ = write!(text, "retry-after: {seconds}\r\n");
        }
        if status == http::StatusCode::UNAUTHORIZED {
            text.push_str("www-authenticate: Bearer\r\n");
        }
        if self.close {
            text.push_str("connection: close\r\n");
        }
        text + "\r\n" + &body
    }

    fn fhir(&self) -> String {
        let (code, place) = (self.finding.code, &self.finding.place);
        let told = format!("{} ({place}) [{}]", Language::En.refusal_how(code), self.decision_id);
        outcome(code, &Language::En.refusal(code), &told).json()
    }

    fn hl7(&self) -> String {
        let code = self.finding.code;
        let text = format!("{} [{}]", refusal_for_peers(code), self.decision_id);
        let details = [Detail { finding: self.finding.clone(), text }];
        Acknowledgement {
            // Whether it was taken is not known: no rejection.
            kind: if code == RefusalCode::AnswerUnknown { AckType::Error } else { AckType::Rejected },
            id: self.decision_id,
            at: self.at,
            target: self.envelope.map(|e| &e.message_id),
            receiver: self.envelope.map(|e| &e.sender),
            details: &details,
            soap: self.soap,
        }
        .to_xml()
    }
}

/// After how many seconds what was refused may pass (RFC 9110 10.2.3), where waiting helps.
const fn retry_after(code: RefusalCode) -> Option<u32> {
    match code {
        RefusalCode::TooManyCalls => Some(1),
        RefusalCode::DirectoryUnavailable | RefusalCode::BackendUnavailable => Some(10),
        RefusalCode::ClosedForNow => Some(60),
        _ => None,
    }
}
