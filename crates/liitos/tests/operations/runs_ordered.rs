//! What an order of a controller update run rests on: agreements, and to whom the law gives what nobody goes on with.

use crate::archive::HUS;
use crate::controller_runs::{TK, Two};
use crate::on_both;
use liitos_domain::Oid;
use liitos_domain::archive::{Order, RunKind, RunProblem, RunState};
use liitos_domain::change::{Course, Party, Story};
use liitos_domain::directory::{Effect, Joiner};
use liitos_domain::notification::{self, Kind};
use liitos_service::agreements::{self, NewAgreement};
use liitos_service::controller_runs::{self as runs, Unsigned};
use liitos_store::changes::{self, Change};
use liitos_store::notifications::{self, Notification};
use liitos_testkit::{Database, case_handler};

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// Whom the law names (`rules/custodian.toml`).
const CUSTODIAN: &str = "1.2.246.10.2462460.19.1";

/// That an organisation has told the operator that it ends.
async fn notified(two: &Two, order: &Order, course: notification::Course) {
    let app = &two.test.app;
    let tx = app.store.begin().await.unwrap();
    let notification = Notification {
        key: 0,
        number: notifications::next_number(&tx, app.now()).await.unwrap(),
        joiner: oid(HUS),
        kind: Kind::Termination,
        form: liitos_domain::application::Form::default(),
        course,
        day: Some(order.run_at),
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

on_both!(to_the_custodian_goes_what_ends_and_nothing_else, to_the_custodian);

async fn to_the_custodian(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (id, _) = two.first(1).await;
    let order = Order { to: oid(CUSTODIAN), kind: RunKind::Custodian, ..two.order() };
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    let problems = async |order: &Order| runs::problems(app, order).await.unwrap();
    assert_eq!(problems(&order).await, [RunProblem::GoesOn], "nobody has said that it ends");
    let to_another = Order { to: two.order().to, ..order.clone() };
    assert_eq!(problems(&to_another).await, [RunProblem::NotTheCustodian, RunProblem::GoesOn]);
    // One that is written still, was taken back, or is for a later day says nothing.
    notified(&two, &order, notification::Course::Draft).await;
    notified(&two, &order, notification::Course::Withdrawn).await;
    let later = Order { run_at: order.run_at.plus_days(1), ..order.clone() };
    notified(&two, &later, notification::Course::Sent).await;
    assert_eq!(problems(&order).await, [RunProblem::GoesOn]);
    notified(&two, &order, notification::Course::Sent).await;
    assert_eq!(problems(&order).await, []);
    let number = two.approved(&order).await;
    two.test.clock.advance(order.run_at.as_seconds() - app.now().as_seconds() + 1);
    // That it was said is not enough any more: nobody has decided on it, and it is a member still.
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    let history = runs::status(app, &case_handler(), &number).await.unwrap().history;
    assert_eq!(history.last().unwrap().words.as_deref(), Some("goes-on"));
    let member = liitos_store::directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap().joiners;
    let ends = member.into_iter().filter(|joiner: &Joiner| joiner.oid == oid(HUS)).map(|one| (one, order.run_at));
    two.test.record(&Effect { joiners_ended: ends.collect(), ..Effect::default() }).await;
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    assert_eq!(two.whose(&id).await, CUSTODIAN);
    two.carried().await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 1, "{report:?}");
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

on_both!(a_change_that_it_rests_on_is_agreed_by_all, rests_on_a_change);

async fn rests_on_a_change(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let order = Order { basis: "M2026-1".into(), ..two.order() };
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    let problems = async || runs::problems(app, &order).await.unwrap();
    assert_eq!(problems().await, [RunProblem::NotAgreed], "there is no such change");
    let change = Change {
        key: 0,
        number: "M2026-1".into(),
        story: Story {
            day: order.run_at,
            title: "Yhdistyminen".into(),
            mergers: Vec::new(),
            units: Vec::new(),
            renumbered: Vec::new(),
            endings: Vec::new(),
        },
        course: Course::Followed,
        made_for: None,
        obstacles: Vec::new(),
        rights: (0, 0),
        created_at: app.now(),
        version: 0,
        checked_at: app.now(),
        revision: 0,
        shared_until: None,
    };
    let party = |of: &str| Party { joiner: oid(of), asked: true, agreed_at: None };
    let tx = app.store.begin().await.unwrap();
    let key = changes::add(&tx, &change, &[HUS, TK].map(party)).await.unwrap();
    tx.commit().await.unwrap();
    for by in [HUS, TK] {
        assert_eq!(problems().await, [RunProblem::NotAgreed]);
        let tx = app.store.begin().await.unwrap();
        assert!(changes::agree(&tx, key, &oid(by), app.now()).await.unwrap());
        tx.commit().await.unwrap();
    }
    assert_eq!(problems().await, []);
    // Withdrawn before its day, it holds the switch up.
    let number = two.approved(&order).await;
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
