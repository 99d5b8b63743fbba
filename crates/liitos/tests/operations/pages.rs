//! Pages without a browser: who gets in, what is refused, every page in three languages.

use crate::html;
use crate::on_both;
use liitos::sandbox::{Browser, tour};
use liitos_service::deployment_tests;
use liitos_testkit::states::{self, State};
use liitos_testkit::{Database, PATIENCE, TestSandbox};
use liitos_web::{OPEN_ROUTES, ROUTES};
use std::collections::BTreeSet;

/// A path with its parameters filled in.
fn filled(path: &str, number: &str) -> String {
    let path = if path == "/api/decision" {
        "/api/decision?service=prescription&access_point=1.2.246.10.7.10.0.13.1"
    } else {
        path
    };
    let path = path.replace("{service}", "prescription");
    let path = path.replace("{number}", number).replace("{step}", "billing").replace("{key}", "1");
    let kind = if path.contains("/changes/") { "merger" } else { "Organization" };
    let path = path.replace("{case}", "store").replace("{language}", "fi");
    path.replace("{secret}", "0123").replace("{kind}", kind).replace("{id}", "kanta")
}

#[test]
fn the_list_of_routes_is_complete() {
    let source = include_str!("../../../web/src/routes.rs");
    let declared: BTreeSet<&str> =
        source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let listed: BTreeSet<&str> = ROUTES.iter().chain(OPEN_ROUTES).map(|(_, path)| *path).collect();
    assert_eq!(declared, listed);
    for (method, path) in ROUTES.iter().chain(OPEN_ROUTES) {
        let line = source.split(&format!(".route(\"{path}\"")).nth(1).unwrap().split('\n').next().unwrap();
        assert!(line.contains(&format!("{}(", method.to_lowercase())), "{method} {path}");
    }
}

on_both!(every_route_without_a_session_with_a_foreign_one_and_with_too_small_a_role, rights);

/// What the forms of notifications ask for.
const OF_NOTIFICATIONS: &[(&str, &str)] = &[("kind", "swap"), ("revision", "1"), ("effect", HASH), ("reason", "test")];

/// What the forms of moves ask for.
const OF_MOVES: &[(&str, &str)] = &[
    ("kind", "point"),
    ("revision", "1"),
    ("effect", HASH),
    ("reason", "test"),
    ("agrees", "yes"),
    ("start_day", "2099-01-01"),
    ("start_time", "02:00"),
];

/// What the forms of contacts ask for.
const OF_CONTACTS: &[(&str, &str)] =
    &[("name", "A"), ("email", "a@hus.test"), ("phone", "0401234567"), ("holds", "technical"), ("revision", "1")];

