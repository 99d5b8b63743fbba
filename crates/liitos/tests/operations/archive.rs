//! Storing: all or nothing, once, and only what may be stored.

use crate::on_both;
use liitos::made::Variation;
use liitos::made::bundle;
use liitos_documents::acknowledgement::read_acknowledgement;
use liitos_documents::sign::{SigningKey, sign_together};
use liitos_domain::archive::{Act, Criteria, Family, Search, Standing};
use liitos_domain::directory::{AccessPoint, Effect, Joiner, Right};
use liitos_domain::document::PersonRef;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::RegisterKind;
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::service_code::RateClass;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service};
use liitos_pki::authority::{Issued, Profile};
use liitos_pki::{Certificate, Trust, TrustAnchors};
use liitos_service::agreements::{self, NewAgreement};
use liitos_service::archive::{Door, StoredHow, fetch_document, provide_document, search_documents, store_document};
use liitos_service::{registers, signers};
use liitos_store::{archive, audit};
use liitos_testkit::{Database, TestApp, case_handler, own_path};
use liitos_texts::Language;
use std::sync::Arc;

pub(crate) const HUS: &str = "1.2.246.537.10.15675350.10.0";

/// The door of an organisation's own access point.
pub(crate) fn door_of(organisation: &str) -> Door {
    Door { represented: Oid::parse(organisation).unwrap(), ..door(&format!("{organisation}.13.2")) }
}

pub(crate) fn door(point: &str) -> Door {
    Door {
        tenant: None,
        access_point: AccessPointOid::parse(point).unwrap(),
        represented: Oid::parse(HUS).unwrap(),
        decision_id: "TEST-0001".to_owned(),
        client_cert: None,
        purpose: None,
    }
}

/// A document as the second version of another's set; `own` is its id.
pub(crate) fn second_version(document: &str, own: &str, set: &str) -> String {
    let related = format!(
        "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{set}\"/><setId root=\"{set}\"/>\
         <versionNumber value=\"1\"/></parentDocument></relatedDocument><componentOf>"
    );
    let changes = [
        (format!("<setId root=\"{own}\"/>"), format!("<setId root=\"{set}\"/>")),
        ("<versionNumber value=\"1\"/>".to_owned(), "<versionNumber value=\"2\"/>".to_owned()),
        ("<componentOf>".to_owned(), related),
    ];
    changes.iter().fold(document.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

/// What was wrong with a document that was brought.
pub(crate) type Told = Vec<(RefusalCode, String)>;

/// Brings a patient's document over FHIR, in an organisation's name.
pub(crate) async fn provide(test: &TestApp, door: &Door, by: &str, document: &str, serial: u64) -> Told {
    let ids = (&*format!("{by}.13.2.1.60.{serial}"), &*format!("{by}.13.2.1"), by);
    let bundle = bundle(document, ids).unwrap().to_string();
    let told = provide_document(&test.app, door, Family::Patient, bundle.as_bytes()).await.unwrap();
    match told {
        Ok(stored) => {
            assert_eq!(stored.how, StoredHow::New);
            Vec::new()
        }
        Err(findings) => findings.into_iter().map(|finding| (finding.code, finding.place)).collect(),
    }
}

/// An app whose directory lets HUS store through its own access point.
pub(crate) async fn opened(database: Database) -> (TestApp, Issued) {
    let test = TestApp::start(database).await;
    open_to(&test, HUS).await;
    let signer = test.signer(HUS);
    (test, signer)
}

/// Lets an organisation store through its own access point.
pub(crate) async fn open_to(test: &TestApp, organisation: &str) {
    let oid = AccessPointOid::parse(&format!("{organisation}.13.2")).unwrap();
    let joiner = Oid::parse(organisation).unwrap();
    let valid = Interval::from(test.app.now());
    let point = AccessPoint {
        administrator: oid.administrator(),
        oid: oid.clone(),
        system: "900001".into(),
        country: "FI".into(),
        links: vec![],
        certificates: vec![],
        valid,
    };
    let right = Right {
        grandfathered: false,
        joiner: joiner.clone(),
        service: Service::PatientData,
        access_point: oid,
        system: "900001".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        valid,
    };
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: joiner, rate: RateClass::Ordinary, valid }],
        access_points_opened: vec![point],
        rights_opened: vec![right],
        ..Effect::default()
    };
    test.record(&effect).await;
}

