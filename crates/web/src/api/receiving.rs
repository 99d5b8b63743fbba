//! The units that a patient may send a renewal request to.

use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_service::outbound;
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
