//! The first page.

use crate::page::{Page, render_page};
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    page: Page,
}

pub(crate) async fn show(page: Page) -> Response {
    render_page(&Start { page })
}