/// Opens another service to an organisation that stores through its own access point.
pub(crate) async fn open_service(test: &TestApp, organisation: &str, service: Service) {
    let right = Right {
        grandfathered: false,
        joiner: Oid::parse(organisation).unwrap(),
        service,
        access_point: AccessPointOid::parse(&format!("{organisation}.13.2")).unwrap(),
        system: "900001".into(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        valid: Interval::from(test.app.now()),
    };
    let effect = Effect { rights_opened: vec![right], ..Effect::default() };
    test.record(&effect).await;
}

async fn codes(test: &TestApp, point: &str, message: &str) -> Vec<RefusalCode> {
    match store_document(&test.app, &door(point), message.as_bytes()).await.unwrap().how {
        StoredHow::Refused(findings) => findings.into_iter().map(|finding| finding.code).collect(),
        StoredHow::New | StoredHow::Again => Vec::new(),
    }
}

on_both!(many_at_once_are_stored_each_once, many_at_once);

/// Whatever comes at the same time is stored together; what is wrong with one is told to that one alone.
async fn many_at_once(database: Database) {
    let (test, signer) = opened(database).await;
    let made = |serial| Variation::with_new_ids(90, serial).unwrap().signed_by(&signer, test.app.now()).unwrap();
    let mut messages: Vec<String> = (1..=30).map(|serial| made(serial).message().unwrap()).collect();
    // The same message again, and the same document in another message, beside them all.
    messages.push(messages[0].clone());
    messages.push(messages[1].replace(".2.1.90.2\"", ".2.1.90.99\""));
    assert_ne!(messages[31], messages[1]);
    // The first alone, so that what is known of directory and registers is there.
    let warm = Variation::with_new_ids(91, 1).unwrap().signed_by(&signer, test.app.now()).unwrap();
    assert_eq!(codes(&test, &format!("{HUS}.13.2"), &warm.message().unwrap()).await, []);
    let all: Vec<_> = messages
        .into_iter()
        .map(|message| {
            let app = test.app.clone();
            tokio::spawn(async move { store_document(&app, &door_of(HUS), message.as_bytes()).await.unwrap().how })
        })
        .collect();
    let mut told = Vec::new();
    for one in all {
        told.push(one.await.unwrap());
    }
    let count = |wanted: &dyn Fn(&StoredHow) -> bool| told.iter().filter(|how| wanted(how)).count();
    assert_eq!((count(&|how| *how == StoredHow::New), count(&|how| *how == StoredHow::Again)), (30, 2), "{told:?}");
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 31);
    let lines = archive::uses(test.app.store.read(), archive::LinesAsked::default(), 100).await.unwrap();
    assert_eq!(lines.len(), 31, "each is in the use log once");
}

on_both!(stored_once_and_given_back, once);

