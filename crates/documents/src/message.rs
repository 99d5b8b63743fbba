//! A whole HL7 V3 archive message: envelope, the header facts its wrapper repeats, and the document inside.

use crate::body::Body;
use crate::envelope::{Fields, Place};
use crate::header::{Collector, Shape, read_document};
use crate::xml::{HL7, Step, Walker, refuse};
use crate::{MAX_MESSAGE_BYTES, mime};
use liitos_domain::RefusalCode;
use liitos_domain::document::{Envelope, Header};
use liitos_domain::refusal::Finding;

/// A message read in full.
#[derive(Debug)]
pub struct Message {
    /// What stands before the document.
    pub envelope: Envelope,
    /// Header facts as the wrapper repeats them.
    pub wrapper: Header,
    /// Header facts of the document itself.
    pub header: Header,
    /// What was seen of the document's body.
    pub body: Body,
    /// The document, byte for byte.
    pub document: String,
    /// Whether it came in a SOAP envelope, so that the answer goes the same way.
    pub soap: bool,
}

const SUBJECT: [&str; 2] = ["controlActProcess", "subject"];
const DOCUMENT: [&str; 3] = ["controlActProcess", "subject", "clinicalDocument"];
const TEXT: [&str; 4] = ["controlActProcess", "subject", "clinicalDocument", "text"];

