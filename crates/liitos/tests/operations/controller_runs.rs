//! Versions across controllers, and controller update runs from order to report.

use crate::archive::{HUS, door_of, open_to};
use crate::on_both;
use liitos::made::Variation;
use liitos_documents::{active_custodian, read_document_header};
use liitos_domain::archive::{Apart, Completeness, Criteria, Order, RunKind, RunProblem, RunState, Scope, Search};
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_pki::authority::Issued;
use liitos_pki::seal::{SealVerifier, SealedReport};
use liitos_service::ServiceError;
use liitos_service::archive::{StoredHow, complete, fetch_document, search_documents, store_document};
use liitos_service::controller_runs as runs;
use liitos_store::{archive, audit, controller_runs};
use liitos_testkit::{Database, TestApp, case_handler, own_path, second_registrar};

/// Who takes on: a health centre with a controller of its own.
pub(crate) const TK: &str = "1.2.246.10.99999984.10.0";
pub(crate) const OLD: &str = "1.2.246.537.10.15675350.19.0";
pub(crate) const NEW: &str = "1.2.246.10.99999984.19.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// Both organisations may store, each through its own access point.
pub(crate) struct Two {
    pub(crate) test: TestApp,
    pub(crate) old: Issued,
    pub(crate) new: Issued,
}

impl Two {
    pub(crate) async fn start(database: Database) -> Self {
        Self::of(TestApp::start(database).await).await
    }

    /// The same with an app that has begun.
    pub(crate) async fn of(test: TestApp) -> Self {
        open_to(&test, HUS).await;
        let old = test.signer(HUS);
        open_to(&test, TK).await;
        let new = test.signer(TK);
        Self { test, old, new }
    }

    /// A first version by the one who gives; its id.
    pub(crate) async fn first(&self, serial: u64) -> (String, Variation) {
        let variation = Variation::with_new_ids(5, serial).unwrap().signed_by(&self.old, self.test.app.now()).unwrap();
        assert_eq!(self.store(HUS, &variation).await, []);
        (variation.document_id.clone(), variation)
    }

    /// A correction by either, that names either.
    pub(crate) fn correction(
        &self,
        serial: u64,
        (by, controller): (&str, &str),
        (older, set, version): (&str, &str, u32),
    ) -> Variation {
        let variation =
            Variation::with_new_ids(6, serial).unwrap().replacing(older, set, version).with_controller(controller);
        let variation = if by == HUS { variation } else { variation.sent_by(by) };
        let signer = if by == HUS { &self.old } else { &self.new };
        variation.signed_by(signer, self.test.app.now()).unwrap()
    }

    pub(crate) async fn store(&self, organisation: &str, variation: &Variation) -> Vec<(RefusalCode, String)> {
        let message = variation.message().unwrap();
        match store_document(&self.test.app, &door_of(organisation), message.as_bytes()).await.unwrap().how {
            StoredHow::Refused(findings) => findings.into_iter().map(|one| (one.code, one.place)).collect(),
            StoredHow::New | StoredHow::Again => Vec::new(),
        }
    }

