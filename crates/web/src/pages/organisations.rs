//! Choosing the organisation to act for.

use super::sign_in::broken;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::sessions::ACTOR;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response};
use liitos_domain::{Oid, RefusalCode};
use liitos_service::{OrganisationRole, ServiceError, sign_in};
use serde::Deserialize;
use tower_sessions::Session;

#[derive(Template)]
#[template(path = "organisations.html")]
struct Organisations {
    page: Page,
    choices: Vec<Choice>,
}

struct Choice {
    oid: String,
    name: String,
    role: String,
    usable: bool,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let mut choices = Vec::new();
    for organisation in &page.signed_in()?.organisations {
        let entry = sign_in::register_entry(&web.app, &organisation.oid).await?;
        let usable = entry.as_ref().is_some_and(|(_, entry)| entry.valid.contains(web.app.now()));
        let role = match organisation.role {
            OrganisationRole::ManagingDirector => "role-managing-director",
            OrganisationRole::Signatory => "role-signatory",
            OrganisationRole::SoleTrader => "role-sole-trader",
            OrganisationRole::DeploymentMandate => "role-deployment-mandate",
        };
        choices.push(Choice {
            oid: organisation.oid.to_string(),
            name: entry.map_or_else(|| organisation.oid.to_string(), |(_, entry)| entry.name),
            role: page.t(role),
            usable,
        });
    }
    Ok(render_page(&Organisations { page, choices }))
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    organisation: String,
}

pub(crate) async fn choose(
    State(web): State<Web>,
    page: Page,
    session: Session,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?.clone();
    let oid =
        Oid::parse(&chosen.organisation).map_err(|_| ServiceError::refused(RefusalCode::NotAllowed, "organisation"))?;
    let acting = sign_in::act_for(&web.app, actor, &oid).await?;
    session.insert(ACTOR, acting).await.map_err(broken)?;
    Ok(Redirect::to("/home"))
}
