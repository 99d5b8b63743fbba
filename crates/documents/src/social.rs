//! Social care's structured part: JSON, base64, in the document's local header. Read strictly: what two readers could see differently is refused.
//!
//! Its place is seen in public material, its fields are not: those that are read have assumed names (`docs/known-gaps.md`).

use crate::header::{is_person, short};
use crate::json::{Json, read_json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_domain::document::{Denial, DeniedProvider, Matter, PersonRef, RegisterAccess, Social, Will};
use liitos_domain::refusal::Finding;
use liitos_domain::{Interval, Moment, Oid, RefusalCode};
use std::collections::BTreeMap;

/// Largest structured part, in bytes of JSON.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most values in it: objects, lists, texts, numbers.
const MAX_VALUES: usize = 200_000;
/// Most register access rights that one document gives.
const MAX_ACCESSES: usize = 200;
/// Most clients of a joint matter besides the document's own.
const MAX_CLIENTS: usize = 50;
/// Most matters, and most providers, that one denial names.
const MAX_DENIED: usize = 100;

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::DocumentHeaderBroken, format!("localSocialHeader/json{place}"))
}

/// The structured part's bytes.
///
/// # Errors
/// A finding where they are none.
pub(crate) fn unpack(packed: &str) -> Result<Vec<u8>, Finding> {
    let packed: Vec<u8> = packed.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(packed).map_err(|_| broken(": base64"))?;
    if bytes.len() > MAX_BYTES { Err(broken(": too large")) } else { Ok(bytes) }
}

/// Reads the structured part.
///
/// # Errors
/// A finding with the field.
pub(crate) fn read_social(bytes: &[u8]) -> Result<Social, Finding> {
    let root = match read_json(bytes, MAX_VALUES) {
        Ok(Json::Object(root)) => root,
        Ok(_) => return Err(broken(": expected an object")),
        Err(place) => return Err(broken(&format!(": {place}"))),
    };
    let text = |name: &str| match root.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(broken(&format!("/{name}"))),
    };
    let oid = |name: &str| -> Result<Option<Oid>, Finding> {
        text(name)?.map(|text| Oid::parse(&text).map_err(|_| broken(&format!("/{name}")))).transpose()
    };
    let (document, matter, controller) = (oid("asiakirjatunnus")?, oid("asiatunnus")?, oid("rekisterinpitaja")?);
    let own = said(&root, "asiakas").map(|one| client(one).ok_or_else(|| broken("/asiakas"))).transpose()?;
    let accesses = match root.get("rekisterinkayttooikeudet") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::List(all)) if all.len() <= MAX_ACCESSES => all.iter().map(access).collect::<Result<_, _>>()?,
        Some(_) => return Err(broken("/rekisterinkayttooikeudet")),
    };
    let task = short(text("palvelutehtava")?, "localSocialHeader/json/palvelutehtava")?;
    let truth = |name: &str| match root.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Truth(is)) => Ok(Some(*is)),
        Some(_) => Err(broken(&format!("/{name}"))),
    };
    let banned = truth("turvakielto")?;
    let about = said(&root, "asia").map(about).transpose()?;
    let denial = said(&root, "luovutuskielto").map(denial).transpose()?;
    let will = match (truth("luovutuslupa")?, denial) {
        (Some(_), Some(_)) => return Err(broken("/luovutuskielto: beside a permission")),
        (Some(given), None) => Some(Will::Permission(given)),
        (None, denial) => denial.map(Will::Denial),
    };
    Ok(Social { document, client: own, controller, matter, task, accesses, banned, about, will })
}

fn said<'j>(root: &'j BTreeMap<String, Json>, name: &str) -> Option<&'j Json> {
    root.get(name).filter(|json| !matches!(json, Json::Null))
}

/// A matter, as its own document says it.
fn about(json: &Json) -> Result<Matter, Finding> {
    let wrong = |name: &str| broken(&format!("/asia/{name}"));
    let Json::Object(fields) = json else { return Err(wrong("")) };
    let moment = |name: &'static str| match said(fields, name) {
        None => Ok(None),
        Some(json) => json.text().and_then(|text| Moment::parse(text).ok()).map(Some).ok_or_else(|| wrong(name)),
    };
    let opened = moment("alkaa")?.ok_or_else(|| wrong("alkaa"))?;
    // Of a day, the last one counts.
    let is_day = said(fields, "paattyy").and_then(Json::text).is_some_and(|text| text.len() == "2026-11-01".len());
    let closed = moment("paattyy")?.map(|at| if is_day { at.next_midnight() } else { at });
    if closed.is_some_and(|closed| closed <= opened) {
        return Err(wrong("paattyy"));
    }
    let clients = match said(fields, "asiakkaat") {
        None => Vec::new(),
        Some(Json::List(all)) if all.len() <= MAX_CLIENTS => {
            all.iter().map(|one| client(one).ok_or_else(|| wrong("asiakkaat"))).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(wrong("asiakkaat")),
    };
    Ok(Matter { open: Interval::new(opened, closed), clients })
}

