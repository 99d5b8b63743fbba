//! Queries for documents by HL7 V3 (Medical Records: `RCMR_IN000029UV01` and `RCMR_IN000031UV01`, and `QUQI_IN000003UV01` for the next page):
//! read strictly, and answered. The public material shows no Finnish query; their names, and those of the parameters, are the standard's and assumed.

mod answer;

pub use answer::{Answered, QueryAnswer};

use crate::envelope::{Fields, MAX_ENVELOPE_BYTES, Place};
use crate::xml::{Element, HL7, Step, Walker, refuse};
use liitos_domain::archive::{Criteria, Family, MAX_PAGE, PAGE, Register, Search, Standing};
use liitos_domain::document::{Envelope, PersonRef};
use liitos_domain::refusal::Finding;
use liitos_domain::{Moment, Oid, RefusalCode};

/// Most documents that are answered at once with their bodies.
pub const MOST_WITH_CONTENT: u64 = 10;
/// Longest link to a page.
const LONGEST_LINK: usize = 8 * 1024;
/// Most values of a parameter that may stand several times.
const MOST_VALUES: usize = 50;

/// The interactions by which documents are asked for, each with that of its answer.
pub const FIND: (&str, &str) = ("RCMR_IN000029UV01", "RCMR_IN000030UV01");
/// The same, with the documents themselves.
pub const FIND_WITH_CONTENT: (&str, &str) = ("RCMR_IN000031UV01", "RCMR_IN000032UV01");
/// The next page of either.
pub const GO_ON: &str = "QUQI_IN000003UV01";

/// A query.
#[derive(Debug)]
pub struct Query {
    /// Who asks.
    pub envelope: Envelope,
    /// What is asked.
    pub asked: Asked,
    /// The query's own id, which the answer repeats.
    pub id: Option<String>,
    /// Whether it came in a SOAP envelope.
    pub soap: bool,
}

/// What is asked.
#[derive(Debug)]
pub enum Asked {
    /// The first page.
    First {
        /// The search.
        search: Box<Search>,
        /// Whether the documents themselves are wanted.
        content: bool,
    },
    /// Another page: what the answer before said, which the archive alone can read.
    Next(String),
}

/// Reads a query of a family's documents.
///
/// # Errors
/// L-3xx with the parameter: nobody takes a wider answer for a narrow question.
pub fn read_query(bytes: &[u8], family: Family) -> Result<Query, Finding> {
    if bytes.len() > MAX_ENVELOPE_BYTES {
        return Err(Finding::new(RefusalCode::MessageTooLarge, format!("{} bytes", bytes.len())));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("not UTF-8"))?;
    let mut walker = Walker::new(text);
    let mut fields = Fields::default();
    let mut reading = Reading { family, search: first(), parameter: None, id: None, next: None, timed: false };
    let mut parts = 0;
    loop {
        match walker.step()? {
            Step::Open => {
                let element = walker.element();
                let level = fields.skip + 1;
                let below = |part: &str| walker.inside(level, HL7, &["controlActProcess", part]);
                match walker.path().get(level + 2..).filter(|_| fields.begun()) {
                    // Of two, another reader would take the other.
                    Some([]) if below("queryByParameter") || below("queryContinuation") => {
                        parts += 1;
                        if parts > 1 {
                            return Err(wrong(element.name, "stands twice"));
                        }
                    }
                    Some([name, rest @ ..]) if below("queryByParameter") => {
                        reading.parameter(name, rest, element)?;
                    }
                    Some([name, ..]) if below("queryContinuation") => reading.continuation(name, element)?,
                    _ => {
                        if fields.open(&walker)? == Place::Document {
                            return Err(wrong("subject", "a query brings no document"));
                        }
                    }
                }
            }
            Step::Text(_) | Step::Instruction(..) | Step::Close => {}
            Step::Unfinished => return Err(refuse("ends in the middle")),
            Step::End => break,
        }
    }
    let envelope = fields.finish()?;
    let asked = reading.asked(&envelope.interaction)?;
    Ok(Query { envelope, asked, id: reading.id, soap: fields.skip > 0 })
}

