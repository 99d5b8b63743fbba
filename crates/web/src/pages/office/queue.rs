//! What waits for the operator, longest first.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_service::applications;

#[derive(Template)]
#[template(path = "office/queue.html")]
struct Queue {
    page: Page,
    rows: Vec<Row>,
}

struct Row {
    number: String,
    joiner: String,
    service: String,
    since: String,
    state: String,
    look: &'static str,
    handler: String,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let mut rows = Vec::new();
    for stored in applications::queue(&web.app, page.signed_in()?).await? {
        let (state, look) = page.state(&stored.application.state);
        rows.push(Row {
            state,
            look,
            handler: stored.handler.as_ref().map_or_else(|| "–".to_owned(), |(_, name)| name.clone()),
            joiner: organisation_name(&web, &stored.application.joiner).await,
            service: page.service(stored.application.service),
            since: page.since(stored.sent_at.unwrap_or(stored.created_at)),
            number: stored.application.number,
        });
    }
    Ok(render_page(&Queue { page, rows }))
}
