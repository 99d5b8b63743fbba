//! Answers: search sets, histories (FHIR R4 3.1.0.6, 3.1.0.9), and what went wrong.

use super::care::Version;
use super::node::{Node, coding, object};
use super::{CareDirectory, Query};
use liitos_domain::RefusalCode;

/// What is being written may say that it was known so long ago, and is seen only later: whoever asks again since the time that an
/// answer says misses nothing.
const UNSEEN_SECONDS: i64 = 60;

fn link(relation: &'static str, url: String) -> Node {
    object([("relation", relation.into()), ("url", url.into())])
}

fn bundle(
    kind: &'static str,
    total: usize,
    directory: &CareDirectory,
    query: &Query,
    base: &str,
    next: Option<String>,
) -> Vec<(&'static str, Node)> {
    let mut links = vec![link("self", query.address(base))];
    links.extend(next.map(|next| link("next", query.address_after(base, &next))));
    let meta = object([("lastUpdated", directory.at().plus_seconds(-UNSEEN_SECONDS).to_string().into())]);
    vec![
        ("resourceType", "Bundle".into()),
        ("meta", meta),
        ("type", kind.into()),
        ("total", Node::Number(total as u64)),
        ("link", Node::List(links)),
    ]
}

/// What matches a search, a page of it, and what it includes.
#[must_use]
pub fn searchset(directory: &CareDirectory, query: &Query, base: &str) -> Node {
    let found = directory.search(query);
    let entry = |mode: &'static str, version: &Version| {
        let url = format!("{base}/{}/{}", version.kind.name(), version.id);
        object([
            ("fullUrl", url.into()),
            ("resource", version.body.clone()),
            ("search", object([("mode", mode.into())])),
        ])
    };
    let matches = found.page.iter().map(|version| entry("match", version));
    let entries = matches.chain(found.included.iter().map(|version| entry("include", version))).collect();
    let mut parts = bundle("searchset", found.total, directory, query, base, found.next);
    add_entries(&mut parts, entries);
    Node::Object(parts)
}

fn add_entries(parts: &mut Vec<(&'static str, Node)>, entries: Vec<Node>) {
    if !entries.is_empty() {
        parts.push(("entry", Node::List(entries)));
    }
}

/// Every version since a moment, newest first, a page of it.
#[must_use]
pub fn history(directory: &CareDirectory, query: &Query, base: &str) -> Node {
    let found = directory.history(query);
    let entry = |version: &&Version| {
        let (name, first) = (version.kind.name(), version.number == 1);
        let url = format!("{name}/{}", version.id);
        // Its id was there before the resource, as the one who stores gave it: PUT, the first time, too.
        let request = object([("method", "PUT".into()), ("url", url.clone().into())]);
        object([
            ("fullUrl", format!("{base}/{url}").into()),
            ("resource", version.body.clone()),
            ("request", request),
            (
                "response",
                object([
                    ("status", if first { "201" } else { "200" }.into()),
                    ("etag", version.etag().into()),
                    ("lastModified", version.at.to_string().into()),
                ]),
            ),
        ])
    };
    let mut parts = bundle("history", found.total, directory, query, base, found.next);
    add_entries(&mut parts, found.page.iter().map(entry).collect());
    Node::Object(parts)
}

/// What was refused or went wrong, with Kanta's own code where one is known.
#[must_use]
pub fn outcome(code: RefusalCode, text: &str, diagnostics: &str) -> Node {
    let kanta = code.kanta_code().map(|kanta| coding("urn:oid:1.2.246.537.5.40112.2006", kanta, ""));
    let codings = kanta
        .into_iter()
        .chain([object([("system", "urn:liitos:refusal".into()), ("code", code.code().into())])])
        .collect();
    let details = object([("coding", Node::List(codings)), ("text", text.to_owned().into())]);
    let issue = object([
        ("severity", "error".into()),
        ("code", issue_type(code.status()).into()),
        ("details", details),
        ("diagnostics", diagnostics.to_owned().into()),
    ]);
    object([("resourceType", "OperationOutcome".into()), ("issue", Node::List(vec![issue]))])
}

/// FHIR's kind of an issue (<http://hl7.org/fhir/issue-type>) that goes with an HTTP status.
const fn issue_type(status: u16) -> &'static str {
    match status {
        401 => "login",
        403 => "forbidden",
        404 => "not-found",
        408 | 504 => "timeout",
        409 => "conflict",
        413 => "too-long",
        429 => "throttled",
        503 => "transient",
        400..=499 => "invalid",
        _ => "exception",
    }
}
