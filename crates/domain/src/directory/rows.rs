//! The rows of the directory at one version, and what a change makes of them.
//!
//! Nothing is overwritten on the valid axis either: an access point that changes is a row that ends and a row that begins.

use super::{AccessPoint, Closing, CollectionPoint, Effect, EffectError, Joiner, Right, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::Service;
use crate::time::{Interval, Moment};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A fact of the directory with its validity.
pub trait Row: Clone + PartialEq {
    /// When it holds.
    fn valid(&self) -> Interval;
    /// The same fact at another time.
    #[must_use]
    fn during(&self, valid: Interval) -> Self;
    /// Whether no two rows that stand in this relation may hold at one moment.
    fn same_key(&self, other: &Self) -> bool;
    /// Adds what [`Row::same_key`] compares to a hash.
    fn hash_key(&self, hasher: &mut DefaultHasher);
    /// Whether the two say the same, their validity aside.
    fn says_same(&self, other: &Self) -> bool {
        self.during(other.valid()) == *other
    }
}

/// `same_key` of a row: these fields are equal.
macro_rules! row {
    ($row:ty: $($field:ident),+) => {
        impl Row for $row {
            fn valid(&self) -> Interval {
                self.valid
            }

            fn during(&self, valid: Interval) -> Self {
                Self { valid, ..self.clone() }
            }

            fn same_key(&self, other: &Self) -> bool {
                $(self.$field == other.$field)&&+
            }

            fn hash_key(&self, hasher: &mut DefaultHasher) {
                $(self.$field.hash(hasher);)+
            }
        }
    };
}

row!(Joiner: oid);
row!(AccessPoint: oid);
row!(Right: joiner, service, access_point, system, unit, organiser);
row!(Tenant: host, tenant);
row!(CollectionPoint: administrator, name);
row!(Closing: joiner, service, system, access_point, stage);

/// The directory as it is known at one version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Joiners.
    pub joiners: Vec<Joiner>,
    /// Access points.
    pub access_points: Vec<AccessPoint>,
    /// Rights.
    pub rights: Vec<Right>,
    /// Tenants under their hosts.
    pub tenants: Vec<Tenant>,
    /// Collection points.
    pub collection_points: Vec<CollectionPoint>,
    /// What is closed for a while.
    pub closings: Vec<Closing>,
}

impl Rows {
    /// What of it is in force at a moment, or will be.
    #[must_use]
    pub fn open_at(mut self, at: Moment) -> Self {
        fn open<R: Row>(rows: &mut Vec<R>, at: Moment) {
            rows.retain(|row| !row.valid().ended(at));
        }
        open(&mut self.joiners, at);
        open(&mut self.access_points, at);
        open(&mut self.rights, at);
        open(&mut self.tenants, at);
        open(&mut self.collection_points, at);
        open(&mut self.closings, at);
        self
    }

    /// Whether somebody is a member, or will be, at `at` or later.
    #[must_use]
    pub fn is_member(&self, oid: &Oid, at: Moment) -> bool {
        self.joiners.iter().any(|joiner| joiner.oid == *oid && !joiner.valid.ended(at))
    }

    /// The rows once an effect has been applied.
    ///
    /// # Errors
    /// The first contradiction: something overlaps, dangles, or ends that is not there.
    pub fn after(&self, effect: &Effect) -> Result<Self, EffectError> {
        let mut rows = self.clone();
        let mut at_hand = Places::of(&rows, effect);
        for (row, at) in &effect.joiners_ended {
            end(&mut rows.joiners, &at_hand.joiners, row, *at)
                .ok_or_else(|| EffectError::NothingToClose(row.oid.clone()))?;
        }
        for (row, at) in &effect.access_points_ended {
            let ended = end(&mut rows.access_points, &at_hand.access_points, row, *at);
            ended.ok_or_else(|| EffectError::NothingToClose(row.oid.oid().clone()))?;
        }
        for (row, at) in &effect.rights_closed {
            end(&mut rows.rights, &at_hand.rights, row, *at)
                .ok_or_else(|| EffectError::NothingToClose(row.joiner.clone()))?;
        }
        for (row, at) in &effect.tenants_ended {
            end(&mut rows.tenants, &at_hand.tenants, row, *at)
                .ok_or_else(|| EffectError::NothingToClose(row.tenant.clone()))?;
        }
        for (row, at) in &effect.collection_points_ended {
            let ended = end(&mut rows.collection_points, &at_hand.collection_points, row, *at);
            ended.ok_or_else(|| EffectError::NothingToClose(row.administrator.clone()))?;
        }
        for (row, at) in &effect.closings_ended {
            end(&mut rows.closings, &at_hand.closings, row, *at).ok_or(EffectError::NoSuchClosing)?;
        }
        for row in &effect.joiners_opened {
            open(&mut rows.joiners, &mut at_hand.joiners, row)
                .ok_or_else(|| EffectError::AlreadyOpen(row.oid.clone()))?;
        }
        for row in &effect.access_points_opened {
            open(&mut rows.access_points, &mut at_hand.access_points, row)
                .ok_or_else(|| EffectError::AlreadyOpen(row.oid.oid().clone()))?;
        }
        rows.open_beneath(effect, &mut at_hand)?;
        Ok(rows)
    }

