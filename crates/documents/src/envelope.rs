//! Reads what stands before the document in an HL7 V3 message: all the gateway needs to decide, from the first
//! bytes, bounded, so that the body can stream on.
//!
//! A field that stands twice is refused: two readers must not see two different senders.

use crate::xml::{Element, HL7, SOAP, Step, Walker, fill, refuse, utf8_so_far};
use liitos_domain::document::{Code, Envelope};
use liitos_domain::refusal::Finding;
use liitos_domain::{Oid, RefusalCode};

/// Most bytes read while looking for the envelope's end. Real ones take 1.4 kB.
pub const MAX_ENVELOPE_BYTES: usize = 64 * 1024;

/// How far the first bytes of a message led.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// The envelope is complete.
    Complete(Box<Envelope>),
    /// More bytes are needed.
    NeedMore,
}

/// Reads the envelope from the first bytes of a message, bare or in a SOAP 1.1 envelope.
///
/// # Errors
/// A finding with the field, or the limit.
pub fn read_envelope(bytes: &[u8]) -> Result<Progress, Finding> {
    let mut walker = Walker::new(utf8_so_far(bytes)?);
    let mut fields = Fields::default();
    loop {
        match walker.step()? {
            Step::Open => {
                if fields.open(&walker)? == Place::Document {
                    return fields.finish().map(|envelope| Progress::Complete(Box::new(envelope)));
                }
            }
            Step::Text(_) | Step::Instruction(..) | Step::Close => {}
            Step::Unfinished if bytes.len() >= MAX_ENVELOPE_BYTES => {
                return Err(Finding::new(
                    RefusalCode::MessageTooLarge,
                    format!("no document within the first {MAX_ENVELOPE_BYTES} bytes"),
                ));
            }
            Step::Unfinished => return Ok(Progress::NeedMore),
            Step::End => {
                return fields.finish().map(|envelope| Progress::Complete(Box::new(envelope)));
            }
        }
    }
}

/// Whether a message comes in a SOAP envelope, as far as its first bytes tell: refusals are answered in kind even when
/// the message cannot be read.
#[must_use]
pub fn looks_like_soap(bytes: &[u8]) -> bool {
    let beginning = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    String::from_utf8_lossy(beginning).contains(SOAP)
}

/// Where the walk stands.
#[derive(PartialEq, Eq)]
pub(crate) enum Place {
    Envelope,
    Document,
}

/// The envelope's fields as they are met. Shared with the full parse, so that both read the same.
#[derive(Default)]
pub(crate) struct Fields {
    /// Levels of SOAP around the message.
    pub(crate) skip: usize,
    /// Whether SOAP's header was met.
    header: bool,
    root: Option<String>,
    message_id: Option<String>,
    interaction: Option<String>,
    sender: Option<String>,
    receiver: Option<String>,
    requests: Vec<Code>,
    represented: Option<String>,
}

impl Fields {
    /// Whether the message's own root was met: before, all is SOAP's.
    pub(crate) const fn begun(&self) -> bool {
        self.root.is_some()
    }

    pub(crate) fn open(&mut self, walker: &Walker<'_>) -> Result<Place, Finding> {
        let element = walker.element();
        if self.root.is_none() {
            return self.root(walker);
        }
        if walker.path().len() <= self.skip + 1 {
            return Err(refuse("more than one message"));
        }
        if element.namespace != HL7 {
            return Ok(Place::Envelope);
        }
        let at = |names: &[&str]| walker.at(self.skip + 1, HL7, names);
        let root = || element.attribute("root").unwrap_or_default().to_owned();
        if at(&["controlActProcess", "subject"]) {
            return Ok(Place::Document);
        } else if at(&["id"]) {
            once(&mut self.message_id, root(), "id")?;
        } else if at(&["interactionId"]) {
            once(
                &mut self.interaction,
                element.attribute("extension").unwrap_or_default().to_owned(),
                "interactionId",
            )?;
        } else if at(&["sender", "device", "id"]) {
            once(&mut self.sender, root(), "sender/device/id")?;
        } else if at(&["receiver", "device", "id"]) {
            once(&mut self.receiver, root(), "receiver/device/id")?;
        } else if at(&["controlActProcess", "reasonCode"]) {
            let text = |name| element.attribute(name).unwrap_or_default().to_owned();
            let code = Code { code: text("code"), system: text("codeSystem") };
            // Social care says its purpose beside the request; one of each, or two readers would take two.
            if self.requests.iter().any(|known| is_purpose(known) == is_purpose(&code)) {
                return Err(Finding::new(RefusalCode::FieldMissing, format!("{REQUEST} stands twice")));
            }
            self.requests.push(code);
        } else if at(&["controlActProcess", "authorOrPerformer", "assignedPerson", "representedOrganization", "id"]) {
            once(&mut self.represented, root(), REPRESENTED)?;
        }
        Ok(Place::Envelope)
    }

