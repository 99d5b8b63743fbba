//! The systems that are used, for the operator's programs.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::StatusCode;
use liitos_domain::Oid;
use liitos_domain::obligation as rules;
use liitos_service::systems::{self, Later, Use};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A system that rights and access points name.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct UsedSystem {
    /// Its number in Astori.
    number: String,
    /// Its name; empty where Astori does not know it.
    name: String,
    /// How it stands: `banned`, `ended`, `unknown`, `ends`, `fine`.
    standing: String,
    /// When its certificate of conformity ends.
    until: Option<String>,
    /// How many use it, or have an access point that is implemented with it.
    users: usize,
}

/// A system with everybody whom it hits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct HittingSystem {
    /// Its number in Astori.
    number: String,
    /// How it stands: `banned`, `ended`, `unknown`, `ends`, `fine`.
    standing: String,
    /// Whom it hits.
    hits: Vec<Hit>,
    /// The numbers of applications and notifications that wait and name it.
    waiting: Vec<String>,
    /// What it does of what social care's obligation asks for; empty where it is not made for that.
    functions: Vec<Function>,
    /// Where what is declared of it is from.
    source: Option<String>,
    /// Where its supplier is written to.
    supplier: Option<Supplier>,
}

/// Where a system's supplier is written to, of what organisational changes ask of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Supplier {
    /// Its mailbox; empty: it is written to no more.
    mail: String,
    /// In which language: `fi`, `sv`, `en`.
    language: String,
}

/// Whom a system hits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Hit {
    /// Who.
    organisation: String,
    /// With which services.
    services: Vec<String>,
    /// Whether it administers an access point that is implemented with it.
    administers: bool,
}

/// A function of social care's obligation, and whether a system has it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Function {
    /// Its code.
    code: String,
    /// When a system has it: `first`, `second`, `obligation`.
    phase: String,
    /// Whether this one has: `yes`, `no`, `unsaid`.
    said: String,
}

/// What is declared of a system.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Declaration {
    /// The functions that it has; it has no others.
    functions: BTreeSet<String>,
    /// Where that is from.
    source: String,
}

pub(super) fn function(function: &rules::Function) -> Function {
    Function { code: function.code.to_owned(), phase: function.phase.to_string(), said: function.said.to_string() }
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let told = |watched: systems::Watched| UsedSystem {
        number: watched.id,
        name: watched.name,
        standing: watched.standing.to_string(),
        until: watched.ends.map(time),
        users: watched.users,
    };
    let all = systems::list(&web.app, page.signed_in()?).await?;
    Ok(part("/api/v1/office/systems", &asked, all.into_iter().map(told)))
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Json<HittingSystem>, Failure> {
    let shown = systems::show(&web.app, page.signed_in()?, &number).await?;
    let hit = |(oid, touched): (&Oid, &Use)| Hit {
        organisation: oid.to_string(),
        services: touched.services.iter().map(ToString::to_string).collect(),
        administers: touched.administers,
    };
    let waiting = |later: &Later| match later {
        Later::Application(number, ..) | Later::Notification(number, _) => number.clone(),
    };
    Ok(Json(HittingSystem {
        standing: shown.standing.to_string(),
        hits: shown.hit.iter().map(hit).collect(),
        waiting: shown.later.iter().map(waiting).collect(),
        functions: shown.functions.iter().map(function).collect(),
        source: shown.declared.map(|declared| declared.source),
        supplier: shown.supplier.map(|one| Supplier { mail: one.mail, language: one.language }),
        number: shown.id,
    }))
}

pub(crate) async fn supplier(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(said): Json<Supplier>,
) -> Result<StatusCode, Failure> {
    systems::supplier(&web.app, page.signed_in()?, &number, (&said.mail, &said.language)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn declare(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Json(asked): Json<Declaration>,
) -> Result<StatusCode, Failure> {
    systems::declare(&web.app, page.signed_in()?, &number, (asked.functions, &asked.source)).await?;
    Ok(StatusCode::NO_CONTENT)
}
