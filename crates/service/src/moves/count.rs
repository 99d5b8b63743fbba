//! Counts the calls of whoever was moved, as gateways told of them.

use crate::{App, ServiceError};
use liitos_domain::directory::SeenCall;
use liitos_domain::moves::{Counted, Moving, What};
use liitos_domain::{Moment, Service};
use liitos_store::directory;
use liitos_store::moves::Moved;
use std::collections::BTreeMap;

/// Calls since the second of whoever was moved.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Of each, by its place; nothing of whoever has not called.
    pub each: BTreeMap<usize, Counted>,
    /// Of all, with handshakes that the new access point was refused.
    pub all: Counted,
    /// Through the way of before, by place: how many calls, and when the last was.
    pub old_way: BTreeMap<usize, (u64, Moment)>,
}

/// The calls of some who were moved.
pub(super) async fn seen(app: &App, moving: &Moving, moved: &[&Moved]) -> Result<Seen, ServiceError> {
    let mut seen = Seen::default();
    let Some(since) = moved.iter().map(|one| one.seat.at).min() else { return Ok(seen) };
    let db = app.store.read();
    let points = moving.kind().of_points();
    let by: BTreeMap<&str, &Moved> = moved.iter().map(|one| (one.subject.as_str(), *one)).collect();
    let subjects: Vec<&str> = by.keys().copied().collect();
    let (from, to) = match &moving.what {
        What::Point { from, to, .. } => (Some(from), Some(to)),
        _ => (None, None),
    };
    let service = match &moving.what {
        What::Point { service, .. } | What::System { service, .. } => *service,
        What::Address | What::Certificates => None,
    };
    let concerns = |call: &SeenCall| service.is_none_or(|one| call.service.is_none_or(|other: Service| one == other));
    for call in directory::calls_of(db, (&subjects, points), since).await? {
        let subject = if points {
            call.access_point.as_ref().map(|point| point.as_str())
        } else {
            call.joiner.as_ref().map(|oid| oid.as_str())
        };
        let Some(one) = subject.and_then(|subject| by.get(subject)) else { continue };
        if call.at < one.seat.at || !concerns(&call) {
            continue;
        }
        let counted = one_call(&call);
        *seen.each.entry(one.place).or_default() += counted;
        seen.all += counted;
        if from.is_some() && call.access_point.as_ref() == from {
            let old = seen.old_way.entry(one.place).or_insert((0, call.at));
            *old = (old.0.saturating_add(u64::from(call.stands_for)), old.1.max(call.at));
        }
    }
    // A handshake that is refused names no joiner: through the new access point it is one of theirs.
    if let Some(to) = to {
        let handshakes = directory::calls_of(db, (&[to.as_str()], true), since).await?;
        for call in handshakes.iter().filter(|call| call.decision.is_none()) {
            seen.all += one_call(call);
        }
    }
    Ok(seen)
}

fn one_call(call: &SeenCall) -> Counted {
    let count = u64::from(call.stands_for);
    if call.failed() {
        Counted { failed: count, ..Counted::default() }
    } else {
        Counted { passed: count, ..Counted::default() }
    }
}