    pub(crate) async fn fetch(&self, organisation: &str, id: &str) -> Result<String, RefusalCode> {
        let fetched = fetch_document(&self.test.app, &door_of(organisation), Service::PatientData, &oid(id)).await;
        fetched.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|error| error.code)
    }

    /// How many documents of a set somebody finds.
    pub(crate) async fn found(&self, organisation: &str, set: &str) -> usize {
        let criteria = Criteria { set: Some(oid(set)), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 9 };
        let door = door_of(organisation);
        let found = search_documents(&self.test.app, &door, Service::PatientData, &search).await.unwrap();
        found.documents.len()
    }

    pub(crate) fn order(&self) -> Order {
        Order {
            from: oid(OLD),
            to: oid(NEW),
            scope: Scope::default(),
            kind: RunKind::Successor,
            run_at: self.test.app.now().plus_days(3).midnight(),
            priority: 0,
            before: 0,
            after: 0,
            apart: Apart::Accept,
            basis: "merger agreement 1/2027".into(),
        }
    }

    /// The order, its day among the run days.
    pub(crate) async fn ordered(&self) -> Order {
        let order = self.order();
        runs::add_day(&self.test.app, &case_handler(), order.run_at).await.unwrap();
        order
    }

    /// Ordered for a run day and approved by two.
    pub(crate) async fn approved(&self, order: &Order) -> String {
        let app = &self.test.app;
        runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
        let number = runs::order(app, &case_handler(), order.clone()).await.unwrap();
        let shown = runs::dry_run(app, &second_registrar(), &number).await.unwrap().hash;
        assert!(!runs::approve(app, &case_handler(), &number, &shown).await.unwrap());
        assert!(runs::approve(app, &second_registrar(), &number, &shown).await.unwrap());
        number
    }

    pub(crate) async fn switched(&self, order: &Order) -> String {
        self.switched_with(order, 1).await
    }

    /// Ordered, approved, and switched at its moment, with those that were approved for it before: so many.
    pub(crate) async fn switched_with(&self, order: &Order, all: usize) -> String {
        let number = self.approved(order).await;
        let app = &self.test.app;
        assert_eq!(runs::switch_due(app).await.unwrap(), 0, "not before its moment");
        self.test.clock.advance(order.run_at.as_seconds() - app.now().as_seconds() + 1);
        assert_eq!(runs::switch_due(app).await.unwrap(), all);
        self.test.clock.advance(1);
        number
    }

    pub(crate) async fn carried(&self) {
        while runs::carry_through(&self.test.app, runs::CHUNK).await.unwrap() {}
    }

    pub(crate) async fn report(&self, number: &str) -> Completeness {
        let run = runs::status(&self.test.app, &case_handler(), number).await.unwrap().run;
        let text = run.report.unwrap();
        let sealed: SealedReport = serde_json::from_str(&text).unwrap();
        let verifier = SealVerifier::from_public(&self.test.app.publication.public_key());
        assert!(verifier.signed_report(&sealed));
        // And by a stranger, with one command and no server.
        let key: String = self.test.app.publication.public_key().iter().map(|byte| format!("{byte:02x}")).collect();
        let file = own_path("report");
        let whole: Completeness = sealed.says().unwrap();
        let right = i32::from(!whole.complete);
        for (report, code) in [(text.clone(), right), (text.replace("merger", "murder"), 1)] {
            std::fs::write(&file, report).unwrap();
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_liitos"));
            let ended = command.args(["controller-run", "verify", "--key", &key]).arg(&file).output().unwrap();
            assert_eq!(ended.status.code(), Some(code), "{}", String::from_utf8_lossy(&ended.stderr));
        }
        std::fs::remove_file(&file).unwrap();
        whole
    }

    pub(crate) async fn whose(&self, id: &str) -> String {
        let cell = archive::find(self.test.app.store.read(), &oid(id)).await.unwrap().unwrap().cell;
        controller_runs::succession(self.test.app.store.read()).await.unwrap().active(&cell).0.to_string()
    }
}

fn code<T>(result: Result<T, ServiceError>) -> Option<(RefusalCode, String)> {
    result.err().map(|error| (error.code, error.place))
}

on_both!(versions_across_a_controller_change, versions);

