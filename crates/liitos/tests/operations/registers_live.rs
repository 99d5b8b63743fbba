//! Registers from where they are published: a code service on loopback that pages, stumbles and tells what changed.

use crate::on_both;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use liitos::adapters::HttpRegisters;
use liitos::config::Source;
use liitos_domain::RefusalCode as R;
use liitos_domain::register::RegisterKind;
use liitos_service::registers::{due, refresh};
use liitos_store::registers;
use liitos_testkit::{Database, TestApp};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the code service holds, what it was asked, and what goes wrong next.
#[derive(Default)]
struct Published {
    entries: Vec<Value>,
    changed: Vec<Value>,
    asked: Vec<BTreeMap<String, String>>,
    stumbles: usize,
    status: Option<u16>,
    /// After so many answers one more entry is published.
    grows_after: Option<usize>,
}

type Shared = Arc<Mutex<Published>>;

fn entry(number: usize, status: &str) -> Value {
    json!({
        "conceptCodeId": format!("1.2.246.537.6.918.18.91{number:04}"), "status": status, "beginDate": "2019-01-01",
        "expirationDate": null, "attributes": [{ "attributeName": "LongName", "attributeValue": [format!("Välittäjä {number}")] }],
    })
}

async fn pages(State(shared): State<Shared>, Query(query): Query<BTreeMap<String, String>>) -> Response {
    let mut published = shared.lock().unwrap();
    if published.stumbles > 0 {
        published.stumbles -= 1;
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    if let Some(status) = published.status {
        return StatusCode::from_u16(status).unwrap().into_response();
    }
    published.asked.push(query.clone());
    if published.grows_after == Some(published.asked.len()) {
        published.entries.push(entry(999, "ACTIVE"));
    }
    let all = if query.contains_key("modifiedAfter") { &published.changed } else { &published.entries };
    let (size, page) = (query["pageSize"].parse::<usize>().unwrap().min(2), query["page"].parse::<usize>().unwrap());
    let pages = all.len().div_ceil(size).max(1);
    let shown: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
    axum::Json(json!({ "conceptCodes": shown, "page": page, "totalItems": all.len(), "totalPages": pages }))
        .into_response()
}

async fn file() -> &'static str {
    include_str!("../../../../samples/registers/pharmacies.csv")
}

/// A listening code service and its client.
async fn publish() -> (Shared, HttpRegisters) {
    let shared = Shared::default();
    let router = Router::new().route("/pages", get(pages)).route("/file", get(file)).with_state(Arc::clone(&shared));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let source = |path: &str, pages| Source { address: format!("http://{at}{path}"), pages };
    let sources = [
        (RegisterKind::Intermediaries, source("/pages", true)),
        (RegisterKind::Pharmacies, source("/file", false)),
        (RegisterKind::Systems, source("/nowhere", false)),
    ];
    (shared, HttpRegisters::new(sources.into(), vec![Duration::ZERO; 3]).unwrap())
}

on_both!(what_changed_is_fetched_each_night, nights);

async fn nights(database: Database) {
    let test = TestApp::start(database).await;
    let (shared, source) = publish().await;
    let kind = RegisterKind::Intermediaries;
    let db = test.app.store.read();
    let known = async || registers::count(db, kind).await.unwrap();
    {
        let mut published = shared.lock().unwrap();
        published.entries = (1..=5).map(|number| entry(number, "ACTIVE")).collect();
        // The second and the third question are not answered at once.
        published.stumbles = 2;
    }
    // The samples' two end, which a whole register of other entries must not do unasked.
    let refused = refresh(&test.app, "test", kind, &source, false).await.unwrap_err();
    assert_eq!(refused.code, R::RegisterShrinks);
    let sample: Vec<Value> = registers::all_current(db, kind)
        .await
        .unwrap()
        .iter()
        .map(|(_, entry)| {
            json!({ "conceptCodeId": entry.id, "status": "ACTIVE", "beginDate": "2019-01-01", "expirationDate": null,
            "attributes": [{ "attributeName": "LongName", "attributeValue": [entry.name] }] })
        })
        .collect();
    shared.lock().unwrap().entries.extend(sample);
    let at = test.app.now();
    assert_eq!(due(&test.app, &source, at).await.unwrap().len(), 3, "nothing was ever fetched");
    let report = refresh(&test.app, "test", kind, &source, false).await.unwrap();
    assert_eq!((report.counts.added, report.counts.gone, known().await), (5, 0, 7));
    assert!(due(&test.app, &source, at).await.unwrap().iter().all(|due| *due != kind));

    // A day later only what changed is asked for; what is deleted there ends here.
    test.clock.advance(86_400);
    assert!(due(&test.app, &source, test.app.now()).await.unwrap().contains(&kind));
    {
        let mut published = shared.lock().unwrap();
        published.changed = vec![entry(6, "ACTIVE"), entry(1, "DELETED"), entry(2, "ACTIVE")];
        published.asked.clear();
    }
    let report = refresh(&test.app, "test", kind, &source, false).await.unwrap();
    let counts = report.counts;
    assert_eq!((counts.added, counts.gone, counts.unchanged, known().await), (1, 1, 1, 7));
    let asked = shared.lock().unwrap().asked.clone();
    let since: Vec<_> = asked.iter().map(|query| query.get("modifiedAfter").map(String::as_str)).collect();
    assert_eq!(since, [Some("2026-11-21"); 2], "two pages, from a day before the last time");

    // A register that changes between two pages is fetched again.
    {
        let mut published = shared.lock().unwrap();
        published.entries.retain(|entry| !entry["conceptCodeId"].as_str().unwrap().ends_with("910001"));
        published.entries.push(entry(6, "ACTIVE"));
        published.asked.clear();
        published.grows_after = Some(2);
    }
    let report = refresh(&test.app, "test", kind, &source, true).await.unwrap();
    assert_eq!((report.counts.added, report.counts.gone), (1, 0));
    let (last, whole) = registers::last_asked(db, kind).await.unwrap();
    assert_eq!((last, whole), (Some(test.app.now()), Some(test.app.now())));
}

on_both!(a_source_that_fails_changes_nothing, failing);

async fn failing(database: Database) {
    let test = TestApp::start(database).await;
    let (shared, source) = publish().await;
    let asked = async |kind| refresh(&test.app, "test", kind, &source, false).await;
    let report = asked(RegisterKind::Pharmacies).await.unwrap();
    assert_eq!((report.counts.unchanged, report.counts.gone), (5, 0), "a whole file, the same as the sample");
    let missing = asked(RegisterKind::Systems).await.unwrap_err();
    assert_eq!(missing.code, R::RegisterSourceSilent);
    assert!(missing.place.contains("404"), "{}", missing.place);
    assert_eq!(asked(RegisterKind::Sote).await.unwrap_err().code, R::RegisterSourceSilent, "no source of it");
    shared.lock().unwrap().stumbles = 4;
    let silent = asked(RegisterKind::Intermediaries).await.unwrap_err();
    assert!(silent.place.contains("503"), "{}", silent.place);
    assert_eq!(shared.lock().unwrap().stumbles, 0, "tried once and after each pause");
    shared.lock().unwrap().status = Some(401);
    assert!(asked(RegisterKind::Intermediaries).await.unwrap_err().place.contains("401"));
    let db = test.app.store.read();
    assert_eq!(registers::count(db, RegisterKind::Intermediaries).await.unwrap(), 2);
    assert_eq!(registers::last_asked(db, RegisterKind::Intermediaries).await.unwrap(), (None, None));
}
