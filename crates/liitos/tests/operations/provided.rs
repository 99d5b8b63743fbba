//! FHIR brings documents as messages do: the same rules, the same answers, whole or not at all.

use crate::archive::{HUS, door_of, opened, second_version};
use crate::on_both;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use liitos::made::bundle;
use liitos::made::of_prescription;
use liitos::made::{SocialDocument, Variation};
use liitos_documents::read_document_header;
use liitos_documents::sign::{SigningKey, sign};
use liitos_domain::archive::{Act, Family};
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_service::archive::{StoredHow, fetch_document, provide_document, store_document, validate_document};
use liitos_store::archive;
use liitos_testkit::{Database, TestApp};
use serde_json::{Value, json};

fn made(test: &TestApp, signer: &Issued, serial: u64) -> Variation {
    Variation::with_new_ids(80, serial).unwrap().signed_by(signer, test.app.now()).unwrap()
}

fn bundled(variation: &Variation, serial: u64) -> Value {
    let message_id = format!("{HUS}.13.2.1.80.{serial}.9");
    bundle(variation.document(), (&message_id, &format!("{HUS}.13.2.1"), HUS)).unwrap()
}

const CONFIDENTIALITY: &str = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";

type Told = Vec<(RefusalCode, String)>;

async fn provided(test: &TestApp, bundle: &Value) -> Result<(StoredHow, Value), Told> {
    let told = provide_document(&test.app, &door_of(HUS), Family::Patient, bundle.to_string().as_bytes()).await;
    match told.unwrap() {
        Ok(stored) => Ok((stored.how, serde_json::from_str(&stored.acknowledgement).unwrap())),
        Err(findings) => Err(findings.into_iter().map(|finding| (finding.code, finding.place)).collect()),
    }
}

async fn validated(test: &TestApp, bundle: &Value) -> Told {
    let bytes = bundle.to_string();
    let told = validate_document(&test.app, &door_of(HUS), Family::Patient, bytes.as_bytes()).await.unwrap();
    told.into_iter().map(|finding| (finding.code, finding.place)).collect()
}

/// What the fuzz targets of bundles and of social care's structured part begin with is read.
#[test]
fn seeds_of_fuzz_targets_are_read() {
    let bundle = include_bytes!("../../../../fuzz/seeds/bundle.json");
    let bundle = liitos_documents::fhir::read_provided(bundle, Family::Patient).unwrap();
    assert_eq!(bundle.messages.len(), 1);
    let structured = include_str!("../../../../fuzz/seeds/social.json");
    let social = SocialDocument::new(HUS, "1.2.246.537.10.15675350.19.0", (1, 1));
    let document = social.document();
    let packed = |text: &str| BASE64_STANDARD.encode(text);
    let seeded = document.replace(&packed(&social.structured()), &packed(structured));
    let social = read_document_header(&seeded).unwrap().social.unwrap();
    assert!(social.accesses.len() == 2 && social.about.is_some() && social.will.is_some());
}

on_both!(a_bundle_is_stored_once, once);

async fn once(database: Database) {
    let (test, signer) = opened(database).await;
    let variation = made(&test, &signer, 1);
    let bundle = bundled(&variation, 1);
    // Tried first: nothing is stored, and the same may be sent.
    assert_eq!(validated(&test, &bundle).await, []);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0);
    let (how, answer) = provided(&test, &bundle).await.unwrap();
    assert_eq!(how, StoredHow::New);
    assert_eq!(answer["type"], "transaction-response");
    let responses: Vec<_> = answer["entry"].as_array().unwrap().iter().map(|entry| &entry["response"]).collect();
    assert_eq!(responses[0]["status"], "201 Created");
    assert_eq!(responses[1]["location"], format!("Binary/{}", variation.document_id));
    assert_eq!(responses.len(), 3, "as many as there were entries");
    let (how, again) = provided(&test, &bundle).await.unwrap();
    assert_eq!((how, again), (StoredHow::Again, answer));
    let (door, id) = (door_of(HUS), Oid::parse(&variation.document_id).unwrap());
    let given = fetch_document(&test.app, &door, Service::PatientData, &id).await.unwrap();
    assert_eq!(given, variation.document().as_bytes());
    // Message and bundle share their documents: what the one brought is there for the other.
    let message = variation.message().unwrap();
    let how = store_document(&test.app, &door_of(HUS), message.as_bytes()).await.unwrap().how;
    assert_eq!((how, archive::count(test.app.store.read()).await.unwrap()), (StoredHow::Again, 1));
    // A replacement says so in both places, and a new bundle under the old id is a conflict.
    let second = Variation::with_new_ids(81, 1).unwrap().replacing(&variation.document_id, &variation.document_id, 2);
    let second = second.signed_by(&signer, test.app.now()).unwrap();
    let told = provided(&test, &bundled(&second, 1)).await.unwrap_err();
    assert_eq!(told, [(RefusalCode::MessageIdReused, "id".to_owned())]);
    let replacing = bundled(&second, 2);
    let mut silent = replacing.clone();
    silent["entry"][0]["resource"].as_object_mut().unwrap().remove("relatesTo");
    let told = provided(&test, &silent).await.unwrap_err();
    assert_eq!(told, [(RefusalCode::WrapperDisagrees, "relatedDocument".to_owned())]);
    assert_eq!(provided(&test, &replacing).await.unwrap().0, StoredHow::New);
    assert_eq!(validated(&test, &bundled(&second, 3)).await[0].0, RefusalCode::DocumentIdReused);
}