    fn root(&mut self, walker: &Walker<'_>) -> Result<Place, Finding> {
        let (element, depth) = (walker.element(), walker.path().len());
        if self.skip == 1 && walker.inside(1, SOAP, &["Header"]) {
            // What a header's entries say is nothing to us; one that we would have to understand (SOAP 1.1, 4.2.3) we do not. What looks like a message is
            // refused: no reader takes it for the one in the body.
            return match depth {
                _ if element.namespace == HL7 => Err(refuse("SOAP Header: a part of a message")),
                2 if std::mem::replace(&mut self.header, true) => Err(refuse("SOAP Header stands twice")),
                3 if must_be_understood(element) => Err(refuse("SOAP Header: mustUnderstand")),
                _ => Ok(Place::Envelope),
            };
        }
        let soap = element.namespace == SOAP;
        match (self.skip, element.name) {
            (0, "Envelope") | (1, "Body") if soap => self.skip += 1,
            (0 | 2, name) if element.namespace == HL7 => self.root = Some(name.to_owned()),
            _ => {
                return Err(Finding::new(RefusalCode::InteractionUnknown, "root element"));
            }
        }
        Ok(Place::Envelope)
    }

    pub(crate) fn finish(&self) -> Result<Envelope, Finding> {
        let oid = |value: &Option<String>, place: &str| {
            let text = value.as_deref().ok_or_else(|| Finding::new(RefusalCode::FieldMissing, place))?;
            Oid::parse(text).map_err(|_| Finding::new(RefusalCode::FieldMissing, place))
        };
        let interaction = self.interaction.clone().unwrap_or_default();
        if interaction.is_empty() || self.root.as_deref() != Some(interaction.as_str()) {
            return Err(Finding::new(RefusalCode::InteractionUnknown, "interactionId"));
        }
        let request = self.requests.iter().find(|code| !is_purpose(code) && !code.code.is_empty()).cloned();
        Ok(Envelope {
            purpose: self.requests.iter().find(|code| is_purpose(code)).map(|code| code.code.clone()),
            message_id: oid(&self.message_id, "id")?,
            interaction,
            sender: oid(&self.sender, "sender/device/id")?,
            receiver: self.receiver.clone().filter(|root| !root.is_empty()),
            service_request: request.ok_or_else(|| Finding::new(RefusalCode::FieldMissing, REQUEST))?,
            represented: oid(&self.represented, REPRESENTED)?,
        })
    }
}

/// Whether an entry of SOAP's header asks to be understood, by whatever prefix.
fn must_be_understood(element: &Element<'_>) -> bool {
    let says = |(name, value): (&str, &str)| name.ends_with("mustUnderstand") && !matches!(value, "0" | "false");
    element.attributes().any(says)
}

const REQUEST: &str = "controlActProcess/reasonCode";
/// The code system, whatever its version, of what client data is used for; beside it stands the service request.
const PURPOSES: &str = "1.2.246.537.6.1289.";
const REPRESENTED: &str = "authorOrPerformer//representedOrganization/id";

fn is_purpose(code: &Code) -> bool {
    code.system.starts_with(PURPOSES)
}

