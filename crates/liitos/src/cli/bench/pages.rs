//! How long the portal's pages take with the joiners of a whole country in the database.

use super::{country, micros, percentiles, resident_mb, sandbox};
use crate::made::Variation;
use crate::sandbox::{Browser, Sandbox, tour};
use clap::Args;
use liitos_domain::Oid;
use liitos_domain::Service;
use liitos_domain::application::{Application, Form, JoinerKind, State};
use liitos_domain::contacts::{Holding, Person};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::plan::ContactRole;
use liitos_service::App;
use liitos_service::archive::{Door, StoredHow, store_document};
use liitos_store::{applications, contacts};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

const HUS: &str = "1.2.246.537.10.15675350.10.0";
const ADDRESS: &str = "arkisto@hus.test";
/// The one client who is looked for at the archivist's desk.
const CLIENT: &str = "010181-900C";
/// Documents of the one client who is looked for at the archivist's desk.
const DOCUMENTS: u64 = 500;

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
    at_the_desk((&sandbox, &mut joiner), asked.times, &mut told, &mut all).await?;
    let at = percentiles(all);
    Ok(serde_json::json!({
        "joiners": asked.joiners, "times": asked.times, "pages": told,
        "all_p50_us": at(50), "all_p99_us": at(99), "rss_mb": resident_mb(),
    }))
}

/// What an archivist reads: a client's documents looked for, at a glance, opened, and who used them.
async fn at_the_desk(
    (sandbox, joiner): (&Sandbox, &mut Browser),
    times: u32,
    told: &mut serde_json::Map<String, serde_json::Value>,
    all: &mut Vec<i64>,
) -> Result<(), String> {
    let newest = stored(sandbox).await.map_err(|error| error.to_string())?;
    let mut arja = archivist(sandbox, joiner).await.map_err(|error| error.to_string())?;
    let document = format!("/archive/documents/{newest}");
    for page in ["/archive", &document, "/archive/uses", &format!("/archive/uses?document={newest}")] {
        told.insert(page.replace(&newest, "{id}"), fetched(&mut arja, page, times, all).await?);
    }
    let client = ("client", CLIENT);
    for (page, form) in
        [("/archive", &[client][..]), ("/archive", &[client, ("glance", "yes")]), ("/archive/uses", &[client])]
    {
        let named = form.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let page = Asked { page, form: Some(form) };
        told.insert(format!("{} by {named}", page.page), timed(&mut arja, &page, times, all).await?);
    }
    Ok(())
}

type Fault = Box<dyn std::error::Error>;

/// A client's documents, and her card on record who reads them; the newest document's id.
async fn stored(sandbox: &Sandbox) -> Result<String, Fault> {
    let (app, joiner) = (&sandbox.app, Oid::parse(HUS)?);
    let person = Person {
        name: "Arja Arkisto".to_owned(),
        email: ADDRESS.to_owned(),
        phone: "+358401234567".to_owned(),
        card: Some("90000000001".to_owned()),
    };
    let tx = app.store.begin().await?;
    let key = contacts::add(&tx, &joiner, &person, app.now()).await?;
    let role = Holding { role: ContactRole::Archivist, service: Some(Service::PatientData) };
    contacts::give(&tx, key, role, app.now()).await?;
    tx.commit().await?;
    let door = Door {
        access_point: AccessPointOid::parse(&format!("{HUS}.13.2"))?,
        represented: joiner,
        tenant: None,
        decision_id: "BENCH-0001".to_owned(),
        client_cert: None,
        purpose: None,
    };
    let mut newest = String::new();
    for serial in 1..=DOCUMENTS {
        let made = Variation::with_new_ids(99, serial)?.of_person(CLIENT);
        let made = made.signed_by(&sandbox.pki.signer, app.now())?;
        let stored = store_document(app, &door, made.message()?.as_bytes()).await?;
        if stored.how != StoredHow::New {
            return Err(format!("{:?}", stored.how).into());
        }
        newest = made.document_id;
    }
    Ok(newest)
}

/// The archivist, invited as people are, signed in with her card.
async fn archivist(sandbox: &Sandbox, joiner: &mut Browser) -> Result<Browser, Fault> {
    joiner.post("/members", &[("position", "archivist"), ("name", "Arja Arkisto"), ("email", ADDRESS)]).await?;
    let path = format!("/invitation/{}", sandbox.mails.invitation(ADDRESS).await.ok_or("no invitation came")?);
    let mut arja = browser(sandbox)?;
    arja.sign_in_to(&path, "arja-arkisto").await?;
    arja.post(&path, &[]).await?;
    Ok(arja)
}

/// A page as it is asked for: fetched, or by a form.
struct Asked<'a> {
    page: &'a str,
    form: Option<&'a [(&'a str, &'a str)]>,
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
    timed(browser, &Asked { page, form: None }, times, all).await
}

async fn timed(
    browser: &mut Browser,
    Asked { page, form }: &Asked<'_>,
    times: u32,
    all: &mut Vec<i64>,
) -> Result<serde_json::Value, String> {
    let mut took = Vec::new();
    let mut bytes = 0;
    for _ in 0..times {
        let begun = micros();
        let got = match form {
            Some(form) => browser.post(page, form).await,
            None => browser.get(page).await,
        };
        let got = got.map_err(|error| error.to_string())?;
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
