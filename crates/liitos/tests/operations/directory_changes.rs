//! Closings, ways back, and the log that nobody can rewrite unseen.

use crate::archive::{HUS, opened};
use crate::on_both;
use liitos_domain::directory::{
    Basis, Closing, CollectionPoint, Effect, Order, Organiser, ProposalState, Request, Right, SeenCall, Snapshot,
    Stage, Tenant, Verdict, decide,
};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::Operation;
use liitos_domain::transparency::{Head, consistent, included};
use liitos_domain::{Interval, Oid, RefusalCode, Service, Sha256Hash};
use liitos_service::directory::publication;
use liitos_service::directory::shut::{closings, lift, shut};
use liitos_service::directory::{Broken, Overview, Wish, decide_now, log, overview, proposal, verify, would};
use liitos_service::notices;
use liitos_store::directory as stored;
use liitos_testkit::{Database, TestApp, case_handler, close_by_two, member_of, second_registrar};
use sea_orm::ConnectionTrait as _;

/// Another of the operator's registrars.
async fn answer(test: &TestApp, operation: Operation) -> Verdict {
    let point = AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap();
    let joiner = Oid::parse(HUS).unwrap();
    let request = Request {
        access_point: &point,
        certificate: None,
        source: None,
        service: Service::PatientData,
        operation,
        joiner: &joiner,
        unit: None,
        tenant: None,
        system: None,
        organiser: Organiser::Nobody,
    };
    decide_now(&test.app, &request).await.unwrap().verdict
}

on_both!(a_closing_wins_until_it_is_lifted, closing);

async fn closing(database: Database) {
    let (test, _) = opened(database).await;
    let (app, staff, joiner) = (&test.app, case_handler(), member_of(HUS));
    let everything = Closing::everything(Stage::ReadOnly, Interval::new(app.now(), Some(app.now().plus_days(1))));
    let read_only =
        Closing { service: Some(Service::PatientData), reason: "the archive moves".into(), ..everything.clone() };
    assert_eq!(shut(app, &joiner, read_only.clone()).await.unwrap_err().code, RefusalCode::NotAllowed);
    assert_eq!(shut(app, &staff, everything.clone()).await.unwrap_err().place, "reason");
    shut(app, &staff, read_only.clone()).await.unwrap();
    assert_eq!(answer(&test, Operation::Write).await, Verdict::Refused(RefusalCode::ClosedForNow));
    assert_eq!(answer(&test, Operation::Read).await, Verdict::Permitted);
    assert_eq!(shut(app, &staff, read_only).await.unwrap_err().code, RefusalCode::EffectChanged, "the same twice");

    // Who is named is told, and whose right is shut out.
    let banned = Closing {
        joiner: Some(Oid::parse(HUS).unwrap()),
        stage: Stage::Closed,
        reason: "banned".into(),
        valid: Interval::new(app.now(), Some(app.now().plus_seconds(3600))),
        ..everything.clone()
    };
    shut(app, &staff, banned).await.unwrap();
    assert_eq!(answer(&test, Operation::Read).await, Verdict::Refused(RefusalCode::ClosedForNow));
    notices::tell_of_closings(app).await.unwrap();
    assert_eq!(notices::own(app, &joiner).await.unwrap().len(), 2, "by its right, and by its name");
    test.clock.advance(3600);
    assert_eq!(answer(&test, Operation::Read).await, Verdict::Permitted, "it ends by itself");
    let held = closings(app, &staff).await.unwrap();
    assert_eq!(held.len(), 1);
    let hash = Sha256Hash::of_canonical(&held[0]).unwrap();
    assert_eq!(lift(app, &joiner, &hash, "x").await.unwrap_err().code, RefusalCode::NotAllowed);
    lift(app, &staff, &hash, "it has moved").await.unwrap();
    assert_eq!(answer(&test, Operation::Write).await, Verdict::Permitted);
    assert_eq!(lift(app, &staff, &hash, "x").await.unwrap_err().code, RefusalCode::StateForbids);
    let unknown = Closing { joiner: Some(Oid::parse("1.2.246.10.7.10.0").unwrap()), reason: "x".into(), ..everything };
    assert_eq!(shut(app, &staff, unknown).await.unwrap_err().code, RefusalCode::EffectChanged, "nobody of that name");
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, []);
}

