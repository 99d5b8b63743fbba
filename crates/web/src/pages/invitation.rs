//! Somebody who was invited to act for an organisation: what it is, and accepting it.

use super::sign_in::broken;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name, render_page};
use crate::sessions::ACTOR;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_service::{members, sign_in};
use tower_sessions::Session;

#[derive(Template)]
#[template(path = "invitation.html")]
struct Invitation {
    page: Page,
    secret: String,
    organisation: String,
    position: String,
    hint: String,
    open_until: String,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(secret): Path<String>) -> Result<Response, Failure> {
    page.signed_in()?;
    let invited = members::invited(&web.app, &secret).await?;
    Ok(render_page(&Invitation {
        organisation: organisation_name(&web, &invited.organisation).await,
        position: page.position(invited.position),
        hint: page.language.attribute(&format!("position-{}", invited.position), "hint"),
        open_until: page.since(invited.open_until),
        secret,
        page,
    }))
}

pub(crate) async fn accept(
    State(web): State<Web>,
    page: Page,
    session: Session,
    Path(secret): Path<String>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let organisation = members::accept(&web.app, actor, &secret).await?;
    let actor = sign_in::refreshed(&web.app, actor.clone()).await?;
    // It is accepted; if the organisation cannot be acted for now, the page of choices says why.
    let Ok(acting) = sign_in::act_for(&web.app, actor, &organisation).await else {
        return Ok(Redirect::to("/organisations"));
    };
    session.insert(ACTOR, acting).await.map_err(broken)?;
    Ok(Redirect::to("/home"))
}
