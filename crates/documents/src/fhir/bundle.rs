//! Answers: search sets, histories (FHIR R4 3.1.0.6, 3.1.0.9), and what went wrong.

use super::care::Version;
use super::node::{Node, coding, object};
use super::search::Found;
use super::{BadQuery, CareDirectory, Query};
use liitos_domain::RefusalCode;

/// What is being written may say that it was known so long ago, and is seen only later: whoever asks again since the time that an
/// answer says misses nothing.
const UNSEEN_SECONDS: i64 = 600;

fn link(relation: &'static str, url: String) -> Node {
    object([("relation", relation.into()), ("url", url.into())])
}

fn bundle(kind: &'static str, query: &Query, found: &Found<'_>, entries: Vec<Node>) -> Node {
    let mut links = vec![link("self", query.address())];
    links.extend(found.next.as_ref().map(|next| link("next", query.address_after(next))));
    let at = found.at.plus_seconds(-UNSEEN_SECONDS).to_string();
    object([
        ("resourceType", "Bundle".into()),
        ("meta", object([("lastUpdated", at.clone().into())])),
        ("type", kind.into()),
        ("timestamp", at.into()),
        ("total", Node::Number(found.total as u64)),
        ("link", Node::List(links)),
        ("entry", Node::List(entries)),
    ])
}

/// What matches a search, a page of it, and what it includes.
///
/// # Errors
/// [`BadQuery`] where it includes more than an answer holds.
pub fn searchset(directory: &CareDirectory, query: &Query) -> Result<Node, BadQuery> {
    let found = directory.search(query)?;
    let entry = |mode: &'static str, version: &Version| {
        let url = format!("{}/{}/{}", query.base, version.kind.name(), version.id);
        object([
            ("fullUrl", url.into()),
            ("resource", version.body.clone()),
            ("search", object([("mode", mode.into())])),
        ])
    };
    let matches = found.page.iter().map(|version| entry("match", version));
    let entries = matches.chain(found.included.iter().map(|version| entry("include", version))).collect();
    Ok(bundle("searchset", query, &found, entries))
}

/// Every version since a moment, newest first, a page of it.
#[must_use]
pub fn history(directory: &CareDirectory, query: &Query) -> Node {
    let found = directory.history(query);
    let entry = |version: &&Version| {
        let (name, first) = (version.kind.name(), version.number == 1);
        let url = format!("{name}/{}", version.id);
        // Its id was there before the resource, as the one who stores gave it: PUT, the first time, too.
        let request = object([("method", "PUT".into()), ("url", url.clone().into())]);
        object([
            ("fullUrl", format!("{}/{url}", query.base).into()),
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
    bundle("history", query, &found, found.page.iter().map(entry).collect())
}

/// What was refused or went wrong, with Kanta's own code where one is known.
#[must_use]
pub fn outcome(code: RefusalCode, text: &str, diagnostics: &str) -> Node {
    outcomes(vec![issue(code, text, diagnostics)])
}

/// An issue of an outcome.
#[must_use]
pub fn issue(code: RefusalCode, text: &str, diagnostics: &str) -> Node {
    let kanta = code.kanta_code().map(|kanta| coding("urn:oid:1.2.246.537.5.40112.2006", kanta, ""));
    let codings = kanta
        .into_iter()
        .chain([object([("system", "urn:liitos:refusal".into()), ("code", code.code().into())])])
        .collect();
    let details = object([("coding", Node::List(codings)), ("text", text.to_owned().into())]);
    object([
        ("severity", "error".into()),
        ("code", issue_type(code.status()).into()),
        ("details", details),
        ("diagnostics", diagnostics.to_owned().into()),
    ])
}

/// An outcome of several issues; without any, that all is well.
#[must_use]
pub fn outcomes(mut issues: Vec<Node>) -> Node {
    if issues.is_empty() {
        issues.push(object([("severity", "information".into()), ("code", "informational".into())]));
    }
    object([("resourceType", "OperationOutcome".into()), ("issue", Node::List(issues))])
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
