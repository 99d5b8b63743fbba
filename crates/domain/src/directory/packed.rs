//! A snapshot's rows by number: what a decision reads, in as little memory as it takes.

use super::texts::{NONE, Texts};
use super::{AccessPoint, BuildError, Closing, CollectionPoint, Right, SnapshotContent, Stage};
use crate::service_code::{ConnectionModel, Service};
use crate::time::{Interval, Moment};
use std::net::IpAddr;

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
    /// When it and all that it rests on hold – joiner, access point, system – so far as that is one stretch and nothing else need
    /// be asked; otherwise never.
    pub(super) plain: Span,
}

/// What a text stands for; [`NONE`] where it does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Roles {
    pub(super) joiner: u32,
    pub(super) point: u32,
    pub(super) unit: u32,
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
    /// Where its rights begin.
    pub(super) rights: u32,
    /// The row before it with the same OID, at another time; [`NONE`]: there is none.
    pub(super) before: u32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct PackedSystem {
    pub(super) text: u32,
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

/// The rows, interned and sorted.
#[derive(Debug, Default)]
pub(super) struct Packed {
    pub(super) texts: Texts,
    pub(super) roles: Vec<Roles>,
    pub(super) joiners: Vec<PackedJoiner>,
    pub(super) units: Vec<PackedUnit>,
    pub(super) points: Vec<AccessPoint>,
    /// The row before each with the same OID, at another time; [`NONE`]: there is none.
    points_before: Vec<u32>,
    /// By joiner, then access point, so that a pair's rights are one stretch; those of a pair in their order.
    pub(super) rights: Vec<PackedRight>,
    /// By tenant, then host.
    pub(super) tenants: Vec<(u32, u32, Span)>,
    pub(super) systems: Option<Vec<PackedSystem>>,
    /// By unit.
    pub(super) marks: Option<Vec<(u32, Span)>>,
    pub(super) closings: Vec<PackedClosing>,
    collection_points: Vec<PackedCollection>,
    /// Who receives: unit, joiner and access point of each right that is a unit's, by unit.
    receiving: Vec<(u32, u32, u32)>,
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
    pub(super) fn of(content: SnapshotContent) -> Result<Self, BuildError> {
        let room = content.joiners.len() + content.units.len() + content.access_points.len() * 2;
        let mut packed = Self { texts: Texts::with_room(room), ..Self::default() };
        for joiner in &content.joiners {
            let text = packed.add(joiner.oid.as_str());
            let number = position(packed.joiners.len());
            let before = packed.roles_of(text).joiner;
            packed.stands_for(text, |roles| roles.joiner = number);
            packed.joiners.push(PackedJoiner { text, valid: Span::of(&joiner.valid), rights: 0, before });
        }
        packed.points = content.access_points;
        for number in 0..packed.points.len() {
            let oid = packed.points.get(number).map(|point| point.oid.to_string()).unwrap_or_default();
            let text = packed.add(&oid);
            packed.points_before.push(packed.roles_of(text).point);
            packed.stands_for(text, |roles| roles.point = position(number));
        }
        for unit in &content.units {
            let joiner = packed.joiner(unit.joiner.as_str());
            let joiner = joiner.ok_or_else(|| BuildError::DanglingJoiner(unit.joiner.clone()))?;
            let text = packed.add(unit.oid.as_str());
            let number = position(packed.units.len());
            let mut last = packed.roles_of(text).unit;
            if last == NONE {
                packed.stands_for(text, |roles| roles.unit = number);
            }
            while let Some(row) = packed.units.get_mut(last as usize) {
                if row.another == NONE {
                    row.another = number;
                    break;
                }
                last = row.another;
            }
            packed.units.push(PackedUnit { joiner, valid: Span::of(&unit.valid), another: NONE });
        }
        packed.take_rights(&content.rights)?;
        packed.tenants = content.tenants.iter().map(|tenant| packed.tenancy(tenant)).collect();
        packed.tenants.sort_by_key(|(tenant, host, _)| (*tenant, *host));
        packed.systems = content.systems.map(|systems| packed.take_systems(&systems));
        packed.marks = content.renewal_marks.map(|marks| {
            let marks = marks.iter().map(|mark| (packed.add(mark.unit.as_str()), Span::of(&mark.valid)));
            let mut marks: Vec<_> = marks.collect();
            marks.sort_by_key(|(unit, _)| *unit);
            marks
        });
        packed.say_plainly();
        packed.collection_points = content.collection_points.iter().map(|row| packed.collection(row)).collect();
        packed.closings = content.closings.iter().map(|closing| packed.closing(closing)).collect();
        Ok(packed)
    }

    fn take_rights(&mut self, rights: &[Right]) -> Result<(), BuildError> {
        self.rights.reserve_exact(rights.len());
        for (index, right) in rights.iter().enumerate() {
            let point = self
                .point(right.access_point.as_str())
                .ok_or_else(|| BuildError::DanglingAccessPoint { index, access_point: right.access_point.clone() })?;
            let joiner = self.joiner(right.joiner.as_str());
            let joiner = joiner.ok_or_else(|| BuildError::DanglingJoiner(right.joiner.clone()))?;
            let packed = PackedRight {
                joiner,
                point,
                system: self.add(&right.system),
                unit: right.unit.as_ref().map_or(NONE, |unit| self.add(unit.as_str())),
                organiser: right.organiser.as_ref().map_or(NONE, |organiser| self.add(organiser.as_str())),
                service: right.service,
                model: right.model,
                valid: Span::of(&right.valid),
                plain: Span::NEVER,
            };
            self.rights.push(packed);
        }
        let receiving = self.rights.iter().filter(|right| right.unit != NONE);
        self.receiving = receiving.map(|right| (right.unit, right.joiner, right.point)).collect();
        self.receiving.sort_by_key(|row| row.0);
        self.rights.sort_by_key(|right| (right.joiner, right.point));
        let mut start = 0;
        for (number, joiner) in self.joiners.iter_mut().enumerate() {
            joiner.rights = position(start);
            let of_joiner = |right: &PackedRight| right.joiner as usize == number;
            start += self.rights.get(start..).unwrap_or_default().iter().take_while(|right| of_joiner(right)).count();
        }
        Ok(())
    }

    /// Says of each right when all that it rests on holds.
    fn say_plainly(&mut self) {
        let mut rights = std::mem::take(&mut self.rights);
        for right in &mut rights {
            right.plain = self.plain(right).unwrap_or(Span::NEVER);
        }
        self.rights = rights;
    }

    fn plain(&self, right: &PackedRight) -> Option<Span> {
        let joiner = self.joiners.get(right.joiner as usize).filter(|row| row.before == NONE)?;
        let once = self.points_before.get(right.point as usize) == Some(&NONE);
        let point = self.points.get(right.point as usize).filter(|_| once)?;
        let rests = right.valid.and(joiner.valid).and(Span::of(&point.valid));
        // Who receives renewal requests carries a mark, too.
        let marked = right.service == Service::RenewalReception && self.marks.is_some();
        match self.system(right.system) {
            _ if marked => None,
            None => Some(rests),
            Some(system) => {
                let system = system.filter(|system| system.services & bit(right.service) != 0)?;
                Some(rests.and(system.valid))
            }
        }
    }

    fn tenancy(&mut self, tenant: &super::Tenant) -> (u32, u32, Span) {
        (self.add(tenant.tenant.as_str()), self.add(tenant.host.as_str()), Span::of(&tenant.valid))
    }

    fn take_systems(&mut self, systems: &[super::System]) -> Vec<PackedSystem> {
        let packed = systems.iter().map(|system| PackedSystem {
            text: self.add(&system.number),
            valid: Span::of(&system.valid),
            services: match &system.services {
                None => u32::MAX,
                Some(services) => services.iter().fold(0, |bits, service| bits | bit(*service)),
            },
        });
        let mut packed: Vec<_> = packed.collect();
        packed.sort_by_key(|system| system.text);
        packed
    }

    fn collection(&self, row: &CollectionPoint) -> PackedCollection {
        let points = row.access_points.iter().filter_map(|oid| self.point(oid.as_str()));
        let (points, valid) = (points.collect(), Span::of(&row.valid));
        PackedCollection { addresses: row.addresses.clone(), points, proxy_header: row.proxy_header, valid }
    }

    /// Whether an access point's connections may come from the address of a collection point.
    pub(super) fn collected(&self, point: u32, source: IpAddr, at: Moment) -> bool {
        self.collection_points
            .iter()
            .any(|row| row.valid.contains(at) && row.addresses.contains(&source) && row.points.contains(&point))
    }

    /// Whether connections from an address begin with a PROXY header.
    pub(super) fn says_source(&self, address: IpAddr, at: Moment) -> bool {
        self.collection_points
            .iter()
            .any(|row| row.proxy_header && row.valid.contains(at) && row.addresses.contains(&address))
    }

    fn closing(&mut self, closing: &Closing) -> PackedClosing {
        // An access point that the snapshot does not hold closes nothing: number beyond all, but not "any".
        let point = closing.access_point.as_ref();
        let point = point.map_or(NONE, |oid| self.point(oid.as_str()).unwrap_or(NONE - 1));
        let mut named = |text: Option<&str>| text.map_or(NONE, |text| self.add(text));
        PackedClosing {
            joiner: named(closing.joiner.as_ref().map(|oid| oid.as_str())),
            point,
            system: named(closing.system.as_deref()),
            service: closing.service,
            stage: closing.stage,
            valid: Span::of(&closing.valid),
        }
    }

    fn add(&mut self, text: &str) -> u32 {
        let number = self.texts.add(text);
        if self.roles.len() < self.texts.len() {
            self.roles.push(Roles { joiner: NONE, point: NONE, unit: NONE });
        }
        number
    }

    /// Says what a text stands for.
    fn stands_for(&mut self, text: u32, say: impl FnOnce(&mut Roles)) {
        if let Some(roles) = self.roles.get_mut(text as usize) {
            say(roles);
        }
    }

    fn joiner(&self, oid: &str) -> Option<u32> {
        Some(self.roles_of(self.texts.find(oid)?).joiner).filter(|number| *number != NONE)
    }

    fn point(&self, oid: &str) -> Option<u32> {
        Some(self.roles_of(self.texts.find(oid)?).point).filter(|number| *number != NONE)
    }

    pub(super) fn roles_of(&self, text: u32) -> Roles {
        self.roles.get(text as usize).copied().unwrap_or(Roles { joiner: NONE, point: NONE, unit: NONE })
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
        let numbers = std::iter::successors(Some(number), |number| self.points_before.get(*number as usize).copied());
        let mut rows = numbers.map_while(|number| self.points.get(number as usize));
        rows.find(|row| row.valid.contains(at)).or(Some(last))
    }

    /// Where the rights of a joiner through an access point begin, and how many there are, by their numbers among joiners and
    /// points.
    pub(super) fn rights_of(&self, joiner: u32, point: u32) -> (u32, u32) {
        let start = |number: usize| self.joiners.get(number).map_or(self.rights.len(), |row| row.rights as usize);
        let begins = start(joiner as usize);
        let of_joiner = self.rights.get(begins..start(joiner as usize + 1)).unwrap_or_default();
        let first = of_joiner.partition_point(|right| right.point < point);
        let rest = of_joiner.get(first..).unwrap_or_default();
        (position(begins + first), position(rest.partition_point(|right| right.point == point)))
    }

    /// Rights by where they begin and how many there are.
    pub(super) fn rights_in(&self, (first, count): (u32, u32)) -> &[PackedRight] {
        self.rights.get(first as usize..first as usize + count as usize).unwrap_or_default()
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
        Some(systems.binary_search_by_key(&text, |row| row.text).ok().and_then(|at| systems.get(at)).copied())
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
            + self.roles.capacity() * size_of::<Roles>()
            + self.joiners.capacity() * size_of::<PackedJoiner>()
            + self.units.capacity() * size_of::<PackedUnit>()
            + self.rights.capacity() * size_of::<PackedRight>()
            + self.tenants.capacity() * size_of::<(u32, u32, Span)>()
    }
}
