//! A planned connection checked: a page where a plan is written, and the same as an operation for programs.

use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, render_page};
use askama::Template;
use axum::Form;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use liitos_domain::RefusalCode;
use liitos_domain::plan::{Plan, PlanError};
use liitos_domain::rules::{Outcome, Severity, Verdict};
use liitos_service::ServiceError;
use liitos_service::rules::{check_plan, told};
use serde::Deserialize;
use serde_json::json;

/// What the page begins with.
const EXAMPLE: &str = include_str!("../../../../samples/plans/own-point.toml");

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    page: Page,
    plan: String,
    problem: Option<String>,
    answer: Option<Answer>,
}

/// The answer as the page shows it.
struct Answer {
    findings: Vec<FindingView>,
    open: Vec<String>,
    kept: usize,
}

pub(crate) async fn show(page: Page) -> Result<Response, Failure> {
    page.signed_in()?;
    Ok(render_page(&CheckPage { page, plan: EXAMPLE.to_owned(), problem: None, answer: None }))
}

#[derive(Deserialize)]
pub(crate) struct Written {
    plan: String,
}

pub(crate) async fn check(State(web): State<Web>, page: Page, Form(form): Form<Written>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let (problem, answer) = match Plan::parse(&form.plan) {
        Err(error) => (Some(error.to_string()), None),
        Ok(mut plan) => {
            let outcomes = check_plan(&web.app, actor, &mut plan).await?;
            (None, Some(answered(&page, &outcomes)))
        }
    };
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, render_page(&CheckPage { page, plan: form.plan, problem, answer })).into_response())
}

fn answered(page: &Page, outcomes: &[Outcome<'_>]) -> Answer {
    let with = |verdict| outcomes.iter().filter(move |outcome| outcome.verdict() == Some(verdict));
    let weights = [Severity::Error, Severity::Warning, Severity::Advice];
    let broken = weights.iter().flat_map(|weight| with(Verdict::Broken).filter(|o| o.rule.severity == *weight));
    Answer {
        findings: broken.map(|outcome| FindingView::of_rule(page.language, outcome)).collect(),
        open: with(Verdict::NotChecked).map(|outcome| page.t(&format!("rule-{}", outcome.rule.id))).collect(),
        kept: with(Verdict::Kept).count(),
    }
}

/// `POST /api/check`: a plan in TOML, or in JSON when the content type says so; the answer in JSON. A plan that cannot be read
/// is answered with a problem document (RFC 9457).
pub(crate) async fn operation(
    State(web): State<Web>,
    page: Page,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let is_json =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let read = if is_json {
        Plan::from_json(&body)
    } else {
        let text = std::str::from_utf8(&body).map_err(|error| PlanError::Text(error.to_string()));
        text.and_then(Plan::parse)
    };
    let mut plan = match read {
        Ok(plan) => plan,
        Err(error) => return Err(ServiceError::refused(RefusalCode::FormInvalid, error.to_string()).into()),
    };
    let outcomes = check_plan(&web.app, actor, &mut plan).await?;
    let fails = |o: &Outcome<'_>| o.rule.severity == Severity::Error && o.verdict() == Some(Verdict::Broken);
    let sound = !outcomes.iter().any(fails);
    let outcomes: Vec<_> = outcomes.iter().map(|outcome| told(outcome, page.language)).collect();
    Ok(axum::Json(json!({ "sound": sound, "outcomes": outcomes })).into_response())
}
