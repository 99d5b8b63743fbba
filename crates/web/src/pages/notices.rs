//! Notices on a desk: one's own among the pages of the organisation, everybody's at the operator's.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use liitos_service::messages::notice_words;
use liitos_service::notices::{self, Desk, Stored};

/// A notice as a card.
pub(crate) struct Card {
    pub(crate) key: i64,
    pub(crate) heading: String,
    pub(crate) words: Vec<String>,
    pub(crate) joiner: String,
    pub(crate) at: String,
    pub(crate) urgent: bool,
}

/// Notices as cards.
pub(crate) fn cards(page: &Page, notices: &[Stored]) -> Vec<Card> {
    let card = |stored: &Stored| {
        let (heading, words) = notice_words(&stored.notice, page.language);
        let (joiner, at) = (stored.joiner.to_string(), page.since(stored.at));
        Card { key: stored.key, heading, words, joiner, at, urgent: stored.notice.urgent() }
    };
    notices.iter().map(card).collect()
}

#[derive(Template)]
#[template(path = "office/notices.html")]
struct Notices {
    page: Page,
    notices: Vec<Card>,
}

pub(crate) async fn office(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = notices::office(&web.app, page.signed_in()?).await?;
    Ok(render_page(&Notices { notices: cards(&page, &all), page }))
}

pub(crate) async fn settle_own(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    notices::settle(&web.app, page.signed_in()?, Desk::Own, key).await?;
    Ok(Redirect::to("/home"))
}

pub(crate) async fn settle_any(State(web): State<Web>, page: Page, Path(key): Path<i64>) -> Result<Redirect, Failure> {
    notices::settle(&web.app, page.signed_in()?, Desk::Office, key).await?;
    Ok(Redirect::to("/office/notices"))
}
