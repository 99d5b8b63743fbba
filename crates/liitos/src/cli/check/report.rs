//! The answer of a pre-flight, for people and for programs.

use super::super::rules::{described, sources};
use super::lines::Lines;
use liitos_domain::rules::{Answer, Outcome, Severity, Verdict};
use liitos_texts::Language;
use serde_json::{Value, json};
use std::io::IsTerminal as _;
use std::path::Path;

pub(super) struct Report<'r> {
    pub(super) outcomes: &'r [Outcome<'r>],
    /// What could not be looked at.
    pub(super) notes: &'r [String],
    pub(super) lines: Lines<'r>,
    pub(super) language: Language,
}

/// The groups of the list: what they hold, their sign and their colour.
const GROUPS: [(Group, &str, &str); 4] = [
    (Group::Broken(Severity::Error), "✗", "31"),
    (Group::Broken(Severity::Warning), "!", "33"),
    (Group::Broken(Severity::Advice), "i", "36"),
    (Group::NotChecked, "?", "35"),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Group {
    Broken(Severity),
    NotChecked,
}

impl Report<'_> {
    pub(super) fn print(&self, plan: &Path) {
        let coloured = std::io::stdout().is_terminal();
        let paint = |colour: &str, text: &str| {
            if coloured { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        for (group, sign, colour) in GROUPS {
            let mut outcomes = self.of(group).peekable();
            if outcomes.peek().is_some() {
                say!("{}", paint("1", &self.heading(group)));
            }
            for outcome in outcomes {
                self.print_outcome(outcome, group, &paint(colour, sign), plan);
            }
        }
        for note in self.notes {
            say!("{} {note}", paint("35", "?"));
        }
        say!("{}", paint("1", &self.summary()));
    }

    fn print_outcome(&self, outcome: &Outcome<'_>, group: Group, sign: &str, plan: &Path) {
        let (language, key) = (self.language, format!("rule-{}", outcome.rule.id));
        let answers = |wanted| outcome.answers.iter().filter(move |answer| answer.verdict == wanted);
        say!("{sign} {}  [{}]", language.text(&key), outcome.rule.id);
        if group == Group::NotChecked {
            let places: Vec<&str> = answers(Verdict::NotChecked).map(|answer| answer.place.as_str()).collect();
            say!("    {}", places.join(", "));
            return;
        }
        for Answer { place, found, .. } in answers(Verdict::Broken) {
            let equals = if found.is_empty() { "" } else { " = " };
            say!("    {}:{} {place}{equals}{found}", plan.display(), self.lines.line(place));
        }
        say!("    {} ({})", language.attribute(&key, "long"), sources(language, outcome.rule));
        let mender = language.text(outcome.rule.mender.key());
        say!("    {}: {mender}. {}", language.text("check-mender"), language.attribute(&key, "how"));
    }

    pub(super) fn json(&self) -> Value {
        let told = |outcome: &Outcome<'_>| {
            json!({
                "rule": described(outcome.rule, self.language),
                "verdict": outcome.verdict(),
                "answers": outcome.answers,
            })
        };
        let outcomes: Vec<Value> = self.outcomes.iter().map(told).collect();
        json!({ "outcomes": outcomes, "notes": self.notes })
    }

    /// The outcomes of a group: an outcome stands with the worst of its answers.
    fn of(&self, group: Group) -> impl Iterator<Item = &Outcome<'_>> {
        self.outcomes.iter().filter(move |outcome| match group {
            Group::Broken(severity) => outcome.verdict() == Some(Verdict::Broken) && outcome.rule.severity == severity,
            Group::NotChecked => outcome.verdict() == Some(Verdict::NotChecked),
        })
    }

    fn heading(&self, group: Group) -> String {
        match group {
            Group::Broken(severity) => self.language.text(&format!("severity-{severity}")),
            Group::NotChecked => self.language.text("verdict-not-checked"),
        }
    }

    fn summary(&self) -> String {
        let count = |group| self.of(group).count().to_string();
        let kept = self.outcomes.iter().filter(|outcome| outcome.verdict() == Some(Verdict::Kept)).count().to_string();
        let arguments = [
            ("kept", kept.as_str()),
            ("errors", &count(Group::Broken(Severity::Error))),
            ("warnings", &count(Group::Broken(Severity::Warning))),
            ("advice", &count(Group::Broken(Severity::Advice))),
            ("open", &count(Group::NotChecked)),
        ];
        self.language.text_with("check-summary", &arguments)
    }
}