fn first() -> Search {
    Search { criteria: Criteria::default(), after: None, count: PAGE }
}

fn wrong(place: &str, problem: &str) -> Finding {
    let place: String = place.chars().take(64).collect();
    Finding::new(RefusalCode::QueryNotUnderstood, format!("{place}: {problem}"))
}

struct Reading {
    family: Family,
    search: Search,
    /// The parameter that is being read, and whether it has a value.
    parameter: Option<(String, bool)>,
    id: Option<String>,
    next: Option<String>,
    /// Whether a time is asked for.
    timed: bool,
}

impl Reading {
    /// An element of `queryByParameter`: a parameter, or something within one.
    fn parameter(&mut self, name: &str, rest: &[&str], element: &Element) -> Result<(), Finding> {
        if element.namespace != HL7 {
            return Err(wrong(name, "of another namespace"));
        }
        let attribute = |name: &str| element.attribute(name).unwrap_or_default();
        match (name, rest) {
            ("queryId", []) => fill(&mut self.id, named(element), name),
            ("initialQuantity", []) => {
                let count: u64 = attribute("value").parse().map_err(|_| wrong(name, "expected a number"))?;
                if count == 0 {
                    return Err(wrong(name, "expected at least 1"));
                }
                self.search.count = count.min(MAX_PAGE);
                Ok(())
            }
            // How the answer is to come: at once, as it does.
            ("statusCode" | "responseModalityCode" | "responsePriorityCode", []) => Ok(()),
            (_, []) => {
                if let Some((before, false)) = &self.parameter {
                    return Err(wrong(before, "without a value"));
                }
                self.parameter = Some((name.to_owned(), false));
                self.timed |= name == "clinicalDocument.effectiveTime";
                Ok(())
            }
            (_, ["value"]) => {
                if let Some((_, valued)) = &mut self.parameter
                    && std::mem::replace(valued, true)
                {
                    return Err(wrong(name, "several values"));
                }
                self.value(name, element)
            }
            (_, ["semanticsText"]) => Ok(()),
            ("clinicalDocument.effectiveTime", ["value", end]) => {
                only(name, element, &["value"])?;
                self.made(name, end, attribute("value"))
            }
            _ => Err(wrong(name, "holds more than a value")),
        }
    }

    fn value(&mut self, name: &str, element: &Element) -> Result<(), Finding> {
        let attribute = |attribute: &str| element.attribute(attribute).unwrap_or_default().to_owned();
        let criteria = &mut self.search.criteria;
        let oid = || {
            let root = Oid::parse(&attribute("root")).ok().filter(|_| element.attribute("extension").is_none());
            root.ok_or_else(|| wrong(name, "expected an OID as root"))
        };
        let code = |system: Option<&str>| {
            let of = element.attribute("codeSystem").is_none_or(|said| system.is_none_or(|known| known == said));
            let code = attribute("code");
            if of && !code.is_empty() {
                Ok(code)
            } else {
                Err(wrong(name, "expected a code of the parameter's system"))
            }
        };
        match name {
            "patient.id" | "patientId" => {
                let (extension, root) = (attribute("extension"), attribute("root"));
                if extension.trim().is_empty() || Oid::parse(&root).is_err() {
                    return Err(wrong(name, "expected root and extension"));
                }
                fill(&mut criteria.person, PersonRef { extension, root }, name)
            }
            "clinicalDocument.id" => fill(&mut criteria.document, oid()?, name),
            "clinicalDocument.setId" => fill(&mut criteria.set, oid()?, name),
            "encompassingEncounter.id" => fill(&mut criteria.event, oid()?, name),
            "representedOrganization.id" => push(&mut criteria.units, oid()?, name),
            "representedCustodianOrganization.id" => push(&mut criteria.controllers, oid()?, name),
            "clinicalDocument.code" => {
                let (family, code) = (self.family, code(self.family.registers())?);
                push(&mut criteria.registers, Register { family, code }, name)
            }
            "localHeader.documentType" => push(&mut criteria.kinds, code(Some(KINDS))?, name),
            "localHeader.functionCode" => fill(&mut criteria.task, code(None)?, name),
            "clinicalDocument.versionNumber" => {
                let version = attribute("value").parse().map_err(|_| wrong(name, "expected a number"))?;
                fill(&mut criteria.version, version, name)
            }
            "clinicalDocument.statusCode" => {
                let said = attribute("code");
                let standing = STATUSES.iter().find(|(code, _)| *code == said).map(|(_, standing)| *standing);
                let standing = standing.ok_or_else(|| wrong(name, "expected active, obsolete or nullified"))?;
                push(&mut criteria.standings, standing, name)
            }
            // Its ends say it.
            "clinicalDocument.effectiveTime" => only(name, element, &[]),
            _ => Err(wrong(name, "no such parameter")),
        }
    }

