//! Whose things become whose, and what the directory says then.

use super::facts::Facts;
use super::story::{Story, UnitBecomes};
use crate::directory::{AccessPoint, Closing, CollectionPoint, EffectError, Joiner, Right, Rows, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, Service, codes};
use crate::time::{Interval, Moment};
use std::collections::BTreeMap;

codes! {
    /// What stands in the way of a change.
    Why {
        /// It would happen in the past.
        Past = "past",
        /// Nothing happens.
        Nothing = "nothing",
        /// It is no member then.
        NoMember = "no-member",
        /// Two things happen to it at once: it would be in two places.
        Twice = "twice",
        /// It would become itself.
        Itself = "itself",
        /// It becomes one that itself becomes another.
        Chain = "chain",
        /// Others use its access point, and it ends without a successor.
        PointInUse = "point-in-use",
        /// Others work by its rights, or in its registers, and it ends without a successor.
        DependedOn = "depended-on",
        /// A unit with renewal requests that nobody has answered would end, and no unit takes them.
        RequestsUnanswered = "requests-unanswered",
        /// A unit would receive renewal requests with a joiner that does not use prescriptions then.
        NoPrescription = "no-prescription",
        /// A permanent directory link of old ends: none is granted anew.
        LinkEnds = "link-ends",
        /// An independent professional's register moves nowhere.
        ProfessionalStays = "professional-stays",
        /// Nobody is named whose the documents are then.
        NoCustodian = "no-custodian",
        /// It may not have access points.
        NoPoint = "no-point",
        /// The directory would contradict itself.
        Contradiction = "contradiction",
    }
}

/// Something that stands in the way, and of whom or what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// What.
    pub why: Why,
    /// Of whom, or of what.
    pub of: String,
}

impl Obstacle {
    pub(super) fn new(why: Why, of: impl ToString) -> Self {
        Self { why, of: of.to_string() }
    }
}

impl From<EffectError> for Obstacle {
    fn from(error: EffectError) -> Self {
        Self::new(Why::Contradiction, error)
    }
}

/// A unit's way.
#[derive(Clone, Debug)]
pub(super) struct UnitWay {
    /// Whose it is then, where it does not go with its joiner.
    pub(super) to: Option<(Oid, Oid)>,
    /// Its number then.
    pub(super) becomes: Oid,
}

/// Whose things become whose.
#[derive(Clone, Debug, Default)]
pub(super) struct Passes {
    /// Joiners that end, each with who goes on for it.
    pub(super) joiners: BTreeMap<Oid, Option<Oid>>,
    /// Whose documents those of a joiner are that ends without a successor.
    pub(super) custodians: BTreeMap<Oid, Option<Oid>>,
    /// Units.
    pub(super) units: BTreeMap<Oid, UnitWay>,
    /// Access points that get another number with their administrator.
    pub(super) points: BTreeMap<AccessPointOid, AccessPointOid>,
    /// What contradicts itself, or does not go.
    pub(super) obstacles: Vec<Obstacle>,
}

impl Passes {
    /// What a story says, by what is so.
    pub(super) fn of(story: &Story, facts: &Facts, now: Moment) -> Self {
        let mut passes = Self::default();
        for merger in &story.mergers {
            for joiner in merger.joiners.iter().filter(|joiner| **joiner != merger.into) {
                passes.joiner(joiner, Some(&merger.into));
            }
            passes.units(&merger.units);
        }
        for renumbered in &story.renumbered {
            passes.joiner(&renumbered.from, Some(&renumbered.to));
            passes.units(&renumbered.units);
        }
        for ending in &story.endings {
            passes.joiner(&ending.joiner, None);
            passes.custodians.insert(ending.joiner.clone(), ending.custodian.clone());
        }
        for unit in &story.units {
            let becomes = unit.becomes.as_ref().unwrap_or(&unit.oid).clone();
            if unit.from == unit.to {
                passes.obstacles.push(Obstacle::new(Why::Itself, &unit.oid));
            }
            passes.unit(&unit.oid, UnitWay { to: Some((unit.from.clone(), unit.to.clone())), becomes });
        }
        if passes.joiners.is_empty() && passes.units.is_empty() {
            passes.obstacles.push(Obstacle::new(Why::Nothing, ""));
        }
        if story.day < now {
            passes.obstacles.push(Obstacle::new(Why::Past, story.day));
        }
        passes.members(facts, story.day);
        passes.renumber_points(facts, story.day);
        passes
    }

    fn joiner(&mut self, from: &Oid, to: Option<&Oid>) {
        if to == Some(from) {
            self.obstacles.push(Obstacle::new(Why::Itself, from));
        } else if self.joiners.insert(from.clone(), to.cloned()).is_some() {
            self.obstacles.push(Obstacle::new(Why::Twice, from));
        }
    }

    fn units(&mut self, units: &[UnitBecomes]) {
        for UnitBecomes { oid, becomes } in units {
            self.unit(oid, UnitWay { to: None, becomes: becomes.clone() });
        }
    }

    fn unit(&mut self, unit: &Oid, way: UnitWay) {
        if self.units.insert(unit.clone(), way).is_some() {
            self.obstacles.push(Obstacle::new(Why::Twice, unit));
        }
    }

