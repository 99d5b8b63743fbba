//! Programs, suppliers that act for customers, many applications at once, webhooks.

use crate::applications::{LEPOLA, filled_in};
use crate::on_both;
use base64::Engine as _;
use http::{Method, StatusCode};
use liitos::adapters::signature;
use liitos::sandbox::{Browser, Fetched};
use liitos_domain::application::{Form, Step};
use liitos_domain::{Oid, Position, RefusalCode, Service, Sha256Hash};
use liitos_service::answers::{self, Answer, Known};
use liitos_service::applications::{SaveStep, Shown};
use liitos_service::campaigns::{self, Imported, Signable};
use liitos_service::{Actor, App, ServiceError, applications, delegations, messages, programs, sign_in, webhooks};
use liitos_testkit::{Database, PATIENCE, TestApp, TestSandbox, member_of};
use liitos_texts::Language;
use liitos_web::api::spec::{OPERATIONS, openapi};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

const KOIVU: &str = "1.2.246.10.99999028.10.0";
const VALITTAJA: &str = "1.2.246.537.6.918.18.900077";

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

/// A key of a program that an organisation has let act.
async fn key(sandbox: &TestSandbox, organisation: &str, position: Position) -> String {
    programs::add(&sandbox.app, &member_of(organisation), "ohjelma", position).await.unwrap().secret
}

/// Asks with a key; for a customer where one is named.
pub(crate) async fn ask(
    sandbox: &TestSandbox,
    (method, path): (Method, &str),
    (key, more): (&str, &[(&str, &str)]),
    json: Option<Value>,
) -> Fetched {
    let mut program = Browser::new(&sandbox.portal_address()).unwrap();
    let bearer = format!("Bearer {key}");
    let headers: Vec<(&str, &str)> =
        [("authorization", bearer.as_str())].into_iter().chain(more.iter().copied()).collect();
    program.call(method, path, &headers, json.as_ref()).await.unwrap()
}

pub(crate) fn value(answer: &Fetched) -> Value {
    serde_json::from_str(&answer.text).unwrap_or_else(|_| unreachable!("{}", answer.text))
}

on_both!(a_program_does_what_its_position_lets_it, program);

async fn program(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let key = key(&sandbox, KOIVU, Position::Administrative).await;
    let with = (key.as_str(), &[][..]);
    let begin = json!({ "service": "social-client-data" });
    let begun = ask(&sandbox, (Method::POST, "/api/v1/applications"), with, Some(begin)).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.text);
    let number = value(&begun)["summary"]["number"].as_str().unwrap().to_owned();
    assert_eq!(begun.headers["location"], format!("/api/v1/applications/{number}").as_str());
    let path = format!("/api/v1/applications/{number}/steps/client-data");
    let typed = json!({ "revision": 0, "fields": { "email": "no address", "forged": "x" } });
    let saved = value(&ask(&sandbox, (Method::PUT, &path), with, Some(typed.clone())).await);
    assert_eq!((saved["revision"].as_i64(), saved["errors"][0]["problem"].as_str()), (Some(1), Some("email")));
    let slower = ask(&sandbox, (Method::PUT, &path), with, Some(typed)).await;
    assert_eq!((slower.status.as_u16(), value(&slower)["code"].as_str()), (409, Some("L-603")));
    assert_eq!(slower.headers["content-type"], "application/problem+json");
    let step = value(&ask(&sandbox, (Method::GET, &path), with, None).await);
    assert_eq!(step["fields"], json!({ "email": "no address" }));
    // What binds the organisation is a person's.
    for (path, body) in [
        (format!("/api/v1/applications/{number}/send"), None),
        (format!("/api/v1/applications/{number}/steps/undertaking"), Some(json!({ "fields": { "accept": "yes" } }))),
        ("/api/v1/members".to_owned(), Some(json!({ "position": "reader", "name": "A", "email": "a@b.test" }))),
    ] {
        let method = if path.contains("/steps/") { Method::PUT } else { Method::POST };
        let refused = ask(&sandbox, (method, &path), with, body).await;
        assert_eq!((refused.status.as_u16(), value(&refused)["code"].as_str()), (403, Some("L-602")), "{path}");
    }
    let png = base64::engine::general_purpose::STANDARD.encode(b"%PDF-1.7 x");
    let path = format!("/api/v1/applications/{number}/attachments");
    let attached = ask(&sandbox, (Method::POST, &path), with, Some(json!({ "name": "a.pdf", "content": png }))).await;
    assert_eq!(attached.status, StatusCode::CREATED, "{}", attached.text);
    let contact = json!({ "name": "Tuki", "email": "tuki@koivu.test", "phone": "116117", "holds": ["fault"] });
    let wrong = ask(&sandbox, (Method::POST, "/api/v1/contacts"), with, Some(contact)).await;
    assert_eq!((wrong.status.as_u16(), value(&wrong)["errors"][0]["field"].as_str()), (422, Some("phone")));
    for (body, status) in [(json!({ "service": 5 }), 422), (json!({}), 422), (json!({ "service": "x" }), 422)] {
        let refused = ask(&sandbox, (Method::POST, "/api/v1/applications"), with, Some(body)).await;
        assert_eq!(
            (refused.status.as_u16(), value(&refused)["code"].as_str()),
            (status, Some("L-606")),
            "{}",
            refused.text
        );
    }
    // Taken back it is nobody any more, at once.
    programs::end(&sandbox.app, &member_of(KOIVU), 1).await.unwrap();
    let gone = ask(&sandbox, (Method::GET, "/api/v1/applications"), with, None).await;
    assert_eq!((gone.status.as_u16(), value(&gone)["code"].as_str()), (401, Some("L-601")));
}