    /// The time that documents were made in: days, the last of which counts, or moments, in Helsinki.
    fn made(&mut self, name: &str, end: &str, text: &str) -> Result<(), Finding> {
        let whole = [8, 12, 14].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let moment = Moment::parse_civil(text).filter(|_| whole).ok_or_else(|| wrong(name, "expected YYYYMMDD"))?;
        let criteria = &mut self.search.criteria;
        match end {
            "low" => fill(&mut criteria.made_from, moment, name),
            "high" => {
                let until = if text.len() == 8 { moment.next_midnight() } else { moment };
                fill(&mut criteria.made_until, until, name)
            }
            _ => Err(wrong(name, "expected low and high")),
        }
    }

    fn continuation(&mut self, name: &str, element: &Element) -> Result<(), Finding> {
        match name {
            "queryId" if element.namespace == HL7 => fill(&mut self.next, named(element), name),
            "statusCode" => Ok(()),
            _ => Err(wrong(name, "no such parameter")),
        }
    }

    fn asked(&mut self, interaction: &str) -> Result<Asked, Finding> {
        if let Some((name, false)) = &self.parameter {
            return Err(wrong(name, "without a value"));
        }
        if self.timed && self.search.criteria.made_from.is_none() && self.search.criteria.made_until.is_none() {
            return Err(wrong("clinicalDocument.effectiveTime", "expected low or high"));
        }
        let begun = self.parameter.is_some();
        match (interaction == GO_ON, self.next.take()) {
            (true, Some(link)) if !begun && link.len() <= LONGEST_LINK => Ok(Asked::Next(link)),
            (false, None) => {
                let content = interaction == FIND_WITH_CONTENT.0;
                let mut search = std::mem::replace(&mut self.search, first());
                if content {
                    search.count = search.count.min(MOST_WITH_CONTENT);
                }
                Ok(Asked::First { search: Box::new(search), content })
            }
            _ => Err(wrong("queryContinuation", "expected alone, with the queryId of the answer before")),
        }
    }
}

/// The code system of types of documents.
const KINDS: &str = "1.2.246.537.5.5001.2011";
/// How documents stand, as queries and answers say it (HL7 ActStatus).
const STATUSES: [(&str, Standing); 3] =
    [("active", Standing::Newest), ("obsolete", Standing::Replaced), ("nullified", Standing::Invalidated)];

/// That an element has none but these attributes, beside its type: another could narrow what is asked.
fn only(name: &str, element: &Element, known: &[&str]) -> Result<(), Finding> {
    let named =
        |attribute: &str| known.contains(&attribute) || attribute.ends_with(":type") || attribute.starts_with("xmlns");
    if element.attributes().all(|(attribute, _)| named(attribute)) {
        return Ok(());
    }
    Err(wrong(name, "an attribute that is not known"))
}

/// An id as it is written: its extension, or its root where it has none.
fn named(element: &Element) -> String {
    let attribute = |name| element.attribute(name).filter(|text| !text.is_empty());
    attribute("extension").or_else(|| attribute("root")).unwrap_or_default().to_owned()
}

fn fill<T>(slot: &mut Option<T>, value: T, name: &str) -> Result<(), Finding> {
    if slot.replace(value).is_some() { Err(wrong(name, "stands twice")) } else { Ok(()) }
}

