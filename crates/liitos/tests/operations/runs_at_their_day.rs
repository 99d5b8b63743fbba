//! Controller update runs on their day: in which order they are switched, what stands in the way of one, what is looked at before, and who is told.

use crate::archive::{HUS, door_of};
use crate::controller_runs::{NEW, OLD, TK, Two};
use crate::on_both;
use liitos::made::Variation;
use liitos_documents::read_document_header;
use liitos_domain::archive::{Act, Apart, Criteria, Ground, Month, Moving, Order, RunState, Scope, Search};
use liitos_domain::directory::{Effect, Joiner, Tenant};
use liitos_domain::document::PersonRef;
use liitos_domain::service_code::RateClass;
use liitos_domain::{Interval, Moment, Oid, Position, RefusalCode, Service};
use liitos_service::archive::search_documents;
use liitos_service::controller_runs::{self as runs, Behind};
use liitos_service::{Actor, delegations, messages, systems, webhooks};
use liitos_store::archive::{self, LinesAsked};
use liitos_store::controller_runs;
use liitos_testkit::{Database, case_handler, member_of, second_registrar};
use serde_json::Value;
use std::collections::BTreeSet;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// Another public controller, to whom a part goes.
const THIRD: &str = "1.2.246.10.99999984.19.7";

async fn said(two: &Two, sql: &str) {
    sea_orm::ConnectionTrait::execute_unprepared(two.test.app.store.write(), sql).await.unwrap();
}

/// An entry of the register, as valid as the one's that takes.
async fn third_known(two: &Two) {
    let another = format!(
        "INSERT INTO register_entry (register, id, name, business_id, parent, valid_from, valid_until, known_from, known_until, fields) \
         SELECT register, '{THIRD}', name, business_id, parent, valid_from, valid_until, known_from, known_until, fields FROM register_entry \
         WHERE id = '{NEW}' AND known_until IS NULL"
    );
    said(two, &another).await;
}

async fn approved(two: &Two, order: &Order) -> String {
    let app = &two.test.app;
    let number = runs::order(app, &case_handler(), order.clone()).await.unwrap();
    let shown = runs::dry_run(app, &second_registrar(), &number).await.unwrap().hash;
    assert!(!runs::approve(app, &case_handler(), &number, &shown).await.unwrap());
    assert!(runs::approve(app, &second_registrar(), &number, &shown).await.unwrap());
    number
}

on_both!(runs_are_switched_by_priority_and_one_that_is_held_up_holds_up_no_other, queue);

