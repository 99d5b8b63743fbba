//! Documents as FHIR's DocumentReference, with what IHE MHD's comprehensive metadata asks where the archive knows it.

use super::{STATUSES, TASKS, TYPES};
use crate::fhir::node::{Node, object};
use liitos_domain::archive::{Cell, Standing};
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid};

/// What is known of a document.
#[derive(Clone, Debug)]
pub struct DocumentFacts {
    /// Its id.
    pub id: Oid,
    /// The id its versions share.
    pub set_id: Oid,
    /// Its version.
    pub version: u32,
    /// What it is counted to.
    pub cell: Cell,
    /// The unit that it was made in.
    pub unit: Oid,
    /// The controller that it names.
    pub controller: Oid,
    /// Whose it is.
    pub active: Oid,
    /// How it stands.
    pub standing: Standing,
    /// Whose document it is, where the search said so: the archive itself does not know.
    pub person: Option<PersonRef>,
    /// Its type.
    pub kind: Option<String>,
    /// The task it was made in.
    pub task: Option<String>,
    /// The service event or matter.
    pub event: Option<String>,
    /// The older version whose place it took.
    pub replaces: Option<Oid>,
    /// The document that it is added to.
    pub added_to: Option<String>,
    /// Whether it is not finished by its own word.
    pub unfinished: bool,
    /// When it was made.
    pub made_at: Moment,
    /// When it was stored.
    pub stored_at: Moment,
    /// What its body is.
    pub media_type: String,
    /// Its body's length in bytes.
    pub size: u64,
}

/// Identifiers that are URIs.
const URIS: &str = "urn:ietf:rfc:3986";
/// The controller that the document itself names; another may be active.
const ORIGINAL: &str = "urn:liitos:original-controller";

fn urn(oid: &str) -> Node {
    format!("urn:oid:{oid}").into()
}

fn identifier(oid: &str) -> Node {
    object([("system", URIS.into()), ("value", urn(oid))])
}

/// A reference by identifier alone: organisations, events and sets are not resources here.
fn logical(oid: &str) -> Node {
    object([("identifier", identifier(oid))])
}

fn code(system: Node, code: &str) -> Node {
    let coding = object([("system", system), ("code", code.to_owned().into())]);
    object([("coding", Node::List(vec![coding]))])
}

fn related(how: &'static str, oid: &str) -> Node {
    object([("code", how.into()), ("target", logical(oid))])
}

/// One document (FHIR R4 DocumentReference).
#[must_use]
pub fn document_reference(facts: &DocumentFacts) -> Node {
    let status = STATUSES.iter().find(|(standing, _)| *standing == facts.standing).map_or("current", |(_, name)| name);
    let empty = || Node::List(Vec::new());
    let register = facts.cell.register.family.registers().map(|system| code(urn(system), &facts.cell.register.code));
    let person = facts.person.as_ref().map(|person| {
        let own = object([("system", urn(&person.root)), ("value", person.extension.clone().into())]);
        object([("identifier", own)])
    });
    let replaces = facts.replaces.iter().map(|oid| related("replaces", oid.as_str()));
    let relates = replaces.chain(facts.added_to.iter().map(|oid| related("appends", oid))).collect();
    let original = (facts.controller != facts.active).then(|| {
        Node::List(vec![object([("url", ORIGINAL.into()), ("valueIdentifier", identifier(facts.controller.as_str()))])])
    });
    let attachment = object([
        ("contentType", facts.media_type.clone().into()),
        ("url", format!("Binary/{}", facts.id).into()),
        ("size", Node::Number(facts.size)),
        ("creation", facts.made_at.to_string().into()),
    ]);
    let encounter = facts.event.as_deref().map(|event| Node::List(vec![logical(event)]));
    let task = facts.task.as_deref().map(|task| code(TASKS.into(), task));
    object([
        ("resourceType", "DocumentReference".into()),
        ("id", facts.id.to_string().into()),
        ("meta", object([("versionId", facts.version.to_string().into())])),
        ("extension", original.unwrap_or_else(empty)),
        ("masterIdentifier", identifier(facts.id.as_str())),
        ("identifier", Node::List(vec![identifier(facts.set_id.as_str())])),
        ("status", status.into()),
        ("docStatus", if facts.unfinished { "preliminary" } else { "final" }.into()),
        ("type", facts.kind.as_deref().map_or_else(empty, |kind| code(TYPES.into(), kind))),
        ("category", register.map_or_else(empty, |register| Node::List(vec![register]))),
        ("subject", person.unwrap_or_else(empty)),
        ("date", facts.stored_at.to_string().into()),
        ("author", Node::List(vec![logical(facts.unit.as_str())])),
        ("custodian", logical(facts.active.as_str())),
        ("relatesTo", Node::List(relates)),
        ("content", Node::List(vec![object([("attachment", attachment)])])),
        (
            "context",
            object([("encounter", encounter.unwrap_or_else(empty)), ("practiceSetting", task.unwrap_or_else(empty))]),
        ),
    ])
}

/// A page of what was found (FHIR R4 3.1.1), with what leads to the next one, where there is one. Addresses are relative to where it was
/// asked: the archive does not know by what name its gateways are reached. What was asked is not repeated: it may name a person.
#[must_use]
pub fn document_references(found: &[DocumentFacts], next: Option<&str>, at: Moment) -> Node {
    let entry = |facts: &DocumentFacts| {
        object([
            ("fullUrl", urn(facts.id.as_str())),
            ("resource", document_reference(facts)),
            ("search", object([("mode", "match".into())])),
        ])
    };
    let link = |relation: &'static str, url: String| object([("relation", relation.into()), ("url", url.into())]);
    let next = next.map(|page| link("next", format!("DocumentReference?_page={page}")));
    object([
        ("resourceType", "Bundle".into()),
        ("type", "searchset".into()),
        ("timestamp", at.to_string().into()),
        ("link", Node::List([link("self", "DocumentReference".to_owned())].into_iter().chain(next).collect())),
        ("entry", Node::List(found.iter().map(entry).collect())),
    ])
}

/// The answer that documents were taken: the response to the transaction that brought them, of resources of these kinds, each about one of the
/// documents (FHIR R4 3.1.0.11.4).
#[must_use]
pub fn provided(documents: &[(Oid, u32)], kinds: &[(String, Option<usize>)], at: Moment) -> Node {
    let response = |(kind, about): &(String, Option<usize>)| {
        let document = about.and_then(|place| documents.get(place));
        // What says who sent it is kept in the use log, not as a resource.
        let made = if let Some((id, version)) = document.filter(|_| kind != "Provenance" && kind != "List") {
            object([
                ("status", "201 Created".into()),
                ("location", format!("{kind}/{id}").into()),
                ("etag", format!("W/\"{version}\"").into()),
                ("lastModified", at.to_string().into()),
            ])
        } else {
            object([("status", "200 OK".into())])
        };
        object([("response", made)])
    };
    object([
        ("resourceType", "Bundle".into()),
        ("type", "transaction-response".into()),
        ("timestamp", at.to_string().into()),
        ("entry", Node::List(kinds.iter().map(response).collect())),
    ])
}
