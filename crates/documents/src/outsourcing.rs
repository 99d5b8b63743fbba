//! Reads an outsourcing authorisation: form 362 in the body of an archive document (register 13). Where two readers could see two things, it is
//! refused.

use crate::xml::HL7;
use liitos_domain::document::{Given, Header, OutsourcedRegister, Outsourcing, PersonRef};
use liitos_domain::refusal::Finding;
use liitos_domain::{Interval, Moment, Oid, RefusalCode};
use roxmltree::Node;
use std::collections::BTreeMap;

/// The code system of registers, and the register of archive documents in it.
const REGISTERS: &str = "1.2.246.537.5.40150.2009";
const ARCHIVE_DOCUMENTS: &str = "13";
/// The code system of views, and this form in it; its fields' codes are in a system of their own.
const VIEWS: &str = "1.2.246.537.6.12.2002";
const FORM: &str = "362";
const FIELDS: &str = "1.2.246.537.6.12.2002.362";
/// The type of an authorisation for one patient (1.2.246.537.6.1400.1). Others are kept, and let nobody in.
const OF_ONE_PATIENT: &str = "1";
/// Most service events that one authorisation names.
const MAX_EVENTS: usize = 200;

/// What a document lets a producer do, where it is such an authorisation.
///
/// # Errors
/// L-516 with the form's field.
pub(crate) fn read_outsourcing(text: &str, header: &Header) -> Result<Option<Outsourcing>, Finding> {
    if header.register.system != REGISTERS || header.register.code != ARCHIVE_DOCUMENTS {
        return Ok(None);
    }
    let tree = roxmltree::Document::parse(text).map_err(|_| wrong("body"))?;
    let Some(fields) = Fields::of(&tree)? else { return Ok(None) };
    if fields.need("4")?.attribute("code") != Some(OF_ONE_PATIENT) {
        return Ok(None);
    }
    let patient = fields.need("26")?;
    let person = PersonRef {
        extension: patient.attribute("extension").unwrap_or_default().to_owned(),
        root: patient.attribute("root").unwrap_or_default().to_owned(),
    };
    if person != header.person {
        return Err(wrong("26"));
    }
    Ok(Some(Outsourcing {
        producer: fields.oid("13")?.ok_or_else(|| wrong("13"))?,
        valid: fields.interval("6")?.ok_or_else(|| wrong("6"))?,
        search: fields.register(["16", "17", "18"])?,
        storing: fields.register(["21", "22", "23"])?,
        given: fields.given()?,
    }))
}

fn wrong(field: &str) -> Finding {
    Finding::new(RefusalCode::BodyNotAccepted, format!("form {FORM}: {field}"))
}

/// The values of a form, by their fields' codes.
struct Fields<'t>(BTreeMap<&'t str, Vec<Node<'t, 't>>>);

impl<'t> Fields<'t> {
    /// The fields of the one form in a document; nothing where there is none.
    fn of(tree: &'t roxmltree::Document<'_>) -> Result<Option<Self>, Finding> {
        let code_of = |section: &Node<'t, 't>| section.children().find(|node| node.has_tag_name((HL7, "code")));
        let sections = || tree.descendants().filter(|node| node.has_tag_name((HL7, "section")));
        let is_form = |section: &Node<'t, 't>| {
            code_of(section)
                .is_some_and(|code| code.attribute("code") == Some(FORM) && code.attribute("codeSystem") == Some(VIEWS))
        };
        let mut forms = sections().filter(is_form);
        let Some(form) = forms.next() else { return Ok(None) };
        if forms.next().is_some() {
            return Err(wrong("stands twice"));
        }
        let mut fields: BTreeMap<&'t str, Vec<Node<'t, 't>>> = BTreeMap::new();
        for section in sections() {
            let Some(code) = code_of(&section).filter(|code| code.attribute("codeSystem") == Some(FIELDS)) else {
                continue;
            };
            if !section.ancestors().any(|node| node == form) {
                return Err(wrong("a field outside the form"));
            }
            let entries = section.children().filter(|node| node.has_tag_name((HL7, "entry")));
            let observations = entries.flat_map(|entry| entry.children());
            let values = observations.flat_map(|node| node.children()).filter(|node| node.has_tag_name((HL7, "value")));
            fields.entry(code.attribute("code").unwrap_or_default()).or_default().extend(values);
        }
        Ok(Some(Self(fields)))
    }