/// A bundle with another's documents, too.
fn with(mut bundle: Value, other: &Value, series: u8) -> Value {
    let other = other["entry"].to_string().replace("-8000-00000000000", &format!("-8000-0000000000{series}"));
    let mut other: Vec<Value> = serde_json::from_str(&other).unwrap();
    bundle["entry"].as_array_mut().unwrap().append(&mut other);
    bundle
}

on_both!(documents_of_one_bundle_are_stored_all_or_none, all_or_none);

async fn all_or_none(database: Database) {
    let (test, signer) = opened(database).await;
    let [first, second, third] = [1, 2, 3].map(|serial| made(&test, &signer, serial));
    let two = with(bundled(&first, 1), &bundled(&second, 9), 1);
    assert_eq!(validated(&test, &two).await, []);
    // One that is broken keeps the other from being stored; each is told by its number.
    let changed = made(&test, &signer, 4).with_changed_body();
    let broken = with(bundled(&first, 1), &bundled(&changed, 9), 1);
    let told = vec![(RefusalCode::SignatureBroken, "document 2: signature".to_owned())];
    assert_eq!(provided(&test, &broken).await.unwrap_err(), told);
    assert_eq!(validated(&test, &broken).await, told);
    let again = with(bundled(&first, 1), &bundled(&first, 9), 1);
    let in_it = "Bundle: document 1: follows another of the same bundle".to_owned();
    assert_eq!(provided(&test, &again).await.unwrap_err(), [(RefusalCode::BundleNotUnderstood, in_it.clone())]);
    let next = Variation::with_new_ids(82, 1).unwrap().replacing(&first.document_id, &first.document_id, 2);
    let next = next.signed_by(&signer, test.app.now()).unwrap();
    let follows = with(bundled(&first, 1), &bundled(&next, 9), 1);
    assert_eq!(provided(&test, &follows).await.unwrap_err(), [(RefusalCode::BundleNotUnderstood, in_it)]);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0);
    let bytes = two.to_string();
    let (app, door) = (&test.app, door_of(HUS));
    let store = async || provide_document(app, &door, Family::Patient, bytes.as_bytes()).await;
    let tables = ["message", "archive_cell", "archive_document", "archive_body", "archive_use"];
    let stored = crate::kills::survives(&test, &tables, store).await.unwrap();
    let answer: Value = serde_json::from_str(&stored.acknowledgement).unwrap();
    let locations: Vec<_> =
        answer["entry"].as_array().unwrap().iter().map(|one| &one["response"]["location"]).collect();
    let [one, other] = [&first, &second].map(|made| json!(format!("DocumentReference/{}", made.document_id)));
    assert_eq!((locations.len(), locations[0], locations[3]), (6, &one, &other));
    assert_eq!(locations[4], &json!(format!("Binary/{}", second.document_id)));
    assert_eq!(provided(&test, &two).await.unwrap(), (StoredHow::Again, answer.clone()));
    // In another bundle both are there since then; one of them beside a new one is not told of as if both were stored.
    let elsewhere = with(bundled(&first, 7), &bundled(&second, 9), 1);
    assert_eq!(provided(&test, &elsewhere).await.unwrap(), (StoredHow::Again, answer));
    let beside = with(bundled(&third, 8), &bundled(&second, 9), 1);
    let told = vec![(RefusalCode::DocumentIdReused, "document 2: id".to_owned())];
    assert_eq!(provided(&test, &beside).await.unwrap_err(), told);
    assert_eq!(archive::count(app.store.read()).await.unwrap(), 2);
    // One Provenance may speak for both; each document has one, and a Binary of its own.
    let fourth = made(&test, &signer, 5);
    let mut shared = with(bundled(&third, 2), &bundled(&fourth, 9), 1);
    let target = shared["entry"][3]["fullUrl"].clone();
    shared["entry"].as_array_mut().unwrap().remove(5);
    let missing = "Bundle.entry: a Provenance for each DocumentReference".to_owned();
    assert_eq!(provided(&test, &shared).await.unwrap_err(), [(RefusalCode::BundleNotUnderstood, missing)]);
    shared["entry"][2]["resource"]["target"].as_array_mut().unwrap().push(json!({ "reference": target }));
    assert_eq!(provided(&test, &shared).await.unwrap().0, StoredHow::New);
    let mut one_body = with(bundled(&third, 3), &bundled(&fourth, 9), 1);
    let url = one_body["entry"][1]["fullUrl"].clone();
    one_body["entry"][3]["resource"]["content"][0]["attachment"]["url"] = url;
    assert_eq!(provided(&test, &one_body).await.unwrap_err()[0].0, RefusalCode::BundleNotUnderstood);
    // A replacement that somebody else was first with keeps the whole of its bundle back.
    let late = Variation::with_new_ids(83, 1).unwrap().replacing(&first.document_id, &first.document_id, 2);
    let late = late.signed_by(&signer, app.now()).unwrap();
    assert_eq!(provided(&test, &bundled(&next, 4)).await.unwrap().0, StoredHow::New);
    let fifth = made(&test, &signer, 6);
    let told = provided(&test, &with(bundled(&fifth, 5), &bundled(&late, 9), 1)).await.unwrap_err();
    let newest = format!("document 2: relatedDocument: the newest is {} version 2", next.document_id);
    assert_eq!(told, [(RefusalCode::NotTheNewest, newest)]);
    assert!(!archive::is_stored(app.store.read(), &Oid::parse(&fifth.document_id).unwrap()).await.unwrap());
}

