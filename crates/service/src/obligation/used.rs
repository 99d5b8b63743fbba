//! With which systems those who have joined use the service, and whether these fulfil the obligation.

use super::SERVICE;
use crate::{App, ServiceError};
use liitos_domain::directory::Rows;
use liitos_domain::obligation::{Function, Verdict, functions};
use liitos_domain::register::{RegisterKind, SystemFacts};
use liitos_domain::{Moment, Oid};
use liitos_store::{registers, system_functions};
use std::collections::{BTreeMap, BTreeSet};

/// Whose right names which system, and who works by whose right.
pub(super) struct Used<'r> {
    systems: BTreeMap<&'r Oid, BTreeSet<&'r str>>,
    hosts: BTreeMap<&'r Oid, Vec<&'r Oid>>,
}

impl<'r> Used<'r> {
    /// At a moment.
    pub(super) fn at(rows: &'r Rows, now: Moment) -> Self {
        let mut systems: BTreeMap<&Oid, BTreeSet<&str>> = BTreeMap::new();
        for right in rows.rights.iter().filter(|right| right.service == SERVICE && right.valid.contains(now)) {
            systems.entry(&right.joiner).or_default().insert(&right.system);
        }
        let mut hosts: BTreeMap<&Oid, Vec<&Oid>> = BTreeMap::new();
        for row in rows.tenants.iter().filter(|row| row.valid.contains(now)) {
            hosts.entry(&row.tenant).or_default().push(&row.host);
        }
        Self { systems, hosts }
    }

    /// The systems of somebody: a tenant works with its host's.
    pub(super) fn of(&self, joiner: &Oid) -> BTreeSet<&'r str> {
        let hosts = self.hosts.get(joiner).into_iter().flatten().copied();
        hosts.chain([joiner]).filter_map(|oid| self.systems.get(oid)).flatten().copied().collect()
    }

    /// All of them.
    pub(super) fn all(&self) -> BTreeSet<&'r str> {
        self.systems.values().flatten().copied().collect()
    }

    /// Whether the best of somebody's systems fulfils the obligation; nothing where it uses none.
    pub(super) fn fulfils(&self, joiner: &Oid, verdicts: &BTreeMap<&str, Verdict>) -> Option<Verdict> {
        self.of(joiner).into_iter().filter_map(|system| verdicts.get(system).copied()).max()
    }
}

/// What a system does of what the obligation asks for.
///
/// # Errors
/// [`ServiceError`].
pub(crate) async fn functions_of(app: &App, system: &str) -> Result<Vec<Function>, ServiceError> {
    let db = app.store.read();
    let entry = registers::known(db, RegisterKind::Systems, &[system]).await?.remove(system);
    let facts = entry.map(|(_, entry)| SystemFacts::of(&entry));
    let declared = system_functions::declared(db, system).await?;
    Ok(functions(facts.as_ref(), declared.as_ref()))
}