/// The table of `domain.md` section 10, line by line.
async fn versions(database: Database) {
    let two = Two::start(database).await;
    let (id, first) = two.first(1).await;
    // Archived: it names OLD, and OLD is active, so that the field is absent.
    assert_eq!(two.fetch(HUS, &id).await.as_deref(), Ok(first.document()));
    assert_eq!(two.fetch(TK, &id).await, Err(RefusalCode::DocumentNotFound));
    // Nobody corrects what is another's.
    let foreign = two.correction(1, (TK, NEW), (&id, &id, 2));
    assert_eq!(two.store(TK, &foreign).await, [(RefusalCode::NothingToFollow, "setId".to_owned())]);
    let number = two.switched(&two.order()).await;
    // After the run: it names OLD still, and NEW is active; the archive sets the field.
    let given = two.fetch(TK, &id).await.unwrap();
    let header = read_document_header(&given).unwrap();
    assert_eq!((header.custodian.as_str(), header.active_custodian.as_deref()), (OLD, Some(NEW)));
    assert!(given.contains(">Testi tk</activeCustodianName>"));
    assert_eq!(active_custodian::stripped(&given).as_deref(), Some(first.document()));
    assert_eq!(two.fetch(HUS, &id).await, Err(RefusalCode::DocumentNotFound));
    // The one who gave does not correct it any more.
    let late = two.correction(2, (HUS, OLD), (&id, &id, 2));
    assert_eq!(two.store(HUS, &late).await, [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    // Corrected by the joiner: it names NEW, and NEW is active, so that the field is absent.
    let second = two.correction(3, (TK, NEW), (&id, &id, 2));
    assert_eq!(two.store(TK, &second).await, []);
    assert_eq!(two.fetch(TK, &second.document_id).await.as_deref(), Ok(second.document()));
    // Only the newest is replaceable, and the loser is told which it is.
    let loser = two.correction(4, (TK, NEW), (&id, &id, 2));
    let place = format!("relatedDocument: the newest is {} version 2", second.document_id);
    assert_eq!(two.store(TK, &loser).await, [(RefusalCode::NotTheNewest, place)]);
    // The older version stays readable.
    assert!(two.fetch(TK, &id).await.unwrap().contains("activeCustodian"));
    two.carried().await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 1, "{report:?}");
    // The set has both versions by now; the first alone was there to be moved.
    assert_eq!(report.before.sha256_sum, Sha256Hash::of(id.as_bytes()).to_string());
    assert_eq!(audit::first_break(two.test.app.store.read()).await.unwrap(), None);
}

on_both!(a_set_moves_together, together);

async fn together(database: Database) {
    let two = Two::start(database).await;
    let (id, _) = two.first(1).await;
    let second = two.correction(1, (HUS, OLD), (&id, &id, 2)).made_at("20261101120000");
    assert_eq!(two.store(HUS, &second).await, []);
    // What was made later begins a set of its own.
    let other = Variation::with_new_ids(5, 2).unwrap().made_at("20261101120000");
    let other = other.signed_by(&two.old, two.test.app.now()).unwrap();
    assert_eq!(two.store(HUS, &other).await, []);
    let scope = Scope { until: liitos_domain::archive::Month::parse("2020-01"), ..Scope::default() };
    two.switched(&Order { scope, ..two.order() }).await;
    let whose = [&id, &second.document_id, &other.document_id].map(|id| two.whose(id));
    let [first, second, other] = whose;
    assert_eq!((first.await, second.await, other.await), (NEW.into(), NEW.into(), OLD.into()));
}

on_both!(what_is_invalidated_stays_readable_and_is_followed_by_nothing, invalidated);

async fn invalidated(database: Database) {
    let two = Two::start(database).await;
    let (id, first) = two.first(1).await;
    let void = two.correction(1, (HUS, OLD), (&id, &id, 2)).invalidating();
    assert_eq!(two.store(HUS, &void).await, []);
    let after = two.correction(2, (HUS, OLD), (&void.document_id, &id, 3));
    assert_eq!(two.store(HUS, &after).await, [(RefusalCode::Invalidated, "setId".to_owned())]);
    assert_eq!(two.fetch(HUS, &id).await.as_deref(), Ok(first.document()));
    assert_eq!(two.fetch(HUS, &void.document_id).await.as_deref(), Ok(void.document()));
    // It moves with its controller like any other.
    two.switched(&two.order()).await;
    assert_eq!(two.whose(&void.document_id).await, NEW);
}

on_both!(of_many_that_replace_at_once_one_wins, at_once);

async fn at_once(database: Database) {
    let two = Two::start(database).await;
    let (id, _) = two.first(1).await;
    let calls: Vec<_> = (10..18)
        .map(|serial| {
            let (app, correction) = (two.test.app.clone(), two.correction(serial, (HUS, OLD), (&id, &id, 2)));
            tokio::spawn(async move {
                let message = correction.message().unwrap();
                store_document(&app, &door_of(HUS), message.as_bytes()).await.unwrap().how
            })
        })
        .collect();
    let (mut won, mut told) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            StoredHow::New => won += 1,
            StoredHow::Refused(findings) => {
                assert!(findings.iter().all(|one| one.code == RefusalCode::NotTheNewest), "{findings:?}");
                told += 1;
            }
            StoredHow::Again => unreachable!(),
        }
    }
    assert_eq!((won, told), (1, 7));
    assert_eq!(archive::count(two.test.app.store.read()).await.unwrap(), 2);
}

on_both!(a_run_is_reversed_with_what_corrected_it, reversed);

