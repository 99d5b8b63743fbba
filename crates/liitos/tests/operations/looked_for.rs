//! Documents are looked for, whoever looks is written down, and what was written down cannot be changed unseen.

use crate::archive::{HUS, door_of, open_to, opened};
use crate::on_both;
use liitos::made::Variation;
use liitos_documents::message::read_message;
use liitos_documents::read_document_header;
use liitos_domain::archive::{Act, Criteria, Family, Ground, Register, Search, Standing};
use liitos_domain::directory::{Effect, Tenant};
use liitos_domain::document::PersonRef;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_service::archive::{
    Door, StoredHow, fetch_document, link_to, linked, seal_uses, search_documents, store_document, use_log_head,
};
use liitos_service::directory::verify;
use liitos_store::archive::{LinesAsked, first_broken_seal, newest_seal, sealed_uses, uses};
use liitos_testkit::fault::change;
use liitos_testkit::{Database, TestApp};

const TK: &str = "1.2.246.10.99999984.10.0";
const CONTROLLER: &str = "1.2.246.537.10.15675350.19.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

async fn stored(test: &TestApp, door: &Door, variation: &Variation) -> Vec<RefusalCode> {
    stored_text(test, door, &variation.message().unwrap()).await
}

async fn stored_text(test: &TestApp, door: &Door, message: &str) -> Vec<RefusalCode> {
    match store_document(&test.app, door, message.as_bytes()).await.unwrap().how {
        StoredHow::Refused(findings) => findings.into_iter().map(|finding| finding.code).collect(),
        StoredHow::New | StoredHow::Again => Vec::new(),
    }
}

fn made(test: &TestApp, signer: &Issued, serial: u64, time: &str) -> Variation {
    Variation::with_new_ids(40, serial).unwrap().made_at(time).signed_by(signer, test.app.now()).unwrap()
}

/// The client of the sample message.
fn client() -> PersonRef {
    read_document_header(made_once()).unwrap().person
}

fn made_once() -> &'static str {
    include_str!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.decoded-cda.xml")
}

fn of_client(count: u64) -> Search {
    Search { criteria: Criteria { person: Some(client()), ..Criteria::default() }, after: None, count }
}

on_both!(pages_are_stable_while_others_write, paged);

async fn paged(database: Database) {
    let (test, signer) = opened(database).await;
    let (app, door) = (&test.app, door_of(HUS));
    let mut expected = Vec::new();
    for serial in 1..=7 {
        let variation = made(&test, &signer, serial, &format!("2026010{serial}120000"));
        assert_eq!(stored(&test, &door, &variation).await, []);
        expected.insert(0, variation.document_id.clone());
    }
    test.clock.advance(1);
    let mut search = of_client(3);
    let mut seen = Vec::new();
    for page in 1.. {
        let found = search_documents(app, &door, Service::PatientData, &search).await.unwrap();
        seen.extend(found.documents.iter().map(|one| one.listed.id.to_string()));
        test.clock.advance(1);
        // Newer and older ones come in between; neither moves a page.
        for (serial, time) in [(page * 10, "20261101120000"), (page * 10 + 1, "20250101120000")] {
            assert_eq!(stored(&test, &door, &made(&test, &signer, 100 + serial, time)).await, []);
        }
        let Some(next) = found.next else { break };
        // The link names the client to nobody but the archive.
        let link = link_to(app, HUS, &next).unwrap();
        assert!(!link.contains(&client().extension));
        search = linked(app, HUS, &link).unwrap();
        assert!(linked(app, TK, &link).is_err(), "it is nobody else's");
        assert_eq!(search, next);
    }
    assert_eq!(seen, expected);
    assert_eq!(linked(app, HUS, "AAAA").unwrap_err().code, RefusalCode::QueryNotUnderstood);
    let newest = search_documents(app, &door, Service::PatientData, &of_client(1)).await.unwrap();
    assert_ne!(newest.documents[0].listed.id.as_str(), seen[0], "a search of its own sees what came since");
}

