//! Whose things become whose, and what the directory says then.

use super::facts::Facts;
use super::story::{Story, UnitBecomes};
use crate::directory::{AccessPoint, Closing, CollectionPoint, EffectError, Joiner, Right, Row, Rows, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, Service, codes};
use crate::time::{Interval, Moment};
use serde::{Deserialize, Serialize};
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
        /// A unit is named that nobody of those has.
        UnknownUnit = "unknown-unit",
        /// It is closed, and would go on as one that is not, or give a unit to one.
        Closed = "closed",
        /// Whoever goes on has several controllers: which takes the documents is not said.
        ManyControllers = "many-controllers",
        /// Whoever is named as custodian stands in no register then.
        UnknownCustodian = "unknown-custodian",
        /// A permanent directory link of old ends: none is granted anew.
        LinkEnds = "link-ends",
        /// An independent professional's register moves nowhere.
        ProfessionalStays = "professional-stays",
        /// Nobody is named whose the documents are then.
        NoCustodian = "no-custodian",
        /// It may not have access points.
        NoPoint = "no-point",
        /// Another change that is followed moves the same.
        AnotherChange = "another-change",
        /// The directory would contradict itself.
        Contradiction = "contradiction",
    }
}

impl Why {
    /// Whether it is in what is said to happen, whatever else is so: nothing can be planned by it.
    #[must_use]
    pub const fn is_of_the_story(self) -> bool {
        matches!(self, Self::Past | Self::Nothing | Self::Twice | Self::Itself | Self::Chain)
    }
}

/// Something that stands in the way, and of whom or what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Obstacle {
    /// What.
    pub why: Why,
    /// Of whom, or of what.
    pub of: String,
}

impl Obstacle {
    /// What stands in the way, of whom or what.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "numbers and texts alike")]
    pub fn new(why: Why, of: impl ToString) -> Self {
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
    /// Of whom it is one.
    of: Vec<Oid>,
}

impl UnitWay {
    /// Where it goes, where it is the joiner's and leaves it.
    pub(super) fn leaves(&self, joiner: &Oid) -> Option<&Oid> {
        self.to.as_ref().filter(|(from, _)| from == joiner).map(|(_, to)| to)
    }
}

/// Whose things become whose.
#[derive(Clone, Debug, Default)]
pub(super) struct Passes {
    /// Joiners that end, each with who goes on for it.
    pub(super) joiners: BTreeMap<Oid, Option<Oid>>,
    /// Whose documents those of a joiner are that ends without a successor.
    pub(super) custodians: BTreeMap<Oid, Option<Oid>>,
    /// Which controller takes the documents of a joiner that ends, or of a unit that moves, where it is said.
    pub(super) takers: BTreeMap<Oid, Oid>,
    /// Units.
    pub(super) units: BTreeMap<Oid, UnitWay>,
    /// Access points that get another number with their administrator.
    pub(super) points: BTreeMap<AccessPointOid, AccessPointOid>,
    /// The directory as far as it stands then: of what passes into another, or ends, that too which has been ended since as planned. What follows from it is still
    /// to be done.
    pub(super) rows: Rows,
    /// What contradicts itself, or does not go.
    pub(super) obstacles: Vec<Obstacle>,
}

impl Passes {
    /// What a story says, by what is so.
    pub(super) fn of(story: &Story, facts: &Facts, (now, at): (Moment, Moment)) -> Self {
        let mut passes = Self::default();
        for merger in &story.mergers {
            for joiner in merger.joiners.iter().filter(|joiner| **joiner != merger.into) {
                passes.joiner(joiner, Some(&merger.into));
                passes.takers.extend(merger.controller.clone().map(|taker| (joiner.clone(), taker)));
            }
            passes.units(&merger.units, merger.joiners.iter().chain([&merger.into]));
        }
        for renumbered in &story.renumbered {
            passes.joiner(&renumbered.from, Some(&renumbered.to));
            passes.takers.extend(renumbered.controller.clone().map(|taker| (renumbered.from.clone(), taker)));
            passes.units(&renumbered.units, [&renumbered.from].into_iter());
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
            passes.takers.extend(unit.controller.clone().map(|taker| (unit.oid.clone(), taker)));
            let to = Some((unit.from.clone(), unit.to.clone()));
            passes.unit(&unit.oid, UnitWay { to, becomes, of: vec![unit.from.clone()] });
        }
        if passes.joiners.is_empty() && passes.units.is_empty() {
            passes.obstacles.push(Obstacle::new(Why::Nothing, ""));
        }
        if story.day < facts.since.unwrap_or(now) {
            passes.obstacles.push(Obstacle::new(Why::Past, story.day.civil().date()));
        }
        passes.members(facts, story.day);
        passes.known(facts, story.day);
        passes.rows = passes.standing(facts, (story.day, at));
        passes.renumber_points(facts, at);
        passes
    }