/// What is told once is kept nowhere, so that whoever asks again gets another.
async fn told_once(sandbox: &TestSandbox) {
    let program = key(sandbox, KOIVU, Position::Technical).await;
    let ask = async |method, path: &str, body| {
        ask(sandbox, (method, path), (&program, &[("idempotency-key", "k")]), body).await
    };
    let give = async || ask(Method::POST, "/api/v1/handover-keys", Some(json!({}))).await;
    let (first, second) = (value(&give().await)["secret"].clone(), value(&give().await)["secret"].clone());
    assert!(first.as_str().unwrap().len() > 20 && first != second, "{first} {second}");
    let kept = liitos_testkit::fault::contents(&sandbox.app.store).await;
    assert!(!format!("{kept:?}").contains(first.as_str().unwrap()));
    let listed = value(&ask(Method::GET, "/api/v1/handover-keys", None).await)["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let ended = ask(Method::DELETE, &format!("/api/v1/handover-keys/{}", listed[0]["key"]), None).await;
    assert_eq!(ended.status, 204, "{}", ended.text);
}

on_both!(the_same_request_is_carried_out_once, once);

async fn once(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let key = key(&sandbox, KOIVU, Position::Administrative).await;
    let contact =
        |name: &str| json!({ "name": name, "email": "tuki@koivu.test", "phone": "0401234567", "holds": ["technical"] });
    let add = async |name: &str, idempotency: &str| {
        let more = [("idempotency-key", idempotency)];
        ask(&sandbox, (Method::POST, "/api/v1/contacts"), (&key, &more), Some(contact(name))).await
    };
    let (first, second) = (add("Tuki", "a").await, add("Tuki", "a").await);
    assert_eq!((first.status, &first.text), (second.status, &second.text));
    let replayed = |answer: &Fetched| answer.headers["idempotency-replayed"].to_str().unwrap().to_owned();
    assert_eq!((replayed(&first).as_str(), replayed(&second).as_str()), ("false", "true"));
    let other = add("Other", "a").await;
    assert_eq!(
        (other.status.as_u16(), value(&other)["code"].as_str()),
        (422, Some("L-606")),
        "another with the same key"
    );
    assert_eq!(add("Other", "b").await.status, StatusCode::CREATED);
    let long = "x".repeat(300);
    assert_eq!(add("Other", &long).await.status, 422);
    // What was refused is asked anew.
    for _ in 0..2 {
        let wrong = add("", "c").await;
        assert_eq!((wrong.status.as_u16(), replayed(&wrong).as_str()), (422, "false"));
    }
    // Where what was made is found is told again, too.
    for again in ["false", "true"] {
        let service = json!({ "service": "social-client-data" });
        let path = (Method::POST, "/api/v1/applications");
        let begun = ask(&sandbox, path, (&key, &[("idempotency-key", "d")]), Some(service)).await;
        assert_eq!((begun.status, replayed(&begun).as_str()), (StatusCode::CREATED, again), "{}", begun.text);
        assert_eq!(begun.headers["location"], "/api/v1/applications/2026-1");
    }
    told_once(&sandbox).await;
    // In parts, with a link to those that follow.
    let all = ask(&sandbox, (Method::GET, "/api/v1/contacts"), (&key, &[]), None).await;
    assert_eq!(value(&all)["contacts"].as_array().unwrap().len(), 2);
    for address in ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b", "http://127.0.0.1:9/c"] {
        let added = json!({ "address": address });
        let added = ask(&sandbox, (Method::POST, "/api/v1/webhooks"), (&key, &[]), Some(added)).await;
        assert!(value(&added)["secret"].as_str().unwrap().len() > 40);
    }
    let part = ask(&sandbox, (Method::GET, "/api/v1/webhooks?limit=2"), (&key, &[]), None).await;
    assert_eq!(part.headers["link"], "</api/v1/webhooks?limit=2&after=2>; rel=\"next\"");
    assert!(value(&part)["items"][0]["secret"].is_null());
    let rest = value(&ask(&sandbox, (Method::GET, "/api/v1/webhooks?limit=2&after=2"), (&key, &[]), None).await);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (1, &Value::Null));
}