on_both!(the_way_back_is_approved_by_somebody_else, way_back);

async fn way_back(database: Database) {
    let (test, _) = opened(database).await;
    let (app, staff, other) = (&test.app, case_handler(), second_registrar());
    let before = overview(app, &staff, "").await.unwrap().version;
    let (joiner, point) = (Oid::parse(HUS).unwrap(), AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap());
    test.clock.advance(60);
    close_by_two(app, &joiner, Service::PatientData, &point).await.unwrap();
    assert_eq!(answer(&test, Operation::Read).await, Verdict::Refused(RefusalCode::RightEnded));
    // Whose right it was asks for itself why, and since when; nobody asks for others.
    let closed = app.now();
    let wish = Wish {
        service: Service::PatientData,
        access_point: point.clone(),
        operation: Operation::Read,
        unit: None,
        tenant: None,
        organiser: None,
        at: None,
    };
    let explained = would(app, &member_of(HUS), &wish).await.unwrap().decision;
    let last = explained.facts.last().unwrap();
    assert_eq!((explained.code(), last.what, last.at), (Some(RefusalCode::RightEnded), "right", Some(closed)));
    let before_that = Wish { at: Some(closed.plus_seconds(-1)), ..wish.clone() };
    assert!(would(app, &member_of(HUS), &before_that).await.unwrap().decision.permitted());
    assert_eq!(would(app, &staff, &wish).await.unwrap_err().code, RefusalCode::NotAllowed);
    test.clock.advance(60);
    for (version, reason, wrong) in [(before, " ", "reason"), (before + 5, "x", "version")] {
        assert_eq!(proposal::propose_return(app, &staff, version, reason, None).await.unwrap_err().place, wrong);
    }
    let number = proposal::propose_return(app, &staff, before, "closed by mistake", None).await.unwrap();
    let (looked, _) = proposal::look(app, &staff, number).await.unwrap();
    let proof = looked.outcome.unwrap();
    assert_eq!(proof.joiners.keys().collect::<Vec<_>>(), [&joiner], "whose answers turn");
    assert_eq!(proof.turned[0].before, Verdict::Refused(RefusalCode::RightEnded));
    assert_eq!(proof.turned[0].after, Verdict::Permitted);

    // Its author may not approve it, nor may anybody approve what was not shown.
    assert_eq!(proposal::approve(app, &staff, number, &looked.hash).await.unwrap_err().code, RefusalCode::NotAllowed);
    let entered = proposal::approve(app, &other, number, &looked.hash).await.unwrap();
    assert_eq!(answer(&test, Operation::Read).await, Verdict::Permitted);
    let Overview { version, changes, .. } = overview(app, &staff, "").await.unwrap();
    assert_eq!((entered, &changes[0].origin.basis), (Some(version), &Basis::Order(Order::Return)));
    assert_eq!(
        (changes[0].origin.author.as_str(), changes[0].origin.approver.as_str()),
        (staff.reference.as_str(), other.reference.as_str())
    );
    assert_eq!(proposal::approve(app, &other, number, &looked.hash).await.unwrap_err().code, RefusalCode::StateForbids);

    // One whose base has changed in effect is refused and returned; one whose base has changed elsewhere is not.
    close_by_two(app, &joiner, Service::PatientData, &point).await.unwrap();
    test.clock.advance(60);
    let [stale, fresh] = [(), ()].map(|()| proposal::propose_return(app, &staff, version, "again", None));
    let (stale, fresh) = (stale.await.unwrap(), fresh.await.unwrap());
    let (shown, shown_too) = (
        proposal::look(app, &other, stale).await.unwrap().0.hash,
        proposal::look(app, &other, fresh).await.unwrap().0.hash,
    );
    assert_eq!(shown, shown_too, "the same effect that does the same");
    proposal::approve(app, &other, fresh, &shown_too).await.unwrap();
    assert_eq!(proposal::approve(app, &other, stale, &shown).await.unwrap_err().code, RefusalCode::EffectChanged);
    let state = |all: &[stored::proposals::Proposal], number| all.iter().find(|p| p.number == number).unwrap().state;
    let all = proposal::list(app, &staff).await.unwrap();
    assert_eq!((state(&all, stale), state(&all, fresh)), (ProposalState::Returned, ProposalState::Entered));
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, []);
}

on_both!(a_scheduled_change_enters_at_its_moment, scheduled);