on_both!(what_is_corrected_between_pages_is_on_one_of_them, corrected_between);

async fn corrected_between(database: Database) {
    let (test, signer) = opened(database).await;
    let (app, door) = (&test.app, door_of(HUS));
    let all: Vec<_> = (1..=4).map(|n| made(&test, &signer, n, &format!("2026010{n}120000"))).collect();
    for variation in &all {
        assert_eq!(stored(&test, &door, variation).await, []);
    }
    test.clock.advance(1);
    let current = Criteria { person: Some(client()), standings: vec![Standing::Newest], ..Criteria::default() };
    let search = Search { criteria: current.clone(), after: None, count: 2 };
    let page = search_documents(app, &door, Service::PatientData, &search).await.unwrap();
    test.clock.advance(1);
    // One of the second page is corrected, the other declared void.
    let id = |n: usize| all[n].document_id.clone();
    let correction = Variation::with_new_ids(44, 1).unwrap().replacing(&id(1), &id(1), 2);
    assert_eq!(stored(&test, &door, &correction.signed_by(&signer, app.now()).unwrap()).await, []);
    let void = Variation::with_new_ids(44, 2).unwrap().replacing(&id(0), &id(0), 2).invalidating();
    assert_eq!(stored(&test, &door, &void.signed_by(&signer, app.now()).unwrap()).await, []);
    let next = search_documents(app, &door, Service::PatientData, &page.next.unwrap()).await.unwrap();
    let told = |found: &liitos_service::archive::FoundDocuments| {
        found.documents.iter().map(|one| (one.listed.id.to_string(), one.listed.standing)).collect::<Vec<_>>()
    };
    assert_eq!(told(&next), [(id(1), Standing::Newest), (id(0), Standing::Newest)], "as it was when it was asked");
    assert!(next.next.is_none());
    let anew = search_documents(app, &door, Service::PatientData, &Search { count: 9, ..search }).await.unwrap();
    assert_eq!(anew.documents.len(), 3, "as it is");
    for standing in [Standing::Replaced, Standing::Invalidated] {
        let criteria = Criteria { standings: vec![standing], ..current.clone() };
        let search = Search { criteria, after: None, count: 9 };
        assert!(!search_documents(app, &door, Service::PatientData, &search).await.unwrap().documents.is_empty());
    }
}

on_both!(what_is_not_reached_leaves_no_trace, no_trace);