on_both!(every_operation_without_rights, rights);

/// Each operation of the document: nobody, a program of another organisation, and one that may only look.
async fn rights(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    liitos::sandbox::tour::open_right(&sandbox, liitos_testkit::PATIENCE).await.unwrap();
    let (foreign, reader) = (
        key(&sandbox, KOIVU, Position::Administrative).await,
        key(&sandbox, crate::archive::HUS, Position::Reader).await,
    );
    let story = format!("day = \"2099-01-01\"\ntitle = \"x\"\n[[ending]]\njoiner = \"{}\"\n", crate::archive::HUS);
    let story = liitos_domain::change::Story::parse(&story).unwrap();
    let keeper = liitos_testkit::case_handler();
    let change =
        liitos_service::changes::keep(&sandbox.app, &keeper, liitos_service::notices::Desk::Office, story).await;
    let change = change.unwrap().unwrap();
    for operation in OPERATIONS {
        let path = format!("/api/v1{}", operation.path);
        let path = if path.contains("/changes/") { path.replace("{number}", &change) } else { path };
        let path = path.replace("{number}", "2026-1").replace("{step}", "billing").replace("{key}", "1");
        let path = path.replace("{service}", "prescription");
        let method: Method = operation.method.parse().unwrap();
        let body = (method != Method::GET).then(|| body(operation.id));
        let nobody = ask(&sandbox, (method.clone(), &path), ("liitos_guessed", &[]), body.clone()).await;
        assert_eq!((nobody.status.as_u16(), value(&nobody)["code"].as_str()), (401, Some("L-601")), "{path}");
        let office = path.contains("/office/");
        if office || ["/applications/", "/copies/1", "/changes/"].iter().any(|part| path.contains(part)) {
            let refused = ask(&sandbox, (method.clone(), &path), (&foreign, &[]), body.clone()).await;
            let expected = if office { (403, Some("L-602")) } else { (404, Some("L-609")) };
            assert_eq!((refused.status.as_u16(), value(&refused)["code"].as_str()), expected, "{method} {path}");
        }
        let small = ask(&sandbox, (method.clone(), &path), (&reader, &[]), body).await;
        let looks = method == Method::GET && !office;
        let nothing_there = small.status == 404 || small.status == 409;
        assert!(
            if looks { small.status == 200 || nothing_there } else { small.status == 403 || nothing_there },
            "{method} {path}: {} {}",
            small.status,
            small.text
        );
    }
    let document = openapi();
    assert_eq!(document["openapi"], "3.1.0");
    let served = Browser::new(&sandbox.portal_address()).unwrap().get("/api/v1/openapi.json").await.unwrap();
    assert_eq!(value(&served), document);
}

