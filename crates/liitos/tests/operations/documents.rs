//! Documents that are generated are not stale, and paths named in documents exist.

use liitos_web::{OPEN_ROUTES, ROUTES};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn generated_documents_are_fresh() {
    let kept = std::fs::read_to_string(root().join("docs/refusals.md")).unwrap();
    assert!(kept == liitos::cli::docs::refusals(), "docs/refusals.md is stale: make docs");
    let kept = std::fs::read_to_string(root().join("docs/roles.md")).unwrap();
    assert!(kept == liitos::cli::docs::roles(), "docs/roles.md is stale: make docs");
    let kept = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    assert!(kept == liitos::cli::docs::rulebook(), "docs/rules.md is stale: make docs");
    let kept = std::fs::read_to_string(root().join("docs/traceability.md")).unwrap();
    let fresh = liitos::cli::traceability::traceability().unwrap();
    assert!(kept == fresh, "docs/traceability.md is stale: make docs");
}

/// The tests of the house, each file under its own name and its folder's.
struct Tests(Vec<(String, String)>);

impl Tests {
    fn read() -> Self {
        let mut tests = Vec::new();
        let mut folders = vec![root().join("crates")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
                    let folder = path.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
                    let text = std::fs::read_to_string(&path).unwrap();
                    tests.push((folder, text.clone()));
                    tests.push((stem, text));
                }
            }
        }
        Self(tests)
    }

    fn has(&self, file: &str, name: &str) -> bool {
        self.0.iter().filter(|(of, _)| of == file).any(|(_, text)| {
            text.contains(&format!("on_both!({name},"))
                || text.split("fn ").any(|rest| rest.starts_with(&format!("{name}(")))
        })
    }
}

/// What a demand is said to be held by is there: rule, file, and a test of that name in that file.
#[test]
fn what_holds_a_demand_is_there() {
    let tests = Tests::read();
    let rules = liitos_domain::rules::Rulebook::standard();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (document, demands) in liitos::cli::traceability::demands().unwrap() {
        for demand in demands {
            seen += 1;
            let place = format!("{document} {}: {}", demand.chapter, demand.says);
            let held = !demand.rules.is_empty() || !demand.operations.is_empty();
            if !held && demand.note.is_none() {
                wrong.push(format!("{place}: nothing holds it, and it does not say so"));
            }
            // Every slide about changes has a working counterpart, or says why it can have none.
            let elsewhere = |note: &String| ["binds", "outside", "history"].iter().any(|why| note.starts_with(why));
            let works = !demand.tests.is_empty() || demand.note.as_ref().is_some_and(elsewhere);
            if document == "change situations" && !works {
                wrong.push(format!("{place}: nothing shows that it works"));
            }
            wrong.extend(
                demand.rules.iter().filter(|id| rules.find(id).is_none()).map(|id| format!("{place}: rule {id}")),
            );
            let missing = demand.operations.iter().filter(|file| !root().join(file).exists());
            wrong.extend(missing.map(|file| format!("{place}: {file}")));
            let unknown = demand
                .tests
                .iter()
                .filter(|test| !test.split_once("::").is_some_and(|(file, name)| tests.has(file, name)));
            wrong.extend(unknown.map(|test| format!("{place}: test {test}")));
        }
    }
    assert!(seen > 300 && wrong.is_empty(), "{seen}: {wrong:#?}");
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
    let mistakes = liitos_domain::plan::Plan::parse(plan).unwrap_err();
    let known = mistakes.into_iter().find_map(|mistake| match mistake.problem {
        liitos_domain::plan::Problem::UnknownKey { known } => Some(known),
        _ => None,
    });
    let keys = known.unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        assert!(
            described.contains(&format!("`{key}`")) || described.contains(&format!("[{key}]")),
            "docs/plans.md: {key}"
        );
    }
}

/// The list of the guide's screens names our addresses and tests as they are, and leaves no figure out.
#[test]
fn every_screen_of_the_extranet_guide_has_its_counterpart() {
    let text = std::fs::read_to_string(root().join("docs/extranet-guide.md")).unwrap();
    let rows: Vec<Vec<&str>> =
        text.lines().filter(|line| line.starts_with("| ")).skip(1).map(|line| line.split('|').collect()).collect();
    let mut figures = std::collections::BTreeSet::new();
    let tests = Tests::read();
    for row in &rows {
        let (place, here, test) = (row[1], row[3], row[5]);
        let told = place.strip_prefix(" figure").into_iter().flat_map(|figures| figures.split(','));
        figures.extend(told.map(|figure| figure.trim().parse::<u8>().unwrap()));
        let addresses = here.split('`').skip(1).step_by(2);
        for address in addresses {
            let known = ROUTES.iter().chain(OPEN_ROUTES).any(|(_, path)| *path == address);
            assert!(known, "{place}: {address}");
        }
        let (file, name) = test.trim().trim_matches('`').split_once("::").unwrap();
        assert!(tests.has(file, name), "{place}: {test}");
    }
    // The guide has no figure 5.
    assert_eq!(figures, (1..=17).filter(|figure| *figure != 5).collect());
}
