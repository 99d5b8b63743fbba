//! Organisational changes, planned by what directory, registers and archive hold.

use crate::archive::HUS;
use crate::controller_runs::{NEW, OLD, Two};
use crate::outbound::{LEPOLA, UNIT};
use crate::{notifications, on_both};
use liitos::sandbox::tour;
use liitos_domain::RefusalCode;
use liitos_domain::archive::{Apart, Order, RunKind, Scope};
use liitos_domain::change::{Course, State, Story, Turn, What, Why};
use liitos_domain::directory::{Effect, Joiner};
use liitos_domain::notice::{ChangeNews, Notice};
use liitos_domain::notification::{Kind, What as Found};
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid, Service};
use liitos_service::changes::{self, Readied, Shown, plan};
use liitos_service::notices::Desk;
use liitos_service::systems;
use liitos_service::{Actor, App, ServiceError, controller_runs as runs, messages};
use liitos_store::registers;
use liitos_testkit::{Database, PATIENCE, TestApp, TestSandbox, case_handler, member_of};
use serde_json::Value;

const TK: &str = "1.2.246.10.99999984.10.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

pub(crate) fn merger(day: Moment) -> Story {
    let day = day.civil().date();
    Story::parse(&format!("day = \"{day}\"\ntitle = \"Two\"\n[[merger]]\njoiners = [\"{HUS}\"]\ninto = \"{TK}\"\n"))
        .unwrap()
}

fn tasks(found: &Readied) -> Vec<(What, String)> {
    found.planned.tasks.iter().map(|task| (task.what, task.owner.number().to_owned())).collect()
}

on_both!(a_merger_is_planned_by_what_is_so, planned);

async fn planned(database: Database) {
    let two = Two::start(database).await;
    for serial in 1..=3 {
        two.first(serial).await;
    }
    let app = &two.test.app;
    let day = app.now().plus_days(60).midnight();
    let story = merger(day);
    let refused = plan(app, &Actor::default(), &story).await.err().map(|error| error.code);
    assert_eq!(refused, Some(RefusalCode::NotAllowed));
    let found = plan(app, &case_handler(), &story).await.unwrap();
    assert_eq!(found.planned.obstacles, []);
    let run = found.planned.tasks.iter().find(|task| task.what == What::OrderRun).unwrap();
    assert_eq!((run.count, run.about.as_str()), (3, format!("{OLD} → {NEW}").as_str()));
    assert!(found.names.contains_key(&oid(HUS)), "names come from the registers");
    let terminated = |found: &Readied| found.planned.tasks.iter().find(|task| task.what == What::Terminate).cloned();
    assert_eq!(terminated(&found).unwrap().state, State::Waits, "the documents move first");
    // What the directory would say is what it takes.
    let rows = liitos_store::directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap();
    let after = rows.after(&found.planned.effect).unwrap().open_at(day);
    assert!(after.rights.iter().all(|right| right.joiner != oid(HUS)) && !after.rights.is_empty());
    // What is done is no task any more.
    runs::add_day(app, &case_handler(), day).await.unwrap();
    runs::order(app, &case_handler(), order(day)).await.unwrap();
    let then = plan(app, &case_handler(), &story).await.unwrap();
    assert!(!tasks(&then).iter().any(|(what, _)| *what == What::OrderRun));
    assert_eq!(terminated(&then).unwrap().state, State::Open);
}

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

fn order(day: Moment) -> Order {
    Order {
        from: oid(OLD),
        to: oid(NEW),
        scope: Scope::default(),
        kind: RunKind::Successor,
        run_at: day,
        priority: 0,
        before: 0,
        after: 0,
        apart: Apart::Accept,
        basis: "merger".to_owned(),
    }
}

async fn seen(app: &App, by: &Actor, desk: Desk, number: &str) -> Shown {
    changes::show(app, by, desk, number).await.unwrap()
}

fn task(shown: &Shown, what: What) -> (i64, State) {
    shown.tasks.iter().find(|(_, task)| task.what == what).map(|(key, task)| (*key, task.state)).unwrap()
}

