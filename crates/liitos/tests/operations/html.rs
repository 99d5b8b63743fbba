//! Pages are asked of an HTML validator: html-validate, which knows the standard's content model.

use liitos_testkit::states::State;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// What is asked of every page; why some of the validator's own rules are not.
const CONFIG: &str = r#"{
  "root": true,
  "extends": ["html-validate:standard"],
  "rules": { "long-title": "off" }
}"#;

/// Where `make tools` puts it.
fn validator() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/axe/node_modules/.bin/html-validate");
    assert!(tools.exists(), "{} is missing: make tools", tools.display());
    tools
}

/// What stands in the templates and in none of the pages, by template: each branch of each has words or marks of its own.
pub(crate) fn never_shown(pages: &[State]) -> Vec<String> {
    let mut lacking = Vec::new();
    for (template, text) in templates() {
        for literal in literals(&text) {
            if !pages.iter().any(|page| page.text.contains(literal)) {
                lacking.push(format!("{template}: {literal}"));
            }
        }
    }
    lacking
}

/// Nothing in any of the pages is against the standard.
pub(crate) fn are_valid(pages: &[State]) {
    let found = told(pages);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// All templates, by their names.
fn templates() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates");
    let mut found = Vec::new();
    for folder in [root.clone(), root.join("office")] {
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        for file in files.filter(|path| path.extension().is_some_and(|end| end == "html")) {
            let name = file.strip_prefix(&root).unwrap().display().to_string();
            found.push((name, std::fs::read_to_string(&file).unwrap()));
        }
    }
    found.sort();
    found
}

/// Shortest text that tells a place in a template.
const TELLING: usize = 8;

/// What stands in a template as it is written, between what is filled in.
fn literals(template: &str) -> impl Iterator<Item = &str> {
    let mut rest = template;
    let parts = std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let opens = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min().unwrap_or(rest.len());
        let (literal, tag) = rest.split_at(opens);
        let end = if tag.starts_with("{{") { "}}" } else { "%}" };
        rest = tag.split_once(end).map_or("", |(_, after)| after);
        Some(literal.trim())
    });
    parts.filter(|literal| literal.len() >= TELLING)
}

fn told(pages: &[State]) -> Vec<String> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("liitos-html-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(".htmlvalidate.json"), CONFIG).unwrap();
    for (number, page) in pages.iter().enumerate() {
        std::fs::write(folder.join(format!("{number}.html")), &page.text).unwrap();
    }
    let asked = Command::new(validator()).args(["--formatter", "json", "."]).current_dir(&folder).output();
    let answer = asked.unwrap().stdout;
    std::fs::remove_dir_all(&folder).unwrap();
    let results: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let mut found = Vec::new();
    for page in results.as_array().unwrap() {
        let file = Path::new(page["filePath"].as_str().unwrap());
        let number: usize = file.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        for message in page["messages"].as_array().unwrap() {
            let line = message["line"].as_u64().unwrap();
            let (rule, words) = (message["ruleId"].as_str().unwrap(), message["message"].as_str().unwrap());
            let State { name, language, .. } = &pages[number];
            found.push(format!("{language} {name}:{line} {rule}: {words}"));
        }
    }
    found
}

#[test]
fn what_is_against_the_standard_is_found() {
    let page = |body: &str| {
        let text =
            format!("<!doctype html>\n<html lang=\"fi\"><head><title>a</title></head><body>{body}</body></html>\n");
        State { name: "page".to_owned(), language: "fi", text }
    };
    assert_eq!(told(&[page("<p>a</p>")]), Vec::<String>::new());
    for (wrong, rule) in [
        ("<p><div>a</div></p>", "close-order"),
        ("<p id=\"a\">a</p><p id=\"a\">b</p>", "no-dup-id"),
        ("<ul><p>a</p></ul>", "element-permitted-content"),
    ] {
        let found = told(&[page(wrong)]);
        assert!(found.iter().any(|line| line.contains(rule)), "{wrong}: {found:?}");
    }
}

#[test]
fn what_a_template_says_is_found() {
    let template = "{% if a %}<p class=\"x\">{{ b }}</p>{% else %}<strong>{{ c }}</strong>, so{% endif %}";
    assert_eq!(literals(template).collect::<Vec<_>>(), ["<p class=\"x\">", "<strong>", "</strong>, so"]);
    assert!(never_shown(&[]).len() > 1_000, "nothing is shown on an empty page");
}
