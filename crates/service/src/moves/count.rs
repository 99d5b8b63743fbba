//! Counts the calls of whoever was moved, as gateways told of them.

use crate::{App, ServiceError};
use liitos_domain::moves::{Counted, Moving, What};
use liitos_domain::{Moment, Service};
use liitos_store::moves::{self, Calls, Move};
use std::collections::BTreeMap;

/// Calls since the second of whoever was moved.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Of each, by its place; nothing of whoever has not called.
    pub each: BTreeMap<usize, Counted>,
    /// Of all.
    pub all: Counted,
    /// Through the way of before, by place: how many calls, and when the last was.
    pub old_way: BTreeMap<usize, (u64, Moment)>,
}

impl Seen {
    /// Counts a kind of calls. Of whoever was moved to another access point those count that come through it, and those that still come by the way of before once that is closed:
    /// what passes there meanwhile says nothing of the new one.
    fn add(&mut self, what: &What, calls: &Calls) {
        let (from, to, service) = match what {
            What::Point { from, to, service, .. } => (Some(from.as_str()), Some(to.as_str()), *service),
            What::System { service, .. } => (None, None, *service),
            What::Address | What::Certificates => (None, None, None),
        };
        let of = calls.service.as_deref().and_then(Service::parse);
        if service.is_some_and(|service| of.is_some_and(|other| other != service)) {
            return;
        }
        let through = calls.access_point.as_deref();
        if from.is_some() && through == from {
            let old = self.old_way.entry(calls.place).or_insert((0, calls.last));
            *old = (old.0.saturating_add(calls.count), old.1.max(calls.last));
        }
        let counts = to.is_none() || through == to || through == from && calls.failed && calls.late;
        if counts {
            let counted = match calls.failed {
                true => Counted { failed: calls.count, ..Counted::default() },
                false => Counted { passed: calls.count, ..Counted::default() },
            };
            *self.each.entry(calls.place).or_default() += counted;
            self.all += counted;
        }
    }
}

/// The calls of those who are in the directory by a move, of one wave or of all, until a moment.
pub(super) async fn seen(
    app: &App,
    (one, moving): (&Move, &Moving),
    wave: Option<usize>,
    until: Moment,
) -> Result<Seen, ServiceError> {
    let of = (moving.kind().of_points(), moving.overlap);
    let mut seen = Seen::default();
    for calls in moves::calls(app.store.read(), (one.key, wave), of, until).await? {
        seen.add(&moving.what, &calls);
    }
    Ok(seen)
}