    /// What stands at a moment, as if nothing of what passes had ended between the day of the change and it.
    fn standing(&self, facts: &Facts, (day, at): (Moment, Moment)) -> Rows {
        let (mut rows, before) = (facts.rows.clone(), &facts.before);
        let ends = |oid: &Oid| self.joiners.contains_key(oid);
        let ending: Vec<AccessPointOid> =
            rows.access_points.iter().filter(|row| ends(&row.administrator)).map(|row| row.oid.clone()).collect();
        let point = |oid: &AccessPointOid| ending.contains(oid);
        let span = (day, at);
        again(&mut rows.joiners, &before.joiners, span, |row| ends(&row.oid));
        again(&mut rows.rights, &before.rights, span, |row| {
            let organiser = row.organiser.as_ref().is_some_and(ends);
            ends(&row.joiner) || organiser || point(&row.access_point) || self.way(row).is_some()
        });
        again(&mut rows.access_points, &before.access_points, span, |row| ends(&row.administrator));
        again(&mut rows.tenants, &before.tenants, span, |row| ends(&row.host) || ends(&row.tenant));
        again(&mut rows.collection_points, &before.collection_points, span, |row| {
            ends(&row.administrator) || row.access_points.iter().any(point)
        });
        again(&mut rows.closings, &before.closings, span, |row| {
            row.joiner.as_ref().is_some_and(ends) || row.access_point.as_ref().is_some_and(point)
        });
        rows.open_at(at)
    }

    fn joiner(&mut self, from: &Oid, to: Option<&Oid>) {
        if to == Some(from) {
            self.obstacles.push(Obstacle::new(Why::Itself, from));
        } else if self.joiners.insert(from.clone(), to.cloned()).is_some() {
            self.obstacles.push(Obstacle::new(Why::Twice, from));
        }
    }

    fn units<'s>(&mut self, units: &[UnitBecomes], of: impl Iterator<Item = &'s Oid>) {
        let of: Vec<Oid> = of.cloned().collect();
        for UnitBecomes { oid, becomes } in units {
            self.unit(oid, UnitWay { to: None, becomes: becomes.clone(), of: of.clone() });
        }
    }

    fn unit(&mut self, unit: &Oid, way: UnitWay) {
        if self.units.values().any(|other| other.becomes == way.becomes) {
            self.obstacles.push(Obstacle::new(Why::Twice, &way.becomes));
        }
        if self.units.insert(unit.clone(), way).is_some() {
            self.obstacles.push(Obstacle::new(Why::Twice, unit));
        }
    }

    /// Whoever ends or gives a unit away is a member; whoever goes on does not end at the same time, nor does whoever a unit goes to.
    fn members(&mut self, facts: &Facts, at: Moment) {
        let givers = self.units.values().filter_map(|way| way.to.as_ref());
        let from = self.joiners.keys().chain(givers.clone().map(|(from, _)| from));
        let to = self.joiners.values().flatten().chain(givers.map(|(_, to)| to));
        // Whoever ends at that very moment has been seen to.
        let then = |row: &Joiner| row.valid.until.is_none_or(|until| until >= at);
        let strangers = from.filter(|oid| !facts.rows.joiners.iter().any(|row| row.oid == **oid && then(row)));
        let mut found: Vec<_> = strangers.map(|oid| Obstacle::new(Why::NoMember, oid)).collect();
        found.extend(to.filter(|oid| self.joiners.contains_key(*oid)).map(|oid| Obstacle::new(Why::Chain, oid)));
        found.sort();
        found.dedup();
        self.obstacles.extend(found);
    }