/// What somebody was told of changes.
async fn told(app: &App, joiner: &str) -> Vec<ChangeNews> {
    let all = liitos_store::notices::open(app.store.read(), Some(&oid(joiner)), 100).await.unwrap();
    let news = |notice: &Notice| if let Notice::Change { news, .. } = notice { Some(*news) } else { None };
    all.iter().filter_map(|stored| news(&stored.notice)).collect()
}

on_both!(each_party_sees_its_own_until_all_plan_along, parties);

async fn parties(database: Database) {
    let two = Two::start(database).await;
    two.first(1).await;
    let app = &two.test.app;
    let (hus, tk) = (member_of(HUS), member_of(TK));
    let story = merger(app.now().plus_days(60).midnight());
    // Nobody plans what it is no party to.
    let koivu = member_of("1.2.246.10.99999028.10.0");
    assert_eq!(code(changes::keep(app, &koivu, Desk::Own, story.clone()).await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(changes::keep(app, &hus, Desk::Office, story.clone()).await), Some(RefusalCode::NotAllowed));
    let number = changes::keep(app, &hus, Desk::Own, story).await.unwrap().unwrap();
    assert_eq!(number, format!("M{}-1", app.now().civil().year()));
    assert_eq!((told(app, TK).await, told(app, HUS).await), (vec![ChangeNews::Planned], vec![]));
    // Whoever gives sees its own; whoever takes nothing that follows from what is another's.
    for (member, own) in [(&hus, true), (&tk, false)] {
        let shown = seen(app, member, Desk::Own, &number).await;
        let has = |what| shown.tasks.iter().any(|(_, task)| task.what == what);
        assert!(has(What::Terminate) == own && !has(What::Apply) && shown.hidden && !shown.all, "{shown:?}");
        assert!(shown.history.is_empty() && shown.change.rights == (0, 0));
    }
    assert_eq!(code(changes::show(app, &koivu, Desk::Own, &number).await), Some(RefusalCode::NotFound));
    assert!(changes::list(app, &koivu, Desk::Own).await.unwrap().is_empty());
    assert_eq!(code(changes::share(app, &hus, Desk::Own, &number).await), Some(RefusalCode::StateForbids));
    assert!(seen(app, &case_handler(), Desk::Office, &number).await.all);
    assert_eq!(code(changes::agree(app, &hus, &number).await), Some(RefusalCode::StateForbids), "it has");
    assert_eq!(code(changes::agree(app, &koivu, &number).await), Some(RefusalCode::NotFound));
    // What it does exactly is whoever's who sees all of it.
    let exact = async |by: &Actor| changes::effect(app, by, Desk::Own, &number).await;
    assert_eq!(code(exact(&hus).await), Some(RefusalCode::StateForbids), "not yet");
    assert_eq!(code(exact(&koivu).await), Some(RefusalCode::NotFound));
    // Whoever does not answer is asked again each week.
    assert_eq!(changes::remind(app).await.unwrap(), 0);
    two.test.clock.advance(8 * 86_400);
    assert_eq!((changes::remind(app).await.unwrap(), changes::remind(app).await.unwrap()), (1, 0));
    assert!(
        told(app, TK).await.contains(&ChangeNews::Unanswered)
            && !told(app, HUS).await.contains(&ChangeNews::Unanswered)
    );
    changes::agree(app, &tk, &number).await.unwrap();
    for member in [&hus, &tk] {
        let shown = seen(app, member, Desk::Own, &number).await;
        assert!(shown.all && !shown.hidden && shown.change.rights.1 > 0, "{shown:?}");
        assert!(shown.tasks.len() > 5 && shown.history.iter().any(|event| event.what == "agreed"));
    }
    let does = exact(&hus).await.unwrap();
    let (opened, closed) = (does.effect.rights_opened.len(), does.effect.rights_closed.len());
    let counted = seen(app, &hus, Desk::Own, &number).await.change.rights;
    assert_eq!((u32::try_from(opened).unwrap(), u32::try_from(closed).unwrap()), counted);
    assert!(does.messages.len() > 2 && does.messages.iter().all(|(_, tasks)| !tasks.is_empty()));
    assert_eq!(does.documents.values().sum::<u64>(), 1, "{:?}", does.documents);
    // Whoever has the address sees it, but not who did what; until it is shown no more.
    let secret = changes::share(app, &tk, Desk::Own, &number).await.unwrap();
    let shared = changes::shared(app, &secret).await.unwrap();
    assert!(shared.tasks.len() > 5 && shared.history.is_empty() && shared.parties.is_empty());
    assert_eq!(code(changes::shared(app, "guessed").await), Some(RefusalCode::NotFound));
    two.test.clock.advance(91 * 86_400);
    assert_eq!(code(changes::shared(app, &secret).await), Some(RefusalCode::NotFound), "a month after the change");
    let again = changes::share(app, &hus, Desk::Own, &number).await.unwrap();
    changes::unshare(app, &hus, Desk::Own, &number).await.unwrap();
    assert_eq!(code(changes::shared(app, &again).await), Some(RefusalCode::NotFound));
}

on_both!(a_change_is_followed_until_somebody_withdraws_it, followed);

async fn followed(database: Database) {
    let two = Two::start(database).await;
    two.first(1).await;
    let (app, clock, office) = (&two.test.app, &two.test.clock, case_handler());
    let (hus, tk) = (member_of(HUS), member_of(TK));
    let day = app.now().plus_days(60).midnight();
    let number = changes::keep(app, &office, Desk::Office, merger(day)).await.unwrap().unwrap();
    // Two plans of the same are one too many, and each is told so.
    let ending = format!("day = \"{}\"\ntitle = \"End\"\n[[ending]]\njoiner = \"{HUS}\"\n", day.civil().date());
    let other = changes::keep(app, &hus, Desk::Own, Story::parse(&ending).unwrap()).await.unwrap().unwrap();
    assert_eq!(code(changes::check(app, &office, Desk::Office, &number).await), Some(RefusalCode::TooSoon));
    two.looked(&number).await;
    for (number, other) in [(&number, &other), (&other, &number)] {
        let shown = seen(app, &office, Desk::Office, number).await;
        assert!(
            shown.change.obstacles.iter().any(|one| one.why == Why::AnotherChange && one.of == *other),
            "{shown:?}"
        );
    }
    assert!(told(app, TK).await.contains(&ChangeNews::Hindered));
    assert_eq!(code(changes::withdraw(app, &tk, Desk::Own, &other, "x").await), Some(RefusalCode::NotFound));
    assert_eq!(code(changes::withdraw(app, &hus, Desk::Own, &other, " ").await), Some(RefusalCode::FormInvalid));
    changes::withdraw(app, &hus, Desk::Own, &other, "two become one instead").await.unwrap();
    assert_eq!(code(changes::check(app, &hus, Desk::Own, &other).await), Some(RefusalCode::StateForbids));
    // What the facts say is done is done; what they say no more is to be done again.
    assert_eq!(task(&seen(app, &office, Desk::Office, &number).await, What::SetRunDay).1, State::Open);
    runs::add_day(app, &office, day).await.unwrap();
    let ordered = runs::order(app, &office, order(day)).await.unwrap();
    two.looked(&number).await;
    let shown = seen(app, &office, Desk::Office, &number).await;
    assert_eq!((task(&shown, What::OrderRun).1, task(&shown, What::Terminate).1), (State::Done, State::Open));
    assert_eq!(task(&shown, What::SetRunDay).1, State::Done, "it is on the calendar");
    assert!(shown.change.obstacles.is_empty(), "the other is withdrawn: {shown:?}");
    runs::cancel(app, &office, &ordered, "not yet").await.unwrap();
    two.looked(&number).await;
    let shown = seen(app, &office, Desk::Office, &number).await;
    assert_eq!((task(&shown, What::OrderRun).1, task(&shown, What::Terminate).1), (State::Open, State::Waits));
    // The night finds what is late, once.
    let before = told(app, HUS).await.len();
    clock.advance(50 * 86_400);
    assert_eq!(changes::check_due(app, app.now()).await.unwrap(), 1);
    assert_eq!(changes::check_due(app, app.now()).await.unwrap(), 0, "it was looked at");
    let shown = seen(app, &office, Desk::Office, &number).await;
    assert_eq!(task(&shown, What::OrderRun).1, State::Late);
    let events = |turn: Turn| shown.history.iter().filter(|event| event.what == format!("task-{turn}")).count();
    assert!(events(Turn::Settled) == 2 && events(Turn::Back) == 1 && events(Turn::Late) > 0, "{:?}", shown.history);
    assert_eq!(told(app, HUS).await.len(), before + 1);
    said(&two, (&office, &hus, &tk), &number).await;
    moved(app, (&office, &hus), &number, day.plus_days(30).midnight()).await;
    changes::withdraw(app, &office, Desk::Office, &number, "not any more").await.unwrap();
    assert_eq!(seen(app, &hus, Desk::Own, &number).await.change.course, Course::Withdrawn);
    assert!(told(app, TK).await.contains(&ChangeNews::Withdrawn));
}

impl Two {
    /// Looks at a change when one may again.
    async fn looked(&self, number: &str) {
        self.test.clock.advance(61);
        changes::check(&self.test.app, &case_handler(), Desk::Office, number).await.unwrap();
    }
}

/// What no register shows people say, each of its own.
async fn said(two: &Two, (office, hus, tk): (&Actor, &Actor, &Actor), number: &str) {
    let app = &two.test.app;
    let shown = seen(app, office, Desk::Office, number).await;
    let (before, ended) = (task(&shown, What::TestBefore).0, task(&shown, What::Terminate).0);
    let say = async |by: &Actor, desk, key, done, words| changes::say(app, by, desk, number, (key, done, words)).await;
    assert_eq!(code(say(tk, Desk::Own, before, true, "report").await), Some(RefusalCode::NotFound), "not seen yet");
    changes::agree(app, tk, number).await.unwrap();
    changes::agree(app, hus, number).await.unwrap();
    assert_eq!(code(say(tk, Desk::Own, before, true, "report").await), Some(RefusalCode::NotAllowed), "another's");
    assert_eq!(code(say(hus, Desk::Own, ended, true, "done").await), Some(RefusalCode::StateForbids), "facts say it");
    assert_eq!(code(say(hus, Desk::Own, before, true, "").await), Some(RefusalCode::FormInvalid));
    say(hus, Desk::Own, before, true, "report 12").await.unwrap();
    let local = task(&shown, What::ChangeLocalSystem).0;
    say(tk, Desk::Own, local, true, "the supplier's message").await.unwrap();
    two.looked(number).await;
    let shown = seen(app, office, Desk::Office, number).await;
    assert_eq!((task(&shown, What::TestBefore).1, task(&shown, What::ChangeLocalSystem).1), (State::Done, State::Done));
    assert!(shown.history.iter().any(|event| event.words.as_ref().is_some_and(|words| words.contains("report 12"))));
    say(hus, Desk::Own, before, false, "the report was another's").await.unwrap();
    assert_ne!(task(&seen(app, office, Desk::Office, number).await, What::TestBefore).1, State::Done);
}

/// Whoever has made it moves it to a day that is to come.
async fn moved(app: &App, (office, hus): (&Actor, &Actor), number: &str, day: Moment) {
    let to = async |by: &Actor, desk, day| changes::move_day(app, by, desk, number, day).await;
    assert_eq!(code(to(hus, Desk::Own, day).await), Some(RefusalCode::NotAllowed), "the operator's plan");
    for wrong in [app.now().plus_days(-1).midnight(), day.plus_seconds(1)] {
        assert_eq!(code(to(office, Desk::Office, wrong).await), Some(RefusalCode::FormInvalid));
    }
    to(office, Desk::Office, day).await.unwrap();
    let shown = seen(app, office, Desk::Office, number).await;
    // That day is none on the calendar of runs yet.
    assert_eq!((shown.change.story.day, task(&shown, What::OrderRun).1), (day, State::Waits));
    assert!(told(app, HUS).await.contains(&ChangeNews::Moved));
}

on_both!(a_change_survives_a_kill_at_each_table, killed);

async fn killed(database: Database) {
    let two = Two::start(database).await;
    two.first(1).await;
    let (test, office) = (&two.test, case_handler());
    let app = &test.app;
    let day = app.now().plus_days(60).midnight();
    let tables = ["audit_event", "change", "change_event", "change_party", "change_task", "notice"];
    let keep = async || Ok(changes::keep(app, &office, Desk::Office, merger(day)).await?.unwrap());
    let number = crate::kills::survives(test, &tables, keep).await;
    test.clock.advance(50 * 86_400);
    let looked = ["audit_event", "change", "change_event", "change_task", "notice"];
    crate::kills::survives(test, &looked, async || changes::check(app, &office, Desk::Office, &number).await).await;
    let withdrawn = ["audit_event", "change", "change_event", "notice"];
    let withdraw = async || changes::withdraw(app, &office, Desk::Office, &number, "x").await;
    crate::kills::survives(test, &withdrawn, withdraw).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_planned_in_the_terminal() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let config = sandbox.folder.join("liitos.toml");
    let run = |file: std::path::PathBuf, more: &str| {
        let (config, more) = (config.clone(), more.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        tokio::task::spawn_blocking(move || {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_liitos"));
            let ended = command.args(["change", "plan", "--config"]).arg(config).arg(file).args(more).output().unwrap();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
        })
    };
    let sample = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/changes/merger.toml"));
    let (code, out, error) = run(sample.to_owned(), "--json").await.unwrap();
    let found: Value = serde_json::from_str(&out).unwrap();
    // The care home of the sample has not joined.
    assert_eq!((code, &found["obstacles"][0]["why"]), (Some(1), &"no-member".into()), "{out}{error}");
    assert_eq!(found["rights"]["closed"].as_array().unwrap().len(), 1, "{out}");
    assert!(found["tasks"].as_array().unwrap().iter().any(|task| task["what"] == "terminate"), "{out}");
    assert!(!found["messages"].as_array().unwrap().is_empty());
    for (language, words) in [("fi", "Irtisanokaa liittyminen"), ("sv", "Säg upp anslutningen"), ("en", "Terminate")] {
        let (_, out, _) = run(sample.to_owned(), &format!("--language {language}")).await.unwrap();
        assert!(out.contains(words) && out.contains("HUS"), "{out}");
    }
    let file = |name: &str| sandbox.folder.join(name);
    let files = format!("--calendar {} --picture {}", file("change.ics").display(), file("change.svg").display());
    run(sample.to_owned(), &files).await.unwrap();
    let made = |name: &str| std::fs::read_to_string(file(name)).unwrap();
    let (days, picture) = (made("change.ics"), made("change.svg"));
    assert!(
        days.contains("DTSTART;VALUE=DATE:20261211") && days.contains("UID:plan-terminate-1.2.246.537.10.1567"),
        "{days}"
    );
    assert!(picture.starts_with("<svg") && picture.contains("Terminate the joining"), "{picture}");
    let wrong = file("wrong.toml");
    std::fs::write(&wrong, "day = \"soon\"\n[[ending]]\njoner = \"1.2.3\"\n").unwrap();
    let (code, _, error) = run(wrong, "").await.unwrap();
    assert!(code == Some(2) && error.contains(":1 day") && error.contains(":3 ending[1].joner"), "{error}");
}

on_both!(the_code_service_is_told_what_a_change_needs_there, told_code_service);

async fn told_code_service(database: Database) {
    let two = Two::start(database).await;
    crate::notifications::lepola(&two.test).await;
    let (app, lepola, tk) = (&two.test.app, member_of(LEPOLA), member_of(TK));
    let day = app.now().plus_days(60).midnight();
    // A unit that receives renewal requests gets a number that no register has yet.
    let unit = "1.2.246.10.99999984.10.77";
    let written = format!(
        "day = \"{}\"\ntitle = \"Two\"\n[[merger]]\njoiners = [\"{LEPOLA}\"]\ninto = \"{TK}\"\n[[merger.unit]]\noid = \"{UNIT}\"\nbecomes = \"{unit}\"\n",
        day.civil().date(),
    );
    let number = changes::keep(app, &lepola, Desk::Own, Story::parse(&written).unwrap()).await.unwrap().unwrap();
    let letters = async || {
        messages::deliver_due(app).await.unwrap();
        let all = two.test.mailbox.all().into_iter().filter(|mail| mail.to.ends_with("@virasto.test"));
        let mut all: Vec<_> = all.map(|mail| (mail.to, mail.body)).collect();
        all.sort();
        all
    };
    assert_eq!(letters().await, [], "not before all plan along");
    let agree = async || changes::agree(app, &tk, &number).await;
    crate::kills::survives(&two.test, &["change", "change_party", "change_event", "audit_event", "job"], agree).await;
    let all = letters().await;
    let to: Vec<&str> = all.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(to, ["kanta@virasto.test", "koodistopalvelu@virasto.test"], "once, whatever was killed");
    assert!(all[1].1.contains(unit) && all[1].1.contains(&number), "{}", all[1].1);
    assert!(!all[1].1.contains("  "), "nothing is missing in it: {}", all[1].1);
    let to = async |days| changes::move_day(app, &lepola, Desk::Own, &number, day.plus_days(days).midnight()).await;
    for days in 40..45 {
        to(days).await.unwrap();
    }
    assert_eq!(code(to(45).await), Some(RefusalCode::TooSoon), "each is told to everybody");
    changes::withdraw(app, &lepola, Desk::Own, &number, "it stays").await.unwrap();
    let all: Vec<String> =
        letters().await.into_iter().filter(|(to, _)| to.starts_with("koodi")).map(|(_, body)| body).collect();
    assert_eq!(all.len(), 7, "{all:?}");
    assert!(all.iter().any(|body| body.contains("siirretty")) && all.iter().any(|body| body.contains("peruttu")));
    let history = seen(app, &lepola, Desk::Own, &number).await.history;
    assert_eq!(history.iter().filter(|event| event.what == "told-code-service").count(), 7);
}

/// Whoever takes units uses prescriptions through its own access point: which.
async fn tk_prescribes(test: &TestApp) -> String {
    let through = format!("{TK}.13.1");
    let valid = liitos_domain::Interval::from(Moment::parse("2020-01-01").unwrap());
    let prescribes = notifications::right(TK, Service::Prescription, &through, None);
    let effect = Effect {
        joiners_opened: vec![Joiner { oid: oid(TK), rate: Default::default(), valid }],
        access_points_opened: vec![notifications::point(&through)],
        rights_opened: vec![prescribes],
        ..Effect::default()
    };
    test.record(&effect).await;
    through
}

on_both!(suppliers_are_told_what_a_change_asks_of_their_systems, told_suppliers);

async fn told_suppliers(database: Database) {
    let two = Two::start(database).await;
    two.first(1).await;
    let (app, office) = (&two.test.app, case_handler());
    let (hus, tk) = (member_of(HUS), member_of(TK));
    let say = async |by: &Actor, system: &str, to: (&str, &str)| code(systems::supplier(app, by, system, to).await);
    for wrong in ["no address", "a@b\r\nBcc: c@d.test"] {
        assert_eq!(say(&office, "900001", (wrong, "sv")).await, Some(RefusalCode::FormInvalid), "{wrong}");
    }
    let mailbox = "stod@leverantor.test";
    assert_eq!(say(&office, "900001", (mailbox, "de")).await, Some(RefusalCode::FormInvalid));
    assert_eq!(say(&office, "none", (mailbox, "sv")).await, Some(RefusalCode::NotFound));
    assert_eq!(say(&hus, "900001", (mailbox, "sv")).await, Some(RefusalCode::NotAllowed));
    assert_eq!(say(&office, "900001", (mailbox, "sv")).await, None);
    let day = app.now().plus_days(60).midnight();
    let number = changes::keep(app, &office, Desk::Office, merger(day)).await.unwrap().unwrap();
    changes::agree(app, &hus, &number).await.unwrap();
    let letters = async || {
        messages::deliver_due(app).await.unwrap();
        let all = two.test.mailbox.all().into_iter().filter(|mail| mail.to == mailbox);
        all.map(|mail| (mail.subject, mail.body)).collect::<Vec<_>>()
    };
    assert_eq!(letters().await, [], "not before all plan along");
    let agree = async || changes::agree(app, &tk, &number).await;
    let tables = ["change", "change_party", "change_event", "audit_event", "job"];
    crate::kills::survives(&two.test, &tables, agree).await;
    let all = letters().await;
    assert_eq!(all.len(), 1, "once, whatever was killed: {all:?}");
    let (subject, body) = &all[0];
    assert!(subject.contains("900001") && body.contains(HUS) && body.contains("varken tidigare"), "{subject} {body}");
    changes::move_day(app, &office, Desk::Office, &number, day.plus_days(30).midnight()).await.unwrap();
    changes::withdraw(app, &office, Desk::Office, &number, "not any more").await.unwrap();
    let all: Vec<String> = letters().await.into_iter().map(|(_, body)| body).collect();
    let said = ["planerad till", "har flyttats", "har återkallats"]
        .map(|words| all.iter().filter(|body| body.contains(words)).count());
    assert_eq!((said, all.len()), ([1, 1, 1], 3), "{all:?}");
    let history = seen(app, &office, Desk::Office, &number).await.history;
    assert_eq!(history.iter().filter(|event| event.what == "told-suppliers").count(), 3);
    // Who is written to no more is not.
    assert_eq!(say(&office, "900001", ("", "")).await, None);
    assert_eq!(systems::show(app, &office, "900001").await.unwrap().supplier, None);
}

on_both!(a_unit_goes_to_another_joiner_at_midnight, a_unit_moves);

async fn a_unit_moves(database: Database) {
    let test = TestApp::start(database).await;
    notifications::lepola(&test).await;
    let (app, lepola, tk) = (&test.app, member_of(LEPOLA), member_of(TK));
    let through = tk_prescribes(&test).await;
    let (day, on) = notifications::day_of(app, 30);
    let story =
        format!("day = \"{on}\"\ntitle = \"Unit\"\n[[unit]]\noid = \"{UNIT}\"\nfrom = \"{LEPOLA}\"\nto = \"{TK}\"\n");
    let story = Story::parse(&story).unwrap();
    let number = changes::keep(app, &lepola, Desk::Own, story).await.unwrap().unwrap();
    let fields = [("units", UNIT), ("to_point", through.as_str()), ("system", "900001"), ("day", on.as_str())];
    let reception = notifications::written(app, &tk, Kind::Reception, &fields).await;
    let found = async || {
        let looked = notifications::looked(app, &tk, &reception).await;
        looked.findings.iter().map(|finding| finding.what).collect::<Vec<_>>()
    };
    assert!(found().await.contains(&Found::UnitOfAnother), "nobody takes a unit that is not given");
    changes::agree(app, &tk, &number).await.unwrap();
    let arrives = changes::arriving(app, &[oid(TK)]).await.unwrap();
    assert_eq!(arrives, [changes::Arrival { unit: oid(UNIT), from: oid(LEPOLA), day }]);
    assert!(!found().await.contains(&Found::UnitOfAnother));
    notifications::sent(app, &tk, &reception).await;
    notifications::approved(app, &reception).await;
    let holders = async |at: Moment| -> Vec<String> {
        let rows = liitos_store::directory::rows(app.store.read(), u64::MAX >> 1).await.unwrap();
        let held = rows.rights.into_iter().filter(|row| row.unit == Some(oid(UNIT)) && row.valid.contains(at));
        held.map(|row| row.joiner.to_string()).collect()
    };
    assert_eq!((holders(day.plus_seconds(-1)).await, holders(day).await), (vec![LEPOLA.into()], vec![TK.into()]));
    // What was to be done for it has been.
    test.clock.advance(120);
    changes::check(app, &case_handler(), Desk::Office, &number).await.unwrap();
    let shown = seen(app, &case_handler(), Desk::Office, &number).await;
    let open = shown.tasks.iter().filter(|(_, task)| task.what == What::NotifyUse && task.state != State::Done);
    assert_eq!(open.count(), 0, "{:?}", shown.tasks);
    // The change does not go away, or to another day, under it; taken back it stays with whoever had it.
    let off = async || code(changes::withdraw(app, &lepola, Desk::Own, &number, "Peruttiin").await);
    let another = async |by: &Actor, day: Moment| code(changes::move_day(app, by, Desk::Own, &number, day).await);
    assert_eq!(off().await, Some(RefusalCode::StateForbids));
    assert_eq!(another(&lepola, day.plus_days(7).midnight()).await, Some(RefusalCode::StateForbids));
    liitos_service::notifications::withdraw(app, &tk, &reception, "Siirto peruttiin").await.unwrap();
    assert_eq!(holders(day).await, [LEPOLA]);
    let later = day.plus_days(7).midnight();
    assert_eq!(another(&lepola, later).await, None);
    assert_eq!(changes::arriving(app, &[oid(TK)]).await.unwrap()[0].day, later, "whoever gives has moved it");
    assert_eq!(off().await, None);
    assert_eq!(changes::arriving(app, &[oid(TK)]).await.unwrap(), []);
    nobody_takes_what_is_not_given(app, &tk).await;
}

/// Whoever is named to give it has not agreed, or it is not theirs.
async fn nobody_takes_what_is_not_given(app: &App, tk: &Actor) {
    for from in ["1.2.246.10.99999028.10.0", "1.2.246.10.99999060.10.0"] {
        let day = app.now().plus_days(40).midnight().civil().date();
        let story = format!(
            "day = \"{day}\"\ntitle = \"Unit\"\n[[unit]]\noid = \"{UNIT}\"\nfrom = \"{from}\"\nto = \"{TK}\"\n"
        );
        let story = Story::parse(&story).unwrap();
        let kept = changes::keep(app, tk, Desk::Own, story).await.unwrap();
        assert!(kept.is_ok(), "{kept:?}");
        assert_eq!(changes::arriving(app, &[oid(TK)]).await.unwrap(), []);
    }
}

on_both!(a_register_that_ends_a_unit_meanwhile_is_told_of, ended_meanwhile);

async fn ended_meanwhile(database: Database) {
    let test = TestApp::start(database).await;
    notifications::lepola(&test).await;
    tk_prescribes(&test).await;
    let (app, lepola) = (&test.app, member_of(LEPOLA));
    let (_, on) = notifications::day_of(app, 30);
    let story =
        format!("day = \"{on}\"\ntitle = \"Unit\"\n[[unit]]\noid = \"{UNIT}\"\nfrom = \"{LEPOLA}\"\nto = \"{TK}\"\n");
    let story = Story::parse(&story).unwrap();
    let number = changes::keep(app, &lepola, Desk::Own, story).await.unwrap().unwrap();
    let unit_there = async || {
        let shown = seen(app, &case_handler(), Desk::Office, &number).await;
        !shown.tasks.iter().any(|(_, task)| task.what == What::RegisterUnit && task.about == UNIT)
    };
    assert!(unit_there().await, "it stands in the register");
    changes::agree(app, &member_of(TK), &number).await.unwrap();
    let to_do = async || told(app, TK).await.iter().filter(|news| **news == ChangeNews::Tasks).count();
    let before = to_do().await;
    // The register is refreshed, and the unit has ended in it.
    let known = registers::known(app.store.read(), RegisterKind::Sote, &[UNIT]).await.unwrap();
    let tx = app.store.begin().await.unwrap();
    registers::close(&tx, &[known[UNIT].0], app.now()).await.unwrap();
    tx.commit().await.unwrap();
    test.clock.advance(3_600);
    changes::check_due(app, app.now()).await.unwrap();
    assert!(!unit_there().await, "whoever takes it has it registered first");
    assert_eq!(to_do().await, before + 1, "and is told");
}
