//! A rule as people and programs read it.

use liitos_domain::Moment;
use liitos_domain::plan::Mistake;
use liitos_domain::rules::{Outcome, Rule};
use liitos_texts::Language;
use serde_json::{Value, json};

/// When a rule is in force, in words.
#[must_use]
pub fn in_force(language: Language, rule: &Rule) -> String {
    let valid = rule.valid();
    let from = (valid.from > Moment::from_micros(i64::MIN)).then(|| language.date(valid.from));
    // The last day in force.
    let until = valid.until.map(|until| language.date(until.plus_seconds(-1)));
    match (from.as_deref(), until.as_deref()) {
        (None, None) => language.text("rules-always"),
        (None, Some(until)) => language.text_with("rules-until", &[("until", until)]),
        (Some(from), None) => language.text_with("rules-from", &[("from", from)]),
        (Some(from), Some(until)) => language.text_with("rules-between", &[("from", from), ("until", until)]),
    }
}

/// Where a rule stands.
#[must_use]
pub fn sources(language: Language, rule: &Rule) -> String {
    rule.sources.iter().map(|source| language.source(source)).collect::<Vec<_>>().join("; ")
}

/// A rule as JSON.
#[must_use]
pub fn described(rule: &Rule, language: Language) -> Value {
    let valid = rule.valid();
    let from = (valid.from > Moment::from_micros(i64::MIN)).then(|| valid.from.to_string());
    let sources: Vec<String> = rule.sources.iter().map(|source| language.source(source)).collect();
    json!({
        "id": rule.id, "severity": rule.severity, "from": from, "until": valid.until.map(|until| until.to_string()),
        "sources": sources, "assumed": rule.assumed, "mender": rule.mender, "text": language.rule(rule, None),
        "broken": language.rule(rule, Some("broken")), "long": language.rule(rule, Some("long")),
        "how": language.rule(rule, Some("how")), "plan": language.rule_in_plan(rule), "check": rule.check,
    })
}

/// What a rule says of a plan, as JSON: the rule, the worst verdict, and each answer with its place.
#[must_use]
pub fn told(outcome: &Outcome<'_>, language: Language) -> Value {
    json!({ "rule": described(outcome.rule, language), "verdict": outcome.verdict(), "answers": outcome.answers })
}

/// A mistake in how a plan is written, as JSON.
#[must_use]
pub fn mistaken(mistake: &Mistake, language: Language) -> Value {
    let line = (mistake.line > 0).then_some(mistake.line);
    json!({ "place": mistake.place, "line": line, "code": mistake.problem.code(), "text": language.mistake(mistake) })
}