async fn queue(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    third_known(&two).await;
    let months = |from: Option<&str>, until: Option<&str>| Scope {
        from: from.and_then(Month::parse),
        until: until.and_then(Month::parse),
        ..Scope::default()
    };
    let day = two.order();
    runs::add_day(app, &case_handler(), day.run_at).await.unwrap();
    let parts = [
        (NEW, 7, months(None, Some("2018-01"))),
        (THIRD, 3, months(Some("2018-01"), Some("2019-01"))),
        (NEW, -1, months(Some("2019-01"), Some("2020-01"))),
        (NEW, 3, months(Some("2020-01"), None)),
    ];
    let mut numbers = Vec::new();
    for (to, priority, scope) in parts {
        numbers.push(approved(&two, &Order { to: oid(to), priority, scope, ..day.clone() }).await);
    }
    // One of those who take ends before the day.
    let valid = |until: i64| format!("UPDATE register_entry SET valid_until = {until} WHERE id = '{THIRD}'");
    said(&two, &valid(day.run_at.as_micros() - 1)).await;
    two.test.clock.advance(day.run_at.as_seconds() - app.now().as_seconds() + 1);
    assert_eq!(runs::switch_due(app).await.unwrap(), 3, "the others do not wait");
    let moves = controller_runs::succession(app.store.read()).await.unwrap();
    let mut by_order = Vec::new();
    for number in &numbers {
        by_order.push(controller_runs::find(app.store.read(), number).await.unwrap().unwrap());
    }
    let key = |n: usize| by_order[n].key;
    let switched: Vec<i64> = moves.moves().iter().map(|one| one.run).collect();
    assert_eq!(switched, [key(2), key(3), key(0)], "the least first, then as they were ordered");
    assert_eq!(by_order[1].state, RunState::Approved);
    // It is told once why.
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    let history = runs::status(app, &case_handler(), &numbers[1]).await.unwrap().history;
    let what: Vec<_> = history.iter().map(|event| (event.what.as_str(), event.words.as_deref())).collect();
    assert_eq!(what[3..], [("held-up", Some("to-not-valid"))]);
    // Nor to whoever was there at its moment, and is not when it comes.
    two.test.clock.advance(60);
    said(&two, &valid(day.run_at.as_micros() + 30_000_000)).await;
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    said(&two, &valid(day.run_at.plus_days(900).as_micros())).await;
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    // What is given back goes to whoever is there.
    let ends = |until: i64| format!("UPDATE register_entry SET valid_until = {until} WHERE id = '{OLD}'");
    said(&two, &ends(app.now().as_micros())).await;
    let back =
        async |by| runs::reverse(app, &by, &numbers[0], "a mistake").await.map_err(|error| (error.code, error.place));
    let ended = Err((RefusalCode::RunRefused, "from-ended".to_owned()));
    assert_eq!(back(case_handler()).await, ended);
    said(&two, &ends(day.run_at.plus_days(900).as_micros())).await;
    assert_eq!(back(case_handler()).await, Ok(false));
    said(&two, &ends(app.now().as_micros())).await;
    assert_eq!(back(second_registrar()).await, ended, "the second person, too");
}

on_both!(priorities_are_set_when_the_whole_is_known, prioritised);

async fn prioritised(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    third_known(&two).await;
    let (id, _) = two.first(1).await;
    let day = two.order();
    runs::add_day(app, &case_handler(), day.run_at).await.unwrap();
    let order = |from: &str, to: &str| Order { from: oid(from), to: oid(to), ..day.clone() };
    let first = runs::order(app, &case_handler(), order(OLD, NEW)).await.unwrap();
    let second = runs::order(app, &case_handler(), order(NEW, THIRD)).await.unwrap();
    // One has approved the first; then it is known that what the second takes is not to go on with what the first brings.
    let shown = async |number: &str| runs::dry_run(app, &case_handler(), number).await.unwrap().hash;
    let before = shown(&first).await;
    assert!(!runs::approve(app, &case_handler(), &first, &before).await.unwrap());
    let program = Actor { means: "program".to_owned(), ..case_handler() };
    let refused = runs::prioritise(app, &program, &first, 5).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::NotAllowed);
    runs::prioritise(app, &case_handler(), &first, 5).await.unwrap();
    runs::prioritise(app, &case_handler(), &first, 5).await.unwrap();
    let refused = runs::approve(app, &second_registrar(), &first, &before).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::EffectChanged, "what was seen is not what would be done");
    let status = runs::status(app, &case_handler(), &first).await.unwrap();
    assert_eq!((status.run.order.priority, status.run.approvals.first), (5, None));
    let what: Vec<_> = status.history.iter().map(|event| (event.what.as_str(), event.words.as_deref())).collect();
    assert_eq!(what[2..], [("prioritised", Some("0 → 5"))], "once");
    for number in [&first, &second] {
        let shown = shown(number).await;
        assert!(!runs::approve(app, &case_handler(), number, &shown).await.unwrap(), "anew");
        assert!(runs::approve(app, &second_registrar(), number, &shown).await.unwrap());
    }
    // What would go on at once with what is approved comes too late; at another moment it may come.
    let chained = runs::order(app, &case_handler(), order(THIRD, OLD)).await.unwrap_err();
    assert_eq!((chained.code, chained.place.as_str()), (RefusalCode::RunRefused, "chained"));
    let sooner = Order { run_at: day.run_at.plus_seconds(-60), ..order(THIRD, OLD) };
    runs::add_day(app, &case_handler(), sooner.run_at).await.unwrap();
    let sooner = runs::order(app, &case_handler(), sooner).await.unwrap();
    runs::cancel(app, &case_handler(), &sooner, "not needed").await.unwrap();
    let refused = runs::prioritise(app, &case_handler(), &first, -1).await.unwrap_err();
    assert_eq!(refused.code, RefusalCode::StateForbids);
    two.test.clock.advance(day.run_at.as_seconds() - app.now().as_seconds() + 1);
    assert_eq!(runs::switch_due(app).await.unwrap(), 2);
    assert_eq!(two.whose(&id).await, NEW, "the other went first, and found nothing");
}