async fn reversed(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let (id, first) = two.first(1).await;
    let number = two.switched(&two.order()).await;
    let second = two.correction(1, (TK, NEW), (&id, &id, 2));
    assert_eq!(two.store(TK, &second).await, []);
    two.carried().await;
    assert!(!runs::reverse(app, &case_handler(), &number, "wrong controller").await.unwrap(), "one asks");
    let again = runs::reverse(app, &case_handler(), &number, "wrong controller").await;
    assert_eq!(code(again), Some((RefusalCode::NotAllowed, "second person".to_owned())));
    // Asked for, it can be let stand, once; then whoever asked before may be the second.
    runs::keep(app, &second_registrar(), &number).await.unwrap();
    let nothing = runs::keep(app, &second_registrar(), &number).await;
    assert_eq!(code(nothing).unwrap().0, RefusalCode::StateForbids);
    assert!(!runs::reverse(app, &case_handler(), &number, "wrong controller").await.unwrap(), "asked for anew");
    assert!(runs::reverse(app, &second_registrar(), &number, "wrong controller").await.unwrap());
    assert_eq!(two.fetch(HUS, &id).await.as_deref(), Ok(first.document()));
    let back = two.fetch(HUS, &second.document_id).await.unwrap();
    assert_eq!(read_document_header(&back).unwrap().active_custodian.as_deref(), Some(OLD));
    assert_eq!(two.fetch(TK, &second.document_id).await, Err(RefusalCode::DocumentNotFound));
    two.carried().await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 2 && report.reversed_at.is_some(), "{report:?}");
    // It goes on from there, in the one's name that it is again.
    let third = two.correction(2, (HUS, OLD), (&second.document_id, &id, 3));
    assert_eq!(two.store(HUS, &third).await, []);
    assert_eq!(two.whose(&third.document_id).await, OLD);
}

on_both!(runs_that_overlap_each_carry_what_they_took, overlapping);

async fn overlapping(database: Database) {
    let two = Two::start(database).await;
    let (id, _) = two.first(1).await;
    // The one unit first, then everything: switched before anything is carried.
    let unit = Scope { units: vec![oid("1.2.246.537.10.15675350.10.710")], ..Scope::default() };
    let first = two.switched(&Order { scope: unit, ..two.order() }).await;
    let second = two.switched(&two.order()).await;
    two.carried().await;
    let reports = (two.report(&first).await, two.report(&second).await);
    assert_eq!((reports.0.before.documents, reports.1.before.documents), (1, 0));
    assert!(reports.0.complete && reports.1.complete);
    // A cell that an older program wrote meanwhile is written again.
    let store = two.test.app.store.write();
    let unreported = "UPDATE controller_run SET report = NULL, state = 'switched' WHERE number = 'R2026-1'";
    for sql in [unreported, "UPDATE archive_cell SET active = NULL"] {
        sea_orm::ConnectionTrait::execute_unprepared(store, sql).await.unwrap();
    }
    // Written, and looked at.
    two.carried().await;
    let report = two.report(&first).await;
    assert!(report.complete && report.before.documents == 1, "{report:?}");
    assert_eq!(two.whose(&id).await, NEW);
}

on_both!(systems_may_be_apart_for_a_while, apart);

