//! The answer of a pre-flight, for people and for programs.

use super::facts::Note;
use liitos_domain::plan::Written;
use liitos_domain::rules::{Answer, Outcome, Rule, Severity, Verdict};
use liitos_service::rules::{described, sources};
use liitos_texts::Language;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::IsTerminal as _;
use std::path::Path;

pub(super) struct Report<'r> {
    pub(super) outcomes: &'r [Outcome<'r>],
    /// What could not be looked at.
    pub(super) notes: &'r [Note],
    pub(super) plan: &'r Path,
    pub(super) written: &'r Written,
    pub(super) language: Language,
}

/// The groups of the list: their weight, their sign and their colour.
const GROUPS: [(Severity, &str, &str); 3] =
    [(Severity::Error, "✗", "31"), (Severity::Warning, "!", "33"), (Severity::Advice, "i", "36")];
/// The colour of what is not checked.
const OPEN: &str = "35";

impl Report<'_> {
    pub(super) fn print(&self) {
        let coloured = std::io::stdout().is_terminal();
        let paint = |colour: &str, text: &str| {
            if coloured { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        for (severity, sign, colour) in GROUPS {
            let mut outcomes = self.broken(severity).peekable();
            if outcomes.peek().is_some() {
                say!("{}", paint("1", &self.language.text(&format!("severity-{severity}"))));
            }
            for outcome in outcomes {
                self.print_broken(outcome, &paint(colour, sign));
            }
        }
        let open = self.open();
        if !open.is_empty() {
            say!("{}", paint("1", &self.language.text("verdict-not-checked")));
        }
        for note in self.notes {
            say!("{} {}", paint(OPEN, "?"), self.note(note));
        }
        for ((line, place), rules) in open {
            say!("{} {}", paint(OPEN, "?"), self.at(line, place));
            for rule in rules {
                say!("    {} [{}]", self.language.rule(rule, None), rule.id);
            }
        }
        say!("{}", paint("1", &self.summary()));
    }

    fn print_broken(&self, outcome: &Outcome<'_>, sign: &str) {
        let (language, rule) = (self.language, outcome.rule);
        say!("{sign} {}  [{}]", language.rule(rule, Some("broken")), rule.id);
        for Answer { place, found, .. } in outcome.answers.iter().filter(|answer| answer.verdict == Verdict::Broken) {
            let equals = if found.is_empty() { "" } else { " = " };
            say!("    {}{equals}{found}", self.at(self.written.line(place), place));
        }
        say!("    {} ({})", language.rule(rule, Some("long")), sources(language, rule));
        let (mender, how) = (language.text(rule.mender.key()), language.rule(rule, Some("how")));
        let in_plan = language.rule_in_plan(rule).map(|key| format!(" {key}"));
        say!("    {}: {mender}. {how}{}", language.text("check-mender"), in_plan.unwrap_or_default());
    }

    /// File, line and place, as tools that jump to a line read it.
    fn at(&self, line: Option<usize>, place: &str) -> String {
        let line = line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{}{line} {place}", self.plan.display())
    }

    pub(super) fn note(&self, note: &Note) -> String {
        match note {
            Note::Registers => self.language.text("check-note-registers"),
            Note::Issuers => self.language.text("check-note-issuers"),
            Note::Probe => self.language.text("check-note-probe"),
            Note::Rdap => self.language.text("check-note-rdap"),
            Note::Holder(address, problem) => {
                let arguments = [("address", &*address.to_string()), ("problem", problem)];
                self.language.text_with("check-note-holder", &arguments)
            }
            Note::File(file) => self.language.text_with("check-note-file", &[("file", file)]),
        }
    }

    pub(super) fn json(&self) -> Value {
        let answer = |answer: &Answer| {
            let line = self.written.line(&answer.place);
            json!({ "verdict": answer.verdict, "place": answer.place, "line": line, "found": answer.found })
        };
        let told = |outcome: &Outcome<'_>| {
            json!({
                "rule": described(outcome.rule, self.language),
                "verdict": outcome.verdict(),
                "answers": outcome.answers.iter().map(answer).collect::<Vec<_>>(),
            })
        };
        let outcomes: Vec<Value> = self.outcomes.iter().map(told).collect();
        let notes: Vec<String> = self.notes.iter().map(|note| self.note(note)).collect();
        json!({ "plan": self.plan, "outcomes": outcomes, "notes": notes })
    }

    fn broken(&self, severity: Severity) -> impl Iterator<Item = &Outcome<'_>> {
        let broken = |outcome: &&Outcome<'_>| outcome.verdict() == Some(Verdict::Broken);
        self.outcomes.iter().filter(broken).filter(move |outcome| outcome.rule.severity == severity)
    }

    /// What is not known, place by place in the plan's order, with the rules that need it.
    fn open(&self) -> BTreeMap<(Option<usize>, &str), Vec<&Rule>> {
        let mut places: BTreeMap<(Option<usize>, &str), Vec<&Rule>> = BTreeMap::new();
        for outcome in self.outcomes {
            for answer in outcome.answers.iter().filter(|answer| answer.verdict == Verdict::NotChecked) {
                let place = (self.written.line(&answer.place), answer.place.as_str());
                places.entry(place).or_default().push(outcome.rule);
            }
        }
        places
    }

    fn summary(&self) -> String {
        let with = |verdict| self.outcomes.iter().filter(move |outcome| outcome.verdict() == Some(verdict)).count();
        let (kept, open) = (with(Verdict::Kept).to_string(), with(Verdict::NotChecked).to_string());
        let broken = |severity| self.broken(severity).count().to_string();
        let arguments = [
            ("kept", kept.as_str()),
            ("errors", &broken(Severity::Error)),
            ("warnings", &broken(Severity::Warning)),
            ("advice", &broken(Severity::Advice)),
            ("open", &open),
        ];
        self.language.text_with("check-summary", &arguments)
    }
}
