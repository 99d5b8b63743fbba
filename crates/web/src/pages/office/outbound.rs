//! Messages on their way to units, and those that did not arrive.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Form as Posted;
use axum::extract::State;
use axum::response::{Redirect, Response};
use liitos_domain::outbound::OutboundState;
use liitos_domain::{Duty, Moment, Oid, RefusalCode};
use liitos_service::{ServiceError, outbound};
use serde::Deserialize;

/// Most units with which something is amiss that are shown.
const MOST_MARKS: usize = 100;

#[derive(Template)]
#[template(path = "office/outbound.html")]
struct OutboundPage {
    page: Page,
    /// What the table is of.
    caption: String,
    messages: Vec<MessageRow>,
    /// Units with which something is amiss.
    marks: Vec<Mark>,
    /// Of how many more is not shown.
    more: Option<String>,
    /// Whether the reader may pass on what waits.
    passes: bool,
}

/// A message on its way to a unit, or that ended.
pub(crate) struct MessageRow {
    pub(crate) id: String,
    pub(crate) unit: String,
    pub(crate) taken: String,
    pub(crate) state: String,
    pub(crate) look: &'static str,
    pub(crate) tries: i32,
    pub(crate) next: Option<String>,
    pub(crate) problem: Option<String>,
}

struct Mark {
    unit: String,
    name: String,
    amiss: Vec<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let messages = rows(&page, outbound::list(&web.app, page.signed_in()?).await?);
    let passes = page.signed_in()?.must_carry_out(Duty::Keep).is_ok();
    let mark = |found: outbound::Found| Mark {
        amiss: found.amiss.iter().map(|amiss| page.t(&format!("amiss-{amiss}"))).collect(),
        unit: found.unit,
        name: found.name,
    };
    let found = outbound::marks(&web.app, page.signed_in()?).await?;
    let more = found.len().saturating_sub(MOST_MARKS);
    let marks = found.into_iter().take(MOST_MARKS).map(mark).collect();
    let more = (more > 0).then(|| page.language.text_with("outbound-marks-more", &[("count", &more.to_string())]));
    Ok(render_page(&OutboundPage { caption: page.t("outbound-title"), passes, page, messages, marks, more }))
}

/// Messages as they are listed.
pub(crate) fn rows(page: &Page, listed: Vec<outbound::Listed>) -> Vec<MessageRow> {
    let row = |message: outbound::Listed| {
        let state = OutboundState::parse(&message.state);
        let waits = state == Some(OutboundState::Waiting);
        MessageRow {
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
    listed.into_iter().map(row).collect()
}

#[derive(Deserialize)]
pub(crate) struct PassOn {
    unit: String,
    successor: String,
}

pub(crate) async fn pass_on(
    State(web): State<Web>,
    page: Page,
    Posted(asked): Posted<PassOn>,
) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    actor.must_carry_out(Duty::Keep)?;
    let unit = |text: &str, field: &str| {
        Oid::parse(text.trim()).map_err(|_| ServiceError::refused(RefusalCode::FormInvalid, field))
    };
    let (from, to) = (unit(&asked.unit, "unit")?, unit(&asked.successor, "successor")?);
    outbound::pass_on(&web.app, actor, &from, &to).await?;
    Ok(Redirect::to("/office/outbound"))
}