async fn once(database: Database) {
    let (test, signer) = opened(database).await;
    let point = format!("{HUS}.13.2");
    let variation = Variation::with_new_ids(1, 1).unwrap().signed_by(&signer, test.app.now()).unwrap();
    let message = variation.message().unwrap();
    let first = store_document(&test.app, &door(&point), message.as_bytes()).await.unwrap();
    assert_eq!(first.how, StoredHow::New);
    let again = store_document(&test.app, &door(&point), message.as_bytes()).await.unwrap();
    assert_eq!((again.how, again.acknowledgement), (StoredHow::Again, first.acknowledgement));
    let id = Oid::parse(&variation.document_id).unwrap();
    assert_eq!(
        fetch_document(&test.app, &door(&point), Service::PatientData, &id).await.unwrap(),
        variation.document().as_bytes()
    );
    let other = fetch_document(&test.app, &door(&point), Service::PatientData, &Oid::parse("1.2.3").unwrap())
        .await
        .unwrap_err();
    assert_eq!(other.code, RefusalCode::DocumentNotFound);
    let mut foreign = door("1.2.246.10.99999028.10.0.13.1");
    foreign.represented = Oid::parse("1.2.246.10.99999028.10.0").unwrap();
    assert_eq!(
        fetch_document(&test.app, &foreign, Service::PatientData, &id).await.unwrap_err().code,
        RefusalCode::AccessPointUnknown
    );

    assert_eq!(codes(&test, &point, &message.replace("\"ER\"", "\"AL\"")).await, [RefusalCode::MessageIdReused]);
    // The same document in another message is there, and so is that message; another document under its id is none of it.
    let sent = async |message: &str| store_document(&test.app, &door(&point), message.as_bytes()).await.unwrap();
    let in_other = |message: &str, serial: u8| message.replace(".2.1.1.1\"", &format!(".2.1.1.{serial}\""));
    let in_another = in_other(&message, 99);
    test.clock.advance(60);
    let told = sent(&in_another).await;
    assert_eq!(told.how, StoredHow::Again);
    assert!(told.acknowledgement.contains(".2.1.1.99\"") && told.acknowledgement.contains("AA"), "{told:?}");
    let repeated = sent(&in_another).await;
    assert_eq!((repeated.how, repeated.acknowledgement), (StoredHow::Again, told.acknowledgement));
    assert_eq!(codes(&test, &point, &in_another.replace("\"ER\"", "\"AL\"")).await, [RefusalCode::MessageIdReused]);
    let resigned = Variation::with_new_ids(1, 1).unwrap().signed_by(&signer, test.app.now()).unwrap();
    let other_bytes = in_other(&resigned.message().unwrap(), 98);
    assert_eq!(codes(&test, &point, &other_bytes).await, [RefusalCode::DocumentIdReused]);
    let lines = archive::uses(test.app.store.read(), archive::LinesAsked::default(), 100).await.unwrap();
    assert_eq!(lines.iter().filter(|line| line.told.act == Act::Stored).count(), 1);
    voided_again(&test, &signer, &variation).await;
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 3);
    assert_eq!(audit::first_break(test.app.store.read()).await.unwrap(), None);
}

/// What declares its set void is not there already because a correction has the same bytes: its message says what it does.
async fn voided_again(test: &TestApp, signer: &Issued, first: &Variation) {
    let id = &first.document_id;
    let made =
        || Variation::with_new_ids(2, 1).unwrap().replacing(id, id, 2).signed_by(signer, test.app.now()).unwrap();
    let (corrects, voids) = (made(), made().invalidating().sent_as(&format!("{HUS}.13.2.1.2.77")));
    assert_eq!(corrects.document(), voids.document());
    let point = format!("{HUS}.13.2");
    assert_eq!(codes(test, &point, &corrects.message().unwrap()).await, []);
    let told = codes(test, &point, &voids.message().unwrap()).await;
    assert_eq!(told, [RefusalCode::DocumentIdReused, RefusalCode::NotTheNewest]);
    let set = Oid::parse(id).unwrap();
    let newest = archive::newest(test.app.store.read(), &set).await.unwrap().unwrap();
    assert_eq!(newest.standing, Standing::Newest);
    // To an older version of a set that is void nothing is added either.
    let void = Variation::with_new_ids(2, 2).unwrap().replacing(&corrects.document_id, id, 3).invalidating();
    let void = void.signed_by(signer, test.app.now()).unwrap();
    assert_eq!(codes(test, &point, &void.message().unwrap()).await, []);
    let again = void.sent_as(&format!("{HUS}.13.2.1.2.78")).message().unwrap();
    assert_eq!(store_document(&test.app, &door(&point), again.as_bytes()).await.unwrap().how, StoredHow::Again);
    let added = Variation::with_new_ids(2, 3).unwrap();
    let own = added.document_id.clone();
    let added = added.adding_to(id, &own, 1).signed_by(signer, test.app.now()).unwrap();
    assert_eq!(codes(test, &point, &added.message().unwrap()).await, [RefusalCode::Invalidated]);
}

