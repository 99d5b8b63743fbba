//! Whom one acts for, who acts for the organisation, and whose supplier it is, for programs.

use super::applications::{Keyed, time};
use super::pages::{Part, listed, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_domain::{Position, RefusalCode};
use liitos_service::members::Grant;
use liitos_service::{ServiceError, delegations, members};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An organisation that one may act for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Organisation {
    /// Its OID: what `Liitos-Organisation` says.
    oid: String,
    /// Its name.
    name: String,
    /// On what grounds.
    positions: Vec<String>,
    /// Whether one acts for it in this request.
    acting: bool,
}

pub(crate) async fn organisations(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let mut all = Vec::new();
    for held in actor.organisations.iter().skip(asked.from()).take(asked.most()) {
        all.push(Organisation {
            name: organisation_name(&web, &held.oid).await,
            oid: held.oid.to_string(),
            positions: held.positions.iter().map(ToString::to_string).collect(),
            acting: actor.acting_for.as_ref() == Some(&held.oid),
        });
    }
    let more = actor.organisations.len() > asked.from() + all.len();
    Ok(listed("/api/v1/organisations", &asked, all, more))
}

/// Somebody who was granted a position.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Member {
    /// Its key.
    key: i64,
    /// Name.
    name: String,
    /// Mailbox of the invitation.
    email: String,
    /// Which position.
    position: String,
    /// Whether the invitation was accepted.
    accepted: bool,
    /// Since when.
    granted_at: String,
}

/// Somebody to be invited.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Invite {
    /// Which position: `administrative`, `technical`, `archivist`, `data-protection`, `reader`.
    position: String,
    /// Name.
    name: String,
    /// Where the invitation goes.
    email: String,
}

pub(crate) async fn members(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = members::list(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|held| Member {
        key: held.key,
        name: held.granted.name,
        email: held.granted.email,
        position: held.granted.position.to_string(),
        accepted: held.person.is_some(),
        granted_at: time(held.granted_at),
    });
    Ok(part("/api/v1/members", &asked, told))
}

pub(crate) async fn invite(State(web): State<Web>, page: Page, Json(asked): Json<Invite>) -> Result<Response, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "position");
    let position = Position::parse(&asked.position).ok_or_else(wrong)?;
    let grant = Grant { position, name: asked.name, email: asked.email, language: page.language };
    let key = members::grant(&web.app, page.signed_in()?, grant).await?;
    Ok((StatusCode::CREATED, Json(Keyed { key })).into_response())
}

pub(crate) async fn end_member(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<StatusCode, Failure> {
    members::end(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An organisation that lets the one acted for act.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Customer {
    /// Its OID: what `Liitos-Organisation` says.
    oid: String,
    /// Its name.
    name: String,
    /// What one may do for it.
    position: String,
    /// Since when.
    granted_at: String,
}

pub(crate) async fn customers(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = delegations::customers(&web.app, page.signed_in()?).await?;
    let mut told = Vec::new();
    for held in all.iter().skip(asked.from()).take(asked.most()) {
        told.push(Customer {
            name: organisation_name(&web, &held.organisation).await,
            oid: held.organisation.to_string(),
            position: held.position.to_string(),
            granted_at: time(held.granted_at),
        });
    }
    let more = all.len() > asked.from() + told.len();
    Ok(listed("/api/v1/customers", &asked, told, more))
}
