//! Imports on a real database: an update keeps history, a broken file changes nothing.

use crate::applications::{LEPOLA, filled_in};
use crate::on_both;
use liitos_domain::directory::units;
use liitos_domain::notice::Notice;
use liitos_domain::register::{Extent, Matter, RegisterKind, RowProblem};
use liitos_domain::{Moment, Oid, RefusalCode as R, Service};
use liitos_service::notices::Desk;
use liitos_service::registers::{File, ImportReport, import};
use liitos_service::{ServiceError, applications, messages, notices};
use liitos_store::registers;
use liitos_testkit::{Database, TestApp, case_handler, member_of};

const SAMPLE: &str = include_str!("../../../../samples/registers/intermediaries.csv");

/// Takes a file of intermediaries.
async fn take(test: &TestApp, text: &str, may_shrink: bool) -> Result<ImportReport, ServiceError> {
    let file = File { may_shrink, ..File::new("file.csv", text.as_bytes()) };
    import(&test.app, "test", RegisterKind::Intermediaries, file, &mut |_, _| ()).await
}

on_both!(reimport_keeps_history, reimport);

async fn reimport(database: Database) {
    let test = TestApp::start(database).await;
    let begun = test.app.clock.now();
    let take = async |text: &str| take(&test, text, false).await;
    let same = take(SAMPLE).await.unwrap();
    assert_eq!((same.counts.added, same.counts.changed, same.counts.gone, same.counts.unchanged), (0, 0, 0, 2));

    test.clock.advance(60);
    let renamed = SAMPLE.replace("Välittäjä Oy;9999998-4", "Välittäjä Oyj;9999998-4");
    let report = take(&renamed).await.unwrap();
    assert_eq!((report.counts.added, report.counts.changed, report.counts.gone), (0, 1, 0));
    let id = "1.2.246.537.6.918.18.900077";
    let history = registers::history(test.app.store.read(), RegisterKind::Intermediaries, id).await.unwrap();
    let names: Vec<&str> = history.iter().map(|(_, entry)| entry.name.as_str()).collect();
    assert_eq!(names, ["Välittäjä Oy", "Välittäjä Oyj"]);
    assert!(history[0].0.contains(begun) && !history[0].0.contains(test.app.now()));
    assert!(history[1].0.contains(test.app.now()));

    test.clock.advance(60);
    let without: String =
        SAMPLE.lines().filter(|line| !line.contains("900077")).map(|line| format!("{line}\n")).collect();
    assert_eq!(take(&without).await.unwrap().counts.gone, 1);
    assert!(registers::find(test.app.store.read(), RegisterKind::Intermediaries, id).await.unwrap().is_none());
    assert_eq!(registers::history(test.app.store.read(), RegisterKind::Intermediaries, id).await.unwrap().len(), 2);
}

on_both!(broken_rows_and_files, broken);

async fn broken(database: Database) {
    let test = TestApp::start(database).await;
    let take = async |text: &str| take(&test, text, false).await;
    let row = "1.2.246.10.99999028.10.0;Väärä taso;;x;20260101;20200101;;invented";
    let report = take(&format!("{SAMPLE}{row}\n")).await.unwrap();
    assert_eq!((report.counts.refused, report.counts.unchanged), (1, 2));
    let found = report.findings.iter().find(|finding| finding.problem == RowProblem::WrongLevel).unwrap();
    assert_eq!(found.line, 4);

    let before = registers::count(test.app.store.read(), RegisterKind::Intermediaries).await.unwrap();
    let error = take("not a register").await.unwrap_err();
    assert_eq!(error.code, R::RegisterFileUnreadable);
    assert!(error.place.starts_with("file.csv: line 1"), "{}", error.place);
    assert_eq!(registers::count(test.app.store.read(), RegisterKind::Intermediaries).await.unwrap(), before);
}

on_both!(real_dirt_is_kept, dirt);

async fn dirt(database: Database) {
    let test = TestApp::start(database).await;
    let db = test.app.store.read();
    let lost = registers::find(db, RegisterKind::Sote, "1.2.246.10.2156068.10.0").await.unwrap().unwrap();
    assert!(lost.name.contains('\u{fffd}'));
    let wrong = registers::find(db, RegisterKind::Sote, "1.2.246.10.6538773.10.0").await.unwrap().unwrap();
    assert_eq!(wrong.business_id.as_deref(), Some("0653877-3"));
    let hus = Oid::parse("1.2.246.537.10.15675350.10.0").unwrap();
    let below = registers::children_at(db, RegisterKind::Sote, test.app.now()).await.unwrap();
    let found: Vec<String> = units(std::iter::once(&hus), &below).iter().map(|unit| unit.oid.to_string()).collect();
    assert_eq!(found, ["1.2.246.537.10.15675350.10.710"]);
    let before = Moment::from_micros(test.app.now().as_micros() - 1);
    assert!(registers::children_at(db, RegisterKind::Sote, before).await.unwrap().is_empty(), "not known yet");
}