    /// Whether a permanent directory link was agreed on in time, or goes on from one that was: through another access point or with
    /// another system, for the same service and organiser.
    fn goes_on(&self, link: &Right) -> bool {
        let in_time = none_granted_since().is_some_and(|since| link.valid.from < since);
        let before = |held: &&Right| {
            held.grandfathered
                && (&held.joiner, held.service, &held.organiser) == (&link.joiner, link.service, &link.organiser)
                && held.valid.until.is_some_and(|until| until == link.valid.from && held.valid.from < until)
        };
        in_time || self.rights.iter().any(|held| before(&held))
    }

    /// What stands on joiners and access points: tenants, rights, closings.
    fn open_beneath(&mut self, effect: &Effect, at_hand: &mut Places) -> Result<(), EffectError> {
        let members: HashSet<&Oid> = self.joiners.iter().map(|row| &row.oid).collect();
        let points: HashSet<&AccessPointOid> = self.access_points.iter().map(|row| &row.oid).collect();
        let member = |oid: &Oid| {
            if members.contains(oid) { Ok(()) } else { Err(EffectError::UnknownJoiner(oid.clone())) }
        };
        let point = |oid: &AccessPointOid| {
            if points.contains(oid) { Ok(()) } else { Err(EffectError::UnknownAccessPoint(oid.clone())) }
        };
        for row in &effect.tenants_opened {
            member(&row.host)?;
            open(&mut self.tenants, &mut at_hand.tenants, row)
                .ok_or_else(|| EffectError::AlreadyOpen(row.tenant.clone()))?;
        }
        for row in &effect.collection_points_opened {
            row.access_points.iter().try_for_each(point)?;
            let shared = |held: &CollectionPoint| {
                meet(held.valid, row.valid) && held.addresses.iter().any(|address| row.addresses.contains(address))
            };
            if self.collection_points.iter().any(shared) {
                return Err(EffectError::AlreadyOpen(row.administrator.clone()));
            }
            let opened = open(&mut self.collection_points, &mut at_hand.collection_points, row);
            opened.ok_or_else(|| EffectError::AlreadyOpen(row.administrator.clone()))?;
        }
        let mut receiving = Receiving::of(&self.rights, &effect.rights_opened);
        for row in &effect.rights_opened {
            point(&row.access_point)?;
            member(&row.joiner)?;
            if row.grandfathered && !self.goes_on(row) {
                return Err(EffectError::GrantedAnew(row.joiner.clone()));
            }
            if let Some(other) = receiving.elsewhere(&self.rights, row) {
                return Err(EffectError::ReceivesElsewhere {
                    unit: row.unit.clone().unwrap_or_else(|| row.joiner.clone()),
                    access_point: other.access_point.clone(),
                });
            }
            open(&mut self.rights, &mut at_hand.rights, row).ok_or_else(|| EffectError::Overlap {
                joiner: row.joiner.clone(),
                service: row.service,
                access_point: row.access_point.clone(),
            })?;
            receiving.add(row, self.rights.len() - 1);
        }
        for row in &effect.closings_opened {
            row.joiner.as_ref().map_or(Ok(()), member)?;
            row.access_point.as_ref().map_or(Ok(()), point)?;
            let used = |system: &String| {
                self.rights.iter().any(|right| right.system == *system)
                    || self.access_points.iter().any(|point| point.system == *system)
            };
            if row.system.as_ref().is_some_and(|system| !used(system)) {
                return Err(EffectError::UnknownSystem(row.system.clone().unwrap_or_default()));
            }
            open(&mut self.closings, &mut at_hand.closings, row).ok_or(EffectError::SameClosing)?;
        }
        Ok(())
    }
}