async fn apart(database: Database) {
    let two = Two::start(database).await;
    let (app, clock) = (&two.test.app, &two.test.clock);
    let (early, _) = two.first(1).await;
    let (late, _) = two.first(2).await;
    let (never, _) = two.first(3).await;
    let order = Order { before: 3600, after: 3600, ..two.order() };
    let number = two.approved(&order).await;
    let until = |moment: Moment| clock.advance(moment.as_seconds() - app.now().as_seconds());
    until(order.run_at.plus_seconds(-3700));
    let before = two.correction(1, (TK, NEW), (&early, &early, 2));
    assert_eq!(two.store(TK, &before).await, [(RefusalCode::NothingToFollow, "setId".to_owned())], "too early");
    let may = async |who, id: &str| two.fetch(who, id).await.map(drop);
    assert_eq!(may(TK, &early).await, Err(RefusalCode::DocumentNotFound), "nor read");
    until(order.run_at.plus_seconds(-60));
    let before = two.correction(2, (TK, NEW), (&early, &early, 2));
    assert_eq!(
        (may(TK, &early).await, may(HUS, &early).await),
        (Ok(()), Ok(())),
        "who corrects reads what it corrects"
    );
    assert_eq!(two.store(TK, &before).await, []);
    assert_eq!((two.found(TK, &early).await, two.found(HUS, &early).await), (2, 2));
    // The set moves at the switch: until then whoever has it has its newest, too.
    assert_eq!((two.whose(&before.document_id).await, two.whose(&early).await), (OLD.into(), OLD.into()));
    let given = two.fetch(HUS, &before.document_id).await.unwrap();
    assert_eq!(read_document_header(&given).unwrap().active_custodian.as_deref(), Some(OLD));
    until(order.run_at.plus_seconds(1));
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    let after = two.correction(3, (HUS, OLD), (&late, &late, 2));
    assert_eq!(two.store(HUS, &after).await, []);
    assert_eq!(two.whose(&after.document_id).await, NEW, "it is counted to whom it belongs");
    assert_eq!(two.fetch(TK, &before.document_id).await.as_deref(), Ok(before.document()));
    clock.advance(1);
    assert_eq!(
        (may(HUS, &after.document_id).await, two.found(HUS, &late).await),
        (Ok(()), 2),
        "and so does who is late"
    );
    until(order.run_at.plus_seconds(3601));
    assert_eq!(
        (may(HUS, &after.document_id).await, two.found(HUS, &late).await),
        (Err(RefusalCode::DocumentNotFound), 0)
    );
    let too_late = two.correction(4, (HUS, OLD), (&never, &never, 2));
    assert_eq!(two.store(HUS, &too_late).await, [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    // The set goes back with the run, whoever it names.
    runs::reverse(app, &case_handler(), &number, "undo").await.unwrap();
    runs::reverse(app, &second_registrar(), &number, "undo").await.unwrap();
    assert_eq!((two.whose(&before.document_id).await, two.whose(&after.document_id).await), (OLD.into(), OLD.into()));
}

on_both!(a_window_is_its_own_documents_alone, own_alone);

/// While some documents change controllers, nobody comes to others'.
async fn own_alone(database: Database) {
    let two = Two::start(database).await;
    let (app, clock) = (&two.test.app, &two.test.clock);
    let (id, first) = two.first(1).await;
    // From another to the one who will try: of everything that is that other's.
    let order = Order { from: oid("1.2.246.10.2462460.19.1"), before: 3600, after: 3600, ..two.order() };
    let number = two.approved(&order).await;
    clock.advance(order.run_at.as_seconds() - app.now().as_seconds() - 60);
    let taken = two.correction(1, (TK, NEW), (&id, &id, 2));
    let nothing = [(RefusalCode::NothingToFollow, "setId".to_owned())];
    assert_eq!(two.store(TK, &taken).await, nothing);
    let void = two.correction(2, (TK, NEW), (&id, &id, 2)).invalidating();
    assert_eq!(two.store(TK, &void).await, nothing);
    clock.advance(120);
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    assert_eq!(two.store(TK, &taken).await, nothing, "nor after the switch");
    assert_eq!(two.fetch(HUS, &id).await.as_deref(), Ok(first.document()));
    assert_eq!(runs::status(app, &case_handler(), &number).await.unwrap().run.state, RunState::Switched);
    // Nor does who gave take what another run has brought.
    let late = two.correction(3, (TK, NEW), (&id, &id, 3));
    assert_eq!(two.store(TK, &late).await, nothing);
}

on_both!(or_they_are_told_when_to_come_again, come_again);

async fn come_again(database: Database) {
    let two = Two::start(database).await;
    let (app, clock) = (&two.test.app, &two.test.clock);
    let (id, _) = two.first(1).await;
    let order = Order { before: 3600, after: 3600, apart: Apart::TryAgain, ..two.order() };
    let number = two.approved(&order).await;
    clock.advance(order.run_at.as_seconds() - app.now().as_seconds() - 60);
    let early = two.correction(1, (TK, NEW), (&id, &id, 2));
    let told = two.store(TK, &early).await;
    assert_eq!(told, [(RefusalCode::ControllerChanging, format!("custodian: after {}", order.run_at))]);
    // Called off, nothing waits for it any more.
    runs::cancel(app, &case_handler(), &number, "not now").await.unwrap();
    assert_eq!(two.store(TK, &early).await, [(RefusalCode::NothingToFollow, "setId".to_owned())]);
    let state = runs::status(app, &case_handler(), &number).await.unwrap().run.state;
    assert_eq!(state, RunState::Cancelled);
}

on_both!(an_order_is_judged_rehearsed_and_approved_by_two, ordered);

async fn ordered(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    let order = two.order();
    let refused = |problem: RunProblem| Some((RefusalCode::RunRefused, problem.code().to_owned()));
    assert_eq!(code(runs::order(app, &case_handler(), order.clone()).await), refused(RunProblem::NotARunDay));
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    let of_professional = Order { from: oid("1.2.246.537.28.900"), ..order.clone() };
    let problems = runs::problems(app, &of_professional).await.unwrap();
    assert_eq!(problems, [RunProblem::FromUnknown, RunProblem::Professional]);
    for serial in 1..4 {
        two.first(serial).await;
    }
    let number = runs::order(app, &case_handler(), order.clone()).await.unwrap();
    assert_eq!(number, "R2026-1");
    assert_eq!(code(runs::order(app, &case_handler(), order.clone()).await), refused(RunProblem::Overlaps));
    let looked = runs::dry_run(app, &case_handler(), &number).await.unwrap();
    assert_eq!((looked.documents, looked.cells, looked.samples.some.len()), (3, 1, 3));
    assert_eq!(looked.moved[0].unit.as_str(), "1.2.246.537.10.15675350.10.710");
    let stranger = liitos_testkit::member_of(HUS);
    assert_eq!(code(runs::dry_run(app, &stranger, &number).await).unwrap().0, RefusalCode::NotAllowed);
    let other = Sha256Hash::of(b"other");
    assert_eq!(code(runs::approve(app, &case_handler(), &number, &other).await).unwrap().0, RefusalCode::EffectChanged);
    assert!(!runs::approve(app, &case_handler(), &number, &looked.hash).await.unwrap());
    let twice = runs::approve(app, &case_handler(), &number, &looked.hash).await;
    assert_eq!(code(twice), Some((RefusalCode::NotAllowed, "second person".to_owned())));
    // One that is not approved by two is not switched, whatever the time.
    two.test.clock.advance(10 * 86_400);
    assert_eq!(runs::switch_due(app).await.unwrap(), 0);
    let history = runs::status(app, &case_handler(), &number).await.unwrap().history;
    let what: Vec<&str> = history.iter().map(|event| event.what.as_str()).collect();
    assert_eq!(what, ["ordered", "approved-first"]);
}

on_both!(every_step_survives_a_kill, killed);

async fn killed(database: Database) {
    let two = Two::start(database).await;
    let (test, app) = (&two.test, &two.test.app);
    // With the register's key and the cell there already.
    let (id, _) = two.first(1).await;
    let correction = two.correction(1, (HUS, OLD), (&id, &id, 2)).message().unwrap();
    let store = async || match store_document(app, &door_of(HUS), correction.as_bytes()).await?.how {
        StoredHow::New => Ok(()),
        other => unreachable!("{other:?}"),
    };
    let kept = ["message", "archive_document", "archive_body", "archive_use"];
    crate::kills::survives(test, &kept, store).await;
    // And the first of another set, which is kept together with others.
    let first = Variation::with_new_ids(5, 2).unwrap().signed_by(&two.old, app.now()).unwrap().message().unwrap();
    let store = async || match store_document(app, &door_of(HUS), first.as_bytes()).await?.how {
        StoredHow::New => Ok(()),
        other => unreachable!("{other:?}"),
    };
    crate::kills::survives(test, &kept, store).await;
    let order = two.order();
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    let tables = ["controller_run", "controller_run_event", "audit_event"];
    let place = async || runs::order(app, &case_handler(), order.clone()).await;
    let number = crate::kills::survives(test, &tables, place).await;
    let shown = runs::dry_run(app, &case_handler(), &number).await.unwrap().hash;
    for person in [case_handler(), second_registrar()] {
        crate::kills::survives(test, &tables, async || runs::approve(app, &person, &number, &shown).await).await;
    }
    test.clock.advance(order.run_at.as_seconds() - app.now().as_seconds() + 1);
    crate::kills::survives(test, &tables, async || runs::switch_due(app).await).await;
    test.clock.advance(1);
    // What is to be moved, the cells, that these are all, and the report.
    let carry = async || runs::carry_through(app, 1).await;
    for _ in 0..4 {
        crate::kills::survives(test, &["controller_run"], carry).await;
    }
    crate::kills::survives(test, &["archive_cell", "controller_run"], carry).await;
    for _ in 0..4 {
        crate::kills::survives(test, &["controller_run"], carry).await;
    }
    crate::kills::survives(test, &tables, carry).await;
    let report = two.report(&number).await;
    assert!(report.complete && report.before.documents == 3, "{report:?}");
    for person in [case_handler(), second_registrar()] {
        crate::kills::survives(test, &tables, async || runs::reverse(app, &person, &number, "undo").await).await;
    }
}

on_both!(whoever_gives_or_takes_sees_the_run_and_nobody_else, seen_by);

async fn seen_by(database: Database) {
    let two = Two::start(database).await;
    let app = &two.test.app;
    two.first(1).await;
    runs::add_day(app, &case_handler(), two.order().run_at).await.unwrap();
    let waiting = runs::order(app, &case_handler(), two.order()).await.unwrap();
    let seen = async |by: &str| runs::own(app, &liitos_testkit::member_of(by)).await.unwrap();
    assert_eq!(seen(TK).await.len(), 0, "what two persons have not approved is nobody's affair yet");
    runs::cancel(app, &case_handler(), &waiting, "anew").await.unwrap();
    let number = two.switched(&two.order()).await;
    for by in [HUS, TK] {
        let all = seen(by).await;
        let run = &all[0].run;
        assert_eq!((all.len(), &run.number, run.state), (1, &number, RunState::Switched), "{by}");
        assert_eq!(all[0].gives, by == HUS, "{by}");
        let early = runs::own_report(app, &liitos_testkit::member_of(by), &number).await;
        assert_eq!(code(early).unwrap().0, RefusalCode::NotFound);
    }
    two.carried().await;
    let report = runs::own_report(app, &liitos_testkit::member_of(TK), &number).await.unwrap();
    assert_eq!(Some(report), seen(HUS).await[0].run.report);
    let koivu = "1.2.246.10.99999028.10.0";
    assert_eq!(seen(koivu).await.len(), 0);
    let foreign = runs::own_report(app, &liitos_testkit::member_of(koivu), &number).await;
    assert_eq!(code(foreign).unwrap().0, RefusalCode::NotFound);
}

on_both!(what_older_programs_stored_is_brought_over, brought_over);

async fn brought_over(database: Database) {
    let two = Two::start(database).await;
    let (store, now) = (&two.test.app.store, two.test.app.now());
    let older = Variation::with_new_ids(9, 1).unwrap().signed_by(&two.old, now).unwrap();
    let document = older.document().replace('\'', "''");
    let bytes: String = document.bytes().map(|byte| format!("{byte:02x}")).collect();
    let blob = if matches!(database, Database::Sqlite) { format!("x'{bytes}'") } else { format!("'\\x{bytes}'") };
    let hash = Sha256Hash::of(b"x");
    let row = format!(
        "INSERT INTO document (document_id, set_id, version, joiner, controller, register_code, access_point, message_id, policy, \
         signer_fingerprint, signed_at, stored_at, hash, body) VALUES ('{0}', '{0}', 1, '{HUS}', '{OLD}', '2', '{HUS}.13.2', '1.2.3', \
         'strict', '{hash}', 1, 2, '{hash}', {blob})",
        older.document_id
    );
    let message = format!(
        "INSERT INTO message (message_id, hash, acknowledgement, document_id, joiner, received_at) VALUES ('1.2.3', '{hash}', 'x', '{}', \
         '{HUS}', 2)",
        older.document_id
    );
    for sql in [message, row] {
        sea_orm::ConnectionTrait::execute_unprepared(store.write(), &sql).await.unwrap();
    }
    assert_eq!(two.fetch(HUS, &older.document_id).await, Err(RefusalCode::DocumentNotFound));
    complete(&two.test.app).await.unwrap();
    complete(&two.test.app).await.unwrap();
    assert_eq!(two.fetch(HUS, &older.document_id).await.as_deref(), Ok(older.document()));
    let correction = two.correction(1, (HUS, OLD), (&older.document_id, &older.document_id, 2));
    assert_eq!(two.store(HUS, &correction).await, []);
    assert_eq!(archive::count(store.read()).await.unwrap(), 2);
    // What today's reader would not take is given back all the same.
    let odd = "UPDATE document SET document_id = '1.2.246.10.7.11.1', set_id = '1.2.246.10.7.11.1', body = ";
    let sql =
        if matches!(database, Database::Sqlite) { format!("{odd}x'3c612f3e'") } else { format!("{odd}'\\x3c612f3e'") };
    sea_orm::ConnectionTrait::execute_unprepared(store.write(), &sql).await.unwrap();
    complete(&two.test.app).await.unwrap();
    assert_eq!(two.fetch(HUS, "1.2.246.10.7.11.1").await.as_deref(), Ok("<a/>"));
}
