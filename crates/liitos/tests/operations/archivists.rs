//! The archivist's desk: who may come to it, and what is done there.

use crate::archive::{HUS, door_of, open_to, opened};
use crate::controller_runs::{NEW, OLD, Two};
use crate::let_in_across_runs::taker_opened;
use crate::on_both;
use crate::social_care::{Care, door};
use liitos::made::{SocialDocument, Variation};
use liitos_documents::read_document_header;
use liitos_domain::archive::{Criteria, Ground, Search, Standing};
use liitos_domain::contacts::{Holding, Person};
use liitos_domain::directory::{Effect, Joiner, Right};
use liitos_domain::document::PersonRef;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::plan::ContactRole;
use liitos_domain::service_code::{ConnectionModel, RateClass};
use liitos_domain::{Interval, Oid, Position, RefusalCode, Service, Sha256Hash};
use liitos_service::archive::{StoredHow, store_document};
use liitos_service::archivist::{self, UsesAsked};
use liitos_service::controller_runs as runs;
use liitos_service::{Actor, Organisation};
use liitos_store::contacts;
use liitos_testkit::{Database, TestApp, case_handler, member_of, second_registrar};

pub(crate) const CARD: &str = "90000000001";
const TK: &str = "1.2.246.10.99999984.10.0";
const KOIVU: &str = "1.2.246.10.99999028.10.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// Somebody who holds a position, signed in with a card.
pub(crate) fn holding(organisation: &str, position: Position, card: Option<&str>) -> Actor {
    Actor {
        organisations: vec![Organisation { oid: oid(organisation), positions: vec![position] }],
        card: card.map(|card| Sha256Hash::of(card.as_bytes())),
        ..member_of(organisation)
    }
}

/// Whose card is on record as the archivist's.
pub(crate) async fn on_record(test: &TestApp, organisation: &str) {
    on_record_for(test, organisation, (CARD, Service::PatientData)).await;
}

