//! What the directory can be asked, as FHIR describes it (ITI TF-1 46.1.1.1: an instance at `[base]/metadata`).

use super::Kind;
use super::node::{Node, object};
use super::query::{By, INCLUDES, parameters};

/// The version of this description: when what it says was last changed.
const DATE: &str = "2026-11-26";

/// The capability statement of the directory at a base address.
#[must_use]
pub fn capability_statement(base: &str) -> Node {
    let implementation =
        object([("description", "The address directory of Liitos".into()), ("url", base.to_owned().into())]);
    let documentation = "Searches are asked by GET and by POST to [type]/_search. _lastUpdated takes the prefixes eq, ne, gt, lt, ge, le, sa and eb; \
                         texts take :contains and :exact. What is not known is refused. Histories are of a whole type, with _since and _count.";
    let rest = object([
        ("mode", "server".into()),
        ("documentation", documentation.into()),
        ("security", object([("description", "Signing in at the portal".into())])),
        ("resource", Node::List(Kind::ALL.into_iter().map(of).collect())),
        ("searchParam", Node::List(vec![parameter("_id", "token"), parameter("_lastUpdated", "date")])),
    ]);
    object([
        ("resourceType", "CapabilityStatement".into()),
        ("id", "mcsd".into()),
        ("name", "LiitosDirectory".into()),
        ("title", "Liitos, IHE mCSD Directory with Update Option".into()),
        ("status", "active".into()),
        ("date", DATE.into()),
        ("kind", "instance".into()),
        (
            "instantiates",
            Node::List(vec![
                "https://profiles.ihe.net/ITI/mCSD/CapabilityStatement/IHE.mCSD.Directory".into(),
                "https://profiles.ihe.net/ITI/mCSD/CapabilityStatement/IHE.mCSD.Directory.Update".into(),
            ]),
        ),
        ("software", object([("name", "Liitos".into()), ("version", env!("CARGO_PKG_VERSION").into())])),
        ("implementation", implementation),
        ("fhirVersion", "4.0.1".into()),
        ("format", Node::List(vec!["application/fhir+json".into(), "application/fhir+xml".into()])),
        ("rest", Node::List(vec![rest])),
    ])
}

fn parameter(name: &'static str, kind: &'static str) -> Node {
    object([("name", name.into()), ("type", kind.into())])
}

fn of(kind: Kind) -> Node {
    let interactions = ["read", "search-type", "history-type"].map(|code| object([("code", code.into())]));
    let includes = |backwards: bool| {
        let own = INCLUDES
            .iter()
            .filter(|one| one.backwards == backwards && kind == if backwards { one.to } else { one.from });
        Node::List(own.map(|one| one.name.into()).collect())
    };
    let parameters = parameters(kind).iter().map(|(name, by)| parameter(name, typed(*by)));
    object([
        ("type", kind.name().into()),
        ("supportedProfile", Node::List(vec![kind.profile().into()])),
        ("interaction", Node::List(interactions.to_vec())),
        ("versioning", "versioned".into()),
        ("searchInclude", includes(false)),
        ("searchRevInclude", includes(true)),
        ("searchParam", Node::List(parameters.collect())),
    ])
}

const fn typed(by: By) -> &'static str {
    match by {
        By::Id | By::Token(_) => "token",
        By::LastUpdated | By::Period(_) => "date",
        By::Text(_) => "string",
        By::Reference(..) => "reference",
    }
}
