//! What an order of a controller update run rests on: agreements, and to whom the law gives what nobody goes on with.

use crate::archive::HUS;
use crate::controller_runs::{TK, Two};
use crate::notifications::{approved, day_of, looked, sent, written};
use crate::on_both;
use liitos_domain::application::Form;
use liitos_domain::archive::{Order, RunKind, RunProblem, RunState};
use liitos_domain::change::{Course, Merger, Party, Story};
use liitos_domain::directory::{Effect, Joiner, Tenant};
use liitos_domain::notification::{self, Kind, What};
use liitos_domain::{Interval, Moment, Oid, RefusalCode};
use liitos_service::ServiceError;
use liitos_service::agreements::{self, NewAgreement};
use liitos_service::controller_runs::{self as runs, Unsigned};
use liitos_store::changes::{self, Change};
use liitos_store::directory;
use liitos_store::notifications::{self, Notification};
use liitos_testkit::{Database, case_handler, member_of, second_registrar};

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

const KOIVU: &str = "1.2.246.10.99999028.10.0";
/// Whom the law names (`rules/custodian.toml`).
const CUSTODIAN: &str = "1.2.246.10.2462460.19.1";

/// What an organisation has told the operator: that it ends, or that a contract does.
async fn notified(two: &Two, day: Moment, course: notification::Course, grounds: &str) {
    let app = &two.test.app;
    let tx = app.store.begin().await.unwrap();
    let fields = [("grounds", grounds.to_owned()), ("day", day.civil().date().to_string())];
    let notification = Notification {
        key: 0,
        number: notifications::next_number(&tx, app.now()).await.unwrap(),
        joiner: oid(HUS),
        kind: Kind::Termination,
        form: Form(fields.map(|(name, text)| (name.to_owned(), text)).into()),
        course,
        day: Some(day),
        created_at: app.now(),
        sent_at: Some(app.now()),
        version: None,
        run: None,
        change: None,
        revision: 0,
    };
    notifications::add(&tx, &notification).await.unwrap();
    tx.commit().await.unwrap();
}

fn refused<T>(outcome: Result<T, ServiceError>) -> Option<(RefusalCode, String)> {
    outcome.err().map(|error| (error.code, error.place))
}

on_both!(to_the_custodian_goes_what_ends_and_nothing_else, to_the_custodian);

/// From order to report, as whoever ends and the operator go about it.
async fn to_the_custodian(database: Database) {
    let two = Two::start(database).await;
    let (app, by) = (&two.test.app, member_of(HUS));
    let (id, _) = two.first(1).await;
    let (day, on) = day_of(app, 30);
    let order = Order { to: oid(CUSTODIAN), kind: RunKind::Custodian, run_at: day, ..two.order() };
    runs::add_day(app, &case_handler(), day).await.unwrap();
    let problems = async |order: &Order| runs::problems(app, order).await.unwrap();
    let to_another = Order { to: two.order().to, ..order.clone() };
    assert_eq!(problems(&to_another).await, [RunProblem::NotTheCustodian, RunProblem::GoesOn]);
    let not_ordered = refused(runs::order(app, &case_handler(), to_another).await);
    assert_eq!(not_ordered, Some((RefusalCode::RunRefused, "not-the-custodian".to_owned())));
    // Its ending is sent once the run is ordered, and the run approved once its ending is sent.
    let grounds = [("grounds", "activity-ends"), ("custodian", CUSTODIAN), ("day", on.as_str())];
    let ending = written(app, &by, Kind::Termination, &grounds).await;
    let found = looked(app, &by, &ending).await.findings;
    assert_eq!(found.iter().map(|one| one.what).collect::<Vec<_>>(), [What::RunNotOrdered]);
    let number = runs::order(app, &case_handler(), order.clone()).await.unwrap();
    let dry = runs::dry_run(app, &second_registrar(), &number).await.unwrap();
    assert_eq!(dry.problems, [RunProblem::GoesOn]);
    let early = refused(runs::approve(app, &case_handler(), &number, &dry.hash).await);
    assert_eq!(early, Some((RefusalCode::RunRefused, "goes-on".to_owned())));
    sent(app, &by, &ending).await;
    for person in [case_handler(), second_registrar()] {
        runs::approve(app, &person, &number, &dry.hash).await.unwrap();
    }
    approved(app, &ending).await;
    two.test.clock.advance(day.as_seconds() - app.now().as_seconds() + 1);
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    assert_eq!(two.whose(&id).await, CUSTODIAN);
    two.carried().await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 1, "{report:?}");
}

