//! Reads what a patient wants: a denial (form 331) or a permission to disclose, in the body of a document of the register of wills. Where two
//! readers could see two things, or this one would not see all, it is refused: what a patient denies is never half kept.

use crate::form::{Form, FormName, has_fields, wrong};
use liitos_domain::archive::permission_form;
use liitos_domain::document::{Denial, DeniedProvider, Header, Will};
use liitos_domain::refusal::Finding;
use roxmltree::Document;

const DENIAL: FormName = FormName { code: "331", fields: "1.2.246.537.6.12.2002.331" };
/// The fields of the form that are known; another may deny what nobody here would see.
const KNOWN: std::ops::RangeInclusive<u8> = 1..=32;
/// Most service events, and most providers, that one denial names.
const MOST: usize = 100;

/// What a patient wants, where the document says so.
///
/// # Errors
/// L-516 with the form's field.
pub(crate) fn read_will(tree: &Document<'_>, header: &Header) -> Result<Option<Will>, Finding> {
    let rules = permission_form();
    let permission = FormName { code: &rules.form, fields: &rules.fields };
    match (Form::of(tree, DENIAL)?, Form::of(tree, permission)?) {
        (None, None) if has_fields(tree, DENIAL) => Err(wrong(DENIAL, "a field outside the form")),
        (None, None) if has_fields(tree, permission) => Err(wrong(permission, "a field outside the form")),
        (None, None) => Ok(None),
        (Some(form), None) => denial(&form, header).map(|denial| Some(Will::Denial(denial))),
        (None, Some(form)) => {
            form.is_of(&rules.person, &header.person)?;
            let given = form.boolean(&rules.given)?.ok_or_else(|| form.wrong(&rules.given))?;
            Ok(Some(Will::Permission(given)))
        }
        (Some(form), Some(_)) => Err(form.wrong("beside a permission")),
    }
}

fn denial(form: &Form<'_>, header: &Header) -> Result<Denial, Finding> {
    if let Some(unknown) = form.fields().find(|field| !field.parse().is_ok_and(|field| KNOWN.contains(&field))) {
        return Err(form.wrong(unknown));
    }
    form.is_of("18", &header.person)?;
    let events = form.parts("6");
    let events: Vec<_> =
        events.iter().map(|event| event.oid("9")?.ok_or_else(|| event.wrong("9"))).collect::<Result<_, _>>()?;
    let parts = form.parts("10");
    let providers: Vec<_> = parts.iter().map(provider).collect::<Result<_, _>>()?;
    // What stands outside its part belongs to nothing.
    let in_parts = |field: &str| -> usize { parts.iter().map(|part| part.values(field).len()).sum() };
    let loose = ["12", "13"].into_iter().any(|field| form.values(field).len() != in_parts(field));
    if form.values("9").len() != events.len() || form.values("11").len() != providers.len() || loose {
        return Err(form.wrong("a field outside its part"));
    }
    if events.len() > MOST || providers.len() > MOST {
        return Err(form.wrong("too many"));
    }
    let nothing = form.boolean("5")?.unwrap_or(false);
    if nothing && !(events.is_empty() && providers.is_empty()) {
        return Err(form.wrong("5"));
    }
    Ok(Denial { events, providers, emergency: form.boolean("15")?.unwrap_or(false) })
}

