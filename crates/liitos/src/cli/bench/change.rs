//! Planning a county's merger among many joiners and documents: how long it takes to plan, to keep, and to look at again.

use super::controller_run::{FROM, fill, registrar};
use super::{country, micros, percentiles, prepared, resident_mb};
use crate::serve::build;
use clap::Args;
use liitos_domain::change::Story;
use liitos_domain::directory::{AccessPoint, Basis, Effect, Joiner, Right};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::{ConnectionModel, RateClass};
use liitos_domain::{Interval, Oid, Service};
use liitos_service::notices::Desk;
use liitos_service::{App, changes};
use liitos_store::directory;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub(crate) struct Change {
    /// Joiners in the directory, each with an access point and a right.
    #[arg(long, default_value_t = 20_000)]
    joiners: u32,
    /// The county's units, each of which receives renewal requests.
    #[arg(long, default_value_t = 200)]
    units: u32,
    /// The county's access points, each used by another joiner, too.
    #[arg(long, default_value_t = 40)]
    points: u32,
    /// The county's documents.
    #[arg(long, default_value_t = 10_000_000)]
    documents: u64,
    /// A PostgreSQL database to use; a new SQLite file when absent.
    #[arg(long)]
    database: Option<String>,
}

/// Whose the documents are, and who goes on: both stand in the registers of the samples.
const COUNTY: &str = "1.2.246.537.10.15675350.10.0";
const INTO: &str = "1.2.246.10.99999984.10.0";
/// How often the change is planned.
const TIMES: usize = 7;

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

pub(super) async fn run(folder: PathBuf, asked: &Change) -> Result<serde_json::Value, String> {
    let register = folder.join("register.xml");
    let app = build(&prepared(folder, asked.database.clone())?).await.map_err(text)?;
    country::open(&app, &register, asked.joiners).await?;
    let (county, into) = (Oid::parse(COUNTY).map_err(text)?, Oid::parse(INTO).map_err(text)?);
    enlarge(&app, (&county, &into), asked).await?;
    fill(&app, FROM, asked.documents).await?;
    let day = app.now().plus_days(90).midnight().civil().date();
    let merger =
        format!("day = \"{day}\"\ntitle = \"bench\"\n[[merger]]\njoiners = [\"{county}\"]\ninto = \"{into}\"\n");
    let story = Story::parse(&merger).map_err(|mistakes| format!("{mistakes:?}"))?;
    let actor = registrar("first");
    let (mut took, mut found) = (Vec::new(), None);
    for _ in 0..TIMES {
        let begun = micros();
        found = Some(changes::plan(&app, &actor, &story).await.map_err(text)?);
        took.push(micros() - begun);
    }
    let planned = found.ok_or("nothing was planned")?.planned;
    let documents: u64 = planned.tasks.iter().map(|task| task.count).max().unwrap_or(0);
    if documents != asked.documents || planned.effect.rights_closed.len() < usize::try_from(asked.units).unwrap_or(0) {
        return Err(format!("{documents} documents, {} rights close", planned.effect.rights_closed.len()));
    }
    let begun = micros();
    let number = changes::keep(&app, &actor, Desk::Office, story).await.map_err(text)?;
    let number = number.map_err(|obstacles| format!("{obstacles:?}"))?;
    let kept = micros() - begun;
    let begun = micros();
    // As each night does.
    if changes::check_due(&app, app.now().plus_seconds(1)).await.map_err(text)? != 1 {
        return Err(format!("{number} was not looked at again"));
    }
    let (checked, first) = (micros() - begun, took.first().copied().unwrap_or(0));
    let at = percentiles(took);
    Ok(json!({
        "joiners": asked.joiners, "units": asked.units, "points": asked.points, "documents": asked.documents, "tasks": planned.tasks.len(),
        "rights_closed": planned.effect.rights_closed.len(), "obstacles": planned.obstacles.len(), "first_plan_ms": first / 1_000,
        "plan_p50_ms": at(50) / 1_000, "plan_most_ms": at(100) / 1_000, "keep_ms": kept / 1_000, "check_ms": checked / 1_000, "rss_mb": resident_mb(),
    }))
}

/// The county with its units and access points, those who use them, and who goes on.
async fn enlarge(app: &App, (county, into): (&Oid, &Oid), asked: &Change) -> Result<(), String> {
    let (valid, system) = (Interval::from(app.now()), "900001".to_owned());
    let numbered = |joiner: &Oid, n: u32| AccessPointOid::parse(&format!("{joiner}.13.{n}")).map_err(text);
    let point = |administrator: &Oid, oid: &AccessPointOid| AccessPoint {
        administrator: administrator.clone(),
        oid: oid.clone(),
        system: system.clone(),
        country: "FI".to_owned(),
        links: Vec::new(),
        certificates: Vec::new(),
        valid,
    };
    let right = |joiner: &Oid, service, access_point: &AccessPointOid, unit| Right {
        joiner: joiner.clone(),
        service,
        access_point: access_point.clone(),
        system: system.clone(),
        unit,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    };
    let (first, own) = (numbered(county, 1)?, numbered(into, 1)?);
    let mut effect = Effect::default();
    for (joiner, oid) in [(county, &first), (into, &own)] {
        effect.joiners_opened.push(Joiner { oid: joiner.clone(), rate: RateClass::Ordinary, valid });
        effect.access_points_opened.push(point(joiner, oid));
        for service in [Service::Prescription, Service::PatientData] {
            effect.rights_opened.push(right(joiner, service, oid, None));
        }
    }
    let root = county.as_str().trim_end_matches(".0");
    for n in 1..=asked.units {
        let unit = Oid::parse(&format!("{root}.{n}")).map_err(text)?;
        effect.rights_opened.push(right(county, Service::RenewalReception, &first, Some(unit)));
    }
    for n in 2..=asked.points {
        let oid = numbered(county, n)?;
        effect.rights_opened.push(right(&country::joiner(n)?, Service::SocialClientData, &oid, None));
        effect.access_points_opened.push(point(county, &oid));
    }
    let origin =
        directory::Origin { basis: Basis::Other("bench".into()), author: "bench".into(), approver: "bench".into() };
    let hash = effect.hash().map_err(text)?;
    let tx = app.store.begin().await.map_err(text)?;
    directory::record(&tx, &effect, &hash, &origin, app.now()).await.map_err(text)?;
    tx.commit().await.map_err(text)
}