async fn no_trace(database: Database) {
    let (test, signer) = opened(database).await;
    open_to(&test, TK).await;
    let (app, door) = (&test.app, door_of(HUS));
    // Another's document of the same client, older than one's own.
    let theirs = Variation::with_new_ids(45, 1).unwrap().made_at("20250101120000");
    let theirs = theirs.from_organisation(TK).with_controller("1.2.246.10.99999984.19.0");
    let theirs = theirs.signed_by(&test.signer(TK), app.now()).unwrap();
    assert_eq!(stored(&test, &door_of(TK), &theirs).await, []);
    assert_eq!(stored(&test, &door, &made(&test, &signer, 1, "20260101120000")).await, []);
    for count in [0, 1] {
        let found = search_documents(app, &door, Service::PatientData, &of_client(count)).await.unwrap();
        assert_eq!((found.documents.len(), found.next), (1, None), "no next page tells of it");
    }
    // What follows it is answered as what follows nothing; and its id is not told to be taken by what is refused anyhow.
    let follows = async |older: &str, serial| {
        let variation = Variation::with_new_ids(46, serial).unwrap().replacing(older, older, 2);
        stored(&test, &door, &variation.signed_by(&signer, app.now()).unwrap()).await
    };
    assert_eq!(follows(&theirs.document_id, 1).await, follows("1.2.246.10.99999984.11.77.77", 2).await);
    let same_id = Variation::with_new_ids(45, 1).unwrap();
    let message_id = read_message(same_id.message().unwrap().as_bytes()).unwrap().envelope.message_id.to_string();
    let other_id = format!("{message_id}.9");
    let own = same_id.signed_by(&signer, app.now()).unwrap();
    let message = own.message().unwrap().replace(&message_id, &other_id);
    let refused = stored_text(&test, &door, &message).await;
    assert_eq!(refused, [RefusalCode::DocumentIdReused]);
    let wrongly = own.with_controller("1.2.246.10.99999984.19.0").message().unwrap().replace(&message_id, &other_id);
    let refused = stored_text(&test, &door, &wrongly).await;
    assert!(!refused.is_empty() && !refused.contains(&RefusalCode::DocumentIdReused), "{refused:?}");
    // A search that names no person is written down with whose documents it told of.
    let set = Criteria { set: Some(oid(&theirs.document_id)), ..Criteria::default() };
    let search = Search { criteria: set, after: None, count: 9 };
    search_documents(app, &door_of(TK), Service::PatientData, &search).await.unwrap();
    let controller = oid("1.2.246.10.99999984.19.0");
    let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
    let lines = uses(app.store.read(), asked, 1).await.unwrap();
    assert_eq!((lines[0].told.act, lines[0].told.more.as_deref()), (Act::Searched, Some("found=1")));
    assert_eq!(lines[0].told.person, Some(app_person(&test, &controller).await));
    assert_eq!(lines[0].told.document, Some(oid(&theirs.document_id)));
}

/// The digest of the client, as storing wrote it down.
async fn app_person(test: &TestApp, controller: &Oid) -> String {
    let asked = LinesAsked { controller: Some(controller), ..LinesAsked::default() };
    let lines = uses(test.app.store.read(), asked, 9).await.unwrap();
    lines.into_iter().find(|line| line.told.act == Act::Stored).unwrap().told.person.unwrap()
}

on_both!(each_fact_narrows_a_search, narrowed);

