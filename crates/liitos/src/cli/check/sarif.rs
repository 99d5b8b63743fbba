//! The answer as SARIF 2.1.0, for the tools that developers have: what is broken fails, what is not checked is to be reviewed.

use super::report::Report;
use liitos_domain::plan::Mistake;
use liitos_domain::rules::{Answer, Outcome, Severity, Verdict};
use liitos_service::rules::sources;
use liitos_texts::Language;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// One run over one plan.
pub(super) fn log(report: &Report<'_>) -> Value {
    let results = report.outcomes.iter().flat_map(|outcome| {
        let open = outcome.answers.iter().filter(|answer| answer.verdict != Verdict::Kept);
        open.map(|answer| result(report, outcome, answer))
    });
    let rules = report.outcomes.iter().map(|outcome| rule(report, outcome)).collect();
    let notes: Vec<String> = report.notes.iter().map(|note| report.note(note)).collect();
    run(report.language, rules, results.collect(), &notes)
}

/// One run over one plan that is not written as one: each mistake fails.
pub(super) fn mistakes(plan: &Path, mistakes: &[Mistake], language: Language) -> Value {
    let id = |mistake: &Mistake| format!("plan-{}", mistake.problem.code());
    let ids: BTreeSet<String> = mistakes.iter().map(id).collect();
    let result = |mistake: &Mistake| {
        let joint = if mistake.place.is_empty() { "" } else { ": " };
        json!({
            "ruleId": id(mistake),
            "kind": "fail",
            "level": "error",
            "message": { "text": format!("{}{joint}{}", mistake.place, language.mistake(mistake)) },
            "locations": [location(plan, Some(mistake.line), &mistake.place)],
        })
    };
    run(language, ids.iter().map(|id| json!({ "id": id })).collect(), mistakes.iter().map(result).collect(), &[])
}

fn run(language: Language, rules: Vec<Value>, results: Vec<Value>, notes: &[String]) -> Value {
    let note = |note: &String| json!({ "level": "note", "message": { "text": note } });
    let notes: Vec<Value> = notes.iter().map(note).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "liitos", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "language": language.code(),
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notes }],
            "results": results,
        }],
    })
}

fn location(plan: &Path, line: Option<usize>, place: &str) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": plan.display().to_string() },
            "region": { "startLine": line.unwrap_or_default().max(1) },
        },
        "logicalLocations": [{ "fullyQualifiedName": place }],
    })
}

fn rule(report: &Report<'_>, outcome: &Outcome<'_>) -> Value {
    let text = |part| report.language.rule(outcome.rule, part);
    let level = match outcome.rule.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    };
    json!({
        "id": outcome.rule.id,
        "shortDescription": { "text": text(None) },
        "fullDescription": { "text": text(Some("long")) },
        "help": { "text": text(Some("how")) },
        "defaultConfiguration": { "level": level },
    })
}

fn result(report: &Report<'_>, outcome: &Outcome<'_>, answer: &Answer) -> Value {
    let (language, rule) = (report.language, outcome.rule);
    let (why, how) = (language.rule(rule, Some("long")), language.rule(rule, Some("how")));
    let mender = language.text(rule.mender.key());
    let in_plan = language.rule_in_plan(rule).map_or_else(String::new, |key| format!(" {key}"));
    let broken = answer.verdict == Verdict::Broken;
    let what = if broken {
        language.rule(rule, Some("broken"))
    } else {
        format!("{}: {}", language.rule(rule, None), language.text("verdict-not-checked"))
    };
    // What is not known has nothing to be mended yet.
    let remedy = if broken { format!(" {mender}: {how}{in_plan}") } else { in_plan };
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
        "message": { "text": format!("{what}. {}{found}. {why} ({}){remedy}", answer.place, sources(language, rule)) },
        "locations": [location(report.plan, report.written.line(&answer.place), &answer.place)],
    })
}