on_both!(what_was_refused_does_not_end, kept);

async fn kept(database: Database) {
    let test = TestApp::start(database).await;
    let take = async |text: &str, may_shrink| take(&test, text, may_shrink).await;
    let id = "1.2.246.537.6.918.18.900077";
    let find = || registers::find(test.app.store.read(), RegisterKind::Intermediaries, id);
    // A row that cannot be read says nothing of its entry, so that stays as it was known.
    let report = take(&SAMPLE.replace(";20200101;;invented", ";yesterday;;invented"), false).await.unwrap();
    assert_eq!((report.counts.refused, report.counts.kept, report.counts.gone), (1, 1, 0));
    assert!(find().await.unwrap().is_some());
    // A heading alone would end all of the register.
    let heading = format!("{}\n", SAMPLE.lines().next().unwrap());
    let refused = take(&heading, false).await.unwrap_err();
    assert_eq!((refused.code, refused.place.as_str()), (R::RegisterShrinks, "file.csv: 2 of 2 entries would end"));
    assert!(find().await.unwrap().is_some());
    let report = take(&heading, true).await.unwrap();
    let gone: Vec<&str> = report.changes.iter().map(|row| row.change).collect();
    assert_eq!((report.counts.gone, gone), (2, vec!["gone", "gone"]));
    let report = take(SAMPLE, false).await.unwrap();
    assert_eq!(report.changes[0].line.zip(report.changes[1].line), Some((2, 3)));
}

on_both!(another_registers_file, wrong_register);

async fn wrong_register(database: Database) {
    let test = TestApp::start(database).await;
    let count = || registers::count(test.app.store.read(), RegisterKind::Sote);
    let before = count().await.unwrap();
    let pharmacies = include_str!("../../../../samples/registers/pharmacies.csv");
    let sote = include_str!("../../../../samples/registers/sote.xml");
    let file = |text: &'static str| File::new("file", text.as_bytes());
    let refused = import(&test.app, "test", RegisterKind::Sote, file(pharmacies), &mut |_, _| ()).await.unwrap_err();
    assert_eq!(refused.code, R::RegisterShrinks, "no row of it is an organisation");
    let refused = import(&test.app, "test", RegisterKind::Professionals, file(sote), &mut |_, _| ()).await.unwrap_err();
    assert_eq!(refused.code, R::RegisterFileUnreadable);
    assert!(refused.place.contains("this is the register 1.2.246.537.6.202.2008"), "{}", refused.place);
    assert_eq!(count().await.unwrap(), before);
}

on_both!(a_controllers_organisation_stands_in_another_register, orphans);

async fn orphans(database: Database) {
    const CONTROLLERS: &str = include_str!("../../../../samples/registers/controllers.csv");
    let test = TestApp::start(database).await;
    let text =
        format!("{CONTROLLERS}1.2.246.10.99999984.19.9;Irrallinen;1.2.246.10.11111111.10.0;2;20080101;;invented\n");
    let file = File::new("controllers.csv", text.as_bytes());
    let report = import(&test.app, "test", RegisterKind::Controllers, file, &mut |_, _| ()).await.unwrap();
    let orphans: Vec<_> = report.findings.iter().filter(|f| f.problem == RowProblem::OrphanParent).collect();
    // Kela's own organisation is not among the samples; the two others' are.
    let without = ["1.2.246.10.2462460.19.1", "1.2.246.10.99999984.19.9"];
    assert_eq!(orphans.iter().filter_map(|f| f.id.as_deref()).collect::<Vec<_>>(), without);
    assert_eq!(report.counts.added, 1, "taken all the same");
}

on_both!(a_change_is_told_to_whom_it_touches, touched);

