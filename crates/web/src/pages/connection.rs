//! An organisation's connections as pictures, and in words.

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
    drawn: Vec<Drawn>,
}

struct Drawn {
    name: String,
    /// When it begins, where it is not in force yet.
    begins: Option<String>,
    /// SVG, escaped where it was drawn; and the same in words.
    svg: String,
    words: Vec<String>,
}

pub(crate) async fn own(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = directory::own_connections(&web.app, page.signed_in()?).await?;
    let drawn = all.iter().map(|(pictured, begins)| {
        let drawing = Drawing { plan: &pictured.plan, other: None, names: &pictured.names, language: page.language };
        let joiner = &pictured.plan.joiner;
        Drawn {
            name: pictured.names.get(joiner).cloned().unwrap_or_else(|| joiner.to_string()),
            begins: begins.map(|at| page.language.text_with("draw-begins", &[("day", &page.language.date(at))])),
            svg: svg(&drawing),
            words: describe(&drawing),
        }
    });
    Ok(render_page(&Connection { drawn: drawn.collect(), page }))
}