/// What an operation asks for, right in every field.
fn body(id: &str) -> Value {
    match id {
        "beginApplication" => json!({ "service": "patient-data" }),
        "saveStep" | "checkStep" => json!({ "revision": 1, "fields": {} }),
        "declareFunctions" => json!({ "functions": ["store"], "source": "x" }),
        "saveSupplier" => json!({ "mail": "a@b.test", "language": "sv" }),
        "shut" => json!({ "joiner": crate::archive::HUS, "stage": "closed", "reason": "x", "until": "2027-01-01" }),
        "lift" => json!({ "hash": "0".repeat(64), "reason": "x" }),
        "agree" => {
            json!({ "joiner": crate::archive::HUS, "supplier": "1.2.246.537.6.918.18.900001", "system": "900001", "reference": "x" })
        }
        "registerSigner" => json!({ "joiner": crate::archive::HUS, "certificate": "x", "reason": "x" }),
        "enrol" => json!({ "fields": {} }),
        "attachFile" => json!({ "name": "a.pdf", "content": "JVBERi0xLjc=" }),
        "addContact" | "changeContact" => {
            json!({ "revision": 1, "name": "A", "email": "a@b.test", "phone": "0401234567", "holds": ["technical"] })
        }
        "setAddress" => json!({ "email": "a@b.test", "language": "fi" }),
        "setBilling" => json!({ "fields": {} }),
        "verifyAddress" => json!({ "channel": "email", "address": "kirjaamo@hus.test" }),
        "inviteMember" => json!({ "position": "reader", "name": "A", "email": "a@b.test" }),
        "showCertificate" => json!({ "certificate": "x" }),
        "importCampaign" => json!({ "name": "a", "sheet": "" }),
        "addWebhook" => json!({ "address": "http://127.0.0.1:9/" }),
        "approve" | "approveFirst" => json!({ "hash": "0".repeat(64) }),
        "reject" | "askMore" | "addNote" | "withdrawChange" | "withdrawNotification" | "giveUpMove" => {
            json!({ "words": "x" })
        }
        "beginNotification" => json!({ "kind": "swap" }),
        "beginDeploymentTest" => json!({ "service": "patient-data", "stage": "first-use", "system": "900001" }),
        "sayOfCase" => json!({ "fine": true, "role": "professional" }),
        "requestForTest" => json!({ "unit": "1.2.3" }),
        "beginMove" => json!({ "kind": "point" }),
        "saveMove" => json!({ "revision": 1, "fields": {} }),
        "answerMove" => json!({ "agrees": true }),
        "haltMove" => json!({ "words": "x" }),
        "resumeMove" => json!({ "start_day": "2030-01-01", "start_time": "02:00" }),
        "saveNotification" => json!({ "revision": 1, "fields": {} }),
        "sendNotification" | "sendMove" => json!({ "hash": "0".repeat(64) }),
        "planChange" => json!({ "day": "2099-01-01", "title": "x", "ending": [{ "joiner": crate::archive::HUS }] }),
        "moveChange" => json!({ "day": "2099-01-01" }),
        "sayOfTask" => json!({ "done": true, "words": "x" }),
        _ => json!({}),
    }
}

on_both!(a_request_runs_on_and_only_its_last_run_is_answered, runs_on);

