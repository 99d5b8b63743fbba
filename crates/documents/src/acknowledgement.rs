//! HL7 V3 acknowledgements (`MCCI_IN000002UV01`): written for peers, read by clients.

use crate::xml::{HL7, SOAP, Step, Walker};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid};
use std::fmt::Write as _;

/// The code system our codes are sent under. Assumed: a national one would be given at registration; until then
/// it is an arc of the example tree.
pub const CODE_SYSTEM: &str = "2.999.246.1";
/// Kanta's code system of error codes.
pub const KANTA_CODE_SYSTEM: &str = "1.2.246.537.5.40112.2006";

/// How a message was received (HL7 table 0008).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckType {
    /// Accepted.
    Accepted,
    /// Refused for its content.
    Error,
    /// Refused before it was looked into.
    Rejected,
}

impl AckType {
    /// AA, AE or AR.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Accepted => "AA",
            Self::Error => "AE",
            Self::Rejected => "AR",
        }
    }
}

/// One reason in an acknowledgement, with its text for the reader.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The finding.
    pub finding: Finding,
    /// What is wrong and how it is mended.
    pub text: String,
}

/// An acknowledgement to write.
#[derive(Clone, Debug)]
pub struct Acknowledgement<'a> {
    /// How it was received.
    pub kind: AckType,
    /// The acknowledgement's own id.
    pub id: &'a str,
    /// When it was made.
    pub at: Moment,
    /// The message answered, if its id could be read.
    pub target: Option<&'a Oid>,
    /// The device answered, if it could be read.
    pub receiver: Option<&'a Oid>,
    /// Reasons.
    pub details: &'a [Detail],
    /// Whether to wrap it in a SOAP envelope.
    pub soap: bool,
}

impl Acknowledgement<'_> {
    /// The XML form.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let time = civil_time(self.at);
        let mut xml = format!(
            "<MCCI_IN000002UV01 xmlns=\"{HL7}\" ITSVersion=\"XML_1.0\"><id extension=\"{}\" root=\"{CODE_SYSTEM}\"/>\
             <creationTime value=\"{time}\"/><interactionId extension=\"MCCI_IN000002UV01\" root=\"2.16.840.1.113883.1.6\"/>\
             <processingCode code=\"P\"/><processingModeCode code=\"T\"/><acceptAckCode code=\"NE\"/>",
            escape(self.id)
        );
        let device =
            self.receiver.map_or_else(|| "<id nullFlavor=\"UNK\"/>".to_owned(), |oid| format!("<id root=\"{oid}\"/>"));
        let _ = write!(
            xml,
            "<receiver typeCode=\"RCV\"><device classCode=\"DEV\" determinerCode=\"INSTANCE\">{device}</device></receiver>"
        );
        let _ = write!(xml, "<acknowledgement typeCode=\"{}\">", self.kind.code());
        let target =
            self.target.map_or_else(|| "<id nullFlavor=\"UNK\"/>".to_owned(), |oid| format!("<id root=\"{oid}\"/>"));
        let _ = write!(xml, "<targetMessage>{target}</targetMessage>");
        for detail in self.details {
            self.detail(&mut xml, detail);
        }
        xml.push_str("</acknowledgement></MCCI_IN000002UV01>");
        if self.soap { in_soap(&xml) } else { xml }
    }

    fn detail(&self, xml: &mut String, detail: &Detail) {
        let code = detail.finding.code;
        let _ =
            write!(xml, "<acknowledgementDetail typeCode=\"E\"><code code=\"{code}\" codeSystem=\"{CODE_SYSTEM}\">");
        if let Some(kanta) = code.kanta_code() {
            let _ = write!(xml, "<translation code=\"{kanta}\" codeSystem=\"{KANTA_CODE_SYSTEM}\"/>");
        }
        let _ = write!(
            xml,
            "</code><text>{}</text><location>{}</location></acknowledgementDetail>",
            escape(&detail.text),
            escape(&detail.finding.place)
        );
    }
}

/// An acknowledgement in a SOAP 1.1 envelope.
#[must_use]
pub fn in_soap(acknowledgement: &str) -> String {
    format!("<soap:Envelope xmlns:soap=\"{SOAP}\"><soap:Body>{acknowledgement}</soap:Body></soap:Envelope>")
}

/// What a client learns from an acknowledgement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// AA, AE or AR.
    pub kind: String,
    /// Our codes, in order.
    pub codes: Vec<String>,
    /// The texts, in order.
    pub texts: Vec<String>,
}

/// Reads an acknowledgement; `None` when the bytes are none.
#[must_use]
pub fn read_acknowledgement(bytes: &[u8]) -> Option<Received> {
    let mut walker = Walker::new(std::str::from_utf8(bytes).ok()?);
    let mut received = Received::default();
    loop {
        match walker.step().ok()? {
            Step::Open if walker.element().namespace == HL7 => {
                let element = walker.element();
                let inside = walker.path().contains(&"acknowledgementDetail");
                match element.name {
                    "acknowledgement" => received.kind = element.attribute("typeCode")?.to_owned(),
                    "code" if inside => received.codes.push(element.attribute("code")?.to_owned()),
                    "text" if inside => received.texts.push(String::new()),
                    _ => {}
                }
            }
            Step::Text(text) if walker.path().last().is_some_and(|name| *name == "text") => {
                received.texts.last_mut()?.push_str(&text);
            }
            Step::End => return (!received.kind.is_empty()).then_some(received),
            Step::Unfinished => return None,
            _ => {}
        }
    }
}

/// A moment as HL7 V3 writes it: without zone, in Helsinki.
pub(crate) fn civil_time(at: Moment) -> String {
    let civil = at.civil();
    format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second()
    )
}

pub(crate) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::RefusalCode;

    #[test]
    fn what_is_written_is_read_back() {
        let details = [
            Detail { finding: Finding::new(RefusalCode::NoRight, "a<b"), text: "ei & oikeutta".into() },
            Detail { finding: Finding::new(RefusalCode::SignatureWeak, "key"), text: "heikko".into() },
        ];
        let oid = Oid::parse("1.2.3").unwrap();
        for soap in [false, true] {
            let ack = Acknowledgement {
                kind: AckType::Rejected,
                id: "7QK3-88F2",
                at: Moment::from_seconds(0),
                target: Some(&oid),
                receiver: None,
                details: &details,
                soap,
            };
            let received = read_acknowledgement(ack.to_xml().as_bytes()).unwrap();
            assert_eq!(received.kind, "AR");
            assert_eq!(received.codes, ["L-213", "L-403"]);
            assert_eq!(received.texts, ["ei & oikeutta", "heikko"]);
            assert!(ack.to_xml().contains("5Y00009"));
        }
        assert_eq!(read_acknowledgement(b"<a/>"), None);
    }
}