    /// Units that are named are somebody's among those to whom it happens; a custodian stands in a register; and what is closed does not go on as what is not.
    fn known(&mut self, facts: &Facts, at: Moment) {
        let mut found = Vec::new();
        for (unit, way) in &self.units {
            let right = |right: &Right| right.unit.as_ref() == Some(unit) && way.of.contains(&right.joiner);
            let documents = facts.documents_of_units.keys().any(|(_, of)| of == unit);
            if !facts.rows.rights.iter().any(right) && !documents && !facts.registered.contains_key(unit) {
                found.push(Obstacle::new(Why::UnknownUnit, unit));
            }
        }
        let custodians = self.custodians.values().flatten();
        let unknown = custodians.filter(|oid| !facts.registered.get(*oid).is_some_and(|valid| valid.contains(at)));
        found.extend(unknown.map(|oid| Obstacle::new(Why::UnknownCustodian, oid)));
        let closed =
            |oid: &Oid| facts.rows.closings.iter().any(|row| row.joiner.as_ref() == Some(oid) && !row.valid.ended(at));
        let member = |oid: &Oid| facts.rows.joiners.iter().any(|row| row.oid == *oid && !row.valid.ended(at));
        let into = self.joiners.iter().filter(|(_, to)| to.as_ref().is_some_and(member)).map(|(from, _)| from);
        let givers = self.units.values().filter_map(|way| Some(&way.to.as_ref()?.0));
        found.extend(into.chain(givers).filter(|oid| closed(oid)).map(|oid| Obstacle::new(Why::Closed, oid)));
        self.obstacles.extend(found);
    }

    /// Access points have their administrator's number in theirs: with another administrator it is a new one (change situations).
    fn renumber_points(&mut self, facts: &Facts, at: Moment) {
        // One that whoever goes on has notified since is taken for the one that it got: by its number, or in the order of theirs.
        let since = |point: &&AccessPoint| {
            facts.since.is_some_and(|since| point.valid.from > since)
                && self.joiners.values().flatten().any(|to| *to == point.administrator)
        };
        let (notified, others): (Vec<&AccessPoint>, Vec<&AccessPoint>) =
            facts.rows.access_points.iter().partition(since);
        let mut used: Vec<AccessPointOid> = others.iter().map(|point| point.oid.clone()).collect();
        let mut ending: Vec<&AccessPoint> =
            self.rows.access_points.iter().filter(|point| !point.valid.ended(at)).collect();
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
        let mut left: Vec<&AccessPoint> =
            notified.into_iter().filter(|point| !self.points.values().any(|then| *then == point.oid)).collect();
        left.sort_by_key(|point| std::cmp::Reverse(&point.oid));
        let there = |oid: &AccessPointOid| facts.rows.access_points.iter().any(|point| point.oid == *oid);
        for then in self.points.values_mut().filter(|then| !there(then)) {
            let same = |point: &&AccessPoint| point.administrator == then.administrator();
            if let Some(n) = left.iter().rposition(same) {
                *then = left.remove(n).oid.clone();
            }
        }
    }

    /// Who somebody is then; nobody, where it ends.
    pub(super) fn then(&self, oid: &Oid) -> Option<Oid> {
        self.joiners.get(oid).cloned().unwrap_or_else(|| Some(oid.clone()))
    }

    /// The way of a right's unit: of whoever it is named to be one, and of nobody else.
    pub(super) fn way(&self, right: &Right) -> Option<&UnitWay> {
        self.units.get(right.unit.as_ref()?).filter(|way| way.of.contains(&right.joiner))
    }

    fn point(&self, point: &AccessPointOid) -> AccessPointOid {
        self.points.get(point).unwrap_or(point).clone()
    }

