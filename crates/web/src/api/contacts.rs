//! Contacts, for programs.

use super::applications::{Keyed, Wrong, wrong};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, Form};
use liitos_domain::contacts::{Channel, Kept};
use liitos_domain::{RefusalCode, Service};
use liitos_service::ServiceError;
use liitos_service::contacts::{self, AddressCheck, SaveContact, Saved};
use liitos_texts::Language;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A contact.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Contact {
    /// Its key; of a new one absent.
    #[serde(default)]
    key: Option<i64>,
    /// The revision that it is or was read on.
    #[serde(default)]
    revision: i32,
    /// Person or function.
    name: String,
    /// Mailbox.
    email: String,
    /// Telephone; for faults one that takes text messages.
    phone: String,
    /// An archivist's card number.
    #[serde(default)]
    card: Option<String>,
    /// What it is named for: `technical`, `archivist:patient-data`.
    holds: Vec<String>,
}

/// An address with whether a message has proved it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Proof {
    /// `email` or `sms`.
    channel: String,
    /// The address.
    address: String,
    /// When it was asked last.
    asked_at: Option<String>,
    /// When somebody there answered.
    confirmed_at: Option<String>,
    /// When a message to it came back.
    failed_at: Option<String>,
}

/// All that is kept of the organisation.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Everything {
    /// Where notices go; absent before anything is joined.
    email: Option<String>,
    /// When somebody said last that everything is right.
    confirmed_at: Option<String>,
    /// Contacts.
    contacts: Vec<Contact>,
    /// Roles that nobody holds.
    missing: Vec<String>,
    /// Billing data, by service.
    billing: BTreeMap<String, BTreeMap<String, String>>,
    /// Which addresses were asked or proved.
    addresses: Vec<Proof>,
}

/// Where notices go.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct NoticeAddress {
    /// The mailbox.
    email: String,
    /// The language that notices are written in: `fi`, `sv`, `en`.
    language: String,
}

/// An address that a message shall prove.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Asked {
    /// `email` or `sms`.
    channel: String,
    /// The address.
    address: String,
}

/// Billing data.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Billing {
    /// By field: `business_id`, `address`, `e_invoice`, `operator`, `reference`.
    fields: BTreeMap<String, String>,
}

/// The revision that something is removed at.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Revision {
    /// The revision.
    #[serde(default)]
    revision: i32,
}

/// What is wrong with a form, in full.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct Errors {
    /// What is wrong with which field; nothing was kept.
    errors: Vec<Wrong>,
}

fn contact(kept: &Kept) -> Contact {
    Contact {
        key: Some(kept.key),
        revision: kept.revision,
        name: kept.person.name.clone(),
        email: kept.person.email.clone(),
        phone: kept.person.phone.clone(),
        card: kept.person.card.clone(),
        holds: kept.holds.iter().map(ToString::to_string).collect(),
    }
}

fn proof(check: &AddressCheck) -> Proof {
    let time = |at: Option<liitos_domain::Moment>| at.map(|at| at.to_string());
    Proof {
        channel: check.channel.to_string(),
        address: check.address.clone(),
        asked_at: time(check.asked_at),
        confirmed_at: time(check.confirmed_at),
        failed_at: time(check.failed_at),
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Json<Everything>, Failure> {
    let own = contacts::own(&web.app, page.signed_in()?).await?;
    Ok(Json(Everything {
        email: own.account.as_ref().map(|account| account.email.clone()),
        confirmed_at: own.account.as_ref().map(|account| account.confirmed_at.to_string()),
        contacts: own.contacts.0.iter().map(contact).collect(),
        missing: own.missing.iter().map(ToString::to_string).collect(),
        billing: own.billing.into_iter().map(|(service, form)| (service.to_string(), form.0)).collect(),
        addresses: own.checks.values().map(proof).collect(),
    }))
}

pub(crate) async fn add(State(web): State<Web>, page: Page, Json(contact): Json<Contact>) -> Result<Response, Failure> {
    save(&web, &page, None, contact).await
}

pub(crate) async fn change(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
    Json(contact): Json<Contact>,
) -> Result<Response, Failure> {
    save(&web, &page, Some(key), contact).await
}

async fn save(web: &Web, page: &Page, key: Option<i64>, contact: Contact) -> Result<Response, Failure> {
    let fields = [
        ("name", contact.name),
        ("email", contact.email),
        ("phone", contact.phone),
        ("card", contact.card.unwrap_or_default()),
        ("holds", contact.holds.join(" ")),
    ];
    let form = Form(fields.into_iter().map(|(name, text)| (name.to_owned(), text)).collect());
    let saving = SaveContact { key, revision: contact.revision, form, language: page.language };
    Ok(match contacts::save(&web.app, page.signed_in()?, saving).await? {
        Saved::Kept(saved) => {
            let status = if key.is_some() { StatusCode::OK } else { StatusCode::CREATED };
            (status, Json(Keyed { key: saved })).into_response()
        }
        Saved::Wrong(errors) => not_kept(page, &errors),
    })
}

pub(super) fn not_kept(page: &Page, errors: &[FieldError]) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(Errors { errors: wrong(page, errors) })).into_response()
}

pub(crate) async fn remove(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
    axum::extract::Query(asked): axum::extract::Query<Revision>,
) -> Result<StatusCode, Failure> {
    contacts::remove(&web.app, page.signed_in()?, key, asked.revision).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn set_address(
    State(web): State<Web>,
    page: Page,
    Json(address): Json<NoticeAddress>,
) -> Result<StatusCode, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "language");
    let language = Language::parse(&address.language).ok_or_else(wrong)?;
    contacts::set_address(&web.app, page.signed_in()?, &address.email, language).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn set_billing(
    State(web): State<Web>,
    page: Page,
    Path(code): Path<String>,
    Json(billing): Json<Billing>,
) -> Result<Response, Failure> {
    let service = Service::parse(&code).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "service"))?;
    let errors = contacts::set_billing(&web.app, page.signed_in()?, service, Form(billing.fields)).await?;
    Ok(if errors.is_empty() { StatusCode::NO_CONTENT.into_response() } else { not_kept(&page, &errors) })
}

pub(crate) async fn verify(
    State(web): State<Web>,
    page: Page,
    Json(asked): Json<Asked>,
) -> Result<StatusCode, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "channel");
    let channel = Channel::parse(&asked.channel).ok_or_else(wrong)?;
    contacts::verify(&web.app, page.signed_in()?, &(channel, asked.address), page.language).await?;
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn confirm(State(web): State<Web>, page: Page) -> Result<StatusCode, Failure> {
    contacts::confirm(&web.app, page.signed_in()?).await?;
    Ok(StatusCode::NO_CONTENT)
}
