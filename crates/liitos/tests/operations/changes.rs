//! Organisational changes, planned by what directory, registers and archive hold.

use crate::archive::HUS;
use crate::controller_runs::{NEW, OLD, Two};
use crate::on_both;
use liitos::sandbox::tour;
use liitos_domain::RefusalCode;
use liitos_domain::archive::{Apart, Order, RunKind, Scope};
use liitos_domain::change::{State, Story, What};
use liitos_domain::{Moment, Oid};
use liitos_service::changes::{Readied, plan};
use liitos_service::{Actor, controller_runs as runs};
use liitos_testkit::{Database, PATIENCE, TestSandbox, case_handler};
use serde_json::Value;

const TK: &str = "1.2.246.10.99999984.10.0";

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn merger(day: Moment) -> Story {
    let day = day.civil().date();
    Story::parse(&format!("day = \"{day}\"\n[[merger]]\njoiners = [\"{HUS}\"]\ninto = \"{TK}\"\n")).unwrap()
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
    let order = Order {
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
    };
    runs::order(app, &case_handler(), order).await.unwrap();
    let then = plan(app, &case_handler(), &story).await.unwrap();
    assert!(!tasks(&then).iter().any(|(what, _)| *what == What::OrderRun));
    assert_eq!(terminated(&then).unwrap().state, State::Open);
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
        days.contains("DTSTART;VALUE=DATE:20261231") && days.contains("UID:terminate-1.2.246.537.10.15675350"),
        "{days}"
    );
    assert!(picture.starts_with("<svg") && picture.contains("Terminate the joining"), "{picture}");
    let wrong = file("wrong.toml");
    std::fs::write(&wrong, "day = \"soon\"\n[[ending]]\njoner = \"1.2.3\"\n").unwrap();
    let (code, _, error) = run(wrong, "").await.unwrap();
    assert!(code == Some(2) && error.contains(":1 day") && error.contains(":3 ending[1].joner"), "{error}");
}
