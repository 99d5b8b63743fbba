//! What happened to an application, line by line.

use crate::page::Page;
use liitos_service::applications::{Acceptance, Change, Event, Past};

/// A line of a timeline.
pub(crate) struct Line {
    pub(crate) at: String,
    pub(crate) what: String,
    pub(crate) by: String,
    pub(crate) more: Vec<String>,
}

/// The states it came into. Who of the operator's staff decided is shown to the staff only.
pub(crate) fn timeline(page: &Page, past: &Past, office: bool) -> Vec<Line> {
    let line = |event: &Event| {
        let own = matches!(event.state.as_str(), "draft" | "sent" | "withdrawn");
        Line {
            at: page.since(event.at),
            what: page.t(&format!("event-{}", event.state)),
            by: if own || office { event.person.clone() } else { page.t("mender-operator") },
            more: event.words.iter().cloned().collect(),
        }
    };
    past.events.iter().map(line).collect()
}

/// Who accepted or signed which text, in which language, identified how, and the text's hash.
pub(crate) fn accepted(page: &Page, past: &Past) -> Vec<Line> {
    let line = |accepted: &Acceptance| Line {
        at: page.since(accepted.at),
        what: page.t(&format!("text-{}", accepted.what)),
        by: accepted.person.clone(),
        more: vec![format!("{} · {}", accepted.language, accepted.means), format!("SHA-256 {}", accepted.text_hash)],
    };
    past.accepted.iter().map(line).collect()
}

/// Who changed what.
pub(crate) fn changes(page: &Page, past: &Past) -> Vec<Line> {
    let said = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let line = |change: &Change| Line {
        at: page.since(change.at),
        what: page.t(&format!("step-{}", change.step)),
        by: change.person.clone(),
        more: change
            .fields
            .iter()
            .filter(|(field, _, _)| field != "version")
            .map(|(field, before, after)| format!("{}: {} → {}", page.field_label(field), said(before), said(after)))
            .collect(),
    };
    past.changes.iter().map(line).filter(|line| !line.more.is_empty()).collect()
}
