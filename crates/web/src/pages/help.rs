//! What to do when something happens, and the field's words in three languages. For anybody.

use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use liitos_domain::RefusalCode;
use liitos_service::ServiceError;
use liitos_texts::Language;

/// Something that happens, and what is done then.
struct Topic {
    code: &'static str,
    /// How many steps it takes.
    steps: usize,
    /// Where they begin.
    page: &'static str,
}

const TOPICS: &[Topic] = &[
    Topic { code: "sign-in", steps: 6, page: "/organisations" },
    Topic { code: "no-access-point", steps: 4, page: "/home" },
    Topic { code: "more-asked", steps: 3, page: "/home" },
    Topic { code: "person-leaves", steps: 4, page: "/contacts" },
    Topic { code: "certificate-ends", steps: 4, page: "/certificates" },
    Topic { code: "refused", steps: 4, page: "/decision" },
    Topic { code: "changes-health-care", steps: 6, page: "/notifications" },
    Topic { code: "changes-pharmacy", steps: 5, page: "/notifications" },
    Topic { code: "changes-kelain", steps: 4, page: "/contacts" },
    Topic { code: "ending", steps: 5, page: "/notifications" },
    Topic { code: "supplier", steps: 4, page: "/programs" },
];

/// The field's terms, as in the sources.
const TERMS: &[&str] = &[
    "joiner",
    "host",
    "tenant",
    "intermediary",
    "organiser",
    "producer",
    "access-point",
    "link",
    "collection-point",
    "directory",
    "access",
    "direct",
    "joint",
    "parallel",
    "application",
    "undertaking",
    "service-description",
    "deployment-test",
    "controller",
    "renewal-request",
    "server-certificate",
    "signature-certificate",
    "archivist",
    "data-protection-officer",
    "fault-notification",
    "code-service",
    "astori",
    "business-id",
];

#[derive(Template)]
#[template(path = "help.html")]
struct HelpPage {
    page: Page,
    /// Address, title and when.
    topics: Vec<(String, String, String)>,
}

#[derive(Template)]
#[template(path = "help_topic.html")]
struct TopicPage {
    title: String,
    when: String,
    steps: Vec<String>,
    go: &'static str,
    page: Page,
}

#[derive(Template)]
#[template(path = "glossary.html")]
struct GlossaryPage {
    terms: Vec<Term>,
    page: Page,
}

/// A term as a reader of one language meets it.
struct Term {
    code: &'static str,
    name: String,
    meaning: String,
    /// In the other languages.
    others: Vec<(Language, String)>,
}

pub(crate) async fn list(page: Page) -> Response {
    let told = |topic: &Topic| {
        let key = format!("help-{}", topic.code);
        (format!("/help/{}", topic.code), page.t(&key), page.t(&format!("{key}-when")))
    };
    render_page(&HelpPage { topics: TOPICS.iter().map(told).collect(), page })
}

pub(crate) async fn topic(page: Page, Path(code): Path<String>) -> Result<Response, Failure> {
    let topic = TOPICS.iter().find(|topic| topic.code == code);
    let topic = topic.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "help"))?;
    let key = format!("help-{}", topic.code);
    Ok(render_page(&TopicPage {
        title: page.t(&key),
        when: page.t(&format!("{key}-when")),
        steps: (1..=topic.steps).map(|step| page.t(&format!("{key}-{step}"))).collect(),
        go: topic.page,
        page,
    }))
}

pub(crate) async fn glossary(page: Page) -> Response {
    let term = |code: &&'static str| {
        let key = format!("term-{code}");
        let others = Language::ALL.into_iter().filter(|language| *language != page.language);
        Term {
            code,
            name: page.t(&key),
            meaning: page.t(&format!("{key}-meaning")),
            others: others.map(|language| (language, language.text(&key))).collect(),
        }
    };
    let mut terms: Vec<Term> = TERMS.iter().map(term).collect();
    terms.sort_by_key(|term| term.name.to_lowercase());
    render_page(&GlossaryPage { terms, page })
}