/// Where a bundle is changed, to what, and what is told.
type Changed = (&'static str, Value, RefusalCode, &'static str);

fn changed() -> Vec<Changed> {
    let identifier = |oid: &str| json!({"identifier": {"value": format!("urn:oid:{oid}")}});
    use RefusalCode as R;
    vec![
        ("/entry/0/resource/custodian", identifier("1.2.3"), R::WrapperDisagrees, "custodian"),
        ("/entry/0/resource/subject/identifier/value", json!("091072-971S"), R::WrapperDisagrees, "recordTarget"),
        ("/entry/0/resource/masterIdentifier/value", json!("urn:oid:1.2.3"), R::WrapperDisagrees, "id"),
        ("/entry/0/resource/docStatus", json!("preliminary"), R::WrapperDisagrees, "localHeader/recordStatus"),
        (
            "/entry/0/resource/author/0",
            identifier("1.2.3"),
            R::WrapperDisagrees,
            "componentOf//representedOrganization",
        ),
        ("/entry/0/resource/category/0/coding/0/code", json!("9"), R::WrapperDisagrees, "code"),
        ("/entry/2/resource/agent/0/who", identifier("1.2.3"), R::SenderForeign, "sender/device/id"),
    ]
}

/// What is not understood, whatever the document says.
fn not_understood() -> Vec<Changed> {
    use RefusalCode as R;
    vec![
        ("/entry/0/resource/status", json!("superseded"), R::BundleNotUnderstood, "Bundle.entry[0].resource.status"),
        (
            "/entry/0/resource/content/0/attachment/size",
            json!(5),
            R::BundleNotUnderstood,
            "Bundle.entry[0].resource.content[0].attachment.size",
        ),
        (
            "/entry/0/resource/content/0/attachment/url",
            json!("urn:uuid:1"),
            R::BundleNotUnderstood,
            "Bundle.entry[0].resource.content[0].attachment.url",
        ),
        (
            "/entry/2/resource/target/0/reference",
            json!("urn:uuid:1"),
            R::BundleNotUnderstood,
            "Bundle.entry[2].resource.target[0].reference",
        ),
        (
            "/entry/1/resource/contentType",
            json!("text/html"),
            R::BundleNotUnderstood,
            "Bundle.entry[1].resource.contentType",
        ),
        ("/entry/1/resource/data", json!("****"), R::BundleNotUnderstood, "Bundle.entry[1].resource.data"),
        ("/entry/1/resource/resourceType", json!("Patient"), R::BundleNotUnderstood, "Bundle.entry[1].request"),
        ("/entry/1/request/method", json!("PUT"), R::BundleNotUnderstood, "Bundle.entry[1].request"),
        (
            "/entry/1/request",
            json!({"method": "POST", "url": "Binary", "ifNoneExist": "identifier=1"}),
            R::BundleNotUnderstood,
            "Bundle.entry[1].request.ifNoneExist",
        ),
        (
            "/entry/0/resource/subject",
            json!({"identifier": {"value": "x"}, "modifierExtension": []}),
            R::BundleNotUnderstood,
            "Bundle.entry[0].resource.subject.modifierExtension",
        ),
        ("/type", json!("batch"), R::BundleNotUnderstood, "Bundle.type"),
        ("/identifier", json!({"value": "x"}), R::BundleNotUnderstood, "Bundle.identifier.value"),
        (
            "/entry/0/resource/category/0/coding",
            json!([]),
            R::BundleNotUnderstood,
            "Bundle.entry[0].resource.category[0].coding",
        ),
    ]
}

