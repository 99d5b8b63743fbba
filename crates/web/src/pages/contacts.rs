//! What is kept of the organisation: contacts with their roles, the address for notices, billing (Extranet guide 4).

use super::copies::{CopyRow, rows};
use super::forms::{ConfirmPage, FormPage, summary};
use super::past::Line;
use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, FieldKind, Fields};
use crate::page::{Page, render_page};
use askama::Template;
use axum::Form as Posted;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, FieldProblem, Form, Step, steps};
use liitos_domain::contacts::{Channel, Contacts, Event, Holding, Kept, addresses, needed};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Act, Moment, RefusalCode, Service};
use liitos_service::contacts::{self, Change, Own, SaveContact, Saved};
use liitos_service::{ServiceError, applications};
use liitos_texts::Language;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// After so many days the page asks by itself whether everything is still right.
const ASKED_AFTER_DAYS: i64 = 335;

#[derive(Template)]
#[template(path = "contacts.html")]
struct ContactsPage {
    page: Page,
    rows: Vec<Row>,
    missing: Vec<String>,
    /// Since when nobody has said that everything is right, where it is time to ask.
    confirm: Option<String>,
    notices: Option<Address>,
    billing: Vec<Bill>,
    changes: Vec<Line>,
    copies: Vec<CopyRow>,
    /// Whether the reader may change anything.
    keeps: bool,
}

struct Row {
    key: i64,
    name: String,
    roles: Vec<String>,
    addresses: Vec<Address>,
    card: Option<String>,
}

/// An address with whether a message has proved it.
pub(super) struct Address {
    address: String,
    channel: &'static str,
    /// As it is kept.
    plain: String,
    state: String,
    look: &'static str,
    askable: bool,
}

struct Bill {
    code: &'static str,
    name: String,
    rows: Vec<(String, String)>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let own = contacts::own(&web.app, actor).await?;
    let billing = own.billing.iter().filter(|(service, _)| own.joined.contains(service));
    let old = old_since(&own, web.app.now());
    Ok(render_page(&ContactsPage {
        rows: own.contacts.0.iter().map(|kept| row(&page, &own, kept)).collect(),
        missing: own.missing.iter().map(|role| holding(&page, *role)).collect(),
        confirm: old.map(|at| page.language.date(at)),
        notices: own.account.as_ref().map(|account| address(&page, &own, (Channel::Email, account.email.clone()))),
        billing: billing.map(|(service, form)| bill(&page, *service, form)).collect(),
        changes: own.changes.iter().map(|change| line(&page, change)).collect(),
        copies: rows(&web, &page).await?,
        keeps: actor.may(Act::Keep),
        page,
    }))
}

/// Since when nobody has said that everything is right, where it is time to ask.
pub(super) fn old_since(own: &Own, now: Moment) -> Option<Moment> {
    let old = own.account.as_ref().map(|account| account.confirmed_at);
    old.filter(|at| at.plus_days(ASKED_AFTER_DAYS) < now)
}

fn row(page: &Page, own: &Own, kept: &Kept) -> Row {
    let fault = kept.holds.iter().any(|held| held.role == ContactRole::Fault);
    let mut all: Vec<Address> = addresses(&kept.person, fault).map(|one| address(page, own, one)).collect();
    if !fault {
        // A telephone that gets no text messages is proved by nothing.
        let (state, look) = (String::new(), "open");
        let phone = kept.person.phone.clone();
        all.push(Address { address: phone.clone(), channel: "sms", plain: phone, state, look, askable: false });
    }
    Row {
        key: kept.key,
        name: kept.person.name.clone(),
        roles: kept.holds.iter().map(|role| holding(page, *role)).collect(),
        addresses: all,
        card: kept.person.card.clone(),
    }
}

