//! What happened to an application, line by line.

use super::parts::said;
use crate::page::Page;
use liitos_service::applications::{Acceptance, Change, Event, Past};
use liitos_service::names::Names;
use liitos_texts::Language;

/// A line of a timeline.
pub(crate) struct Line {
    pub(crate) at: String,
    pub(crate) what: String,
    pub(crate) by: String,
    pub(crate) more: Vec<String>,
}

/// The states it came into. Who of the operator's staff decided is shown to the staff only.
pub(crate) fn timeline(page: &Page, past: &Past, office: bool) -> Vec<Line> {
    past.events.iter().map(|of| event(page, of, office)).collect()
}

/// A state that an application came into.
pub(crate) fn event(page: &Page, event: &Event, office: bool) -> Line {
    let own = matches!(event.state.as_str(), "draft" | "sent" | "withdrawn");
    Line {
        at: page.since(event.at),
        what: page.t(&format!("event-{}", event.state)),
        by: if own || office { event.person.clone() } else { page.t("mender-operator") },
        more: by_right(page, event).into_iter().chain(event.words.clone()).collect(),
    }
}

/// By which right whoever sent it may bind the applicant.
fn by_right(page: &Page, event: &Event) -> Option<String> {
    let held = event.positions.iter().map(|position| page.position(*position)).collect::<Vec<_>>().join(", ");
    (!held.is_empty()).then(|| page.language.text_with("by-right-of", &[("right", &held)]))
}

/// Who accepted or signed which text, in which language, identified how, and the text's hash.
pub(crate) fn accepted(page: &Page, past: &Past) -> Vec<Line> {
    let line = |accepted: &Acceptance| Line {
        at: page.since(accepted.at),
        what: page.t(&format!("text-{}", accepted.what)),
        by: accepted.person.clone(),
        more: vec![
            format!("{} · {}", in_language(&accepted.language), means(page, &accepted.means)),
            format!("SHA-256 {}", accepted.text_hash),
        ],
    };
    past.accepted.iter().map(line).collect()
}

/// By what means somebody was identified: those of Suomi.fi in words, others as their provider calls them.
fn means(page: &Page, code: &str) -> String {
    match code {
        "bank" | "card" | "mobile" => page.t(&format!("means-{code}")),
        other => other.to_owned(),
    }
}

/// A language by its own name.
fn in_language(code: &str) -> &'static str {
    Language::parse(code).map_or("–", Language::own_name)
}

/// Who changed what.
pub(crate) fn changes(page: &Page, past: &Past) -> Vec<Line> {
    let none = Names::default();
    let said = |field: &str, text: &str| match text {
        "" => "–".to_owned(),
        text => said(page, field, text, &none),
    };
    let line = |change: &Change| Line {
        at: page.since(change.at),
        what: page.t(&format!("step-{}", change.step)),
        by: change.person.clone(),
        more: change
            .fields
            .iter()
            .filter(|(field, _, _)| field != "version")
            .map(|(field, before, after)| {
                format!("{}: {} → {}", page.field_label(field), said(field, before), said(field, after))
            })
            .collect(),
    };
    past.changes.iter().map(line).filter(|line| !line.more.is_empty()).collect()
}
