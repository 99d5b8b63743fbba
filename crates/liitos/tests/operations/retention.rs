//! How long documents are kept: what of it is known, and what the archivist finds when it is over.

use crate::archive::{HUS, door_of, open_to, opened};
use crate::archivists::{CARD, holding, on_record};
use crate::controller_runs::Two;
use crate::on_both;
use liitos::made::Variation;
use liitos_domain::archive::{Act, Criteria, Keeping, Search};
use liitos_domain::{Moment, Oid, Position, RefusalCode, Service};
use liitos_service::Actor;
use liitos_service::archive::{go_round_now, search_documents, store_document};
use liitos_service::archivist::{self, UsesAsked};
use liitos_store::archive::{self, NewDocument};
use liitos_testkit::{Database, TestApp};
use sea_orm::ConnectionTrait as _;
use std::collections::BTreeSet;

const TK: &str = "1.2.246.10.99999984.10.0";
/// Somebody of whom no identity code is known, and the day on which they were born.
const OLD_AGE: &str = "19050304";

fn arja() -> Actor {
    holding(HUS, Position::Archivist, Some(CARD))
}

/// A day on which all that is kept for somebody born in 1905 is still kept, and the first on which it is not.
fn days() -> [Moment; 2] {
    ["2025-12-31T23:59:59+02:00", "2026-01-01"].map(|day| Moment::parse(day).unwrap())
}

async fn store(test: &TestApp, one: &Variation) -> String {
    store_document(&test.app, &door_of(HUS), one.message().unwrap().as_bytes()).await.unwrap();
    one.document_id.clone()
}

/// What is over at a moment in an archivist's registers, as pages of so many.
async fn over(test: &TestApp, actor: &Actor, at: Moment, count: u64) -> Vec<String> {
    let criteria = Criteria { over_at: Some(at), ..Criteria::default() };
    let (mut found, mut next) = (Vec::new(), Some(Search { criteria, after: None, count }));
    while let Some(search) = next {
        let page = archivist::search(&test.app, actor, &search).await.unwrap();
        assert!(page.documents.len() as u64 <= count);
        found.extend(page.documents.iter().map(|one| one.listed.id.to_string()));
        next = page.next;
    }
    found
}

on_both!(what_is_over_is_found_without_a_name, found);

async fn found(database: Database) {
    let (test, signer) = opened(database).await;
    on_record(&test, HUS).await;
    on_record(&test, TK).await;
    open_to(&test, TK).await;
    let (made, at) = (|serial| Variation::with_new_ids(80, serial).unwrap(), test.app.now());
    let mut expected = Vec::new();
    for serial in 1..=3 {
        expected.push(store(&test, &made(serial).born_on(OLD_AGE).signed_by(&signer, at).unwrap()).await);
    }
    let younger = store(&test, &made(4).signed_by(&signer, at).unwrap()).await;
    // The later of what an identity code and the header's day say counts, and a class that nobody knows ends nothing.
    let (kept, code) =
        (made(5).born_on(OLD_AGE).of_person("010181-900C"), made(6).born_on("19000101").of_person("010105-900S"));
    store(&test, &kept.signed_by(&signer, at).unwrap()).await;
    expected.push(store(&test, &code.signed_by(&signer, at).unwrap()).await);
    let unknown = store(&test, &made(7).born_on(OLD_AGE).signed_by(&signer, at).unwrap()).await;
    let other = format!("UPDATE archive_document SET retention = '9' WHERE document_id = '{unknown}'");
    test.app.store.write().execute_unprepared(&other).await.unwrap();
    let [before, after] = days();
    assert_eq!(over(&test, &arja(), before, 50).await, [""; 0], "until the year is over");
    for count in [50, 3, 1] {
        let mut all = over(&test, &arja(), after, count).await;
        all.sort();
        assert_eq!(all, expected, "in pages of {count}");
    }
    let stranger = holding(TK, Position::Archivist, Some(CARD));
    assert_eq!(over(&test, &stranger, after, 50).await, [""; 0], "another's register");
    // Of one set alone, too.
    let id = |text: &str| Some(Oid::parse(text).unwrap());
    let of = async |set| {
        let criteria = Criteria { over_at: Some(after), set, ..Criteria::default() };
        let search = Search { criteria, after: None, count: 9 };
        archivist::search(&test.app, &arja(), &search).await.unwrap().documents.len()
    };
    assert_eq!((of(id(&younger)).await, of(id(&expected[0])).await), (0, 1));
    // Whose documents were shown finds in the log that nobody was named; whose were not finds nothing.
    let lines = archivist::uses(&test.app, &arja(), &UsesAsked::default()).await.unwrap();
    let searched: Vec<_> = lines.iter().filter(|line| line.told.act == Act::Searched).collect();
    let over = format!(" over_at={after}");
    assert!(searched.iter().all(|line| line.told.more.as_deref().is_some_and(|more| more.contains(" over_at="))));
    let mut persons = BTreeSet::new();
    for one in &expected {
        let one = archive::find(test.app.store.read(), &Oid::parse(one).unwrap()).await.unwrap().unwrap();
        persons.insert(one.person);
    }
    let told = searched.iter().filter(|line| line.told.more.as_deref().is_some_and(|more| more.ends_with(&over)));
    let told: BTreeSet<String> = told.filter_map(|line| line.told.person.clone()).collect();
    assert_eq!((told.len(), told), (2, persons));
    let read = archivist::read(&test.app, &arja(), &Oid::parse(&younger).unwrap()).await.unwrap().listed.keeping;
    assert_eq!(read, Keeping { class: Some("2".into()), born: Some(2000), until: None });
    // At the doors nobody asks so.
    let criteria = Criteria { over_at: Some(after), ..Criteria::default() };
    let search = Search { criteria, after: None, count: 9 };
    let refused = search_documents(&test.app, &door_of(HUS), Service::PatientData, &search).await.unwrap_err();
    assert_eq!((refused.code, &*refused.place), (RefusalCode::SearchTooWide, "over_at"));
}

