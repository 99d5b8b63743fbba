//! Social care's structured part: JSON, base64, in the document's local header. Read strictly: what two readers could see differently is refused.
//!
//! Its place is seen in public material, its fields are not: those that are read have assumed names (`docs/known-gaps.md`).

use crate::header::short;
use crate::json::{Json, read_json};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos_domain::document::{RegisterAccess, Social};
use liitos_domain::refusal::Finding;
use liitos_domain::{Interval, Moment, Oid, RefusalCode};

/// Largest structured part, in bytes of JSON.
const MAX_BYTES: usize = 4 * 1024 * 1024;
/// Most values in it: objects, lists, texts, numbers.
const MAX_VALUES: usize = 200_000;
/// Most register access rights that one document gives.
const MAX_ACCESSES: usize = 200;

fn broken(place: &str) -> Finding {
    Finding::new(RefusalCode::DocumentHeaderBroken, format!("localSocialHeader/json{place}"))
}

/// Reads the structured part.
///
/// # Errors
/// A finding with the field.
pub(crate) fn read_social(packed: &str) -> Result<Social, Finding> {
    let packed: Vec<u8> = packed.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = BASE64_STANDARD.decode(packed).map_err(|_| broken(": base64"))?;
    if bytes.len() > MAX_BYTES {
        return Err(broken(": too large"));
    }
    let root = match read_json(&bytes, MAX_VALUES) {
        Ok(Json::Object(root)) => root,
        Ok(_) => return Err(broken(": expected an object")),
        Err(place) => return Err(broken(&format!(": {place}"))),
    };
    let text = |name: &str| match root.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text.clone())),
        Some(_) => Err(broken(&format!("/{name}"))),
    };
    let matter = text("asiatunnus")?.map(|text| Oid::parse(&text).map_err(|_| broken("/asiatunnus"))).transpose()?;
    let accesses = match root.get("rekisterinkayttooikeudet") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::List(all)) if all.len() <= MAX_ACCESSES => all.iter().map(access).collect::<Result<_, _>>()?,
        Some(_) => return Err(broken("/rekisterinkayttooikeudet")),
    };
    let task = short(text("palvelutehtava")?, "localSocialHeader/json/palvelutehtava")?;
    let banned = match root.get("turvakielto") {
        None | Some(Json::Null) => false,
        Some(Json::Truth(banned)) => *banned,
        Some(_) => return Err(broken("/turvakielto")),
    };
    Ok(Social { matter, task, accesses, banned })
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
        read_social(&BASE64_STANDARD.encode(json)).map_err(|finding| finding.place)
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
        assert!(read(r#"{"turvakielto":true}"#).unwrap().banned && !read(r#"{"turvakielto":false}"#).unwrap().banned);
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
        let access = |fields: &str| place(&format!("{{\"rekisterinkayttooikeudet\":[{{{fields}}}]}}"));
        assert_eq!(access(""), "/rekisterinkayttooikeudet/palveluyksikko");
        assert_eq!(access(r#""palveluyksikko":"1.2.3""#), "/rekisterinkayttooikeudet/alkaa");
        let backwards = r#""palveluyksikko":"1.2.3","alkaa":"2026-11-02","paattyy":"2026-11-01""#;
        assert_eq!(access(backwards), "/rekisterinkayttooikeudet/paattyy");
        assert_eq!(read_social("****").unwrap_err().place, "localSocialHeader/json: base64");
        let large = BASE64_STANDARD.encode(vec![b' '; MAX_BYTES + 1]);
        assert_eq!(read_social(&large).unwrap_err().place, "localSocialHeader/json: too large");
    }

    proptest! {
        #[test]
        fn no_json_makes_it_panic(json in "[\\[\\]{}:,\"a-c0-9 .]{0,60}|\\PC{0,40}", raw in "[A-Za-z0-9+/= \n]{0,60}") {
            let _ = read(&json);
            let _ = read_social(&raw);
        }
    }
}