on_both!(what_was_only_said_holds_the_switch_up, only_said);

async fn only_said(database: Database) {
    use notification::Course::{Draft, Sent, Withdrawn};
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (day, _) = day_of(app, 30);
    let order = Order { to: oid(CUSTODIAN), kind: RunKind::Custodian, run_at: day, ..two.order() };
    runs::add_day(app, &case_handler(), day).await.unwrap();
    let problems = async || runs::problems(app, &order).await.unwrap();
    // One that is written still, was taken back, is for a later day, or ends a contract alone says nothing.
    for (day, course, grounds) in [
        (day, Draft, "activity-ends"),
        (day, Withdrawn, "activity-ends"),
        (day.plus_days(1), Sent, "activity-ends"),
        (day, Sent, "supplier"),
    ] {
        notified(&two, day, course, grounds).await;
        assert_eq!(problems().await, [RunProblem::GoesOn], "{course} {grounds}");
    }
    notified(&two, day, Sent, "activity-ends").await;
    assert_eq!(problems().await, []);
    let number = two.approved(&order).await;
    two.test.clock.advance(day.as_seconds() - app.now().as_seconds() + 1);
    // That it was said is not enough any more: nobody has decided on it, and it is a member still.
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    let history = runs::status(app, &case_handler(), &number).await.unwrap().history;
    assert_eq!(history.last().unwrap().words.as_deref(), Some("goes-on"));
    // It ends ten days later, and the run goes on by itself.
    let later = day.plus_days(10);
    let member = directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap().joiners;
    let ends = member.into_iter().filter(|joiner: &Joiner| joiner.oid == oid(HUS)).map(|one| (one, later));
    two.test.record(&Effect { joiners_ended: ends.collect(), ..Effect::default() }).await;
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    two.test.clock.advance(later.as_seconds() - app.now().as_seconds());
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
}

on_both!(a_tenant_that_was_never_a_member_has_not_ended_by_that, never_a_member);

async fn never_a_member(database: Database) {
    const LEPOLA: &str = "1.2.246.10.99999036.10.0";
    let two = Two::start(database).await;
    let app = &two.test.app;
    let tenant = Tenant { host: oid(HUS), tenant: oid(LEPOLA), valid: Interval::from(app.now()) };
    two.test.record(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).await;
    let (day, _) = day_of(app, 30);
    runs::add_day(app, &case_handler(), day).await.unwrap();
    let order = Order { from: oid(LEPOLA), to: oid(CUSTODIAN), kind: RunKind::Custodian, run_at: day, ..two.order() };
    assert_eq!(runs::problems(app, &order).await.unwrap(), [RunProblem::GoesOn]);
}

on_both!(who_stands_in_the_register_no_more_has_ended, out_of_the_register);

async fn out_of_the_register(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let order = Order { to: oid(CUSTODIAN), kind: RunKind::Custodian, ..two.order() };
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    for (until, expected) in [(order.run_at.plus_seconds(1), vec![RunProblem::GoesOn]), (order.run_at, vec![])] {
        let sql = format!(
            "UPDATE register_entry SET valid_until = {} WHERE id = '{}' AND known_until IS NULL",
            until.as_micros(),
            order.from
        );
        liitos_testkit::fault::change(&app.store, &sql).await;
        assert_eq!(runs::problems(app, &order).await.unwrap(), expected);
    }
}

/// A merger of HUS and TK on a day, as it was planned.
fn merger(day: Moment, now: Moment) -> Change {
    Change {
        key: 0,
        number: "M2026-1".into(),
        story: Story {
            day,
            title: "Yhdistyminen".into(),
            mergers: vec![Merger { joiners: vec![oid(HUS)], into: oid(TK), controller: None, units: Vec::new() }],
            units: Vec::new(),
            renumbered: Vec::new(),
            endings: Vec::new(),
        },
        course: Course::Followed,
        made_for: None,
        obstacles: Vec::new(),
        rights: (0, 0),
        created_at: now,
        version: 0,
        checked_at: now,
        revision: 0,
        shared_until: None,
    }
}

on_both!(a_change_that_it_rests_on_is_agreed_by_all, rests_on_a_change);