async fn scheduled(database: Database) {
    let (test, _) = opened(database).await;
    let (app, staff, other) = (&test.app, case_handler(), second_registrar());
    let version = overview(app, &staff, "").await.unwrap().version;
    let (joiner, point) = (Oid::parse(HUS).unwrap(), AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap());
    test.clock.advance(60);
    close_by_two(app, &joiner, Service::PatientData, &point).await.unwrap();
    let at = app.now().plus_seconds(600);
    let made = async || {
        let number = proposal::propose_return(app, &staff, version, "at ten", Some(at)).await.unwrap();
        let shown = proposal::look(app, &other, number).await.unwrap().0.hash;
        assert_eq!(proposal::approve(app, &other, number, &shown).await.unwrap(), None, "it waits");
        number
    };
    let (first, dropped, second) = (made().await, made().await, made().await);
    proposal::withdraw(app, &staff, dropped).await.unwrap();
    assert_eq!(proposal::enter_due(app).await.unwrap(), 0, "its moment has not come");
    test.clock.advance(600);
    assert_eq!(proposal::enter_due(app).await.unwrap(), 1);
    assert_eq!(answer(&test, Operation::Read).await, Verdict::Permitted);
    let all = proposal::list(app, &staff).await.unwrap();
    let states: Vec<_> = [first, dropped, second].map(|n| all.iter().find(|p| p.number == n).unwrap().state).into();
    assert_eq!(states, [ProposalState::Entered, ProposalState::Dropped, ProposalState::Returned]);
    assert_eq!(proposal::withdraw(app, &staff, first).await.unwrap_err().code, RefusalCode::StateForbids);
    let audited: Vec<String> = liitos_store::audit::newest(app.store.read(), 20)
        .await
        .unwrap()
        .into_iter()
        .map(|event| event.action)
        .collect();
    for action in ["proposal.made", "proposal.approved", "proposal.entered", "proposal.dropped", "proposal.returned"] {
        assert!(audited.iter().any(|other| other == action), "{action}");
    }
}

/// A call of the joiner that passed.
fn seen(service: Service, at: liitos_domain::Moment) -> SeenCall {
    SeenCall {
        at,
        decision: Some(format!("TEST-{service}")),
        certificate: Sha256Hash::of(b"certificate"),
        access_point: AccessPointOid::parse(&format!("{HUS}.13.2")).ok(),
        source: None,
        represented: Oid::parse(HUS).ok(),
        joiner: Oid::parse(HUS).ok(),
        service: Some(service),
        operation: Some(Operation::Write),
        refused: None,
        place: "200".into(),
        version: None,
        stands_for: 1,
        system: None,
        message: None,
        behind: Vec::new(),
    }
}

on_both!(a_change_by_hand_is_looked_at_and_replayed, by_hand);

