//! Whose documents somebody reaches, and why: their own controllers' first, and what an organiser let them into.

use super::caller::Caller;
use super::disclosure::Disclosure;
use super::standing::{standing, standing_now};
use super::versions::is_changing;
use crate::{App, ServiceError};
use liitos_domain::archive::{Asked, Cell, Family, Ground, LetIn, Order, Standing as Version};
use liitos_domain::{Moment, Oid, Service};
use liitos_store::archive::{self, Kept, KeptMatter, Listed};
use liitos_store::controller_runs::{Run, Standing};
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
    /// The runs around whose switch it may read what it is about to get, or has just given away.
    apart: Vec<Run>,
    /// What it was let into, by person and family.
    let_in: BTreeMap<(String, Family), Vec<LetIn>>,
    /// Why it asks for other providers' documents, where it does.
    disclosure: Option<Disclosure<'a>>,
}

/// Whether a document is reached.
pub(crate) enum Reached {
    /// It is, for a reason.
    For(Ground),
    /// It is not, whatever it is asked for by: by its patient's wish, because that patient is not the one who is treated, or by a security ban.
    Withheld(&'static str, Ground),
    /// It is nobody's business of theirs.
    Not,
}

/// A document as it is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// Whose document it is: a keyed digest.
    pub(crate) person: &'a str,
    /// What it is counted to.
    pub(crate) cell: &'a Cell,
    /// The unit that it was made in.
    pub(crate) unit: &'a Oid,
    /// When it was made.
    pub(crate) made_at: Moment,
    /// Its service event.
    pub(crate) event: Option<&'a str>,
    /// Whose joining it came under.
    pub(crate) joiner: &'a str,
    /// The tenant that it came from.
    pub(crate) tenant: Option<&'a str>,
    /// Whether it is the newest of its set, not void, and finished.
    pub(crate) current: bool,
    /// Whether it holds what is under a security ban.
    pub(crate) banned: bool,
}

impl<'a> Wanted<'a> {
    /// A document that was looked up.
    pub(crate) fn kept(kept: &'a Kept) -> Self {
        let Kept { person, cell, unit, made_at, event, joiner, tenant, standing, unfinished, banned, .. } = kept;
        let tenant = tenant.as_ref().map(Oid::as_str);
        let current = *standing == Version::Newest && !unfinished;
        let (made_at, event, joiner, banned) = (*made_at, event.as_deref(), joiner.as_str(), *banned);
        Self { person, cell, unit, made_at, event, joiner, tenant, current, banned }
    }

    /// A document that was found.
    pub(crate) fn listed(listed: &'a Listed) -> Self {
        let Listed { person, cell, unit, made_at, event, joiner, tenant, standing, unfinished, banned, .. } = listed;
        let current = *standing == Version::Newest && !unfinished;
        let (made_at, event, tenant, banned) = (*made_at, event.as_deref(), tenant.as_deref(), *banned);
        Self { person, cell, unit, made_at, event, joiner, tenant, current, banned }
    }
}

impl<'a> Reach<'a> {
    /// What are somebody's own registers.
    pub(crate) async fn own(app: &'a App, own: &'a [Oid], ground: Ground) -> Result<Self, ServiceError> {
        let standing = standing_now(app).await?;
        let (apart, let_in) = (Vec::new(), BTreeMap::new());
        Ok(Self { app, standing, own, ground, caller: None, apart, let_in, disclosure: None })
    }

    /// What a caller reaches for the organisation that it names.
    pub(super) async fn of(app: &'a App, caller: &'a Caller, represented: &'a Oid) -> Result<Self, ServiceError> {
        let standing = standing(app, &caller.rests).await?;
        let (own, ground) = (&caller.controllers[..], caller.ground());
        let caller = Some((caller, represented));
        let now = app.now();
        let its = |run: &Run| {
            let Order { from, to, .. } = &run.order;
            run.order.lets_read_at(run.switched_at, now) && [from, to].iter().any(|one| own.contains(one))
        };
        let apart = standing.apart(now)?.into_iter().filter(its).collect();
        Ok(Self { app, standing, own, ground, caller, apart, let_in: BTreeMap::new(), disclosure: None })
    }

    /// The same for a caller that reads: with other providers' documents, where it says why it asks for them.
    ///
    /// # Errors
    /// L-520 where it does not treat anybody in the service event that it names.
    pub(super) async fn reading(app: &'a App, caller: &'a Caller) -> Result<Self, ServiceError> {
        let mut reach = Self::of(app, caller, &caller.door.represented).await?;
        if let Some(purpose) = &caller.door.purpose {
            reach.disclosure = Some(Disclosure::of(app, purpose, &reach, caller).await?);
        }
        Ok(reach)
    }

