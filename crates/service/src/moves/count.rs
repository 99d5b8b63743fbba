//! Counts the calls of whoever was moved, as gateways told of them, handshakes that were refused, and messages that were brought to units.

use crate::directory::publication;
use crate::{App, ServiceError};
use liitos_domain::directory::Snapshot;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Counted, Moving, Standing, What};
use liitos_domain::{Moment, Oid, Service};
use liitos_store::directory;
use liitos_store::moves::{self, Calls, Move, Moved};
use liitos_store::outbound;
use std::collections::BTreeMap;

/// Access points and units that are asked for at once; most handshakes and messages of these that are looked at: the newest.
const AT_ONCE: usize = 100;
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
        let service = calls.service.as_deref().and_then(Service::parse);
        if !what.is_about(service, calls.system.as_deref()) {
            return;
        }
        let (from, to) = match what {
            What::Point { from, to, .. } => (Some(from.as_str()), Some(to.as_str())),
            What::System { .. } | What::Address | What::Certificates => (None, None),
        };
        let through = calls.access_point.as_deref();
        if from.is_some() && through == from {
            let old = self.old_way.entry(calls.place).or_insert((0, calls.last));
            *old = (old.0.saturating_add(calls.count), old.1.max(calls.last));
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
    let published = publication::current(app).await?;
    for points in points.chunks(AT_ONCE) {
        let from = |point: &&str| published.snapshot.sources(point, within.1).into_iter().map(|from| from.to_string());
        let sources: Vec<String> = points.iter().flat_map(from).collect();
        for one in directory::handshakes(app.store.read(), (points, &sources), within, MOST_HANDSHAKES).await? {
            let (Some(point), Some(source)) = (one.access_point, one.source) else { continue };
            let its = moved.get(point.oid()).filter(|moved| moved.seat.at <= one.at);
            let counts = its.is_some() || matches!(what, What::Point { .. });
            if counts && published.snapshot.sources(point.as_str(), within.1).contains(&source) {
                seen.count(its.map(|moved| moved.place), true, 1);
            }
        }
    }
    Ok(())
}

/// Messages that were brought to units of whoever is moved, or through the access point that is: each by its last try. Of one that was there before and failed then it says nothing
/// that it fails still.
async fn brought(
    app: &App,
    seen: &mut Seen,
    (what, moved): (&What, &BTreeMap<Oid, Moved>),
    within: (Moment, Moment),
) -> Result<(), ServiceError> {
    let db = app.store.read();
    let units = if what.is_about(Some(Service::RenewalReception), None) {
        outbound::tried_units(db, within).await?
    } else {
        Vec::new()
    };
    if units.is_empty() {
        return Ok(());
    }
    let published = publication::current(app).await?;
    let its = |unit: Oid| Some((unit.clone(), whose(&published.snapshot, (what, moved), &unit, within.1)?));
    let units: BTreeMap<Oid, &Moved> = units.into_iter().filter_map(its).collect();
    let asked: Vec<&str> = units.keys().map(Oid::as_str).collect();
    for asked in asked.chunks(AT_ONCE) {
        for one in outbound::brought(db, asked, within, MOST_BROUGHT).await? {
            let its = units.get(&one.unit).filter(|moved| moved.seat.at <= one.at);
            let Some(failed) = what.failed(one.state) else { continue };
            if let Some(its) = its.filter(|moved| !failed || moved.seat.at <= one.taken) {
                seen.count(Some(its.place), failed, 1);
            }
        }
    }
    Ok(())
}

/// Who of those that are moved the messages to a unit say something of: whose unit it is, where they run as it was moved; or through which access point.
fn whose<'m>(
    snapshot: &Snapshot,
    (what, moved): (&What, &'m BTreeMap<Oid, Moved>),
    unit: &Oid,
    now: Moment,
) -> Option<&'m Moved> {
    let reached = snapshot.reception(unit, Service::RenewalReception, now).ok();
    let through = reached.as_ref().map(|(point, _)| &point.oid);
    let system = reached.as_ref().and_then(|(_, decision)| decision.system.as_deref());
    match what {
        What::Address | What::Certificates => moved.get(through?.oid()),
        What::Point { to, .. } if through.is_some_and(|point: &AccessPointOid| point != to) => None,
        What::System { .. } if !what.is_about(None, system) => None,
        What::Point { .. } | What::System { .. } => moved.get(&snapshot.joiner_of(unit, now)?),
    }
}