on_both!(whatever_a_bundle_says_otherwise_is_told, otherwise);

async fn otherwise(database: Database) {
    let (test, signer) = opened(database).await;
    let good = bundled(&made(&test, &signer, 1), 1);
    let identifier = |oid: &str| json!({"identifier": {"value": format!("urn:oid:{oid}")}});
    use RefusalCode as R;
    for (place, value, code, told) in changed().into_iter().chain(not_understood()) {
        let mut bundle = good.clone();
        *bundle.pointer_mut(place).unwrap() = value;
        let expected = [(code, told.to_owned())];
        assert_eq!(provided(&test, &bundle).await.unwrap_err(), expected, "{place}");
        assert_eq!(validated(&test, &bundle).await, expected, "{place}");
    }
    doubtful(&test, &good).await;
    // All that is wrong in one answer; and elsewhere it is another service's.
    let changed = made(&test, &signer, 2).with_changed_body();
    let mut bundle = bundled(&changed, 2);
    bundle["entry"][0]["resource"]["custodian"] = identifier("1.2.3");
    let codes: Vec<_> = provided(&test, &bundle).await.unwrap_err().into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [R::WrapperDisagrees, R::SignatureBroken]);
    let bytes = good.to_string();
    let elsewhere = provide_document(&test.app, &door_of(HUS), Family::Social, bytes.as_bytes()).await.unwrap();
    assert_eq!(elsewhere.unwrap_err()[0].code, R::BundleNotUnderstood);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0, "nothing was kept of any of it");
}

async fn doubtful(test: &TestApp, good: &Value) {
    let mut twice = good.clone();
    let entry = twice["entry"][0].clone();
    twice["entry"].as_array_mut().unwrap().push(entry);
    let told = provided(test, &twice).await.unwrap_err();
    assert_eq!(told[0].1, "Bundle.entry[3].fullUrl");
    let added = async |place: &str, member: &str, value: Value| {
        let mut bundle = good.clone();
        bundle.pointer_mut(place).unwrap()[member] = value;
        provided(test, &bundle).await.map_err(|told| told[0].1.clone())
    };
    let normal = |code: &str| json!([{"coding": [{"system": CONFIDENTIALITY, "code": code}]}]);
    let (reference, attachment) = ("/entry/0/resource", "/entry/0/resource/content/0/attachment");
    for (place, member, value, told) in [
        ("", "implicitRules", json!("urn:x"), "Bundle.implicitRules"),
        ("/entry/1", "modifierExtension", json!([]), "Bundle.entry[1].modifierExtension"),
        (attachment, "data", json!("eA=="), "Bundle.entry[0].resource.content[0].attachment.data"),
        (attachment, "hash", json!("eA=="), "Bundle.entry[0].resource.content[0].attachment.hash"),
        (reference, "securityLabel", normal("V"), "Bundle.entry[0].resource.securityLabel[0]"),
        ("", "meta", json!({"security": [{"code": "R"}]}), "Bundle.meta.security[0]"),
        ("/entry/1/resource", "securityContext", json!({}), "Bundle.entry[1].resource.securityContext"),
        (reference, "contained", json!([]), "Bundle.entry[0].resource.contained"),
        (reference, "meta", json!({"security": [{"code": "R"}]}), "Bundle.entry[0].resource.meta.security[0]"),
    ] {
        assert_eq!(added(place, member, value).await, Err(told.to_owned()));
    }
    for garbage in ["", "[]", "{", "{\"resourceType\":\"Bundle\",\"resourceType\":\"Bundle\"}"] {
        let told = provide_document(&test.app, &door_of(HUS), Family::Patient, garbage.as_bytes()).await.unwrap();
        assert_eq!(told.unwrap_err()[0].code, RefusalCode::BundleNotUnderstood, "{garbage}");
    }
}

