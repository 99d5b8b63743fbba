//! FHIR brings documents as messages do: the same rules, the same answers, whole or not at all.

use crate::archive::{HUS, door_of, opened};
use crate::on_both;
use liitos::sandbox::tour::bundle::bundle;
use liitos::sandbox::tour::messages::Variation;
use liitos_domain::archive::Family;
use liitos_domain::refusal::Finding;
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
    // Message and bundle share their ids: what the one brought the other does not bring again.
    let message = variation.message().unwrap();
    let how = store_document(&test.app, &door_of(HUS), message.as_bytes()).await.unwrap().how;
    assert_eq!(how, StoredHow::Refused(vec![Finding::new(RefusalCode::DocumentIdReused, "id")]));
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
    for (place, value, code, told) in changed() {
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
    assert_eq!(told[0].1, "Bundle.entry[3].resource: a second DocumentReference");
    let mut modified = good.clone();
    modified["entry"][0]["resource"]["modifierExtension"] = json!([]);
    let told = provided(test, &modified).await.unwrap_err();
    assert_eq!(told[0].1, "Bundle.entry[0].resource.modifierExtension");
    for garbage in ["", "[]", "{", "{\"resourceType\":\"Bundle\",\"resourceType\":\"Bundle\"}"] {
        let told = provide_document(&test.app, &door_of(HUS), Family::Patient, garbage.as_bytes()).await.unwrap();
        assert_eq!(told.unwrap_err()[0].code, RefusalCode::BundleNotUnderstood, "{garbage}");
    }
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
