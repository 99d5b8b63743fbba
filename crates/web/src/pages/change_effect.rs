//! What an organisational change does, exactly.

use super::changes::{desk, named};
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::codes::register_name;
use crate::pages::effect::words;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use liitos_domain::change::{Followed, Receiver};
use liitos_service::archive::controller_names;
use liitos_service::changes::{self, title};

/// Most lines that are shown; programs get all.
const MOST_LINES: usize = 500;

#[derive(Template)]
#[template(path = "change_effect.html")]
struct EffectPage {
    page: Page,
    back: String,
    number: String,
    title: String,
    day: String,
    /// How many rights begin and end, and what becomes of the directory, line by line.
    rights: String,
    lines: Vec<String>,
    /// How many lines are left out.
    more: Option<String>,
    /// Controller, register, how many documents.
    documents: Vec<(String, String, u64)>,
    /// Who is told, and of which tasks.
    messages: Vec<(String, Vec<String>)>,
}

/// What a change does, exactly.
pub(crate) async fn show(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (desk, base) = desk(&page);
    let found = changes::effect(&web.app, page.signed_in()?, desk, &number).await?;
    let language = page.language;
    let (opened, closed) = (found.effect.rights_opened.len().to_string(), found.effect.rights_closed.len().to_string());
    let mut lines = words(&web, &page, &found.effect).await?;
    let more = lines.len().checked_sub(MOST_LINES).filter(|more| *more > 0).map(|more| more.to_string());
    lines.truncate(MOST_LINES);
    let controllers = found.documents.keys().map(|(controller, _)| controller.clone()).collect();
    let controllers = controller_names(&web.app, &controllers).await?;
    let documents = found.documents.iter().map(|((controller, register), count)| {
        (controllers.beside(controller.as_str()), register_name(&page, register), *count)
    });
    let message = |(receiver, tasks): &(Receiver, Vec<Followed>)| {
        let who = match receiver {
            Receiver::Owner(owner) => named(&page, owner, &found.names),
            Receiver::CodeService => page.t("change-effect-code-service"),
        };
        (who, tasks.iter().map(|task| title(task, language)).collect())
    };
    Ok(render_page(&EffectPage {
        back: format!("{base}/{number}"),
        day: language.date(found.change.story.day),
        title: found.change.story.title.clone(),
        rights: language.text_with("change-rights", &[("opened", &opened), ("closed", &closed)]),
        lines,
        more: more.map(|more| language.text_with("change-effect-more", &[("count", &more)])),
        documents: documents.collect(),
        messages: found.messages.iter().map(message).collect(),
        number,
        page,
    }))
}
