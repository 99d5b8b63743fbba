//! Counts the calls of whoever was moved, as gateways told of them, handshakes that were refused, and messages that were brought to units.

use crate::directory::publication;
use crate::{App, ServiceError};
use liitos_domain::directory::Snapshot;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Counted, Moving, Standing, What};
use liitos_domain::{Moment, Oid, Service};
use liitos_store::directory;
use liitos_store::moves::{self, Calls, Move, Moved};
use liitos_store::outbound::{self, Brought};
use std::collections::BTreeMap;

/// Most handshakes of some access points, and most messages, that are looked at: the newest.
const MOST_HANDSHAKES: u64 = 1_000;
const MOST_BROUGHT: u64 = 10_000;

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
        // What passes with a system that is not moved says nothing of the one that is.
        let with_another = match (what, &calls.system) {
            (What::System { to, .. }, Some(system)) => !calls.failed && system != to,
            _ => false,
        };
        if with_another {
            return;
        }
        let counts = to.is_none() || through == to || through == from && calls.failed && calls.late;
        if counts {
            self.count(Some(calls.place), calls.failed, calls.count);
        }
    }

    /// Counts so many of one who was moved, or of all of them.
    fn count(&mut self, place: Option<usize>, failed: bool, count: u64) {
        let counted = match failed {
            true => Counted { failed: count, ..Counted::default() },
            false => Counted { passed: count, ..Counted::default() },
        };
        if let Some(place) = place {
            *self.each.entry(place).or_default() += counted;
        }
        self.all += counted;
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
    let (db, mut seen) = (app.store.read(), Seen::default());
    for calls in moves::calls(db, (one.key, wave), of, until).await? {
        seen.add(&moving.what, &calls);
    }
    let moved = moves::moved(db, one.key).await?.into_iter();
    let moved = moved.filter(|one| one.standing == Standing::Entered && wave.is_none_or(|wave| one.seat.wave == wave));
    let moved: BTreeMap<Oid, Moved> = moved.map(|one| (one.subject.clone(), one)).collect();
    if let Some(since) = moved.values().map(|one| one.seat.at).min() {
        refused(app, &mut seen, (&moving.what, &moved), (since, until)).await?;
        brought(app, &mut seen, (&moving.what, &moved), (since, until)).await?;
    }
    Ok(seen)
}

/// Handshakes that were refused of access points that are moved, or moved to. Anybody can show a certificate that names one: those count that came from an address of the access point's.
async fn refused(
    app: &App,
    seen: &mut Seen,
    (what, moved): (&What, &BTreeMap<Oid, Moved>),
    within: (Moment, Moment),
) -> Result<(), ServiceError> {
    let points: Vec<&str> = match what {
        What::Point { to, .. } => vec![to.as_str()],
        What::Address | What::Certificates => moved.keys().map(Oid::as_str).collect(),
        // Whether a connection stands has nothing to do with the system.
        What::System { .. } => return Ok(()),
    };
    let all = directory::handshakes(app.store.read(), &points, within, MOST_HANDSHAKES).await?;
    if all.is_empty() {
        return Ok(());
    }
    let published = publication::current(app).await?;
    for one in all {
        let (Some(point), Some(source)) = (one.access_point, one.source) else { continue };
        let its = moved.get(point.oid()).filter(|moved| moved.seat.at <= one.at);
        let counts = its.is_some() || matches!(what, What::Point { .. });
        if counts && published.snapshot.comes_from(&point, source, within.1) {
            seen.count(its.map(|moved| moved.place), true, 1);
        }
    }
    Ok(())
}

/// Messages that were brought to units of whoever is moved, or through the access point that is: each by its last try.
async fn brought(
    app: &App,
    seen: &mut Seen,
    (what, moved): (&What, &BTreeMap<Oid, Moved>),
    within: (Moment, Moment),
) -> Result<(), ServiceError> {
    if let What::Point { service: Some(service), .. } | What::System { service: Some(service), .. } = what
        && *service != Service::RenewalReception
    {
        return Ok(());
    }
    let all = outbound::brought(app.store.read(), within, MOST_BROUGHT).await?;
    if all.is_empty() {
        return Ok(());
    }
    let published = publication::current(app).await?;
    for one in all {
        let its = whose(&published.snapshot, (what, moved), &one, within.1);
        if let Some(its) = its.filter(|moved| moved.seat.at <= one.at) {
            seen.count(Some(its.place), one.failed, 1);
        }
    }
    Ok(())
}

/// Who of those that are moved a message says something of: whose unit it was brought to, where it runs as it was moved; or through which access point.
fn whose<'m>(
    snapshot: &Snapshot,
    (what, moved): (&What, &'m BTreeMap<Oid, Moved>),
    one: &Brought,
    now: Moment,
) -> Option<&'m Moved> {
    let through = snapshot.reception(&one.unit, Service::RenewalReception, now).ok().map(|(point, _)| &point.oid);
    match what {
        What::Address | What::Certificates => moved.get(through?.oid()),
        What::Point { to, .. } if through.is_some_and(|point: &AccessPointOid| point != to) => None,
        What::Point { .. } | What::System { .. } => moved.get(&snapshot.joiner_of(&one.unit, now)?),
    }
}