async fn by_hand(database: Database) {
    let (test, _) = opened(database).await;
    let (app, staff, other) = (&test.app, case_handler(), second_registrar());
    test.clock.advance(60);
    let calls = [Service::PatientData, Service::ImagingData].map(|service| seen(service, app.now()));
    liitos_service::directory::calls::take(app, &Sha256Hash::of(b"gateway"), &calls).await.unwrap();
    let rows = overview(app, &staff, "").await.unwrap().rows;
    let ended = serde_json::to_value((&rows.rights[0], app.now())).unwrap();
    let text = serde_json::json!({
        "rights_closed": [ended],
        "collection_points_opened": [{
            "administrator": HUS, "name": "North", "country": "FI", "addresses": ["192.0.2.9"],
            "access_points": [format!("{HUS}.13.2")], "from": "2026-01-01",
        }],
        "tenants_opened": [{ "host": HUS, "tenant": "1.2.246.10.99999036.10.0", "from": "2026-01-01" }],
    });
    let effect = Effect::by_hand(&text.to_string()).unwrap();
    let propose = |effect: Effect| proposal::propose_by_hand(app, &staff, effect, "moved by hand", None);
    assert_eq!(propose(Effect::default()).await.unwrap_err().place, "effect");
    let anew = Right { grandfathered: true, valid: Interval::from(app.now()), ..rows.rights[0].clone() };
    let anew = Effect {
        rights_closed: effect.rights_closed.clone(),
        rights_opened: vec![Right { service: Service::Prescription, ..anew.clone() }],
        ..Effect::default()
    };
    assert_eq!(propose(anew.clone()).await.unwrap_err().code, RefusalCode::EffectChanged, "none is granted any more");
    let mut old = anew;
    old.rights_opened[0].valid = Interval::from(liitos_domain::Moment::parse("2021-06-01").unwrap());
    assert!(propose(old).await.is_ok(), "one agreed on before is recorded");
    let number = propose(effect).await.unwrap();
    let (looked, replay) = proposal::look(app, &other, number).await.unwrap();
    assert!(looked.outcome.is_ok());
    assert_eq!((replay.asked, replay.turned.len()), (2, 1), "{replay:?}");
    assert_eq!(replay.turned[0].after, Verdict::Refused(RefusalCode::RightEnded));
    proposal::approve(app, &other, number, &looked.hash).await.unwrap();
    let Overview { version, changes, .. } = overview(app, &staff, "").await.unwrap();
    let after = liitos_store::directory::rows(app.store.read(), version).await.unwrap();
    assert_eq!((after.collection_points.len(), after.tenants.len()), (1, 1));
    assert_eq!(changes[0].origin.basis, Basis::Order(Order::ByHand));
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, []);
    // Back again: it ends like everything else.
    test.clock.advance(60);
    let back = proposal::propose_return(app, &staff, changes[0].version - 1, "back", None).await.unwrap();
    let (looked, _) = proposal::look(app, &other, back).await.unwrap();
    proposal::approve(app, &other, back, &looked.hash).await.unwrap();
    let after = overview(app, &staff, "").await.unwrap().rows;
    assert!(after.collection_points[0].valid.ended(app.now()), "{after:?}");
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, []);
}

fn collecting(from: liitos_domain::Moment) -> CollectionPoint {
    CollectionPoint {
        administrator: Oid::parse(HUS).unwrap(),
        name: "North".into(),
        country: "FI".into(),
        addresses: vec!["192.0.2.9".parse().unwrap()],
        access_points: vec![],
        proxy_header: false,
        valid: Interval::from(from),
    }
}

on_both!(the_database_itself_refuses_what_contradicts, constraints);

async fn constraints(database: Database) {
    let (test, _) = opened(database).await;
    let db = test.app.store.write();
    let copy = |table: &str, columns: &str| {
        format!(
            "INSERT INTO {table} ({columns}body, since_version, same, valid_from, valid_until) \
                 SELECT {columns}body, since_version, same, valid_from, valid_until FROM {table}"
        )
    };
    let tenant = Effect {
        tenants_opened: vec![Tenant {
            host: Oid::parse(HUS).unwrap(),
            tenant: Oid::parse("1.2.246.10.99999036.10.0").unwrap(),
            valid: Interval::from(test.app.now()),
        }],
        collection_points_opened: vec![collecting(test.app.now())],
        ..Effect::default()
    };
    let tx = test.app.store.begin().await.unwrap();
    let origin = stored::Origin { basis: Basis::Other("test".into()), author: "a".into(), approver: "b".into() };
    stored::record(&tx, &tenant, &tenant.hash().unwrap(), &origin, test.app.now()).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(verify(&test.app.store, &[], &[]).await.unwrap().broken, []);
    for (table, columns) in [
        ("directory_tenant", "host, tenant, "),
        ("directory_joiner", "oid, "),
        ("directory_collection_point", ""),
        ("directory_access_point", "oid, "),
        ("directory_right", "joiner, access_point, service, "),
    ] {
        let refused = db.execute_unprepared(&copy(table, columns)).await.unwrap_err().to_string();
        assert!(refused.contains("at one moment"), "{refused}");
        for past in [format!("DELETE FROM {table}"), format!("UPDATE {table} SET body = '{{}}'")] {
            let refused = db.execute_unprepared(&past).await.unwrap_err().to_string();
            assert!(refused.contains("never changed"), "{refused}");
        }
    }
    for (joiner, point, missing) in
        [("1.9", &format!("{HUS}.13.2"), "no joiner"), (HUS, &"1.9.13.1".to_owned(), "no access point")]
    {
        let dangling = format!(
            "INSERT INTO directory_right (joiner, access_point, service, body, since_version) VALUES ('{joiner}', '{point}', 'x', '{{}}', 1)"
        );
        let refused = db.execute_unprepared(&dangling).await.unwrap_err().to_string();
        assert!(refused.contains(missing), "{refused}");
    }
    for table in ["directory_change", "directory_leaf"] {
        for change in [format!("UPDATE {table} SET version = 900 WHERE version = 1"), format!("DELETE FROM {table}")] {
            let refused = db.execute_unprepared(&change).await.unwrap_err().to_string();
            assert!(refused.contains("never changed"), "{refused}");
        }
    }
}

