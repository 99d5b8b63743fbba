//! Whether an address is read: the page behind the link in a message. Whoever has the link needs no more.

use super::forms::ConfirmPage;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name, render_page};
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use liitos_domain::RefusalCode;
use liitos_service::contacts::{self, Asked};

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(code): Path<String>) -> Result<Response, Failure> {
    let asked = match contacts::asked(&web.app, &code).await {
        Err(error) if error.code == RefusalCode::NotFound => return Ok(used(page)),
        asked => asked?,
    };
    let action = Some((format!("/verify/{}", crate::page::encoded(&code)), page.t("verify-yes")));
    Ok(question(&web, page, &asked, action, "verify-lead").await)
}

pub(crate) async fn prove(State(web): State<Web>, page: Page, Path(code): Path<String>) -> Result<Response, Failure> {
    let asked = match contacts::prove(&web.app, &code).await {
        Err(error) if error.code == RefusalCode::NotFound => return Ok(used(page)),
        asked => asked?,
    };
    Ok(question(&web, page, &asked, None, "verify-done").await)
}

/// What a link says that was used, or has run out.
fn used(page: Page) -> Response {
    let lead = page.t("verify-before");
    (StatusCode::NOT_FOUND, ask(page, lead, None)).into_response()
}

async fn question(web: &Web, page: Page, asked: &Asked, action: Option<(String, String)>, lead: &str) -> Response {
    let organisation = organisation_name(web, &asked.joiner).await;
    let arguments = [("organisation", organisation.as_str()), ("address", &asked.address)];
    let lead = page.language.text_with(lead, &arguments);
    ask(page, lead, action)
}

fn ask(page: Page, lead: String, action: Option<(String, String)>) -> Response {
    render_page(&ConfirmPage {
        back: None,
        title: page.t("verify-title"),
        lead: vec![lead],
        refused: None,
        action,
        revision: None,
        dangerous: false,
        page,
    })
}
