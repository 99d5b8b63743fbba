//! Enrolment for deployment: a short form before the application.

use super::forms::{ConfirmPage, FormPage, summary};
use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, FieldKind, Fields};
use crate::page::{FindingView, Page, render_page};
use axum::Form as Posted;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::application::{FieldError, Form};
use liitos_domain::{RefusalCode, Service};
use liitos_service::enrolments::{self, Enrolled};
use liitos_service::{ServiceError, applications};

/// What is enrolled for.
const SERVICE: Service = Service::SocialClientData;

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let enrolled = enrolments::own(&web.app, page.signed_in()?, SERVICE).await?;
    let form = enrolled.map(|enrolled| enrolled.form).unwrap_or_default();
    Ok(render_page(&form_page(&web, page, &form, &[]).await?))
}

async fn form_page(web: &Web, page: Page, form: &Form, errors: &[FieldError]) -> Result<FormPage, Failure> {
    let systems = applications::systems(&web.app, SERVICE).await?;
    let system = |entry: liitos_domain::register::Entry| Choice {
        label: format!("{} – {}", entry.name, entry.id),
        value: entry.id,
    };
    let systems = systems.into_iter().map(system).collect();
    let fields = Fields { language: page.language, form, errors };
    let fields = vec![
        fields.field("start", "enrolment-start", FieldKind::Text("date", "")),
        fields.field("system", "enrolment-system", FieldKind::Select(systems)),
        fields.field("name", "contact-name", FieldKind::Text("text", "name")),
        fields.field("email", "contact-email", FieldKind::Text("email", "email")),
        fields.field("phone", "contact-phone", FieldKind::Text("tel", "tel")),
    ];
    Ok(FormPage {
        back: ("/home".to_owned(), page.organisation.clone().unwrap_or_else(|| page.t("product-name"))),
        title: format!("{}: {}", page.t("enrolment-title"), page.service(SERVICE)),
        lead: vec![page.t("enrolment-lead"), page.t("enrolment-path")],
        action: "/enrolment".to_owned(),
        revision: None,
        summary: summary(&page, &fields, errors),
        fields,
        button: page.t("enrolment-enrol"),
        page,
    })
}

pub(crate) async fn enrol(
    State(web): State<Web>,
    page: Page,
    Posted(posted): Posted<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let form = Form(super::step::gathered(posted));
    let errors = enrolments::enrol(&web.app, page.signed_in()?, SERVICE, form.clone()).await?;
    if errors.is_empty() {
        return Ok(Redirect::to("/home#enrolment").into_response());
    }
    let again = render_page(&form_page(&web, page, &form, &errors).await?);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

/// Asks for certainty.
pub(crate) async fn ask_end(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let enrolled = enrolments::own(&web.app, page.signed_in()?, SERVICE).await?;
    let enrolled = enrolled.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "enrolment"))?;
    Ok(render_page(&ConfirmPage {
        back: Some(("/home".to_owned(), page.organisation.clone().unwrap_or_else(|| page.t("product-name")))),
        title: page.t("enrolment-end"),
        lead: vec![line(&page, &enrolled), page.t("enrolment-end-sure")],
        refused: None,
        action: Some(("/enrolment/end".to_owned(), page.t("enrolment-end"))),
        revision: None,
        dangerous: true,
        page,
    }))
}

pub(crate) async fn end(State(web): State<Web>, page: Page) -> Result<Redirect, Failure> {
    enrolments::end(&web.app, page.signed_in()?, SERVICE).await?;
    Ok(Redirect::to("/home"))
}

/// An enrolment in a sentence.
pub(crate) fn line(page: &Page, enrolled: &Enrolled) -> String {
    let (start, at) = (page.language.date(enrolled.start), page.language.date(enrolled.at));
    page.language.text_with("enrolment-line", &[("start", &start), ("day", &at), ("person", &enrolled.person)])
}

/// What the rules remark on the day, each with how it is mended.
pub(crate) async fn remarks(web: &Web, page: &Page, enrolled: &Enrolled) -> Result<Vec<FindingView>, Failure> {
    let outcomes = enrolments::remarks(&web.app, enrolled).await?;
    let label = |_: &str| Some(page.label("enrolment-start"));
    Ok(outcomes.iter().map(|outcome| FindingView::of(page.language, outcome, label)).collect())
}
