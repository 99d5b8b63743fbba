//! An organisation's connection as a picture, and in words.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_service::directory;
use liitos_service::drawing::{Drawing, describe, svg};

#[derive(Template)]
#[template(path = "connection.html")]
struct Connection {
    page: Page,
    /// SVG, escaped where it was drawn; and the same in words.
    picture: Option<(String, Vec<String>)>,
}

pub(crate) async fn own(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let pictured = directory::own_connection(&web.app, page.signed_in()?).await?;
    let picture = pictured.map(|pictured| {
        let drawing = Drawing { plan: &pictured.plan, other: None, names: &pictured.names, language: page.language };
        (svg(&drawing), describe(&drawing))
    });
    Ok(render_page(&Connection { picture, page }))
}
