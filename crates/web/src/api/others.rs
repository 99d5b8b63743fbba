//! Organisations, members, rights, notices, certificates, sealed copies, customers, campaigns and webhooks, for programs.

use super::applications::{Keyed, time};
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name};
use crate::pages::copies::download;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use liitos_domain::{Position, RefusalCode};
use liitos_service::campaigns::{Imported, Progress};
use liitos_service::members::Grant;
use liitos_service::notices::Desk;
use liitos_service::{ServiceError, applications, campaigns, certificates, delegations, directory, members, notices};
use liitos_service::{messages, webhooks as hooks};
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
    Ok(super::pages::listed("/api/v1/organisations", &asked, all, more))
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

/// A right in the address directory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Right {
    /// What.
    service: String,
    /// Through which access point.
    access_point: String,
    /// With which system (Astori number).
    system: String,
    /// For which unit, where it is a unit's.
    unit: Option<String>,
    /// In whose register, in a parallel joining.
    organiser: Option<String>,
    /// From when.
    from: String,
    /// Until when, if it ends.
    until: Option<String>,
}

pub(crate) async fn rights(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = directory::own_rights(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|right| Right {
        service: right.service.to_string(),
        access_point: right.access_point.to_string(),
        system: right.system,
        unit: right.unit.map(|unit| unit.to_string()),
        organiser: right.organiser.map(|organiser| organiser.to_string()),
        from: time(right.valid.from),
        until: right.valid.until.map(time),
    });
    Ok(part("/api/v1/rights", &asked, told))
}

/// Something that the organisation should know of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Notice {
    /// Its key.
    key: i64,
    /// When it was told.
    at: String,
    /// Whether it must be seen to.
    urgent: bool,
    /// In words.
    heading: String,
    /// More words.
    words: Vec<String>,
}

pub(crate) async fn notices(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = notices::own(&web.app, page.signed_in()?).await?;
    let told = all.iter().map(|stored| {
        let (heading, words) = messages::notice_words(&stored.notice, page.language);
        Notice { key: stored.key, at: time(stored.at), urgent: stored.notice.urgent(), heading, words }
    });
    Ok(part("/api/v1/notices", &asked, told))
}

pub(crate) async fn settle(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<StatusCode, Failure> {
    notices::settle(&web.app, page.signed_in()?, Desk::Own, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A certificate that is watched.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Certificate {
    /// Its name.
    name: String,
    /// Whose it is: an OID.
    holder: String,
    /// `server-certificate` or `signature-certificate`.
    purpose: String,
    /// SHA-256 of it.
    fingerprint: String,
    /// When it ends.
    ends_at: Option<String>,
}

/// A certificate that is shown.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Shown {
    /// PEM.
    certificate: String,
}

fn certificate(known: &certificates::KnownCertificate) -> Certificate {
    Certificate {
        name: known.name.clone(),
        holder: known.holder.clone(),
        purpose: known.purpose.to_string(),
        fingerprint: known.fingerprint.to_string(),
        ends_at: known.valid.until.map(time),
    }
}

pub(crate) async fn certificates(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = certificates::own(&web.app, page.signed_in()?).await?;
    Ok(part("/api/v1/certificates", &asked, all.iter().map(certificate)))
}

pub(crate) async fn show_certificate(
    State(web): State<Web>,
    page: Page,
    Json(shown): Json<Shown>,
) -> Result<Response, Failure> {
    let known = certificates::show(&web.app, page.signed_in()?, shown.certificate.trim().as_bytes()).await?;
    Ok((StatusCode::CREATED, Json(certificate(&known))).into_response())
}

/// A sealed copy of what was signed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct SealedCopy {
    /// Its key.
    key: i64,
    /// The file's name.
    name: String,
    /// The application it belongs to.
    application: String,
    /// SHA-256 of it.
    hash: String,
    /// The operator's seal over it (Ed25519): the key is told by `GET /api/seal`.
    seal: String,
    /// When it was sealed.
    at: String,
}

pub(crate) async fn copies(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = applications::copies(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|copy| SealedCopy {
        key: copy.key,
        name: copy.name,
        application: copy.subject,
        hash: copy.hash.to_string(),
        seal: copy.seal,
        at: time(copy.at),
    });
    Ok(part("/api/v1/copies", &asked, told))
}

pub(crate) async fn copy(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Response, Failure> {
    let copy = applications::copy(&web.app, page.signed_in()?, key).await?;
    Ok(download(&copy.name, copy.media_type, copy.body))
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
    Ok(super::pages::listed("/api/v1/customers", &asked, told, more))
}

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