    /// Whoever ends or gives a unit away is a member; whoever goes on does not end at the same time, nor does whoever a unit goes to.
    fn members(&mut self, facts: &Facts, at: Moment) {
        let givers = self.units.values().filter_map(|way| way.to.as_ref());
        let from = self.joiners.keys().chain(givers.clone().map(|(from, _)| from));
        let to = self.joiners.values().flatten().chain(givers.map(|(_, to)| to));
        let strangers =
            from.filter(|oid| !facts.rows.joiners.iter().any(|row| row.oid == **oid && !row.valid.ended(at)));
        let mut found: Vec<_> = strangers.map(|oid| Obstacle::new(Why::NoMember, oid)).collect();
        found.extend(to.filter(|oid| self.joiners.contains_key(*oid)).map(|oid| Obstacle::new(Why::Chain, oid)));
        found.sort();
        found.dedup();
        self.obstacles.extend(found);
    }

    /// Access points have their administrator's number in theirs: with another administrator it is a new one (change situations).
    fn renumber_points(&mut self, facts: &Facts, at: Moment) {
        let mut used: Vec<AccessPointOid> = facts.rows.access_points.iter().map(|point| point.oid.clone()).collect();
        let mut ending: Vec<&AccessPoint> =
            facts.rows.access_points.iter().filter(|point| !point.valid.ended(at)).collect();
        ending.sort_by_key(|point| &point.oid);
        for point in ending {
            let Some(Some(to)) = self.joiners.get(&point.administrator) else { continue };
            if self.points.contains_key(&point.oid) {
                continue;
            }
            match AccessPointOid::next_free(to, &used) {
                Ok(next) => {
                    used.push(next.clone());
                    self.points.insert(point.oid.clone(), next);
                }
                Err(_) => self.obstacles.push(Obstacle::new(Why::NoPoint, to)),
            }
        }
    }

    /// Who somebody is then; nobody, where it ends.
    pub(super) fn then(&self, oid: &Oid) -> Option<Oid> {
        self.joiners.get(oid).cloned().unwrap_or_else(|| Some(oid.clone()))
    }

    fn point(&self, point: &AccessPointOid) -> AccessPointOid {
        self.points.get(point).unwrap_or(point).clone()
    }

    /// What the directory is to say from a moment on.
    pub(super) fn wanted(&mut self, rows: &Rows, at: Moment) -> Rows {
        let rows = rows.clone().open_at(at);
        let (points, ending) = self.access_points(&rows, at);
        Rows {
            joiners: self.joiners_then(&rows, at),
            rights: self.rights(&rows, &ending, at),
            access_points: points,
            tenants: self.tenants(&rows),
            collection_points: self.collection_points(&rows, &ending),
            closings: rows.closings.iter().filter_map(|closing| self.closing(closing, &ending)).collect(),
        }
    }

    fn joiners_then(&self, rows: &Rows, at: Moment) -> Vec<Joiner> {
        let mut then: Vec<Joiner> =
            rows.joiners.iter().filter(|row| !self.joiners.contains_key(&row.oid)).cloned().collect();
        let givers = self.units.values().filter_map(|way| Some(&way.to.as_ref()?.1));
        for to in self.joiners.values().flatten().chain(givers) {
            if !then.iter().any(|row| row.oid == *to && row.valid.contains(at)) {
                let rate = |row: &&Joiner| self.joiners.get(&row.oid).is_some_and(|then| then.as_ref() == Some(to));
                // What one that calls much goes on in calls as much.
                let large = rows.joiners.iter().filter(rate).map(|row| row.rate);
                let rate = large.max_by_key(|rate| *rate == crate::service_code::RateClass::Large).unwrap_or_default();
                let until = then.iter().filter(|row| row.oid == *to).map(|row| row.valid.from).min();
                then.push(Joiner { oid: to.clone(), rate, valid: Interval::new(at, until) });
            }
        }
        then
    }

    /// The access points then, and those that end with their administrator.
    fn access_points(&mut self, rows: &Rows, at: Moment) -> (Vec<AccessPoint>, Vec<AccessPointOid>) {
        let (mut then, mut ending) = (Vec::new(), Vec::new());
        for point in &rows.access_points {
            match self.joiners.get(&point.administrator) {
                None => then.push(point.clone()),
                Some(Some(to)) => {
                    if let Some(oid) = self.points.get(&point.oid) {
                        // Its certificates carry the number of before.
                        let new = AccessPoint {
                            oid: oid.clone(),
                            administrator: to.clone(),
                            certificates: Vec::new(),
                            ..point.clone()
                        };
                        then.push(AccessPoint { valid: later(point.valid, at), ..new });
                    }
                }
                Some(None) => {
                    let other = |right: &&Right| {
                        right.access_point == point.oid && self.then(&right.joiner).is_some() && !right.valid.ended(at)
                    };
                    if rows.rights.iter().any(|right| other(&right)) {
                        self.obstacles.push(Obstacle::new(Why::PointInUse, &point.oid));
                        then.push(point.clone());
                    } else {
                        ending.push(point.oid.clone());
                    }
                }
            }
        }
        (then, ending)
    }