async fn runs_on(database: Database) {
    let test = TestApp::start(database).await;
    let (app, asked) = (Arc::clone(&test.app), Sha256Hash::of(b"asked"));
    let begin = async |key: &'static str| answers::begin(&app, ("program:1", key), &asked).await.unwrap();
    let work = |lease, key: &str, said: &str| {
        let answer = Answer { status: 200, media_type: String::new(), body: said.to_owned(), location: None };
        let key = ("program:1".to_owned(), key.to_owned());
        move |app, until: Arc<Notify>| {
            answers::carried_out(app, key, lease, async move {
                until.notified().await;
                ((), Some(answer))
            })
        }
    };
    let until = Arc::new(Notify::new());
    // Who hangs up ends the waiting and not the work.
    let Known::New(lease) = begin("a").await else { unreachable!() };
    let waits = work(lease, "a", "done")(Arc::clone(&app), Arc::clone(&until));
    assert!(tokio::time::timeout(Duration::from_millis(50), waits).await.is_err());
    assert_eq!(begin("a").await, Known::Running);
    until.notify_one();
    let answered = async {
        while !matches!(begin("a").await, Known::Answered(answer) if answer.body == "done") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, answered).await.unwrap();
    // One that was silent for too long is begun anew, and says nothing any more.
    let Known::New(first) = begin("b").await else { unreachable!() };
    test.clock.advance(121);
    let Known::New(second) = begin("b").await else { unreachable!() };
    for (lease, said, known) in [(first, "first", None), (second, "second", Some("second"))] {
        until.notify_one();
        work(lease, "b", said)(Arc::clone(&app), Arc::clone(&until)).await.unwrap();
        let answer = match begin("b").await {
            Known::Answered(answer) => Some(answer.body),
            _ => None,
        };
        assert_eq!(answer.as_deref(), known);
    }
}

on_both!(what_programs_send_may_be_as_large_as_a_file, large);

async fn large(database: Database) {
    const BYTES: usize = 400_000;
    let sandbox = TestSandbox::start(database).await;
    let key = key(&sandbox, KOIVU, Position::Administrative).await;
    let encoded = |bytes: Vec<u8>| base64::engine::general_purpose::STANDARD.encode(bytes);
    let begin = json!({ "service": "social-client-data" });
    ask(&sandbox, (Method::POST, "/api/v1/applications"), (&key, &[]), Some(begin)).await;
    let files = "/api/v1/applications/2026-1/attachments";
    let file = json!({ "name": "a.pdf", "content": encoded([b"%PDF-1.7".as_slice(), &[b' '; BYTES]].concat()) });
    let once = [("idempotency-key", "a")];
    for _ in 0..2 {
        let attached = ask(&sandbox, (Method::POST, files), (&key, &once), Some(file.clone())).await;
        assert_eq!((attached.status, value(&attached)["key"].as_i64()), (StatusCode::CREATED, Some(1)));
    }
    let back = ask(&sandbox, (Method::GET, &format!("{files}/1")), (&key, &[]), None).await;
    assert!(back.status == 200 && back.text.len() == BYTES + 8, "{}: {}", back.status, back.text.len());
    let rows = format!("x,{}\n", "y".repeat(900)).repeat(400);
    let sheet = json!({ "name": "x", "sheet": encoded(format!("customer,colour\n{rows}").into()) });
    let refused = ask(&sandbox, (Method::POST, "/api/v1/campaigns"), (&key, &[]), Some(sheet)).await;
    assert!(refused.status == 422 && refused.text.contains("colour"), "{}: {}", refused.status, refused.text);
}

on_both!(a_supplier_brings_many_in_and_customers_sign, many);

