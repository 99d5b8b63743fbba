//! For each rule a plan that breaks it, as a person would run it.

use liitos_domain::rules::Rulebook;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Rules about what only a look at the network shows: their plans are asked without one here, and `look` shows them.
const LOOKED: [&str; 4] = ["name-leads", "address-answers", "certificate-served", "addresses-attributable"];

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples")
}

/// The rules that a plan breaks, asked on its first day or on the day that its first line names.
fn broken(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let first = text.lines().next().unwrap();
    let named = first.split_once("--at ").map(|(_, rest)| rest.trim_end_matches('.').to_owned());
    let start = text.split_once("start = \"").unwrap().1;
    let at = named.unwrap_or_else(|| start.split('"').next().unwrap().to_owned());
    let certificates = samples().join("plans/broken/certificates");
    let output = Command::new(env!("CARGO_BIN_EXE_liitos"))
        .arg("check")
        .arg(file)
        .args(["--format", "json", "--at", &at, "--registers"])
        .arg(samples().join("registers"))
        .arg("--trust")
        .arg(certificates.join("issuer.pem"))
        .arg("--crl")
        .arg(certificates.join("revoked.crl"))
        .output()
        .unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert!(answer.is_object(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    let outcomes = answer["outcomes"].as_array().unwrap().iter().filter(|row| row["verdict"] == "broken");
    outcomes.map(|row| row["rule"]["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_rule_has_a_plan_that_breaks_it() {
    let rules: BTreeSet<&str> = Rulebook::standard().rules().iter().map(|rule| rule.id.as_str()).collect();
    let folder = samples().join("plans/broken");
    let files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    let stems: BTreeSet<String> =
        files.iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(stems.iter().map(String::as_str).collect::<BTreeSet<_>>(), rules);
    // Processes that mostly wait for their own start: a few at once.
    let parts = files.chunks(files.len().div_ceil(4));
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let workers: Vec<_> = parts
            .map(|part| {
                scope.spawn(move || {
                    let named = |file: &&PathBuf| {
                        let rule = file.file_stem().unwrap().to_string_lossy().into_owned();
                        (!LOOKED.contains(&rule.as_str()) && !broken(file).contains(&rule)).then_some(rule)
                    };
                    part.iter().filter_map(|file| named(&file)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "plans that do not break their rule: {wrong:?}");
}