on_both!(each_document_that_moves_is_named_page_by_page, named);

async fn named(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    // In four cells, one of which holds what fills more than a page.
    let mut ids = BTreeSet::new();
    for serial in 1..=runs::PAGE + 3 {
        let made = Variation::with_new_ids(5, serial).unwrap();
        let made = if serial % 50 == 0 { made.unfinished() } else { made };
        let made = made.signed_by(&two.old, app.now()).unwrap();
        assert_eq!(two.store(HUS, &made).await, []);
        ids.insert(made.document_id);
    }
    let months = ["2019", "2020", "2021"].map(|year| {
        format!(
            "INSERT INTO archive_cell (controller, register, unit, customer, month, active) \
             SELECT controller, register, unit, customer, {year} * 12, active FROM archive_cell WHERE cell_key = (SELECT min(cell_key) FROM archive_cell)"
        )
    });
    for sql in &months {
        said(&two, sql).await;
    }
    let last = ids.iter().next_back().unwrap().clone();
    let apart = "UPDATE archive_document SET cell = (SELECT max(cell_key) FROM archive_cell) WHERE document_id";
    said(&two, &format!("{apart} = '{last}'")).await;
    runs::add_day(app, &case_handler(), two.order().run_at).await.unwrap();
    let number = runs::order(app, &case_handler(), two.order()).await.unwrap();
    let page = async |which, after| runs::moving(app, &case_handler(), &number, which, after).await.unwrap();
    let (all, next) = page(Moving::All, Behind::default()).await;
    let (rest, end) = page(Moving::All, next.unwrap()).await;
    assert_eq!((all.len() as u64, rest.len(), end), (runs::PAGE, 3, None));
    let found: BTreeSet<String> = all.iter().chain(&rest).map(|one| one.id.clone()).collect();
    assert_eq!((found, &rest[2].id), (ids, &last));
    let (unfinished, end) = page(Moving::Unfinished, Behind::default()).await;
    assert_eq!((unfinished.len(), end), (2, None));
    assert_eq!(page(Moving::OpenEvents, Behind::default()).await, (vec![], None));
    // The one who gives sees them once two have approved; nobody else does, and nobody once it is switched.
    let own = async |by: &str| {
        let found = runs::own_moving(app, &member_of(by), &number, Moving::All, Behind::default()).await;
        found.map(|(some, _)| some.len()).map_err(|error| error.code)
    };
    assert_eq!(own(HUS).await, Err(RefusalCode::NotFound));
    let shown = runs::dry_run(app, &second_registrar(), &number).await.unwrap().hash;
    runs::approve(app, &case_handler(), &number, &shown).await.unwrap();
    runs::approve(app, &second_registrar(), &number, &shown).await.unwrap();
    assert_eq!((own(HUS).await, own(TK).await), (Ok(100), Err(RefusalCode::NotFound)));
    two.test.clock.advance(two.order().run_at.as_seconds() - app.now().as_seconds() + 1);
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    assert_eq!(own(HUS).await, Err(RefusalCode::StateForbids));
}