fn push<T>(list: &mut Vec<T>, value: T, name: &str) -> Result<(), Finding> {
    if list.len() >= MOST_VALUES {
        return Err(wrong(name, "too many values"));
    }
    list.push(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::SOAP;
    use proptest::prelude::*;

    fn message(interaction: &str, inner: &str) -> String {
        format!(
            "<{interaction} xmlns=\"{HL7}\"><id root=\"1.2.246.10.1.10.0.13.2.1.7\"/><interactionId extension=\"{interaction}\"/>\
             <sender><device><id root=\"1.2.246.10.1.10.0.13.2.1\"/></device></sender><controlActProcess>\
             <reasonCode code=\"PP1\" codeSystem=\"1.2.246.537.5.40157.2008\"/><authorOrPerformer><assignedPerson>\
             <representedOrganization><id root=\"1.2.246.10.1.10.0\"/></representedOrganization></assignedPerson></authorOrPerformer>\
             {inner}</controlActProcess></{interaction}>"
        )
    }

    fn parameters(inner: &str) -> Result<Search, String> {
        let text = message(FIND.0, &format!("<queryByParameter>{inner}</queryByParameter>"));
        match read_query(text.as_bytes(), Family::Patient).map_err(|finding| finding.place)?.asked {
            Asked::First { search, .. } => Ok(*search),
            Asked::Next(link) => Err(link),
        }
    }

    const PATIENT: &str = "<patient.id><value root=\"1.2.246.21\" extension=\"010181-900C\"/></patient.id>";

    #[test]
    fn a_query_in_a_soap_header_is_none() {
        let asked = message(FIND.0, &format!("<queryByParameter>{PATIENT}</queryByParameter>"));
        let nothing = message(FIND.0, "");
        let with = |header: &str, body: &str| {
            let text = format!(
                "<s:Envelope xmlns:s=\"{SOAP}\"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
            );
            read_query(text.as_bytes(), Family::Patient).map(|query| query.soap).map_err(|finding| finding.place)
        };
        assert_eq!(with("<a:To xmlns:a=\"urn:a\">x</a:To>", &asked), Ok(true));
        let part = format!("<queryByParameter>{PATIENT}</queryByParameter>");
        for header in [format!("<controlActProcess xmlns=\"{HL7}\">{part}</controlActProcess>"), asked] {
            assert_eq!(with(&header, &nothing), Err("SOAP Header: a part of a message".to_owned()), "{header}");
        }
    }

    #[test]
    fn a_query_is_read() {
        let search = parameters(&format!(
            "<queryId root=\"1.2.3\"/><initialQuantity value=\"20\"/>{PATIENT}\
             <clinicalDocument.code><value code=\"2\" codeSystem=\"1.2.246.537.5.40150.2009\"/></clinicalDocument.code>\
             <clinicalDocument.effectiveTime><value><low value=\"20260101\"/><high value=\"20260131\"/></value>\
             </clinicalDocument.effectiveTime>\
             <encompassingEncounter.id><value root=\"1.2.246.10.1.16.1\"/></encompassingEncounter.id>\
             <representedCustodianOrganization.id><value root=\"1.2.246.10.1.19.0\"/></representedCustodianOrganization.id>\
             <localHeader.documentType><value code=\"1\"/></localHeader.documentType>\
             <localHeader.documentType><value code=\"4\"/></localHeader.documentType>\
             <clinicalDocument.statusCode><value code=\"active\"/></clinicalDocument.statusCode>"
        ))
        .unwrap();
        assert_eq!(search.criteria.controllers, [Oid::parse("1.2.246.10.1.19.0").unwrap()]);
        let Criteria { person, registers, made_from, made_until, event, kinds, standings, .. } = search.criteria;
        assert_eq!(person.unwrap(), PersonRef { extension: "010181-900C".into(), root: "1.2.246.21".into() });
        assert_eq!(registers, [Register { family: Family::Patient, code: "2".into() }]);
        assert_eq!((made_from, made_until), (Moment::parse_civil("20260101"), Moment::parse_civil("20260201")));
        assert_eq!((event.unwrap().as_str(), kinds), ("1.2.246.10.1.16.1", vec!["1".to_owned(), "4".to_owned()]));
        assert_eq!((standings, search.count), (vec![Standing::Newest], 20));
    }

    #[test]
    fn what_is_not_understood_is_told_by_its_name() {
        let told = |inner: &str| parameters(inner).unwrap_err();
        assert_eq!(told("<author.id><value root=\"1.2\"/></author.id>"), "author.id: no such parameter");
        assert_eq!(told(&format!("{PATIENT}{PATIENT}")), "patient.id: stands twice");
        assert_eq!(told("<patient.id/>"), "patient.id: without a value");
        assert_eq!(told(&format!("<clinicalDocument.id/>{PATIENT}")), "clinicalDocument.id: without a value");
        assert_eq!(
            told("<patient.id><value extension=\"x\"/></patient.id>"),
            "patient.id: expected root and extension"
        );
        let twice = "<clinicalDocument.id><value root=\"1.2\"/><value root=\"1.3\"/></clinicalDocument.id>";
        assert_eq!(told(twice), "clinicalDocument.id: several values");
        let register = "<clinicalDocument.code><value code=\"2\" codeSystem=\"1.2.3\"/></clinicalDocument.code>";
        assert!(told(register).contains("parameter's system"));
        let time =
            "<clinicalDocument.effectiveTime><value><low value=\"2026\"/></value></clinicalDocument.effectiveTime>";
        assert!(told(time).contains("YYYYMMDD"));
        let day = "<clinicalDocument.effectiveTime><value value=\"20260115\"/></clinicalDocument.effectiveTime>";
        assert_eq!(told(day), "clinicalDocument.effectiveTime: an attribute that is not known");
        assert!(
            told("<clinicalDocument.effectiveTime><value/></clinicalDocument.effectiveTime>").contains("low or high")
        );
        let open = "<clinicalDocument.effectiveTime><value><low value=\"20260101\" inclusive=\"false\"/></value></clinicalDocument.effectiveTime>";
        assert!(told(open).contains("not known"));
        assert!(told("<x:patient.id xmlns:x=\"urn:x\"/>").contains("another namespace"));
        assert!(told("<initialQuantity value=\"0\"/>").contains("at least 1"));
        let nested = "<clinicalDocument.id><value root=\"1.2\"><item root=\"1.3\"/></value></clinicalDocument.id>";
        assert_eq!(told(nested), "clinicalDocument.id: holds more than a value");
    }

    #[test]
    fn the_next_page_and_content() {
        let read = |text: String| read_query(text.as_bytes(), Family::Patient).map_err(|finding| finding.place);
        let next = "<queryContinuation><queryId extension=\"sealed\"/></queryContinuation>";
        assert!(matches!(read(message(GO_ON, next)).unwrap().asked, Asked::Next(link) if link == "sealed"));
        assert!(read(message(FIND.0, next)).unwrap_err().contains("expected alone"));
        assert!(read(message(GO_ON, "")).unwrap_err().contains("expected alone"));
        let all = format!("<queryByParameter>{PATIENT}<initialQuantity value=\"100\"/></queryByParameter>");
        let query = read(message(FIND_WITH_CONTENT.0, &all)).unwrap();
        let Asked::First { search, content: true } = query.asked else { panic!() };
        assert_eq!(search.count, MOST_WITH_CONTENT);
        assert_eq!((query.soap, query.id), (false, None));
        assert!(read(format!("{}<x/>", message(FIND.0, &all))).is_err());
        assert_eq!(read(message(FIND.0, &format!("{all}{all}"))).unwrap_err(), "queryByParameter: stands twice");
        assert_eq!(read(message(FIND.0, &format!("{all}{next}"))).unwrap_err(), "queryContinuation: stands twice");
        assert_eq!(
            read(message(FIND.0, &format!("{all}<subject/>"))).unwrap_err(),
            "subject: a query brings no document"
        );
    }

    proptest! {
        #[test]
        fn a_damaged_query_never_makes_it_panic(at in 0usize..900, byte in any::<u8>()) {
            let all = format!("<queryByParameter><queryId root=\"1.2\"/>{PATIENT}</queryByParameter>");
            let mut bytes = message(FIND.0, &all).into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read_query(&bytes, Family::Patient);
        }
    }
}