/// Whose card is on record as the archivist's for a service.
async fn on_record_for(test: &TestApp, organisation: &str, (card, service): (&str, Service)) {
    let person = Person {
        name: "Arja Arkisto".into(),
        email: "arja@hus.test".into(),
        phone: "0401234567".into(),
        card: Some(card.into()),
    };
    let tx = test.app.store.begin().await.unwrap();
    let key = contacts::add(&tx, &oid(organisation), &person, test.app.now()).await.unwrap();
    let role = Holding { role: ContactRole::Archivist, service: Some(service) };
    contacts::give(&tx, key, role, test.app.now()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn stored(test: &TestApp, variation: &Variation) {
    let message = variation.message().unwrap();
    let how = store_document(&test.app, &door_of(HUS), message.as_bytes()).await.unwrap().how;
    assert_eq!(how, StoredHow::New);
}

on_both!(who_comes_to_the_desk, entering);

async fn entering(database: Database) {
    let (test, _) = opened(database).await;
    let enter = async |actor: Actor| archivist::enter(&test.app, &actor).await.map_err(|error| error.code);
    let arja = || holding(HUS, Position::Archivist, Some(CARD));
    assert_eq!(enter(arja()).await, Err(RefusalCode::CardNotOnRecord), "no archivist is on record");
    on_record(&test, HUS).await;
    assert_eq!(enter(arja()).await, Ok(()));
    assert_eq!(enter(holding(HUS, Position::Archivist, None)).await, Err(RefusalCode::CardNotOnRecord));
    let other = holding(HUS, Position::Archivist, Some("90000000002"));
    assert_eq!(enter(other).await, Err(RefusalCode::CardNotOnRecord));
    // Whoever is in charge is no archivist, whatever their card.
    for position in Position::ALL.iter().filter(|position| **position != Position::Archivist) {
        assert_eq!(enter(holding(HUS, *position, Some(CARD))).await, Err(RefusalCode::NotAllowed), "{position}");
    }
    let program = Actor { means: "program".into(), ..arja() };
    assert_eq!(enter(program).await, Err(RefusalCode::NotAllowed), "a person's own eyes");
    // A producer that stores into its organiser's register only.
    on_record(&test, TK).await;
    let tk = || holding(TK, Position::Archivist, Some(CARD));
    assert_eq!(enter(tk()).await, Err(RefusalCode::NoOwnRegister), "it has no right, and never stored");
    let right = |service, model| Right {
        grandfathered: false,
        joiner: oid(TK),
        service,
        access_point: AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap(),
        system: "900001".into(),
        unit: None,
        organiser: (model == ConnectionModel::Parallel).then(|| oid(HUS)),
        model,
        valid: Interval::from(test.app.now()),
    };
    let joiner = Joiner { oid: oid(TK), rate: RateClass::Ordinary, valid: Interval::from(test.app.now()) };
    let parallel = right(Service::SocialClientData, ConnectionModel::Parallel);
    test.record(&Effect { joiners_opened: vec![joiner], rights_opened: vec![parallel], ..Effect::default() }).await;
    assert_eq!(enter(tk()).await, Err(RefusalCode::NoOwnRegister));
    let direct = right(Service::PatientData, ConnectionModel::Direct);
    test.record(&Effect { rights_opened: vec![direct], ..Effect::default() }).await;
    assert_eq!(enter(tk()).await, Ok(()), "besides, it has a register of its own");
}

on_both!(an_archivist_of_one_service_looks_after_its_documents_alone, of_one_service);

async fn of_one_service(database: Database) {
    const OTHER_CARD: &str = "90000000002";
    let care = Care::start(database).await;
    taker_opened(&care).await;
    let (test, signer) = (&care.test, care.test.signer(HUS));
    let app = &test.app;
    let patients = Variation::with_new_ids(70, 1).unwrap().signed_by(&signer, app.now()).unwrap();
    stored(test, &patients).await;
    let clients = SocialDocument { client: "010181-900C".into(), ..SocialDocument::new(HUS, OLD, (9, 1)) };
    let clients = clients.signed_by(&signer, app.now()).unwrap();
    assert_eq!(care.store_through(&door(HUS, HUS), &clients).await, []);
    let of_patient = read_document_header(patients.document()).unwrap().person;
    let of_client = PersonRef { extension: clients.client.clone(), root: "1.2.246.21".into() };
    assert_eq!(read_document_header(&clients.document()).unwrap().person, of_client);
    on_record(test, HUS).await;
    on_record_for(test, HUS, (OTHER_CARD, Service::SocialClientData)).await;
    // What somebody with a card finds and opens of both.
    let reached = async |card: &str| {
        let actor = holding(HUS, Position::Archivist, Some(card));
        let mut all = Vec::new();
        for (person, id) in [(&of_patient, &patients.document_id), (&of_client, &clients.id)] {
            let criteria = Criteria { person: Some(person.clone()), ..Criteria::default() };
            let search = Search { criteria: criteria.clone(), after: None, count: 9 };
            let found = archivist::search(app, &actor, &search).await.unwrap().documents.len();
            let summed = archivist::summarise(app, &actor, criteria).await.unwrap().summary.groups.len();
            all.push((found, summed, archivist::read(app, &actor, &oid(id)).await.is_ok()));
        }
        all
    };
    let (it, nothing) = ((1, 1, true), (0, 0, false));
    assert_eq!((reached(CARD).await, reached(OTHER_CARD).await), (vec![it, nothing], vec![nothing, it]));
    let void = async |card: &str, id: &str| {
        let actor = holding(HUS, Position::Archivist, Some(card));
        archivist::invalidate(app, &actor, &oid(id), "of another client").await.map_err(|error| error.code)
    };
    let missing = Err(RefusalCode::DocumentNotFound);
    assert_eq!(void(CARD, &clients.id).await, missing);
    assert_eq!(void(OTHER_CARD, &patients.document_id).await, missing);
    assert_eq!(void(OTHER_CARD, &clients.id).await, Ok(()));
    // One person may look after both.
    on_record_for(test, HUS, (CARD, Service::SocialClientData)).await;
    assert_eq!(reached(CARD).await, [it, (1, 0, true)], "what is void is in no summary");
}

on_both!(documents_are_found_read_and_declared_void, at_the_desk);

async fn at_the_desk(database: Database) {
    let (test, signer) = opened(database).await;
    let app = &test.app;
    on_record(&test, HUS).await;
    on_record(&test, TK).await;
    open_to(&test, TK).await;
    let arja = holding(HUS, Position::Archivist, Some(CARD));
    let stranger = holding(TK, Position::Archivist, Some(CARD));
    let first = Variation::with_new_ids(70, 1).unwrap().signed_by(&signer, app.now()).unwrap();
    stored(&test, &first).await;
    let second = Variation::with_new_ids(71, 1).unwrap().replacing(&first.document_id, &first.document_id, 2);
    stored(&test, &second.signed_by(&signer, app.now()).unwrap()).await;
    let person = read_document_header(first.document()).unwrap().person;
    let search =
        Search { criteria: Criteria { person: Some(person.clone()), ..Criteria::default() }, after: None, count: 9 };
    assert_eq!(archivist::search(app, &arja, &search).await.unwrap().documents.len(), 2);
    assert_eq!(archivist::search(app, &stranger, &search).await.unwrap().documents.len(), 0);
    // At a glance: what is in force alone.
    let counted = async |actor| {
        let summary = archivist::summarise(app, actor, search.criteria.clone()).await.unwrap().summary;
        summary.groups.values().map(|span| span.count).sum::<u64>()
    };
    assert_eq!((counted(&arja).await, counted(&stranger).await), (1, 0));
    let nobody = archivist::summarise(app, &arja, Criteria::default()).await.unwrap_err();
    assert_eq!(nobody.code, RefusalCode::SearchTooWide);
    let id = oid(&first.document_id);
    let opened = archivist::read(app, &arja, &id).await.unwrap();
    assert_eq!(opened.listed.keeping.class.as_deref(), Some("2"), "how long it is to be kept, by its own word");
    assert_eq!(opened.body, first.document().as_bytes());
    let versions: Vec<_> = opened.versions.iter().map(|one| (one.version, one.standing)).collect();
    assert_eq!(versions, [(2, Standing::Newest), (1, Standing::Replaced)]);
    let foreign = |error: liitos_service::ServiceError| error.code;
    assert_eq!(
        archivist::read(app, &stranger, &id).await.map(drop).map_err(foreign),
        Err(RefusalCode::DocumentNotFound)
    );
    let by_stranger = archivist::invalidate(app, &stranger, &id, "x").await.map_err(foreign);
    assert_eq!(by_stranger, Err(RefusalCode::DocumentNotFound));
    assert_eq!(archivist::invalidate(app, &arja, &id, " ").await.map_err(foreign), Err(RefusalCode::FormInvalid));
    // The set is void, whichever of its versions is named; once.
    let tables = ["archive_document", "archive_invalidation", "archive_use"];
    crate::kills::survives(&test, &tables, async || archivist::invalidate(app, &arja, &id, "väärä asiakas").await)
        .await;
    assert_eq!(archivist::invalidate(app, &arja, &id, "again").await.map_err(foreign), Err(RefusalCode::Invalidated));
    let void = archivist::read(app, &arja, &id).await.unwrap();
    assert_eq!(void.void.unwrap().reason, "väärä asiakas");
    assert_eq!(void.versions[0].standing, Standing::Invalidated);
    // All of it is written down, and seen by the register's own archivist alone.
    let asked = UsesAsked { person: Some(person), ..UsesAsked::default() };
    let lines = archivist::uses(app, &arja, &asked).await.unwrap();
    let acts: Vec<_> = lines.iter().map(|line| line.told.act.code()).collect();
    assert_eq!(acts, ["fetched", "invalidated", "fetched", "searched", "searched", "replaced", "stored"]);
    assert!(lines.iter().take(5).all(|line| line.told.ground == Ground::Archivist && line.told.by == arja.reference));
    why_it_is_void_is_kept(&test, lines[1].told.more.as_deref()).await;
    let again =
        archivist::uses(app, &arja, &UsesAsked { before: Some(lines[4].number), ..asked.clone() }).await.unwrap();
    assert_eq!(again.len(), 2, "what comes after the page");
    let theirs = archivist::uses(app, &stranger, &asked).await.unwrap();
    assert!(theirs.iter().all(|line| line.told.controller.as_str() == "1.2.246.10.99999984.19.0"), "{theirs:?}");
}

/// Sealed by its hash, and given out with the register.
async fn why_it_is_void_is_kept(test: &TestApp, sealed: Option<&str>) {
    let hash = liitos_domain::Sha256Hash::of("väärä asiakas".as_bytes());
    assert_eq!(sealed.unwrap(), format!("reason sha256 {hash}"));
    let given = crate::given_out::files(&crate::given_out::package(test).await);
    let records = given.iter().filter(|(name, _)| name.starts_with("documents/") && name.ends_with(".json"));
    let said = records.filter(|(_, text)| String::from_utf8_lossy(text).contains("\"reason\":\"väärä asiakas\""));
    assert_eq!(said.count(), 1, "its newest version alone");
}

on_both!(after_a_merger_the_new_controllers_archivist_reads_and_sees_who_read, merged);

async fn merged(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    for organisation in [HUS, TK] {
        on_record(&two.test, organisation).await;
    }
    let [before, after] = [HUS, TK].map(|of| holding(of, Position::Archivist, Some(CARD)));
    let (document, first) = two.first(1).await;
    let id = oid(&document);
    archivist::read(app, &before, &id).await.unwrap();
    let code = async |actor: &Actor| archivist::read(app, actor, &id).await.map(drop).map_err(|error| error.code);
    assert_eq!(code(&after).await, Err(RefusalCode::DocumentNotFound));
    let number = two.switched(&two.order()).await;
    assert_eq!(code(&before).await, Err(RefusalCode::DocumentNotFound));
    let opened = archivist::read(app, &after, &id).await.unwrap();
    let header = read_document_header(std::str::from_utf8(&opened.body).unwrap()).unwrap();
    assert_eq!(header.active_custodian.as_deref(), Some(NEW), "as it is given to anybody");
    // Found at the one's desk, and no more at the other's.
    let person = read_document_header(first.document()).unwrap().person;
    let search =
        Search { criteria: Criteria { person: Some(person.clone()), ..Criteria::default() }, after: None, count: 9 };
    for (actor, expected) in [(&before, 0), (&after, 1)] {
        assert_eq!(archivist::search(app, actor, &search).await.unwrap().documents.len(), expected);
    }
    // Whoever has the document now sees all that was ever done with it; the other what was done in its time.
    let acts = async |actor: &Actor, asked: &UsesAsked| {
        let lines = archivist::uses(app, actor, asked).await.unwrap();
        lines.into_iter().map(|line| (line.told.act.code(), line.told.controller.to_string())).collect::<Vec<_>>()
    };
    let of = |acts: &[(&'static str, &str)]| acts.iter().map(|(act, of)| (*act, (*of).to_owned())).collect::<Vec<_>>();
    let of_document = UsesAsked { document: Some(id.clone()), ..UsesAsked::default() };
    let whole = [("fetched", NEW), ("fetched", OLD), ("stored", OLD)];
    assert_eq!(acts(&after, &of_document).await, of(&whole));
    assert_eq!(acts(&before, &of_document).await, of(&whole[1..]));
    // What the other does from then on, or whoever else types its number, is none of the one's affair.
    let third = holding(KOIVU, Position::Archivist, Some(CARD));
    on_record(&two.test, KOIVU).await;
    open_to(&two.test, KOIVU).await;
    assert_eq!(acts(&third, &of_document).await, []);
    let looked = [&[("log-read", NEW)], &whole[..]].concat();
    assert_eq!(acts(&after, &of_document).await, of(&looked));
    goes_back(&two, &number, (&before, &of_document), &looked).await;
}

/// With a reversal what was done meanwhile comes back with the document.
async fn goes_back(two: &Two, number: &str, (actor, asked): (&Actor, &UsesAsked), done: &[(&'static str, &str)]) {
    let app = &two.test.app;
    two.test.clock.advance(60);
    for person in [case_handler(), second_registrar()] {
        runs::reverse(app, &person, number, "wrong controller").await.unwrap();
    }
    two.test.clock.advance(60);
    let lines = archivist::uses(app, actor, asked).await.unwrap();
    let mut acts: Vec<_> = lines.iter().map(|line| (line.told.act.code(), line.told.controller.as_str())).collect();
    // Its own looking at the log meanwhile stands in its own register.
    acts.retain(|(act, of)| (*act, *of) != ("log-read", OLD));
    let meanwhile = [&[("log-read", NEW)], done].concat();
    assert_eq!(acts, meanwhile);
}

on_both!(the_new_controllers_archivist_alone_declares_void, void_after);

async fn void_after(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    for organisation in [HUS, TK] {
        on_record(&two.test, organisation).await;
    }
    let [before, after] = [HUS, TK].map(|of| holding(of, Position::Archivist, Some(CARD)));
    let id = oid(&two.first(1).await.0);
    two.switched(&two.order()).await;
    let void = async |actor: &Actor| archivist::invalidate(app, actor, &id, "väärä").await.map_err(|error| error.code);
    assert_eq!((void(&before).await, void(&after).await), (Err(RefusalCode::DocumentNotFound), Ok(())));
}
