//! How long documents are kept: what of it is known, and what the archivist finds when it is over.

use crate::archive::{HUS, door_of, opened};
use crate::archivists::{CARD, holding, on_record};
use crate::controller_runs::Two;
use crate::on_both;
use liitos::made::Variation;
use liitos_domain::archive::{Act, Criteria, Search};
use liitos_domain::{Moment, Oid, Position};
use liitos_service::Actor;
use liitos_service::archive::{go_round_now, store_document};
use liitos_service::archivist::{self, UsesAsked};
use liitos_testkit::{Database, TestApp};
use sea_orm::ConnectionTrait as _;

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
    // Looked for with a name, too, it is that person's alone.
    let id = |text: &str| Some(Oid::parse(text).unwrap());
    let mut criteria = Criteria { over_at: Some(after), set: id(&younger), ..Criteria::default() };
    let search = async |criteria| {
        archivist::search(&test.app, &arja(), &Search { criteria, after: None, count: 9 })
            .await
            .unwrap()
            .documents
            .len()
    };
    assert_eq!(search(criteria.clone()).await, 0);
    criteria.set = id(&expected[0]);
    assert_eq!(search(criteria).await, 1);
    // Each whose documents were shown finds it in the log.
    let asked = UsesAsked { document: None, ..UsesAsked::default() };
    let lines = archivist::uses(&test.app, &arja(), &asked).await.unwrap();
    let told = lines.iter().filter(|line| line.told.act == Act::Searched && line.told.person.is_some());
    assert!(told.clone().all(|line| line.told.more.as_deref().is_some_and(|more| more.starts_with("found="))));
    assert!(told.count() > 0);
    let read = archivist::read(&test.app, &arja(), &Oid::parse(&younger).unwrap()).await.unwrap().listed;
    assert_eq!((read.retention.as_deref(), read.born), (Some("2"), Some(2000)));
}

on_both!(the_round_reads_when_the_person_of_a_document_of_before_was_born, completed);

/// What an older program stored: its row says nothing of a birth.
async fn completed(database: Database) {
    let (test, signer) = opened(database).await;
    on_record(&test, HUS).await;
    let made = Variation::with_new_ids(81, 1).unwrap().born_on(OLD_AGE);
    let id = store(&test, &made.signed_by(&signer, test.app.now()).unwrap()).await;
    test.app.store.write().execute_unprepared("UPDATE archive_document SET born = NULL").await.unwrap();
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
