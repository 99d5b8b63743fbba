//! The answer as SARIF 2.1.0, for the tools that developers have: what is broken fails, what is not checked is to be reviewed.

use super::report::Report;
use liitos_domain::rules::{Answer, Outcome, Severity, Verdict};
use serde_json::{Value, json};

/// One run over one plan.
pub(super) fn log(report: &Report<'_>) -> Value {
    let results = report.outcomes.iter().flat_map(|outcome| {
        let open = outcome.answers.iter().filter(|answer| answer.verdict != Verdict::Kept);
        open.map(|answer| result(report, outcome, answer))
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "liitos",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": report.outcomes.iter().map(|outcome| rule(report, outcome)).collect::<Vec<_>>(),
            }},
            "language": report.language.code(),
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

fn rule(report: &Report<'_>, outcome: &Outcome<'_>) -> Value {
    let (language, key) = (report.language, format!("rule-{}", outcome.rule.id));
    let level = match outcome.rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    };
    json!({
        "id": outcome.rule.id,
        "shortDescription": { "text": language.text(&key) },
        "fullDescription": { "text": language.attribute(&key, "long") },
        "help": { "text": language.attribute(&key, "how") },
        "defaultConfiguration": { "level": level },
    })
}

fn result(report: &Report<'_>, outcome: &Outcome<'_>, answer: &Answer) -> Value {
    let (language, key) = (report.language, format!("rule-{}", outcome.rule.id));
    let (demand, why, how) = (language.text(&key), language.attribute(&key, "long"), language.attribute(&key, "how"));
    let broken = answer.verdict == Verdict::Broken;
    let state = language.text(if broken { "verdict-broken" } else { "verdict-not-checked" });
    let found = if answer.found.is_empty() { String::new() } else { format!(" = {}", answer.found) };
    let level = match outcome.rule.severity {
        _ if !broken => "none",
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    };
    json!({
        "ruleId": outcome.rule.id,
        "kind": if broken { "fail" } else { "review" },
        "level": level,
        "message": { "text": format!("{demand}: {state}. {}{found}. {why} {how}", answer.place) },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": report.plan.display().to_string() },
                "region": { "startLine": report.lines.line(&answer.place) },
            },
            "logicalLocations": [{ "fullyQualifiedName": answer.place }],
        }],
    })
}
