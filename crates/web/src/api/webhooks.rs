//! Where events are posted, for programs.

use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_service::webhooks as hooks;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A webhook.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Webhook {
    /// Its key.
    key: i64,
    /// Where events are posted.
    address: String,
    /// What they are signed with; told once, when it is added.
    secret: Option<String>,
}

/// Where events are wanted.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct WebhookAddress {
    /// `https://…`.
    address: String,
}

pub(crate) async fn webhooks(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = hooks::list(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|hook| Webhook { key: hook.key, address: hook.address, secret: None });
    Ok(part("/api/v1/webhooks", &asked, told))
}

pub(crate) async fn add_webhook(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<WebhookAddress>,
) -> Result<Response, Failure> {
    let added = hooks::add(&web.app, page.signed_in()?, &asked.address).await?;
    let told = Webhook { key: added.key, address: asked.address, secret: Some(added.secret) };
    Ok((StatusCode::CREATED, Json(told)).into_response())
}

pub(crate) async fn end_webhook(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<StatusCode, Failure> {
    hooks::end(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}
