//! Signing in through the identification service, and out.

use crate::Web;
use crate::errors::Failure;
use crate::language::{To, local_path};
use crate::page::Page;
use crate::sessions::{ACTOR, BEGUN, RETURN_TO};
use axum::extract::{Query, State};
use axum::response::Redirect;
use liitos_domain::RefusalCode;
use liitos_service::ServiceError;
use liitos_service::ports::Begun;
use serde::Deserialize;
use tower_sessions::Session;

/// Sends the person to the identification service.
pub(crate) async fn begin(
    State(web): State<Web>,
    page: Page,
    session: Session,
    Query(query): Query<To>,
) -> Result<Redirect, Failure> {
    let begun = web.identity.begin(page.language.code()).await.map_err(failed)?;
    let address = begun.address.clone();
    session.insert(RETURN_TO, local_path(&query.to)).await.map_err(broken)?;
    session.insert(BEGUN, begun).await.map_err(broken)?;
    Ok(Redirect::to(&address))
}

/// What comes back from the identification service.
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Takes the person in, on a new session id, so that an id known before is worth nothing.
pub(crate) async fn finish(
    State(web): State<Web>,
    session: Session,
    Query(answer): Query<Answer>,
) -> Result<Redirect, Failure> {
    let refused = || Failure::from(ServiceError::refused(RefusalCode::SignInFailed, "state"));
    let begun: Begun = session.remove(BEGUN).await.map_err(broken)?.ok_or_else(refused)?;
    if answer.code.is_empty() || answer.state != begun.state {
        return Err(refused());
    }
    let mut actor = web.identity.finish(&begun, &answer.code).await.map_err(failed)?;
    if let [only] = actor.organisations.as_slice() {
        let only = only.oid.clone();
        // One organisation needs no choosing; if it cannot be acted for, the page of choices says why.
        if let Ok(acting) = liitos_service::sign_in::act_for(&web.app, actor.clone(), &only).await {
            actor = acting;
        }
    }
    let to: String = session.remove(RETURN_TO).await.map_err(broken)?.unwrap_or_default();
    let home = if actor.acting_for.is_some() {
        "/home"
    } else if actor.is_staff() && actor.organisations.is_empty() {
        "/office"
    } else {
        "/organisations"
    };
    session.cycle_id().await.map_err(broken)?;
    session.insert(ACTOR, actor).await.map_err(broken)?;
    Ok(Redirect::to(if to.len() > 1 && home != "/organisations" { &to } else { home }))
}

/// Ends the session.
pub(crate) async fn sign_out(session: Session) -> Result<Redirect, Failure> {
    session.flush().await.map_err(broken)?;
    Ok(Redirect::to("/"))
}

fn failed(error: liitos_service::ports::SignInError) -> Failure {
    tracing::warn!(error = %error, "sign-in failed");
    ServiceError::refused(RefusalCode::SignInFailed, "identification service").into()
}

pub(crate) fn broken(error: tower_sessions::session::Error) -> Failure {
    ServiceError::internal("session", error).into()
}