    /// Why it asks for other providers' documents, where it does.
    pub(super) const fn disclosure(&self) -> Option<&Disclosure<'a>> {
        self.disclosure.as_ref()
    }

    /// What was let into of a person's documents of a family, now.
    pub(crate) async fn let_in(&mut self, person: &str, family: Family) -> Result<&[LetIn], ServiceError> {
        let key = (person.to_owned(), family);
        if !self.let_in.contains_key(&key) {
            let all = match self.caller {
                Some((caller, represented)) => {
                    let db = self.app.store.read();
                    let (comer, succession) = (caller.comer(represented), self.standing.succession());
                    let all = archive::let_in(db, (person, family), comer, succession, self.app.now()).await?;
                    caller.open(self.app, all, family).await?
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
        let mut others = BTreeSet::new();
        for family in Family::ALL.iter().filter(|family| services.contains(&family.service())) {
            // Nobody is let into prescriptions.
            if self.caller.is_none() || *family == Family::Prescription {
                continue;
            }
            let Some(person) = person.filter(|_| self.disclosure.is_none()) else { return Ok(None) };
            others.extend(self.let_in(person, *family).await?.iter().map(|one| one.by.clone()));
        }
        let succession = self.standing.succession();
        let others = others.iter().flat_map(|controller| succession.named(controller));
        Ok(Some(others.chain(self.held_named()).collect()))
    }

    /// The controllers that documents which it holds may have been counted to first.
    pub(super) fn held_named(&self) -> BTreeSet<Oid> {
        let changing = self.apart.iter().flat_map(|run| [&run.order.from, &run.order.to]);
        let held = self.own.iter().chain(changing);
        held.flat_map(|controller| self.standing.succession().named(controller)).collect()
    }

    /// Whether a cell's documents are its own, or changing controllers just now to or from its own.
    pub(super) fn holds(&self, cell: &Cell) -> bool {
        let active = self.active(cell);
        self.own.contains(active) || self.is_changing(cell, active)
    }

    /// Whether what is in a cell shows whom it treats: its own, and, while its system has not switched yet, what has just gone on. What is about to come shows
    /// nothing before it is there.
    pub(super) fn shows_care(&self, cell: &Cell) -> bool {
        let (now, succession) = (self.app.now(), self.standing.succession());
        let mut gave = self.apart.iter().filter(|run| run.switched_at.is_some() && self.own.contains(&run.order.from));
        self.own.contains(self.active(cell)) || gave.any(|run| is_changing(run, succession, cell, now))
    }

    /// Whether it has any register.
    pub(super) const fn has_none(&self) -> bool {
        self.own.is_empty()
    }

    /// The joint matters of the registers that it holds that a person is a client of, each with whose it is.
    pub(super) async fn joint_matters(&self, person: &str) -> Result<Vec<(Oid, Oid)>, ServiceError> {
        let matters = archive::joint_matters(self.app.store.read(), person).await?;
        let whose = |one: KeptMatter| (one.matter, self.active(&one.cell).clone());
        Ok(matters.into_iter().filter(|one| self.holds(&one.cell)).map(whose).collect())
    }

    /// Whose the documents of a cell are.
    pub(super) fn active<'c>(&'c self, cell: &'c Cell) -> &'c Oid {
        self.standing.succession().active(cell).0
    }

    /// The other controllers of runs around whose switch it reads their documents now.
    pub(super) fn changing(&self, family: Family) -> BTreeSet<Oid> {
        let reaching = self.apart.iter().filter(|run| run.order.scope.reaches(family));
        let both = reaching.flat_map(|run| [&run.order.from, &run.order.to]);
        both.filter(|one| !self.own.contains(one)).cloned().collect()
    }

    /// Whether a cell's documents are changing controllers just now, between the active one and one of its own: systems that switch earlier or later read what
    /// they may store then.
    fn is_changing(&self, cell: &Cell, active: &Oid) -> bool {
        let (now, succession) = (self.app.now(), self.standing.succession());
        self.apart.iter().any(|run| {
            let Order { from, to, .. } = &run.order;
            let other = if from == active { to } else { from };
            self.own.contains(other) && is_changing(run, succession, cell, now)
        })
    }

    /// Whose a document is, and whether it is reached.
    pub(crate) async fn reached(&mut self, it: Wanted<'_>) -> Result<(Oid, Reached), ServiceError> {
        let active = self.standing.succession().active(it.cell).0.clone();
        if self.own.contains(&active) {
            return Ok((active, Reached::For(self.ground)));
        }
        let Some((caller, _)) = self.caller else { return Ok((active, Reached::Not)) };
        // What is under a ban is not read by this, before the switch as after it.
        let changing = self.is_changing(it.cell, &active);
        if changing && !it.banned {
            return Ok((active, Reached::For(Ground::Changing)));
        }
        // A host's tenants are not one another.
        let made_by_it = it.joiner == caller.joiner.as_str() && it.tenant == caller.tenant().map(Oid::as_str);
        let cell = it.cell;
        let brought_by = [Some(it.joiner), it.tenant];
        let Wanted { unit, made_at, event, current, banned, .. } = it;
        let asked = Asked { cell, unit, active: &active, made_at, event, brought_by, made_by_it, current, banned };
        let all = self.let_in(it.person, cell.register.family).await?;
        let by = |asked: &Asked<'_>| all.iter().find(|one| one.reads(asked)).map(LetIn::ground);
        // Of what a ban alone keeps from it its controller is told, as of what a patient keeps from it.
        let (let_in, withheld) = (by(&asked), by(&Asked { banned: false, ..asked }));
        let reached = match (let_in, &mut self.disclosure) {
            (Some(ground), _) => Reached::For(ground),
            (None, Some(disclosure)) => match disclosure.judge(&it, &asked).await? {
                Ok(ground) => Reached::For(ground),
                Err(why) => why.code().map_or(Reached::Not, |code| Reached::Withheld(code, disclosure.ground())),
            },
            (None, None) => match withheld {
                Some(ground) => Reached::Withheld("banned", ground),
                None if changing => Reached::Withheld("banned", Ground::Changing),
                None => Reached::Not,
            },
        };
        Ok((active, reached))
    }
}
