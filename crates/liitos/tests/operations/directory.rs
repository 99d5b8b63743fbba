//! Two clocks, orders, and snapshots.

use crate::applications::{LEPOLA, filled_in};
use crate::on_both;
use liitos_domain::directory::{Basis, Order, Organiser, Request};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_service::applications;
use liitos_service::directory::publication::{current, newer_than};
use liitos_service::directory::{decide_at, overview, proposal};
use liitos_store::audit;
use liitos_testkit::{Database, TestApp, case_handler, close_by_two, member_of};
use std::time::Duration;

on_both!(who_was_allowed_and_what_did_we_believe, two_clocks);

async fn two_clocks(database: Database) {
    let test = TestApp::start(database).await;
    let (actor, staff) = (member_of(LEPOLA), case_handler());
    let before = test.app.now();
    test.clock.advance(3600);
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(&test.app, &actor, &number, Default::default()).await.unwrap();
    let (_, _, effected) = applications::decision_view(&test.app, &staff, &number, &Default::default()).await.unwrap();
    applications::approve(&test.app, &staff, &number, &effected.unwrap().hash, &Default::default()).await.unwrap();
    let opened = test.app.now();
    test.clock.advance(3600);
    let (point, joiner) = (AccessPointOid::parse(&format!("{LEPOLA}.13.1")).unwrap(), Oid::parse(LEPOLA).unwrap());
    let unit = Oid::parse("1.2.246.10.99999036.10.1").unwrap();
    assert_eq!(
        proposal::propose_close(&test.app, &actor, (&joiner, Service::PatientData, &point), "x")
            .await
            .unwrap_err()
            .code,
        RefusalCode::NotAllowed
    );
    close_by_two(&test.app, &joiner, Service::PatientData, &point).await.unwrap();
    let again = close_by_two(&test.app, &joiner, Service::PatientData, &point).await.unwrap_err();
    assert_eq!(again.code, RefusalCode::StateForbids);
    let closed = test.app.now();

    let request = Request {
        access_point: &point,
        certificate: None,
        source: None,
        service: Service::PatientData,
        operation: Operation::Write,
        joiner: &unit,
        unit: None,
        tenant: None,
        system: None,
        organiser: Organiser::Nobody,
    };
    let ask = async |at, known_at| decide_at(&test.app, &request, at, known_at).await.unwrap().decision.code();
    assert_eq!(ask(before, closed).await, Some(RefusalCode::AccessPointNotOpen), "before the opening");
    assert_eq!(ask(opened, closed).await, None, "a service unit of the joiner, at a time the right held");
    assert_eq!(ask(closed, closed).await, Some(RefusalCode::RightEnded));
    assert_eq!(ask(closed, opened).await, None, "as believed before the closing");
    assert_eq!(ask(opened, before).await, Some(RefusalCode::AccessPointUnknown), "as believed before the opening");
    let changes = overview(&test.app, &staff, "").await.unwrap().changes;
    assert_eq!(changes[0].origin.basis, Basis::Order(Order::Closing));
    assert_eq!(changes[1].origin.basis, Basis::Application(number.clone()));
}

on_both!(snapshots_tell_of_changes, snapshots);

async fn snapshots(database: Database) {
    let test = TestApp::start(database).await;
    let first = current(&test.app).await.unwrap();
    let known = (first.snapshot.version(), first.snapshot.issued_at());
    assert!(newer_than(&test.app, Some(known), Duration::from_millis(50)).await.unwrap().is_none(), "nothing new");
    let verifier = test.app.publication.verifier();
    assert!(verifier.open(&first.sealed(&test.app).await.unwrap()).is_ok());
    let waiting = {
        let app = test.app.clone();
        tokio::spawn(async move { newer_than(&app, Some(known), Duration::from_secs(10)).await })
    };
    let (actor, staff) = (member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(&test.app, &actor, &number, Default::default()).await.unwrap();
    let (_, _, effected) = applications::decision_view(&test.app, &staff, &number, &Default::default()).await.unwrap();
    applications::approve(&test.app, &staff, &number, &effected.unwrap().hash, &Default::default()).await.unwrap();
    let next = waiting.await.unwrap().unwrap().expect("the waiting gateway is told");
    assert!(next.snapshot.version() > known.0);
    assert_eq!(next.snapshot.rights(), 1);
    test.clock.advance(3601);
    let known = (next.snapshot.version(), next.snapshot.issued_at());
    let renewed =
        newer_than(&test.app, Some(known), Duration::from_secs(10)).await.unwrap().expect("issued anew after an hour");
    assert_eq!(renewed.snapshot.version(), known.0);
}

on_both!(a_changed_past_is_noticed, tampered);

async fn tampered(database: Database) {
    use sea_orm::ConnectionTrait as _;
    let test = TestApp::start(database).await;
    let db = test.app.store.write();
    assert_eq!(audit::first_break(test.app.store.read()).await.unwrap(), None);
    let events = audit::newest(test.app.store.read(), 100).await.unwrap();
    assert!(events.len() >= 6, "each import is an event");
    db.execute_unprepared("UPDATE audit_event SET actor = 'somebody else' WHERE sequence = 3").await.unwrap();
    assert_eq!(audit::first_break(test.app.store.read()).await.unwrap(), Some(3));
    db.execute_unprepared("UPDATE audit_event SET actor = 'sandbox' WHERE sequence = 3").await.unwrap();
    assert_eq!(audit::first_break(test.app.store.read()).await.unwrap(), None);
    db.execute_unprepared("DELETE FROM audit_event WHERE sequence = 2").await.unwrap();
    assert_eq!(audit::first_break(test.app.store.read()).await.unwrap(), Some(2));
}
