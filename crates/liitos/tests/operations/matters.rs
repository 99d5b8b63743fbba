//! Social care's structured part and what is decided by it: its own signature, matters that open and close, joint ones, and what a client wants.

use crate::kills::survives;
use crate::on_both;
use crate::social_care::{Care, KOIVU, TK, TKS, door, relationship};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos::made::{CLIENT, SocialDocument};
use liitos_domain::archive::{Act, Criteria, Ground, Purpose, Search, Use};
use liitos_domain::document::PersonRef;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service};
use liitos_service::archive::{Door, controllers_of, search_documents, store_document, summarise_documents};
use liitos_store::archive::{LinesAsked, uses};
use liitos_testkit::Database;

const MATTER: &str = "1.2.246.10.99999984.95.1";
const OTHER: &str = "091072-971S";
/// Whose the register of wills is.
const WILLS: &str = "1.2.246.10.2462460.19.1";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn saying(json: &str, document: SocialDocument) -> SocialDocument {
    SocialDocument { json: json.to_owned(), ..document }
}

/// A document about the matter: open since the first of October, until when, and for whom besides its client.
fn about(until: Option<&str>, clients: &[&str], document: SocialDocument) -> SocialDocument {
    let until = until.map_or_else(|| "null".to_owned(), |until| format!("\"{until}\""));
    let clients: Vec<_> =
        clients.iter().map(|one| format!("{{\"tunnus\":\"{one}\",\"juuri\":\"1.2.246.21\"}}")).collect();
    let asia = format!(r#"{{"alkaa":"2026-10-01","paattyy":{until},"asiakkaat":[{}]}}"#, clients.join(","));
    saying(&format!(r#"{{"asiakirjatunnus":"SELF","asiatunnus":"{MATTER}","asia":{asia}}}"#), document)
}

fn of_organiser(serial: u64) -> SocialDocument {
    SocialDocument::new(TK, TKS, (5, serial))
}

on_both!(a_structured_part_that_decides_has_a_signature_of_its_own, signed);

async fn signed(database: Database) {
    let care = Care::start(database).await;
    let now = care.test.app.now();
    let relation = relationship(1, "1.2.246.10.99999028.10.1", None).signed_by(&care.organiser, now).unwrap();
    let own = door(TK, TK);
    let text = relation.document();
    let (before, rest) = text.split_once("<jws").unwrap();
    let (jws, after) = rest.split_once("</jws>").unwrap();
    let with = |document: String| SocialDocument { signed: Some(document), ..relation.clone() };
    let told = async |document: String| care.store_through(&own, &with(document)).await;
    let place = |code, place: &str| vec![(code, format!("localSocialHeader/jws{place}"))];
    assert_eq!(told(format!("{before}{after}")).await, place(RefusalCode::SignatureMissing, ""));
    // Another JSON under the same signature; the page's own holds still.
    let json = BASE64_STANDARD.encode(relation.structured());
    let longer = BASE64_STANDARD.encode(relation.structured().replace("2026-11-01", "2026-10-01"));
    assert!(text.contains(&json));
    assert_eq!(told(text.replace(&json, &longer)).await, place(RefusalCode::SignatureBroken, ": signature"));
    // Signed by somebody else, under the organiser's page.
    let other = relation.clone();
    let other = SocialDocument { signed: None, ..other }.signed_by(&care.producer, now).unwrap().document();
    let others = other.split_once("<jws").unwrap().1.split_once("</jws>").unwrap().0.to_owned();
    let foreign = place(RefusalCode::SignerForeign, ": certificate subject serialNumber");
    assert_eq!(told(text.replace(jws, &others)).await, foreign);
    let twice = format!("{before}<jws{jws}</jws><jws{jws}</jws>{after}");
    assert_eq!(told(twice).await[0].0, RefusalCode::SignatureForm);
    assert_eq!(told(text.replace(jws, " xmlns=\"urn:hl7finland\">a..b")).await[0].0, RefusalCode::SignatureForm);
    // What was signed for one document says nothing for another.
    let broken = |places: &[&str]| -> Vec<_> {
        let place = |place: &&str| (RefusalCode::DocumentHeaderBroken, format!("localSocialHeader/json/{place}"));
        places.iter().map(place).collect()
    };
    let copied = SocialDocument { json: relation.structured(), ..of_organiser(7) };
    assert_eq!(care.store(TK, &copied).await, broken(&["asiakirjatunnus"]));
    let unnamed = saying(r#"{"asia":{"alkaa":"2026-11-01"},"asiatunnus":"1.2.3"}"#, of_organiser(8));
    let all = ["asiakirjatunnus", "asiakas", "rekisterinpitaja"];
    assert_eq!(care.store(TK, &unnamed).await, broken(&all));
    // Nor for another client, or in another's register.
    let of_other = SocialDocument { client: OTHER.to_owned(), ..relation.clone() };
    let of_other = SocialDocument { json: relation.structured(), signed: None, ..of_other };
    assert_eq!(care.store(TK, &of_other).await, broken(&["asiakas"]));
    let without = saying(r#"{"asiakirjatunnus":"SELF","asia":{"alkaa":"2026-11-01"}}"#, of_organiser(9));
    assert_eq!(care.store(TK, &without).await[0].1, "localSocialHeader/json/asiatunnus");
    assert_eq!(told(text).await, []);
    // What decides nothing is signed, too.
    let plain = of_organiser(10).signed_by(&care.organiser, now).unwrap();
    let text = plain.document();
    let (before, rest) = text.split_once("<jws").unwrap();
    let unsigned = format!("{before}{}", rest.split_once("</jws>").unwrap().1);
    let plain = SocialDocument { signed: Some(unsigned), ..plain };
    assert_eq!(care.store_through(&own, &plain).await, place(RefusalCode::SignatureMissing, ""));
}

on_both!(a_closed_matter_takes_no_new_document, closed);

async fn closed(database: Database) {
    let care = Care::start(database).await;
    let refused = [(RefusalCode::MatterClosed, "localSocialHeader/json/asiatunnus".to_owned())];
    let opening = about(None, &[], of_organiser(1));
    assert_eq!(care.store(TK, &opening).await, []);
    let report = of_organiser(2);
    assert_eq!(care.store(TK, &report).await, []);
    // Documents are made at noon on the first of November: it is closed with the day before.
    let closing = about(Some("2026-10-31"), &[], of_organiser(3).replacing(&opening));
    let signed = closing.clone().signed_by(&care.organiser, care.test.app.now()).unwrap();
    let tables = ["message", "archive_document", "archive_body", "archive_matter", "archive_use"];
    let (app, own) = (&care.test.app, door(TK, TK));
    let message = signed.message();
    survives(&care.test, &tables, async || store_document(app, &own, message.as_bytes()).await).await;
    assert_eq!(care.store(TK, &of_organiser(4)).await, refused);
    assert_eq!(care.store(TK, &of_organiser(5).replacing(&report)).await, [], "corrections come still");
    let elsewhere = saying(r#"{"asiatunnus":"1.2.246.10.99999984.95.2"}"#, of_organiser(11));
    assert_eq!(care.store(TK, &elsewhere).await, []);
    assert_eq!(care.store(TK, &of_organiser(12).replacing(&elsewhere)).await, refused, "nothing moves into it");
    // Strangers are told nothing of it.
    let stranger = SocialDocument { controller: TKS.to_owned(), ..SocialDocument::new(KOIVU, TKS, (6, 1)) };
    let foreign = vec![(RefusalCode::ControllerForeign, "custodian".to_owned())];
    assert_eq!(care.store(KOIVU, &stranger).await, foreign);
    // Nor does a unit that is let in say anything of the organiser's matters.
    let unit = "1.2.246.10.99999028.10.1";
    let mut relation = relationship(13, unit, None);
    relation.json = relation.json.replace(MATTER, "1.2.246.10.99999984.95.2");
    assert_eq!(care.store(TK, &relation).await, []);
    let by_unit = SocialDocument {
        unit: unit.to_owned(),
        represented: unit.to_owned(),
        ..SocialDocument::new(KOIVU, TKS, (6, 2))
    };
    let not_its_own = vec![(RefusalCode::ControllerForeign, "localSocialHeader/json/asia".to_owned())];
    assert_eq!(care.store(KOIVU, &about(None, &[], by_unit)).await, not_its_own);
    // Who else says something of a matter of that number says it of another's.
    let koivu = controllers_of(app, &oid(KOIVU)).await.unwrap()[0].to_string();
    assert_eq!(care.store(KOIVU, &SocialDocument::new(KOIVU, &koivu, (5, 1))).await, []);
    let open = about(None, &[], SocialDocument::new(KOIVU, &koivu, (5, 2)));
    assert_eq!(care.store(KOIVU, &open).await, []);
    assert_eq!(care.store(TK, &of_organiser(6)).await, refused);
    // Summed up it is closed; opened again, it takes what comes.
    let summary = async || {
        let person = Some(PersonRef { extension: CLIENT.into(), root: "1.2.246.21".into() });
        let criteria = Criteria { person, ..Criteria::default() };
        let told = summarise_documents(app, &own, Service::SocialClientData, criteria).await.unwrap();
        let matter = told.summary.matters[MATTER];
        (matter.span.count, matter.open, matter.told)
    };
    let day = |text: &str| Moment::parse(text).unwrap();
    let open = |until: Option<&str>| Some(Interval::new(day("2026-10-01"), until.map(day)));
    assert_eq!(summary().await, (2, false, open(Some("2026-11-01"))));
    assert_eq!(care.store(TK, &about(None, &[], of_organiser(7).replacing(&closing))).await, []);
    assert_eq!(care.store(TK, &of_organiser(8)).await, []);
    assert_eq!(summary().await, (3, true, open(None)));
}

on_both!(a_joint_matter_is_found_for_each_of_its_clients, joint);

async fn joint(database: Database) {
    let care = Care::start(database).await;
    let own = door(TK, TK);
    assert_eq!(care.store(TK, &of_organiser(1)).await, []);
    assert_eq!(care.found_of(&own, OTHER).await, 0);
    // The family's matter: it is the other's from then on, with all that is in it.
    let opening = about(None, &[OTHER], of_organiser(2));
    let signed = opening.clone().signed_by(&care.organiser, care.test.app.now()).unwrap();
    let tables =
        ["message", "archive_document", "archive_body", "archive_matter", "archive_matter_client", "archive_use"];
    let message = signed.message();
    survives(&care.test, &tables, async || store_document(&care.test.app, &own, message.as_bytes()).await).await;
    assert_eq!((care.found_of(&own, OTHER).await, care.found_of(&own, CLIENT).await), (2, 2));
    let elsewhere = r#"{"asiatunnus":"1.2.246.10.99999984.95.2"}"#;
    assert_eq!(care.store(TK, &saying(elsewhere, of_organiser(3))).await, []);
    let mine = SocialDocument { client: OTHER.to_owned(), ..of_organiser(4) };
    assert_eq!(care.store(TK, &mine).await, []);
    assert_eq!((care.found_of(&own, OTHER).await, care.found_of(&own, CLIENT).await), (3, 4));
    // A page at a time, too.
    let person = Some(PersonRef { extension: OTHER.into(), root: "1.2.246.21".into() });
    let mut search = Search { criteria: Criteria { person, ..Criteria::default() }, after: None, count: 2 };
    let mut seen = Vec::new();
    loop {
        let page = search_documents(&care.test.app, &own, Service::SocialClientData, &search).await.unwrap();
        seen.extend(page.documents.into_iter().map(|one| one.listed.id.to_string()));
        let Some(next) = page.next else { break };
        search = next;
    }
    seen.sort();
    assert_eq!(seen, [of_organiser(1).id, opening.id.clone(), mine.id.clone()]);
    // Nobody opens another's register by naming its matter as joint.
    let koivu = controllers_of(&care.test.app, &oid(KOIVU)).await.unwrap()[0].to_string();
    let theirs = about(None, &["150245-987R"], SocialDocument::new(KOIVU, &koivu, (5, 1)));
    assert_eq!(care.store(KOIVU, &theirs).await, []);
    assert_eq!(care.found_of(&door(KOIVU, KOIVU), "150245-987R").await, 1);
    assert_eq!(care.found_of(&own, "150245-987R").await, 0);
    // A unit that is let in to one client's documents is not let in to the other's.
    let unit = door(KOIVU, "1.2.246.10.99999028.10.1");
    let relation = relationship(9, &unit.represented.to_string(), None);
    assert_eq!(care.store(TK, &SocialDocument { client: OTHER.to_owned(), ..relation }).await, []);
    assert_eq!(care.found_of(&unit, OTHER).await, 2, "its own and the one that lets it in");
    // The family's matter without the other: nothing of it is the other's any more.
    assert_eq!(care.store(TK, &about(None, &[], of_organiser(8).replacing(&opening))).await, []);
    assert_eq!(care.found_of(&own, OTHER).await, 2);
}

/// What the organiser's use log tells last.
async fn last_told(care: &Care) -> Use {
    let asked = LinesAsked { controller: Some(&oid(TKS)), ..LinesAsked::default() };
    uses(care.test.app.store.read(), asked, 1).await.unwrap().remove(0).told
}

on_both!(what_a_client_wants_decides_what_others_are_told, wanted);

async fn wanted(database: Database) {
    let care = Care::start(database).await;
    let koivu = controllers_of(&care.test.app, &oid(KOIVU)).await.unwrap()[0].to_string();
    let theirs = "1.2.246.10.99999028.95.1";
    let asks = |code: &str| Door { purpose: Purpose::of(code, oid(theirs)), ..door(KOIVU, KOIVU) };
    let plan = of_organiser(1);
    assert_eq!(care.store(TK, &plan).await, []);
    let found = async |door: &Door, client: &str| {
        let person = Some(PersonRef { extension: client.into(), root: "1.2.246.21".into() });
        let search = Search { criteria: Criteria { person, ..Criteria::default() }, after: None, count: 50 };
        let found = search_documents(&care.test.app, door, Service::SocialClientData, &search).await;
        let mut grounds: Vec<_> = found.map_err(|error| error.code)?.documents.iter().map(|one| one.ground).collect();
        grounds.sort();
        Ok(grounds)
    };
    // Only whoever handles the client's open matter asks at all.
    assert_eq!(found(&asks("TREAT"), CLIENT).await, Err(RefusalCode::CareNotShown));
    let made = |serial| SocialDocument::new(KOIVU, &koivu, (5, serial));
    let matter = |until, document| {
        let mut document = about(until, &[], document);
        document.json = document.json.replace(MATTER, theirs);
        document
    };
    let opening = matter(None, made(1));
    assert_eq!(care.store(KOIVU, &opening).await, []);
    assert_eq!(found(&asks("TREAT"), CLIENT).await, Ok(vec![Ground::Own]));
    assert_eq!(found(&asks("TREAT"), OTHER).await, Err(RefusalCode::CareNotShown));
    // The client permits it: anybody in social care writes that down, among the wills alone, and signed.
    let will = |json: &str, serial: u64| SocialDocument {
        controller: WILLS.to_owned(),
        register: "12",
        ..saying(&format!(r#"{{"asiakirjatunnus":"SELF",{json}}}"#), made(serial))
    };
    let own = saying(r#"{"asiakirjatunnus":"SELF","luovutuslupa":true}"#, made(2));
    assert_eq!(care.store(KOIVU, &own).await[0].1, "localSocialHeader/json: a will outside its register");
    let none = SocialDocument { json: "{}".to_owned(), ..will("", 8) };
    assert_eq!(care.store(KOIVU, &none).await[0].1, "localSocialHeader/json: no will");
    assert_eq!(care.store(KOIVU, &will(r#""luovutuslupa":true"#, 3)).await, []);
    assert_eq!(found(&asks("TREAT"), CLIENT).await, Ok(vec![Ground::Own, Ground::Disclosed, Ground::Wills]));
    assert_eq!(care.fetch(&asks("TREAT"), &plan.id).await, None);
    assert_eq!(care.fetch(&door(KOIVU, KOIVU), &plan.id).await, Some(RefusalCode::DocumentNotFound));
    // A denial of the matter keeps it back, but in an emergency where it says so; the organiser is told of both.
    let denial = will(&format!(r#""luovutuskielto":{{"asiat":["{MATTER}"],"hatatilanteessa":true}}"#), 4);
    assert_eq!(care.store(KOIVU, &denial).await, []);
    assert_eq!(care.fetch(&asks("TREAT"), &plan.id).await, Some(RefusalCode::DocumentNotFound));
    assert_eq!(care.fetch(&asks("ETREAT"), &plan.id).await, None);
    let of_provider = will(&format!(r#""luovutuskielto":{{"palvelunantajat":["{TK}"]}}"#), 5).replacing(&denial);
    assert_eq!(care.store(KOIVU, &of_provider).await, []);
    assert_eq!(care.fetch(&asks("ETREAT"), &plan.id).await, Some(RefusalCode::DocumentNotFound));
    let told = last_told(&care).await;
    assert_eq!((told.act, told.ground), (Act::Withheld, Ground::Emergency));
    // What is under a security ban is given to nobody; nor is anything once the matter is closed.
    assert_eq!(care.store(KOIVU, &will(r#""luovutuskielto":{}"#, 6).replacing(&of_provider)).await, []);
    let banned =
        saying(&format!(r#"{{"asiakirjatunnus":"SELF","asiatunnus":"{MATTER}","turvakielto":true}}"#), of_organiser(2));
    assert_eq!(care.store(TK, &banned).await, []);
    assert_eq!(care.fetch(&asks("ETREAT"), &banned.id).await, Some(RefusalCode::DocumentNotFound));
    let told = last_told(&care).await;
    assert_eq!((told.act, told.ground, told.document), (Act::Withheld, Ground::Emergency, Some(oid(&banned.id))));
    assert!(told.more.unwrap().starts_with("banned purpose=ETREAT"));
    assert_eq!(care.fetch(&asks("TREAT"), &plan.id).await, None);
    assert_eq!(care.store(KOIVU, &matter(Some("2026-11-02"), made(7).replacing(&opening))).await, []);
    assert_eq!(care.fetch(&asks("TREAT"), &plan.id).await, Some(RefusalCode::CareNotShown));
}
