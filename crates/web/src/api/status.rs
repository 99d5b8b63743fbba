//! What works, for programs.

use crate::Web;
use crate::errors::Failure;
use axum::Json;
use axum::extract::State;
use liitos_domain::fault::{Course, Kind, Stage, Words};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Moment, Service};
use liitos_service::faults::{self, Told};
use serde::Serialize;
use std::collections::BTreeSet;

#[derive(Serialize)]
pub(crate) struct Answer {
    at: String,
    services: Vec<ServiceStatus>,
    /// What is, what is planned, and what was in the last 90 days.
    faults: Vec<FaultStatus>,
}

#[derive(Serialize)]
struct ServiceStatus {
    service: Service,
    /// What keeps all of it from working; absent where nothing does.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_working: Option<Kind>,
}

#[derive(Serialize)]
struct FaultStatus {
    number: String,
    kind: Kind,
    course: Course,
    headline: Words,
    /// Empty: all of them.
    services: BTreeSet<Service>,
    /// Empty: all of them.
    access_points: BTreeSet<AccessPointOid>,
    /// By their numbers in Astori; empty: whichever.
    systems: BTreeSet<String>,
    /// Neither these nor counties: the whole country.
    municipalities: BTreeSet<String>,
    /// By their numbers in the national classification.
    counties: BTreeSet<String>,
    begins: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended: Option<String>,
    statements: Vec<StatementStatus>,
}

#[derive(Serialize)]
struct StatementStatus {
    at: String,
    stage: Stage,
    words: Words,
}

/// `GET /api/status`: what works, for anybody; the same as the status page says.
pub(crate) async fn show(State(web): State<Web>) -> Result<Json<Answer>, Failure> {
    let status = faults::status(&web.app).await?;
    let service = |works: &faults::Works| ServiceStatus { service: works.service, not_working: works.not };
    let services = status.services.iter().map(service);
    let all = status.going.into_iter().chain(status.coming).chain(status.past);
    let (at, services) = (status.at.to_string(), services.collect());
    Ok(Json(Answer { at, services, faults: all.map(|told| fault(told, status.at)).collect() }))
}

fn fault(Told { kept, said }: Told, now: Moment) -> FaultStatus {
    let statement = |said: faults::Said| StatementStatus {
        at: said.statement.at.to_string(),
        stage: said.statement.stage,
        words: said.statement.words,
    };
    let text = |at: Option<Moment>| at.map(|at| at.to_string());
    FaultStatus {
        course: kept.fault.course(now),
        number: kept.number,
        kind: kept.fault.kind,
        headline: kept.fault.headline,
        services: kept.fault.audience.services,
        access_points: kept.fault.audience.access_points,
        systems: kept.fault.audience.systems,
        municipalities: kept.fault.audience.places,
        counties: kept.fault.audience.counties,
        begins: kept.fault.begins.to_string(),
        expected: text(kept.fault.expected),
        // Of what was called off nothing has ended.
        ended: text(kept.fault.ended.filter(|ended| *ended >= kept.fault.begins)),
        statements: said.into_iter().map(statement).collect(),
    }
}
