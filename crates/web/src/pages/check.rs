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
use liitos_domain::plan::{Mistake, Plan, Written};
use liitos_domain::rules::{Outcome, Severity, Verdict};
use liitos_service::ServiceError;
use liitos_service::rules::{check_plan, mistaken, told};
use serde::Deserialize;
use serde_json::json;

/// What the page begins with.
const EXAMPLE: &str = include_str!("../../../../samples/plans/own-point.toml");

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    page: Page,
    plan: String,
    mistakes: Vec<String>,
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
    Ok(render_page(&CheckPage { page, plan: EXAMPLE.to_owned(), mistakes: Vec::new(), answer: None }))
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    plan: String,
}

pub(crate) async fn check(State(web): State<Web>, page: Page, Form(form): Form<Asked>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let written = Written::toml(&form.plan).map_err(|mistake| vec![mistake]);
    let (mistakes, answer) = match written.and_then(|written| Ok((written.plan()?, written))) {
        Err(mistakes) => (mistakes.iter().map(|mistake| line(&page, mistake)).collect(), None),
        Ok((mut plan, written)) => {
            let outcomes = check_plan(&web.app, actor, &mut plan).await?;
            (Vec::new(), Some(answered(&page, &written, &outcomes)))
        }
    };
    let status = if answer.is_none() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, render_page(&CheckPage { page, plan: form.plan, mistakes, answer })).into_response())
}

/// A mistake with its line and place.
fn line(page: &Page, mistake: &Mistake) -> String {
    let told = format!("{}: {}", mistake.place, page.language.mistake(mistake));
    match mistake.line {
        0 => told,
        line => format!("{} {told}", page.language.text_with("plan-line", &[("line", &line.to_string())])),
    }
}

fn answered(page: &Page, written: &Written, outcomes: &[Outcome<'_>]) -> Answer {
    let with = |verdict| outcomes.iter().filter(move |outcome| outcome.verdict() == Some(verdict));
    let weights = [Severity::Error, Severity::Warning, Severity::Advice];
    let broken = weights.iter().flat_map(|weight| with(Verdict::Broken).filter(|o| o.rule.severity == *weight));
    // A place of the plan, with the line where it stands.
    let named = |place: &str| {
        let line = written.line(place).map(|line| page.language.text_with("plan-line", &[("line", &line.to_string())]));
        Some(line.map_or_else(|| place.to_owned(), |line| format!("{line} {place}")))
    };
    Answer {
        findings: broken.map(|outcome| FindingView::of(page.language, outcome, named)).collect(),
        open: with(Verdict::NotChecked).map(|outcome| page.language.rule(outcome.rule, None)).collect(),
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
        let text = std::str::from_utf8(&body).map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, "UTF-8"))?;
        Plan::parse(text)
    };
    let mut plan = match read {
        Ok(plan) => plan,
        Err(mistakes) => return Ok(unread(&page, &mistakes)),
    };
    let outcomes = check_plan(&web.app, actor, &mut plan).await?;
    let fails = |o: &Outcome<'_>| o.rule.severity == Severity::Error && o.verdict() == Some(Verdict::Broken);
    let sound = !outcomes.iter().any(fails);
    let outcomes: Vec<_> = outcomes.iter().map(|outcome| told(outcome, page.language)).collect();
    Ok(axum::Json(json!({ "sound": sound, "outcomes": outcomes })).into_response())
}

/// A plan that is not written as one: a problem document (RFC 9457) with every mistake.
fn unread(page: &Page, mistakes: &[Mistake]) -> Response {
    let code = RefusalCode::FormInvalid;
    let problem = json!({
        "type": format!("urn:liitos:refusal:{code}"),
        "title": page.language.refusal(code),
        "status": StatusCode::UNPROCESSABLE_ENTITY.as_u16(),
        "code": code,
        "mistakes": mistakes.iter().map(|mistake| mistaken(mistake, page.language)).collect::<Vec<_>>(),
    });
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (StatusCode::UNPROCESSABLE_ENTITY, kind, problem.to_string()).into_response()
}