on_both!(a_signature_brings_one_document, one_document);

async fn one_document(database: Database) {
    let (test, signer) = opened(database).await;
    let point = format!("{HUS}.13.2");
    let first = Variation::with_new_ids(7, 1).unwrap().signed_by(&signer, test.app.now()).unwrap();
    assert_eq!(codes(&test, &point, &first.message().unwrap()).await, []);
    // The header is not signed, so the signed body would fit any number of documents, of any person.
    let again = first.renumbered(7, 2).message().unwrap();
    assert_eq!(codes(&test, &point, &again).await, [RefusalCode::SignatureReused]);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 1);
    // One signature over several documents brings each of them, and no other.
    let key = SigningKey { certificate_der: signer.certificate_der.clone(), key_pem: signer.key_pem.clone() };
    let unsigned = [3, 4].map(|serial| Variation::with_new_ids(7, serial).unwrap());
    let signed = sign_together(&unsigned.each_ref().map(Variation::document), &key, test.app.now()).unwrap();
    for (document, serial) in signed.iter().zip(3..) {
        assert_eq!(provide(&test, &door_of(HUS), HUS, document, serial).await, []);
    }
    let [third, other] = [&unsigned[0].document_id, &Variation::with_new_ids(7, 5).unwrap().document_id]
        .map(|id| format!("root=\"{id}\""));
    let foreign = provide(&test, &door_of(HUS), HUS, &signed[0].replace(&third, &other), 5).await;
    assert_eq!(foreign, [(RefusalCode::SignatureForm, "multipleDocumentSignature: this document".to_owned())]);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 3);
}

on_both!(a_supplier_signs_by_agreement, by_agreement);

/// Guide 3.3: the supplier of a whole service, an intermediary, signs with its system's certificate, where that is agreed.
async fn by_agreement(database: Database) {
    const SUPPLIER: &str = "1.2.246.537.6.918.18.900001";
    let (test, _) = opened(database).await;
    let (app, staff, supplier) = (&test.app, case_handler(), test.signer(SUPPLIER));
    let point = format!("{HUS}.13.2");
    let signed =
        |serial| Variation::with_new_ids(9, serial).unwrap().signed_by(&supplier, app.now()).unwrap().message();
    let told = async |serial| codes(&test, &point, &signed(serial).unwrap()).await;
    let foreign = [RefusalCode::SignerForeign];
    assert_eq!(told(1).await, foreign);
    let agree = async |supplier: &str, system: &str| {
        let (joiner, supplier) = (Oid::parse(HUS).unwrap(), Oid::parse(supplier).unwrap());
        let new = NewAgreement { joiner, supplier, system: system.into(), reference: "D-1".into() };
        agreements::agree(app, &staff, new).await.map_err(|error| error.place)
    };
    // With nobody who is no intermediary, and for no system that nobody knows.
    assert!(agree("1.2.246.10.99999028.10.0", "900001").await.unwrap_err().starts_with("supplier"));
    assert!(agree(SUPPLIER, "999999").await.unwrap_err().starts_with("system"));
    // Another system of the supplier's is not agreed on.
    agree(SUPPLIER, "900003").await.unwrap();
    assert_eq!(told(2).await, foreign);
    agree(SUPPLIER, "900001").await.unwrap();
    assert_eq!(told(3).await, []);
    // Once is enough: whoever ends it ends it.
    assert_eq!(agree(SUPPLIER, "900001").await.unwrap_err(), "agreement");
    // Another supplier's certificate is nobody's.
    let other = test.signer("1.2.246.537.6.918.18.900077");
    let by_other = Variation::with_new_ids(9, 4).unwrap().signed_by(&other, app.now()).unwrap().message().unwrap();
    assert_eq!(codes(&test, &point, &by_other).await, foreign);
    // For another joiner it is nobody's either.
    open_to(&test, "1.2.246.10.99999984.10.0").await;
    let elsewhere = Variation::with_new_ids(9, 5).unwrap().with_controller("1.2.246.10.99999984.19.0");
    let elsewhere = elsewhere.from_organisation("1.2.246.10.99999984.10.0").signed_by(&supplier, app.now()).unwrap();
    let through =
        provide(&test, &door_of("1.2.246.10.99999984.10.0"), "1.2.246.10.99999984.10.0", elsewhere.document(), 5).await;
    assert_eq!(through.into_iter().map(|(code, _)| code).collect::<Vec<_>>(), foreign);
    let key = agreements::list(app, &staff).await.unwrap()[0].key;
    agreements::end(app, &staff, key).await.unwrap();
    assert_eq!(told(6).await, foreign);
    assert_eq!(agreements::end(app, &staff, key).await.unwrap_err().code, RefusalCode::StateForbids);
}

