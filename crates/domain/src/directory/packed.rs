//! A snapshot's rows by number: what a decision reads, in as little memory as it takes.
//!
//! Lists are in pages that snapshots share: the next one costs what changed. Numbers stay when rows change: of a thing with rows at
//! several times, its number is its last row's.

mod apply;
mod build;

use super::paged::Paged;
use super::texts::{NONE, Texts};
use super::{AccessPoint, Closing, CollectionPoint, Stage};
use crate::service_code::{ConnectionModel, RateClass, Service};
use crate::time::{Interval, Moment};
use std::net::IpAddr;
use std::sync::Arc;

/// An interval as two numbers; without an end it ends after all time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    from: i64,
    until: i64,
}

impl Span {
    pub(super) const fn of(valid: &Interval) -> Self {
        let until = match valid.until {
            Some(until) => until.as_micros(),
            None => i64::MAX,
        };
        Self { from: valid.from.as_micros(), until }
    }

    /// No moment at all.
    pub(super) const NEVER: Self = Self { from: i64::MAX, until: i64::MIN };

    /// The moments of both.
    const fn and(self, other: Self) -> Self {
        let from = if self.from > other.from { self.from } else { other.from };
        let until = if self.until < other.until { self.until } else { other.until };
        Self { from, until }
    }

    pub(super) const fn contains(self, at: Moment) -> bool {
        self.from <= at.as_micros() && at.as_micros() < self.until
    }

    pub(super) const fn ended(self, at: Moment) -> bool {
        self.until <= at.as_micros()
    }

    pub(super) const fn from(self) -> Moment {
        Moment::from_micros(self.from)
    }

    /// Its end, if it has one.
    pub(super) const fn until(self) -> Option<Moment> {
        if self.until == i64::MAX { None } else { Some(Moment::from_micros(self.until)) }
    }
}

/// A right: 56 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedRight {
    pub(super) joiner: u32,
    pub(super) point: u32,
    pub(super) system: u32,
    pub(super) unit: u32,
    pub(super) organiser: u32,
    pub(super) service: Service,
    pub(super) model: ConnectionModel,
    pub(super) valid: Span,
    /// When it and its joiner hold, so far as that is one stretch and beside them only access point and system need be asked;
    /// otherwise never.
    pub(super) plain: Span,
}

/// What a text stands for; [`NONE`] where it does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roles {
    pub(super) joiner: u32,
    pub(super) point: u32,
    pub(super) unit: u32,
    pub(super) system: u32,
}

impl Roles {
    const NOTHING: Self = Self { joiner: NONE, point: NONE, unit: NONE, system: NONE };
}

