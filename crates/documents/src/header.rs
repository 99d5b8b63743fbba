//! Header facts of a CDA R2 document, and the same facts where the message's wrapper repeats them.

use crate::xml::{Element, HL7, HL7_FINLAND, Step, Walker, fill};
use liitos_domain::document::{Code, Header, PersonRef};
use liitos_domain::refusal::Finding;
use liitos_domain::{Oid, RefusalCode};

/// Reads the header of a CDA R2 document. The body is passed over, and nothing may stand after it.
///
/// # Errors
/// A finding with the field.
pub fn read_document_header(text: &str) -> Result<Header, Finding> {
    let mut walker = Walker::new(text);
    let mut collector = Collector::new(0, Shape::Document);
    let mut body_seen = false;
    loop {
        match walker.step().map_err(|finding| within(finding, "document"))? {
            Step::Open(element) => {
                let depth = walker.path().len();
                if depth == 1 && (element.name != "ClinicalDocument" || element.namespace != HL7) {
                    return Err(broken("ClinicalDocument"));
                }
                if walker.inside(1, HL7, &["component"]) {
                    if depth == 2 && body_seen {
                        return Err(broken("component stands twice"));
                    }
                    body_seen = true;
                } else if body_seen {
                    return Err(broken("an element after the body"));
                } else {
                    collector.open(&walker, &element)?;
                }
            }
            Step::Text(text) => collector.text(&walker, &text),
            Step::Close => {}
            Step::Unfinished => {
                return Err(within(crate::xml::refuse("ends in the middle"), "document"));
            }
            // A document without a body is refused by the signature's rules, not here.
            Step::End => return collector.finish(),
        }
    }
}

fn within(finding: Finding, place: &str) -> Finding {
    Finding::new(finding.code, format!("{place}: {}", finding.place))
}

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::DocumentHeaderBroken, place)
}

/// Which of the two places the header is read from; they name a few elements differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Wrapper,
    Document,
}

/// Collects header facts while a walker passes them.
pub(crate) struct Collector {
    skip: usize,
    shape: Shape,
    id: Option<String>,
    set_id: Option<String>,
    version: Option<String>,
    register: Option<Code>,
    custodian: Option<String>,
    person: Option<PersonRef>,
    effective_time: Option<String>,
    outsourcing_customer: Option<String>,
    software: Option<String>,
    active_custodian: Option<String>,
}

impl Collector {
    /// Starts; the header's parent element is at depth `skip` + 1.
    pub(crate) fn new(skip: usize, shape: Shape) -> Self {
        Self {
            skip,
            shape,
            id: None,
            set_id: None,
            version: None,
            register: None,
            custodian: None,
            person: None,
            effective_time: None,
            outsourcing_customer: None,
            software: None,
            active_custodian: None,
        }
    }

    pub(crate) fn open(&mut self, walker: &Walker<&[u8]>, element: &Element) -> Result<(), Finding> {
        let skip = self.skip + 1;
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        if element.namespace == HL7_FINLAND {
            return self.open_local(walker, element);
        }
        if element.namespace != HL7 {
            return Ok(());
        }
        let (custodian, person): (&[&str], &[&str]) = match self.shape {
            Shape::Wrapper => (
                &["custodian", "assignedCustodian", "representedOrganization", "id"],
                &["recordTarget", "patient", "id"],
            ),
            Shape::Document => (
                &["custodian", "assignedCustodian", "representedCustodianOrganization", "id"],
                &["recordTarget", "patientRole", "id"],
            ),
        };
        if walker.at(skip, HL7, &["id"]) {
            plain_id(element, "id")?;
            once(&mut self.id, text("root"), "id")
        } else if walker.at(skip, HL7, &["setId"]) {
            plain_id(element, "setId")?;
            once(&mut self.set_id, text("root"), "setId")
        } else if walker.at(skip, HL7, &["versionNumber"]) {
            once(&mut self.version, text("value"), "versionNumber")
        } else if walker.at(skip, HL7, &["code"]) {
            once(&mut self.register, Code { code: text("code"), system: text("codeSystem") }, "code")
        } else if walker.at(skip, HL7, &["effectiveTime"]) {
            once(&mut self.effective_time, text("value"), "effectiveTime")
        } else if walker.at(skip, HL7, custodian) {
            plain_id(element, "custodian")?;
            once(&mut self.custodian, text("root"), "custodian")
        } else if walker.at(skip, HL7, person) {
            once(&mut self.person, PersonRef { extension: text("extension"), root: text("root") }, "recordTarget")
        } else {
            Ok(())
        }
    }

    fn open_local(&mut self, walker: &Walker<&[u8]>, element: &Element) -> Result<(), Finding> {
        let at = |name: &str| walker.at(self.skip + 1, HL7_FINLAND, &["localHeader", name]);
        let text = |name: &str| element.attribute(name).unwrap_or_default().to_owned();
        if at("outsourcingServiceCustomer") {
            once(&mut self.outsourcing_customer, text("root"), "localHeader/outsourcingServiceCustomer")
        } else if at("softwareSupport") {
            let software = [text("moderator"), text("product"), text("version")].join(" ");
            once(&mut self.software, software, "localHeader/softwareSupport")
        } else if at("activeCustodian") || at("activeCustodianName") {
            self.active_custodian = Some(text("root"));
            Ok(())
        } else {
            Ok(())
        }
    }

