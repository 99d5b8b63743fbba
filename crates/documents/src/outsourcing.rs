//! Reads an outsourcing authorisation: form 362 in the body of an archive document (register 13). Where two readers could see two things, it is
//! refused.

use crate::signature::{MAX_NODES, body};
use crate::xml::HL7;
use liitos_domain::document::{Given, Header, OutsourcedRegister, Outsourcing, PersonRef};
use liitos_domain::refusal::Finding;
use liitos_domain::{Interval, Moment, Oid, RefusalCode};
use roxmltree::{Document, Node, ParsingOptions};
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
const KINDS: &str = "1.2.246.537.6.1400.1";
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
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    let tree = Document::parse_with_options(text, options).map_err(|_| wrong("body"))?;
    let Some(fields) = Fields::of(&tree)? else { return Ok(None) };
    let kind = fields.need("4")?;
    if kind.attribute("code") != Some(OF_ONE_PATIENT) || kind.attribute("codeSystem") != Some(KINDS) {
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
    /// The fields of the one form in a document's body, which the system's signature covers; nothing where there is none. One that stands anywhere
    /// else is nobody's word.
    fn of(tree: &'t Document<'_>) -> Result<Option<Self>, Finding> {
        let coded = |section: &Node<'t, 't>, system: &str| {
            let mut codes = children(*section, "code");
            match (codes.next(), codes.next()) {
                (Some(code), None) if code.attribute("codeSystem") == Some(system) => code.attribute("code"),
                _ => None,
            }
        };
        let sections = || tree.descendants().filter(|node| node.has_tag_name((HL7, "section")));
        let mut forms = sections().filter(|section| coded(section, VIEWS) == Some(FORM));
        let Some(form) = forms.next() else { return Ok(None) };
        if forms.next().is_some() {
            return Err(wrong("stands twice"));
        }
        if body(tree).is_none_or(|body| form.ancestors().all(|node| node != body)) {
            return Err(wrong("outside the body"));
        }
        let mut fields: BTreeMap<&'t str, Vec<Node<'t, 't>>> = BTreeMap::new();
        // Of whatever names the form's fields, also beside another code: no two readers see two forms.
        let of_form = |section: &Node<'t, 't>| {
            children(*section, "code").any(|code| code.attribute("codeSystem") == Some(FIELDS))
        };
        for section in sections().filter(of_form) {
            let Some(code) = coded(&section, FIELDS) else { return Err(wrong("a field with two codes")) };
            if !section.ancestors().any(|node| node == form) {
                return Err(wrong("a field outside the form"));
            }
            for entry in children(section, "entry") {
                for observation in entry.children().filter(Node::is_element) {
                    let said = observation.has_tag_name((HL7, "observation"))
                        && observation.attribute("negationInd").is_none();
                    let values: Vec<_> = children(observation, "value").collect();
                    let plain = values.iter().all(|value| value.attribute("nullFlavor").is_none());
                    if !(said && plain) {
                        return Err(wrong(code));
                    }
                    fields.entry(code).or_default().extend(values);
                }
            }
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
        let end = |name| children(value, name).collect::<Vec<_>>();
        // A day, or a time of the day, in Helsinki; both ends are within.
        let moment = |text: &str| {
            let whole = [8, 12, 14].contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            Moment::parse_civil(text).filter(|_| whole).ok_or_else(|| wrong(field))
        };
        let ([low], [high]) = (&end("low")[..], &end("high")[..]) else { return Err(wrong(field)) };
        let plain = |end: &Node<'_, '_>| end.attributes().all(|attribute| attribute.name() == "value");
        let (Some(low), Some(high)) =
            (low.attribute("value").filter(|_| plain(low)), high.attribute("value").filter(|_| plain(high)))
        else {
            return Err(wrong(field));
        };
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

/// Elements of HL7 below another.
fn children<'t>(node: Node<'t, 't>, name: &'static str) -> impl Iterator<Item = Node<'t, 't>> {
    node.children().filter(move |child| child.has_tag_name((HL7, name)))
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
        assert_eq!(place("<high value=\"20141009\"/>", "<high value=\"20141009\" inclusive=\"false\"/>"), field("6"));
        assert_eq!(place("<high value=\"20141009\"/>", "<high value=\"20141009120000+0500\"/>"), field("6"));
        assert_eq!(place(producer, &producer.replace("/>", " nullFlavor=\"NA\"/>")), field("13"));
        let said = "<observation classCode=\"COND\" moodCode=\"EVN\"";
        assert_eq!(place(said, &format!("{said} negationInd=\"true\"")), field("2"));
        let code = "<code code=\"13\" displayName=\"Palvelun tuottaja\"";
        assert_eq!(
            place(code, &format!("<code code=\"14\" codeSystem=\"1.2\"/>{code}")),
            field("a field with two codes")
        );
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
        let all = "<value xsi:type=\"BL\" value=\"true\"/>";
        let both = format!(
            "{all}</observation></entry></section></component><component><section><code code=\"31\" codeSystem=\"{FIELDS}\"/>\
             <entry><observation><value><low value=\"20140101\"/><high value=\"20140102\"/></value>"
        );
        assert_eq!(place(all, &both), field("29"));
    }

    /// What the system's signature does not cover says nothing, whoever put it there.
    #[test]
    fn a_form_outside_the_signed_body_is_refused() {
        let (_, rest) = SAMPLE.split_once("<structuredBody").unwrap();
        let (body, _) = rest.split_once("</structuredBody>").unwrap();
        let (_, form) = body.split_once('>').unwrap();
        let hidden = format!("<hidden xmlns=\"urn:hl7-org:v3\">{form}</hidden><hl7fi:localHeader>");
        let other = SAMPLE
            .replace("code=\"362\" displayName=\"Ostopalvelun valtuutus asiakirja\"", "code=\"361\"")
            .replace(FIELDS, "1.2");
        assert_eq!(read(&other), Ok(None));
        assert_eq!(read(&other.replace("<hl7fi:localHeader>", &hidden)), Err("form 362: outside the body".to_owned()));
        assert_eq!(read(&SAMPLE.replace("<hl7fi:localHeader>", &hidden)), Err("form 362: stands twice".to_owned()));
        let loose = format!(
            "<hidden xmlns=\"urn:hl7-org:v3\"><section><code code=\"13\" codeSystem=\"{FIELDS}\"/></section></hidden><hl7fi:localHeader>"
        );
        assert_eq!(
            read(&SAMPLE.replace("<hl7fi:localHeader>", &loose)),
            Err("form 362: a field outside the form".to_owned())
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