on_both!(what_is_looked_at_first_is_counted_and_named, looked_at);

async fn looked_at(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let made = |serial: u64| Variation::with_new_ids(5, serial).unwrap();
    let unfinished = made(1).unfinished().signed_by(&two.old, app.now()).unwrap();
    assert_eq!(two.store(HUS, &unfinished).await, []);
    let (open, _) = two.first(2).await;
    let (prescription, _) = two.first(3).await;
    two.first(4).await;
    said(&two, &format!("UPDATE archive_document SET event_open = (1 = 1) WHERE document_id = '{open}'")).await;
    // A prescription is a register's of its own.
    let cells = controller_runs::cells_named(app.store.read(), &[oid(OLD)].into(), 0, 9).await.unwrap();
    let own = format!(
        "INSERT INTO archive_cell (controller, register, unit, customer, month, active) \
         SELECT controller, 'prescription:1', unit, customer, month, active FROM archive_cell WHERE cell_key = {}",
        cells[0].key
    );
    said(&two, &own).await;
    let moved = format!(
        "UPDATE archive_document SET cell = (SELECT max(cell_key) FROM archive_cell) WHERE document_id = '{prescription}'"
    );
    said(&two, &moved).await;
    runs::add_day(app, &case_handler(), two.order().run_at).await.unwrap();
    let number = runs::order(app, &case_handler(), two.order()).await.unwrap();
    let looked = runs::dry_run(app, &case_handler(), &number).await.unwrap();
    assert_eq!((looked.documents, looked.prescriptions, looked.cells), (4, 1, 2));
    assert_eq!(looked.samples.unfinished, std::slice::from_ref(&unfinished.document_id));
    assert_eq!(looked.samples.open_events, [open]);
    let counts: Vec<_> = looked.moved.iter().map(|part| (part.documents, part.unfinished, part.open_events)).collect();
    assert_eq!(counts, [(3, 1, 1), (1, 0, 0)]);
    // It goes with the rest.
    runs::cancel(app, &case_handler(), &number, "anew").await.unwrap();
    two.test.clock.advance(86_400);
    two.switched(&two.order()).await;
    assert_eq!(two.whose(&prescription).await, NEW);
}

on_both!(both_parties_and_their_programs_are_told_of_a_run, told);

async fn told(database: Database) {
    const SUPPLIER: &str = "1.2.246.537.6.918.18.900001";
    let two = Two::start(database).await;
    let app = &two.test.app;
    for (organisation, to) in [(HUS, "https://old.example/"), (TK, "https://new.example/")] {
        webhooks::add(app, &member_of(organisation), to).await.unwrap();
    }
    delegations::grant(app, &member_of(TK), SUPPLIER, Position::Reader).await.unwrap();
    webhooks::add(app, &member_of(SUPPLIER), "https://supplier.example/").await.unwrap();
    // Two systems' supplier is written to, in its language: of the one that a party uses by the directory.
    for system in ["900001", "900004"] {
        systems::supplier(app, &case_handler(), system, ("supplier@example.test", "sv")).await.unwrap();
    }
    let scope = Scope { units: vec![oid("1.2.246.537.10.15675350.10.710")], ..Scope::default() };
    let number = two.switched(&Order { scope: scope.clone(), ..two.order() }).await;
    while runs::carry_through(app, runs::CHUNK).await.unwrap() {}
    assert!(!runs::reverse(app, &case_handler(), &number, "again").await.unwrap());
    assert!(runs::reverse(app, &second_registrar(), &number, "again").await.unwrap());
    messages::deliver_due(app).await.unwrap();
    let hooks = two.test.mailbox.hooks();
    for to in ["https://old.example/", "https://new.example/", "https://supplier.example/"] {
        let theirs = hooks.iter().filter(|(hook, _)| hook.to == to);
        let bodies: Vec<Value> = theirs.map(|(hook, _)| serde_json::from_str(&hook.body).unwrap()).collect();
        let mut kinds: Vec<&str> = bodies.iter().map(|body| body["type"].as_str().unwrap()).collect();
        kinds.sort_unstable();
        kinds.retain(|kind| kind.starts_with("controller-run."));
        let all = ["approved", "done", "reversed", "switched"].map(|stage| format!("controller-run.{stage}"));
        assert_eq!(kinds, all, "{to}");
        let switched = bodies.iter().find(|body| body["type"] == "controller-run.switched").unwrap();
        let data = &switched["data"];
        assert_eq!(
            (&data["number"], &data["from"], &data["to"]),
            (&Value::from(number.as_str()), &Value::from(OLD), &Value::from(NEW))
        );
        assert_eq!(data["scope"], serde_json::to_value(&scope).unwrap(), "what of theirs changes");
    }
    let mails = two.test.mailbox.all();
    let mails: Vec<_> = mails.iter().filter(|mail| mail.to == "supplier@example.test").collect();
    assert_eq!(mails.len(), 4, "{mails:?}");
    let right = mails.iter().filter(|mail| mail.body.contains("använder: 900001.") && mail.body.contains(&number));
    assert_eq!(right.count(), 4, "{mails:?}");
}