async fn narrowed(database: Database) {
    let (test, signer) = opened(database).await;
    open_to(&test, TK).await;
    let (app, door) = (&test.app, door_of(HUS));
    let first = made(&test, &signer, 1, "20260101120000");
    assert_eq!(stored(&test, &door, &first).await, []);
    let second = Variation::with_new_ids(41, 1).unwrap().replacing(&first.document_id, &first.document_id, 2);
    let second = second.made_at("20260201120000").signed_by(&signer, app.now()).unwrap();
    assert_eq!(stored(&test, &door, &second).await, []);
    let found = async |door: &Door, criteria: Criteria| {
        let search = Search { criteria, after: None, count: 50 };
        search_documents(app, door, Service::PatientData, &search)
            .await
            .map(|found| found.documents.into_iter().map(|one| one.listed.id.to_string()).collect::<Vec<_>>())
            .map_err(|error| error.code)
    };
    let of = || Criteria { person: Some(client()), ..Criteria::default() };
    let (one, two) = (first.document_id.clone(), second.document_id.clone());
    assert_eq!(found(&door, of()).await.unwrap(), [two.clone(), one.clone()]);
    let set = Criteria { set: Some(oid(&one)), ..Criteria::default() };
    assert_eq!(found(&door, set).await.unwrap().len(), 2);
    let document = Criteria { document: Some(oid(&two)), ..Criteria::default() };
    assert_eq!(found(&door, document).await.unwrap(), std::slice::from_ref(&two));
    let header = read_document_header(first.document()).unwrap();
    let event = Criteria { event: header.event.clone(), ..Criteria::default() };
    assert_eq!(found(&door, event).await.unwrap().len(), 2);
    let either = |id: &str| Criteria { either: Some(oid(id)), ..Criteria::default() };
    assert_eq!(found(&door, either(&one)).await.unwrap(), [two.clone(), one.clone()], "the set's id is its first's");
    assert_eq!(found(&door, either(&two)).await.unwrap(), std::slice::from_ref(&two));
    let later = Criteria { made_from: Some(liitos_domain::Moment::parse("2026-01-15").unwrap()), ..of() };
    assert_eq!(found(&door, later).await.unwrap(), std::slice::from_ref(&two));
    let sooner = Criteria { made_until: Some(liitos_domain::Moment::parse("2026-01-15").unwrap()), ..of() };
    assert_eq!(found(&door, sooner).await.unwrap(), std::slice::from_ref(&one));
    let current = Criteria { standings: vec![Standing::Newest], ..of() };
    assert_eq!(found(&door, current).await.unwrap(), std::slice::from_ref(&two));
    let older = Criteria { version: Some(1), ..of() };
    assert_eq!(found(&door, older).await.unwrap(), std::slice::from_ref(&one));
    let kinds = |kind: &str| Criteria { kinds: vec![kind.to_owned()], ..of() };
    assert_eq!(found(&door, kinds(header.kind.as_deref().unwrap())).await.unwrap().len(), 2);
    assert_eq!(found(&door, kinds("nothing")).await.unwrap(), [""; 0]);
    let task = Criteria { task: header.task.clone(), ..of() };
    assert_eq!(found(&door, task).await.unwrap().len(), 2);
    let register = |code: &str| {
        let register = Register { family: Family::Patient, code: code.to_owned() };
        Criteria { registers: vec![register], ..of() }
    };
    assert_eq!(found(&door, register(&header.register.code)).await.unwrap().len(), 2);
    assert_eq!(found(&door, register("99")).await.unwrap(), [""; 0]);
    let unit = |unit: Oid| Criteria { units: vec![unit], ..of() };
    assert_eq!(found(&door, unit(header.unit.clone().unwrap())).await.unwrap().len(), 2);
    assert_eq!(found(&door, unit(oid(HUS))).await.unwrap(), [""; 0]);
    // Nobody looks through a register, and nobody into another's.
    let wide = Criteria { units: vec![oid(HUS)], ..Criteria::default() };
    assert_eq!(found(&door, wide).await, Err(RefusalCode::SearchTooWide));
    assert_eq!(found(&door_of(TK), of()).await.unwrap(), [""; 0]);
    assert_eq!(
        search_documents(app, &door, Service::SocialClientData, &of_client(9)).await.unwrap_err().code,
        RefusalCode::NoRight
    );
}

on_both!(what_another_unit_adds_is_found_by_that_unit, of_another_unit);

async fn of_another_unit(database: Database) {
    const OTHER_UNIT: &str = "1.2.246.537.10.15675350.10.711";
    let (test, signer) = opened(database).await;
    let (app, door) = (&test.app, door_of(HUS));
    let first = made(&test, &signer, 1, "20260101120000");
    assert_eq!(stored(&test, &door, &first).await, []);
    let added = Variation::with_new_ids(48, 1).unwrap();
    let own = added.document_id.clone();
    let added = added.adding_to(&first.document_id, &own, 1).made_in(OTHER_UNIT).unbought();
    assert_eq!(stored(&test, &door, &added.signed_by(&signer, app.now()).unwrap()).await, []);
    let first_unit = read_document_header(first.document()).unwrap().unit.unwrap();
    for (unit, id) in [(oid(OTHER_UNIT), &own), (first_unit.clone(), &first.document_id)] {
        let criteria = Criteria { person: Some(client()), units: vec![unit.clone()], ..Criteria::default() };
        let search = Search { criteria, after: None, count: 9 };
        let found = search_documents(app, &door, Service::PatientData, &search).await.unwrap().documents;
        let facts: Vec<_> = found.into_iter().map(|one| one.facts(None)).collect();
        // It is told to be its, though its set is counted to the first one's.
        let told: Vec<_> = facts.iter().map(|one| (one.id.as_str(), &one.unit, &one.cell.unit)).collect();
        assert_eq!(told, [(id.as_str(), &unit, &first_unit)]);
    }
}

