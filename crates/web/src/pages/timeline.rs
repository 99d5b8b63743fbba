//! What waits, for whom and since when, and what has happened, of everything that an organisation has here.

use super::contacts;
use super::past::{Line, event};
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_service::messages::notice_words;
use liitos_service::timeline::{Happened, Matter, Turn, Waits, timeline};

#[derive(Template)]
#[template(path = "timeline.html")]
struct TimelinePage {
    page: Page,
    waits: Vec<Waiting>,
    /// How long decisions took lately, where one is waited for.
    usual: Option<String>,
    happened: Vec<Line>,
}

struct Waiting {
    what: String,
    /// Where it is seen to, where there is such a page.
    link: Option<String>,
    turn: String,
    look: &'static str,
    since: String,
    until: Option<String>,
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let all = timeline(&web.app, page.signed_in()?).await?;
    let usual = match all.waits.iter().any(|waits| waits.turn == Turn::Operator) {
        true => page.usual_wait(&web).await?,
        false => None,
    };
    Ok(render_page(&TimelinePage {
        usual,
        waits: all.waits.iter().map(|waits| waiting(&page, waits)).collect(),
        happened: all.happened.iter().map(|happened| line(&page, happened)).collect(),
        page,
    }))
}

/// What something is about, in words.
pub(crate) fn matter(page: &Page, matter: &Matter) -> String {
    let t = |key: &str, name: &str, value: &str| page.language.text_with(key, &[(name, value)]);
    match matter {
        Matter::Application(number, service) => format!("{} {number}", page.service(*service)),
        Matter::Start(number, service) => {
            page.language.text_with("timeline-start", &[("service", &page.service(*service)), ("number", number)])
        }
        Matter::Change(basis) => t("timeline-change", "basis", &page.language.basis(basis)),
        Matter::Addresses(addresses) => t("timeline-addresses", "addresses", &addresses.join(", ")),
        Matter::Invitation(name) => t("timeline-invitation", "name", name),
        Matter::DeploymentTest(None, service) => t("timeline-test-due", "service", &page.service(*service)),
        Matter::DeploymentTest(Some(number), service) => {
            format!("{} {number}: {}", page.t("deployment-number"), page.service(*service))
        }
        Matter::Notice(notice) => notice_words(notice, page.language).0,
    }
}

fn waiting(page: &Page, waits: &Waits) -> Waiting {
    Waiting {
        what: matter(page, &waits.matter),
        link: match &waits.matter {
            Matter::Application(number, _) | Matter::Start(number, _) => Some(format!("/applications/{number}")),
            Matter::Addresses(_) => Some("/contacts".to_owned()),
            Matter::Invitation(_) => Some("/members".to_owned()),
            Matter::DeploymentTest(None, _) => Some("/deployment-tests".to_owned()),
            Matter::DeploymentTest(Some(number), _) => Some(format!("/deployment-tests/{number}")),
            Matter::Notice(_) => Some("/home#notices".to_owned()),
            Matter::Change(_) => None,
        },
        turn: page.t(&format!("waits-{}", waits.turn.code())),
        look: if waits.turn == Turn::Own { "attention" } else { "open" },
        since: page.since(waits.since),
        until: waits.until.map(|until| page.since(until)),
    }
}

fn line(page: &Page, happened: &Happened) -> Line {
    let about = |line: Line, what: String| Line { what: format!("{what}: {}", line.what), ..line };
    match happened {
        Happened::Application(number, service, of) => {
            about(event(page, of, false), format!("{} {number}", page.service(*service)))
        }
        Happened::Contacts(change) => contacts::line(page, change),
        Happened::Enrolled(service, at, start, person) => Line {
            at: page.since(*at),
            what: format!("{}: {}", page.t("enrolment-title"), page.service(*service)),
            by: person.clone(),
            more: vec![format!("{}: {}", page.label("enrolment-start"), page.language.date(*start))],
        },
        Happened::Directory(version, basis, at) => Line {
            at: page.since(*at),
            what: page.language.text_with("timeline-directory", &[("basis", &page.language.basis(basis))]),
            by: page.t("mender-operator"),
            more: vec![format!("{} {version}", page.t("office-directory-version"))],
        },
    }
}
