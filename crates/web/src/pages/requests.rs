//! Renewal requests to the organisation's units: what waits, and what became of the rest.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::office::outbound::{MessageRow, rows};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_service::outbound;

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    page: Page,
    /// Whether any unit of its receives them, or has.
    receives: bool,
    /// What the table is of.
    caption: String,
    messages: Vec<MessageRow>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let own = outbound::own(&web.app, page.signed_in()?).await?;
    let receives = own.is_some();
    let (caption, messages) = (page.t("requests-title"), rows(&page, own.unwrap_or_default()));
    Ok(render_page(&RequestsPage { receives, caption, messages, page }))
}