/// Where the rights by which units receive are, by unit; nothing where none begins to.
struct Receiving(HashMap<Oid, Vec<usize>>);

impl Receiving {
    fn of(held: &[Right], opened: &[Right]) -> Self {
        let mut receiving = Self(HashMap::new());
        if opened.iter().any(|right| unit_of(right).is_some()) {
            held.iter().enumerate().for_each(|(nth, right)| receiving.add(right, nth));
        }
        receiving
    }

    fn add(&mut self, right: &Right, nth: usize) {
        if let Some(unit) = unit_of(right) {
            self.0.entry(unit.clone()).or_default().push(nth);
        }
    }

    /// Where a unit would receive at the same time beside a right: nobody could say where its messages go.
    fn elsewhere<'r>(&self, held: &'r [Right], row: &Right) -> Option<&'r Right> {
        let of_unit = self.0.get(unit_of(row)?)?.iter().filter_map(|nth| held.get(*nth));
        let elsewhere = |held: &Right| (&held.joiner, &held.access_point) != (&row.joiner, &row.access_point);
        of_unit.into_iter().find(|held| elsewhere(held) && meet(held.valid, row.valid))
    }
}

/// The unit that receives renewal requests by a right.
fn unit_of(right: &Right) -> Option<&Oid> {
    right.unit.as_ref().filter(|_| right.service == Service::RenewalReception)
}

/// The day since which no permanent directory link is granted (guide, history 3.11).
fn none_granted_since() -> Option<Moment> {
    Moment::start_of_day(2021, 12, 15)
}

/// So many changes of a kind are found one by one; of more, each is found by its key.
const FEW: usize = 16;

/// Where rows of one kind are, by their key; nothing where they are few enough to be looked through.
struct Place(Option<HashMap<u64, Vec<usize>>>);

impl Place {
    fn of<R: Row>(rows: &[R], changes: usize) -> Self {
        if changes <= FEW {
            return Self(None);
        }
        let mut by: HashMap<u64, Vec<usize>> = HashMap::with_capacity(rows.len() + changes);
        rows.iter().enumerate().for_each(|(nth, row)| by.entry(key(row)).or_default().push(nth));
        Self(Some(by))
    }

    /// A row with the key of another that is what is looked for.
    fn find<R: Row>(&self, rows: &[R], row: &R, is: impl Fn(&R) -> bool) -> Option<usize> {
        match &self.0 {
            None => rows.iter().position(is),
            Some(by) => by.get(&key(row))?.iter().copied().find(|nth| rows.get(*nth).is_some_and(&is)),
        }
    }

    fn add<R: Row>(&mut self, row: &R, nth: usize) {
        if let Some(by) = &mut self.0 {
            by.entry(key(row)).or_default().push(nth);
        }
    }
}

fn key<R: Row>(row: &R) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.hash_key(&mut hasher);
    hasher.finish()
}

/// The places of all kinds.
struct Places {
    joiners: Place,
    access_points: Place,
    rights: Place,
    tenants: Place,
    collection_points: Place,
    closings: Place,
}

impl Places {
    fn of(rows: &Rows, effect: &Effect) -> Self {
        Self {
            joiners: Place::of(&rows.joiners, effect.joiners_ended.len() + effect.joiners_opened.len()),
            access_points: Place::of(
                &rows.access_points,
                effect.access_points_ended.len() + effect.access_points_opened.len(),
            ),
            rights: Place::of(&rows.rights, effect.rights_closed.len() + effect.rights_opened.len()),
            tenants: Place::of(&rows.tenants, effect.tenants_ended.len() + effect.tenants_opened.len()),
            collection_points: Place::of(
                &rows.collection_points,
                effect.collection_points_ended.len() + effect.collection_points_opened.len(),
            ),
            closings: Place::of(&rows.closings, effect.closings_ended.len() + effect.closings_opened.len()),
        }
    }
}