/// Reads a message in full.
///
/// # Errors
/// The first fault, with its place.
pub fn read_message(bytes: &[u8]) -> Result<Message, Finding> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return Err(Finding::new(RefusalCode::MessageTooLarge, format!("{} bytes", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("not UTF-8"))?;
    let mut walker = Walker::new(text);
    let mut fields = Fields::default();
    let mut subject: Option<Collector> = None;
    let (mut documents, mut texts, mut mime_text) = (0, 0, String::new());
    loop {
        match walker.step()? {
            Step::Open => {
                let level = fields.skip + 1;
                match &mut subject {
                    Some(collector)
                        if walker.inside(level, HL7, &SUBJECT) && walker.path().len() > level + SUBJECT.len() =>
                    {
                        documents += usize::from(walker.at(level, HL7, &DOCUMENT));
                        texts += usize::from(walker.inside(level, HL7, &TEXT));
                        if documents > 1 || texts > 1 {
                            return Err(refuse("more than one document"));
                        }
                        if walker.inside(level, HL7, &DOCUMENT) {
                            collector.open(&walker)?;
                        }
                    }
                    // Before the subject and after it: a field that stands twice is refused, wherever it stands.
                    _ => {
                        if fields.open(&walker)? == Place::Document
                            && subject.replace(Collector::new(fields.skip + DOCUMENT.len(), Shape::Wrapper)).is_some()
                        {
                            return Err(refuse("more than one subject"));
                        }
                    }
                }
            }
            Step::Text(piece) => {
                // Outside the subject nothing is text of its document.
                let Some(collector) = &mut subject else { continue };
                if walker.at(fields.skip + 1, HL7, &TEXT) {
                    mime_text.push_str(&piece);
                } else {
                    collector.text(&walker, &piece);
                }
            }
            Step::Instruction(..) | Step::Close => {}
            Step::Unfinished => return Err(refuse("ends in the middle")),
            Step::End => break,
        }
    }
    let envelope = fields.finish()?;
    let subject = subject.ok_or_else(|| Finding::new(RefusalCode::FieldMissing, "controlActProcess/subject"))?;
    let part = subject.structured()?;
    let wrapper = subject.finish(part.as_deref())?;
    let document = String::from_utf8(mime::document_part(&mime_text)?).map_err(|_| refuse("document: not UTF-8"))?;
    let (header, body) = read_document(&document)?;
    Ok(Message { envelope, wrapper, header, body, document, soap: fields.skip > 0 })
}

/// The same message with another document in its MIME part; `None` when it has no such part.
///
/// The wrapper's own header fields are left as they are.
#[must_use]
pub fn with_document(message: &str, document: &str) -> Option<String> {
    let open = message.find("<text")?;
    let start = message.get(open..)?.find('>')? + open + 1;
    let end = message.get(start..)?.find("</text>")? + start;
    let text = mime::with_document(message.get(start..end)?, document.as_bytes())?;
    Some(format!("{}{text}{}", message.get(..start)?, message.get(end..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::SOAP;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.xml");
    const DECODED: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    #[test]
    fn the_real_message_in_full() {
        let message = read_message(REAL.as_bytes()).unwrap();
        assert_eq!(message.document, DECODED);
        assert_eq!(message.wrapper, message.header);
        assert!(!message.soap);
    }

    #[test]
    fn the_wrapper_of_the_real_replacement() {
        // Its document is not public: another stands in its place.
        let replacement = include_str!("../../../samples/hus-rcmr/RCMR_IN100016FI01.wrapper-only.xml");
        let body = BASE64_STANDARD.encode(DECODED);
        let message =
            read_message(replacement.replace("[CDA BODY OMITTED - see SOURCE.txt]", &body).as_bytes()).unwrap();
        let (wrapper, first) = (&message.wrapper, "1.2.246.537.10.15675350.91007.3135.1");
        assert_eq!((wrapper.id.as_str(), wrapper.version), ("1.2.246.537.10.15675350.91007.3135.2", 2));
        assert_eq!(wrapper.set_id.as_str(), first);
        let follows = wrapper.follows.as_ref().unwrap();
        assert_eq!(
            (follows.replaces, follows.id.as_str(), follows.set_id.as_ref().unwrap().as_str()),
            (true, first, first)
        );
        assert_eq!((follows.version, wrapper.reason.as_deref()), (Some(1), Some("1")));
        assert_eq!(wrapper.event.as_ref().unwrap().as_str(), "1.2.246.537.10.15675350.16.2017.622");
        assert_ne!(message.wrapper, message.header);
    }

    #[test]
    fn nothing_in_a_soap_header_is_taken_for_the_message() {
        let with = |header: &str| {
            format!("<s:Envelope xmlns:s=\"{SOAP}\"><s:Header>{header}</s:Header><s:Body>{REAL}</s:Body></s:Envelope>")
        };
        let read = |header: &str| read_message(with(header).as_bytes());
        let whole = read("<a:To xmlns:a=\"http://www.w3.org/2005/08/addressing\">https://kanta.test</a:To>").unwrap();
        assert!(whole.document == DECODED && whole.soap);
        let (_, rest) = REAL.split_once("<controlActProcess").unwrap();
        let (act, _) = rest.split_once("</controlActProcess>").unwrap();
        let act = format!("<controlActProcess xmlns=\"urn:hl7-org:v3\"{act}</controlActProcess>");
        for header in [act.clone(), format!("<x>{act}</x>"), format!("<x:y xmlns:x=\"urn:x\">{REAL}</x:y>")] {
            let refused = read(&header).unwrap_err();
            assert_eq!(refused.place, "SOAP Header: a part of a message");
        }
    }

    #[test]
    fn another_document_in_the_same_message() {
        let other = DECODED.replace("<versionNumber value=\"1\"/>", "<versionNumber value=\"7\"/>");
        let message = read_message(with_document(REAL, &other).unwrap().as_bytes()).unwrap();
        assert_eq!(message.document, other);
        assert_eq!((message.wrapper.version, message.header.version), (1, 7));
    }

    #[test]
    fn faults_are_found_in_their_own_place() {
        let fault = |text: &str| read_message(text.as_bytes()).unwrap_err();
        assert_eq!(fault(REAL.split_at(9000).0).place, "ends in the middle");
        assert_eq!(fault(&REAL.replace("BASE64", "BASE65")).code, RefusalCode::MimeBroken);
        // A second sender, subject or document further down would be another reader's first.
        let after = |more: &str| REAL.replace("</controlActProcess>", &format!("</controlActProcess>{more}"));
        let sender = "<sender><device><id root=\"1.2.3\"/></device></sender>";
        assert_eq!(fault(&after(sender)).place, "sender/device/id stands twice");
        let in_act = |more: &str| REAL.replace("</controlActProcess>", &format!("{more}</controlActProcess>"));
        assert_eq!(fault(&in_act("<subject/>")).place, "more than one subject");
        let document = REAL.replace("</clinicalDocument>", "</clinicalDocument><clinicalDocument/>");
        assert_eq!(fault(&document).place, "more than one document");
        let text = REAL.replace("</clinicalDocument>", "<text/></clinicalDocument>");
        assert_eq!(fault(&text).place, "more than one document");
        let soap = format!("<s:Envelope xmlns:s=\"{SOAP}\"><s:Body>{REAL}{REAL}</s:Body></s:Envelope>");
        assert_eq!(fault(&soap).place, "more than one message");
        let nested = with_document(REAL, &DECODED.replace("<component>", &"<x>".repeat(200))).unwrap();
        assert_eq!(fault(&nested).code, RefusalCode::XmlTooDeep);
        let dtd = with_document(REAL, &DECODED.replace("<ClinicalDocument", "<!DOCTYPE x><ClinicalDocument")).unwrap();
        assert_eq!(fault(&dtd).place, "document: DOCTYPE");
        assert_eq!(read_message(&vec![b' '; MAX_MESSAGE_BYTES + 1]).unwrap_err().code, RefusalCode::MessageTooLarge);
    }
}
