//! Closing something for a while, and lifting that.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, given_time};
use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use liitos_domain::directory::{Closing, Stage};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Interval, Oid, RefusalCode, Service, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::directory::{proposal, shut as service};
use serde::Deserialize;

/// Longest closing that is given in hours: ten years.
const MAX_HOURS: i64 = 24 * 3660;

#[derive(Deserialize)]
pub(crate) struct Shut {
    #[serde(default)]
    joiner: String,
    #[serde(default)]
    service: String,
    #[serde(default)]
    access_point: String,
    #[serde(default)]
    system: String,
    stage: String,
    /// Empty: now.
    #[serde(default)]
    from: String,
    #[serde(default)]
    hours: String,
    reason: String,
    /// Said where nothing is named, so that nobody closes everything by leaving a form empty.
    #[serde(default)]
    everything: Option<String>,
}

pub(crate) async fn shut(State(web): State<Web>, page: Page, Form(form): Form<Shut>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let now = web.app.now();
    let closing = closing(&form, now)?;
    if let Err(refused) = service::shut(&web.app, actor, closing.clone()).await {
        by_two(refused)?;
        let number = proposal::propose_shut(&web.app, actor, closing).await?;
        return Ok(Redirect::to(&format!("/office/directory/proposals/{number}")));
    }
    Ok(Redirect::to("/office/directory"))
}

/// What one person may not do alone is proposed; whatever else was refused is refused.
fn by_two(refused: ServiceError) -> Result<(), ServiceError> {
    if refused.code == RefusalCode::SecondPersonNeeded { Ok(()) } else { Err(refused) }
}

fn closing(form: &Shut, now: liitos_domain::Moment) -> Result<Closing, ServiceError> {
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let joiner = given(&form.joiner).map(|text| Oid::parse(&text).map_err(|_| wrong("joiner"))).transpose()?;
    let service = given(&form.service).map(|text| Service::parse(&text).ok_or_else(|| wrong("service"))).transpose()?;
    let point = given(&form.access_point);
    let access_point = point.map(|text| AccessPointOid::parse(&text).map_err(|_| wrong("access_point"))).transpose()?;
    let system = given(&form.system);
    let from = given(&form.from).map(|text| given_time(&text).ok_or_else(|| wrong("from"))).transpose()?;
    if from.is_some_and(|from| from <= now) {
        return Err(wrong("from"));
    }
    let from = from.unwrap_or(now);
    let hours = given(&form.hours).map(|text| text.parse::<i64>().map_err(|_| wrong("hours"))).transpose()?;
    if hours.is_some_and(|hours| !(1..=MAX_HOURS).contains(&hours)) {
        return Err(wrong("hours"));
    }
    let nothing = joiner.is_none() && service.is_none() && access_point.is_none() && system.is_none();
    if nothing != form.everything.is_some() {
        return Err(wrong("everything"));
    }
    Ok(Closing {
        joiner,
        service,
        system,
        access_point,
        stage: Stage::parse(&form.stage).ok_or_else(|| wrong("stage"))?,
        reason: form.reason.trim().to_owned(),
        valid: Interval::new(from, hours.map(|hours| from.plus_seconds(hours * 3600))),
    })
}

#[derive(Deserialize)]
pub(crate) struct Lift {
    closing: String,
    reason: String,
}

pub(crate) async fn lift(State(web): State<Web>, page: Page, Form(form): Form<Lift>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let closing =
        Sha256Hash::parse(&form.closing).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "closing"))?;
    if let Err(refused) = service::lift(&web.app, actor, &closing, &form.reason).await {
        by_two(refused)?;
        let number = proposal::propose_lift(&web.app, actor, &closing, &form.reason).await?;
        return Ok(Redirect::to(&format!("/office/directory/proposals/{number}")));
    }
    Ok(Redirect::to("/office/directory"))
}
