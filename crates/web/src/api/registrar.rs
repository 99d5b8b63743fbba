//! The operator's directory, old signers, notices and messages to units, for its own programs. What two persons decide is people's.

use super::applications::{Keyed, time};
use super::office::Entered;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_domain::directory::{Closing, Stage};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Interval, Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::directory::proposal;
use liitos_service::directory::shut as closings;
use liitos_service::notices::Desk;
use liitos_service::{agreements, directory, messages, notices, outbound, signers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A right in the directory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Held {
    /// Whose.
    joiner: String,
    /// What.
    service: String,
    /// Through which access point.
    access_point: String,
    /// With which system (Astori number).
    system: String,
    /// From when.
    from: String,
    /// Until when, if it ends.
    until: Option<String>,
}

/// Something that is closed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Closed {
    /// What lifting it names.
    hash: String,
    /// Whom.
    joiner: Option<String>,
    /// Which service.
    service: Option<String>,
    /// Which system.
    system: Option<String>,
    /// Which access point.
    access_point: Option<String>,
    /// How far: `throttled`, `read-only`, `closed`.
    stage: String,
    /// Why.
    reason: String,
    /// Until when, if it ends.
    until: Option<String>,
}

/// A part of the directory.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Directory {
    /// The newest version.
    version: u64,
    /// How many rights there are in all; not counted where something is searched for.
    rights_in_all: Option<u64>,
    /// How many access points there are in all; not counted where something is searched for.
    access_points_in_all: Option<u64>,
    /// The newest rights, or those that are searched for.
    rights: Vec<Held>,
    /// The access points, in the same way.
    access_points: Vec<String>,
    /// What is closed now.
    closings: Vec<Closed>,
}

/// What is searched for.
#[derive(Default, Deserialize)]
pub(crate) struct Search {
    /// An OID, its beginning, or a part of a joiner's name.
    #[serde(default)]
    q: String,
}

pub(crate) async fn directory(
    State(web): State<Web>,
    page: Page,
    Query(search): Query<Search>,
) -> Result<Json<Directory>, Failure> {
    let actor = page.signed_in()?;
    let seen = directory::overview(&web.app, actor, &search.q).await?;
    let right = |right: &liitos_domain::directory::Right| Held {
        joiner: right.joiner.to_string(),
        service: right.service.to_string(),
        access_point: right.access_point.to_string(),
        system: right.system.clone(),
        from: time(right.valid.from),
        until: right.valid.until.map(time),
    };
    let closings = closings::closings(&web.app, actor).await?;
    Ok(Json(Directory {
        version: seen.version,
        rights_in_all: seen.counts.map(|counts| counts.rights),
        access_points_in_all: seen.counts.map(|counts| counts.access_points),
        rights: seen.rows.rights.iter().map(right).collect(),
        access_points: seen.rows.access_points.iter().map(|point| point.oid.to_string()).collect(),
        closings: closings.iter().map(closed).collect::<Result<_, _>>()?,
    }))
}

fn closed(closing: &Closing) -> Result<Closed, ServiceError> {
    Ok(Closed {
        hash: Sha256Hash::of_canonical(closing)?.to_string(),
        joiner: closing.joiner.as_ref().map(ToString::to_string),
        service: closing.service.map(|service| service.to_string()),
        system: closing.system.clone(),
        access_point: closing.access_point.as_ref().map(ToString::to_string),
        stage: closing.stage.to_string(),
        reason: closing.reason.clone(),
        until: closing.valid.until.map(time),
    })
}

/// Something to be closed, for no longer than one may close alone.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Close {
    /// Whom; nobody named: not asked.
    #[serde(default)]
    joiner: Option<String>,
    /// Which service.
    #[serde(default)]
    service: Option<String>,
    /// Which system (Astori number).
    #[serde(default)]
    system: Option<String>,
    /// Which access point.
    #[serde(default)]
    access_point: Option<String>,
    /// How far: `throttled`, `read-only`, `closed`.
    stage: String,
    /// Why, for whom it shuts out.
    reason: String,
    /// Until when (RFC 3339).
    until: String,
}

impl Close {
    fn closing(&self, now: Moment) -> Result<Closing, ServiceError> {
        let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
        // What is left empty is not named.
        let given =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let Self { stage, reason, until, .. } = self;
        let (joiner, service) = (given(&self.joiner), given(&self.service));
        let (system, access_point) = (given(&self.system), given(&self.access_point));
        if joiner.is_none() && service.is_none() && system.is_none() && access_point.is_none() {
            return Err(wrong("joiner"));
        }
        let point = access_point.as_deref().map(AccessPointOid::parse).transpose();
        Ok(Closing {
            joiner: joiner.as_deref().map(Oid::parse).transpose().map_err(|_| wrong("joiner"))?,
            service: service.as_deref().map(|code| Service::parse(code).ok_or_else(|| wrong("service"))).transpose()?,
            system,
            access_point: point.map_err(|_| wrong("access_point"))?,
            stage: Stage::parse(stage).ok_or_else(|| wrong("stage"))?,
            reason: reason.clone(),
            valid: Interval::new(now, Some(Moment::parse(until).map_err(|_| wrong("until"))?)),
        })
    }
}

pub(crate) async fn shut(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<Close>,
) -> Result<Json<Entered>, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(liitos_domain::Duty::Close)?;
    let closing = asked.closing(web.app.now())?;
    Ok(Json(Entered { version: closings::shut(&web.app, actor, closing).await? }))
}

/// Which closing.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Lift {
    /// Its hash.
    hash: String,
    /// Why, for whom it let in again.
    reason: String,
}

