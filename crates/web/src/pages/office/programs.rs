//! The operator's own programs: what a person at its desks does alone, they can do.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::Choice;
use crate::page::{Page, render_page};
use crate::pages::programs::seat;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::StatusCode;
use liitos_domain::{RefusalCode, StaffRole};
use liitos_service::{ServiceError, programs};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/programs.html")]
struct ProgramsPage {
    page: Page,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    name: String,
    /// What is wrong with the name, if so.
    wrong: Option<String>,
    /// A new secret, shown now and never again, with whose it is.
    secret: Option<(String, String)>,
}

struct Row {
    key: i64,
    name: String,
    detail: String,
}

/// A new program.
#[derive(Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    position: String,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    render(&web, page, String::new(), None, None).await
}

async fn render(
    web: &Web,
    page: Page,
    name: String,
    wrong: Option<String>,
    secret: Option<(String, String)>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let row = |program: programs::Program| Row {
        key: program.key,
        detail: format!(
            "{} · {} {}",
            seat(&page, &program.seat),
            page.t("programs-until"),
            page.language.date(program.expires_at)
        ),
        name: program.name,
    };
    let role = |role: &StaffRole| Choice { value: role.to_string(), label: page.t(&format!("staff-{role}")) };
    Ok(render_page(&ProgramsPage {
        rows: programs::operators(&web.app, actor).await?.into_iter().map(row).collect(),
        roles: actor.staff.iter().map(role).collect(),
        name,
        wrong,
        secret,
        page,
    }))
}

/// Lets a program act; its secret is on the page once.
pub(crate) async fn add(State(web): State<Web>, page: Page, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    let wrong = || ServiceError::refused(RefusalCode::FormInvalid, "position");
    let added = match StaffRole::parse(&typed.position) {
        Some(role) => programs::add_operators(&web.app, page.signed_in()?, &typed.name, role).await,
        None => Err(wrong()),
    };
    match added {
        Ok(added) => render(&web, page, String::new(), None, Some((typed.name.trim().to_owned(), added.secret))).await,
        Err(error) if error.code == RefusalCode::FormInvalid => {
            let problem = page.t("programs-wrong");
            let again = render(&web, page, typed.name, Some(problem), None).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn end(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    programs::end_operators(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/office/programs"))
}