on_both!(a_temporary_identifier_gives_way_to_a_lasting_one, identified);

async fn identified(database: Database) {
    let (test, signer) = opened(database).await;
    let store =
        async |document: &Variation, serial| provide(&test, &door_of(HUS), HUS, document.document(), serial).await;
    let signed = |made: Variation| made.signed_by(&signer, test.app.now()).unwrap();
    let first = signed(Variation::with_new_ids(8, 1).unwrap());
    assert_eq!(store(&first, 1).await, []);
    let found = async |person: (&str, &str)| {
        let person = PersonRef { extension: person.0.into(), root: person.1.into() };
        let criteria = Criteria { person: Some(person), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 9 };
        let found = search_documents(&test.app, &door_of(HUS), Service::PatientData, &search).await.unwrap();
        found.documents.into_iter().map(|one| (one.listed.version, one.listed.standing)).collect::<Vec<_>>()
    };
    let (temporary, lasting) = (("010100A998F", "1.2.246.537.10.15675350.22.2003"), ("010181-900C", "1.2.246.21"));
    assert_eq!((found(temporary).await.len(), found(lasting).await.len()), (1, 0));
    let set = &first.document_id;
    let second = signed(Variation::with_new_ids(8, 2).unwrap().replacing(set, set, 2).of_person(lasting.0));
    assert_eq!(store(&second, 2).await, []);
    assert_eq!(found(temporary).await, [(1, Standing::Replaced)]);
    assert_eq!(found(lasting).await, [(2, Standing::Newest)]);
    // To nobody else's from then on, nor back.
    let wrongly = [(RefusalCode::FollowsWrongly, "recordTarget".to_owned())];
    let third = |serial| Variation::with_new_ids(8, serial).unwrap().replacing(&second.document_id, set, 3);
    assert_eq!(store(&signed(third(3).of_person("150245-987R")), 3).await, wrongly);
    assert_eq!(store(&signed(third(4)), 4).await, wrongly);
    assert_eq!(store(&signed(third(5).of_person(lasting.0)), 5).await, []);
}

on_both!(the_same_message_ten_times_at_once, at_once);

async fn at_once(database: Database) {
    let (test, signer) = opened(database).await;
    let message = Variation::with_new_ids(1, 2).unwrap().signed_by(&signer, test.app.now()).unwrap().message().unwrap();
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (app, message) = (test.app.clone(), message.clone());
            tokio::spawn(async move {
                store_document(&app, &door(&format!("{HUS}.13.2")), message.as_bytes()).await.unwrap()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for call in calls {
        answers.push(call.await.unwrap());
    }
    assert_eq!(answers.iter().filter(|answer| answer.how == StoredHow::New).count(), 1);
    assert!(answers.iter().all(|answer| answer.acknowledgement == answers[0].acknowledgement), "one answer for all");
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 1);
}

on_both!(who_is_active_the_archive_says_alone, active_alone);

/// `domain.md` section 10: the field is not the sender's, in whichever way the document comes, and whomever it names.
async fn active_alone(database: Database) {
    let (test, signer) = opened(database).await;
    let told = [(RefusalCode::ActiveControllerSent, "localHeader/activeCustodian".to_owned())];
    for (serial, controller) in [(1, "1.2.246.537.10.15675350.19.0"), (2, "1.2.246.10.99999984.19.0"), (3, "")] {
        let made = Variation::with_new_ids(11, serial).unwrap().naming_active(controller);
        let made = made.signed_by(&signer, test.app.now()).unwrap();
        assert!(made.document().contains("<activeCustodian"));
        assert_eq!(codes(&test, &format!("{HUS}.13.2"), &made.message().unwrap()).await, [told[0].0]);
        assert_eq!(provide(&test, &door_of(HUS), HUS, made.document(), serial).await, told);
    }
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0);
}