async fn many(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let (supplier, koivu) = (member_of(VALITTAJA), member_of(KOIVU));
    delegations::grant(app, &koivu, "9999998-4", Position::Administrative).await.unwrap();
    for (delegate, position) in
        [("9999998-4", Position::Administrative), ("x", Position::Reader), (KOIVU, Position::Reader)]
    {
        assert_eq!(code(delegations::grant(app, &koivu, delegate, position).await), Some(RefusalCode::FormInvalid));
    }
    let mandate = delegations::grant(app, &koivu, VALITTAJA, Position::Mandate).await;
    assert_eq!(code(mandate), Some(RefusalCode::FormInvalid));
    crate::followed::intermediary(&test).await;
    let supplier = sign_in::refreshed(app, supplier).await.unwrap();
    let template = campaigns::template();
    let (head, row) = template.trim_end().split_once("\r\n").unwrap();
    let others = [row.replacen("9999902-8", "9999903-6", 1), row.replacen("9999902-8", "1234567-8", 1)];
    let wrong = row.replace("tuki@koivu.test", "no address");
    let sheet = [head, row, &others[0], &others[1], &wrong.replacen("social-client-data", "x", 1), row].join("\r\n");
    let imported = campaigns::import(app, &supplier, "Kevät", sheet.as_bytes(), Language::Fi).await.unwrap();
    let Imported::Campaign(key) = imported else { unreachable!("{imported:?}") };
    let progress = campaigns::show(app, &supplier, key).await.unwrap();
    let told: Vec<(u32, Option<&str>, Option<&str>)> =
        progress.lines.iter().map(|line| (line.line, line.number.as_deref(), line.problem.as_deref())).collect();
    let expected = [
        (2, Some("2026-1"), None),
        (3, None, Some("L-602 organisation")),
        (4, None, Some("L-606 customer")),
        (5, None, Some("L-606 service")),
        (6, None, Some("same:2")),
    ];
    assert_eq!(told, expected);
    assert_eq!(code(campaigns::show(app, &koivu, key).await), Some(RefusalCode::NotFound), "the supplier's own");
    messages::deliver_due(app).await.unwrap();
    let mails = test.mailbox.all();
    assert!(mails.iter().any(|mail| mail.to == "tuki@koivu.test" && mail.subject.contains("odottaa")), "{mails:?}");
    // Brought in again it fills in the same draft; the supplier neither signs nor sends.
    campaigns::import(app, &supplier, "Kevät", sheet.as_bytes(), Language::Fi).await.unwrap();
    assert_eq!(applications::of_own(app, &koivu).await.unwrap().len(), 1);
    messages::deliver_due(app).await.unwrap();
    assert_eq!(test.mailbox.all(), mails, "nobody hears of it twice");
    let own = campaigns::signable(app, &supplier).await.unwrap();
    assert!(own.is_empty(), "{own:?}");
    // The customer signs and sends in one visit, whatever else is chosen.
    let ready = campaigns::signable(app, &koivu).await.unwrap();
    assert_eq!(ready.iter().map(|one| one.stored.application.number.as_str()).collect::<Vec<_>>(), ["2026-1"]);
    let shown = Shown::of(&ready[0].stored.application, Language::Fi).hash;
    let chosen = [("2026-1".to_owned(), shown), ("2026-9".to_owned(), shown)];
    not_what_was_shown(app, &supplier, (&koivu, &ready[0])).await;
    let signed = campaigns::sign_many(app, &koivu, &chosen, Language::Fi).await.unwrap();
    assert_eq!(signed.iter().map(|one| one.refused).collect::<Vec<_>>(), [None, Some(RefusalCode::NotFound)]);
    assert_eq!(campaigns::show(app, &supplier, key).await.unwrap().sent(), 1);
    assert_eq!(code(campaigns::sign_many(app, &koivu, &[], Language::Fi).await), Some(RefusalCode::FormInvalid));
    no_sheets(app, &supplier).await;
    // Taken back, nothing more is brought in.
    delegations::end(app, &koivu, 1).await.unwrap();
    let supplier = sign_in::refreshed(app, supplier).await.unwrap();
    assert_eq!(campaigns::show(app, &supplier, key).await.unwrap().sent(), 0, "where it stands is not theirs any more");
    campaigns::import(app, &supplier, "Syksy", format!("{head}\r\n{row}").as_bytes(), Language::Fi).await.unwrap();
    let progress = campaigns::show(app, &supplier, key + 2).await.unwrap();
    assert_eq!(progress.lines[0].problem.as_deref(), Some("L-602 organisation"));
}

async fn no_sheets(app: &App, supplier: &Actor) {
    for (sheet, columns) in [("customer,colour\nx,y\n", vec!["colour"]), ("service\nx\n", vec!["customer"])] {
        let refused = campaigns::import(app, supplier, "x", sheet.as_bytes(), Language::Fi).await.unwrap();
        assert_eq!(refused, Imported::Columns(columns.into_iter().map(ToOwned::to_owned).collect()));
    }
    assert!(matches!(campaigns::import(app, supplier, "x", b"", Language::Fi).await.unwrap(), Imported::NotRead(_)));
}

