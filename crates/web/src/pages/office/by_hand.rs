//! A change of the directory written by hand, proposed for somebody else's approval.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, given_time, render_page};
use crate::pages::effect::contradiction;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use liitos_domain::directory::{Effect, EffectError, NotAnEffect};
use liitos_domain::{Duty, RefusalCode};
use liitos_service::ServiceError;
use liitos_service::directory::proposal;
use liitos_texts::Language;
use serde::Deserialize;

/// What a change looks like, to begin with.
const EXAMPLE: &str = include_str!("by_hand_example.json");

#[derive(Template)]
#[template(path = "office/by_hand.html")]
struct ByHandPage {
    page: Page,
    change: String,
    reason: String,
    run_at: String,
    mistakes: Vec<String>,
    example: &'static str,
}

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct ByHand {
    change: String,
    reason: String,
    #[serde(default)]
    run_at: String,
}

pub(crate) async fn show(page: Page) -> Result<Response, Failure> {
    page.signed_in()?.must_carry_out(Duty::Keep)?;
    let (change, reason, run_at) = (String::new(), String::new(), String::new());
    Ok(render_page(&ByHandPage { page, change, reason, run_at, mistakes: Vec::new(), example: EXAMPLE }))
}

pub(crate) async fn propose(State(web): State<Web>, page: Page, Form(form): Form<ByHand>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Keep)?;
    let mut mistakes = Vec::new();
    let effect = Effect::by_hand(&form.change).map_err(|error| mistakes.push(mistake(page.language, &error))).ok();
    let run_at = Some(form.run_at.trim()).filter(|text| !text.is_empty()).map(given_time);
    if run_at == Some(None) {
        mistakes.push(page.t("by-hand-no-time"));
    }
    if let (Some(effect), true) = (effect, mistakes.is_empty()) {
        match proposal::propose_by_hand(&web.app, actor, effect, &form.reason, run_at.flatten()).await {
            Ok(number) => return Ok(Redirect::to(&format!("/office/directory/proposals/{number}")).into_response()),
            Err(error) => mistakes.push(told(&page, error)?),
        }
    }
    let ByHand { change, reason, run_at } = form;
    let shown = ByHandPage { page, change, reason, run_at, mistakes, example: EXAMPLE };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, render_page(&shown)).into_response())
}

/// What is wrong with the text, and where.
fn mistake(language: Language, error: &NotAnEffect) -> String {
    let said = language.text(&format!("by-hand-problem-{}", error.problem));
    let place = if error.place.is_empty() { String::new() } else { format!("{}: ", error.place) };
    let detail = if error.detail.is_empty() { String::new() } else { format!(" ({})", error.detail) };
    format!("{place}{said}{detail}")
}

/// What the author can mend, in words; anything else is a failure.
fn told(page: &Page, error: ServiceError) -> Result<String, Failure> {
    let against = error.source.as_ref().and_then(|source| source.downcast_ref::<EffectError>());
    match (against, error.code, error.place.as_str()) {
        (Some(against), ..) => Ok(contradiction(page.language, against)),
        (None, RefusalCode::FormInvalid, "effect") => Ok(page.t("by-hand-nothing")),
        (None, RefusalCode::FormInvalid, "run_at") => Ok(page.t("by-hand-no-time")),
        (None, RefusalCode::FormInvalid, _) => Ok(page.t("by-hand-no-reason")),
        _ => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::directory::ByHandProblem;

    #[test]
    fn the_example_is_a_change() {
        assert!(!Effect::by_hand(EXAMPLE).unwrap().is_empty());
    }

    #[test]
    fn each_problem_has_its_words() {
        for language in Language::ALL {
            for problem in ByHandProblem::ALL {
                let error = NotAnEffect { place: "x".into(), problem: *problem, detail: "7".into() };
                let said = mistake(language, &error);
                assert!(said.starts_with("x: ") && said.ends_with("(7)") && !said.contains('⟦'), "{said}");
            }
        }
    }
}
