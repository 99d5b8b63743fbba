//! Signing in through the identification service, by the service of mandates, and out of both.

use crate::Web;
use crate::errors::Failure;
use crate::language::{To, local_path};
use crate::page::{Page, render_page};
use crate::sessions::{ACTOR, BEGUN, LOG_OUT, MANDATES_FAILED, RETURN_TO, VISIT, WISHED};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use liitos_domain::{Duty, Oid, RefusalCode};
use liitos_service::ports::{Begun, Identified, SignInError, Visit};
use liitos_service::{Actor, ServiceError, sign_in};
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

/// What comes back from the identification service or the service of mandates.
#[derive(Deserialize)]
pub(crate) struct Answer {
    #[serde(default)]
    code: String,
    #[serde(default)]
    state: String,
}

/// Takes the person in, on a new session id, so that an id known before is worth nothing; whoever is not the operator's staff goes
/// on to the service of mandates.
pub(crate) async fn finish(
    State(web): State<Web>,
    page: Page,
    session: Session,
    Query(answer): Query<Answer>,
) -> Result<Redirect, Failure> {
    let refused = || Failure::from(ServiceError::refused(RefusalCode::SignInFailed, "state"));
    let begun: Begun = session.remove(BEGUN).await.map_err(broken)?.ok_or_else(refused)?;
    if answer.code.is_empty() || answer.state != begun.state {
        return Err(refused());
    }
    let person = web.identity.finish(&begun, &answer.code).await.map_err(failed)?;
    let wished = page.actor.filter(|actor| actor.reference == person.reference).and_then(|actor| actor.acting_for);
    let actor = sign_in::identified(&web.app, &person).await?;
    session.cycle_id().await.map_err(broken)?;
    // A visit that somebody began and did not end is nobody's.
    session.remove::<Visit>(VISIT).await.map_err(broken)?;
    session.insert(WISHED, &wished).await.map_err(broken)?;
    session.insert(LOG_OUT, &person.log_out).await.map_err(broken)?;
    session.insert(ACTOR, &actor).await.map_err(broken)?;
    session.remove::<bool>(MANDATES_FAILED).await.map_err(broken)?;
    match visit(&web, &person, page.language.code()).await {
        Some(Ok(visit)) => {
            let address = visit.address.clone();
            let visit = Visit { person: person.reference.clone(), ..visit };
            session.insert(VISIT, visit).await.map_err(broken)?;
            return Ok(Redirect::to(&address));
        }
        Some(Err(error)) => {
            tracing::warn!(error = %error, "the service of mandates was not asked");
            session.insert(MANDATES_FAILED, true).await.map_err(broken)?;
        }
        None => {}
    }
    landed(&web, &session, actor).await
}

/// A visit to the service of mandates, if it is of use: the operator's staff acts for no organisation.
async fn visit(web: &Web, person: &Identified, language: &str) -> Option<Result<Visit, SignInError>> {
    let (service, code) = (web.mandates.as_ref()?, person.identity_code.as_ref()?);
    if !person.staff.is_empty() {
        return None;
    }
    Some(service.begin(code, language).await)
}

/// Takes what the person chose at the service of mandates.
pub(crate) async fn mandates(
    State(web): State<Web>,
    page: Page,
    session: Session,
    Query(answer): Query<Answer>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?.clone();
    let refused = || Failure::from(ServiceError::refused(RefusalCode::SignInFailed, "mandates"));
    let visit: Visit = session.remove(VISIT).await.map_err(broken)?.ok_or_else(refused)?;
    if visit.person != actor.reference {
        return Err(refused());
    }
    let service = web.mandates.as_ref().ok_or_else(refused)?;
    // Whoever turned back there has chosen nobody.
    let told = if answer.code.is_empty() { Ok(Vec::new()) } else { service.finish(&visit, &answer.code).await };
    let actor = match told {
        Ok(told) => {
            // For whom they acted when their mandate was to be confirmed, they still do.
            let acting_for = session.remove::<Option<Oid>>(WISHED).await.map_err(broken)?.flatten();
            sign_in::mandated(&web.app, Actor { acting_for, ..actor }, &told).await?
        }
        Err(error) => {
            tracing::warn!(error = %error, "the service of mandates did not answer");
            session.insert(MANDATES_FAILED, true).await.map_err(broken)?;
            actor
        }
    };
    landed(&web, &session, actor).await
}

/// Where a person goes who has been let in: where they wanted to, once it is clear for whom they act.
async fn landed(web: &Web, session: &Session, mut actor: Actor) -> Result<Redirect, Failure> {
    if let ([only], None) = (actor.organisations.as_slice(), &actor.acting_for) {
        let only = only.oid.clone();
        // One organisation needs no choosing; if it cannot be acted for, the page of choices says why.
        if let Ok(acting) = sign_in::act_for(&web.app, actor.clone(), &only).await {
            actor = acting;
        }
    }
    let home = if actor.acting_for.is_some() {
        "/home"
    } else if actor.sees(Duty::Handle) {
        "/office"
    } else if actor.is_staff() {
        "/office/directory"
    } else {
        "/organisations"
    };
    session.insert(ACTOR, actor).await.map_err(broken)?;
    let to: String = session.get(RETURN_TO).await.map_err(broken)?.unwrap_or_default();
    if home == "/organisations" && !to.starts_with("/invitation/") {
        // Once they have chosen for whom to act.
        return Ok(Redirect::to(home));
    }
    session.remove::<String>(RETURN_TO).await.map_err(broken)?;
    Ok(Redirect::to(if to.len() > 1 { &to } else { home }))
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOut {
    page: Page,
    /// Where the identification service ends its own session.
    onward: Option<String>,
}

/// Ends the session here, and leads to where it is ended at the identification service. A page of its own leads there: what a form
/// leads to stays on this site.
pub(crate) async fn sign_out(page: Page, session: Session) -> Result<Response, Failure> {
    let onward: Option<String> = session.get::<Option<String>>(LOG_OUT).await.map_err(broken)?.flatten();
    session.flush().await.map_err(broken)?;
    let page = Page { actor: None, organisation: None, ..page };
    match onward {
        None => Ok(Redirect::to("/").into_response()),
        onward => Ok(render_page(&SignedOut { page, onward })),
    }
}

fn failed(error: SignInError) -> Failure {
    tracing::warn!(error = %error, "sign-in failed");
    ServiceError::refused(RefusalCode::SignInFailed, "identification service").into()
}

pub(crate) fn broken(error: tower_sessions::session::Error) -> Failure {
    ServiceError::internal("session", error).into()
}