    /// The one value of a field that may be left out.
    fn only(&self, field: &str) -> Result<Option<Node<'t, 't>>, Finding> {
        match self.0.get(field).map(Vec::as_slice).unwrap_or_default() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(wrong(&format!("{field} stands twice"))),
        }
    }

    fn need(&self, field: &str) -> Result<Node<'t, 't>, Finding> {
        self.only(field)?.ok_or_else(|| wrong(field))
    }

    fn oid(&self, field: &str) -> Result<Option<Oid>, Finding> {
        self.only(field)?.map(|value| oid(value, field)).transpose()
    }

    /// A time with both ends said by days, the last of which counts; or by moments.
    fn interval(&self, field: &str) -> Result<Option<Interval>, Finding> {
        let Some(value) = self.only(field)? else { return Ok(None) };
        let end = |name: &str| {
            let ends = value.children().filter(|node| node.has_tag_name((HL7, name)));
            ends.filter_map(|node| node.attribute("value")).collect::<Vec<_>>()
        };
        let moment = |text: &str| Moment::parse_civil(text).ok_or_else(|| wrong(field));
        let ([low], [high]) = (&end("low")[..], &end("high")[..]) else { return Err(wrong(field)) };
        let (from, last) = (moment(low)?, moment(high)?);
        let until = if high.len() == "20261101".len() { last.next_midnight() } else { last };
        if until <= from {
            return Err(wrong(field));
        }
        Ok(Some(Interval::new(from, Some(until))))
    }

    fn register(&self, [controller, code, customer]: [&str; 3]) -> Result<Option<OutsourcedRegister>, Finding> {
        let Some(of) = self.oid(controller)? else {
            // Half a register is none that anybody could mean.
            let rest = [code, customer].into_iter().find(|field| self.0.contains_key(*field));
            return rest.map_or(Ok(None), |_| Err(wrong(controller)));
        };
        let register = self.need(code)?;
        if register.attribute("codeSystem") != Some(REGISTERS) {
            return Err(wrong(code));
        }
        let customer = self.only(customer)?.map(|value| {
            let part = |name| value.attribute(name).unwrap_or_default();
            format!("{} {}", part("root"), part("extension")).trim().to_owned()
        });
        let register =
            register.attribute("code").filter(|code| !code.is_empty()).ok_or_else(|| wrong(code))?.to_owned();
        Ok(Some(OutsourcedRegister { controller: of, register, customer }))
    }

    /// All, or by time, or by service events: of several ways two readers would take two.
    fn given(&self) -> Result<Given, Finding> {
        let all = self.only("30")?.is_some_and(|value| value.attribute("value") == Some("true"));
        let events = self.0.get("32").map(Vec::as_slice).unwrap_or_default();
        match (all, self.interval("31")?, events) {
            (true, None, []) => Ok(Given::All),
            (false, Some(within), []) => Ok(Given::Made(within)),
            (false, None, []) => Ok(Given::Nothing),
            (false, None, events) if events.len() <= MAX_EVENTS => {
                Ok(Given::Events(events.iter().map(|event| oid(*event, "32")).collect::<Result<_, _>>()?))
            }
            _ => Err(wrong("29")),
        }
    }
}

fn oid(value: Node<'_, '_>, field: &str) -> Result<Oid, Finding> {
    let root = value.attribute("root").and_then(|root| Oid::parse(root).ok());
    root.filter(|_| value.attribute("extension").is_none()).ok_or_else(|| wrong(field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_document_header;

    const SAMPLE: &str = include_str!("../../../samples/kela-cda/Esim_OSVA_Omakannasta.xml");

    fn read(text: &str) -> Result<Option<Outsourcing>, String> {
        read_document_header(text).map(|header| header.outsourcing).map_err(|finding| finding.place)
    }

    #[test]
    fn the_public_example() {
        let terms = read(SAMPLE).unwrap().unwrap();
        assert_eq!(terms.producer.as_str(), "1.2.246.10.48484841.10.0");
        assert_eq!(terms.valid.from, Moment::parse_civil("20140513").unwrap());
        assert!(terms.valid.contains(Moment::parse_civil("20141009235959").unwrap()), "the last day counts");
        assert!(!terms.valid.contains(Moment::parse_civil("20141010000000").unwrap()));
        let register = OutsourcedRegister {
            controller: Oid::parse("1.2.246.10.99999984.19.0").unwrap(),
            register: "4".into(),
            customer: Some("1.2.246.10 1234567-1".into()),
        };
        assert_eq!((terms.search, terms.storing, terms.given), (Some(register.clone()), Some(register), Given::All));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        let place = |from: &str, to: &str| {
            assert!(SAMPLE.contains(from), "{from}");
            read(&SAMPLE.replace(from, to)).unwrap_err()
        };
        let field = |field: &str| format!("form 362: {field}");
        let producer = "<value xsi:type=\"II\" root=\"1.2.246.10.48484841.10.0\"/>";
        assert_eq!(place(producer, &format!("{producer}{producer}")), field("13 stands twice"));
        assert_eq!(place(producer, ""), field("13"));
        assert_eq!(place(producer, &producer.replace("/>", " extension=\"7\"/>")), field("13"));
        assert_eq!(place("<high value=\"20141009\"/>", ""), field("6"));
        assert_eq!(place("<high value=\"20141009\"/>", "<high value=\"20130101\"/>"), field("6"));
        assert_eq!(
            place(
                "value xsi:type=\"II\" root=\"1.2.246.21\" extension=\"030875-999Y\"",
                "value root=\"1.2.246.21\" extension=\"1\""
            ),
            field("26")
        );
        assert_eq!(
            place("<value xsi:type=\"BL\" value=\"true\"/>", "<value value=\"true\"/><value value=\"false\"/>"),
            field("30 stands twice")
        );
        assert_eq!(
            place(
                "code=\"29\"",
                "code=\"31\" codeSystem=\"1.2.246.537.6.12.2002.362\"/><entry><observation><value><low value=\"20140101\"/><high value=\"20140102\"/></value></observation></entry><code x=\"29\""
            ),
            field("29")
        );
    }

    #[test]
    fn another_document_or_another_type_lets_nobody_in() {
        let other = SAMPLE.replace("xsi:type=\"CV\" code=\"1\"", "xsi:type=\"CV\" code=\"2\"");
        assert_eq!(read(&other), Ok(None));
        assert_eq!(
            read(&SAMPLE.replace("<code code=\"13\" displayName=\"Arkistoasiakirjat\"", "<code code=\"2\"")),
            Ok(None)
        );
        let no_form = SAMPLE.replace("code=\"362\" displayName=\"Ostopalvelun valtuutus asiakirja\"", "code=\"361\"");
        assert_eq!(read(&no_form), Ok(None));
        let none =
            SAMPLE.replace("<value xsi:type=\"BL\" value=\"true\"/>", "<value xsi:type=\"BL\" value=\"false\"/>");
        assert_eq!(read(&none).unwrap().unwrap().given, Given::Nothing);
    }
}