on_both!(what_is_as_all_are_may_say_so, as_all_are);

async fn as_all_are(database: Database) {
    let (test, signer) = opened(database).await;
    let variation = made(&test, &signer, 1);
    let mut bundle = bundled(&variation, 1);
    let reference = &mut bundle["entry"][0]["resource"];
    reference["securityLabel"] = json!([{"coding": [{"system": CONFIDENTIALITY, "code": "N"}]}]);
    reference["meta"] = json!({"security": [{"system": CONFIDENTIALITY, "code": "N"}]});
    let sha1 = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, variation.document().as_bytes());
    reference["content"][0]["attachment"]["hash"] = json!(BASE64_STANDARD.encode(sha1));
    assert_eq!(provided(&test, &bundle).await.unwrap().0, StoredHow::New);
}

on_both!(what_is_only_tried_is_told_all_and_written_down, only_tried);

async fn only_tried(database: Database) {
    let (test, signer) = opened(database).await;
    let lines = async || archive::uses(test.app.store.read(), archive::LinesAsked::default(), 10).await.unwrap();
    let first = made(&test, &signer, 1);
    assert_eq!(validated(&test, &bundled(&first, 1)).await, []);
    // Whoever asks whether an id is taken has looked for a document.
    let told = &lines().await[0].told;
    assert_eq!((told.act, told.more.as_deref()), (Act::Searched, Some("tried")));
    assert_eq!(told.document.as_ref().map(Oid::as_str), Some(&*first.document_id));
    assert_eq!(provided(&test, &bundled(&first, 1)).await.unwrap().0, StoredHow::New);
    let codes =
        async |bundle: &Value| -> Vec<_> { validated(&test, bundle).await.into_iter().map(|(code, _)| code).collect() };
    use RefusalCode as R;
    assert_eq!(codes(&bundled(&first.renumbered(80, 2), 2)).await, [R::SignatureReused]);
    // Another bundle under the first one's id, about the first one's document: all of it at once.
    let mut again = bundled(&made(&test, &signer, 1), 1);
    again["entry"][0]["resource"].as_object_mut().unwrap().remove("docStatus");
    assert_eq!(codes(&again).await, [R::MessageIdReused, R::DocumentIdReused, R::SignatureReused]);
    let before = lines().await.len();
    again["entry"][0]["resource"]["custodian"] = json!({"identifier": {"value": "urn:oid:1.2.3"}});
    assert_eq!(codes(&again).await, [R::WrapperDisagrees], "what is refused anyhow asks nothing");
    assert_eq!(lines().await.len(), before);
}

on_both!(real_prescriptions_are_stored_as_they_are, real_prescriptions);

