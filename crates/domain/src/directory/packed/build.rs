//! A snapshot's rows, interned and sorted from its content.

use super::{
    Few, GROUP, Group, Packed, PackedClosing, PackedCollection, PackedJoiner, PackedPoint, PackedRight, PackedSystem,
    PackedUnit, Roles, Span, bit, position,
};
use crate::directory::texts::{NONE, Texts};
use crate::directory::{
    AccessPoint, BuildError, Closing, CollectionPoint, Joiner, RenewalMark, Right, SnapshotContent, System, Tenant,
    Unit,
};
use crate::service_code::Service;
use std::sync::Arc;

impl Packed {
    pub(in super::super) fn of(content: SnapshotContent) -> Result<Self, BuildError> {
        let room = content.joiners.len() + content.units.len() + content.access_points.len() * 2;
        let mut packed = Self { texts: Texts::with_room(room), ..Self::default() };
        for joiner in &content.joiners {
            packed.take_joiner(joiner);
        }
        for point in content.access_points {
            packed.take_point(point);
        }
        for unit in &content.units {
            packed.take_unit(unit)?;
        }
        if let Some(systems) = &content.systems {
            packed.systems = Some(Arc::default());
            systems.iter().for_each(|system| packed.take_system(system));
        }
        packed.marks = content.renewal_marks.map(|marks| {
            let mut marks: Vec<_> = marks.iter().map(|mark| packed.mark(mark)).collect();
            marks.sort_by_key(|(unit, _)| *unit);
            Arc::new(marks)
        });
        packed.take_rights(&content.rights)?;
        let mut tenants: Vec<_> = content.tenants.iter().map(|tenant| packed.tenancy(tenant)).collect();
        tenants.sort_by_key(|(tenant, host, _)| (*tenant, *host));
        packed.tenants = Arc::new(tenants);
        packed.few = Arc::new(Few { collection_points: content.collection_points, closings: content.closings });
        packed.take_few();
        packed.texts.settle(true);
        packed.settle();
        Ok(packed)
    }

    /// Makes pages of what came, so that copies share it.
    pub(super) fn settle(&mut self) {
        self.roles.settle();
        self.joiners.settle();
        self.units.settle();
        self.points.settle();
    }

    pub(super) fn take_joiner(&mut self, joiner: &Joiner) {
        let text = self.add(joiner.oid.as_str());
        let number = position(self.joiners.len());
        let before = self.roles_of(text).joiner;
        self.stands_for(text, |roles| roles.joiner = number);
        let rights = self.rights.get((number / GROUP) as usize).map_or(0, |group| position(group.rights().len()));
        let (valid, rate) = (Span::of(&joiner.valid), joiner.rate);
        self.joiners.push(PackedJoiner { text, valid, rate, rights, before });
    }

    pub(super) fn take_point(&mut self, point: AccessPoint) {
        let text = self.add(point.oid.as_str());
        let number = position(self.points.len());
        let before = self.roles_of(text).point;
        self.stands_for(text, |roles| roles.point = number);
        self.point_spans.push(Span::of(&point.valid));
        self.points.push(PackedPoint { valid: Span::of(&point.valid), row: Arc::new(point), before });
    }

    pub(super) fn take_unit(&mut self, unit: &Unit) -> Result<(), BuildError> {
        let joiner = self.joiner(unit.joiner.as_str());
        let joiner = joiner.ok_or_else(|| BuildError::DanglingJoiner(unit.joiner.clone()))?;
        let text = self.add(unit.oid.as_str());
        let number = position(self.units.len());
        let mut last = self.roles_of(text).unit;
        if last == NONE {
            self.stands_for(text, |roles| roles.unit = number);
        }
        while let Some(another) = self.units.get(last as usize).map(|row| row.another) {
            if another == NONE {
                if let Some(row) = self.units.get_mut(last as usize) {
                    row.another = number;
                }
                break;
            }
            last = another;
        }
        self.units.push(PackedUnit { joiner, valid: Span::of(&unit.valid), another: NONE });
        Ok(())
    }

