//! How long the portal's pages take with the joiners of a whole country in the database.

use super::{country, micros, percentiles, resident_mb, sandbox};
use crate::sandbox::{Browser, Sandbox, tour};
use clap::Args;
use liitos_domain::Service;
use liitos_domain::application::{Application, Form, JoinerKind, State};
use liitos_domain::contacts::Person;
use liitos_service::App;
use liitos_store::{applications, contacts};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Args)]
pub(crate) struct Pages {
    /// Joiners, each with an access point, a right, an application and a contact; every fourth application waits.
    #[arg(long, default_value_t = 20_000)]
    joiners: u32,
    /// How often each page is fetched.
    #[arg(long, default_value_t = 300)]
    times: u32,
}

/// What a joiner's administrator reads; the draft's number stands for `{draft}`.
const JOINERS: &[&str] = &[
    "/",
    "/home",
    "/timeline",
    "/log",
    "/applications/2026-1",
    "/applications/{draft}/guidance",
    "/applications/{draft}/access-points",
    "/applications/{draft}/client-data",
    "/applications/{draft}/contacts",
    "/applications/{draft}/summary",
    "/contacts",
    "/contacts/new",
    "/members",
    "/programs",
    "/campaigns",
    "/certificates",
    "/organisations",
];

/// What the operator's staff read.
const OFFICE: &[&str] = &[
    "/office",
    "/office?q=mittaus&by=age&page=20",
    "/office/applications/2026-1",
    "/office/applications/2026-9000004",
    "/office/directory",
    "/office/directory?q=mittausyksikk%C3%B6%2019999",
    "/office/messages",
    "/office/report",
];

pub(super) async fn run(folder: PathBuf, asked: &Pages) -> Result<serde_json::Value, String> {
    let sandbox = sandbox(folder.clone()).await?;
    tour::open_right(&sandbox, Duration::from_secs(60)).await.map_err(|error| error.to_string())?;
    country::open(&sandbox.app, &folder.with_extension("xml"), asked.joiners).await?;
    apply(&sandbox.app, asked.joiners).await?;
    let (mut joiner, draft) = administrator(&sandbox).await?;
    let mut told = serde_json::Map::new();
    let mut all = Vec::new();
    for page in JOINERS {
        let page = page.replace("{draft}", &draft);
        told.insert(page.clone(), fetched(&mut joiner, &page, asked.times, &mut all).await?);
    }
    let mut staff = browser(&sandbox)?;
    staff.sign_in("paula-palvelu").await.map_err(|error| error.to_string())?;
    for page in OFFICE {
        told.insert((*page).to_owned(), fetched(&mut staff, page, asked.times, &mut all).await?);
    }
    let at = percentiles(all);
    Ok(serde_json::json!({
        "joiners": asked.joiners, "times": asked.times, "pages": told,
        "all_p50_us": at(50), "all_p99_us": at(99), "rss_mb": resident_mb(),
    }))
}

fn browser(sandbox: &Sandbox) -> Result<Browser, String> {
    Browser::new(&format!("http://{}", sandbox.addresses.portal)).map_err(|error| error.to_string())
}

/// Somebody signed in with a draft, and its number.
async fn administrator(sandbox: &Sandbox) -> Result<(Browser, String), String> {
    let text = |error: crate::sandbox::BrowserError| error.to_string();
    let mut joiner = browser(sandbox)?;
    joiner.sign_in_for("helena-hallinto", "1.2.246.537.10.15675350.10.0").await.map_err(text)?;
    let begun = joiner.post("/applications", &[("service", "prescription")]).await.map_err(text)?;
    let number = begun.address.path().split('/').nth(2).unwrap_or_default().to_owned();
    Ok((joiner, number))
}

/// The time of each fetch through the loopback, reading included, is added to `all`.
async fn fetched(
    browser: &mut Browser,
    page: &str,
    times: u32,
    all: &mut Vec<i64>,
) -> Result<serde_json::Value, String> {
    let mut took = Vec::new();
    let mut bytes = 0;
    for _ in 0..times {
        let begun = micros();
        let got = browser.get(page).await.map_err(|error| error.to_string())?;
        took.push(micros() - begun);
        if got.status != 200 || got.address.path() != page.split('?').next().unwrap_or(page) {
            return Err(format!("{page}: {} at {}", got.status, got.address));
        }
        bytes = got.text.len();
    }
    all.extend(&took);
    let at = percentiles(took);
    Ok(serde_json::json!({ "p50_us": at(50), "p99_us": at(99), "bytes": bytes }))
}

/// An application and a contact for each joiner.
async fn apply(app: &App, joiners: u32) -> Result<(), String> {
    let now = app.now();
    let text = |error: liitos_store::StoreError| error.to_string();
    let tx = app.store.begin().await.map_err(text)?;
    let form = Form([("email".to_owned(), "mittaus@esimerkki.test".to_owned())].into());
    for number in 0..joiners {
        let joiner = country::joiner(number)?;
        let application = Application {
            number: format!("2026-{}", 9_000_000 + number),
            joiner: joiner.clone(),
            kind: JoinerKind::Public,
            service: Service::PatientData,
            state: State::Draft,
            first_joining: true,
            forms: BTreeMap::new(),
            accepted: BTreeSet::new(),
        };
        let found_by = format!("{} mittausyksikkö {number}", application.number);
        let key = applications::insert(&tx, &application, ("fi", &found_by), now).await.map_err(text)?;
        for step in application.steps() {
            applications::save_step(&tx, key, step, 0, &form, ("bench", now)).await.map_err(text)?;
        }
        let (sent, withdrawn) = (State::Sent { at: now }, State::Withdrawn { at: now });
        applications::set_state(&tx, key, &State::Draft, &sent).await.map_err(text)?;
        if number % 4 != 0 {
            applications::set_state(&tx, key, &sent, &withdrawn).await.map_err(text)?;
        }
        let person = Person {
            name: format!("Mitta Mittaaja {number}"),
            email: format!("mitta{number}@esimerkki.test"),
            phone: "+358401234567".to_owned(),
            card: None,
        };
        contacts::add(&tx, &joiner, &person, now).await.map_err(text)?;
    }
    tx.commit().await.map_err(text)
}
