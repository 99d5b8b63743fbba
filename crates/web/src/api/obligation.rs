//! Social care's obligation to join, for programs: what the organisation lacks, and who is late.

use super::applications::time;
use super::pages::{Part, part};
use super::systems::{Function, function};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::RefusalCode;
use liitos_domain::obligation::{self as rules, Item, Obligation, Verdict};
use liitos_service::obligation::{self, OwnSystem};
use liitos_service::{ServiceError, obligation::Own};
use schemars::JsonSchema;
use serde::Serialize;

/// How the organisation stands to the obligation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OwnObligation {
    /// By when everybody has joined.
    joined_by: Option<String>,
    /// How far it has come: `nothing`, `enrolled`, `applying`, `approved`, `joined`.
    standing: String,
    /// The service tasks that it works in, by its own word; absent: it has not said.
    service_tasks: Option<Vec<String>>,
    /// What it records in structured form, and from when; everything where it has not said in which tasks it works.
    items: Vec<Dated>,
    /// The systems that it uses client data with.
    systems: Vec<System>,
}

/// What is recorded in structured form, and from when.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Dated {
    /// What.
    item: String,
    /// From when.
    from: String,
    /// Whether the day is assumed.
    assumed: bool,
}

/// A system, and what it does.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct System {
    /// Its number in Astori.
    number: String,
    /// Its name there; its number where it has no entry.
    name: String,
    /// Whether it has an entry in Astori.
    known: bool,
    /// Until when its certificate is valid, if it ends.
    until: Option<String>,
    /// Whether it fulfils the obligation: `lacks`, `unsaid`, `fulfils`.
    verdict: String,
    /// What it does.
    functions: Vec<Function>,
}

/// Somebody who has to join.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Obliged {
    /// Who.
    organisation: String,
    /// Its name.
    name: String,
    /// Its sector: `1` public, `2` private, `3` private and self-declared.
    sector: Option<String>,
    /// Its municipality, as its register writes it.
    municipality: Option<String>,
    /// The number of its wellbeing services county.
    county: Option<String>,
    /// How far it has come.
    standing: String,
    /// The service tasks that it works in, by its own word; absent: it has not said.
    service_tasks: Option<Vec<String>>,
    /// Whether its system fulfils the obligation: `lacks`, `unsaid`, `fulfils`; absent: it uses none.
    system: Option<String>,
}

fn system(system: &OwnSystem) -> System {
    System {
        number: system.number.clone(),
        name: system.name.clone(),
        known: system.facts.is_some(),
        until: system.facts.as_ref().and_then(|facts| facts.valid.until).map(time),
        verdict: Verdict::of(&system.functions).to_string(),
        functions: system.functions.iter().map(function).collect(),
    }
}

fn codes<'a>(tasks: impl IntoIterator<Item = &'a Item>) -> Vec<String> {
    tasks.into_iter().map(Item::to_string).collect()
}

pub(crate) async fn own(State(web): State<Web>, page: Page) -> Result<Json<OwnObligation>, Failure> {
    let own = obligation::own(&web.app, page.signed_in()?).await?;
    let Own { standing, systems, said, .. } =
        own.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "obligation"))?;
    let tasks = said.map(|said| said.tasks);
    let written = Obligation::standard();
    let concerns = |item: Item| tasks.as_ref().is_none_or(|tasks| !item.is_task() || tasks.contains(&item));
    let items = written.items.iter().filter(|(item, ..)| concerns(*item)).map(|(item, from, assumed)| Dated {
        item: item.to_string(),
        from: time(*from),
        assumed: *assumed,
    });
    Ok(Json(OwnObligation {
        joined_by: written.joined_by.map(time),
        standing: standing.to_string(),
        items: items.collect(),
        service_tasks: tasks.as_ref().map(codes),
        systems: systems.iter().map(system).collect(),
    }))
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let watch = obligation::watch(&web.app, page.signed_in()?).await?;
    let told = |one: rules::Obliged| Obliged {
        organisation: one.oid.to_string(),
        name: one.name,
        sector: one.sector.map(|sector| sector.to_string()),
        municipality: one.place,
        county: one.county.map(|county| county.code.clone()),
        standing: one.standing.to_string(),
        service_tasks: one.tasks.as_ref().map(codes),
        system: one.fulfils.map(|verdict| verdict.to_string()),
    };
    Ok(part("/api/v1/office/obligation", &asked, watch.all.into_iter().map(told)))
}
