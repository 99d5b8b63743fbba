//! A client's documents at a glance, as FHIR's Parameters.

use super::{TASKS, TYPES};
use crate::fhir::node::{Node, object};
use liitos_domain::Moment;
use liitos_domain::archive::{Span, Summary, SummedMatter};

/// A summary: a part `group` for what documents have in common (register, task, type, unit) and a part `matter` for each matter or service event (and when it was
/// opened and closed, where its own document says so), each with how many there are and from when until when they were made. `complete`: whether all of the client's documents are in it.
#[must_use]
pub fn summary(summary: &Summary, complete: bool, at: Moment) -> Node {
    let mut parts = vec![
        object([("name", "asOf".into()), ("valueInstant", at.to_string().into())]),
        object([("name", "complete".into()), ("valueBoolean", complete.into())]),
    ];
    for (group, span) in &summary.groups {
        let mut own = Vec::new();
        if let Some(system) = group.register.family.registers() {
            own.push(coding("register", format!("urn:oid:{system}"), &group.register.code));
        }
        own.extend(group.task.as_deref().map(|task| coding("task", TASKS.to_owned(), task)));
        own.extend(group.kind.as_deref().map(|kind| coding("type", TYPES.to_owned(), kind)));
        own.push(object([("name", "unit".into()), ("valueOid", format!("urn:oid:{}", group.unit).into())]));
        own.extend(counted(span));
        parts.push(object([("name", "group".into()), ("part", Node::List(own))]));
    }
    for (matter, SummedMatter { span, open, told }) in &summary.matters {
        let mut own = vec![object([("name", "identifier".into()), ("valueOid", format!("urn:oid:{matter}").into())])];
        own.push(object([("name", "open".into()), ("valueBoolean", (*open).into())]));
        own.extend(told.map(|open| time("opened", open.from)));
        own.extend(told.and_then(|open| open.until).map(|until| time("closed", until)));
        own.extend(counted(span));
        parts.push(object([("name", "matter".into()), ("part", Node::List(own))]));
    }
    object([("resourceType", "Parameters".into()), ("parameter", Node::List(parts))])
}

fn coding(name: &'static str, system: String, code: &str) -> Node {
    let coding = object([("system", system.into()), ("code", code.to_owned().into())]);
    object([("name", name.into()), ("valueCoding", coding)])
}

fn time(name: &'static str, at: Moment) -> Node {
    object([("name", name.into()), ("valueInstant", at.to_string().into())])
}

fn counted(span: &Span) -> [Node; 3] {
    [
        object([("name", "count".into()), ("valueUnsignedInt", Node::Number(span.count))]),
        time("first", span.first),
        time("last", span.last),
    ]
}
