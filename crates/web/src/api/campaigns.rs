//! Campaigns of a supplier, for programs.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use liitos_domain::RefusalCode;
use liitos_service::campaigns::{Imported, Progress};
use liitos_service::{ServiceError, campaigns};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A campaign.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Campaign {
    /// Its key.
    key: i64,
    /// What it is called.
    name: String,
    /// When it was begun.
    created_at: String,
}

/// A sheet to be brought in.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Import {
    /// What the campaign is called.
    name: String,
    /// The sheet: CSV or XLSX, in base64.
    sheet: String,
}

/// Why a sheet was not brought in.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct NotImported {
    /// Why, in words.
    problem: String,
    /// The columns that are not understood, or that lack.
    columns: Vec<String>,
}

/// A row of a campaign.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CampaignLine {
    /// Its line in the sheet.
    line: u32,
    /// The customer, as the sheet says.
    customer: String,
    /// The service, as the sheet says.
    service: String,
    /// The application's number, if there is one.
    number: Option<String>,
    /// What was wrong when it was brought in.
    problem: Option<String>,
    /// Where the application stands now.
    state: Option<String>,
}

/// How far a campaign has come.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct CampaignProgress {
    /// Which.
    campaign: Campaign,
    /// How many rows there are.
    rows: usize,
    /// How many applications were sent.
    sent: usize,
    /// How many were approved.
    approved: usize,
    /// Row by row.
    lines: Vec<CampaignLine>,
}

fn campaign_told(campaign: &campaigns::Campaign) -> Campaign {
    Campaign { key: campaign.key, name: campaign.name.clone(), created_at: time(campaign.created_at) }
}

pub(crate) async fn campaigns(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = campaigns::list(&web.app, page.signed_in()?).await?;
    Ok(part("/api/v1/campaigns", &asked, all.iter().map(campaign_told)))
}

pub(crate) async fn import(State(web): State<Web>, page: Page, Json(asked): Json<Import>) -> Result<Response, Failure> {
    let bytes = STANDARD.decode(&asked.sheet);
    let bytes = bytes.map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "sheet"))?;
    let actor = page.signed_in()?;
    let not = |problem: String, columns| {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(NotImported { problem, columns })).into_response()
    };
    Ok(match campaigns::import(&web.app, actor, &asked.name, &bytes, page.language).await? {
        Imported::Campaign(key) => {
            let progress = campaigns::show(&web.app, actor, key).await?;
            (StatusCode::CREATED, Json(progress_told(&progress))).into_response()
        }
        Imported::NotRead(error) => not(error.to_string(), Vec::new()),
        Imported::Columns(columns) => not(page.t("campaign-columns"), columns),
    })
}

fn progress_told(progress: &Progress) -> CampaignProgress {
    let line = |line: &campaigns::Line| CampaignLine {
        line: line.line,
        customer: line.customer.clone(),
        service: line.service.clone(),
        number: line.number.clone(),
        problem: line.problem.clone(),
        state: line.state.clone(),
    };
    CampaignProgress {
        campaign: campaign_told(&progress.campaign),
        rows: progress.lines.len(),
        sent: progress.sent(),
        approved: progress.approved(),
        lines: progress.lines.iter().map(line).collect(),
    }
}

pub(crate) async fn campaign(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<Json<CampaignProgress>, Failure> {
    Ok(Json(progress_told(&campaigns::show(&web.app, page.signed_in()?, key).await?)))
}
