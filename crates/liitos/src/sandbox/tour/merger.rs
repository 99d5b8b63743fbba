//! Step 12: a merger rehearsed, scaled down and with time running fast: some units of HUS go over to another controller, from the order to the
//! signed report and to the register that its new controller takes home.

use super::{Broken, Walk, accepted, holds};
use crate::made::Variation;
use crate::sandbox::Browser;
use crate::sandbox::files::HUS;
use http::StatusCode;
use liitos_documents::package;
use liitos_domain::archive::{Completeness, RunState};
use liitos_domain::{Moment, Oid, StaffRole};
use liitos_service::archive::export_register;
use liitos_service::controller_runs as runs;
use liitos_service::{Actor, ServiceError};
use std::time::Duration;

const FROM: &str = "1.2.246.537.10.15675350.19.0";
const TO: &str = "1.2.246.10.99999984.19.0";
/// Units that go over, and documents of each.
const UNITS: u64 = 5;
const DOCUMENTS: u64 = 8;
/// How long ahead it is ordered: what comes before is done by then.
const AHEAD_SECONDS: i64 = 4;

fn broken(error: impl std::fmt::Display) -> Broken {
    Broken(error.to_string())
}

fn refused(error: ServiceError) -> Broken {
    Broken(format!("{} {}", error.code, error.place))
}

/// 12: stored by one controller, ordered, rehearsed, approved by two, switched, carried through, proved.
pub(super) async fn rehearsed(walk: &mut Walk<'_>) -> Result<String, Broken> {
    let units: Vec<String> = (0..UNITS).map(|n| format!("1.2.246.537.10.15675350.10.72{n}")).collect();
    let moved = stored(walk, &units).await?;
    let mut second = Browser::new(&walk.sandbox.portal_address())?;
    second.sign_in("reijo-rekisteri").await?;
    let (path, run_at) = ordered(walk, &units).await?;
    approved(walk, &mut second, &path).await?;
    let number = path.rsplit('/').next().unwrap_or_default().to_owned();
    let report = reported(walk, &number).await?;
    let documents = report.before.documents;
    holds(report.complete && documents == UNITS * DOCUMENTS, || format!("the report says {report:?}"))?;
    let late = report.switched_at.map_or(i64::MAX, |at| (at.as_micros() - run_at.as_micros()) / 1000);
    // Who gave them away has them no longer, whatever the copies behind say.
    let gone = walk.connect().await?.fetch(&moved, HUS).await?;
    holds(gone.status == StatusCode::NOT_FOUND, || format!("the one who gave them is answered {}", gone.status))?;
    let taken = taken_home(walk).await?;
    holds(taken.holds() && taken.documents == documents, || format!("the package: {:?}", taken.wrong))?;
    holds((taken.runs, taken.recounted) == (1, 1), || format!("the package does not show how they came: {taken:?}"))?;
    Ok(format!(
        "{documents} documents of {UNITS} units, {late} ms after its moment; signed report; package verified, each document that came is in it"
    ))
}

/// Stores documents in units; the id of one of them.
async fn stored(walk: &Walk<'_>, units: &[String]) -> Result<String, Broken> {
    let mut connection = walk.connect().await?;
    let (signer, now) = (&walk.sandbox.pki.signer, walk.sandbox.app.now());
    let mut last = String::new();
    for (at, unit) in (0_u64..).zip(units) {
        for n in 0..DOCUMENTS {
            let variation = Variation::with_new_ids(walk.run, 1100 + at * DOCUMENTS + n)?.made_in(unit);
            let variation = variation.signed_by(signer, now)?;
            accepted(&connection.send(&variation.message()?).await?)?;
            last = variation.document_id;
        }
    }
    Ok(last)
}

/// The order, and its moment.
async fn ordered(walk: &mut Walk<'_>, units: &[String]) -> Result<(String, Moment), Broken> {
    let run_at = Moment::from_seconds(walk.sandbox.app.now().as_seconds()).plus_seconds(AHEAD_SECONDS);
    let (day, time) = (run_at.civil().date().to_string(), run_at.civil().time().to_string());
    walk.operator.post("/office/runs/days", &[("day", &day)]).await?;
    let form = [
        ("from_controller", FROM),
        ("to_controller", TO),
        ("run_kind", "successor"),
        ("units", &units.join(" ")),
        ("day", &day),
        ("time", &time),
        ("apart", "accept"),
        ("basis", "the tour's merger"),
    ];
    let ordered = walk.operator.post("/office/runs/new", &form).await?;
    holds(ordered.status == StatusCode::OK, || format!("the run was not ordered: {}", ordered.status))?;
    Ok((ordered.address.path().to_owned(), run_at))
}

/// Two who have seen what it moves.
async fn approved(walk: &mut Walk<'_>, second: &mut Browser, path: &str) -> Result<(), Broken> {
    for person in [&mut walk.operator, second] {
        let page = person.get(path).await?;
        let looked = page.hidden("looked").ok_or_else(|| broken("nothing is shown to approve"))?;
        let approved = person.post(&format!("{path}/approve"), &[("looked", &looked)]).await?;
        holds(approved.status == StatusCode::OK, || format!("the run was not approved: {}", approved.status))?;
    }
    Ok(())
}

/// Waits for the report, and verifies it as a stranger does.
async fn reported(walk: &Walk<'_>, number: &str) -> Result<Completeness, Broken> {
    let patience = walk.patience + Duration::from_secs(AHEAD_SECONDS.unsigned_abs() + 30);
    let found = tokio::time::timeout(patience, async {
        loop {
            let run = runs::status(&walk.sandbox.app, &keeper(), number).await.map_err(refused)?.run;
            match run.report {
                Some(report) if run.state == RunState::Done => return Ok::<String, Broken>(report),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    let report = found.await.map_err(|_| broken("no report came"))??;
    walk.verified(&report)
}

/// The register of the new controller as a package, checked without the server.
async fn taken_home(walk: &Walk<'_>) -> Result<package::Checked, Broken> {
    let app = &walk.sandbox.app;
    let controller = Oid::parse(TO).map_err(broken)?;
    let (_, package) = export_register(app, &keeper(), &controller, Vec::new(), |_| ()).await.map_err(refused)?;
    let trust = app.signature_trust.load();
    package::check(&package[..], &walk.verifier(), Some(&trust), |_| ()).map_err(broken)
}

/// Whoever sits at the operator's own machine.
fn keeper() -> Actor {
    Actor {
        reference: "tour".to_owned(),
        name: "Tour".to_owned(),
        staff: vec![StaffRole::Registrar],
        ..Actor::default()
    }
}