on_both!(a_signer_may_sign_and_nothing_old_is_taken_unasked, may_sign);

/// What the certificate is for, and the strength of what was signed: asked of each message, whoever vouched for its signer.
async fn may_sign(database: Database) {
    let (test, signer) = opened(database).await;
    let (app, point) = (&test.app, format!("{HUS}.13.2"));
    use RefusalCode as R;
    // A server's certificate of a known issuer, in the joiner's name: whose it is is known, and that it is for something else.
    let server =
        Profile { signature: false, dns_names: vec!["hus.test".into()], ..Profile::signature(HUS, "hus.test") };
    let server = test.authority.issue(&server, app.now()).unwrap();
    let by_server = Variation::with_new_ids(12, 1).unwrap().signed_by(&server, app.now()).unwrap().message().unwrap();
    assert_eq!(codes(&test, &point, &by_server).await, [R::SignerPurpose]);
    // SHA-1: the signer has to have been vouched for, for what was signed before.
    let old = signed_with_sha1(Variation::with_new_ids(12, 2).unwrap(), &signer, app.now());
    assert_eq!(codes(&test, &point, &old.message().unwrap()).await, [R::SignatureWeak]);
    test.clock.advance(60);
    let (hus, pem) = (Oid::parse(HUS).unwrap(), signer.certificate_pem.as_bytes());
    signers::register(app, &case_handler(), &hus, pem, "kept from before").await.unwrap();
    assert_eq!(codes(&test, &point, &old.message().unwrap()).await, []);
    let id = Oid::parse(&old.document_id).unwrap();
    let criteria = Criteria { document: Some(id.clone()), ..Criteria::default() };
    let search = Search { criteria, after: None, count: 9 };
    let found = search_documents(app, &door(&point), Service::PatientData, &search).await.unwrap().documents;
    assert_eq!(found.iter().map(|one| one.listed.policy.as_str()).collect::<Vec<_>>(), ["legacy"], "it says so");
    let given = fetch_document(app, &door(&point), Service::PatientData, &id).await.unwrap();
    assert_eq!(given, old.document().as_bytes());
    // What is signed so from then on is refused, and so is what was changed.
    test.clock.advance(60);
    let late = signed_with_sha1(Variation::with_new_ids(12, 3).unwrap(), &signer, app.now());
    assert_eq!(codes(&test, &point, &late.message().unwrap()).await, [R::SigningTime]);
    let earlier = app.now().plus_seconds(-90);
    let changed = signed_with_sha1(Variation::with_new_ids(12, 4).unwrap(), &signer, earlier).with_changed_body();
    assert_eq!(codes(&test, &point, &changed.message().unwrap()).await, [R::SignatureBroken]);
    assert_eq!(archive::count(app.store.read()).await.unwrap(), 1);
}

/// Signed as old systems did: by `xmlsec1`, since nothing here makes what is weak.
fn signed_with_sha1(made: Variation, signer: &Issued, at: Moment) -> Variation {
    let strong = made.signed_by(signer, at).unwrap();
    let weak = strong
        .document()
        .replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#rsa-sha1")
        .replace("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1");
    let emptied = ["DigestValue", "SignatureValue"].iter().fold(weak, |text, name| {
        let (open, close) = (format!("<{name}>"), format!("</{name}>"));
        let mut parts = text.split(open.as_str());
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |all, part| format!("{all}<{name}/>{}", part.split_once(close.as_str()).unwrap().1))
    });
    let [template, key] = ["template", "key"].map(own_path);
    std::fs::write(&template, emptied).unwrap();
    std::fs::write(&key, &signer.key_pem).unwrap();
    let mut program = std::process::Command::new("xmlsec1");
    program.arg("--sign").arg("--privkey-pem").arg(&key).args(["--id-attr:ID", "urn:hl7-org:v3:structuredBody"]);
    let made = program.args(["--id-attr:ID", "urn:hl7finland:signatureTimestamp"]).arg(&template).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    [template, key].iter().for_each(|file| std::fs::remove_file(file).unwrap());
    strong.signed_elsewhere(String::from_utf8(made.stdout).unwrap())
}