fn address(page: &Page, own: &Own, (channel, plain): (Channel, String)) -> Address {
    let key = (channel, plain.clone());
    let check = own.checks.get(&key);
    let dated = |key: &str, at| page.language.text_with(key, &[("day", &page.language.date(at))]);
    let (state, look, askable) = match check {
        Some(check) => match (check.failed_at, check.confirmed_at, check.asked_at) {
            (Some(at), _, _) => (dated("address-failed", at), "attention", true),
            (None, Some(at), _) => (dated("address-proved", at), "ready", false),
            (None, None, Some(at)) => (dated("address-asked", at), "open", true),
            (None, None, None) => (page.t("address-not-asked"), "open", true),
        },
        None => (page.t("address-not-asked"), "open", true),
    };
    let askable = askable && !own.asked_lately.contains(&key);
    Address { address: plain.clone(), channel: channel.code(), plain, state, look, askable }
}

/// A role in words; where it is held for each service, with the service.
pub(crate) fn holding(page: &Page, holding: Holding) -> String {
    let role = page.t(&format!("role-{}", holding.role));
    match holding.service {
        Some(service) => format!("{role}: {}", page.service(service)),
        None => role,
    }
}

fn bill(page: &Page, service: Service, form: &Form) -> Bill {
    let filled = steps::fields(Step::Billing).filter(|name| !form.text(name).is_empty());
    let rows = filled.map(|name| (page.label(&name), form.text(&name).to_owned())).collect();
    Bill { code: service.code(), name: page.service(service), rows }
}

/// A change of contacts or billing data.
pub(crate) fn line(page: &Page, change: &Change) -> Line {
    let whom = match change.what {
        Event::Billing => Service::parse(&change.whom).map_or_else(String::new, |service| page.service(service)),
        _ => change.whom.clone(),
    };
    let said = |field: &str, text: &str| match field {
        _ if text.is_empty() => "–".to_owned(),
        "holds" => {
            let roles = text.split_whitespace().filter_map(Holding::parse).map(|role| holding(page, role));
            roles.collect::<Vec<_>>().join(", ")
        }
        "language" => Language::parse(text).map_or_else(String::new, |language| language.own_name().to_owned()),
        _ => text.to_owned(),
    };
    let told = |(field, before, after): &(String, String, String)| {
        let label = match (change.what, field.as_str()) {
            (Event::Billing, field) => page.label(field),
            (_, "name" | "email" | "phone") => page.t(&format!("field-label-contact-{field}")),
            (_, "card") => page.t("field-label-archivist-card"),
            (_, field) => page.t(&format!("field-label-{field}")),
        };
        format!("{label}: {} → {}", said(field, before), said(field, after))
    };
    Line {
        at: page.since(change.at),
        what: format!("{} {whom}", page.t(&format!("contact-{}", change.what))).trim().to_owned(),
        by: change.person.clone(),
        more: change.fields.iter().map(told).collect(),
    }
}

/// A new contact.
pub(crate) async fn new(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    edit_page(&web, page, None, (Form::default(), 0), &[], StatusCode::OK).await
}

/// A contact to be changed.
pub(crate) async fn edit(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Response, Failure> {
    let own = contacts::own(&web.app, page.signed_in()?).await?;
    let kept = find(&own.contacts, key)?;
    let mut form: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in kept.person.fields() {
        form.insert(name.to_owned(), text.to_owned());
    }
    let holds: Vec<String> = kept.holds.iter().map(ToString::to_string).collect();
    form.insert("holds".to_owned(), holds.join(" "));
    let revision = kept.revision;
    edit_page(&web, page, Some(key), (Form(form), revision), &[], StatusCode::OK).await
}

fn find(all: &Contacts, key: i64) -> Result<&Kept, Failure> {
    all.find(key).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "contact").into())
}

pub(crate) async fn add(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    save(&web, page, None, posted).await
}

pub(crate) async fn change(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    save(&web, page, Some(key), posted).await
}