fn once<T>(slot: &mut Option<T>, value: T, place: &str) -> Result<(), Finding> {
    fill(slot, value, RefusalCode::FieldMissing, place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.xml");

    fn complete(text: &str) -> Envelope {
        match read_envelope(text.as_bytes()).unwrap() {
            Progress::Complete(envelope) => *envelope,
            Progress::NeedMore => panic!("needs more"),
        }
    }

    #[test]
    fn the_real_message() {
        let envelope = complete(REAL);
        assert_eq!(envelope.message_id.as_str(), "1.2.246.537.10.15675350.10.0.13.2.1.1506082558936.1901");
        assert_eq!(envelope.sender.as_str(), "1.2.246.537.10.15675350.10.0.13.2.1");
        assert_eq!(envelope.receiver.as_deref(), Some("1.2.246.556.18007.2"));
        assert_eq!(envelope.represented.as_str(), "1.2.246.537.10.15675350.10.0");
        assert_eq!(envelope.service_request, Code { code: "PP1".into(), system: "1.2.246.537.5.40157.2008".into() });
        let replacement = complete(include_str!("../../../samples/hus-rcmr/RCMR_IN100016FI01.wrapper-only.xml"));
        assert_eq!(replacement.interaction, "RCMR_IN100016FI01");
    }

    #[test]
    fn any_prefix_needs_more_or_tells_the_same() {
        let whole = complete(REAL);
        for length in 0..2500 {
            match read_envelope(&REAL.as_bytes()[..length]).unwrap() {
                Progress::Complete(envelope) => assert_eq!(*envelope, whole),
                Progress::NeedMore => assert!(length < 1500, "{length}"),
            }
        }
    }

    #[test]
    fn a_soap_envelope_around_it() {
        let soap = format!("<s:Envelope xmlns:s=\"{SOAP}\"><s:Body>{REAL}</s:Body></s:Envelope>");
        assert_eq!(complete(&soap), complete(REAL));
    }

    #[test]
    fn what_a_soap_header_says_is_passed_over() {
        let with =
            |header: &str| format!("<s:Envelope xmlns:s=\"{SOAP}\">{header}<s:Body>{REAL}</s:Body></s:Envelope>");
        let to = "<a:To xmlns:a=\"http://www.w3.org/2005/08/addressing\">https://kanta.test</a:To>";
        let passed = "<a:To xmlns:a=\"urn:a\" s:mustUnderstand=\"0\"/>";
        for entries in ["", to, passed, "<s:Body><x/></s:Body>"] {
            assert_eq!(complete(&with(&format!("<s:Header>{entries}</s:Header>"))), complete(REAL), "{entries}");
        }
        let place = |header: &str| read_envelope(with(header).as_bytes()).unwrap_err();
        for value in ["1", "true", ""] {
            let understood = to.replace("<a:To ", &format!("<a:To s:mustUnderstand=\"{value}\" "));
            let refused = place(&format!("<s:Header>{understood}</s:Header>"));
            assert_eq!((refused.code, &*refused.place), (RefusalCode::XmlNotAccepted, "SOAP Header: mustUnderstand"));
        }
        let message = "<s:Header><x><controlActProcess xmlns=\"urn:hl7-org:v3\"/></x></s:Header>";
        assert_eq!(place(message).place, "SOAP Header: a part of a message");
        assert_eq!(place("<s:Header/><s:Header/>").place, "SOAP Header stands twice");
        assert_eq!(place("<x:Header xmlns:x=\"urn:x\"/>").code, RefusalCode::InteractionUnknown);
        let behind = format!("<s:Envelope xmlns:s=\"{SOAP}\"><s:Body/><s:Header/></s:Envelope>");
        assert!(read_envelope(behind.as_bytes()).is_err());
    }

    #[test]
    fn social_care_says_its_purpose_beside_the_request() {
        let request = "<reasonCode code=\"PP1\" codeSystem=\"1.2.246.537.5.40157.2008\"";
        let purpose = "<reasonCode code=\"1\" codeSystem=\"1.2.246.537.6.1289.201901\"/>";
        assert!(REAL.contains(request));
        let with = |more: &str| REAL.replacen(request, &format!("{more}{request}"), 1);
        let envelope = complete(&with(purpose));
        assert_eq!((envelope.purpose.as_deref(), envelope.service_request.code.as_str()), (Some("1"), "PP1"));
        assert_eq!(complete(REAL).purpose, None);
        let twice = format!("{purpose}{purpose}");
        let refused = read_envelope(with(&twice).as_bytes()).unwrap_err();
        assert_eq!(refused.place, "controlActProcess/reasonCode stands twice");
        let third = format!("{purpose}<reasonCode code=\"x\" codeSystem=\"1.2.3\"/>");
        assert!(read_envelope(with(&third).as_bytes()).is_err());
        let other = "<reasonCode code=\"PP2\" codeSystem=\"1.2.3\"/>";
        assert!(read_envelope(with(other).as_bytes()).is_err(), "two requests: the first is not taken for both");
    }

    #[test]
    fn doubtful_envelopes_are_refused_with_their_place() {
        let place = |text: &str| read_envelope(text.as_bytes()).unwrap_err();
        let sender = "<sender typeCode=\"SND\">";
        let twice =
            REAL.replace(sender, "<sender><device><id root=\"1.2.3\"/></device></sender><sender typeCode=\"SND\">");
        assert_eq!(place(&twice).place, "sender/device/id stands twice");
        assert_eq!(
            place(&REAL.replace("extension=\"RCMR_IN100002FI01\"", "extension=\"RCMR_IN100016FI01\"")).place,
            "interactionId"
        );
        assert_eq!(
            place(&REAL.replace("<reasonCode code=\"PP1\"", "<reasonCode nullFlavor=\"NA\"")).place,
            "controlActProcess/reasonCode"
        );
        assert_eq!(
            place(&REAL.replace("root=\"1.2.246.537.10.15675350.10.0.13.2.1\"", "root=\"x\"")).place,
            "sender/device/id"
        );
        assert_eq!(place("<a/>").code, RefusalCode::InteractionUnknown);
        let endless = format!("<RCMR_IN100002FI01 xmlns=\"{HL7}\">{}", "<!-- -->".repeat(10_000));
        assert_eq!(place(&endless).code, RefusalCode::MessageTooLarge);
    }

    proptest! {
        #[test]
        fn a_damaged_message_never_makes_it_panic(at in 0usize..1500, byte in any::<u8>()) {
            let mut bytes = REAL.as_bytes().to_vec();
            bytes[at] = byte;
            let _ = read_envelope(&bytes);
        }
    }
}
