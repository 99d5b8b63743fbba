//! Messages on their way to units, and those that did not arrive.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_domain::Moment;
use liitos_domain::outbound::OutboundState;
use liitos_service::outbound;

#[derive(Template)]
#[template(path = "office/outbound.html")]
struct OutboundPage {
    page: Page,
    messages: Vec<Row>,
}

struct Row {
    id: String,
    unit: String,
    taken: String,
    state: String,
    look: &'static str,
    tries: i32,
    next: Option<String>,
    problem: Option<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let listed = outbound::list(&web.app, page.signed_in()?).await?;
    let row = |message: outbound::Listed| {
        let state = OutboundState::parse(&message.state);
        let waits = state == Some(OutboundState::Waiting);
        Row {
            state: page.t(&format!("outbound-{}", message.state)),
            look: match state {
                Some(OutboundState::Delivered) => "ready",
                Some(OutboundState::Waiting) if message.tries == 0 => "open",
                _ => "attention",
            },
            taken: page.since(Moment::from_micros(message.taken_at)),
            next: waits.then(|| page.since(Moment::from_micros(message.run_at))),
            id: message.message_id,
            unit: message.unit,
            tries: message.tries,
            problem: message.problem,
        }
    };
    let messages = listed.into_iter().map(row).collect();
    Ok(render_page(&OutboundPage { page, messages }))
}