on_both!(a_snapshot_that_grew_decides_as_one_built_whole, grown);

async fn grown(database: Database) {
    let (test, _) = opened(database).await;
    let (app, staff, other) = (&test.app, case_handler(), second_registrar());
    let first = publication::current(app).await.unwrap();
    let known = (first.snapshot.version(), first.snapshot.issued_at());
    let (joiner, point) = (Oid::parse(HUS).unwrap(), AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap());
    let mut versions = Vec::new();
    for step in 0..6 {
        test.clock.advance(60);
        match step {
            0 => {
                let _ = close_by_two(app, &joiner, Service::PatientData, &point).await.unwrap();
            }
            1 | 4 => {
                let tenant = Oid::parse("1.2.246.10.99999036.10.0").unwrap();
                let effect = Effect {
                    tenants_opened: vec![Tenant { host: joiner.clone(), tenant, valid: Interval::from(app.now()) }],
                    collection_points_opened: vec![collecting(app.now())],
                    ..Effect::default()
                };
                let number = proposal::propose_by_hand(app, &staff, effect, "by hand", None).await;
                // The same again overlaps.
                let Ok(number) = number else { continue };
                let (looked, _) = proposal::look(app, &other, number).await.unwrap();
                let _ = proposal::approve(app, &other, number, &looked.hash).await.unwrap();
            }
            2 => {
                let everything =
                    Closing::everything(Stage::ReadOnly, Interval::new(app.now(), Some(app.now().plus_days(1))));
                let _ = shut(app, &staff, Closing { reason: "x".into(), ..everything }).await.unwrap();
            }
            3 => {
                let back = proposal::propose_return(app, &staff, known.0.1, "back", None).await.unwrap();
                let (looked, _) = proposal::look(app, &other, back).await.unwrap();
                let _ = proposal::approve(app, &other, back, &looked.hash).await.unwrap();
            }
            _ => test.clock.advance(3600),
        }
        let grown = publication::current(app).await.unwrap();
        versions.push(grown.snapshot.version().1);
        let sealed = grown.sealed(app).await.unwrap();
        let whole = serde_json::from_slice(app.publication.verifier().open(&sealed).unwrap()).unwrap();
        let whole = Snapshot::build(whole).unwrap();
        assert_eq!((whole.version(), whole.issued_at()), (grown.snapshot.version(), grown.snapshot.issued_at()));
        for represented in [HUS, "1.2.246.537.10.15675350.10.710", "1.2.246.10.99999036.10.0"] {
            for (service, operation) in [
                (Service::PatientData, Operation::Read),
                (Service::PatientData, Operation::Write),
                (Service::Prescription, Operation::Read),
            ] {
                let represented = Oid::parse(represented).unwrap();
                let request = Request { service, operation, joiner: &represented, ..plain(&point, &joiner) };
                let now = app.now();
                assert_eq!(decide(&grown.snapshot, &request, now), decide(&whole, &request, now), "step {step}");
            }
        }
    }
    assert!(versions.windows(2).all(|pair| pair[0] <= pair[1]), "{versions:?}");
    assert!(app.publication.deltas_from(known).is_some(), "from the first on, nothing was built whole");
}

/// A call of the joiner's own.
const fn plain<'a>(point: &'a AccessPointOid, joiner: &'a Oid) -> Request<'a> {
    Request {
        access_point: point,
        certificate: None,
        source: None,
        service: Service::PatientData,
        operation: Operation::Read,
        joiner,
        unit: None,
        tenant: None,
        system: None,
        organiser: Organiser::Nobody,
    }
}

on_both!(each_can_prove_what_is_recorded_of_it, transparency);

