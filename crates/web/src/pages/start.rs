//! The first page: what can be done here, how joining goes, what one needs.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    page: Page,
    /// How long decisions took lately, where there were any.
    usual: Option<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let usual = page.usual_wait(&web).await?;
    Ok(render_page(&Start { usual, page }))
}