/// Ends a row; nothing where it is not there, has ended by then, or would end before it begins.
fn end<R: Row>(rows: &mut [R], place: &Place, row: &R, at: Moment) -> Option<()> {
    let fits = row.valid().from <= at && !row.valid().ended(at);
    let nth = place.find(rows, row, |held| held == row).filter(|_| fits)?;
    let found = rows.get_mut(nth)?;
    *found = found.during(Interval::new(row.valid().from, Some(at)));
    Some(())
}

/// Adds a row; nothing where another with its key holds at a common moment, or it would end before it begins.
fn open<R: Row>(rows: &mut Vec<R>, place: &mut Place, row: &R) -> Option<()> {
    let backwards = row.valid().until.is_some_and(|until| until < row.valid().from);
    let meets = |held: &R| held.same_key(row) && meet(held.valid(), row.valid());
    if backwards || place.find(rows, row, meets).is_some() {
        return None;
    }
    place.add(row, rows.len());
    rows.push(row.clone());
    Some(())
}

/// Whether two intervals share a moment; one that ended where it begins never held.
fn meet(one: Interval, other: Interval) -> bool {
    let held = |valid: Interval| valid.until.is_none_or(|until| valid.from < until);
    held(one) && held(other) && one.overlaps(&other)
}

impl Effect {
    /// The change that makes the directory from `now` on what `wanted` says, whatever `held` says: a way back to an earlier
    /// version. What was in force until now stays known as such.
    #[must_use]
    pub fn between(held: &Rows, wanted: &Rows, now: Moment) -> Self {
        let (joiners_opened, joiners_ended) = way(&held.joiners, &wanted.joiners, now);
        let (access_points_opened, access_points_ended) = way(&held.access_points, &wanted.access_points, now);
        let (rights_opened, rights_closed) = way(&held.rights, &wanted.rights, now);
        let (tenants_opened, tenants_ended) = way(&held.tenants, &wanted.tenants, now);
        let (collection_points_opened, collection_points_ended) =
            way(&held.collection_points, &wanted.collection_points, now);
        let (closings_opened, closings_ended) = way(&held.closings, &wanted.closings, now);
        Self {
            joiners_opened,
            access_points_opened,
            rights_opened,
            rights_closed,
            joiners_ended,
            access_points_ended,
            tenants_opened,
            tenants_ended,
            collection_points_opened,
            collection_points_ended,
            closings_opened,
            closings_ended,
        }
    }
}

/// Rows to open, and rows to end, each with its moment.
type Way<R> = (Vec<R>, Vec<(R, Moment)>);

/// The rows that say something now with their rests, and the rests that are wanted.
type Said<'r, R> = (Vec<&'r R>, Vec<Interval>, Vec<Interval>);

/// What to open and what to end, so that from `now` on `wanted` holds.
fn way<R: Row + Ord>(held: &[R], wanted: &[R], now: Moment) -> Way<R> {
    // From now on: a row's rest.
    let rest = |row: &R| {
        let valid = row.valid();
        let rest = Interval::new(valid.from.max(now), valid.until);
        rest.until.is_none_or(|until| rest.from < until).then_some(rest)
    };
    let (held, wanted) = otherwise(held, wanted);
    // What is said, each with the rows that say it now and the rests that are wanted.
    let mut said: BTreeMap<R, Said<'_, R>> = BTreeMap::new();
    let bare = |row: &R| row.during(Interval::from(now));
    for (row, rest) in held.into_iter().filter_map(|row| Some((row, rest(row)?))) {
        let of = said.entry(bare(row)).or_default();
        of.0.push(row);
        of.1.push(rest);
    }
    for (row, rest) in wanted.into_iter().filter_map(|row| Some((row, rest(row)?))) {
        said.entry(bare(row)).or_default().2.push(rest);
    }
    let (mut opened, mut ended) = (Vec::new(), Vec::new());
    for (row, (live, held, wanted)) in said {
        let wanted = joined(wanted);
        if joined(held) != wanted {
            ended.extend(live.into_iter().map(|held| (held.clone(), held.valid().from.max(now))));
            opened.extend(wanted.into_iter().map(|valid| row.during(valid)));
        }
    }
    (opened, ended)
}

