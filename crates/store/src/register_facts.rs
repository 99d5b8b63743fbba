//! Register entries of many at once, and certificates that were shown, for asking rules of everything that is open.

use crate::{StoreError, certificates, registers};
use liitos_domain::Oid;
use liitos_domain::Sha256Hash;
use liitos_domain::plan::{CertificateFound, Facts, MAX_LEVELS, Plan, RegisterFacts, Standing};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts};
use sea_orm::ConnectionTrait;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The current entries of everybody and every system that some plans name, and their certificates as far as they were shown to us.
#[derive(Debug, Default)]
pub struct RegistersOf {
    entries: HashMap<String, (RegisterKind, Entry)>,
    /// Entries below somebody, in registers where that says something: branch pharmacies, public controllers.
    below: HashMap<String, Vec<(RegisterKind, Entry)>>,
    systems: HashMap<String, SystemFacts>,
    /// What stands right above entries between a unit and its joiner.
    parents: HashMap<String, String>,
    /// Certificates by fingerprint.
    certificates: BTreeMap<String, CertificateFound>,
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
        all.climb(db, plans).await?;
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
        let pinned: BTreeSet<&String> =
            plans.iter().flat_map(|plan| &plan.access_points).flat_map(|point| &point.certificates).collect();
        let pinned: Vec<String> =
            pinned.into_iter().filter(|name| Sha256Hash::parse(name).is_some()).cloned().collect();
        all.certificates = certificates::found(db, &pinned).await?;
        Ok(all)
    }

    /// What stands above units that receive renewal requests, so that whose they are is known.
    async fn climb(&mut self, db: &impl ConnectionTrait, plans: &[Plan]) -> Result<(), StoreError> {
        let units = plans.iter().flat_map(|plan| &plan.services).flat_map(|service| &service.units);
        let mut at: BTreeSet<String> = units.map(ToString::to_string).collect();
        for _ in 0..MAX_LEVELS {
            let above =
                at.iter().filter_map(|id| self.parents.get(id).or_else(|| self.entries.get(id)?.1.parent.as_ref()));
            let above: BTreeSet<String> = above.cloned().collect();
            let missing = |id: &&String| !self.entries.contains_key(*id) && !self.parents.contains_key(*id);
            let missing: Vec<&str> = above.iter().filter(missing).map(String::as_str).collect();
            for (id, (_, entry)) in registers::known(db, RegisterKind::Sote, &missing).await? {
                self.parents.insert(id, entry.parent.unwrap_or_default());
            }
            at = above;
            if at.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// The official name of somebody.
    #[must_use]
    pub fn name(&self, oid: &Oid) -> Option<String> {
        self.entries.get(oid.as_str()).map(|(_, entry)| entry.name.clone())
    }

    /// The facts of one plan; what it does by its entry is told to the plan when it does not say.
    pub fn facts(&self, plan: &mut Plan) -> Facts {
        let parents = self.parents.iter().map(|(id, parent)| (id.clone(), parent.clone()));
        let mut facts = RegisterFacts { parents: parents.collect(), ..RegisterFacts::default() };
        let named = plan.named();
        for oid in &named {
            if let Some((kind, entry)) = self.entries.get(oid.as_str()) {
                facts.add(plan, &named, *kind, entry.clone());
            }
        }
        let none = Vec::new();
        let below = self.below.get(plan.joiner.as_str()).unwrap_or(&none);
        for (kind, entry) in below.iter().filter(|(kind, _)| *kind == RegisterKind::Pharmacies) {
            facts.add(plan, &named, *kind, entry.clone());
        }
        // A person names the pharmacies that a plan is about; whose they are otherwise, the register says.
        if plan.standing != Standing::Planned {
            plan.pharmacies.clone_from(&facts.branches);
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
        let pinned = plan.access_points.iter().flat_map(|point| &point.certificates);
        let shown = pinned.filter_map(|name| Some((name.clone(), self.certificates.get(name)?.clone())));
        Facts { registers: Some(facts), certificates: shown.collect(), ..Facts::default() }
    }
}
