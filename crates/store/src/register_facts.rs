//! Register entries of many at once, for asking rules of everything that is open.

use crate::{StoreError, registers};
use liitos_domain::Oid;
use liitos_domain::plan::{Facts, Plan, RegisterFacts};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeSet, HashMap};

/// The current entries of everybody and every system that some plans name.
#[derive(Debug, Default)]
pub struct RegistersOf {
    entries: HashMap<String, (RegisterKind, Entry)>,
    /// Entries below somebody, in registers where that says something: branch pharmacies, public controllers.
    below: HashMap<String, Vec<(RegisterKind, Entry)>>,
    systems: HashMap<String, SystemFacts>,
}

impl RegistersOf {
    /// Loads them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn load(db: &impl ConnectionTrait, plans: &[Plan]) -> Result<Self, StoreError> {
        let named: BTreeSet<Oid> = plans.iter().flat_map(Plan::named).collect();
        let ids: Vec<&str> = named.iter().map(Oid::as_str).collect();
        let mut all = Self::default();
        for kind in RegisterKind::OF_JOINERS.into_iter().chain([RegisterKind::Intermediaries]) {
            for (id, (_, entry)) in registers::known(db, kind, &ids).await? {
                all.entries.entry(id).or_insert((kind, entry));
            }
        }
        for kind in [RegisterKind::Pharmacies, RegisterKind::Controllers] {
            for entry in registers::below(db, kind, &ids).await? {
                let parent = entry.parent.clone().unwrap_or_default();
                all.below.entry(parent).or_default().push((kind, entry));
            }
        }
        let systems: BTreeSet<&str> = plans.iter().flat_map(Plan::systems).collect();
        let systems: Vec<&str> = systems.into_iter().collect();
        let found = registers::known(db, RegisterKind::Systems, &systems).await?;
        all.systems = found.into_iter().map(|(id, (_, entry))| (id, SystemFacts::of(&entry))).collect();
        Ok(all)
    }

    /// The official name of somebody.
    #[must_use]
    pub fn name(&self, oid: &Oid) -> Option<String> {
        self.entries.get(oid.as_str()).map(|(_, entry)| entry.name.clone())
    }

    /// The facts of one plan; what it does by its entry is told to the plan when it does not say.
    pub fn facts(&self, plan: &mut Plan) -> Facts {
        let mut facts = RegisterFacts::default();
        for oid in plan.named() {
            if let Some((kind, entry)) = self.entries.get(oid.as_str()) {
                facts.add(plan, *kind, entry.clone());
            }
        }
        let none = Vec::new();
        let below = self.below.get(plan.joiner.as_str()).unwrap_or(&none);
        for (kind, entry) in below.iter().filter(|(kind, _)| *kind == RegisterKind::Pharmacies) {
            facts.add(plan, *kind, entry.clone());
        }
        let public =
            below.iter().filter(|(kind, _)| *kind == RegisterKind::Controllers).map(|(_, entry)| entry.clone());
        let public: Vec<Entry> = public.collect();
        facts.settle(plan, &public);
        for number in plan.systems() {
            if let Some(system) = self.systems.get(number) {
                facts.systems.insert(number.to_owned(), system.clone());
            }
        }
        if plan.activities.is_empty() {
            plan.activities = facts.activities(&plan.joiner);
        }
        Facts { registers: Some(facts), ..Facts::default() }
    }
}
