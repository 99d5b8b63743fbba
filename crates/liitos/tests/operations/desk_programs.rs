//! The operator's own programs: what one person may do alone at a desk, and nothing that two decide.

use crate::on_both;
use crate::programs::{ask, value};
use http::Method;
use liitos_domain::directory::{Closing, Stage};
use liitos_domain::{Interval, RefusalCode, Service, StaffRole};
use liitos_service::directory::proposal;
use liitos_service::{Actor, programs};
use liitos_testkit::{Database, TestSandbox, second_registrar};
use serde_json::json;

fn staff(name: &str, roles: &[StaffRole]) -> Actor {
    Actor { reference: name.to_owned(), name: name.to_owned(), staff: roles.to_vec(), ..Actor::default() }
}

on_both!(a_desk_has_programs, desk);

async fn desk(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let app = &sandbox.app;
    liitos::sandbox::tour::open_right(&sandbox, liitos_testkit::PATIENCE).await.unwrap();
    let (handler, registrar) = (staff("kaisa", &[StaffRole::CaseHandler]), staff("reijo", &[StaffRole::Registrar]));
    // One gives no more than one has; who is nobody's staff gives nothing.
    for (actor, role) in [(&handler, StaffRole::Registrar), (&Actor::default(), StaffRole::Auditor)] {
        let refused = programs::add_operators(app, actor, "x", role).await.unwrap_err();
        assert_eq!(refused.code, RefusalCode::NotAllowed);
    }
    assert_eq!(programs::operators(app, &Actor::default()).await.unwrap_err().code, RefusalCode::NotAllowed);
    let cases = programs::add_operators(app, &handler, "cases", StaffRole::CaseHandler).await.unwrap();
    let rows = programs::add_operators(app, &registrar, "rows", StaffRole::Registrar).await.unwrap();
    let get = async |secret: &str, path: &str| ask(&sandbox, (Method::GET, path), (secret, &[]), None).await;
    let post =
        async |secret: &str, path: &str, body| ask(&sandbox, (Method::POST, path), (secret, &[]), Some(body)).await;
    // Each sees its own desk.
    let queue = value(&get(&cases.secret, "/api/v1/office/applications?show=all").await);
    assert_eq!(queue["count"], 1);
    assert_eq!(get(&cases.secret, "/api/v1/office/directory").await.status, 403);
    assert_eq!(get(&rows.secret, "/api/v1/office/applications").await.status, 403);
    let seen = value(&get(&rows.secret, "/api/v1/office/directory?q=1.2.246.537").await);
    assert_eq!(seen["rights"][0]["service"], "patient-data");
    for path in ["proposals", "signers", "notices", "outbound"] {
        let listed = get(&rows.secret, &format!("/api/v1/office/{path}")).await;
        assert!(listed.status == 200 && value(&listed)["items"].is_array(), "{path}: {}", listed.text);
    }
    // It acts for no organisation.
    let for_hus = [("liitos-organisation", crate::archive::HUS)];
    let refused = ask(&sandbox, (Method::GET, "/api/v1/contacts"), (&rows.secret, &for_hus), None).await;
    assert_eq!((refused.status.as_u16(), value(&refused)["code"].as_str()), (403, Some("L-602")));
    closes_alone(&sandbox, &rows.secret, &registrar).await;
    // What two decide is people's.
    let first =
        post(&cases.secret, "/api/v1/office/applications/2026-1/approve-first", json!({ "hash": "0".repeat(64) }));
    let first = first.await;
    assert!(first.status == 403 && first.text.contains("person"), "{}", first.text);
    // It ends by who holds the position, and by no program.
    assert_eq!(programs::end_operators(app, &handler, rows.key).await.unwrap_err().code, RefusalCode::NotFound);
    programs::end_operators(app, &registrar, rows.key).await.unwrap();
    assert_eq!(get(&rows.secret, "/api/v1/office/directory").await.status, 401);
    // Who may close sees all of them; others their own.
    assert_eq!(programs::operators(app, &handler).await.unwrap().len(), 1);
    assert_eq!(programs::operators(app, &registrar).await.unwrap().len(), 1);
    programs::end_operators(app, &registrar, cases.key).await.unwrap();
}

/// What one may do alone, and no more of it.
async fn closes_alone(sandbox: &TestSandbox, secret: &str, registrar: &Actor) {
    let app = &sandbox.app;
    let get = async |path: &str| ask(sandbox, (Method::GET, path), (secret, &[]), None).await;
    let post = async |path: &str, body| ask(sandbox, (Method::POST, path), (secret, &[]), Some(body)).await;
    let until = app.now().plus_seconds(3600).to_string();
    let close = json!({ "service": "prescription", "stage": "read-only", "reason": "test", "until": until });
    let shut = post("/api/v1/office/directory/shut", close.clone()).await;
    assert_eq!(shut.status, 200, "{}", shut.text);
    let everything = json!({ "stage": "closed", "reason": "test", "until": until });
    assert_eq!(post("/api/v1/office/directory/shut", everything).await.status, 422);
    let long = json!({ "service": "prescription", "stage": "closed", "reason": "test", "until": "2099-01-01" });
    assert_eq!(value(&post("/api/v1/office/directory/shut", long).await)["code"], "L-614");
    let closings = value(&get("/api/v1/office/directory").await)["closings"].clone();
    assert_eq!((closings.as_array().unwrap().len(), &closings[0]["stage"]), (1, &json!("read-only")));
    let lift = json!({ "hash": closings[0]["hash"], "reason": "mended" });
    assert_eq!(post("/api/v1/office/directory/lift", lift).await.status, 200);
    // Within the same day it is closed again, if need be; what two persons closed is theirs.
    assert_eq!(post("/api/v1/office/directory/shut", close).await.status, 200);
    let for_long = Closing {
        service: Some(Service::Prescription),
        reason: "test".into(),
        ..Closing::everything(Stage::Closed, Interval::new(app.now(), Some(app.now().plus_days(9))))
    };
    let number = proposal::propose_shut(app, registrar, for_long).await.unwrap();
    let second = second_registrar();
    let shown = proposal::look(app, &second, number).await.unwrap().0.hash;
    proposal::approve(app, &second, number, &shown).await.unwrap();
    let closings = value(&get("/api/v1/office/directory").await)["closings"].clone();
    let long = closings.as_array().unwrap().iter().find(|closing| closing["stage"] == "closed").unwrap();
    let lift = json!({ "hash": long["hash"], "reason": "mended" });
    assert_eq!(value(&post("/api/v1/office/directory/lift", lift).await)["code"], "L-614");
}