fn provider(part: &Form<'_>) -> Result<DeniedProvider, Finding> {
    let provider = part.oid("11")?.ok_or_else(|| part.wrong("11"))?;
    let registers = match (part.boolean("12")?.unwrap_or(false), part.registers("13")?) {
        (true, registers) if registers.is_empty() => None,
        (false, registers) if !registers.is_empty() => Some(registers),
        _ => return Err(part.wrong("12")),
    };
    Ok(DeniedProvider { provider, registers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_document_header;
    use liitos_domain::Oid;

    const SAMPLE: &str = include_str!("../../../samples/hus-rcmr/KIE_Kielto_20170127.xml");

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    fn read(text: &str) -> Result<Option<Will>, String> {
        read_document_header(text).map(|header| header.will).map_err(|finding| finding.place)
    }

    fn with(from: &str, to: &str) -> Result<Option<Will>, String> {
        assert!(SAMPLE.contains(from), "{from}");
        read(&SAMPLE.replacen(from, to, 1))
    }

    #[test]
    fn the_public_example() {
        let provider = DeniedProvider { provider: oid("1.2.246.10.12345678.10.0"), registers: None };
        let denial = Denial {
            events: vec![oid("1.2.246.10.99999984.10.0.14.2016.14565352")],
            providers: vec![provider],
            emergency: true,
        };
        assert_eq!(read(SAMPLE), Ok(Some(Will::Denial(denial))));
    }

    #[test]
    fn some_registers_of_a_provider_or_all() {
        let all = "<value xsi:type=\"BL\" value=\"true\"/>";
        let none = "<value xsi:type=\"BL\" value=\"false\"/>";
        let place = |result: Result<Option<Will>, String>| result.unwrap_err();
        assert_eq!(place(with(all, none)), "form 331: 12", "neither all nor some");
        let some = format!(
            "{none}</observation></entry></section></component><component><section>\
             <code code=\"13\" codeSystem=\"{}\"/><entry><observation><value xsi:type=\"CV\" code=\"2\" \
             codeSystem=\"1.2.246.537.5.40150.2009\"/>",
            DENIAL.fields
        );
        let Ok(Some(Will::Denial(denial))) = with(all, &some) else { panic!() };
        assert_eq!(denial.providers[0].registers, Some(vec!["2".to_owned()]));
        assert_eq!(place(with(all, &some.replacen("false", "true", 1))), "form 331: 12");
    }

    #[test]
    fn what_could_be_read_otherwise_is_refused() {
        let place = |from: &str, to: &str| with(from, to).unwrap_err();
        let nothing = "<value value=\"false\" xsi:type=\"BL\"/>";
        assert_eq!(place(nothing, &nothing.replace("false", "true")), "form 331: 5", "nothing, and something");
        let person = "<value extension=\"150245-987R\" root=\"1.2.246.21\"";
        assert_eq!(place(person, &person.replace("987R", "985P")), "form 331: 18");
        let field = "<code code=\"14\" codeSystem=\"1.2.246.537.6.12.2002.331\"";
        assert_eq!(place(field, &field.replace("14", "33")), "form 331: 33", "of a later form");
        let event = "<value root=\"1.2.246.10.99999984.10.0.14.2016.14565352\" xsi:type=\"II\"/>";
        assert_eq!(place(event, ""), "form 331: 9");
        assert_eq!(place(event, &format!("{event}{event}")), "form 331: 9 stands twice");
        let group = "<code code=\"6\" codeSystem=\"1.2.246.537.6.12.2002.331\"";
        assert_eq!(place(group, &group.replace("\"6\"", "\"7\"")), "form 331: a field outside its part");
        let form = "<code code=\"331\" codeSystem=\"1.2.246.537.6.12.2002\" codeSystemName=\"AR/YDIN - Näkymät\" displayName=\"Kieltoasiakirja\"/>\n\t\t\t\t\t<title>";
        let other = form.replacen("331", "900", 1);
        assert_eq!(place(form, &other), "form 331: a field outside the form");
    }

    /// The sample with a form of its own, of some fields.
    fn with_form(form: &str, fields: &[(&str, &str)]) -> String {
        let (head, rest) = SAMPLE.split_once("<structuredBody").unwrap();
        let (_, tail) = rest.split_once("</structuredBody>").unwrap();
        let field = |(code, value): &(&str, &str)| {
            format!(
                "<component><section><code code=\"{code}\" codeSystem=\"1.2.246.537.6.12.2002.{form}\"/><entry><observation>{value}\
                 </observation></entry></section></component>"
            )
        };
        let fields: String = fields.iter().map(field).collect();
        format!(
            "{head}<structuredBody ID=\"b\"><component><section><code code=\"{form}\" codeSystem=\"1.2.246.537.6.12.2002\"/>{fields}\
             </section></component></structuredBody>{tail}"
        )
    }

    const PERSON: (&str, &str) = ("18", "<value extension=\"150245-987R\" root=\"1.2.246.21\"/>");

    #[test]
    fn nothing_is_denied_any_more() {
        let none = with_form("331", &[PERSON, ("5", "<value value=\"true\"/>"), ("15", "<value value=\"true\"/>")]);
        let denial = Denial { emergency: true, ..Denial::default() };
        assert_eq!(read(&none), Ok(Some(Will::Denial(denial))));
        let other = with_form("331", &[PERSON]);
        assert_eq!(
            read(&other),
            Ok(Some(Will::Denial(Denial::default()))),
            "in emergencies neither, where nothing is said"
        );
    }

    #[test]
    fn a_permission_as_it_is_assumed() {
        let given = |value: &str| with_form("330", &[PERSON, ("5", &format!("<value value=\"{value}\"/>"))]);
        assert_eq!(read(&given("true")), Ok(Some(Will::Permission(true))));
        assert_eq!(read(&given("false")), Ok(Some(Will::Permission(false))));
        assert_eq!(read(&given("")), Err("form 330: 5".to_owned()));
        assert_eq!(read(&with_form("330", &[PERSON])), Err("form 330: 5".to_owned()));
    }
}
