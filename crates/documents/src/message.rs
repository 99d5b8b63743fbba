//! A whole HL7 V3 archive message: envelope, the header facts its wrapper repeats, and the document inside.

use crate::envelope::{Fields, Place};
use crate::header::{Collector, Shape, read_document_header};
use crate::xml::{Step, Walker, refuse};
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
    /// The document, byte for byte.
    pub document: String,
    /// Whether it came in a SOAP envelope, so that the answer goes the same way.
    pub soap: bool,
}

const DOCUMENT: [&str; 3] = ["controlActProcess", "subject", "clinicalDocument"];

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
    let mut inside: Option<Collector> = None;
    let mut mime_text = String::new();
    loop {
        match walker.step()? {
            Step::Open(element) => match &mut inside {
                Some(collector) => collector.open(&walker, &element)?,
                None => {
                    if fields.open(&walker, &element)? == Place::Document {
                        inside = Some(Collector::new(fields.skip + DOCUMENT.len(), Shape::Wrapper));
                    }
                }
            },
            Step::Text(piece) => {
                if let Some(collector) = &mut inside {
                    if walker.at(fields.skip + 1 + DOCUMENT.len(), &["text"]) {
                        mime_text.push_str(&piece);
                    } else {
                        collector.text(&walker, &piece);
                    }
                }
            }
            Step::Close => {}
            Step::Unfinished => return Err(refuse("ends in the middle")),
            Step::End => break,
        }
    }
    let envelope = fields.finish()?;
    let wrapper =
        inside.ok_or_else(|| Finding::new(RefusalCode::FieldMissing, "controlActProcess/subject"))?.finish()?;
    let document = String::from_utf8(mime::document_part(&mime_text)?).map_err(|_| refuse("document: not UTF-8"))?;
    let header = read_document_header(&document)?;
    Ok(Message { envelope, wrapper, header, document, soap: fields.skip > 0 })
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
        let nested = with_document(REAL, &DECODED.replace("<component>", &"<x>".repeat(200))).unwrap();
        assert_eq!(fault(&nested).code, RefusalCode::XmlTooDeep);
        let dtd = with_document(REAL, &DECODED.replace("<ClinicalDocument", "<!DOCTYPE x><ClinicalDocument")).unwrap();
        assert_eq!(fault(&dtd).place, "document: DOCTYPE");
        assert_eq!(read_message(&vec![b' '; MAX_MESSAGE_BYTES + 1]).unwrap_err().code, RefusalCode::MessageTooLarge);
    }
}