on_both!(whoever_reads_is_written_down, written_down);

async fn written_down(database: Database) {
    let (test, signer) = opened(database).await;
    let (app, door) = (&test.app, door_of(HUS));
    let variation = made(&test, &signer, 1, "20260101120000");
    assert_eq!(stored(&test, &door, &variation).await, []);
    assert!(seal_uses(app).await.unwrap() && !seal_uses(app).await.unwrap(), "what waits is sealed once");
    fetch_document(app, &door, Service::PatientData, &oid(&variation.document_id)).await.unwrap();
    search_documents(app, &door, Service::PatientData, &of_client(9)).await.unwrap();
    let (db, controller) = (app.store.read(), oid(CONTROLLER));
    let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
    let lines = uses(db, asked, 50).await.unwrap();
    let acts: Vec<_> = lines.iter().map(|line| (line.told.act, line.told.ground, line.seal)).collect();
    assert_eq!(
        acts,
        [(Act::Searched, Ground::Own, None), (Act::Fetched, Ground::Own, None), (Act::Stored, Ground::Own, Some(1))]
    );
    assert_eq!(lines[0].told.more.as_deref(), Some("found=1"));
    assert!(lines.iter().all(|line| line.told.person == lines[0].told.person && line.told.person.is_some()));
    assert!(!format!("{lines:?}").contains(&client().extension), "never an identity code");
    let id = oid(&variation.document_id);
    let with = LinesAsked { document: Some(&id), before: Some(lines[0].number), ..LinesAsked::default() };
    assert_eq!(uses(db, with, 50).await.unwrap().len(), 2);
    // Nothing is given out that cannot be written down.
    liitos_testkit::fault::break_table(&app.store, "archive_use").await;
    let refused = fetch_document(app, &door, Service::PatientData, &id).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::Internal);
    liitos_testkit::fault::mend_table(&app.store, "archive_use").await;
    sealed_whole(&test, &id).await;
}

/// Many at once share a transaction, and all are there; whatever is changed afterwards is seen.
async fn sealed_whole(test: &TestApp, id: &Oid) {
    let (app, db) = (&test.app, test.app.store.read());
    let reads: Vec<_> = (0..40)
        .map(|_| {
            let (app, id) = (test.app.clone(), id.clone());
            tokio::spawn(async move { fetch_document(&app, &door_of(HUS), Service::PatientData, &id).await.unwrap() })
        })
        .collect();
    for read in reads {
        read.await.unwrap();
    }
    assert!(seal_uses(app).await.unwrap());
    assert_eq!(sealed_uses(db, 2).await.unwrap().len(), 42);
    assert_eq!(newest_seal(db).await.unwrap().unwrap().number, 2);
    assert_eq!(first_broken_seal(db).await.unwrap(), None);
    let change = async |sql: &str| change(&app.store, sql).await;
    for (wrong, right, seal) in [
        (
            "UPDATE archive_use SET by_whom = 'x' WHERE use_key = 1",
            "UPDATE archive_use SET by_whom = '1.2.246.537.10.15675350.10.0.13.2' WHERE use_key = 1",
            1,
        ),
        (
            "UPDATE archive_use SET seal = NULL WHERE use_key = 2",
            "UPDATE archive_use SET seal = 2 WHERE use_key = 2",
            2,
        ),
        (
            "UPDATE archive_use_seal SET seal = 9 WHERE seal = 2",
            "UPDATE archive_use_seal SET seal = 2 WHERE seal = 9",
            2,
        ),
    ] {
        change(wrong).await;
        assert_eq!(first_broken_seal(db).await.unwrap(), Some(seal), "{wrong}");
        let broken = verify(&app.store, &[], &[]).await.unwrap().broken;
        assert!(broken.contains(&liitos_service::directory::Broken::Uses { seal }), "{broken:?}");
        change(right).await;
        assert_eq!(first_broken_seal(db).await.unwrap(), None, "{right}");
    }
    // Whoever holds the database makes all of it anew, and it fits; but not what somebody remembers.
    let remembered = use_log_head(app).await.unwrap();
    assert_eq!(verify(&app.store, &[], std::slice::from_ref(&remembered)).await.unwrap().broken, []);
    for sql in [
        "UPDATE archive_use SET seal = NULL",
        "DELETE FROM archive_use_seal",
        "DELETE FROM archive_use WHERE use_key = 1",
    ] {
        change(sql).await;
    }
    while seal_uses(app).await.unwrap() {}
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, []);
    let broken = verify(&app.store, &[], &[remembered]).await.unwrap().broken;
    assert_eq!(broken, [liitos_service::directory::Broken::Seal { seal: 2 }]);
}