async fn save(web: &Web, page: Page, key: Option<i64>, posted: Vec<(String, String)>) -> Result<Response, Failure> {
    let mut posted = super::step::gathered(posted);
    let revision = posted.remove("revision").and_then(|text| text.parse().ok()).unwrap_or(0);
    let form = Form(posted);
    let saving = SaveContact { key, revision, form: form.clone(), language: page.language };
    match contacts::save(&web.app, page.signed_in()?, saving).await {
        Ok(Saved::Kept(key)) => Ok(Redirect::to(&format!("/contacts#contact-{key}")).into_response()),
        Ok(Saved::Wrong(errors)) => {
            edit_page(web, page, key, (form, revision), &errors, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(error) if error.code == RefusalCode::RoleEmpty => {
            let wrong = FieldError { field: "holds".to_owned(), problem: FieldProblem::RoleEmpty };
            edit_page(web, page, key, (form, revision), &[wrong], StatusCode::CONFLICT).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn edit_page(
    web: &Web,
    page: Page,
    key: Option<i64>,
    (form, revision): (Form, i32),
    errors: &[FieldError],
    status: StatusCode,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must(Act::Keep, web.app.now())?;
    let own = contacts::own(&web.app, actor).await?;
    let applicable = applications::applicable(&web.app, actor.joiner()?).await?;
    let services: BTreeSet<Service> = applicable.into_iter().chain(own.joined.iter().copied()).collect();
    let chosen: BTreeSet<Holding> = form.text("holds").split_whitespace().filter_map(Holding::parse).collect();
    let offered: BTreeSet<Holding> = needed(&services).union(&chosen).copied().collect();
    let choice =
        |role: &Holding| (Choice { value: role.to_string(), label: holding(&page, *role) }, chosen.contains(role));
    let fields = Fields { language: page.language, form: &form, errors };
    let fields = vec![
        fields.field("name", "contact-name", FieldKind::Text("text", "off")),
        fields.field("email", "contact-email", FieldKind::Text("email", "off")),
        fields.field("phone", "contact-phone", FieldKind::Text("tel", "off")),
        fields.field("holds", "holds", FieldKind::Checkboxes(offered.iter().map(choice).collect())),
        fields.field("card", "archivist-card", FieldKind::Text("text", "off")),
    ];
    let shown = FormPage {
        back: ("/contacts".to_owned(), page.t("contacts-title")),
        title: page.t(if key.is_some() { "contacts-edit" } else { "contacts-add" }),
        lead: vec![page.t(if key.is_some() { "contacts-edit-lead" } else { "contacts-add-lead" })],
        action: key.map_or_else(|| "/contacts/new".to_owned(), |key| format!("/contacts/{key}")),
        revision: Some(revision),
        summary: summary(&page, &fields, errors),
        fields,
        button: page.t("save"),
        page,
    };
    Ok((status, render_page(&shown)).into_response())
}

/// Asks for certainty, and says why a contact cannot be removed where it cannot.
pub(crate) async fn ask_remove(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must(Act::Keep, web.app.now())?;
    let own = contacts::own(&web.app, actor).await?;
    let kept = find(&own.contacts, key)?;
    let emptied = own.contacts.emptied(key, &BTreeSet::new(), &own.joined);
    let emptied: Vec<String> = emptied.into_iter().map(|role| holding(&page, role)).collect();
    let roles: Vec<String> = kept.holds.iter().map(|role| holding(&page, *role)).collect();
    let refused = (!emptied.is_empty())
        .then(|| page.language.text_with("contacts-remove-empty", &[("roles", &emptied.join(", "))]));
    Ok(render_page(&ConfirmPage {
        back: Some(("/contacts".to_owned(), page.t("contacts-title"))),
        title: format!("{}: {}", page.t("contacts-remove"), kept.person.name),
        lead: vec![
            page.language.text_with("contacts-remove-roles", &[("roles", &roles.join(", "))]),
            page.t("contacts-remove-sure"),
        ],
        refused,
        action: Some((format!("/contacts/{key}/remove"), page.t("contacts-remove-yes"))),
        revision: Some(kept.revision),
        dangerous: true,
        page,
    }))
}

#[derive(Deserialize)]
pub(crate) struct Removed {
    #[serde(default)]
    revision: i32,
}

pub(crate) async fn remove(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
    Posted(removed): Posted<Removed>,
) -> Result<Redirect, Failure> {
    contacts::remove(&web.app, page.signed_in()?, key, removed.revision).await?;
    Ok(Redirect::to("/contacts"))
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    channel: String,
    address: String,
}

pub(crate) async fn verify(
    State(web): State<Web>,
    page: Page,
    Posted(asked): Posted<Asked>,
) -> Result<Redirect, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "channel");
    let channel = Channel::parse(&asked.channel).ok_or_else(wrong)?;
    contacts::verify(&web.app, page.signed_in()?, &(channel, asked.address), page.language).await?;
    Ok(Redirect::to("/contacts"))
}

pub(crate) async fn confirm(State(web): State<Web>, page: Page) -> Result<Redirect, Failure> {
    contacts::confirm(&web.app, page.signed_in()?).await?;
    Ok(Redirect::to("/contacts"))
}

/// The address for notices, with the language that they are written in.
pub(crate) async fn address_form(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let own = contacts::own(&web.app, page.signed_in()?).await?;
    let account = own.account.ok_or_else(|| ServiceError::refused(RefusalCode::StateForbids, "joining"))?;
    let form = Form([("email".to_owned(), account.email), ("language".to_owned(), account.language)].into());
    Ok(render_page(&address_page(page, &form, &[])))
}

fn address_page(page: Page, form: &Form, errors: &[FieldError]) -> FormPage {
    let languages = Language::ALL
        .iter()
        .map(|language| Choice { value: language.code().to_owned(), label: language.own_name().to_owned() });
    let fields = Fields { language: page.language, form, errors };
    let fields = vec![
        fields.field("email", "email", FieldKind::Text("email", "email")),
        fields.field("language", "language", FieldKind::Radio(languages.collect())),
    ];
    FormPage {
        back: ("/contacts".to_owned(), page.t("contacts-title")),
        title: page.t("contacts-address"),
        lead: Vec::new(),
        action: "/contacts/address".to_owned(),
        revision: None,
        summary: summary(&page, &fields, errors),
        fields,
        button: page.t("save"),
        page,
    }
}

pub(crate) async fn set_address(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let form = Form(super::step::gathered(posted));
    let language = Language::parse(form.text("language")).unwrap_or(page.language);
    match contacts::set_address(&web.app, page.signed_in()?, form.text("email"), language).await {
        Ok(()) => Ok(Redirect::to("/contacts").into_response()),
        Err(error) if error.code == RefusalCode::FormInvalid => {
            let wrong = FieldError { field: "email".to_owned(), problem: FieldProblem::Email };
            let again = render_page(&address_page(page, &form, &[wrong]));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Billing data of a joined service.
pub(crate) async fn billing_form(
    State(web): State<Web>,
    page: Page,
    Path(code): Path<String>,
) -> Result<Response, Failure> {
    let service = service(&code)?;
    let own = contacts::own(&web.app, page.signed_in()?).await?;
    if !own.joined.contains(&service) || !service.needs_billing() {
        return Err(ServiceError::refused(RefusalCode::StateForbids, service.code()).into());
    }
    let form = own.billing.get(&service).cloned().unwrap_or_default();
    Ok(render_page(&billing_page(page, service, &form, &[])))
}

fn service(code: &str) -> Result<Service, Failure> {
    Service::parse(code).ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "service").into())
}

fn billing_page(page: Page, service: Service, form: &Form, errors: &[FieldError]) -> FormPage {
    let fields = super::step_fields::billing(&Fields { language: page.language, form, errors });
    FormPage {
        back: ("/contacts".to_owned(), page.t("contacts-title")),
        title: format!("{}: {}", page.t("step-billing"), page.service(service)),
        lead: vec![page.t("step-billing-lead")],
        action: format!("/contacts/billing/{service}"),
        revision: None,
        summary: summary(&page, &fields, errors),
        fields,
        button: page.t("save"),
        page,
    }
}

pub(crate) async fn set_billing(
    State(web): State<Web>,
    page: Page,
    Path(code): Path<String>,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let service = service(&code)?;
    let form = Form(super::step::gathered(posted));
    let errors = contacts::set_billing(&web.app, page.signed_in()?, service, form.clone()).await?;
    if errors.is_empty() {
        return Ok(Redirect::to("/contacts").into_response());
    }
    let again = render_page(&billing_page(page, service, &form, &errors));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}
