//! Choosing the organisation to act for.

use super::sign_in::broken;
use crate::Web;
use crate::errors::Failure;
use crate::language::local_path;
use crate::page::{Page, render_page};
use crate::sessions::{ACTOR, MANDATES_FAILED, RETURN_TO};
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Redirect, Response};
use liitos_domain::{Oid, Position, RefusalCode};
use liitos_service::{ServiceError, sign_in};
use serde::Deserialize;
use tower_sessions::Session;

#[derive(Template)]
#[template(path = "organisations.html")]
struct Organisations {
    page: Page,
    choices: Vec<Choice>,
    hindered: Vec<Hindered>,
    /// Whether the service of mandates could not be asked.
    mandates_failed: bool,
    /// Where to go on after choosing.
    to: String,
    /// What was searched for, and whether there is a search.
    asked: String,
    searched: bool,
}

/// An organisation that cannot be acted for: which, why, and what to do.
struct Hindered {
    name: String,
    why: String,
    how: String,
}

struct Choice {
    oid: String,
    name: String,
    role: String,
    usable: bool,
    current: bool,
}

/// What a link to the page may say.
#[derive(Default, Deserialize)]
pub(crate) struct Asked {
    /// Where to go on after choosing.
    #[serde(default)]
    to: String,
    /// A part of a name.
    #[serde(default)]
    q: String,
}

/// So many organisations are shown; others are found by their names.
const SHOWN: usize = 50;

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    session: Session,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (mut choices, mut more) = (Vec::new(), false);
    let actor = page.signed_in()?;
    for organisation in &actor.organisations {
        let entry = sign_in::register_entry(&web.app, &organisation.oid).await?;
        let valid = entry.as_ref().is_some_and(|(_, entry)| entry.valid.contains(web.app.now()));
        // Of one that has ended whoever was in charge reads what was kept.
        let usable = valid || organisation.positions.contains(&Position::Former);
        let name = entry.as_ref().map_or_else(|| organisation.oid.to_string(), |(_, entry)| entry.name.clone());
        let wanted = asked.q.trim().to_lowercase();
        if choices.len() >= SHOWN || !name.to_lowercase().contains(&wanted) {
            more |= choices.len() >= SHOWN;
            continue;
        }
        let positions: Vec<String> = organisation.positions.iter().map(|held| page.position(*held)).collect();
        choices.push(Choice {
            oid: organisation.oid.to_string(),
            name,
            role: positions.join(", "),
            usable,
            current: actor.acting_for.as_ref() == Some(&organisation.oid),
        });
    }
    let hindered = actor.hindered.iter().map(|hindered| Hindered {
        name: format!("{} ({})", hindered.name, hindered.id),
        why: page.t(hindered.hindrance.key()),
        how: page.language.attribute(hindered.hindrance.key(), "how"),
    });
    let hindered = hindered.collect();
    let mandates_failed = session.get(MANDATES_FAILED).await.map_err(broken)?.unwrap_or_default();
    let to = local_path(&asked.to).to_owned();
    let searched = more || !asked.q.is_empty();
    Ok(render_page(&Organisations { page, choices, hindered, mandates_failed, to, asked: asked.q, searched }))
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    organisation: String,
    #[serde(default)]
    to: String,
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
    let to: Option<String> = session.remove(RETURN_TO).await.map_err(broken)?;
    let to = Some(local_path(&chosen.to).to_owned()).filter(|to| to.len() > 1).or(to);
    Ok(Redirect::to(to.as_deref().filter(|to| to.len() > 1).unwrap_or("/home")))
}