    /// Text counts in one place only: an active custodian given as text instead of an attribute.
    pub(crate) fn text(&mut self, walker: &Walker<&[u8]>, text: &str) {
        if walker.at(self.skip + 1, HL7_FINLAND, &["localHeader", "activeCustodian"]) {
            self.active_custodian.get_or_insert_default().push_str(text.trim());
        }
    }

    pub(crate) fn finish(self) -> Result<Header, Finding> {
        let oid = |value: Option<String>, place: &str| {
            value.and_then(|text| Oid::parse(&text).ok()).ok_or_else(|| broken(place))
        };
        let version = self.version.and_then(|text| text.parse().ok()).filter(|n| *n > 0);
        Ok(Header {
            id: oid(self.id, "id")?,
            set_id: oid(self.set_id, "setId")?,
            version: version.ok_or_else(|| broken("versionNumber"))?,
            register: self.register.filter(|code| !code.code.is_empty()).ok_or_else(|| broken("code"))?,
            custodian: oid(self.custodian, "custodian")?,
            person: self.person.filter(|p| !p.extension.is_empty()).ok_or_else(|| broken("recordTarget"))?,
            effective_time: self.effective_time.filter(|t| !t.is_empty()).ok_or_else(|| broken("effectiveTime"))?,
            outsourcing_customer: self.outsourcing_customer,
            software: self.software,
            active_custodian: self.active_custodian,
        })
    }
}

/// Ids of documents and controllers are one OID; an extension would make two readers see two ids.
fn plain_id(element: &Element, place: &str) -> Result<(), Finding> {
    if element.attribute("extension").is_some() { Err(broken(place)) } else { Ok(()) }
}

fn once<T>(slot: &mut Option<T>, value: T, place: &str) -> Result<(), Finding> {
    fill(slot, value, RefusalCode::DocumentHeaderBroken, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REAL: &str = include_str!("../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml");

    #[test]
    fn the_real_document() {
        let header = read_document_header(REAL).unwrap();
        assert_eq!(header.id.as_str(), "1.2.246.537.10.15675350.10.1.11220.19098");
        assert_eq!((header.id == header.set_id, header.version), (true, 1));
        assert_eq!(header.custodian.as_str(), "1.2.246.537.10.15675350.19.0");
        assert_eq!(header.register.code, "2");
        assert_eq!(header.software.as_deref(), Some("CGI Uranus U8.4"));
        assert_eq!(header.outsourcing_customer.as_deref(), Some("1.2.246.537.10.15675350.10.0"));
        assert_eq!(header.active_custodian, None);
        assert!(!format!("{header:?}").contains("010100"), "identity codes never reach a log");
    }

    #[test]
    fn faults_name_their_place() {
        let place = |text: &str| read_document_header(text).unwrap_err().place;
        assert_eq!(
            place(&REAL.replace("<versionNumber value=\"1\"/>", "<versionNumber value=\"0\"/>")),
            "versionNumber"
        );
        assert_eq!(place(&REAL.replace("<versionNumber", "<setId root=\"1.2\"/><versionNumber")), "setId stands twice");
        assert_eq!(place(&REAL.replace("19.0\"/><name>HYKS", "19.0\" extension=\"1\"/><name>HYKS")), "custodian");
        assert_eq!(place("<x/>"), "ClinicalDocument");
        assert_eq!(place(REAL.split_at(800).0), "document: ends in the middle");
        // What another reader would see and this one would not.
        let second = "<recordTarget><patientRole><id root=\"1\" extension=\"2\"/></patientRole></recordTarget>";
        assert_eq!(
            place(&REAL.replace("</ClinicalDocument>", &format!("{second}</ClinicalDocument>"))),
            "an element after the body"
        );
        let component = "<component><nonXMLBody/></component>";
        assert_eq!(
            place(&REAL.replace("</ClinicalDocument>", &format!("{component}</ClinicalDocument>"))),
            "component stands twice"
        );
        let hidden =
            REAL.replace("<versionNumber", "<v:setId xmlns:v=\"urn:hl7-org:v&#51;\" root=\"1.2\"/><versionNumber");
        assert_eq!(place(&hidden), "document: a namespace that is not plain text");
        let undeclared = REAL.replace("<versionNumber", "<v:setId root=\"1.2\"/><versionNumber");
        assert_eq!(place(&undeclared), "document: a prefix that nothing declares");
        let foreign = REAL
            .replace("<custodian>", "<x:custodian xmlns:x=\"urn:other\">")
            .replace("</custodian>", "</x:custodian>");
        assert_ne!(foreign, REAL);
        assert_eq!(place(&foreign), "custodian", "HL7 ids inside a foreign element are nobody's");
        let active = REAL.replace("<recordStatus", "<activeCustodian>1.2.246</activeCustodian><recordStatus");
        assert_eq!(read_document_header(&active).unwrap().active_custodian.as_deref(), Some("1.2.246"));
    }
}
