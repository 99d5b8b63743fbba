//! Enrolment for deployment, for programs.

use super::applications::{Typed, time};
use super::contacts::not_kept;
use super::pages::{Part, listed};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_domain::application::Form;
use liitos_domain::{RefusalCode, Service};
use liitos_service::ServiceError;
use liitos_service::enrolments::{self, Enrolled};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What an organisation enrolled with.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Enrolment {
    /// For which service.
    service: String,
    /// By field: `start`, `system`, `name`, `email`, `phone`.
    fields: BTreeMap<String, String>,
    /// When.
    at: String,
    /// By whom.
    by: String,
}

/// Who comes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Coming {
    /// Its OID.
    organisation: String,
    /// Its name.
    name: String,
    /// What it said.
    enrolment: Enrolment,
    /// The number of its newest application for the service.
    number: Option<String>,
    /// Where that stands.
    state: Option<String>,
}

fn told(enrolled: Enrolled) -> Enrolment {
    Enrolment {
        service: enrolled.service.to_string(),
        fields: enrolled.form.0,
        at: time(enrolled.at),
        by: enrolled.person,
    }
}

pub(crate) async fn own(State(web): State<Web>, page: Page) -> Result<Json<Enrolment>, Failure> {
    let own = enrolments::own(&web.app, page.signed_in()?, Service::SocialClientData).await?;
    Ok(Json(told(own.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "enrolment"))?)))
}

pub(crate) async fn enrol(State(web): State<Web>, page: Page, Json(typed): Json<Typed>) -> Result<Response, Failure> {
    let (actor, service) = (page.signed_in()?, Service::SocialClientData);
    let errors = enrolments::enrol(&web.app, actor, service, Form(typed.fields)).await?;
    Ok(if errors.is_empty() { StatusCode::NO_CONTENT.into_response() } else { not_kept(&page, &errors) })
}

pub(crate) async fn end(State(web): State<Web>, page: Page) -> Result<StatusCode, Failure> {
    enrolments::end(&web.app, page.signed_in()?, Service::SocialClientData).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let part = (count(asked.from()), count(asked.most() + 1));
    let mut all = enrolments::list(&web.app, page.signed_in()?, part).await?;
    let more = all.len() > asked.most();
    all.truncate(asked.most());
    let told = |coming: enrolments::Coming| Coming {
        organisation: coming.enrolled.joiner.to_string(),
        name: coming.name,
        number: coming.application.as_ref().map(|(number, _)| number.clone()),
        state: coming.application.map(|(_, state)| state.code().to_owned()),
        enrolment: told(coming.enrolled),
    };
    Ok(listed("/api/v1/office/enrolments", &asked, all.into_iter().map(told).collect(), more))
}
