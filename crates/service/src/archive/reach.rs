//! Whose documents somebody reaches, and why: their own controllers' first, and what the organiser let their unit into.

use super::caller::Caller;
use super::standing::{standing, standing_now};
use crate::{App, ServiceError};
use liitos_domain::archive::{Cell, Family, Ground};
use liitos_domain::{Oid, Service};
use liitos_store::archive;
use liitos_store::controller_runs::Standing;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Whose documents somebody reaches.
pub(crate) struct Reach<'a> {
    app: &'a App,
    standing: Arc<Standing>,
    own: &'a [Oid],
    ground: Ground,
    /// Who asks, and the unit for which.
    caller: Option<(&'a Caller, &'a Oid)>,
    /// The controllers whose registers the unit was let into, by person.
    granted: BTreeMap<String, BTreeSet<Oid>>,
}

impl<'a> Reach<'a> {
    /// What are somebody's own registers.
    pub(crate) async fn own(app: &'a App, own: &'a [Oid], ground: Ground) -> Result<Self, ServiceError> {
        Ok(Self { app, standing: standing_now(app).await?, own, ground, caller: None, granted: BTreeMap::new() })
    }

    /// What a caller reaches for the organisation that it names.
    pub(super) async fn of(app: &'a App, caller: &'a Caller, represented: &'a Oid) -> Result<Self, ServiceError> {
        let standing = standing(app, &caller.rests).await?;
        let (own, ground) = (&caller.controllers[..], caller.ground());
        let caller = Some((caller, caller.unit(represented)));
        Ok(Self { app, standing, own, ground, caller, granted: BTreeMap::new() })
    }

    /// The controllers into whose registers the unit was let for a person, now.
    pub(crate) async fn granted(&mut self, person: &str) -> Result<&BTreeSet<Oid>, ServiceError> {
        if !self.granted.contains_key(person) {
            let controllers = match self.caller {
                Some((caller, unit)) => {
                    let (db, at) = (self.app.store.read(), self.app.now());
                    caller.open(archive::let_in_by(db, (person, unit), self.standing.succession(), at).await?)
                }
                None => BTreeSet::new(),
            };
            self.granted.insert(person.to_owned(), controllers);
        }
        Ok(self.granted.entry(person.to_owned()).or_default())
    }

    /// The controllers that documents which are reached may have been counted to first; nothing where that depends on whose documents they are.
    pub(crate) async fn named(
        &mut self,
        person: Option<&str>,
        services: &[Service],
    ) -> Result<Option<BTreeSet<Oid>>, ServiceError> {
        let mut reached: BTreeSet<Oid> = self.own.iter().cloned().collect();
        if self.caller.is_some() && services.contains(&Service::SocialClientData) {
            let Some(person) = person else { return Ok(None) };
            reached.extend(self.granted(person).await?.iter().cloned());
        }
        let succession = self.standing.succession();
        Ok(Some(reached.iter().flat_map(|controller| succession.named(controller)).collect()))
    }

    /// Whose a person's document is, and why it is reached; nothing where it is not.
    pub(crate) async fn ground(&mut self, person: &str, cell: &Cell) -> Result<Option<(Oid, Ground)>, ServiceError> {
        let active = self.standing.succession().active(cell).0.clone();
        if self.own.contains(&active) {
            return Ok(Some((active, self.ground)));
        }
        // A register access right is social care's.
        let let_in = cell.register.family == Family::Social && self.granted(person).await?.contains(&active);
        Ok(let_in.then_some((active, Ground::RegisterAccess)))
    }
}