on_both!(a_tenants_documents_are_its_own, tenants);

/// HUS is the host of TK, whose documents name it and are TK's alone.
async fn tenants(database: Database) {
    let (test, host) = opened(database).await;
    let app = &test.app;
    let effect = Effect {
        tenants_opened: vec![Tenant {
            host: oid(HUS),
            tenant: oid(TK),
            valid: liitos_domain::Interval::from(app.now()),
        }],
        ..Effect::default()
    };
    test.record(&effect).await;
    let for_tenant = Door { tenant: Some(oid(TK)), ..door_of(HUS) };
    let of_tenant = |serial| Variation::with_new_ids(42, serial).unwrap().with_controller("1.2.246.10.99999984.19.0");
    // By agreement with the host's signature, and it says in whose system it was made.
    let good = of_tenant(1).made_for_tenant_of(HUS).signed_by(&host, app.now()).unwrap();
    assert_eq!(stored(&test, &for_tenant, &good).await, []);
    // Or with the tenant's own.
    let own = of_tenant(2).made_for_tenant_of(HUS).signed_by(&test.signer(TK), app.now()).unwrap();
    assert_eq!(stored(&test, &for_tenant, &own).await, []);
    // A stranger's signature; no stamp; a stamp of another; a stamp where no tenant is named; the host's own register in the tenant's name.
    let foreign =
        of_tenant(3).made_for_tenant_of(HUS).signed_by(&test.signer("1.2.246.10.99999028.10.0"), app.now()).unwrap();
    assert_eq!(stored(&test, &for_tenant, &foreign).await, [RefusalCode::SignerForeign]);
    let unstamped = of_tenant(4).signed_by(&host, app.now()).unwrap();
    assert_eq!(stored(&test, &for_tenant, &unstamped).await, [RefusalCode::HostDisagrees]);
    let other = of_tenant(5).made_for_tenant_of("1.2.246.10.99999028.10.0").signed_by(&host, app.now()).unwrap();
    assert_eq!(stored(&test, &for_tenant, &other).await, [RefusalCode::HostDisagrees]);
    let unnamed = Variation::with_new_ids(42, 6).unwrap().made_for_tenant_of(HUS).signed_by(&host, app.now()).unwrap();
    assert_eq!(stored(&test, &door_of(HUS), &unnamed).await, [RefusalCode::HostDisagrees]);
    let hosts = Variation::with_new_ids(42, 7).unwrap().made_for_tenant_of(HUS).signed_by(&host, app.now()).unwrap();
    assert!(stored(&test, &for_tenant, &hosts).await.contains(&RefusalCode::ControllerForeign));
    // Each sees its own.
    let id = oid(&good.document_id);
    assert!(fetch_document(app, &for_tenant, Service::PatientData, &id).await.is_ok());
    let by_host = fetch_document(app, &door_of(HUS), Service::PatientData, &id).await.unwrap_err();
    assert_eq!(by_host.code, RefusalCode::DocumentNotFound);
    let seen = async |door: &Door| {
        search_documents(app, door, Service::PatientData, &of_client(9)).await.unwrap().documents.len()
    };
    assert_eq!((seen(&for_tenant).await, seen(&door_of(HUS)).await), (2, 0));
    let controller = oid("1.2.246.10.99999984.19.0");
    let asked = LinesAsked { controller: Some(&controller), ..LinesAsked::default() };
    let lines = uses(app.store.read(), asked, 50).await.unwrap();
    let all = lines.iter().all(|line| line.told.ground == Ground::Tenant && line.told.tenant == Some(oid(TK)));
    assert!(all && lines.len() == 4, "{lines:?}");
}

