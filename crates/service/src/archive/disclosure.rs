//! What a caller that treats a patient, or handles a client's matter, is given of other providers' documents: by what the person wants, which is asked
//! of the wills, and only in a service event, or an open matter, that is the caller's own.

use super::caller::Caller;
use super::controllers::controllers_at;
use super::reach::{Reach, Wanted};
use super::use_log::{line, write};
use crate::{App, ServiceError};
use liitos_domain::archive::{Act, Asked, Criteria, Family, Ground, Purpose, Standing, Use, Wills, Withheld};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::archive;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why a caller asks for other providers' documents, and what their patients want.
pub(super) struct Disclosure<'a> {
    app: &'a App,
    purpose: &'a Purpose,
    /// Whom it treats in the service event, or whose open matter it handles, by its own archived documents; in an emergency that may be anybody.
    treated: Option<BTreeSet<(Family, String)>>,
    wills: BTreeMap<String, Wills>,
    imports: u64,
}

/// Most documents that say what one patient wants.
const MOST_WILLS: u64 = 100;
/// Most documents of a service event that are looked at for whose they are.
const MOST_OF_EVENT: u64 = 200;

impl<'a> Disclosure<'a> {
    /// For a caller's purpose, where it holds the service event.
    ///
    /// # Errors
    /// L-520 where it treats nobody in it.
    pub(super) async fn of(
        app: &'a App,
        purpose: &'a Purpose,
        reach: &Reach<'_>,
        caller: &Caller,
    ) -> Result<Self, ServiceError> {
        let treated = match purpose {
            Purpose::Treatment(event) => Some(treated(app, event, reach).await?),
            Purpose::Emergency(_) => None,
        };
        if treated.as_ref().is_some_and(BTreeSet::is_empty) || reach.has_none() {
            return Err(not_shown(app, caller, purpose, None).await);
        }
        Ok(Self { app, purpose, treated, wills: BTreeMap::new(), imports: caller.rests.imports })
    }

    /// Why other providers' documents are asked for, as it was said.
    pub(super) const fn purpose(&self) -> &Purpose {
        self.purpose
    }

    /// Whether a person is treated in the service event, or it is whose matter is handled: then documents of that family are asked for.
    pub(super) fn treats(&self, person: &str, family: Family) -> bool {
        self.treated.as_ref().is_none_or(|treated| treated.contains(&(family, person.to_owned())))
    }

    /// What the use log is told of why.
    pub(super) fn why(&self, person: &str, family: Family) -> String {
        let (code, event) = (self.purpose.code(), self.purpose.event());
        let permission = self.wills.get(person).and_then(|wills| wills.permission(family));
        let permission = permission.map(|document| format!(" permission={document}")).unwrap_or_default();
        format!("purpose={code} event={event}{permission}")
    }

    /// Why other providers' documents are asked for.
    pub(super) const fn ground(&self) -> Ground {
        ground(self.purpose)
    }

    /// Whether a document is given, and why; or why not.
    pub(super) async fn judge(
        &mut self,
        it: &Wanted<'_>,
        asked: &Asked<'_>,
    ) -> Result<Result<Ground, Withheld>, ServiceError> {
        if !self.treats(it.person, it.cell.register.family) {
            return Ok(Err(Withheld::NotTreated));
        }
        if !self.wills.contains_key(it.person) {
            let wills = wanted(self.app, it.person, self.imports).await?;
            self.wills.insert(it.person.to_owned(), wills);
        }
        let nothing = Wills::default();
        Ok(self.wills.get(it.person).unwrap_or(&nothing).disclose(self.purpose, asked))
    }
}

const fn ground(purpose: &Purpose) -> Ground {
    match purpose {
        Purpose::Treatment(_) => Ground::Disclosed,
        Purpose::Emergency(_) => Ground::Emergency,
    }
}

/// That nobody, or not the person asked about, is treated in the service event that is named. The caller's own archivist sees who tried.
pub(super) async fn not_shown(app: &App, caller: &Caller, purpose: &Purpose, person: Option<String>) -> ServiceError {
    let own = caller.controllers.first();
    let told = |controller| {
        let more = Some(format!("care-not-shown purpose={} event={}", purpose.code(), purpose.event()));
        let line = line(caller, (Act::Withheld, ground(purpose)), controller, app.now());
        Use { person: person.clone(), more, ..line }
    };
    match write(app, own.map(told).into_iter().collect()).await {
        Ok(()) => ServiceError::refused(RefusalCode::CareNotShown, "Service-Event"),
        Err(error) => error,
    }
}

/// Whose documents of a service event are somebody's own, and whose open matter it is.
async fn treated(app: &App, event: &Oid, reach: &Reach<'_>) -> Result<BTreeSet<(Family, String)>, ServiceError> {
    let mut treated = handled(app, event, reach).await?;
    // What was declared void, or is a draft, or has another client by now, shows nothing.
    let standings = vec![Standing::Newest];
    let criteria = Criteria { event: Some(event.clone()), standings, ..Criteria::default() };
    let named = reach.held_named();
    let asked = (&criteria, None, Some(&named));
    let found = archive::search(app.store.read(), asked, (None, app.storing.seen(app.now())), MOST_OF_EVENT).await?;
    let held = found.into_iter().filter(|listed| {
        listed.cell.register.family == Family::Patient && !listed.unfinished && reach.shows_care(&listed.cell)
    });
    treated.extend(held.map(|listed| (Family::Patient, listed.person)));
    Ok(treated)
}

/// Whose matter it is that somebody handles: an open one, by a document of its own in a register of theirs.
async fn handled(app: &App, matter: &Oid, reach: &Reach<'_>) -> Result<BTreeSet<(Family, String)>, ServiceError> {
    let matters = archive::matters(app.store.read(), &[matter], &reach.held_named()).await?;
    let held = matters.into_iter().filter(|one| one.open.contains(app.now()) && reach.shows_care(&one.cell));
    Ok(held.flat_map(|one| one.clients).map(|person| (Family::Social, person)).collect())
}

/// What a person wants, with the controllers of the providers that it names.
async fn wanted(app: &App, person: &str, imports: u64) -> Result<Wills, ServiceError> {
    let declared = archive::wills(app.store.read(), person, MOST_WILLS + 1).await?;
    if declared.len() as u64 > MOST_WILLS {
        tracing::warn!("a patient has more wills than are read through: nothing is given");
        return Ok(Wills::closed());
    }
    let mut controllers: HashMap<Oid, Vec<Oid>> = HashMap::new();
    for provider in Wills::providers(&declared) {
        if !controllers.contains_key(provider) {
            controllers.insert(provider.clone(), controllers_at(app, provider, imports).await?);
        }
    }
    Ok(Wills::of(declared, |provider| controllers.get(provider).cloned().unwrap_or_default()))
}