    pub(super) fn take_system(&mut self, system: &System) {
        let packed = PackedSystem {
            valid: Span::of(&system.valid),
            services: match &system.services {
                None => u32::MAX,
                Some(services) => services.iter().fold(0, |bits, service| bits | bit(*service)),
            },
        };
        let text = self.add(&system.number);
        let known = self.roles_of(text).system;
        let Some(systems) = &mut self.systems else { return };
        let systems = Arc::make_mut(systems);
        match systems.get_mut(known as usize) {
            Some(row) => *row = packed,
            None => {
                let number = position(systems.len());
                systems.push(packed);
                self.stands_for(text, |roles| roles.system = number);
            }
        }
    }

    pub(super) fn mark(&mut self, mark: &RenewalMark) -> (u32, Span) {
        (self.add(mark.unit.as_str()), Span::of(&mark.valid))
    }

    /// A right by numbers; `index` is its place, for whoever is told that it dangles.
    pub(super) fn right(&mut self, index: usize, right: &Right) -> Result<PackedRight, BuildError> {
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
        Ok(PackedRight { plain: self.plain(&packed), ..packed })
    }

    pub(super) fn take_rights(&mut self, rights: &[Right]) -> Result<(), BuildError> {
        let mut packed = Vec::with_capacity(rights.len());
        for (index, right) in rights.iter().enumerate() {
            packed.push(self.right(index, right)?);
        }
        let receiving = packed.iter().filter(|right| right.unit != NONE);
        let mut receiving: Vec<_> = receiving.map(|right| (right.unit, right.joiner, right.point)).collect();
        receiving.sort_by_key(|row| row.0);
        self.receiving = Arc::new(receiving);
        packed.sort_by_key(|right| (right.joiner, right.point));
        self.rights_held = packed.len();
        let slab: Arc<[PackedRight]> = packed.into();
        let (mut begins, mut from) = (0, 0);
        while (from as usize) < self.joiners.len() {
            let until = from + GROUP;
            let rest = slab.get(begins..).unwrap_or_default();
            let ends = begins + rest.partition_point(|right| right.joiner < until);
            let group = Group { slab: Arc::clone(&slab), from: position(begins), until: position(ends) };
            self.begin_rights(from..until, group.rights());
            self.rights.push(group);
            (begins, from) = (ends, until);
        }
        Ok(())
    }

    /// Says of joiners with these numbers where their rights begin in their group's.
    pub(super) fn begin_rights(&mut self, joiners: std::ops::Range<u32>, group: &[PackedRight]) {
        for number in joiners {
            if let Some(joiner) = self.joiners.get_mut(number as usize) {
                joiner.rights = position(group.partition_point(|right| right.joiner < number));
            }
        }
    }

    /// When a right and its joiner hold, as far as that is said plainly.
    pub(super) fn plain(&self, right: &PackedRight) -> Span {
        // Who receives renewal requests carries a mark, too.
        let marked = right.service == Service::RenewalReception && self.marks.is_some();
        match self.joiners.get(right.joiner as usize) {
            Some(joiner) if joiner.before == NONE && !marked => right.valid.and(joiner.valid),
            _ => Span::NEVER,
        }
    }

    /// Looks up what the few rows name.
    pub(super) fn take_few(&mut self) {
        let few = Arc::clone(&self.few);
        self.collection_points = few.collection_points.iter().map(|row| self.collection(row)).collect();
        self.closings = few.closings.iter().map(|closing| self.closing(closing)).collect();
    }

    pub(super) fn tenancy(&mut self, tenant: &Tenant) -> (u32, u32, Span) {
        (self.add(tenant.tenant.as_str()), self.add(tenant.host.as_str()), Span::of(&tenant.valid))
    }

    pub(super) fn collection(&self, row: &CollectionPoint) -> PackedCollection {
        let points = row.access_points.iter().filter_map(|oid| self.point(oid.as_str()));
        let (points, valid) = (points.collect(), Span::of(&row.valid));
        PackedCollection { addresses: row.addresses.clone(), points, proxy_header: row.proxy_header, valid }
    }

    pub(super) fn closing(&mut self, closing: &Closing) -> PackedClosing {
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

    pub(super) fn add(&mut self, text: &str) -> u32 {
        let number = self.texts.add(text);
        if self.roles.len() < self.texts.len() {
            self.roles.push(Roles::NOTHING);
        }
        number
    }

    /// Says what a text stands for.
    pub(super) fn stands_for(&mut self, text: u32, say: impl FnOnce(&mut Roles)) {
        if let Some(roles) = self.roles.get_mut(text as usize) {
            say(roles);
        }
    }
}
