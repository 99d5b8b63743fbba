//! Documents that are generated are not stale, and paths named in documents exist.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn generated_documents_are_fresh() {
    let kept = std::fs::read_to_string(root().join("docs/refusals.md")).unwrap();
    assert!(kept == liitos::cli::docs::refusals(), "docs/refusals.md is stale: make docs");
    let kept = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    assert!(kept == liitos::cli::docs::rulebook(), "docs/rules.md is stale: make docs");
}

#[test]
fn paths_named_in_documents_exist() {
    let mut files = Vec::new();
    for folder in ["", "docs", "docs/adr"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().flatten().map(|entry| entry.path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
    }
    let (mut missing, mut named_paths) = (Vec::new(), 0);
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        for named in quoted.filter(|named| in_the_house(named)) {
            named_paths += 1;
            if !root().join(named).exists() {
                missing.push(format!("{}: {named}", file.display()));
            }
        }
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !link.contains("://")) {
            named_paths += 1;
            if !file.parent().unwrap().join(link).exists() {
                missing.push(format!("{}: link to {link}", file.display()));
            }
        }
    }
    assert!(files.len() > 5 && named_paths > 50, "{named_paths}");
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whether a quoted text is a path of this project, without placeholders.
fn in_the_house(named: &str) -> bool {
    let first = named.split('/').next().unwrap_or_default();
    let folders = ["crates", "docs", "locales", "templates", "static", "samples", "deploy", "fuzz", ".ci"];
    folders.contains(&first) && named.contains('/') && !named.contains(['*', '{', ' ', '…', '<'])
}

/// The reader of a plan says itself, table by table, which keys it knows.
#[test]
fn every_key_of_a_plan_is_described() {
    let described = std::fs::read_to_string(root().join("docs/plans.md")).unwrap();
    let head = "start = \"2027-01-15\"\njoiner = \"1.2.246.10.99999036.10.0\"\nactivity = \"health-care\"\n";
    for table in
        ["", "[[service]]", "[[system]]", "[[access_point]]", "[[access_point]]\n[[access_point.link]]", "[[tenant]]"]
    {
        describes(&described, &format!("{head}{table}\nno_such_key = 1\n"));
    }
    for table in ["[signature]", "[collection_point]"] {
        describes(&described, &format!("{head}{table}\nno_such_key = 1\n"));
    }
}

fn describes(described: &str, plan: &str) {
    let error = toml::from_str::<liitos_domain::plan::Plan>(plan).unwrap_err().to_string();
    let (_, keys) = error.split_once("expected one of").or_else(|| error.split_once("expected ")).unwrap();
    let keys: Vec<&str> = keys.split('`').skip(1).step_by(2).collect();
    assert!(!keys.is_empty(), "{error}");
    for key in keys {
        assert!(
            described.contains(&format!("`{key}`")) || described.contains(&format!("[{key}]")),
            "docs/plans.md: {key}"
        );
    }
}