on_both!(refused_leaves_nothing, nothing);

async fn nothing(database: Database) {
    let (test, signer) = opened(database).await;
    let now = test.app.now();
    let point = format!("{HUS}.13.2");
    let anew = |serial| Variation::with_new_ids(2, serial).unwrap().signed_by(&signer, now).unwrap();
    use RefusalCode as R;
    let changed = anew(1).with_changed_body().message().unwrap();
    assert_eq!(codes(&test, &point, &changed).await, [R::SignatureBroken]);
    let controller = anew(2).with_controller("1.2.246.10.99999984.19.0").message().unwrap();
    assert_eq!(codes(&test, &point, &controller).await, [R::ControllerForeign]);
    let sender = anew(3).from_device(&format!("{HUS}.13.9.1")).message().unwrap();
    assert_eq!(codes(&test, &point, &sender).await, [R::SenderForeign]);
    // To another archive, or numbered as another's device would: of that number nothing is told, though it was used.
    let elsewhere = anew(30).addressed_to("1.2.246.556.18007.1").message().unwrap();
    assert_eq!(codes(&test, &point, &elsewhere).await, [R::ReceiverForeign]);
    let taken = anew(31).sent_as("1.2.246.10.99999984.10.0.13.2.1.2.31").message().unwrap();
    assert_eq!(codes(&test, &point, &taken).await, [R::MessageIdForeign]);
    let stranger =
        Variation::with_new_ids(2, 4).unwrap().signed_by(&test.signer("1.2.246.10.99999028.10.0"), now).unwrap();
    assert_eq!(codes(&test, &point, &stranger.message().unwrap()).await, [R::SignerForeign]);
    let late = Variation::with_new_ids(2, 5).unwrap().signed_by(&signer, now.plus_seconds(3600)).unwrap();
    assert_eq!(codes(&test, &point, &late.message().unwrap()).await, [R::SigningTime]);
    let wrapper_only = anew(6).message().unwrap().replace(
        "<setId root=\"1.2.246.537.10.15675350.10.1.2.6\"/>",
        "<setId root=\"1.2.246.537.10.15675350.10.1.2.66\"/>",
    );
    assert_eq!(codes(&test, &point, &wrapper_only).await, [R::WrapperDisagrees]);
    let represented = anew(7).message().unwrap().replacen(
        "<representedOrganization><id root=\"1.2.246.537.10.15675350.10.0\"/>",
        "<representedOrganization><id root=\"1.2.246.10.99999028.10.0\"/>",
        1,
    );
    assert_eq!(codes(&test, &point, &represented).await, [R::JoinerUnknown]);
    assert_eq!(codes(&test, &point, "<!DOCTYPE a><a/>").await, [R::XmlNotAccepted]);
    // Several findings in one answer, each with what, where and how it is mended.
    let both =
        anew(8).from_device(&format!("{HUS}.13.9.1")).with_controller("1.2.246.10.99999984.19.0").message().unwrap();
    assert_eq!(codes(&test, &point, &both).await, [R::SenderForeign, R::ControllerForeign]);
    let answer = store_document(&test.app, &door(&point), both.as_bytes()).await.unwrap().acknowledgement;
    let told = read_acknowledgement(answer.as_bytes()).unwrap();
    for (text, code) in told.texts.iter().zip([R::SenderForeign, R::ControllerForeign]) {
        assert!(
            text.contains(&Language::Fi.refusal_how(code)) && text.contains(&Language::En.refusal_how(code)),
            "{text}"
        );
    }
    assert!(answer.contains("<location>sender/device/id</location>") && told.texts.len() == 2, "{answer}");
    // The system outlives the signer here: this is about the signature's certificate.
    let systems = include_str!("../../../../samples/registers/systems.csv").replace("20280503", "20330503");
    let file = registers::File::new("systems.csv", systems.as_bytes());
    registers::import(&test.app, "test", RegisterKind::Systems, file, &mut |_, _| ()).await.unwrap();
    test.clock.advance(740 * 86_400);
    assert_eq!(
        codes(&test, &point, &anew(9).message().unwrap()).await,
        [R::SignerExpired, R::SignerRevoked],
        "the list is old too: closed on doubt"
    );
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 0);
}

