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
    let mut missing = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        for named in text.split('`').skip(1).step_by(2) {
            let first = named.split('/').next().unwrap_or_default();
            let ours = ["crates", "docs", "locales", "templates", "static", "samples", "deploy", "fuzz", ".ci"]
                .contains(&first);
            if ours && named.contains('/') && !named.contains(['*', '{', ' ', '…', '<']) && !root().join(named).exists()
            {
                missing.push(format!("{}: {named}", file.display()));
            }
        }
    }
    assert!(files.len() > 5);
    assert!(missing.is_empty(), "{missing:#?}");
}