/// An access point's row.
#[derive(Clone, Debug)]
pub(super) struct PackedPoint {
    row: Arc<AccessPoint>,
    pub(super) valid: Span,
    /// The row before it with the same OID, at another time; [`NONE`]: there is none.
    before: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PackedUnit {
    /// Number among the joiners.
    pub(super) joiner: u32,
    pub(super) valid: Span,
    /// The row of the next joiner above the same unit; [`NONE`]: there is none.
    pub(super) another: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PackedJoiner {
    /// Its OID's number.
    pub(super) text: u32,
    pub(super) valid: Span,
    pub(super) rate: RateClass,
    /// Where its rights begin in its group.
    pub(super) rights: u32,
    /// The row before it with the same OID, at another time; [`NONE`]: there is none.
    pub(super) before: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PackedSystem {
    pub(super) valid: Span,
    /// A bit for each service it is made for.
    pub(super) services: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PackedClosing {
    pub(super) joiner: u32,
    pub(super) point: u32,
    pub(super) system: u32,
    pub(super) service: Option<Service>,
    pub(super) stage: Stage,
    pub(super) valid: Span,
}

/// A collection point's addresses and the numbers of the access points behind it.
#[derive(Clone, Debug)]
pub(super) struct PackedCollection {
    addresses: Vec<IpAddr>,
    points: Vec<u32>,
    proxy_header: bool,
    valid: Span,
}

/// Joiners whose rights stand together, so that a change copies the rights of so many.
const GROUP: u32 = 64;

/// The rights of a group: a stretch of a slab, as a page is.
#[derive(Clone, Debug)]
struct Group {
    slab: Arc<[PackedRight]>,
    from: u32,
    until: u32,
}

impl Group {
    fn own(rights: Vec<PackedRight>) -> Self {
        Self { from: 0, until: position(rights.len()), slab: rights.into() }
    }

    #[inline]
    fn rights(&self) -> &[PackedRight] {
        self.slab.get(self.from as usize..self.until as usize).unwrap_or_default()
    }
}

/// Rows that are few: kept as they came, since what they name may come later.
#[derive(Debug, Default)]
struct Few {
    collection_points: Vec<CollectionPoint>,
    closings: Vec<Closing>,
}

/// The rows, interned and sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Packed {
    pub(super) texts: Texts,
    roles: Paged<Roles>,
    joiners: Paged<PackedJoiner>,
    pub(super) units: Paged<PackedUnit>,
    points: Paged<PackedPoint>,
    /// When each access point's row holds, once more: close together, for the quick answer.
    point_spans: Vec<Span>,
    /// Each group's rights: by joiner, then access point, so that a pair's rights are one stretch; those of a pair in their order.
    rights: Vec<Group>,
    rights_held: usize,
    /// By tenant, then host.
    tenants: Arc<Vec<(u32, u32, Span)>>,
    /// By their numbers in [`Roles::system`].
    systems: Option<Arc<Vec<PackedSystem>>>,
    /// By unit.
    marks: Option<Arc<Vec<(u32, Span)>>>,
    few: Arc<Few>,
    pub(super) closings: Vec<PackedClosing>,
    collection_points: Vec<PackedCollection>,
    /// Who receives: unit, joiner and access point of each right that is a unit's, by unit.
    receiving: Arc<Vec<(u32, u32, u32)>>,
}

/// The bit of a service in [`PackedSystem::services`].
pub(super) const fn bit(service: Service) -> u32 {
    1 << service as u32
}

/// A position in 32 bits; a directory has a few million rows at most.
fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(NONE)
}

impl Packed {
    /// Whether an access point's connections may come from the address of a collection point.
    pub(super) fn collected(&self, point: u32, source: IpAddr, at: Moment) -> bool {
        self.collecting(point, at).any(|address| address == source)
    }

    /// The addresses of the collection points that an access point is behind.
    pub(super) fn collecting(&self, point: u32, at: Moment) -> impl Iterator<Item = IpAddr> {
        let its =
            self.collection_points.iter().filter(move |row| row.valid.contains(at) && row.points.contains(&point));
        its.flat_map(|row| row.addresses.iter().copied())
    }

    /// Whether what a collection point at an address says of where connections of an access point come from is its to say.
    pub(super) fn speaks_for(&self, address: IpAddr, point: u32, at: Moment) -> bool {
        self.collection_points.iter().any(|row| {
            row.proxy_header
                && row.valid.contains(at)
                && row.addresses.contains(&address)
                && row.points.contains(&point)
        })
    }

    /// Whether connections from an address begin with a PROXY header.
    pub(super) fn says_source(&self, address: IpAddr, at: Moment) -> bool {
        self.collection_points
            .iter()
            .any(|row| row.proxy_header && row.valid.contains(at) && row.addresses.contains(&address))
    }

    fn joiner(&self, oid: &str) -> Option<u32> {
        Some(self.roles_of(self.texts.find(oid)?).joiner).filter(|number| *number != NONE)
    }

    pub(super) fn point(&self, oid: &str) -> Option<u32> {
        Some(self.roles_of(self.texts.find(oid)?).point).filter(|number| *number != NONE)
    }

    pub(super) fn roles_of(&self, text: u32) -> Roles {
        self.roles.get(text as usize).copied().unwrap_or(Roles::NOTHING)
    }

    /// The row of a joiner that speaks at a moment: the one in force, or the last. Numbers are the last row's.
    pub(super) fn joiner_at(&self, number: u32, at: Moment) -> Option<&PackedJoiner> {
        let last = self.joiners.get(number as usize)?;
        let rows = std::iter::successors(Some(last), |row| self.joiners.get(row.before as usize));
        rows.into_iter().find(|row| row.valid.contains(at)).or(Some(last))
    }

    /// Who is named by a text at a moment: numbers among joiners and units. A joiner in force is itself; otherwise it is a unit
    /// of the nearest joiner above it that is in force.
    pub(super) fn named_at(&self, text: u32, at: Moment) -> (u32, u32) {
        let roles = self.roles_of(text);
        let in_force = |joiner: u32| self.joiner_at(joiner, at).is_some_and(|row| row.valid.contains(at));
        if in_force(roles.joiner) {
            return (roles.joiner, NONE);
        }
        let first = self.units.get(roles.unit as usize).map(|row| (roles.unit, row));
        let mut rows = std::iter::successors(first, |(_, row)| {
            self.units.get(row.another as usize).map(|next| (row.another, next))
        });
        match (rows.find(|(_, row)| row.valid.contains(at) && in_force(row.joiner)), first) {
            (Some((number, row)), _) => (row.joiner, number),
            (None, _) if roles.joiner != NONE => (roles.joiner, NONE),
            (None, Some((number, row))) => (row.joiner, number),
            (None, None) => (NONE, NONE),
        }
    }

    /// Who a unit, or a joiner itself, belongs to at a moment.
    pub(super) fn whose(&self, unit: &str, at: Moment) -> Option<&str> {
        let (joiner, number) = self.named_at(self.texts.find(unit)?, at);
        let unit = self.units.get(number as usize);
        let joiner = self.joiner_at(joiner, at).filter(|row| row.valid.contains(at))?;
        unit.is_none_or(|row| row.valid.contains(at)).then(|| self.texts.text(joiner.text))
    }

    /// Whether who is named by a text is the same at every moment.
    pub(super) fn named_once(&self, text: u32) -> bool {
        let roles = self.roles_of(text);
        match self.units.get(roles.unit as usize) {
            None => true,
            Some(row) => roles.joiner == NONE && row.another == NONE,
        }
    }

    /// The same of an access point.
    pub(super) fn point_at(&self, number: u32, at: Moment) -> Option<&AccessPoint> {
        let last = self.points.get(number as usize)?;
        let mut rows = std::iter::successors(Some(last), |row| self.points.get(row.before as usize));
        Some(&rows.find(|row| row.valid.contains(at)).unwrap_or(last).row)
    }

    /// Where the rights of a joiner through an access point begin in its group, and how many there are, by their numbers among
    /// joiners and points.
    pub(super) fn rights_of(&self, joiner: u32, point: u32) -> (u32, u32) {
        let group = self.group(joiner);
        let begins = self.joiners.get(joiner as usize).map_or(group.len(), |row| row.rights as usize);
        let next = joiner.wrapping_add(1);
        let ends = if next.is_multiple_of(GROUP) { None } else { self.joiners.get(next as usize) };
        let ends = ends.map_or(group.len(), |row| row.rights as usize);
        let of_joiner = group.get(begins..ends).unwrap_or_default();
        let first = of_joiner.partition_point(|right| right.point < point);
        let rest = of_joiner.get(first..).unwrap_or_default();
        (position(begins + first), position(rest.partition_point(|right| right.point == point)))
    }

    /// Rights of a joiner by where they begin in its group and how many there are.
    pub(super) fn rights_in(&self, joiner: u32, (first, count): (u32, u32)) -> &[PackedRight] {
        let group = self.group(joiner);
        group.get(first as usize..first as usize + count as usize).unwrap_or_default()
    }

    #[inline]
    fn group(&self, joiner: u32) -> &[PackedRight] {
        self.rights.get((joiner / GROUP) as usize).map(Group::rights).unwrap_or_default()
    }

    /// How many rights there are.
    pub(super) const fn rights_held(&self) -> usize {
        self.rights_held
    }

    /// Whether access point and system of a right hold at a moment, so far as one row of each says it. The point is the right's: it
    /// is asked for beside it, so that both are read at once.
    #[inline]
    pub(super) fn rests_hold(&self, point: u32, right: &PackedRight, at: Moment) -> bool {
        let point = self.point_spans.get(point as usize).is_some_and(|span| span.contains(at));
        point
            && match self.system(right.system) {
                None => true,
                Some(system) => {
                    system.is_some_and(|system| system.services & bit(right.service) != 0 && system.valid.contains(at))
                }
            }
    }

    /// The spans in which a tenant works under a host.
    pub(super) fn tenancies(&self, tenant: u32, host: u32) -> impl Iterator<Item = Span> + '_ {
        let first = self.tenants.partition_point(|row| (row.0, row.1) < (tenant, host));
        let rows = self.tenants.get(first..).unwrap_or_default().iter();
        rows.take_while(move |row| (row.0, row.1) == (tenant, host)).map(|row| row.2)
    }

    /// Through whom and where a unit may receive: joiners' OIDs and numbers of access points.
    pub(super) fn receiving(&self, unit: &str) -> impl Iterator<Item = (&str, u32)> {
        let unit = self.texts.find(unit).unwrap_or(NONE);
        let first = self.receiving.partition_point(|row| row.0 < unit);
        let rows = self.receiving.get(first..).unwrap_or_default().iter().take_while(move |row| row.0 == unit);
        rows.filter_map(|(_, joiner, point)| Some((self.texts.text(self.joiners.get(*joiner as usize)?.text), *point)))
    }

    /// Whether somebody works under a host.
    pub(super) fn is_tenant(&self, text: u32) -> bool {
        let first = self.tenants.partition_point(|row| row.0 < text);
        self.tenants.get(first).is_some_and(|row| row.0 == text)
    }

    /// What Astori says of a system; outer `None`: nobody told us.
    pub(super) fn system(&self, text: u32) -> Option<Option<PackedSystem>> {
        let systems = self.systems.as_ref()?;
        Some(systems.get(self.roles_of(text).system as usize).copied())
    }

    /// Whether a unit carries the mark of receiving renewal requests; `None`: nobody told us.
    pub(super) fn marked(&self, unit: u32, at: Moment) -> Option<bool> {
        let marks = self.marks.as_ref()?;
        let first = marks.partition_point(|row| row.0 < unit);
        let mut of_unit = marks.get(first..).unwrap_or_default().iter().take_while(|row| row.0 == unit);
        Some(of_unit.any(|row| row.1.contains(at)))
    }

    /// Bytes of memory that the rows take; access points aside, which are few.
    pub(super) fn memory(&self) -> usize {
        self.texts.memory()
            + self.roles.memory()
            + self.joiners.memory()
            + self.units.memory()
            + self.rights_held * size_of::<PackedRight>()
            + self.rights.capacity() * size_of::<Group>()
            + self.tenants.capacity() * size_of::<(u32, u32, Span)>()
    }
}