fn client(json: &Json) -> Option<PersonRef> {
    let text = |name| json.get(name).and_then(Json::text).map(str::to_owned);
    let person = PersonRef { extension: text("tunnus")?, root: text("juuri")? };
    is_person(&person).then_some(person)
}

/// What a client denies. What it says that is not known here would be half kept.
fn denial(json: &Json) -> Result<Denial, Finding> {
    let wrong = |name: &str| broken(&format!("/luovutuskielto/{name}"));
    let Json::Object(fields) = json else { return Err(wrong("")) };
    if fields.keys().any(|name| !["asiat", "palvelunantajat", "hatatilanteessa"].contains(&name.as_str())) {
        return Err(wrong("a field that is not known"));
    }
    let oids = |name: &'static str| -> Result<Vec<Oid>, Finding> {
        let read = |one: &Json| one.text().and_then(|text| Oid::parse(text).ok()).ok_or_else(|| wrong(name));
        match said(fields, name) {
            None => Ok(Vec::new()),
            Some(Json::List(all)) if all.len() <= MAX_DENIED => all.iter().map(read).collect(),
            Some(_) => Err(wrong(name)),
        }
    };
    let emergency = match said(fields, "hatatilanteessa") {
        None => false,
        Some(Json::Truth(given)) => *given,
        Some(_) => return Err(wrong("hatatilanteessa")),
    };
    let provider = |provider| DeniedProvider { provider, registers: None };
    Ok(Denial {
        events: oids("asiat")?,
        providers: oids("palvelunantajat")?.into_iter().map(provider).collect(),
        emergency,
    })
}

