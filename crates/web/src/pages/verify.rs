//! Whether an address is read: the page behind the link in a message. Whoever has the link needs no more.

use super::forms::ConfirmPage;
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name, render_page};
use axum::extract::{Path, State};
use axum::response::Response;
use liitos_service::contacts::{self, Asked};

pub(crate) async fn show(State(web): State<Web>, page: Page, Path(code): Path<String>) -> Result<Response, Failure> {
    let asked = contacts::asked(&web.app, &code).await?;
    let action = Some((format!("/verify/{}", crate::page::encoded(&code)), page.t("verify-yes")));
    Ok(question(&web, page, &asked, action, "verify-lead").await)
}

pub(crate) async fn prove(State(web): State<Web>, page: Page, Path(code): Path<String>) -> Result<Response, Failure> {
    let asked = contacts::prove(&web.app, &code).await?;
    Ok(question(&web, page, &asked, None, "verify-done").await)
}

async fn question(web: &Web, page: Page, asked: &Asked, action: Option<(String, String)>, lead: &str) -> Response {
    let organisation = organisation_name(web, &asked.joiner).await;
    let arguments = [("organisation", organisation.as_str()), ("address", &asked.address)];
    render_page(&ConfirmPage {
        back: None,
        title: page.t("verify-title"),
        lead: vec![page.language.text_with(lead, &arguments)],
        refused: None,
        action,
        revision: None,
        dangerous: false,
        page,
    })
}