on_both!(they_are_told_that_it_waits_or_is_called_off, waits);

/// Whoever switches its own system at the moment hears when the archive has not switched.
async fn waits(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    // In another's system, whose change it is, too.
    const KOIVU: &str = "1.2.246.10.99999028.10.0";
    let valid = Interval::from(app.now());
    let host = Joiner { oid: oid(KOIVU), rate: RateClass::Ordinary, valid };
    let tenant = Tenant { host: oid(KOIVU), tenant: oid(HUS), valid };
    two.test.record(&Effect { joiners_opened: vec![host], tenants_opened: vec![tenant], ..Effect::default() }).await;
    let addresses = [(HUS, "https://old.example/"), (KOIVU, "https://host.example/")];
    for (organisation, to) in addresses {
        webhooks::add(app, &member_of(organisation), to).await.unwrap();
    }
    let number = two.approved(&two.order()).await;
    let valid = format!("UPDATE register_entry SET valid_until = {} WHERE id = '{NEW}'", app.now().as_micros() + 1);
    said(&two, &valid).await;
    two.test.clock.advance(two.order().run_at.as_seconds() - app.now().as_seconds() + 1);
    for _ in 0..3 {
        assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    }
    runs::cancel(app, &case_handler(), &number, "its taker has ended").await.unwrap();
    // Of what was only ordered nobody was told, nor that it is called off.
    let anew = Order { run_at: app.now().plus_days(3).midnight(), to: oid("1.2.246.10.2462460.19.1"), ..two.order() };
    runs::add_day(app, &case_handler(), anew.run_at).await.unwrap();
    let other = runs::order(app, &case_handler(), anew).await.unwrap();
    runs::cancel(app, &case_handler(), &other, "not now").await.unwrap();
    messages::deliver_due(app).await.unwrap();
    let hooks = two.test.mailbox.hooks();
    let expected = ["approved", "cancelled", "held-up"].map(|stage| format!("\"controller-run.{stage}\" \"{number}\""));
    for (_, to) in addresses {
        let theirs = hooks.iter().filter(|(hook, _)| hook.to == to);
        let bodies = theirs.map(|(hook, _)| serde_json::from_str::<Value>(&hook.body).unwrap());
        let told = bodies.map(|body| format!("{} {}", body["type"], body["data"]["number"]));
        let mut told: Vec<String> = told.filter(|line| line.contains("controller-run.")).collect();
        told.sort();
        assert_eq!(told, expected, "{to}");
    }
}

on_both!(who_reads_around_a_switch_is_told_of_and_nobody_reads_by_a_run_that_waits, waiting);