fn access(json: &Json) -> Result<RegisterAccess, Finding> {
    let wrong = |name: &str| broken(&format!("/rekisterinkayttooikeudet/{name}"));
    let Json::Object(fields) = json else { return Err(wrong("")) };
    let text = |name: &'static str| match fields.get(name) {
        Some(Json::Text(text)) => Ok(Some(text.as_str())),
        None | Some(Json::Null) => Ok(None),
        Some(_) => Err(wrong(name)),
    };
    let day = |name: &'static str| -> Result<Option<Moment>, Finding> {
        text(name)?.map(|text| Moment::parse(text).map_err(|_| wrong(name))).transpose()
    };
    let unit = text("palveluyksikko")?.and_then(|text| Oid::parse(text).ok()).ok_or_else(|| wrong("palveluyksikko"))?;
    let from = day("alkaa")?.ok_or_else(|| wrong("alkaa"))?;
    // The last day counts.
    let until = day("paattyy")?.map(Moment::next_midnight);
    if until.is_some_and(|until| until <= from) {
        return Err(wrong("paattyy"));
    }
    Ok(RegisterAccess { unit, valid: Interval::new(from, until) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> Result<Social, String> {
        read_social(json.as_bytes()).map_err(|finding| finding.place)
    }

    #[test]
    fn what_is_known_is_read_and_the_rest_let_be() {
        let social = read(
            r#"{"asiatunnus":"1.2.246.10.1.95.7","palvelutehtava":"14","muu":[1,true,null,{"a":2.5}],"rekisterinkayttooikeudet":
               [{"palveluyksikko":"1.2.246.10.9.10.3","alkaa":"2026-11-01","paattyy":"2026-11-30"},
                {"palveluyksikko":"1.2.246.10.9.10.4","alkaa":"2026-11-01"}]}"#,
        )
        .unwrap();
        assert_eq!((social.matter.unwrap().as_str(), social.task.as_deref()), ("1.2.246.10.1.95.7", Some("14")));
        let [first, second] = &social.accesses[..] else { panic!("two") };
        assert!(
            first.valid.contains(Moment::parse("2026-11-30T21:59:59Z").unwrap()),
            "the last day counts, in Helsinki"
        );
        assert!(!first.valid.contains(Moment::parse("2026-11-30T22:00:00Z").unwrap()));
        assert_eq!((second.unit.as_str(), second.valid.until), ("1.2.246.10.9.10.4", None));
        assert_eq!(read("{}").unwrap(), Social::default());
        let banned = |json: &str| read(json).unwrap().banned;
        assert_eq!(
            [r#"{"turvakielto":true}"#, r#"{"turvakielto":false}"#, "{}"].map(banned),
            [Some(true), Some(false), None]
        );
    }

    #[test]
    fn matters_and_wills_are_read() {
        let social = read(
            r#"{"asiakirjatunnus":"1.2.3.4","asiakas":{"tunnus":"010181-900C","juuri":"1.2.246.21"},"rekisterinpitaja":"1.2.5","asia":{"alkaa":"2026-11-01","paattyy":"2026-11-20","asiakkaat":[{"tunnus":"091072-971S","juuri":"1.2.246.21"}]},
               "luovutuskielto":{"asiat":["1.2.5"],"palvelunantajat":["1.2.246.10.9.10.0"],"hatatilanteessa":true}}"#,
        )
        .unwrap();
        let about = social.about.as_ref().unwrap();
        let day = |text| Moment::parse(text).unwrap();
        assert_eq!(about.open, Interval::new(day("2026-11-01"), Some(day("2026-11-21"))));
        assert_eq!((about.clients.len(), social.document.as_ref().unwrap().as_str()), (1, "1.2.3.4"));
        let Some(Will::Denial(denial)) = &social.will else { panic!("a denial") };
        assert_eq!((denial.events.len(), denial.providers.len(), denial.emergency), (1, 1, true));
        assert!(social.decides() && social.client.is_some() && social.controller.is_some());
        let permission = read(r#"{"luovutuslupa":false}"#).unwrap();
        assert_eq!(permission.will, Some(Will::Permission(false)));
    }

    #[test]
    fn hostile_json_is_refused_and_nothing_of_it_is_repeated() {
        let place = |json: &str| read(json).unwrap_err().replace("localSocialHeader/json", "");
        assert_eq!(place(r#"{"asiatunnus":"1.2.3","asiatunnus":"1.2.4"}"#), ": line 1 column 43");
        assert!(place(r#"{"a":{"b":1,"b":2}}"#).starts_with(": line 1"));
        assert_eq!(place("[]"), ": expected an object");
        assert!(place(r#"{"henkilo":"010181-900C"#).starts_with(": line 1 column"));
        assert!(place(&format!("{{\"a\":{}", "[".repeat(10_000))).starts_with(": line 1"));
        assert_eq!(place(&format!("{{\"a\":[{}1]}}", "1,".repeat(MAX_VALUES))), ": too many values");
        assert_eq!(place(r#"{"asiatunnus":"x"}"#), "/asiatunnus");
        assert_eq!(place(r#"{"palvelutehtava":5}"#), "/palvelutehtava");
        assert_eq!(place(r#"{"turvakielto":"true"}"#), "/turvakielto");
        assert_eq!(place(r#"{"asiakirjatunnus":"x"}"#), "/asiakirjatunnus");
        for (asia, wrong) in [
            ("[]", ""),
            ("{}", "alkaa"),
            (r#"{"alkaa":"x"}"#, "alkaa"),
            (r#"{"alkaa":"2026-11-02","paattyy":"2026-11-01"}"#, "paattyy"),
            (r#"{"alkaa":"2026-11-02","asiakkaat":["x"]}"#, "asiakkaat"),
            (r#"{"alkaa":"2026-11-02","asiakkaat":[{"tunnus":" ","juuri":"1.2.246.21"}]}"#, "asiakkaat"),
        ] {
            assert_eq!(place(&format!("{{\"asia\":{asia}}}")), format!("/asia/{wrong}"), "{asia}");
        }
        for (denial, wrong) in [
            ("true", ""),
            (r#"{"asiat":["x"]}"#, "asiat"),
            (r#"{"palvelunantajat":"1.2.3"}"#, "palvelunantajat"),
            (r#"{"hatatilanteessa":1}"#, "hatatilanteessa"),
            (r#"{"muu":1}"#, "a field that is not known"),
        ] {
            assert_eq!(
                place(&format!("{{\"luovutuskielto\":{denial}}}")),
                format!("/luovutuskielto/{wrong}"),
                "{denial}"
            );
        }
        assert_eq!(place(r#"{"luovutuslupa":true,"luovutuskielto":{}}"#), "/luovutuskielto: beside a permission");
        let access = |fields: &str| place(&format!("{{\"rekisterinkayttooikeudet\":[{{{fields}}}]}}"));
        assert_eq!(access(""), "/rekisterinkayttooikeudet/palveluyksikko");
        assert_eq!(access(r#""palveluyksikko":"1.2.3""#), "/rekisterinkayttooikeudet/alkaa");
        let backwards = r#""palveluyksikko":"1.2.3","alkaa":"2026-11-02","paattyy":"2026-11-01""#;
        assert_eq!(access(backwards), "/rekisterinkayttooikeudet/paattyy");
        assert_eq!(unpack("****").unwrap_err().place, "localSocialHeader/json: base64");
        let large = BASE64_STANDARD.encode(vec![b' '; MAX_BYTES + 1]);
        assert_eq!(unpack(&large).unwrap_err().place, "localSocialHeader/json: too large");
    }

    proptest! {
        #[test]
        fn no_json_makes_it_panic(json in "[\\[\\]{}:,\"a-c0-9 .]{0,60}|\\PC{0,40}", raw in "[A-Za-z0-9+/= \n]{0,60}") {
            let _ = read(&json);
            let _ = unpack(&raw);
        }
    }
}
