//! Reads an outsourcing authorisation: form 362 in the body of an archive document (register 13). Where two readers could see two things, it is
//! refused.

use crate::form::{Form, FormName, REGISTERS};
use liitos_domain::document::{Given, Header, OutsourcedRegister, Outsourcing};
use liitos_domain::refusal::Finding;
use roxmltree::Document;

/// The register of archive documents in the code system of registers.
const ARCHIVE_DOCUMENTS: &str = "13";
const AUTHORISATION: FormName = FormName { code: "362", fields: "1.2.246.537.6.12.2002.362" };
/// The type of an authorisation for one patient (1.2.246.537.6.1400.1). Others are kept, and let nobody in.
const OF_ONE_PATIENT: &str = "1";
const KINDS: &str = "1.2.246.537.6.1400.1";
/// Most service events that one authorisation names.
const MAX_EVENTS: usize = 200;

/// Whether a document's register may hold such authorisations.
pub(crate) fn may_be(header: &Header) -> bool {
    header.register.system == REGISTERS && header.register.code == ARCHIVE_DOCUMENTS
}

/// What a document lets a producer do, where it is such an authorisation.
///
/// # Errors
/// L-516 with the form's field.
pub(crate) fn read_outsourcing(tree: &Document<'_>, header: &Header) -> Result<Option<Outsourcing>, Finding> {
    let Some(form) = Form::of(tree, AUTHORISATION)? else { return Ok(None) };
    let kind = form.need("4")?;
    if kind.attribute("code") != Some(OF_ONE_PATIENT) || kind.attribute("codeSystem") != Some(KINDS) {
        return Ok(None);
    }
    form.is_of("26", &header.person)?;
    Ok(Some(Outsourcing {
        producer: form.oid("13")?.ok_or_else(|| form.wrong("13"))?,
        valid: form.interval("6")?.ok_or_else(|| form.wrong("6"))?,
        search: register(&form, ["16", "17", "18"])?,
        storing: register(&form, ["21", "22", "23"])?,
        given: given(&form)?,
    }))
}

fn register(form: &Form<'_>, [controller, code, customer]: [&str; 3]) -> Result<Option<OutsourcedRegister>, Finding> {
    let Some(of) = form.oid(controller)? else {
        // Half a register is none that anybody could mean.
        let rest = [code, customer].into_iter().find(|field| !form.values(field).is_empty());
        return rest.map_or(Ok(None), |_| Err(form.wrong(controller)));
    };
    let customer = form.only(customer)?.map(|value| {
        let part = |name| value.attribute(name).unwrap_or_default();
        format!("{} {}", part("root"), part("extension")).trim().to_owned()
    });
    Ok(Some(OutsourcedRegister { controller: of, register: form.register(code)?, customer }))
}

/// All, or by time, or by service events: of several ways two readers would take two.
fn given(form: &Form<'_>) -> Result<Given, Finding> {
    let all = form.only("30")?.is_some_and(|value| value.attribute("value") == Some("true"));
    let events = form.oids("32")?;
    match (all, form.interval("31")?, events.len()) {
        (true, None, 0) => Ok(Given::All),
        (false, Some(within), 0) => Ok(Given::Made(within)),
        (false, None, 0) => Ok(Given::Nothing),
        (false, None, 1..=MAX_EVENTS) => Ok(Given::Events(events)),
        _ => Err(form.wrong("29")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_document_header;
    use liitos_domain::{Moment, Oid};

    const FIELDS: &str = AUTHORISATION.fields;

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
    fn it_may_be_given_by_time_and_by_service_events_as_the_public_example_says_in_a_comment() {
        let (before, rest) = SAMPLE.split_once("ole.'''-->").unwrap();
        let (before, rest) = (format!("{before}-->"), rest.split_once("<!--<component>").unwrap().1);
        let (comment, after) = rest.split_once("-->").unwrap();
        let blocks: Vec<String> =
            format!("<component>{comment}").split_inclusive("</component>").map(str::to_owned).collect();
        let given = |which: &[&str]| {
            let text = format!("{before}{}{after}", which.concat());
            let text =
                text.replace("<value xsi:type=\"BL\" value=\"true\"/>", "<value xsi:type=\"BL\" value=\"false\"/>");
            read(&text).map(|terms| terms.unwrap().given)
        };
        let event = Oid::parse("1.2.246.10.99999984.10.0.14.2009.111009").unwrap();
        assert_eq!(given(&[&blocks[1]]), Ok(Given::Events(vec![event.clone()])));
        let other = blocks[2].replace("2009.111009", "2009.111010");
        let another = Oid::parse("1.2.246.10.99999984.10.0.14.2009.111010").unwrap();
        assert_eq!(given(&[&blocks[1], &other]), Ok(Given::Events(vec![event, another])));
        let Ok(Given::Made(within)) = given(&[&blocks[0]]) else { panic!("no time") };
        assert_eq!(within.from, Moment::parse_civil("20140513").unwrap());
        assert_eq!(given(&[]), Ok(Given::Nothing));
        assert_eq!(given(&[&blocks[0], &blocks[1]]), Err("form 362: 29".to_owned()));
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
