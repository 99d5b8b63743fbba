//! What the organisation holds and should know of, for programs: rights, notices, certificates, sealed copies.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use crate::pages::copies::download;
use crate::pages::timeline::matter;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_service::notices::Desk;
use liitos_service::{applications, certificates, directory, messages, notices, timeline};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A right in the address directory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Right {
    /// Whose: the organisation's, or a branch pharmacy's of its.
    joiner: String,
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
        joiner: right.joiner.to_string(),
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

/// Something that waits, and for whom.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Waiting {
    /// For whom: `own`, `operator`, `addressee`, or `nobody` where it comes by itself.
    turn: String,
    /// What, in words.
    what: String,
    /// Since when.
    since: String,
    /// Until when, where that is known.
    until: Option<String>,
}

pub(crate) async fn waiting(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = timeline::timeline(&web.app, page.signed_in()?).await?;
    let told = all.waits.into_iter().map(|waits| Waiting {
        turn: waits.turn.code().to_owned(),
        what: matter(&page, &waits.matter),
        since: time(waits.since),
        until: waits.until.map(time),
    });
    Ok(part("/api/v1/waiting", &asked, told))
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
