//! Who acts for the organisation without being its people: suppliers and programs; and where programs are told of what happens.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::Choice;
use crate::page::{Page, organisation_name, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::{Act, Position, RefusalCode, Seat};
use liitos_service::{ServiceError, delegations, programs, webhooks};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "programs.html")]
struct ProgramsPage {
    page: Page,
    suppliers: Vec<Row>,
    programs: Vec<Row>,
    webhooks: Vec<Row>,
    positions: Vec<Choice>,
    /// Whether the reader may grant, and may see to webhooks.
    grants: bool,
    technical: bool,
    typed: Typed,
    /// What is wrong: the form's field and words.
    wrong: Option<(&'static str, String)>,
    /// A new secret, shown now and never again, with what it is for.
    secret: Option<(String, String)>,
}

impl ProgramsPage {
    fn problem(&self, field: &str) -> Option<&str> {
        self.wrong.as_ref().filter(|(wrong, _)| *wrong == field).map(|(_, problem)| problem.as_str())
    }
}

struct Row {
    key: i64,
    name: String,
    detail: String,
}

/// What was typed into one of the forms.
#[derive(Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    delegate: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    position: String,
}

impl Typed {
    fn position(&self) -> Result<Position, ServiceError> {
        Position::parse(&self.position).ok_or_else(|| ServiceError::refused(RefusalCode::FormInvalid, "position"))
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    render(&web, page, Typed::default(), None, None).await
}

async fn render(
    web: &Web,
    page: Page,
    typed: Typed,
    wrong: Option<(&'static str, String)>,
    secret: Option<(String, String)>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let mut suppliers = Vec::new();
    for held in delegations::list(&web.app, actor).await? {
        suppliers.push(Row {
            key: held.key,
            name: organisation_name(web, &held.delegate).await,
            detail: format!("{} · {} · {}", held.delegate, page.position(held.position), page.since(held.granted_at)),
        });
    }
    let program = |program: programs::Program| Row {
        key: program.key,
        name: program.name,
        detail: format!(
            "{} · {} {}",
            seat(&page, &program.seat),
            page.t("programs-until"),
            page.language.date(program.expires_at)
        ),
    };
    let hook = |hook: webhooks::Webhook| Row { key: hook.key, name: hook.address, detail: page.since(hook.created_at) };
    let choice = |position: &Position| Choice { value: position.to_string(), label: page.position(*position) };
    Ok(render_page(&ProgramsPage {
        suppliers,
        programs: programs::list(&web.app, actor).await?.into_iter().map(program).collect(),
        webhooks: webhooks::list(&web.app, actor).await?.into_iter().map(hook).collect(),
        positions: programs::POSITIONS.iter().map(choice).collect(),
        grants: actor.may(Act::Grant),
        technical: actor.may(Act::Technical),
        typed,
        wrong,
        secret,
        page,
    }))
}

/// What a program is let do, in words.
pub(super) fn seat(page: &Page, seat: &Seat) -> String {
    match seat {
        Seat::For(_, position) => page.position(*position),
        Seat::AtOperator(role) => page.t(&format!("staff-{role}")),
    }
}

/// The page again, with what was wrong; or the refusal.
async fn again(
    web: &Web,
    page: Page,
    typed: Typed,
    (field, key): (&'static str, &str),
    error: ServiceError,
) -> Result<Response, Failure> {
    if error.code != RefusalCode::FormInvalid {
        return Err(error.into());
    }
    let problem = page.t(key);
    let again = render(web, page, typed, Some((field, problem)), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}

/// Lets a program act; its secret is on the page once.
pub(crate) async fn add(State(web): State<Web>, page: Page, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let added = match typed.position() {
        Ok(position) => programs::add(&web.app, actor, &typed.name, position).await,
        Err(error) => Err(error),
    };
    match added {
        Ok(added) => {
            let name = typed.name.trim().to_owned();
            render(&web, page, Typed::default(), None, Some((name, added.secret))).await
        }
        Err(error) => again(&web, page, typed, ("name", "programs-wrong"), error).await,
    }
}

pub(crate) async fn end(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    programs::end(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/programs"))
}

/// Lets another organisation act.
pub(crate) async fn delegate(
    State(web): State<Web>,
    page: Page,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let granted = match typed.position() {
        Ok(position) => delegations::grant(&web.app, actor, &typed.delegate, position).await,
        Err(error) => Err(error),
    };
    match granted {
        Ok(_) => Ok(Redirect::to("/programs").into_response()),
        Err(error) => again(&web, page, typed, ("delegate", "suppliers-wrong"), error).await,
    }
}

pub(crate) async fn end_delegation(
    State(web): State<Web>,
    page: Page,
    Path(key): Path<i64>,
) -> Result<Redirect, Failure> {
    delegations::end(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/programs"))
}

pub(crate) async fn add_webhook(
    State(web): State<Web>,
    page: Page,
    Form(typed): Form<Typed>,
) -> Result<Response, Failure> {
    match webhooks::add(&web.app, page.signed_in()?, &typed.address).await {
        Ok(added) => {
            let address = typed.address.trim().to_owned();
            render(&web, page, Typed::default(), None, Some((address, added.secret))).await
        }
        Err(error) => again(&web, page, typed, ("address", "webhooks-wrong"), error).await,
    }
}

pub(crate) async fn end_webhook(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    webhooks::end(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/programs"))
}
