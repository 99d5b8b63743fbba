//! Deciding on an application by its exact effect.

use super::effect;
use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, organisation_name, render_page};
use crate::pages::parts::{Part, filled_in};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::{RefusalCode, Sha256Hash};
use liitos_service::applications::{self, Effected};
use liitos_service::drawing::{Drawing, before_and_after, svg};
use liitos_service::{ServiceError, directory};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/decision.html")]
struct DecisionPage {
    page: Page,
    number: String,
    joiner: String,
    service: String,
    state: String,
    look: &'static str,
    since: String,
    effect: Option<EffectView>,
    findings: Vec<FindingView>,
    open: Vec<String>,
    parts: Vec<Part>,
    /// What is approved, drawn: the connection before, where there is one, and after.
    picture: Option<String>,
}

struct EffectView {
    lines: Vec<String>,
    nobody_else: String,
    effect_hash: String,
    /// What the approval is bound to: the effect and what it does.
    hash: String,
    contradiction: Option<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (stored, checked, effected) = applications::decision_view(&web.app, page.signed_in()?, &number).await?;
    let application = &stored.application;
    let change = match &effected {
        Some(effected) => directory::change_picture(&web.app, &application.joiner, &effected.effect).await?,
        None => None,
    };
    let picture = change.map(|(before, after)| match before {
        Some(before) => before_and_after(&before, &after.plan, &after.names, page.language),
        None => svg(&Drawing { plan: &after.plan, other: None, names: &after.names, language: page.language }),
    });
    let (state, look) = page.state(&application.state);
    Ok(render_page(&DecisionPage {
        joiner: organisation_name(&web, &application.joiner).await,
        service: page.service(application.service),
        since: page.since(stored.sent_at.unwrap_or(stored.created_at)),
        effect: effected.map(|effected| view(&page, &effected)),
        findings: page.all_findings(&checked),
        open: page.open(&checked.open(None)),
        parts: filled_in(&page, application, &checked),
        picture,
        number,
        state,
        look,
        page,
    }))
}

fn view(page: &Page, effected: &Effected) -> EffectView {
    let asked = effected.outcome.as_ref().map_or(0, |proof| proof.asked).to_string();
    let version = effected.base_version.to_string();
    let others: Vec<String> = effected.others().into_iter().map(ToString::to_string).collect();
    EffectView {
        lines: effect::lines(page, &effected.effect),
        nobody_else: match others.join(", ") {
            none if none.is_empty() => {
                page.language.text_with("office-nobody-else", &[("count", &asked), ("version", &version)])
            }
            others => format!("{} {others}", page.t("proposal-others")),
        },
        effect_hash: effected.effect_hash.to_string(),
        hash: effected.hash.to_string(),
        contradiction: effected.outcome.as_ref().err().map(|problem| effect::contradiction(page.language, problem)),
    }
}

/// An approval: what the approver saw.
#[derive(Deserialize)]
pub(crate) struct Approve {
    effect: String,
}

impl Approve {
    pub(super) fn shown(&self) -> Result<Sha256Hash, ServiceError> {
        Sha256Hash::parse(&self.effect).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "effect"))
    }
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Approve>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    applications::approve(&web.app, actor, &number, &form.shown()?).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}

#[derive(Deserialize)]
pub(crate) struct Reject {
    reason: String,
}

pub(crate) async fn reject(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
    Form(form): Form<Reject>,
) -> Result<Redirect, Failure> {
    applications::reject(&web.app, page.signed_in()?, &number, &form.reason).await?;
    Ok(Redirect::to(&format!("/office/applications/{number}")))
}
