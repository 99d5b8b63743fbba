//! Who may act for an organisation by its own grant.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::Choice;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use liitos_domain::{Act, Position, RefusalCode};
use liitos_service::members::{self, Grant, Stored};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "members.html")]
struct Members {
    page: Page,
    rows: Vec<Row>,
    /// Whether the reader may grant and take back.
    grants: bool,
    positions: Vec<(Choice, String)>,
    typed: Typed,
    /// The field that is wrong, and what is wrong with it.
    wrong: Option<(String, String)>,
}

impl Members {
    fn is_wrong(&self, field: &str) -> bool {
        self.wrong.as_ref().is_some_and(|(wrong, _)| wrong == field)
    }

    fn problem(&self) -> &str {
        self.wrong.as_ref().map_or("", |(_, problem)| problem)
    }
}

struct Row {
    key: i64,
    name: String,
    email: String,
    position: String,
    since: String,
    open_until: Option<String>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    position: String,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    render(&web, page, Typed::default(), None).await
}

async fn render(web: &Web, page: Page, typed: Typed, wrong: Option<(String, String)>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let row = |held: Stored| Row {
        key: held.key,
        name: held.granted.name,
        email: held.granted.email,
        position: page.position(held.granted.position),
        since: page.since(held.granted_at),
        open_until: held.person.is_none().then(|| page.since(held.open_until)),
    };
    let rows = members::list(&web.app, actor).await?.into_iter().map(row).collect();
    let choice = |position: &Position| {
        let key = format!("position-{position}");
        (Choice { value: position.code().to_owned(), label: page.t(&key) }, page.language.attribute(&key, "hint"))
    };
    let (grants, positions) = (actor.may(Act::Grant), Position::GRANTED.iter().map(choice).collect());
    Ok(render_page(&Members { rows, grants, positions, typed, wrong, page }))
}

pub(crate) async fn grant(State(web): State<Web>, page: Page, Form(typed): Form<Typed>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let granted = match Position::parse(&typed.position) {
        Some(position) => {
            let (name, email) = (typed.name.clone(), typed.email.clone());
            members::grant(&web.app, actor, Grant { position, name, email, language: page.language }).await
        }
        None => Err(liitos_service::ServiceError::refused(RefusalCode::FormInvalid, "position")),
    };
    match granted {
        Ok(_) => Ok(Redirect::to("/members").into_response()),
        Err(error) if error.code == RefusalCode::FormInvalid && actor.may(Act::Grant) => {
            let problem = match error.place.as_str() {
                "email" => "field-email",
                "position" => "field-choice",
                _ => "field-missing",
            };
            let wrong = (error.place.clone(), page.t(problem));
            let again = render(&web, page, typed, Some(wrong)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn end(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    members::end(&web.app, page.signed_in()?, key).await?;
    Ok(Redirect::to("/members"))
}