/// The rows of whose keys the two say otherwise: of a country's rows a change touches few.
fn otherwise<'r, R: Row>(held: &'r [R], wanted: &'r [R]) -> (Vec<&'r R>, Vec<&'r R>) {
    let mut by_key: HashMap<u64, (Vec<&R>, Vec<&R>)> = HashMap::with_capacity(held.len());
    held.iter().for_each(|row| by_key.entry(key(row)).or_default().0.push(row));
    wanted.iter().for_each(|row| by_key.entry(key(row)).or_default().1.push(row));
    let others = by_key.into_values().filter(|(held, wanted)| held != wanted);
    others.fold(Default::default(), |(mut held, mut wanted): (Vec<_>, Vec<_>), (one, other)| {
        held.extend(one);
        wanted.extend(other);
        (held, wanted)
    })
}

/// Intervals in order, those that touch made one.
fn joined(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort_unstable();
    let mut joined: Vec<Interval> = Vec::new();
    for next in intervals {
        match joined.last_mut() {
            Some(last) if last.until.is_none_or(|until| next.from <= until) => {
                last.until = last.until.zip(next.until).map(|(one, other)| one.max(other));
            }
            _ => joined.push(next),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::super::effect::tests::{HUS, access_point, joiner, right};
    use super::*;
    use crate::directory::Stage;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_seconds(seconds)
    }

    fn closing(point: &str, from: i64) -> Closing {
        Closing {
            access_point: Some(AccessPointOid::parse(point).unwrap()),
            ..Closing::everything(Stage::Closed, Interval::from(at(from)))
        }
    }

    #[test]
    fn what_ends_makes_room_for_what_begins() {
        let point = format!("{HUS}.13.2");
        let rows = Rows { joiners: vec![joiner(HUS)], access_points: vec![access_point(&point)], ..Rows::default() };
        // An access point changes at 50: it is the same row until then, and another from then on.
        let mut next = access_point(&point).during(Interval::from(at(50)));
        next.country = "SE".into();
        let change = Effect {
            access_points_ended: vec![(access_point(&point), at(50))],
            access_points_opened: vec![next.clone()],
            ..Effect::default()
        };
        let after = rows.after(&change).unwrap();
        assert_eq!((after.access_points.len(), &after.access_points[1]), (2, &next));
        assert_eq!(after.access_points[0].valid, Interval::new(at(0), Some(at(50))));
        // Back to how it was, from 60 on: the change stays known.
        let back = Effect::between(&after, &rows, at(60));
        let returned = after.after(&back).unwrap();
        assert_eq!(returned.access_points.len(), 3);
        assert_eq!(Effect::between(&returned, &rows, at(60)), Effect::default());
        // Back before it began: it never was.
        let back = Effect::between(&after, &rows, at(10));
        let returned = after.after(&back).unwrap();
        assert_eq!(returned.access_points[1].valid, Interval::new(at(50), Some(at(50))));
    }

    #[test]
    fn nothing_dangles_and_nothing_ends_twice() {
        let point = format!("{HUS}.13.2");
        let rows = Rows { joiners: vec![joiner(HUS)], access_points: vec![access_point(&point)], ..Rows::default() };
        let tenant = Tenant {
            host: Oid::parse("1.2.246.10.1.10.0").unwrap(),
            tenant: Oid::parse("1.2.246.10.2.10.0").unwrap(),
            valid: Interval::from(at(0)),
        };
        let opens = Effect { tenants_opened: vec![tenant.clone()], ..Effect::default() };
        assert_eq!(rows.after(&opens), Err(EffectError::UnknownJoiner(tenant.host)));
        let shut = |point: &str| Effect { closings_opened: vec![closing(point, 5)], ..Effect::default() };
        assert!(matches!(rows.after(&shut(&format!("{HUS}.13.3"))), Err(EffectError::UnknownAccessPoint(_))));
        let closed = rows.after(&shut(&point)).unwrap();
        assert_eq!(closed.after(&shut(&point)), Err(EffectError::SameClosing));
        let lift = Effect { closings_ended: vec![(closing(&point, 5), at(9))], ..Effect::default() };
        let lifted = closed.after(&lift).unwrap();
        assert_eq!(lifted.after(&lift), Err(EffectError::NoSuchClosing));
        let gone = Effect { joiners_ended: vec![(joiner(HUS), at(9))], ..Effect::default() };
        let left = lifted.after(&gone).unwrap();
        assert!(left.is_member(&Oid::parse(HUS).unwrap(), at(8)) && !left.is_member(&Oid::parse(HUS).unwrap(), at(9)));
        assert_eq!(left.clone().open_at(at(9)).joiners, vec![]);
        assert!(matches!(left.after(&gone), Err(EffectError::NothingToClose(_))));
    }

    #[test]
    fn a_unit_receives_at_one_place_and_an_address_is_one_collection_points() {
        let points = [format!("{HUS}.13.2"), format!("{HUS}.13.3")];
        let receives = |point: &str, from: i64, until: Option<i64>| Right {
            service: Service::RenewalReception,
            unit: Oid::parse("1.2.246.537.10.15675350.10.7").ok(),
            ..right(HUS, point, from, until)
        };
        let rows = Rows {
            joiners: vec![joiner(HUS)],
            access_points: points.iter().map(|point| access_point(point)).collect(),
            rights: vec![receives(&points[0], 0, Some(50))],
            ..Rows::default()
        };
        let opens = |right: Right| rows.after(&Effect { rights_opened: vec![right], ..Effect::default() });
        assert!(matches!(opens(receives(&points[1], 49, None)), Err(EffectError::ReceivesElsewhere { .. })));
        assert!(opens(receives(&points[1], 50, None)).is_ok(), "it moves");
        let collecting = |name: &str, last: u8| CollectionPoint {
            administrator: Oid::parse(HUS).unwrap(),
            name: name.into(),
            country: "FI".into(),
            addresses: vec![[192, 0, 2, last].into()],
            access_points: vec![],
            proxy_header: true,
            valid: Interval::from(at(0)),
        };
        let both = |one, other| rows.after(&Effect { collection_points_opened: vec![one, other], ..Effect::default() });
        assert!(both(collecting("North", 1), collecting("South", 2)).is_ok());
        assert!(matches!(both(collecting("North", 1), collecting("South", 1)), Err(EffectError::AlreadyOpen(_))));
        let dangling =
            CollectionPoint { access_points: vec![format!("{HUS}.13.9").parse().unwrap()], ..collecting("x", 3) };
        assert!(matches!(both(dangling, collecting("y", 4)), Err(EffectError::UnknownAccessPoint(_))));
    }

    fn rows_of(spans: &[(u8, i64, i64, bool)]) -> Rows {
        let points = [format!("{HUS}.13.2"), format!("{HUS}.13.3")];
        let mut rows = Rows {
            joiners: vec![joiner(HUS)],
            access_points: points.iter().map(|point| access_point(point)).collect(),
            ..Rows::default()
        };
        for (kind, from, length, ends) in spans {
            let valid = Interval::new(at(*from), ends.then(|| at(from + length)));
            let point = &points[usize::from(kind % 2)];
            let effect = if *kind < 4 {
                Effect { rights_opened: vec![right(HUS, point, 0, None).during(valid)], ..Effect::default() }
            } else {
                Effect { closings_opened: vec![closing(point, 0).during(valid)], ..Effect::default() }
            };
            // What overlaps is left out.
            rows = rows.after(&effect).unwrap_or(rows);
        }
        rows
    }

    proptest! {
        /// After the way between two directories, every moment from then on is as wanted, and every moment before as it was.
        #[test]
        fn the_way_back_leads_there(
            held in proptest::collection::vec((0u8..8, 0i64..60, 1i64..30, any::<bool>()), 0..8),
            wanted in proptest::collection::vec((0u8..8, 0i64..60, 1i64..30, any::<bool>()), 0..8),
            now in 0i64..80,
        ) {
            let (held, wanted) = (rows_of(&held), rows_of(&wanted));
            let effect = Effect::between(&held, &wanted, at(now));
            let after = held.after(&effect).unwrap();
            fn says<R: Row>(rows: &[R], row: &R, moment: Moment) -> bool {
                rows.iter().any(|held| held.says_same(row) && held.valid().contains(moment))
            }
            for second in 0..100 {
                let (moment, as_it_is) = (at(second), if second < now { &held } else { &wanted });
                for row in held.rights.iter().chain(&wanted.rights) {
                    prop_assert_eq!(says(&after.rights, row, moment), says(&as_it_is.rights, row, moment));
                }
                for row in held.closings.iter().chain(&wanted.closings) {
                    prop_assert_eq!(says(&after.closings, row, moment), says(&as_it_is.closings, row, moment));
                }
            }
            prop_assert_eq!(Effect::between(&after, &wanted, at(now)), Effect::default());
        }
    }
}