pub(crate) async fn lift(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<Lift>,
) -> Result<Json<Entered>, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "hash");
    let hash = Sha256Hash::parse(&asked.hash).ok_or_else(wrong)?;
    Ok(Json(Entered { version: closings::lift(&web.app, page.signed_in()?, &hash, &asked.reason).await? }))
}

/// A proposed change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Proposed {
    /// Its number.
    number: i64,
    /// On what it rests.
    basis: String,
    /// Why.
    reason: String,
    /// Where it stands: `waiting`, `approved`, `entered`, `returned`, `dropped`.
    state: String,
    /// When it enters, where not at once.
    run_at: Option<String>,
}

pub(crate) async fn proposals(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = proposal::list(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|one| Proposed {
        number: one.number,
        basis: one.proposed.basis,
        reason: one.proposed.reason,
        state: one.state.to_string(),
        run_at: one.run_at.map(time),
    });
    Ok(part("/api/v1/office/proposals", &asked, told))
}

/// A supplier that signs for a joiner by agreement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Agreement {
    /// Its key.
    key: i64,
    /// Whose documents are signed.
    joiner: String,
    /// Who signs them.
    supplier: String,
    /// With which system.
    system: String,
    /// Where the agreement is kept.
    reference: String,
    /// Until when it counted.
    ended_at: Option<String>,
}

/// A supplier that is to sign for a joiner.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewAgreement {
    /// Whose documents are signed.
    joiner: String,
    /// Who signs them: a Kanta intermediary.
    supplier: String,
    /// With which system (Astori number).
    system: String,
    /// Where the agreement is kept.
    reference: String,
}

pub(crate) async fn list_agreements(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = agreements::list(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|one| Agreement {
        key: one.key,
        joiner: one.joiner.to_string(),
        supplier: one.supplier.to_string(),
        system: one.system,
        reference: one.reference,
        ended_at: one.ended_at.map(time),
    });
    Ok(part("/api/v1/office/agreements", &asked, told))
}

pub(crate) async fn agree(
    State(web): State<Web>,
    page: Page,
    Json(new): Json<NewAgreement>,
) -> Result<StatusCode, Failure> {
    let actor = page.signed_in()?;
    let new = agreements::NewAgreement::read([new.joiner, new.supplier, new.system, new.reference])?;
    agreements::agree(&web.app, actor, new).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn end_agreement(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<StatusCode, Failure> {
    agreements::end(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An old signer that the operator vouches for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Signer {
    /// Its key.
    key: i64,
    /// Whose documents it may vouch for.
    joiner: String,
    /// SHA-256 of the certificate.
    fingerprint: String,
    /// Why.
    reason: String,
    /// When it was withdrawn.
    withdrawn_at: Option<String>,
}

/// A signer to be registered.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NewSigner {
    /// Whose documents it may vouch for.
    joiner: String,
    /// PEM.
    certificate: String,
    /// Why.
    reason: String,
}

pub(crate) async fn list_signers(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = signers::list(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|signer| Signer {
        key: signer.key,
        joiner: signer.joiner.to_string(),
        fingerprint: signer.fingerprint.to_string(),
        reason: signer.reason,
        withdrawn_at: signer.withdrawn_at.map(time),
    });
    Ok(part("/api/v1/office/signers", &asked, told))
}

pub(crate) async fn register_signer(
    State(web): State<Web>,
    page: Page,
    Json(new): Json<NewSigner>,
) -> Result<Response, Failure> {
    let joiner = Oid::parse(new.joiner.trim());
    let joiner = joiner.map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "joiner"))?;
    let certificate = new.certificate.trim().as_bytes();
    let actor = page.signed_in()?;
    let fingerprint = signers::register(&web.app, actor, &joiner, certificate, &new.reason).await?;
    let all = signers::list(&web.app, actor).await?;
    let newest = all.iter().filter(|signer| signer.fingerprint == fingerprint).map(|signer| signer.key).max();
    let key = newest.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "signer"))?;
    Ok((StatusCode::CREATED, Json(Keyed { key })).into_response())
}

pub(crate) async fn withdraw_signer(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<StatusCode, Failure> {
    signers::withdraw(&web.app, page.signed_in()?, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Something that a joiner should know of and nobody has seen to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct OpenNotice {
    /// Its key.
    key: i64,
    /// Whom it is for.
    joiner: String,
    /// When it was told.
    at: String,
    /// In words.
    heading: String,
    /// More words.
    words: Vec<String>,
}

pub(crate) async fn list_notices(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = notices::office(&web.app, page.signed_in()?).await?;
    let told = all.iter().map(|stored| {
        let (heading, words) = messages::notice_words(&stored.notice, page.language);
        OpenNotice { key: stored.key, joiner: stored.joiner.to_string(), at: time(stored.at), heading, words }
    });
    Ok(part("/api/v1/office/notices", &asked, told))
}

pub(crate) async fn settle_notice(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<StatusCode, Failure> {
    notices::settle(&web.app, page.signed_in()?, Desk::Office, key).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A message to a unit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Outgoing {
    /// Its id.
    id: String,
    /// To which unit.
    unit: String,
    /// `waiting`, `delivered`, `refused` or `lapsed`.
    state: String,
    /// How often it was tried.
    tries: i32,
    /// The last failure.
    problem: Option<String>,
}

pub(crate) async fn list_outbound(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Part>,
) -> Result<Response, Failure> {
    let all = outbound::list(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|one| Outgoing {
        id: one.message_id,
        unit: one.unit.to_string(),
        state: one.state.to_string(),
        tries: one.tries,
        problem: one.problem,
    });
    Ok(part("/api/v1/office/outbound", &asked, told))
}
