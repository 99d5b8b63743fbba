//! What stands in a snapshot beside the directory's own rows: what the registers say of whom and what these name.

use crate::{App, ServiceError};
use liitos_domain::directory::{RenewalMark, Rows, System, Unit, units};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts};
use liitos_domain::{Interval, Moment, Oid, Service};
use liitos_store::registers;
use std::collections::BTreeSet;

/// What the registers say, and of what they were asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    /// The newest import of a register then.
    pub(super) import: i64,
    joiners: BTreeSet<Oid>,
    numbers: BTreeSet<String>,
    receiving: BTreeSet<String>,
    /// Units of the joiners.
    pub(crate) units: Vec<Unit>,
    /// What Astori says of the systems that rights rest on; `None` in an installation that has no register of systems.
    pub(crate) systems: Option<Vec<System>>,
    /// Who of those with a right to receive renewal requests carries the mark.
    pub(crate) renewal_marks: Option<Vec<RenewalMark>>,
}

impl Beside {
    pub(crate) async fn of(app: &App, rows: &Rows, known_at: Moment) -> Result<Self, ServiceError> {
        let import = registers::newest_import(app.store.read(), known_at).await?;
        let mut beside = Self { import, ..Self::default() };
        beside.name(rows);
        beside.read(app, known_at, [true; 3]).await?;
        Ok(beside)
    }

    /// What the registers say now, where the entries that matter are at hand: id, parent, validity.
    pub(super) async fn among(
        app: &App,
        rows: &Rows,
        family: &[(String, String, Interval)],
    ) -> Result<Self, ServiceError> {
        let mut beside = Self::default();
        beside.name(rows);
        beside.units = units(beside.joiners.iter(), family);
        beside.read(app, app.now(), [false, true, true]).await?;
        Ok(beside)
    }

    /// The same when rows have come, and the registers may have been read again since.
    pub(super) async fn with(&self, app: &App, rows: &Rows, known_at: Moment) -> Result<Self, ServiceError> {
        let mut next = self.clone();
        next.import = registers::newest_import(app.store.read(), known_at).await?;
        next.name(rows);
        let imported = next.import != self.import;
        let more = [
            imported || next.joiners.len() > self.joiners.len(),
            imported || next.numbers.len() > self.numbers.len(),
            imported || next.receiving.len() > self.receiving.len(),
        ];
        next.read(app, known_at, more).await?;
        Ok(next)
    }

    /// Of what the registers are asked: never less, since what nothing names any more does no harm.
    fn name(&mut self, rows: &Rows) {
        self.joiners.extend(rows.joiners.iter().map(|joiner| joiner.oid.clone()));
        self.numbers.extend(rows.rights.iter().map(|right| right.system.clone()));
        let receiving = rows.rights.iter().filter(|right| right.service == Service::RenewalReception);
        self.receiving.extend(receiving.filter_map(|right| right.unit.as_ref()).map(ToString::to_string));
    }

    async fn read(
        &mut self,
        app: &App,
        known_at: Moment,
        [joined, named, received]: [bool; 3],
    ) -> Result<(), ServiceError> {
        let db = app.store.read();
        if joined {
            let entries = registers::children_at(db, RegisterKind::Sote, known_at).await?;
            self.units = units(self.joiners.iter(), &entries);
        }
        if named {
            self.systems = systems(app, &self.numbers, known_at).await?;
        }
        if received {
            self.renewal_marks = Some(renewal_marks(app, &self.receiving, known_at).await?);
        }
        Ok(())
    }
}

async fn systems(app: &App, numbers: &BTreeSet<String>, known_at: Moment) -> Result<Option<Vec<System>>, ServiceError> {
    let db = app.store.read();
    if registers::count(db, RegisterKind::Systems).await? == 0 {
        return Ok(None);
    }
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let entries = registers::known_at(db, RegisterKind::Systems, &numbers, known_at).await?;
    let system = |entry: &Entry| {
        let facts = SystemFacts::of(entry);
        System { number: entry.id.clone(), services: facts.services, valid: facts.valid }
    };
    Ok(Some(entries.iter().map(system).collect()))
}

async fn renewal_marks(
    app: &App,
    units: &BTreeSet<String>,
    known_at: Moment,
) -> Result<Vec<RenewalMark>, ServiceError> {
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    let mut marks = Vec::new();
    for kind in RegisterKind::OF_JOINERS {
        let entries = registers::known_at(app.store.read(), kind, &units, known_at).await?;
        let marked = entries.into_iter().filter(Entry::renewal_mark);
        marks.extend(
            marked.filter_map(|entry| Some(RenewalMark { unit: Oid::parse(&entry.id).ok()?, valid: entry.valid })),
        );
    }
    Ok(marks)
}