/// An application that was changed since it was shown is neither signed nor sent.
async fn not_what_was_shown(app: &App, supplier: &Actor, (koivu, ready): (&Actor, &Signable)) {
    let shown = Shown::of(&ready.stored.application, Language::Fi).hash;
    let contacts = ready.stored.application.form(Step::ClientData);
    let mut other = contacts.clone();
    other.0.insert("email".to_owned(), "muu@koivu.test".to_owned());
    let acting = sign_in::act_for(app, supplier.clone(), &Oid::parse(KOIVU).unwrap()).await.unwrap();
    let saved = async |form: &Form| {
        let (stored, _) = applications::view(app, &acting, "2026-1").await.unwrap();
        let revision = stored.revisions[&Step::ClientData];
        let (number, form, step) = ("2026-1".to_owned(), form.clone(), Step::ClientData);
        let saving = SaveStep { number, step, revision, form, language: Language::Fi };
        applications::save_step(app, &acting, saving).await.unwrap();
    };
    saved(&other).await;
    let signed = campaigns::sign_many(app, koivu, &[("2026-1".to_owned(), shown)], Language::Fi).await.unwrap();
    assert_eq!(signed[0].refused, Some(RefusalCode::DraftChanged));
    let as_shown = Shown { language: Language::Fi, hash: shown };
    let sent =
        applications::send(app, koivu, "2026-1", applications::Sending { shown: Some(&as_shown), answer: "" }).await;
    assert_eq!(code(sent), Some(RefusalCode::DraftChanged));
    saved(&contacts).await;
}

on_both!(whom_one_lets_act_does_not_pass_it_on, not_passed_on);

