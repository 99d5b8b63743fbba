//! Whose documents somebody reaches, and why: their own controllers' first, and what an organiser let them into.

use super::caller::Caller;
use super::standing::{standing, standing_now};
use crate::{App, ServiceError};
use liitos_domain::archive::{Asked, Cell, Family, Ground, LetIn};
use liitos_domain::{Moment, Oid, Service};
use liitos_store::archive::{self, Kept, Listed};
use liitos_store::controller_runs::Standing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whose documents somebody reaches.
pub(crate) struct Reach<'a> {
    app: &'a App,
    standing: Arc<Standing>,
    own: &'a [Oid],
    ground: Ground,
    /// Who asks, and the organisation that it names.
    caller: Option<(&'a Caller, &'a Oid)>,
    /// What it was let into, by person and family.
    let_in: BTreeMap<(String, Family), Vec<LetIn>>,
}

/// A document as it is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Whose document it is: a keyed digest.
    pub(crate) person: &'a str,
    /// What it is counted to.
    pub(crate) cell: &'a Cell,
    /// When it was made.
    pub(crate) made_at: Moment,
    /// Its service event.
    pub(crate) event: Option<&'a str>,
    /// Whose joining it came under.
    pub(crate) joiner: &'a str,
    /// The tenant that it came from.
    pub(crate) tenant: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    /// A document that was looked up.
    pub(crate) fn kept(kept: &'a Kept) -> Self {
        let Kept { person, cell, made_at, event, joiner, tenant, .. } = kept;
        let tenant = tenant.as_ref().map(Oid::as_str);
        Self { person, cell, made_at: *made_at, event: event.as_deref(), joiner: joiner.as_str(), tenant }
    }

    /// A document that was found.
    pub(crate) fn listed(listed: &'a Listed) -> Self {
        let Listed { person, cell, made_at, event, joiner, tenant, .. } = listed;
        Self { person, cell, made_at: *made_at, event: event.as_deref(), joiner, tenant: tenant.as_deref() }
    }
}

impl<'a> Reach<'a> {
    /// What are somebody's own registers.
    pub(crate) async fn own(app: &'a App, own: &'a [Oid], ground: Ground) -> Result<Self, ServiceError> {
        Ok(Self { app, standing: standing_now(app).await?, own, ground, caller: None, let_in: BTreeMap::new() })
    }

    /// What a caller reaches for the organisation that it names.
    pub(super) async fn of(app: &'a App, caller: &'a Caller, represented: &'a Oid) -> Result<Self, ServiceError> {
        let standing = standing(app, &caller.rests).await?;
        let (own, ground) = (&caller.controllers[..], caller.ground());
        let caller = Some((caller, represented));
        Ok(Self { app, standing, own, ground, caller, let_in: BTreeMap::new() })
    }

    /// What was let into of a person's documents of a family, now.
    pub(crate) async fn let_in(&mut self, person: &str, family: Family) -> Result<&[LetIn], ServiceError> {
        let key = (person.to_owned(), family);
        if !self.let_in.contains_key(&key) {
            let all = match self.caller {
                Some((caller, represented)) => {
                    let db = self.app.store.read();
                    let (comer, succession) = (caller.comer(represented), self.standing.succession());
                    caller.open(archive::let_in(db, (person, family), comer, succession, self.app.now()).await?)
                }
                None => Vec::new(),
            };
            self.let_in.insert(key.clone(), all);
        }
        Ok(self.let_in.entry(key).or_default())
    }

    /// The controllers that documents which are reached may have been counted to first; nothing where that depends on whose documents they are.
    pub(crate) async fn named(
        &mut self,
        person: Option<&str>,
        services: &[Service],
    ) -> Result<Option<BTreeSet<Oid>>, ServiceError> {
        let mut reached: BTreeSet<Oid> = self.own.iter().cloned().collect();
        for family in Family::ALL.iter().filter(|family| services.contains(&family.service())) {
            // Nobody is let into prescriptions.
            if self.caller.is_none() || *family == Family::Prescription {
                continue;
            }
            let Some(person) = person else { return Ok(None) };
            reached.extend(self.let_in(person, *family).await?.iter().map(|one| one.by.clone()));
        }
        let succession = self.standing.succession();
        Ok(Some(reached.iter().flat_map(|controller| succession.named(controller)).collect()))
    }

    /// Whose a document is, and why it is reached; nothing where it is not.
    pub(crate) async fn ground(&mut self, it: Wanted<'_>) -> Result<Option<(Oid, Ground)>, ServiceError> {
        let active = self.standing.succession().active(it.cell).0.clone();
        if self.own.contains(&active) {
            return Ok(Some((active, self.ground)));
        }
        let Some((caller, _)) = self.caller else { return Ok(None) };
        // A host's tenants are not one another.
        let made_by_it = it.joiner == caller.joiner.as_str() && it.tenant == caller.tenant().map(Oid::as_str);
        let cell = it.cell;
        let asked = Asked { cell, active: &active, made_at: it.made_at, event: it.event, made_by_it };
        let all = self.let_in(it.person, cell.register.family).await?;
        let ground = all.iter().find(|one| one.reads(&asked)).map(LetIn::ground);
        Ok(ground.map(|ground| (active, ground)))
    }
}