on_both!(by_a_fresh_list_a_revoked_signer_signs_nothing_more, revoked);

async fn revoked(database: Database) {
    let (test, signer) = opened(database).await;
    let point = format!("{HUS}.13.2");
    let told = async |serial| {
        let made = Variation::with_new_ids(9, serial).unwrap().signed_by(&signer, test.app.now()).unwrap();
        codes(&test, &point, &made.message().unwrap()).await
    };
    let listed = |signers: &[&Issued]| {
        let serial = |signer: &&Issued| Certificate::parse(&signer.certificate_der).unwrap().serial;
        let serials: Vec<_> = signers.iter().map(serial).collect();
        let list = test.authority.revocation_list(&serials, test.app.now()).unwrap();
        let issuers = TrustAnchors::new(vec![test.authority.certificate().clone()]).unwrap();
        test.app.signature_trust.store(Arc::new(Trust::load(issuers, &[list]).unwrap()));
    };
    assert_eq!(told(1).await, []);
    listed(&[&signer]);
    assert_eq!(told(2).await, [RefusalCode::SignerRevoked]);
    // Another's being revoked is none of its business; and of a list that is old nobody knows.
    listed(&[&test.signer(HUS)]);
    assert_eq!(told(3).await, []);
    test.clock.advance(31 * 86_400);
    assert_eq!(told(4).await, [RefusalCode::SignerRevoked]);
    listed(&[]);
    assert_eq!(told(5).await, []);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 3);
}

on_both!(what_was_signed_in_time_may_come_a_little_later, late);

async fn late(database: Database) {
    let (test, signer) = opened(database).await;
    let systems = include_str!("../../../../samples/registers/systems.csv").replace("20280503", "20330503");
    let file = registers::File::new("systems.csv", systems.as_bytes());
    registers::import(&test.app, "test", RegisterKind::Systems, file, &mut |_, _| ()).await.unwrap();
    let anew = |serial| {
        let made = Variation::with_new_ids(91, serial).unwrap().signed_by(&signer, test.app.now()).unwrap();
        made.message().unwrap()
    };
    // Nobody's certificate is on a list; only its time counts.
    let comes = async |message: String| {
        let list = test.authority.revocation_list(&[], test.app.now()).unwrap();
        let issuers = TrustAnchors::new(vec![test.authority.certificate().clone()]).unwrap();
        test.app.signature_trust.store(Arc::new(Trust::load(issuers, &[list]).unwrap()));
        codes(&test, &format!("{HUS}.13.2"), &message).await
    };
    let end = Certificate::parse(&signer.certificate_der).unwrap().valid.until.unwrap();
    let before_end = |seconds| end.as_seconds() - test.app.now().as_seconds() - seconds;
    test.clock.advance(before_end(60));
    let (soon, too_late) = (anew(1), anew(2));
    test.clock.advance(before_end(-86_400));
    assert_eq!(comes(anew(3)).await, [RefusalCode::SignerExpired], "signed after its end");
    test.clock.advance(before_end(-7 * 86_400 + 1));
    assert_eq!(comes(soon).await, []);
    test.clock.advance(1);
    assert_eq!(comes(too_late).await, [RefusalCode::SignerExpired]);
    assert_eq!(archive::count(test.app.store.read()).await.unwrap(), 1);
}