on_both!(an_independent_professionals_register_is_apart, professional);

/// An independent professional keeps a register of their own: joined by themselves, and in a company's system as its tenant.
async fn professional(database: Database) {
    const TERTTU: &str = "1.2.246.537.28.10000900001";
    let (test, company) = opened(database).await;
    open_to(&test, TERTTU).await;
    let app = &test.app;
    let own = door_of(TERTTU);
    let made = |serial| Variation::with_new_ids(47, serial).unwrap().with_controller(TERTTU);
    let first = made(1).from_organisation(TERTTU).signed_by(&test.signer(TERTTU), app.now()).unwrap();
    assert_eq!(stored(&test, &own, &first).await, []);
    let given = async |door: &Door, of: &Variation| {
        let given = fetch_document(app, door, Service::PatientData, &oid(&of.document_id)).await;
        given.map(|bytes| bytes == of.document().as_bytes()).map_err(|error| error.code)
    };
    assert_eq!(given(&own, &first).await, Ok(true));
    // The company in whose premises they work has no part in it, nor they in the company's.
    let missing = Err(RefusalCode::DocumentNotFound);
    assert_eq!(given(&door_of(HUS), &first).await, missing);
    let companys = Variation::with_new_ids(47, 2).unwrap().signed_by(&company, app.now()).unwrap();
    assert_eq!(stored(&test, &door_of(HUS), &companys).await, []);
    assert_eq!(given(&own, &companys).await, missing);
    let foreign = made(3).signed_by(&company, app.now()).unwrap();
    assert_eq!(stored(&test, &door_of(HUS), &foreign).await, [RefusalCode::ControllerForeign]);
    // As the company's tenant they are named with each message, and the register is theirs all the same.
    let tenant = Tenant { host: oid(HUS), tenant: oid(TERTTU), valid: liitos_domain::Interval::from(app.now()) };
    test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let as_tenant = Door { tenant: Some(oid(TERTTU)), ..door_of(HUS) };
    let second = made(4).made_for_tenant_of(HUS).signed_by(&company, app.now()).unwrap();
    assert_eq!(stored(&test, &as_tenant, &second).await, []);
    for (door, expected) in [(&as_tenant, Ok(true)), (&own, Ok(true)), (&door_of(HUS), missing)] {
        assert_eq!(given(door, &second).await, expected);
    }
    // It cannot move: neither to another, nor from another to it.
    use liitos_domain::archive::{Order, RunProblem};
    let order = |from: &str, to: &str| Order {
        from: oid(from),
        to: oid(to),
        scope: liitos_domain::archive::Scope::default(),
        kind: liitos_domain::archive::RunKind::Successor,
        run_at: app.now().plus_days(3).midnight(),
        priority: 0,
        before: 0,
        after: 0,
        apart: liitos_domain::archive::Apart::Accept,
        basis: "sopimus".into(),
    };
    for order in [order(TERTTU, CONTROLLER), order(CONTROLLER, TERTTU)] {
        let problems = liitos_service::controller_runs::problems(app, &order).await.unwrap();
        assert!(problems.contains(&RunProblem::Professional), "{problems:?}");
    }
}