async fn rests_on_a_change(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let order = Order { basis: "M2026-1".into(), ..two.order() };
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    let problems = async || runs::problems(app, &order).await.unwrap();
    assert_eq!(problems().await, [RunProblem::NotAgreed], "there is no such change");
    let change = merger(order.run_at, app.now());
    let party = |of: &str| Party { joiner: oid(of), asked: true, agreed_at: None };
    // Another is about others, or for a later day; runs may come some days behind a change.
    let others = Story {
        mergers: vec![Merger { joiners: vec![oid(KOIVU)], into: oid(TK), controller: None, units: Vec::new() }],
        ..change.story.clone()
    };
    let other_day = Story { day: order.run_at.plus_days(1), ..change.story.clone() };
    let tx = app.store.begin().await.unwrap();
    let key = changes::add(&tx, &change, &[HUS, TK].map(party)).await.unwrap();
    for (number, story) in [("M2026-2", others), ("M2026-3", other_day)] {
        let agreed = Party { agreed_at: Some(app.now()), ..party(TK) };
        changes::add(&tx, &Change { number: number.into(), story, ..change.clone() }, &[agreed]).await.unwrap();
    }
    tx.commit().await.unwrap();
    for number in ["M2026-2", "M2026-3"] {
        let resting = Order { basis: number.into(), ..order.clone() };
        assert_eq!(runs::problems(app, &resting).await.unwrap(), [RunProblem::NotAgreed], "{number}");
    }
    let number = runs::order(app, &case_handler(), order.clone()).await.unwrap();
    for by in [HUS, TK] {
        assert_eq!(problems().await, [RunProblem::NotAgreed]);
        let looked = runs::dry_run(app, &case_handler(), &number).await.unwrap().hash;
        let early = refused(runs::approve(app, &case_handler(), &number, &looked).await);
        assert_eq!(early, Some((RefusalCode::RunRefused, "not-agreed".to_owned())));
        let tx = app.store.begin().await.unwrap();
        assert!(changes::agree(&tx, key, &oid(by), app.now()).await.unwrap());
        tx.commit().await.unwrap();
    }
    assert_eq!(problems().await, []);
    let behind = Order { run_at: order.run_at.plus_days(7), ..order.clone() };
    runs::add_day(app, &case_handler(), behind.run_at).await.unwrap();
    assert_eq!(runs::problems(app, &behind).await.unwrap(), [RunProblem::Overlaps]);
    let looked = runs::dry_run(app, &case_handler(), &number).await.unwrap().hash;
    for person in [case_handler(), second_registrar()] {
        runs::approve(app, &person, &number, &looked).await.unwrap();
    }
    // Withdrawn before its day, it holds the switch up.
    let tx = app.store.begin().await.unwrap();
    assert!(changes::keep(&tx, &Change { key, course: Course::Withdrawn, ..change }).await.unwrap());
    tx.commit().await.unwrap();
    two.test.clock.advance(order.run_at.as_seconds() - app.now().as_seconds() + 1);
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    let status = runs::status(app, &case_handler(), &number).await.unwrap();
    let last = status.history.last().unwrap();
    assert_eq!((last.words.as_deref(), status.run.state), (Some("not-agreed"), RunState::Approved));
}

on_both!(agreements_that_do_not_go_along_are_named, agreements_named);

async fn agreements_named(database: Database) {
    const SUPPLIER: &str = "1.2.246.537.6.918.18.900001";
    let two = Two::start(database).await;
    let (app, staff) = (&two.test.app, case_handler());
    two.first(1).await;
    runs::add_day(app, &staff, two.order().run_at).await.unwrap();
    let number = runs::order(app, &staff, two.order()).await.unwrap();
    let looked = async || runs::dry_run(app, &staff, &number).await.unwrap();
    let agree = async |joiner: &str, system: &str| {
        let (joiner, supplier) = (oid(joiner), oid(SUPPLIER));
        agreements::agree(
            app,
            &staff,
            NewAgreement { joiner, supplier, system: system.into(), reference: "D-1".into() },
        )
        .await
        .unwrap();
    };
    let before = looked().await;
    assert_eq!(before.agreements, []);
    agree(HUS, "900001").await;
    agree(TK, "900003").await;
    let after = looked().await;
    assert_eq!(after.agreements, [Unsigned { supplier: oid(SUPPLIER), system: "900001".into() }]);
    assert_eq!(after.hash, before.hash, "it is told, and is no part of what is approved");
    agree(TK, "900001").await;
    assert_eq!(looked().await.agreements, []);
    // What has ended lets nobody sign.
    let key = agreements::list(app, &staff).await.unwrap()[0].key;
    agreements::end(app, &staff, key).await.unwrap();
    assert_eq!(looked().await.agreements.len(), 1);
}