async fn waiting(database: Database) {
    let two = Two::start(database).await;
    let (app, clock) = (&two.test.app, &two.test.clock);
    let (id, first) = two.first(1).await;
    let order = Order { before: 3600, after: 3600, ..two.order() };
    let other = Order { apart: Apart::TryAgain, ..order.clone() };
    let number = two.approved(&other).await;
    let until = |moment: Moment| clock.advance(moment.as_seconds() - app.now().as_seconds());
    until(order.run_at.plus_seconds(-60));
    assert_eq!(two.fetch(TK, &id).await, Err(RefusalCode::DocumentNotFound), "what is to come again is not read");
    runs::cancel(app, &case_handler(), &number, "anew").await.unwrap();
    let order = Order { run_at: order.run_at.plus_days(1).midnight(), ..order };
    two.approved(&order).await;
    until(order.run_at.plus_seconds(-60));
    assert_eq!(two.fetch(TK, &id).await.as_deref(), Ok(first.document()));
    // Whose documents are looked into hears of it, whether there was anything or not.
    assert_eq!(two.found(TK, "1.2.246.10.1.11.404").await, 0);
    let person = read_document_header(first.document()).unwrap().person;
    let criteria =
        Criteria { person: Some(PersonRef { extension: "010181-900C".into(), ..person }), ..Criteria::default() };
    let search = Search { criteria, after: None, count: 9 };
    search_documents(app, &door_of(TK), Service::PatientData, &search).await.unwrap();
    let (old, new) = (oid(OLD), oid(NEW));
    for controller in [&old, &new] {
        let asked = LinesAsked { controller: Some(controller), ..LinesAsked::default() };
        let lines = archive::uses(app.store.read(), asked, 9).await.unwrap();
        let searched = lines.iter().filter(|line| line.told.act == Act::Searched && line.told.joiner.as_str() == TK);
        let ground = if *controller == old { Ground::Changing } else { Ground::Own };
        let told: Vec<_> = searched.map(|line| (line.told.ground, line.told.more.as_deref())).collect();
        assert_eq!(told, [(ground, Some("found=0")), (ground, Some("found=0"))], "{controller}");
    }
    // Past its moment and not switched: people look at it first.
    until(order.run_at.plus_seconds(59));
    assert!(two.fetch(TK, &id).await.is_ok());
    until(order.run_at.plus_seconds(60));
    assert_eq!(two.fetch(TK, &id).await, Err(RefusalCode::DocumentNotFound));
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    clock.advance(1);
    assert_eq!((two.fetch(HUS, &id).await.is_ok(), two.fetch(TK, &id).await.is_ok()), (true, true));
}

on_both!(a_search_by_controller_asks_whose_a_document_is_now, by_controller);

async fn by_controller(database: Database) {
    let two = Two::start(database).await;
    let (id, first) = two.first(1).await;
    let person = read_document_header(first.document()).unwrap().person;
    let found = async |by: &str, controllers: &[&str]| {
        let controllers = controllers.iter().map(|one| oid(one)).collect();
        let criteria = Criteria { person: Some(person.clone()), controllers, ..Criteria::default() };
        let search = Search { criteria, after: None, count: 50 };
        let found = search_documents(&two.test.app, &door_of(by), Service::PatientData, &search).await.unwrap();
        found.documents.into_iter().map(|one| one.listed.id.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(found(HUS, &[OLD]).await, std::slice::from_ref(&id));
    assert_eq!(found(HUS, &[THIRD, OLD]).await, std::slice::from_ref(&id));
    assert_eq!(found(HUS, &[NEW]).await, [""; 0], "in the same person's documents");
    assert_eq!(found(TK, &[OLD]).await, [""; 0], "another's");
    two.switched(&two.order()).await;
    // It names the one, and is the other's: before anything is carried through.
    assert_eq!(found(TK, &[NEW]).await, std::slice::from_ref(&id));
    assert_eq!(found(TK, &[OLD]).await, [""; 0]);
    assert_eq!(found(TK, &[]).await, [id]);
}
