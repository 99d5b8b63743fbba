//! The units that a patient may send a renewal request to, and what came to one's own.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::Moment;
use liitos_service::outbound;
use schemars::JsonSchema;
use serde::Serialize;

/// A unit, by what its register says of it.
#[derive(Serialize)]
struct Receiving {
    /// Its OID; a professional's own.
    unit: String,
    name: String,
    /// Absent of a professional.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// Absent of a professional.
    #[serde(skip_serializing_if = "Option::is_none")]
    telephone: Option<String>,
}

/// `GET /api/units/receiving`: those that can be addressed now, by OID, at most a minute old. Of anybody's, for anybody: all of it is public.
pub(crate) async fn list(State(web): State<Web>, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let choices = outbound::choices(&web.app).await?;
    let one = |choice: &outbound::Choice| Receiving {
        unit: choice.unit.to_string(),
        name: choice.name.clone(),
        address: choice.address.clone(),
        telephone: choice.telephone.clone(),
    };
    Ok(part("/api/units/receiving", &asked, choices.iter().map(one)))
}

/// A renewal request to a unit of the organisation's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct RenewalRequest {
    /// The message's id.
    id: String,
    /// To which unit.
    unit: String,
    /// When it was taken.
    taken_at: String,
    /// `waiting`, `delivered`, `rejected` or `lapsed`.
    state: String,
    /// How often it was tried.
    tries: i32,
    /// Why the last try failed.
    problem: Option<String>,
}

/// `GET /api/v1/requests`: what waits, the longest first, then what ended last.
pub(crate) async fn own(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let own = outbound::own(&web.app, page.signed_in()?).await?.unwrap_or_default();
    let told = own.into_iter().map(|one| RenewalRequest {
        id: one.message_id,
        unit: one.unit,
        taken_at: time(Moment::from_micros(one.taken_at)),
        state: one.state,
        tries: one.tries,
        problem: one.problem,
    });
    Ok(part("/api/v1/requests", &asked, told))
}
