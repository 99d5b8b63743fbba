//! Refusals above TLS: an HL7 acknowledgement towards HL7 peers, a problem document (RFC 9457) otherwise, both with code
//! and decision id.

use crate::forward::Body;
use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use liitos_documents::acknowledgement::{AckType, Acknowledgement, Detail};
use liitos_domain::document::Envelope;
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, RefusalCode};
use liitos_texts::{problem, refusal_for_peers};

/// A refusal on its way out.
pub(crate) struct Refusal<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) decision_id: &'a str,
    /// Whether the peer speaks HL7 on this path.
    pub(crate) hl7: bool,
    pub(crate) envelope: Option<&'a Envelope>,
    pub(crate) soap: bool,
    pub(crate) at: Moment,
    /// Whether the rest of the request is left unread.
    pub(crate) close: bool,
}

impl Refusal<'_> {
    pub(crate) fn response(&self) -> Response<Body> {
        let (media_type, text) = if self.hl7 {
            ("application/hl7-v3+xml; charset=utf-8", self.hl7())
        } else {
            ("application/problem+json", problem(self.finding.code, &self.finding.place, self.decision_id))
        };
        let mut response = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = StatusCode::from_u16(self.finding.code.status()).unwrap_or(StatusCode::FORBIDDEN);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if let Ok(id) = HeaderValue::from_str(self.decision_id) {
            headers.insert("liitos-decision", id);
        }
        if let Some(seconds) = retry_after(self.finding.code) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static(seconds));
        }
        if self.close {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    fn hl7(&self) -> String {
        let code = self.finding.code;
        let text = format!("{} [{}]", refusal_for_peers(code), self.decision_id);
        let details = [Detail { finding: self.finding.clone(), text }];
        Acknowledgement {
            kind: AckType::Rejected,
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
const fn retry_after(code: RefusalCode) -> Option<&'static str> {
    match code {
        RefusalCode::TooManyCalls => Some("1"),
        RefusalCode::DirectoryUnavailable | RefusalCode::BackendUnavailable => Some("10"),
        RefusalCode::ClosedForNow => Some("60"),
        _ => None,
    }
}