    /// What the directory is to say from a moment on.
    pub(super) fn wanted(&mut self, at: Moment) -> Rows {
        let rows = self.rows.clone();
        let (points, ending) = self.access_points(&rows, at);
        Rows {
            joiners: self.joiners_then(&rows, at),
            rights: self.rights(&rows, &ending, at),
            access_points: points,
            tenants: self.tenants(&rows),
            collection_points: self.collection_points(&rows, &ending),
            closings: self.closings(&rows, &ending),
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
                    let there = |oid: &&AccessPointOid| rows.access_points.iter().any(|point| point.oid == **oid);
                    if let Some(oid) = self.points.get(&point.oid).filter(|oid| !there(oid)) {
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
                        right.access_point == point.oid
                            && self.then(&right.joiner).is_some()
                            && right.valid.holds_after(at)
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
        // By whose they are: a country has many joiners, and each of them few.
        let mut then: BTreeMap<Oid, Vec<Right>> = BTreeMap::new();
        let mut obstacles = Vec::new();
        for right in &rows.rights {
            match self.right(right, rows, at) {
                Ok(Some(right)) if !ending.contains(&right.access_point) => {
                    take(then.entry(right.joiner.clone()).or_default(), right);
                }
                Ok(_) => {}
                Err(obstacle) => obstacles.push(obstacle),
            }
        }
        self.obstacles.extend(obstacles);
        then.into_values().flatten().collect()
    }

    /// A right then; nothing where it ends.
    fn right(&self, right: &Right, rows: &Rows, at: Moment) -> Result<Option<Right>, Obstacle> {
        let way = self.way(right);
        let leaves = way.and_then(|way| way.leaves(&right.joiner));
        if leaves.is_none() && self.then(&right.joiner).is_none() {
            return Ok(None);
        }
        let organiser = match right.organiser.as_ref().map(|organiser| (organiser, self.then(organiser))) {
            Some((organiser, None)) => {
                return Err(Obstacle::new(Why::DependedOn, organiser));
            }
            organiser => organiser.and_then(|(_, then)| then),
        };
        let unit = way.map(|way| way.becomes.clone()).or_else(|| right.unit.clone());
        let (joiner, access_point, system) = match leaves {
            // It comes to where its new joiner uses prescriptions.
            Some(to) => {
                let then = self.then(to);
                let prescribes = |row: &&Right| {
                    let theirs = row.joiner == *to || self.then(&row.joiner) == then;
                    theirs && row.service == Service::Prescription && row.valid.contains(at)
                };
                let through = rows.rights.iter().filter(prescribes).min_by_key(|row| &row.access_point);
                let through = through.ok_or_else(|| Obstacle::new(Why::NoPrescription, to))?;
                (then, self.point(&through.access_point), through.system.clone())
            }
            None => (self.then(&right.joiner), self.point(&right.access_point), right.system.clone()),
        };
        // Whoever becomes its own organiser needs no right in another's register.
        let Some(joiner) = joiner.filter(|joiner| organiser.as_ref() != Some(joiner)) else { return Ok(None) };
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
                    then.push(Tenant { host, tenant, valid: row.valid });
                }
                (None, Some(tenant)) => {
                    self.obstacles.push(Obstacle::new(Why::DependedOn, format!("{} ({tenant})", row.host)))
                }
                _ => {}
            }
        }
        then
    }

    fn collection_points(&mut self, rows: &Rows, ending: &[AccessPointOid]) -> Vec<CollectionPoint> {
        let (mut then, mut left) = (Vec::new(), Vec::new());
        for row in &rows.collection_points {
            let stay = || row.access_points.iter().filter(|point| !ending.contains(point));
            match self.then(&row.administrator) {
                Some(administrator) => {
                    let access_points = stay().map(|point| self.point(point)).collect();
                    then.push(CollectionPoint { administrator, access_points, ..row.clone() });
                }
                None if stay().next().is_some() => {
                    left.push(Obstacle::new(Why::DependedOn, format!("{} ({})", row.administrator, row.name)));
                    then.push(row.clone());
                }
                None => {}
            }
        }
        self.obstacles.extend(left);
        then
    }

    /// What is closed stays closed, whoever goes on; what would be closed twice is so once.
    fn closings(&self, rows: &Rows, ending: &[AccessPointOid]) -> Vec<Closing> {
        let mut then: Vec<Closing> = Vec::new();
        for closing in rows.closings.iter().filter_map(|closing| self.closing(closing, ending)) {
            let same = |held: &&mut Closing| held.same_key(&closing) && held.valid.overlaps(&closing.valid);
            match then.iter_mut().find(same) {
                Some(held) => held.valid = united(held.valid, closing.valid),
                None => then.push(closing),
            }
        }
        then
    }

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

/// Lets rows of before that have been ended from a day to a moment, as planned, or taken away before they began, go on as before.
fn again<R: Row>(rows: &mut Vec<R>, before: &[R], (day, at): (Moment, Moment), passes: impl Fn(&R) -> bool) {
    for old in before.iter().filter(|old| passes(old)) {
        let from = old.valid().from;
        match rows.iter_mut().find(|row| row.same_key(old) && row.valid().from == from) {
            Some(row) if row.valid().until.is_some_and(|until| day <= until && until <= at.max(from)) => {
                *row = row.during(old.valid());
            }
            None if day <= from => rows.push(old.clone()),
            _ => {}
        }
    }
}

/// For as long as either.
fn united(one: Interval, other: Interval) -> Interval {
    Interval::new(one.from.min(other.from), one.until.zip(other.until).map(|(one, other)| one.max(other)))
}

/// What of an interval is from a moment on.
fn later(valid: Interval, at: Moment) -> Interval {
    Interval::new(valid.from.max(at), valid.until)
}

/// Takes a right among others: what two had that become one they have once, for as long as either had it.
fn take(all: &mut Vec<Right>, right: Right) {
    let same = |held: &&mut Right| held.same_key(&right) && held.valid.overlaps(&right.valid);
    match all.iter_mut().find(same) {
        Some(held) => {
            held.valid = united(held.valid, right.valid);
            if right.model == ConnectionModel::Joint {
                held.model = right.model;
            }
        }
        None => all.push(right),
    }
}