    fn rights(&mut self, rows: &Rows, ending: &[AccessPointOid], at: Moment) -> Vec<Right> {
        let mut then: Vec<Right> = Vec::new();
        let mut obstacles = Vec::new();
        for right in &rows.rights {
            match self.right(right, rows, at) {
                Ok(Some(right)) if !ending.contains(&right.access_point) => take(&mut then, right),
                Ok(_) => {}
                Err(obstacle) => obstacles.push(obstacle),
            }
        }
        self.obstacles.extend(obstacles);
        then
    }

    /// A right then; nothing where it ends.
    fn right(&self, right: &Right, rows: &Rows, at: Moment) -> Result<Option<Right>, Obstacle> {
        let way = right.unit.as_ref().and_then(|unit| self.units.get(unit));
        let leaves = way.and_then(|way| way.to.as_ref()).filter(|(from, _)| *from == right.joiner);
        let organiser = match right.organiser.as_ref().map(|organiser| (organiser, self.then(organiser))) {
            Some((organiser, None)) => {
                return Err(Obstacle::new(Why::DependedOn, organiser));
            }
            organiser => organiser.and_then(|(_, then)| then),
        };
        let unit = way.map(|way| way.becomes.clone()).or_else(|| right.unit.clone());
        let (joiner, access_point, system) = match leaves {
            // It comes to where its new joiner uses prescriptions.
            Some((_, to)) => {
                let prescribes =
                    |row: &&Right| row.joiner == *to && row.service == Service::Prescription && row.valid.contains(at);
                let through = rows.rights.iter().filter(prescribes).min_by_key(|row| &row.access_point);
                let through = through.ok_or_else(|| Obstacle::new(Why::NoPrescription, to))?;
                (self.then(to), self.point(&through.access_point), through.system.clone())
            }
            None => (self.then(&right.joiner), self.point(&right.access_point), right.system.clone()),
        };
        let Some(joiner) = joiner else { return Ok(None) };
        if right.grandfathered && joiner != right.joiner {
            return Err(Obstacle::new(Why::LinkEnds, &right.joiner));
        }
        let then = Right { joiner, access_point, system, unit, organiser, ..right.clone() };
        let valid = if then == *right { right.valid } else { later(right.valid, at) };
        Ok(Some(Right { valid, ..then }))
    }

    fn tenants(&mut self, rows: &Rows) -> Vec<Tenant> {
        let mut then: Vec<Tenant> = Vec::new();
        for row in &rows.tenants {
            let (host, tenant) = (self.then(&row.host), self.then(&row.tenant));
            match (host, tenant) {
                (Some(host), Some(tenant)) if host != tenant => {
                    let moved = Tenant { host, tenant, valid: row.valid };
                    if !then.iter().any(|one| (&one.host, &one.tenant) == (&moved.host, &moved.tenant)) {
                        then.push(moved);
                    }
                }
                (None, Some(tenant)) => {
                    self.obstacles.push(Obstacle::new(Why::DependedOn, format!("{} ({tenant})", row.host)))
                }
                _ => {}
            }
        }
        then
    }

    fn collection_points(&self, rows: &Rows, ending: &[AccessPointOid]) -> Vec<CollectionPoint> {
        let then = |row: &CollectionPoint| {
            let points =
                row.access_points.iter().filter(|point| !ending.contains(point)).map(|point| self.point(point));
            Some(CollectionPoint {
                administrator: self.then(&row.administrator)?,
                access_points: points.collect(),
                ..row.clone()
            })
        };
        rows.collection_points.iter().filter_map(then).collect()
    }

    /// What is closed stays closed, whoever goes on.
    fn closing(&self, closing: &Closing, ending: &[AccessPointOid]) -> Option<Closing> {
        let joiner = match &closing.joiner {
            Some(joiner) => Some(self.then(joiner)?),
            None => None,
        };
        if closing.access_point.as_ref().is_some_and(|point| ending.contains(point)) {
            return None;
        }
        let access_point = closing.access_point.as_ref().map(|point| self.point(point));
        Some(Closing { joiner, access_point, ..closing.clone() })
    }
}

/// What of an interval is from a moment on.
fn later(valid: Interval, at: Moment) -> Interval {
    Interval::new(valid.from.max(at), valid.until)
}

/// Takes a right among others: what two had that become one they have once, for as long as either had it.
fn take(all: &mut Vec<Right>, right: Right) {
    let same = |held: &&mut Right| {
        (&held.joiner, held.service, &held.access_point, &held.system, &held.unit, &held.organiser)
            == (&right.joiner, right.service, &right.access_point, &right.system, &right.unit, &right.organiser)
            && held.valid.overlaps(&right.valid)
    };
    match all.iter_mut().find(same) {
        Some(held) => {
            let until = held.valid.until.zip(right.valid.until).map(|(one, other)| one.max(other));
            held.valid = Interval::new(held.valid.from.min(right.valid.from), until);
            if right.model == ConnectionModel::Joint {
                held.model = right.model;
            }
        }
        None => all.push(right),
    }
}