async fn transparency(database: Database) {
    let (test, _) = opened(database).await;
    let (app, joiner) = (&test.app, member_of(HUS));
    let remembered = log::head(app).await.unwrap();
    let point = AccessPointOid::parse(&format!("{HUS}.13.2")).unwrap();
    test.clock.advance(60);
    close_by_two(app, &Oid::parse(HUS).unwrap(), Service::PatientData, &point).await.unwrap();
    let recorded = log::own(app, &joiner).await.unwrap();
    assert_eq!(recorded.changes.len(), 2, "its opening and the closing of its right");
    for change in &recorded.changes {
        let leaf = change.leaf.hash().unwrap();
        assert!(included(&leaf, change.leaf.version - 1, &change.path, &recorded.head.head));
        for entry in &change.entries {
            assert!(change.leaf.rows.contains(&entry.hash().unwrap()), "the leaf commits to each row shown");
        }
    }
    assert!(!recorded.changes[0].asked_for && recorded.changes[0].entries[0].list == "rights_closed");
    let stranger = member_of("1.2.246.10.99999036.10.0");
    assert_eq!(log::own(app, &stranger).await.unwrap().changes.len(), 0, "nothing of others");
    // From the head remembered to the head now, and the operator's signature on both.
    let (newest, path) = log::consistency(app, remembered.head.size, None).await.unwrap();
    assert!(newest == recorded.head.head && consistent(&remembered.head, &newest, &path));
    for (from, to) in [(newest.size + 1, None), (1, Some(newest.size + 1)), (u64::MAX, None)] {
        assert_eq!(log::consistency(app, from, to).await.unwrap_err().code, RefusalCode::NotFound);
    }
    let covered = liitos_domain::transparency::signed_bytes(&remembered.head, remembered.at).unwrap();
    assert!(app.publication.verifier().signed_head(&covered, &remembered.signature));
    // What a gateway is sent carries the same head.
    let published = liitos_service::directory::publication::current(app).await.unwrap();
    assert_eq!(published.snapshot.head(), Some(recorded.head.head));
    assert_eq!(verify(&app.store, &[remembered.head, recorded.head.head], &[]).await.unwrap().broken, []);
    let forged = Head { root: liitos_domain::Sha256Hash::of(b"x"), ..remembered.head };
    assert_eq!(verify(&app.store, &[forged], &[]).await.unwrap().broken, [Broken::Head { head: forged }]);
}

on_both!(a_rewritten_past_is_seen_by_whoever_remembers, rewritten);

async fn rewritten(database: Database) {
    let (test, _) = opened(database).await;
    let app = &test.app;
    let remembered = log::head(app).await.unwrap().head;
    let version = remembered.size;
    let db = app.store.write();
    let let_go = |table: &str| match database {
        Database::Sqlite if table == "right" => "DROP TRIGGER directory_right_ends".to_owned(),
        Database::Sqlite => format!("DROP TRIGGER directory_{table}_stays_update"),
        Database::Postgres => format!("ALTER TABLE directory_{table} DISABLE TRIGGER ALL"),
    };
    // Somebody who owns the database writes another author into the past, first clumsily, then with the leaf after it.
    for table in ["change", "leaf", "right"] {
        db.execute_unprepared(&let_go(table)).await.unwrap();
    }
    let author = |name: &str| format!("UPDATE directory_change SET author = '{name}' WHERE version = {version}");
    db.execute_unprepared(&author("nobody")).await.unwrap();
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, [Broken::Leaf { version }]);
    let leaf = stored::leaf(app.store.read(), version).await.unwrap().unwrap().hash().unwrap();
    db.execute_unprepared(&format!("UPDATE directory_leaf SET hash = '{leaf}' WHERE version = {version}"))
        .await
        .unwrap();
    assert_eq!(verify(&app.store, &[], &[]).await.unwrap().broken, [], "it fits together again");
    assert_eq!(
        verify(&app.store, &[remembered], &[]).await.unwrap().broken,
        [Broken::Head { head: remembered }],
        "but not with what was seen"
    );
    // A row that no change made.
    db.execute_unprepared("UPDATE directory_right SET body = replace(body, '900001', '900002')").await.unwrap();
    assert!(verify(&app.store, &[], &[]).await.unwrap().broken.contains(&Broken::Rows { list: "right" }));
    db.execute_unprepared(&format!(
        "UPDATE directory_change SET effect = replace(effect, '900001', '900002') WHERE version = {version}"
    ))
    .await
    .unwrap();
    assert!(verify(&app.store, &[], &[]).await.unwrap().broken.contains(&Broken::Effect { version }));
}