async fn touched(database: Database) {
    let test = TestApp::start(database).await;
    let sample = include_str!("../../../../samples/registers/sote.xml");
    let (actor, staff) = (member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(&test.app, &actor, &number, Default::default()).await.unwrap();
    let (_, _, effected) = applications::decision_view(&test.app, &staff, &number, &Default::default()).await.unwrap();
    applications::approve(&test.app, &staff, &number, &effected.unwrap().hash, &Default::default()).await.unwrap();
    let joiner = Oid::parse(LEPOLA).unwrap();
    let take = async |text: &str| {
        let file = File::new("sote.xml", text.as_bytes());
        import(&test.app, "test", RegisterKind::Sote, file, &mut |_, _| ()).await.unwrap()
    };
    assert_eq!(take(sample).await.counts.notices, 0);
    test.clock.advance(60);
    let other = sample.replace(">9999903-6<", ">1234567-1<");
    let report = take(&other).await;
    assert!(report.counts.changed > 0);
    let told = notices::office(&test.app, &staff).await.unwrap();
    let own: Vec<_> = told.iter().filter(|stored| stored.joiner == joiner).collect();
    assert!(!own.is_empty() && report.counts.notices == told.len());
    let found = own.iter().find_map(|stored| match &stored.notice {
        Notice::Register { id, differences, touches, .. } if id == LEPOLA => Some((differences, touches)),
        _ => None,
    });
    let (differences, touches) = found.unwrap();
    assert_eq!((differences[0].matter, differences[0].is.as_str()), (Matter::BusinessId, "1234567-1"));
    assert_eq!(touches.rights.len(), 1, "the right that rests on it is named");
    messages::deliver_due(&test.app).await.unwrap();
    let mails = test.mailbox.all();
    let mail = mails.iter().find(|mail| mail.body.contains("1234567-1")).unwrap();
    assert_eq!(mail.to, "administrative@lepola.test", "the administrative contact");
    let key = own[0].key;
    let stranger = member_of("1.2.246.10.99999028.10.0");
    assert_eq!(notices::settle(&test.app, &stranger, Desk::Own, key).await.unwrap_err().code, R::NotFound);
    assert_eq!(notices::settle(&test.app, &stranger, Desk::Office, key).await.unwrap_err().code, R::NotAllowed);
    notices::settle(&test.app, &staff, Desk::Office, key).await.unwrap();
    let again = notices::settle(&test.app, &staff, Desk::Office, key).await.unwrap_err();
    assert_eq!(again.code, R::NotFound);
    assert_eq!(notices::office(&test.app, &staff).await.unwrap().len(), told.len() - 1);
}

on_both!(a_delta_changes_only_what_it_names, delta);

async fn delta(database: Database) {
    let test = TestApp::start(database).await;
    let count = || registers::count(test.app.store.read(), RegisterKind::Sote);
    let before = count().await.unwrap();
    let concept = |id: &str, status: &str, name: &str| {
        serde_json::json!({
            "conceptCodeId": id, "status": status, "beginDate": "2016-01-01", "expirationDate": null,
            "attributes": [{ "attributeName": "LongName", "attributeValue": [name] }],
        })
    };
    let page = serde_json::json!({
        "conceptCodes": [
            concept("1.2.246.10.99999984.10.77", "ACTIVE", "Uusi"),
            concept("1.2.246.537.10.15675350.10.710", "DELETED", ""),
            concept("1.2.246.10.99999984.10.78", "PROPOSAL", "Ehdotus"),
        ],
        "page": 1, "totalItems": 3, "totalPages": 1,
    });
    let file = File { extent: Extent::Delta, ..File::new("delta", page.to_string().as_bytes()) };
    let report = import(&test.app, "test", RegisterKind::Sote, file, &mut |_, _| ()).await.unwrap();
    let told: Vec<_> = report.changes.iter().map(|row| (row.id.as_str(), row.change)).collect();
    assert_eq!(told, [("1.2.246.10.99999984.10.77", "new"), ("1.2.246.537.10.15675350.10.710", "gone")]);
    assert_eq!(count().await.unwrap(), before);

    // A delta that puts an entry below its own child: the circle goes through what the register holds.
    let mut moved = concept("1.2.246.10.99999036.10.0", "ACTIVE", "Lepola");
    let above = serde_json::json!({ "attributeName": "ParentId", "attributeValue": ["1.2.246.10.99999036.10.1"] });
    moved["attributes"].as_array_mut().unwrap().push(above);
    let page = serde_json::json!({ "conceptCodes": [moved], "page": 1, "totalItems": 1, "totalPages": 1 });
    let file = File { extent: Extent::Delta, ..File::new("delta", page.to_string().as_bytes()) };
    let report = import(&test.app, "test", RegisterKind::Sote, file, &mut |_, _| ()).await.unwrap();
    let problems: Vec<_> = report.findings.iter().map(|finding| finding.problem).collect();
    assert_eq!(problems, [RowProblem::Cycle]);
}
