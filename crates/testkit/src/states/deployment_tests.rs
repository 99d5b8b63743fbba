//! Deployment tests, as whoever tests and the operator see them, from the form to the removal of what they left.

use super::{HUS, State, Visitor, entered};
use crate::TestSandbox;
use liitos::made::Variation;
use liitos::sandbox::tour::ACCESS_POINT;
use liitos_domain::deployment_test::{Deed, People, Seen, Word};
use liitos_domain::directory::{Effect, Right, SeenCall};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::Operation;
use liitos_domain::{Interval, Oid, Service, Sha256Hash};
use liitos_service::archive::{Door, fetch_document, store_document};
use liitos_service::deployment_tests;
use liitos_store::{deployment_tests as stored, directory};

const CLIENT: &str = "010181-900C";

/// A hospital tests: begun wrong and right, done in part, said of badly and well, sent, given back, accepted, removed.
pub(super) async fn tested(sandbox: &TestSandbox, pages: &mut Vec<State>) {
    let rows = directory::rows(sandbox.app.store.read(), u64::MAX >> 1).await.unwrap();
    let closed = rows.rights.into_iter().find(|right| right.joiner.as_str() == HUS).unwrap();
    let valid = Interval::from(sandbox.app.now());
    let right = Right { valid, ..closed };
    let unit = Some(Oid::parse("1.2.246.537.10.15675350.10.710").unwrap());
    let receives = Right { service: Service::RenewalReception, unit, ..right.clone() };
    let prescribes = Right { service: Service::Prescription, ..right.clone() };
    let opened = vec![right.clone(), receives.clone(), prescribes.clone()];
    entered(sandbox, &Effect { rights_opened: opened.clone(), ..Effect::default() }).await;
    let path = made(sandbox, pages, &right.system).await;
    decided(sandbox, pages, &path).await;
    let now = sandbox.app.now();
    let rights_closed = opened.into_iter().map(|right| (right, now)).collect();
    entered(sandbox, &Effect { rights_closed, ..Effect::default() }).await;
}

fn door(decision: &str) -> Door {
    Door {
        access_point: AccessPointOid::parse(ACCESS_POINT).unwrap(),
        represented: Oid::parse(HUS).unwrap(),
        tenant: None,
        decision_id: decision.to_owned(),
        client_cert: None,
        purpose: None,
    }
}

/// What a gateway tells of a call that passed.
async fn told(sandbox: &TestSandbox, decision: &str) {
    let door = door(decision);
    let call = SeenCall {
        at: sandbox.app.now(),
        decision: Some(decision.to_owned()),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: Some(door.access_point),
        source: None,
        represented: Some(door.represented.clone()),
        joiner: Some(door.represented),
        service: Some(Service::PatientData),
        operation: Some(Operation::Write),
        refused: None,
        place: "200".to_owned(),
        version: Some(1),
        stands_for: 1,
        system: Some("900001".to_owned()),
        message: None,
        behind: Vec::new(),
    };
    liitos_service::directory::calls::take(&sandbox.app, &Sha256Hash::of(b"gateway"), &[call]).await.unwrap();
    deployment_tests::follow(&sandbox.app).await.unwrap();
}

async fn made(sandbox: &TestSandbox, pages: &mut Vec<State>, system: &str) -> String {
    let app = &sandbox.app;
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "sv").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    helena.get("/deployment-tests").await;
    let subject = format!("patient-data:{system}");
    let real = [("subject", subject.as_str()), ("stage", "first-use"), ("persons", "131052-308T")];
    assert_eq!(helena.post("/deployment-tests", &real).await.status, 422);
    let prescriptions = format!("prescription:{system}");
    let receives = [("subject", prescriptions.as_str()), ("stage", "readiness"), ("functions", "renewal-reception")];
    assert!(helena.post("/deployment-tests", &receives).await.text.contains("name=\"unit\""));
    let before = [("subject", subject.as_str()), ("stage", "before"), ("functions", "")];
    let path = helena.post("/deployment-tests", &before).await.address.path().to_owned();
    let variation = Variation::with_new_ids(88, 1).unwrap().of_person(CLIENT);
    let variation = variation.signed_by(&sandbox.pki.signer, app.now()).unwrap();
    store_document(app, &door("STATE-1"), variation.message().unwrap().as_bytes()).await.unwrap();
    deployment_tests::follow(app).await.unwrap();
    helena.get(&path).await;
    told(sandbox, "STATE-1").await;
    helena.get(&path).await;
    let case = |case: &str| format!("{path}/cases/{case}");
    assert_eq!(helena.post(&case("store"), &[("fine", "no"), ("role", "professional")]).await.status, 422);
    helena.post(&case("store"), &[("fine", "yes"), ("role", "professional"), ("person", "Testi Lääkäri")]).await;
    let id = Oid::parse(&variation.document_id).unwrap();
    fetch_document(app, &door("STATE-2"), Service::PatientData, &id).await.unwrap();
    told(sandbox, "STATE-2").await;
    let bad = [("fine", "no"), ("role", "professional"), ("remark", "Rivit puuttuvat")];
    helena.post(&case("read"), &bad).await;
    helena.get("/deployment-tests").await;
    path
}

/// What is left to do is put down as done.
async fn decided(sandbox: &TestSandbox, pages: &mut Vec<State>, path: &str) {
    let (app, number) = (&sandbox.app, path.strip_prefix("/deployment-tests/").unwrap());
    let one = stored::find(app.store.read(), number).await.unwrap().unwrap();
    let words = stored::words(app.store.read(), one.key).await.unwrap();
    let made = words.get("store").and_then(|word| word.seen.clone()).unwrap();
    let of = |deed, found| Seen { deed, found, at: app.now(), decision: "STATE-3".to_owned(), ..made.clone() };
    let done = [("search", of(Deed::Searched, Some(1))), ("read", of(Deed::Fetched, None))];
    let tx = app.store.begin().await.unwrap();
    for (case, seen) in done {
        let (role, person) = (People::Professional, "Testi Lääkäri".to_owned());
        let word = Word { fine: true, role, person, remark: None, at: app.now(), seen: Some(seen) };
        stored::say(&tx, one.key, (case, &word, "person:test")).await.unwrap();
    }
    tx.commit().await.unwrap();
    let mut helena = Visitor::new(sandbox, pages, "helena-hallinto", "en").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    helena.get(path).await;
    helena.post(&format!("{path}/send"), &[]).await;
    let mut paula = Visitor::new(sandbox, helena.pages, "paula-palvelu", "fi").await;
    let office = format!("/office{path}");
    paula.get("/office/deployment-tests").await;
    paula.get(&office).await;
    paula.post(&format!("{office}/give-back"), &[("reason", "")]).await;
    paula.post(&format!("{office}/accept"), &[]).await;
    let mut arja = Visitor::new(sandbox, paula.pages, "arja-arkisto", "sv").await;
    let found = arja.post("/archive", &[("client", CLIENT)]).await;
    let marked = found.text.split("<a href=\"/archive/documents/").skip(1).find_map(|rest| rest.split('"').next());
    arja.get(&format!("/archive/documents/{}", marked.unwrap())).await;
    let mut helena = Visitor::new(sandbox, arja.pages, "helena-hallinto", "sv").await;
    helena.browser.post("/organisations", &[("organisation", HUS)]).await.unwrap();
    helena.get("/home").await;
    helena.post(&format!("{path}/removal"), &[]).await;
    let mut paula = Visitor::new(sandbox, helena.pages, "paula-palvelu", "en").await;
    paula.get(&office).await;
    paula.post(&format!("{office}/remove"), &[]).await;
}