/// Kela's public examples, but for whose they are; the archive's own business ends with the document.
async fn real_prescriptions(database: Database) {
    let (test, signer) = opened(database).await;
    crate::archive::open_service(&test, HUS, Service::Prescription).await;
    let examples = [
        include_str!("../../../../samples/kela-cda/Esim_laakemaarays_Klexane.xml"),
        include_str!("../../../../samples/kela-cda/Esim_laakemaarays_laaja.xml"),
    ];
    let key = SigningKey { certificate_der: signer.certificate_der.clone(), key_pem: signer.key_pem.clone() };
    let mut older: Option<String> = None;
    for (serial, example) in (1..).zip(examples) {
        let id = format!("1.2.246.537.10.15675350.93.2026.{serial}");
        let text = example.replace("1.2.246.10.1602257.93.2019.855", &id);
        let text = text.replace("<structuredBody>", &format!("<structuredBody ID=\"OID{id}.body\">"));
        let mut text = text.replace("1.2.246.10.2462460.19.1", "1.2.246.537.10.15675350.19.0");
        if let Some(older) = &older {
            text = second_version(&text, &id, older);
            // A prescription has an authorization, which stands behind what it follows.
            let (start, end) = ("<relatedDocument", "</relatedDocument>");
            let (before, rest) = text.split_once(start).unwrap();
            let (related, after) = rest.split_once(end).unwrap();
            let related = format!("{start}{related}{end}<authorization");
            text = format!("{before}{after}").replacen("<authorization", &related, 1);
        }
        let document = sign(&text, &key, test.app.now()).unwrap();
        let ids = (&*format!("{HUS}.13.2.1.81.{serial}.9"), &*format!("{HUS}.13.2.1"), HUS);
        let bundle = of_prescription(bundle(&document, ids).unwrap()).to_string();
        let provide =
            async || provide_document(&test.app, &door_of(HUS), Family::Prescription, bundle.as_bytes()).await;
        assert_eq!(provide().await.unwrap().unwrap().how, StoredHow::New);
        assert_eq!(provide().await.unwrap().unwrap().how, StoredHow::Again);
        let given = fetch_document(&test.app, &door_of(HUS), Service::Prescription, &Oid::parse(&id).unwrap()).await;
        assert_eq!(String::from_utf8(given.unwrap()).unwrap(), document);
        older = Some(id);
    }
}

on_both!(what_is_nested_too_deeply_is_refused_and_nothing_is_kept, nested);

async fn nested(database: Database) {
    let (test, signer) = opened(database).await;
    let made = made(&test, &signer, 1);
    let before = archive::count(test.app.store.read()).await.unwrap();
    let deep = format!("{}{}", "<x>".repeat(10_000), "</x>".repeat(10_000));
    let deeper = made.document().replacen("<structuredBody", &format!("{deep}<structuredBody"), 1);
    // In a message, around it, and in a bundle's document.
    let message = made.message().unwrap();
    let messages = [message.replacen("</", &format!("{deep}</"), 1), format!("{}{message}", "<x>".repeat(10_000))];
    for (message, expected) in messages.iter().zip([RefusalCode::XmlTooDeep, RefusalCode::InteractionUnknown]) {
        let how = store_document(&test.app, &door_of(HUS), message.as_bytes()).await.unwrap().how;
        let StoredHow::Refused(findings) = how else { unreachable!("{how:?}") };
        assert_eq!(findings[0].code, expected, "{findings:?}");
    }
    let ids = (&*format!("{HUS}.13.2.1.80.1.9"), &*format!("{HUS}.13.2.1"), HUS);
    let mut brought = bundle(made.document(), ids).unwrap();
    brought["entry"][1]["resource"]["data"] = BASE64_STANDARD.encode(&deeper).into();
    assert_eq!(provided(&test, &brought).await.unwrap_err()[0].0, RefusalCode::XmlTooDeep);
    // And the bundle itself.
    for deep in [format!("{}{}", "[".repeat(10_000), "]".repeat(10_000)), "{\"a\":".repeat(10_000)] {
        let told = provide_document(&test.app, &door_of(HUS), Family::Patient, deep.as_bytes()).await.unwrap();
        let findings = told.unwrap_err();
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), before);
}

on_both!(prescriptions_are_a_register_of_their_own, prescriptions);

async fn prescriptions(database: Database) {
    let (test, signer) = opened(database).await;
    let (variation, door) = (made(&test, &signer, 1), door_of(HUS));
    let mut bundle = bundled(&variation, 1);
    bundle["entry"][0]["resource"].as_object_mut().unwrap().remove("category");
    let bytes = bundle.to_string();
    let provide = async || provide_document(&test.app, &door, Family::Prescription, bytes.as_bytes()).await.unwrap();
    assert_eq!(provide().await.unwrap_err()[0].code, RefusalCode::NoRight);
    crate::archive::open_service(&test, HUS, Service::Prescription).await;
    assert_eq!(provide().await.unwrap().how, StoredHow::New);
    let id = Oid::parse(&variation.document_id).unwrap();
    let kept = archive::find(test.app.store.read(), &id).await.unwrap().unwrap();
    assert_eq!(kept.cell.register.to_string(), "prescription:");
    assert!(fetch_document(&test.app, &door, Service::Prescription, &id).await.is_ok());
    let elsewhere = fetch_document(&test.app, &door, Service::PatientData, &id).await.unwrap_err();
    assert_eq!(elsewhere.code, RefusalCode::DocumentNotFound);
}
