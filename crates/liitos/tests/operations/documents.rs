//! Documents that are generated are not stale, and paths named in documents exist.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn generated_documents_are_fresh() {
    let kept = std::fs::read_to_string(root().join("docs/refusals.md")).unwrap();
    assert!(kept == liitos::cli::docs::refusals(), "docs/refusals.md is stale: make docs");
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