async fn not_passed_on(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let koivu = Oid::parse(KOIVU).unwrap();
    delegations::grant(app, &member_of(KOIVU), VALITTAJA, Position::Administrative).await.unwrap();
    delegations::grant(app, &member_of(VALITTAJA), LEPOLA, Position::Administrative).await.unwrap();
    // Lepola acts for the intermediary, and not for the intermediary's customers.
    let lepola = sign_in::refreshed(app, member_of(LEPOLA)).await.unwrap();
    let lepola = sign_in::act_for(app, lepola, &Oid::parse(VALITTAJA).unwrap()).await.unwrap();
    let sheet = campaigns::template();
    let imported = campaigns::import(app, &lepola, "x", sheet.as_bytes(), Language::Fi).await.unwrap();
    let Imported::Campaign(key) = imported else { unreachable!("{imported:?}") };
    let progress = campaigns::show(app, &lepola, key).await.unwrap();
    assert_eq!(progress.lines[0].problem.as_deref(), Some("L-602 organisation"));
    // Who is let act prepares, but accepts no text and hears of nothing over a webhook that would outlive it.
    let supplier = sign_in::refreshed(app, member_of(VALITTAJA)).await.unwrap();
    let supplier = sign_in::act_for(app, supplier, &koivu).await.unwrap();
    let number = applications::begin(app, &supplier, Service::SocialClientData, None, Language::Fi).await.unwrap();
    let program = programs::add(app, &member_of(KOIVU), "x", Position::Administrative).await.unwrap().secret;
    let program = programs::known(app, &program, None).await.unwrap();
    let own = sign_in::act_for(app, member_of(KOIVU), &koivu).await.unwrap();
    let accept = |who| {
        let form = Form([("accept".to_owned(), "yes".to_owned())].into());
        let (number, step, language) = (number.clone(), Step::ServiceDescription, Language::Fi);
        applications::save_step(app, who, SaveStep { number, step, revision: 0, form, language })
    };
    assert_eq!(code(accept(&supplier).await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(accept(&program).await), Some(RefusalCode::NotAllowed));
    assert!(accept(&own).await.unwrap().is_empty());
    let address = "https://203.0.113.5/hook";
    assert_eq!(code(webhooks::add(app, &supplier, address).await), Some(RefusalCode::NotAllowed));
    // A program's webhook lasts as long as the program.
    webhooks::add(app, &own, address).await.unwrap();
    webhooks::add(app, &program, address).await.unwrap();
    assert_eq!(webhooks::list(app, &own).await.unwrap().len(), 2);
    programs::end(app, &own, 1).await.unwrap();
    assert_eq!(webhooks::list(app, &own).await.unwrap().len(), 1);
}

on_both!(a_person_acts_for_the_customers_of_their_organisation, acting);

async fn acting(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    delegations::grant(app, &member_of(KOIVU), VALITTAJA, Position::Technical).await.unwrap();
    let supplier = sign_in::refreshed(app, member_of(VALITTAJA)).await.unwrap();
    let koivu = Oid::parse(KOIVU).unwrap();
    let acting = sign_in::act_for(app, supplier.clone(), &koivu).await.unwrap();
    assert_eq!(acting.joiner().unwrap(), &koivu);
    assert_eq!(
        code(applications::begin(app, &acting, Service::SocialClientData, None, Language::Fi).await),
        Some(RefusalCode::NotAllowed),
        "technical matters only"
    );
    // A program of the supplier acts for the customer, and for nobody else.
    let secret = programs::add(app, &member_of(VALITTAJA), "x", Position::Administrative).await.unwrap().secret;
    let known = programs::known(app, &secret, Some(KOIVU)).await.unwrap();
    assert_eq!(known.acting_for, Some(koivu));
    assert_eq!(code(programs::known(app, &secret, Some(LEPOLA)).await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(programs::known(app, "liitos_x", None).await), Some(RefusalCode::SignInNeeded));
    // Who only reads at the supplier's does no more at its customers'.
    let reader = programs::add(app, &member_of(VALITTAJA), "y", Position::Reader).await.unwrap().secret;
    assert_eq!(code(programs::known(app, &reader, Some(KOIVU)).await), Some(RefusalCode::NotAllowed));
    test.clock.advance(366 * 86_400);
    assert_eq!(code(programs::known(app, &secret, None).await), Some(RefusalCode::SignInNeeded), "a key ends");
    delegations::end(app, &member_of(KOIVU), 1).await.unwrap();
    let after = sign_in::refreshed(app, acting).await.unwrap();
    assert_eq!(after.acting_for, None);
}

on_both!(programs_are_told_of_what_happens, told);

async fn told(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, member_of(LEPOLA));
    let added = webhooks::add(app, &actor, "https://hooks.example/x").await.unwrap();
    assert_eq!(code(webhooks::add(app, &actor, "ftp://x").await), Some(RefusalCode::FormInvalid));
    delegations::grant(app, &actor, VALITTAJA, Position::Reader).await.unwrap();
    webhooks::add(app, &member_of(VALITTAJA), "https://supplier.example/y").await.unwrap();
    let number = filled_in(&test, &actor, Service::Prescription).await;
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    messages::deliver_due(app).await.unwrap();
    let mut hooks = test.mailbox.hooks();
    hooks.sort_by_key(|(hook, _)| (hook.to.clone(), hook.body.clone()));
    let told: Vec<(String, Value)> = hooks
        .iter()
        .map(|(hook, _)| (hook.to.clone(), serde_json::from_str::<Value>(&hook.body).unwrap()["type"].clone()))
        .collect();
    let events = ["application.draft", "application.sent"].map(Value::from);
    let expected: Vec<(String, Value)> = ["https://hooks.example/x", "https://supplier.example/y"]
        .iter()
        .flat_map(|to| events.iter().map(|event| ((*to).to_owned(), event.clone())))
        .collect();
    assert_eq!(told, expected);
    assert!(hooks.iter().filter(|(hook, _)| hook.to.contains("hooks")).all(|(_, secret)| *secret == added.secret));
    webhooks::end(app, &actor, added.key).await.unwrap();
    assert_eq!(code(webhooks::end(app, &actor, added.key).await), Some(RefusalCode::NotFound));
    applications::withdraw(app, &actor, &number).await.unwrap();
    messages::deliver_due(app).await.unwrap();
    assert_eq!(test.mailbox.hooks().len(), 5, "the supplier's only");
    assert!(signature("s", "id", 1, "{}").starts_with("v1,"));
}