/// What each route asks for, right in every field, so that nothing but the missing right can refuse.
fn valid_form(path: &str, certificate: &str) -> Vec<(&'static str, String)> {
    let hus = "1.2.246.537.10.15675350.10.0";
    let pairs: &[(&str, &str)] = match path {
        "/organisations" => &[("organisation", hus)],
        "/members" => &[("position", "reader"), ("name", "Testi Henkilö"), ("email", "testi@esimerkki.test")],
        "/applications" => &[("service", "patient-data")],
        "/contacts/new" | "/contacts/{key}" => OF_CONTACTS,
        "/enrolment" | "/obligation" => &[("start", "x"), ("tasks", "elderly")],
        "/office/programs" => &[("name", "ohjelma"), ("position", "case-handler")],
        "/programs" => &[("name", "ohjelma"), ("position", "reader")],
        "/delegations" => &[("delegate", hus), ("position", "reader")],
        "/webhooks" => &[("address", "http://127.0.0.1:1/")],
        "/sign" => {
            &[("accept", "yes"), ("number", "2026-1 0000000000000000000000000000000000000000000000000000000000000000")]
        }
        "/applications/{number}/send" => &[("shown", HASH)],
        "/contacts/{key}/remove" => &[("revision", "1")],
        "/contacts/address" => &[("email", "a@hus.test"), ("language", "fi")],
        "/contacts/billing/{service}" => &[("business_id", "1567535-0"), ("address", "PL 1")],
        "/contacts/verify" => &[("channel", "email"), ("address", "kirjaamo@hus.test")],
        "/applications/{number}/{step}" => &[("revision", "1"), ("business_id", "1567535-0"), ("address", "PL 1")],
        "/office/applications/{number}/approve" | "/office/applications/{number}/approve-first" => &[("effect", HASH)],
        "/office/applications/{number}/reject" => &[("reason", "incomplete")],
        "/office/applications/{number}/ask" | "/office/applications/{number}/note" => &[("words", "which?")],
        "/office/directory/close" => {
            &[("joiner", hus), ("service", "patient-data"), ("access_point", tour::ACCESS_POINT), ("reason", "x")]
        }
        "/office/directory/shut" => &[("joiner", hus), ("stage", "closed"), ("reason", "test")],
        "/office/directory/lift" => &[("closing", HASH), ("reason", "test")],
        "/office/directory/return" => &[("version", "1"), ("reason", "test")],
        "/office/directory/by-hand" => &[("change", "{}"), ("reason", "test")],
        "/office/directory/proposals/{key}/approve" => &[("effect", HASH)],
        "/check" => &[("plan", "start = 1")],
        "/certificates" => &[("certificate", certificate)],
        "/archive" => &[("client", "010181-900C")],
        "/archive/documents/{id}/void" => &[("reason", "test")],
        "/changes/{number}/move" | "/office/changes/{number}/move" => &[("day", "2099-01-01")],
        "/changes/{number}/withdraw" | "/office/changes/{number}/withdraw" => &[("reason", "test")],
        "/changes/{number}/tasks/{key}" | "/office/changes/{number}/tasks/{key}" => {
            &[("done", "yes"), ("words", "test")]
        }
        path if path.contains("/notifications") => OF_NOTIFICATIONS,
        path if path.contains("/moves") => OF_MOVES,
        path if path.contains("/deployment-tests") => &[("fine", "no"), ("unit", "1.2.3"), ("reason", "test")],
        "/office/systems" => &[("system", "900002"), ("functions", "store"), ("source", "test")],
        "/office/systems/supplier" => &[("system", "900002"), ("mail", "a@b.test"), ("language", "sv")],
        "/office/outbound/pass-on" => &[("unit", "1.2.3"), ("successor", "1.2.4")],
        "/office/runs/days" | "/office/runs/days/remove" => &[("day", "2099-01-01")],
        "/office/runs/{number}/approve" => &[("looked", HASH)],
        "/office/runs/{number}/priority" => &[("priority", "2")],
        "/office/runs/{number}/cancel" | "/office/runs/{number}/reverse" => &[("reason", "test")],
        "/office/agreements" => {
            &[("joiner", hus), ("supplier", "1.2.246.537.6.918.18.900001"), ("system", "900001"), ("reference", "test")]
        }
        "/office/signers" => &[("joiner", hus), ("reason", "test"), ("certificate", certificate)],
        _ => &[],
    };
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// Pages that anybody sees who acts for an organisation.
const OWN: [&str; 30] = [
    "/requests",
    "/deployment-tests",
    "/obligation",
    "/moves",
    "/moves/keys",
    "/notifications",
    "/changes",
    "/changes/new/{kind}",
    "/enrolment",
    "/programs",
    "/campaigns",
    "/campaigns/template.csv",
    "/sign",
    "/contacts",
    "/contacts/new",
    "/members",
    "/api/log/consistency",
    "/call",
    "/api/call",
    "/api/decision",
    "/decision",
    "/organisations",
    "/home",
    "/certificates",
    "/connection",
    "/check",
    "/log",
    "/timeline",
    "/runs",
    "/api/log",
];

/// Forms that anybody may send who is in charge of an organisation: for their own.
const THEIRS: [&str; 15] = [
    "/obligation",
    "/deployment-tests",
    "/moves",
    "/moves/keys",
    "/notifications",
    "/changes/new/{kind}",
    "/enrolment",
    "/applications",
    "/members",
    "/contacts/new",
    "/programs",
    "/delegations",
    "/webhooks",
    "/campaigns",
    "/sign",
];

/// Pages of the office that are a registrar's.
const REGISTRARS: [&str; 9] = [
    "/office/moves",
    "/office/notifications",
    "/office/changes",
    "/office/directory",
    "/office/agreements",
    "/office/signers",
    "/office/runs",
    "/office/notices",
    "/office/outbound",
];

pub(crate) const HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

async fn rights(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    tour::open_right(&sandbox, PATIENCE).await.unwrap();
    let mut nobody = Browser::new(&sandbox.portal_address()).unwrap();
    let mut stranger = Browser::new(&sandbox.portal_address()).unwrap();
    let mut operator = Browser::new(&sandbox.portal_address()).unwrap();
    stranger.sign_in("kirsi-koivu").await.unwrap();
    operator.sign_in("paula-palvelu").await.unwrap();
    let mut case_handler = Browser::new(&sandbox.portal_address()).unwrap();
    let mut registrar = Browser::new(&sandbox.portal_address()).unwrap();
    case_handler.sign_in("kaisa-kasittelija").await.unwrap();
    registrar.sign_in("reijo-rekisteri").await.unwrap();
    let known = begun(&sandbox, &mut operator).await;
    let before = newest_event(&sandbox).await;
    for (method, path) in ROUTES.iter().filter(|(_, path)| !path.starts_with("/fhir/")) {
        let number = known.iter().find(|(part, _)| path.contains(part)).map_or("2026-1", |(_, number)| number);
        let address = filled(path, number);
        let form = valid_form(path, &sandbox.pki.signer.certificate_pem);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let office = path.starts_with("/office");
        // Each page of the office is one position's; who holds the other one only is refused.
        let registrars = REGISTRARS.iter().any(|start| path.starts_with(start));
        if office && !anybodys(method, path) {
            let too_small = if registrars { &mut case_handler } else { &mut registrar };
            too_small_a_role(too_small, method, &address, &form).await;
        }
        let theirs = path.starts_with("/applications/");
        // A check is anybody's who is signed in; this plan cannot be read.
        let open = ["/check", "/api/check"].contains(path);
        let refusal = of_a_stranger(path);
        if *method == "GET" {
            let asked = nobody.get(&address).await.unwrap();
            assert_eq!(asked.address.path(), "/authorize", "{path} must lead to sign-in");
            let foreign = stranger.get(&address).await.unwrap();
            let own = OWN.contains(path);
            assert_eq!(foreign.status.as_u16(), if own { 200 } else { refusal.0 }, "{path}");
            assert!(own || foreign.text.contains(refusal.1), "{path}");
        } else {
            let refused = nobody.post(&address, &form).await.unwrap();
            assert_eq!(refused.status, 401, "{path}");
            assert!(refused.text.contains("L-601"), "{path}");
            if open {
                let asked = stranger.post(&address, &form).await.unwrap();
                assert_eq!(asked.status, 422, "{path}");
            } else if !THEIRS.contains(path) {
                let foreign = stranger.post(&address, &form).await.unwrap();
                assert_eq!(foreign.status.as_u16(), refusal.0, "{path}");
                assert!(foreign.text.contains(refusal.1), "{path}");
            }
            if !office && !open {
                // The operator has a position and no organisation.
                let refusal = if theirs { (404, "L-609") } else { (403, "L-602") };
                let foreign = operator.post(&address, &form).await.unwrap();
                assert_eq!(foreign.status.as_u16(), refusal.0, "{path}");
                assert!(foreign.text.contains(refusal.1), "{path}");
            }
        }
    }
    assert_eq!(before, newest_event(&sandbox).await, "nothing was done");
}

/// Whether whoever holds any position of the staff may: a program is given one's own position only, everybody of the staff sees their own, and all tell of faults.
fn anybodys(method: &str, path: &str) -> bool {
    let programs = path == "/office/programs/{key}/end" || (method, path) == ("GET", "/office/programs");
    programs || path.starts_with("/office/faults")
}

/// What somebody has begun, whom every other is a stranger to: where it is, and its number.
async fn begun(sandbox: &TestSandbox, operator: &mut Browser) -> [(&'static str, String); 4] {
    [
        ("/changes/", planned(operator).await),
        ("/notifications/", notified(sandbox).await),
        ("/moves/", moving(sandbox).await),
        ("/deployment-tests/", testing(sandbox).await),
    ]
}

/// A notification that somebody has begun; its number.
async fn notified(sandbox: &TestSandbox) -> String {
    let mut helena = Browser::new(&sandbox.portal_address()).unwrap();
    helena.sign_in("helena-hallinto").await.unwrap();
    helena.post("/organisations", &[("organisation", "1.2.246.537.10.15675350.10.0")]).await.unwrap();
    let begun = helena.post("/notifications", &[("kind", "swap")]).await.unwrap();
    begun.address.path().strip_prefix("/notifications/").unwrap().to_owned()
}

/// A move that somebody has begun; its number.
async fn moving(sandbox: &TestSandbox) -> String {
    let mut helena = Browser::new(&sandbox.portal_address()).unwrap();
    helena.sign_in("helena-hallinto").await.unwrap();
    helena.post("/organisations", &[("organisation", "1.2.246.537.10.15675350.10.0")]).await.unwrap();
    let begun = helena.post("/moves", &[("kind", "point")]).await.unwrap();
    begun.address.path().strip_prefix("/moves/").unwrap().to_owned()
}

/// A deployment test that somebody has begun; its number.
async fn testing(sandbox: &TestSandbox) -> String {
    let hus = liitos_testkit::member_of("1.2.246.537.10.15675350.10.0");
    let used = deployment_tests::offered(&sandbox.app, &hus).await.unwrap().used;
    let (service, system) = used.first().unwrap();
    let (service, stage) = (service.code().to_owned(), "first-use".to_owned());
    let asked = deployment_tests::Asked { service, stage, system: system.clone(), ..Default::default() };
    deployment_tests::begin(&sandbox.app, &hus, &asked).await.unwrap()
}

/// How somebody is refused who has another organisation: what is foreign is not there for them.
fn of_a_stranger(path: &str) -> (u16, &'static str) {
    let gone = [
        "/runs/{number}/report",
        "/runs/{number}/documents",
        "/changes/{number}",
        "/notifications/{number}",
        "/deployment-tests/{number}",
        "/moves/{number}",
        "/moves/keys/{key}/end",
        "/applications/",
        "/notices/",
        "/invitation/",
        "/members/",
        "/contacts/{key}",
        "/contacts/verify",
        "/copies/",
        "/programs/",
        "/delegations/",
        "/webhooks/",
        "/campaigns/{key}",
        "/enrolment/end",
    ];
    // The stranger's organisation has not joined: nothing is kept of it.
    let nothing = ["/contacts/address", "/contacts/billing/{service}", "/contacts/confirm"];
    if gone.iter().any(|start| path.starts_with(start)) {
        (404, "L-609")
    } else if nothing.contains(&path) {
        (409, "L-605")
    } else {
        (403, "L-602")
    }
}

/// Whoever holds another position at the operator only.
async fn too_small_a_role(person: &mut Browser, method: &str, address: &str, form: &[(&str, &str)]) {
    let refused = if method == "GET" { person.get(address).await } else { person.post(address, form).await };
    let refused = refused.unwrap();
    assert_eq!(refused.status.as_u16(), 403, "{address}");
    assert!(refused.text.contains("L-602"), "{address}");
}

on_both!(what_programs_ask_is_refused_as_they_read_it, programs);

/// Whoever is signed in may ask; for others there is no page to sign in on, but an answer that says so.
async fn programs(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut nobody = Browser::new(&sandbox.portal_address()).unwrap();
    let mut stranger = Browser::new(&sandbox.portal_address()).unwrap();
    stranger.sign_in("kirsi-koivu").await.unwrap();
    for (method, path) in ROUTES.iter().filter(|(_, path)| path.starts_with("/fhir/")) {
        let address = filled(path, "");
        let (refused, answered) = if *method == "GET" {
            (nobody.get(&address).await.unwrap(), stranger.get(&address).await.unwrap())
        } else {
            (nobody.post(&address, &[]).await.unwrap(), stranger.post(&address, &[]).await.unwrap())
        };
        assert_eq!((refused.status.as_u16(), answered.status.as_u16()), (401, 200), "{method} {address}");
        assert!(refused.text.contains("OperationOutcome") && refused.text.contains("L-601"), "{}", refused.text);
    }
}

/// A change of an organisation that is neither the stranger's nor the operator's, so that it is there and still not theirs; its number.
async fn planned(operator: &mut Browser) -> String {
    let ending = [("title", "x"), ("day", "2099-01-01"), ("joiner", "1.2.246.537.10.15675350.10.0")];
    let planned = operator.post("/office/changes/new/ending", &ending).await.unwrap();
    let number = planned.address.path().rsplit('/').next().unwrap().to_owned();
    assert!(number.starts_with('M'), "{}", planned.text);
    number
}

async fn newest_event(sandbox: &TestSandbox) -> i64 {
    liitos_store::audit::newest(sandbox.app.store.read(), 1).await.unwrap()[0].sequence
}

on_both!(every_page_in_three_languages_without_a_missing_text, languages);

async fn languages(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let pages = states::everywhere(&sandbox).await;
    pages.iter().for_each(sound);
    html::are_valid(&pages);
}

on_both!(days_for_the_calendar, calendar);

async fn calendar(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut kirsi = Browser::new(&sandbox.portal_address()).unwrap();
    kirsi.sign_in("kirsi-koivu").await.unwrap();
    kirsi.get("/language/en?to=/").await.unwrap();
    let begun = kirsi.post("/applications", &[("service", "social-client-data")]).await.unwrap();
    let path = begun.address.path().to_owned();
    assert!(!begun.text.contains("/calendar"), "without a wished day there is none");
    let points = [("revision", "0"), ("start", "2099-03-02"), ("later", "yes")];
    let page = kirsi.post(&format!("{path}/access-points"), &points).await.unwrap();
    assert!(page.text.contains("16 February 2099") && page.text.contains("23 February 2099"), "{}", page.text);
    let file = kirsi.get(&format!("{path}/calendar")).await.unwrap();
    assert_eq!(file.headers["content-type"], "text/calendar; charset=utf-8");
    assert_eq!(file.text.matches("BEGIN:VEVENT\r\n").count(), 4, "server and signature certificate, sending, start");
    assert!(file.text.contains("DTSTART;VALUE=DATE:20990216\r\n"), "{}", file.text);
    assert!(file.text.lines().find(|line| line.starts_with("DTSTAMP:")).unwrap().ends_with('Z'));
}

on_both!(what_stands_in_the_way_is_said_where_it_is_mended, in_the_way);

async fn in_the_way(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut kirsi = Browser::new(&sandbox.portal_address()).unwrap();
    kirsi.sign_in("kirsi-koivu").await.unwrap();
    kirsi.get("/language/en?to=/").await.unwrap();
    let begun = kirsi.post("/applications", &[("service", "social-client-data")]).await.unwrap();
    let path = begun.address.path().to_owned();
    let mut points = vec![
        ("revision", "0"),
        ("connection", "existing"),
        ("existing_oid", "1.2.246.537.6.918.18.900077.13.4"),
        ("system", "900002"),
        ("signer", "own"),
    ];
    // Saved, but the agreement is missing: it is said here, with a way on.
    let blocked = kirsi.post(&format!("{path}/access-points"), &points).await.unwrap();
    assert!(blocked.text.contains("cannot be sent before this is mended"), "{}", blocked.text);
    assert!(blocked.text.contains(&format!("href=\"{path}/client-data\"")));
    points.splice(0..1, [("revision", "1"), ("existing_agreement", "yes")]);
    let next = kirsi.post(&format!("{path}/access-points"), &points).await.unwrap();
    assert_eq!(next.address.path(), format!("{path}/client-data"));
    // One person in every role that is empty, by one press.
    let person = [
        ("revision", "0"),
        ("fault_name", "Kirsi"),
        ("fault_email", "k@a.test"),
        ("fault_phone", "0401234567"),
        ("same", "yes"),
    ];
    let same = kirsi.post(&format!("{path}/contacts"), &person).await.unwrap();
    assert_eq!(same.address.path(), format!("{path}/contacts"));
    assert!(same.text.matches("value=\"k@a.test\"").count() >= 5, "{}", same.text);
    let landline =
        [("revision", "1"), ("fault_name", "Kirsi"), ("fault_email", "k@a.test"), ("fault_phone", "09 1234567")];
    let wrong = kirsi.post(&format!("{path}/contacts"), &landline).await.unwrap();
    assert!(wrong.status == 422 && wrong.text.contains("mobile number"), "{}", wrong.text);
}

on_both!(a_pharmacy_that_is_left_out_is_told_before_sending, pharmacy_left_out);

async fn pharmacy_left_out(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut aino = Browser::new(&sandbox.portal_address()).unwrap();
    aino.sign_in("aino-apteekkari").await.unwrap();
    aino.get("/language/en?to=/").await.unwrap();
    let begun = aino.post("/applications", &[("service", "prescription")]).await.unwrap();
    let path = begun.address.path().to_owned();
    let main = [
        ("revision", "0"),
        ("connection", "own"),
        ("own_oid", "1.2.246.553.1.900001.13.1"),
        ("own_country", "FI"),
        ("own_network", "private"),
        ("own_dns", "kanta.apteekki.test"),
        ("own_addresses", "203.0.113.20"),
        ("system", "900001"),
        // What is filled in without the choice joins nobody.
        ("own_dns_2", "kanta2.apteekki.test"),
    ];
    let begun = aino.post(&format!("{path}/access-points"), &main).await.unwrap();
    assert!(begun.status == 422 && begun.text.contains("href=\"#connection_2\""), "{}", begun.text);
    // Nothing filled in is no mistake.
    let only_main = main.iter().filter(|(name, _)| *name != "own_dns_2" && *name != "revision").copied();
    let only_main: Vec<_> = only_main.chain([("revision", "1")]).collect();
    // It is asked whether that is meant, once it is saved; and one goes on all the same.
    let saved = aino.post(&format!("{path}/access-points"), &only_main).await.unwrap();
    assert_eq!((saved.status.as_u16(), saved.address.path()), (200, format!("{path}/access-points").as_str()));
    let asked = saved.text.split("Is that meant?").nth(1).unwrap().split("</div>").next().unwrap();
    assert!(
        asked.contains("Esimerkkirannan sivuapteekki") && asked.contains(&format!("{path}/client-data")),
        "{asked}"
    );
    // A pharmacy comes through a point of its own, over a private network first.
    assert!(!saved.text.contains("value=\"existing\"") && !saved.text.contains("id=\"own_network-public\""));
    let summary = aino.get(&format!("{path}/summary")).await.unwrap().text;
    let told = summary.split("Does not join by this application").nth(1).unwrap();
    assert!(told.contains("Esimerkkirannan sivuapteekki"), "{summary}");
    assert!(!told.split("</div>").next().unwrap().contains("Esimerkkikylän apteekki"));
}

on_both!(what_nobody_sees_is_not_kept_and_too_much_is_refused, unseen);

async fn unseen(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut kirsi = Browser::new(&sandbox.portal_address()).unwrap();
    kirsi.sign_in("kirsi-koivu").await.unwrap();
    kirsi.get("/language/en?to=/").await.unwrap();
    let begun = kirsi.post("/applications", &[("service", "social-client-data")]).await.unwrap();
    let path = begun.address.path().to_owned();
    // Pasted from a document, turned around on purpose: what is seen is kept.
    let name = "Kir\u{ad}si \u{202e}Koi\u{200b}vu";
    let contact = [("revision", "0"), ("technical_name", name), ("later", "yes")];
    kirsi.post(&format!("{path}/contacts"), &contact).await.unwrap();
    let kept = kirsi.get(&format!("{path}/contacts")).await.unwrap().text;
    assert!(kept.contains("value=\"Kirsi Koivu\""), "{kept}");
    for (path, form) in [
        ("/members", [("position", "reader"), ("name", "\u{200b}\u{202e}"), ("email", "a@b.test")]),
        ("/members", [("position", "reader"), ("name", "A\u{0}B"), ("email", "a@b.test")]),
    ] {
        let refused = kirsi.post(path, &form).await.unwrap();
        assert!(refused.status == 422 && refused.text.contains("id=\"name-error\""), "{}", refused.text);
    }
    // Ten million letters are not read to their end, and the page says so.
    let endless = "x".repeat(10_000_000);
    let refused = kirsi.post("/members", &[("position", "reader"), ("name", &endless), ("email", "a@b.test")]).await;
    let refused = refused.unwrap();
    assert_eq!(refused.status, 413, "{}", refused.text);
    assert!(refused.text.contains("L-6") && refused.text.len() < 10_000, "{}", refused.text);
    // As much as a form may hold is too much for a name.
    let long = "x".repeat(5_000);
    let refused = kirsi.post("/members", &[("position", "reader"), ("name", &long), ("email", "a@b.test")]).await;
    assert_eq!(refused.unwrap().status, 422);
    assert!(kirsi.get(&path).await.unwrap().status == 200, "nothing was lost");
}

/// What every page holds to: no text is missing, nothing is asked of other sites, no script but ours, and it is not large.
pub(crate) fn sound(page: &State) {
    let State { name, language, text } = page;
    assert!(text.contains(&format!("<html lang=\"{language}\">")), "{language} {name}");
    assert!(
        !text.contains('⟦'),
        "{language} {name}: {}",
        text.split('⟦').nth(1).unwrap_or_default().split('⟧').next().unwrap_or_default()
    );
    // Signing out leads to the identification service.
    let elsewhere = ["src=\"http", "href=\"http", "url(http"].iter().any(|mark| text.contains(mark));
    assert!(!elsewhere || name == "/sign-out", "{name} asks nothing of other sites");
    let scripts = text.matches("<script").count();
    assert_eq!(
        scripts,
        text.matches("<script src=\"/static/live.js\" defer></script>").count(),
        "{name}: our script only"
    );
    assert!(text.len() < 60_000, "{name} has {} bytes", text.len());
}

on_both!(forged_and_foreign_requests, forged);

async fn forged(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut joiner = Browser::new(&sandbox.portal_address()).unwrap();
    joiner.sign_in("leo-lepola").await.unwrap();
    let choices = joiner.get("/organisations").await.unwrap();
    assert!(choices.text.contains("Lääkäriasema Lepola Oy") && choices.text.contains("Hoivakoti Koivu Oy"));
    let foreign = joiner.post("/organisations", &[("organisation", "1.2.246.537.10.15675350.10.0")]).await.unwrap();
    assert_eq!(foreign.status, 403);
    let own = joiner.post("/organisations", &[("organisation", "1.2.246.10.99999036.10.0")]).await.unwrap();
    assert_eq!(own.address.path(), "/home");
    let begun = joiner.post("/applications", &[("service", "patient-data")]).await.unwrap();
    let path = begun.address.path().to_owned();
    // Markup that was typed is shown as text.
    let hostile = "<script>alert(1)</script>\"'&";
    let saved = joiner
        .post(&format!("{path}/billing"), &[("revision", "0"), ("address", hostile), ("business_id", "x")])
        .await
        .unwrap();
    assert!(saved.status == 422 && !saved.text.contains("<script>"));
    // What answers a form only leads to where the form is, when it is opened: in another language for instance.
    for (path, above) in
        [(format!("{path}/billing/check"), format!("{path}/billing")), ("/applications".into(), "/".into())]
    {
        assert_eq!(joiner.get(&path).await.unwrap().address.path(), above, "{path}");
    }
    // A link that leads to another site is not followed after a change of language.
    let led = joiner.get("/language/en?to=//evil.test/").await.unwrap();
    assert_eq!(led.address.path(), "/");
    // A sign-in answer that we did not ask for.
    let unasked = joiner.get("/sign-in/callback?code=x&state=y").await.unwrap();
    assert_eq!(unasked.status, 403);
    assert!(unasked.text.contains("L-608"));
    // No role anywhere: let in, but told why nothing can be done.
    let mut nobody = Browser::new(&sandbox.portal_address()).unwrap();
    let landed = nobody.sign_in("olli-oikeudeton").await.unwrap();
    assert_eq!(landed.address.path(), "/organisations");
    assert_eq!(nobody.get("/home").await.unwrap().status, 403);
    // What no handler ever saw is told in the same way.
    joiner.get("/language/sv?to=/").await.unwrap();
    for (method, path, form, status, code) in [
        ("POST", "/applications", vec![("other", "x")], 422, "L-606"),
        ("POST", "/home", vec![], 405, "L-609"),
        ("POST", "/office/signers/x/withdraw", vec![], 400, "L-606"),
        ("GET", "/nowhere", vec![], 404, "L-609"),
    ] {
        let answer = if method == "GET" { joiner.get(path).await } else { joiner.post(path, &form).await }.unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.text.contains(code) && answer.text.contains("<html lang=\"sv\">"), "{path}: {}", answer.text);
    }
    // Signing out ends the session for good.
    joiner.post("/sign-out", &[]).await.unwrap();
    assert_eq!(joiner.get("/home").await.unwrap().address.path(), "/authorize");
}