on_both!(a_day_of_its_own_makes_it_longer, longer);

async fn longer(database: Database) {
    let (test, signer) = opened(database).await;
    on_record(&test, HUS).await;
    let made = Variation::with_new_ids(83, 1).unwrap().born_on(OLD_AGE).kept_until("20301231");
    let id = store(&test, &made.signed_by(&signer, test.app.now()).unwrap()).await;
    let at = |day| Moment::parse(day).unwrap();
    assert_eq!(over(&test, &arja(), at("2030-12-31"), 9).await, [""; 0]);
    assert_eq!(over(&test, &arja(), at("2031-01-01"), 9).await, [id]);
}

on_both!(a_page_ends_though_all_that_is_over_is_anothers, ended);

/// Of a thousand documents that came by the one who looks nothing is theirs any more: how far is read for one page has an end, and the pages go on.
async fn ended(database: Database) {
    let two = Two::start(database).await;
    on_record(&two.test, HUS).await;
    let (db, at) = (two.test.app.store.read(), two.test.app.now());
    let first = Variation::with_new_ids(84, 1).unwrap().born_on(OLD_AGE).signed_by(&two.old, at).unwrap();
    let id = Oid::parse(&store(&two.test, &first).await).unwrap();
    let (kept, sealed) = archive::find_whole(db, &id).await.unwrap().0.unwrap();
    let keeping = Keeping { class: Some("2".into()), born: Some(1905), until: None };
    let ids: Vec<Oid> = (0..1_000).map(|n| Oid::parse(&format!("1.2.246.10.84.11.{n}")).unwrap()).collect();
    let tx = two.test.app.store.begin().await.unwrap();
    let cell = archive::cell(&tx, &kept.cell, &kept.controller).await.unwrap();
    let row = |id| NewDocument {
        id,
        set_id: id,
        version: 1,
        made_in: None,
        cell,
        controller: &kept.controller,
        active: &kept.controller,
        person: &kept.person,
        temporary: false,
        banned: false,
        kind: None,
        task: None,
        keeping: &keeping,
        event: None,
        added_to: None,
        unfinished: false,
        event_open: false,
        made_at: kept.made_at,
        stored_at: at,
        joiner: &kept.joiner,
        tenant: None,
        access_point: "1.2.246.10.84",
        message_id: id,
        policy: "strict",
        signer: kept.hash,
        signature: None,
        signed_at: at,
        media_type: "application/xml",
        hash: kept.hash,
        size: 1,
        sealed: &sealed,
    };
    for some in ids.chunks(100) {
        archive::insert(&tx, &some.iter().map(row).collect::<Vec<_>>()).await.unwrap();
    }
    tx.commit().await.unwrap();
    let [_, after] = days();
    assert_eq!(over(&two.test, &arja(), after, 200).await.len(), 1_001);
    two.switched(&two.order()).await;
    let criteria = Criteria { over_at: Some(after), ..Criteria::default() };
    let (mut next, mut pages) = (Some(Search { criteria, after: None, count: 1 }), 0);
    while let Some(search) = next {
        let page = archivist::search(&two.test.app, &arja(), &search).await.unwrap();
        assert!(page.documents.is_empty());
        (next, pages) = (page.next, pages + 1);
    }
    assert_eq!(pages, 2);
}

on_both!(the_round_reads_when_the_person_of_a_document_of_before_was_born, completed);

/// What an older program stored: its row says nothing of a birth.
async fn completed(database: Database) {
    let (test, signer) = opened(database).await;
    on_record(&test, HUS).await;
    let made = Variation::with_new_ids(81, 1).unwrap().born_on(OLD_AGE);
    let id = store(&test, &made.signed_by(&signer, test.app.now()).unwrap()).await;
    let before = "UPDATE archive_document SET born = NULL, retention = NULL";
    test.app.store.write().execute_unprepared(before).await.unwrap();
    let [_, after] = days();
    assert_eq!(over(&test, &arja(), after, 9).await, [""; 0], "of whom nothing is known");
    let round = go_round_now(&test.app, |_| ()).await.unwrap();
    assert_eq!((round.looked, round.damaged), (1, 0));
    assert_eq!(over(&test, &arja(), after, 9).await, [id]);
}

on_both!(what_is_over_goes_with_a_run, moved);

async fn moved(database: Database) {
    let two = Two::start(database).await;
    on_record(&two.test, HUS).await;
    on_record(&two.test, TK).await;
    let made = Variation::with_new_ids(82, 1).unwrap().born_on(OLD_AGE);
    let id = store(&two.test, &made.signed_by(&two.old, two.test.app.now()).unwrap()).await;
    let (taker, [_, after]) = (holding(TK, Position::Archivist, Some(CARD)), days());
    two.switched(&two.order()).await;
    for carried in [false, true] {
        if carried {
            two.carried().await;
        }
        assert_eq!(over(&two.test, &arja(), after, 9).await, [""; 0], "carried: {carried}");
        assert_eq!(over(&two.test, &taker, after, 9).await, [&*id], "carried: {carried}");
    }
}
