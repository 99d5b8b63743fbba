//! A snapshot's rows with a change: what did not change is shared with the rows before.

use super::{Few, GROUP, Group, Packed, PackedJoiner, PackedPoint, PackedRight, PackedUnit, Span, position};
use crate::directory::texts::NONE;
use crate::directory::{AccessPoint, BuildError, Delta, Joiner, Right, Unit};
use crate::identifier::Oid;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Packed {
    /// These rows with a delta's groups in the place of theirs.
    ///
    /// # Errors
    /// [`BuildError`] when they contradict each other then.
    pub(in super::super) fn with(&self, delta: &Delta) -> Result<Self, BuildError> {
        let mut next = self.clone();
        for (oid, rows) in &delta.access_points {
            next.replace_point(oid.as_str(), rows);
        }
        let mut touched: BTreeMap<u32, Option<Vec<PackedRight>>> = BTreeMap::new();
        for (oid, rows) in &delta.joiners {
            if let Some(number) = next.replace_joiner(oid, rows) {
                touched.insert(number, None);
            }
        }
        for (oid, rows) in &delta.units {
            next.replace_unit(oid, rows)?;
        }
        for (number, rows) in &delta.systems {
            let text = next.add(number);
            next.stands_for(text, |roles| roles.system = NONE);
            rows.first().into_iter().for_each(|system| next.take_system(system));
        }
        if !delta.renewal_marks.is_empty() {
            next.replace_marks(delta);
        }
        for (oid, rows) in &delta.rights {
            let packed = next.packed_rights(rows)?;
            // Of somebody who is no joiner any more nothing is left to say.
            let number = next.joiner(oid.as_str());
            if let Some(number) = number {
                touched.insert(number, Some(packed));
            }
        }
        next.replace_rights(touched);
        if !delta.tenants.is_empty() {
            next.replace_tenants(delta);
        }
        if delta.collection_points.is_some() || delta.closings.is_some() {
            let whole = |held: &Few| Few {
                collection_points: delta.collection_points.clone().unwrap_or_else(|| held.collection_points.clone()),
                closings: delta.closings.clone().unwrap_or_else(|| held.closings.clone()),
            };
            next.few = Arc::new(whole(&next.few));
        }
        next.take_few();
        next.texts.settle(false);
        next.settle();
        Ok(next)
    }

    /// All rows of an access point: the last has its number, so that rights go on naming it.
    fn replace_point(&mut self, oid: &str, rows: &[AccessPoint]) {
        let text = self.add(oid);
        let number = self.roles_of(text).point;
        let Some((last, earlier)) = rows.split_last() else {
            self.stands_for(text, |roles| roles.point = NONE);
            return;
        };
        let packed =
            |row: &AccessPoint, before| PackedPoint { row: Arc::new(row.clone()), valid: Span::of(&row.valid), before };
        let mut before = NONE;
        for row in earlier {
            let number = position(self.points.len());
            self.point_spans.push(Span::of(&row.valid));
            self.points.push(packed(row, before));
            before = number;
        }
        let last = packed(last, before);
        match (self.points.get_mut(number as usize), self.point_spans.get_mut(number as usize)) {
            (Some(row), Some(span)) => {
                *span = last.valid;
                *row = last;
            }
            _ => {
                let number = position(self.points.len());
                self.point_spans.push(last.valid);
                self.points.push(last);
                self.stands_for(text, |roles| roles.point = number);
            }
        }
    }

    /// All rows of a joiner: the last has its number and its rights. Gives the number.
    fn replace_joiner(&mut self, oid: &Oid, rows: &[Joiner]) -> Option<u32> {
        let text = self.add(oid.as_str());
        let number = self.roles_of(text).joiner;
        let Some((last, earlier)) = rows.split_last() else {
            self.stands_for(text, |roles| roles.joiner = NONE);
            return None;
        };
        // Rows before it stand alone: nothing is found by their numbers but by way of the last.
        self.stands_for(text, |roles| roles.joiner = NONE);
        earlier.iter().for_each(|row| self.take_joiner(row));
        let before = self.roles_of(text).joiner;
        if number == NONE {
            self.take_joiner(last);
            return Some(self.roles_of(text).joiner);
        }
        self.stands_for(text, |roles| roles.joiner = number);
        if let Some(row) = self.joiners.get_mut(number as usize) {
            *row = PackedJoiner { valid: Span::of(&last.valid), rate: last.rate, before, ..*row };
        }
        Some(number)
    }

    /// All rows of a unit: the first has its number.
    fn replace_unit(&mut self, oid: &Oid, rows: &[Unit]) -> Result<(), BuildError> {
        let text = self.add(oid.as_str());
        let number = self.roles_of(text).unit;
        let Some((first, later)) = rows.split_first() else {
            self.stands_for(text, |roles| roles.unit = NONE);
            return Ok(());
        };
        if number == NONE {
            self.take_unit(first)?;
        } else {
            let joiner = self.joiner(first.joiner.as_str());
            let joiner = joiner.ok_or_else(|| BuildError::DanglingJoiner(first.joiner.clone()))?;
            if let Some(row) = self.units.get_mut(number as usize) {
                *row = PackedUnit { joiner, valid: Span::of(&first.valid), another: NONE };
            }
        }
        later.iter().try_for_each(|row| self.take_unit(row))
    }

    fn replace_marks(&mut self, delta: &Delta) {
        let Some(mut marks) = self.marks.take() else { return };
        let held = Arc::make_mut(&mut marks);
        let units: Vec<u32> = delta.renewal_marks.iter().map(|(unit, _)| self.add(unit.as_str())).collect();
        held.retain(|(unit, _)| !units.contains(unit));
        let rows = delta.renewal_marks.iter().flat_map(|(_, rows)| rows);
        held.extend(rows.map(|row| self.mark(row)).collect::<Vec<_>>());
        held.sort_by_key(|(unit, _)| *unit);
        self.marks = Some(marks);
    }

    fn replace_tenants(&mut self, delta: &Delta) {
        let tenants: Vec<u32> = delta.tenants.iter().map(|(tenant, _)| self.add(tenant.as_str())).collect();
        let rows: Vec<_> = delta.tenants.iter().flat_map(|(_, rows)| rows).map(|row| self.tenancy(row)).collect();
        let held = Arc::make_mut(&mut self.tenants);
        held.retain(|(tenant, ..)| !tenants.contains(tenant));
        held.extend(rows);
        held.sort_by_key(|(tenant, host, _)| (*tenant, *host));
    }

    fn packed_rights(&mut self, rights: &[Right]) -> Result<Vec<PackedRight>, BuildError> {
        let mut packed = Vec::with_capacity(rights.len());
        for (index, right) in rights.iter().enumerate() {
            packed.push(self.right(index, right)?);
        }
        packed.sort_by_key(|right| right.point);
        Ok(packed)
    }

    /// Rights of joiners: others where they are given, and in any case what is said of them plainly.
    fn replace_rights(&mut self, mut touched: BTreeMap<u32, Option<Vec<PackedRight>>>) {
        let numbers: Vec<u32> = touched.keys().copied().collect();
        let other = touched.values().any(Option::is_some);
        let mut last = None;
        for number in &numbers {
            let at = number / GROUP;
            if last.replace(at) == Some(at) {
                continue;
            }
            while self.rights.len() <= at as usize {
                self.rights.push(Group::own(Vec::new()));
            }
            let held = self.rights.get(at as usize).map(|group| group.rights().to_vec()).unwrap_or_default();
            let mut group: Vec<PackedRight> = Vec::with_capacity(held.len() + 4);
            for joiner in at * GROUP..(at + 1) * GROUP {
                let was = held.iter().filter(|right| right.joiner == joiner);
                match touched.remove(&joiner) {
                    Some(Some(rights)) => group.extend(rights),
                    Some(None) => group.extend(was.map(|right| PackedRight { plain: self.plain(right), ..*right })),
                    None => group.extend(was),
                }
            }
            self.rights_held = (self.rights_held + group.len()).saturating_sub(held.len());
            self.begin_rights(at * GROUP..(at + 1) * GROUP, &group);
            if let Some(held) = self.rights.get_mut(at as usize) {
                *held = Group::own(group);
            }
        }
        if other {
            self.replace_receiving(&numbers);
        }
    }

    fn replace_receiving(&mut self, joiners: &[u32]) {
        let mut receiving: Vec<(u32, u32, u32)> =
            self.receiving.iter().filter(|(_, joiner, _)| joiners.binary_search(joiner).is_err()).copied().collect();
        for joiner in joiners {
            let group = self.group(*joiner);
            let of_units = group.iter().filter(|right| right.joiner == *joiner && right.unit != NONE);
            receiving.extend(of_units.map(|right| (right.unit, right.joiner, right.point)));
        }
        receiving.sort_by_key(|row| row.0);
        self.receiving = Arc::new(receiving);
    }
}
