//! A proposed change of the directory: its exact effect, what it does to decisions, and its approval by somebody else.

use super::decision::Approve;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, given_time, render_page};
use crate::pages::effect as words;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_domain::RefusalCode;
use liitos_domain::directory::{Proof, ProposalState, Replay, Replayed, Turned, Verdict};
use liitos_service::ServiceError;
use liitos_service::directory::proposal::{self as service, Looked};
use liitos_service::names::{self, Numbers};
use serde::Deserialize;

/// Turned answers shown; the counts tell of all.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "office/proposal.html")]
struct ProposalPage {
    page: Page,
    number: i64,
    basis: String,
    version: Option<u64>,
    reason: String,
    state: String,
    author: String,
    run_at: Option<String>,
    lines: Vec<String>,
    /// Every field of every row, as it is hashed.
    exactly: String,
    hash: String,
    contradiction: Option<String>,
    asked: String,
    others: Vec<String>,
    turned: Vec<[String; 4]>,
    replayed: String,
    otherwise: Vec<[String; 4]>,
    /// Whether the reader may approve it: it waits, it is somebody else's, and it can be applied.
    may_approve: bool,
    may_withdraw: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<i64>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let (Looked { proposal, effect, outcome, hash }, replay) = service::look(&web.app, actor, number).await?;
    let waits = proposal.state == ProposalState::Waiting;
    let names = names::names(&web.app, &Numbers::of_effect(&effect)).await?;
    let none = Proof::default();
    let proof = outcome.as_ref().unwrap_or(&none);
    Ok(render_page(&ProposalPage {
        basis: page.language.basis(&liitos_domain::directory::Basis::parse(&proposal.proposed.basis)),
        version: proposal.proposed.version,
        reason: proposal.proposed.reason.clone(),
        state: page.t(&format!("proposal-{}", proposal.state)),
        author: proposal.author.clone(),
        run_at: proposal.run_at.map(|at| page.since(at)),
        lines: words::lines(&page, &effect, &names),
        exactly: serde_json::to_string_pretty(&effect).unwrap_or_default(),
        hash: hash.to_string(),
        contradiction: outcome.as_ref().err().map(|problem| words::contradiction(page.language, problem)),
        asked: page.language.text_with("proposal-asked", &[("count", &proof.asked.to_string())]),
        others: proof.others(&effect.named()).into_iter().map(ToString::to_string).collect(),
        turned: proof.turned.iter().take(SHOWN).map(|turned| told(&page, turned)).collect(),
        replayed: page.language.text_with(
            "proposal-replayed",
            &[("count", &replay.asked.to_string()), ("turned", &otherwise(&replay).to_string())],
        ),
        otherwise: replay.turned.iter().take(SHOWN).map(|turned| answered(&page, turned)).collect(),
        may_approve: waits && outcome.is_ok() && proposal.author != actor.reference,
        may_withdraw: waits || proposal.state == ProposalState::Approved,
        number,
        page,
    }))
}

/// An answer that turns: whose and where, for what, from when, and from what to what.
fn told(page: &Page, turned: &Turned) -> [String; 4] {
    let operation = page.t(&format!("operation-{}", turned.operation));
    [
        format!("{} – {}", turned.joiner, turned.access_point),
        format!("{}, {operation}", page.service(turned.service)),
        page.since(turned.at),
        verdicts(page, turned.before, turned.after),
    ]
}

/// How many calls would be answered otherwise.
fn otherwise(replay: &Replay) -> usize {
    replay.turned.iter().map(|turned| turned.count).sum()
}

/// Calls that would be answered otherwise: how many and whose, for what, from when, and from what to what.
fn answered(page: &Page, turned: &Replayed) -> [String; 4] {
    let operation = page.t(&format!("operation-{}", turned.operation));
    [
        format!("{} × {} – {}", turned.count, turned.represented, turned.access_point),
        format!("{}, {operation}", page.service(turned.service)),
        page.since(turned.at),
        verdicts(page, turned.before, turned.after),
    ]
}

/// From one answer to another.
fn verdicts(page: &Page, before: Verdict, after: Verdict) -> String {
    let verdict = |verdict: Verdict| match verdict {
        Verdict::Permitted => page.t("verdict-permitted"),
        Verdict::Refused(code) => format!("{code}: {}", page.language.refusal(code)),
    };
    format!("{} → {}", verdict(before), verdict(after))
}

#[derive(Deserialize)]
pub(crate) struct Return {
    version: String,
    reason: String,
    #[serde(default)]
    run_at: String,
}

pub(crate) async fn propose_return(
    State(web): State<Web>,
    page: Page,
    Form(form): Form<Return>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let version = form.version.trim().parse().map_err(|_| wrong("version"))?;
    let run_at = Some(form.run_at.trim()).filter(|text| !text.is_empty());
    let run_at = run_at.map(|text| given_time(text).ok_or_else(|| wrong("run_at"))).transpose()?;
    let number = service::propose_return(&web.app, actor, version, &form.reason, run_at).await?;
    Ok(Redirect::to(&format!("/office/directory/proposals/{number}")))
}

pub(crate) async fn approve(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<i64>,
    Form(form): Form<Approve>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    service::approve(&web.app, actor, number, &form.shown()?).await?;
    Ok(Redirect::to(&format!("/office/directory/proposals/{number}")))
}

pub(crate) async fn withdraw(State(web): State<Web>, page: Page, Path(number): Path<i64>) -> Result<Redirect, Failure> {
    service::withdraw(&web.app, page.signed_in()?, number).await?;
    Ok(Redirect::to("/office/directory"))
}
