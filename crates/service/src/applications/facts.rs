//! Asks the rulebook of an application, with registers and directory as they are now.

use super::view::effect_of;
use crate::directory::reach::met;
use crate::names::{self, Names, Numbers};
use crate::rules::{Sight, gather};
use crate::{App, ServiceError};
use liitos_domain::application::plan::{forbids, tells};
use liitos_domain::application::steps::{self, MAX_UNITS};
use liitos_domain::application::{Application, JoinerKind, State, Step, plan};
use liitos_domain::directory::EffectError;
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::obligation;
use liitos_domain::plan::{MAX_LEVELS, Plan, PlannedSystem};
use liitos_domain::register::{Entry, RegisterKind};
use liitos_domain::rules::{Outcome, Rulebook, Severity, Verdict};
use liitos_domain::{Interval, Oid, Service};
use liitos_pki::{Certificate, Purpose};
use liitos_store::registers;
use std::collections::BTreeSet;

/// The verdict on an application as it stands.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// Steps that cannot be used yet.
    pub incomplete: Vec<Step>,
    /// What the rules say of it, those that are kept left out.
    pub outcomes: Vec<Outcome<'static>>,
    /// Why the directory could not take its effect, if so.
    pub contradiction: Option<EffectError>,
}

impl Checked {
    /// Whether it can be sent and approved.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.incomplete.is_empty() && self.contradiction.is_none() && !self.outcomes.iter().any(forbids)
    }

    /// The rules that are broken, the gravest first; of one step, or of all.
    #[must_use]
    pub fn broken(&self, step: Option<Step>) -> Vec<&Outcome<'static>> {
        let mut broken: Vec<_> = self.with(Verdict::Broken, step).collect();
        broken.sort_by_key(|outcome| match outcome.rule.severity {
            Severity::Error => 0,
            Severity::Warning => 1,
            Severity::Advice => 2,
        });
        broken
    }

    /// The rules that are not checked, because no register says and no step asks what they need. Who may bind the applicant is asked
    /// of whoever sends it.
    #[must_use]
    pub fn open(&self, step: Option<Step>) -> Vec<&Outcome<'static>> {
        let asked =
            |outcome: &&Outcome<'_>| outcome.answers.iter().all(|answer| answer.place != "application.applicant");
        self.with(Verdict::NotChecked, step).filter(asked).collect()
    }

    fn with(&self, verdict: Verdict, step: Option<Step>) -> impl Iterator<Item = &Outcome<'static>> {
        let outcomes = self.outcomes.iter().filter(move |outcome| outcome.verdict() == Some(verdict));
        outcomes.filter(move |outcome| step.is_none_or(|step| step_of(outcome, verdict) == Some(step)))
    }
}

/// The step where the first answer of a kind is mended.
fn step_of(outcome: &Outcome<'_>, verdict: Verdict) -> Option<Step> {
    let answer = outcome.answers.iter().find(|answer| answer.verdict == verdict)?;
    Some(Step::of_place(&answer.place))
}

/// Checks an application against registers and directory as they are now. What is decided has been checked.
pub(crate) async fn checked(app: &App, application: &Application) -> Result<Checked, ServiceError> {
    checked_with(app, application, &[]).await
}

/// The same, with certificates that are nowhere kept.
pub(super) async fn checked_with(
    app: &App,
    application: &Application,
    pasted: &[Certificate],
) -> Result<Checked, ServiceError> {
    if application.state.over() {
        return Ok(Checked::default());
    }
    let incomplete = application.incomplete();
    let mut plan = plan(application, app.now());
    if application.service.enrols()
        && let Some(said) = &mut plan.application
    {
        // Who did not enrol here may have elsewhere: that is not known.
        let enrolled = crate::enrolments::of_joiner(app, &application.joiner, application.service).await?;
        said.enrolled = enrolled.map(|_| true);
    }
    if application.service == Service::SocialClientData {
        declared(app, application, &mut plan).await?;
    }
    let mut facts = gather(app, &mut plan, Sight::Own).await?;
    let pasted = pasted.iter().map(|one| (one.fingerprint.to_string(), one.found(Purpose::Server, None)));
    facts.certificates.extend(pasted);
    let mut outcomes = Rulebook::standard().check(&plan, &facts, plan.start);
    outcomes.retain(|outcome| outcome.verdict() != Some(Verdict::Kept) && tells(outcome, &incomplete));
    let contradiction = contradiction(app, application).await?;
    Ok(Checked { incomplete, outcomes, contradiction })
}

/// Adds to a plan what is known of its client data systems.
async fn declared(app: &App, application: &Application, plan: &mut Plan) -> Result<(), ServiceError> {
    for number in application.systems() {
        let functions = crate::obligation::functions_of(app, &number).await?;
        let access = functions.iter().find(|function| function.code == "register-access");
        plan.systems.push(PlannedSystem {
            number,
            register_access_right: access.and_then(|function| function.said.known()),
            renewal_reception: None,
            fulfils_obligation: obligation::Verdict::of(&functions).known(),
        });
    }
    Ok(())
}

/// Whether the directory could take the effect: asked of the rows that it could meet.
async fn contradiction(app: &App, application: &Application) -> Result<Option<EffectError>, ServiceError> {
    let sent = match application.state {
        State::Sent { at } => at,
        _ => app.now(),
    };
    let Some(effect) = effect_of(app, application, sent).await? else { return Ok(None) };
    Ok(met(app, &effect).await?.after(&effect).err())
}

/// The names of what some applications name in their forms.
///
/// # Errors
/// [`ServiceError`].
pub async fn names_in<'a>(
    app: &App,
    applications: impl IntoIterator<Item = &'a Application>,
) -> Result<Names, ServiceError> {
    let mut numbers = Numbers::default();
    for (field, text) in applications.into_iter().flat_map(|one| &one.forms).flat_map(|(_, form)| &form.0) {
        for word in steps::words(text) {
            match steps::plain_field(field).0 {
                "system" => drop(numbers.systems.insert(word)),
                "existing_oid" | "existing_other" | "own_oid" => numbers.points.extend(AccessPointOid::parse(word)),
                "tenants" | "organiser" | "signer_holder" | "renewal_units" => {
                    numbers.organisations.extend(Oid::parse(word));
                }
                _ => {}
            }
        }
    }
    names::names(app, &numbers).await
}

/// The systems that an application names, as Astori has them.
///
/// # Errors
/// [`ServiceError`].
pub async fn systems_in(app: &App, application: &Application) -> Result<Vec<Entry>, ServiceError> {
    let named = application.systems();
    let named: Vec<&str> = named.iter().map(String::as_str).collect();
    let known = registers::known(app.store.read(), RegisterKind::Systems, &named).await?;
    Ok(known.into_values().map(|(_, entry)| entry).collect())
}

/// The systems in Astori that a service may be used with, for choosing from.
///
/// # Errors
/// [`ServiceError`].
pub async fn systems(app: &App, service: Service) -> Result<Vec<Entry>, ServiceError> {
    Ok(valid(app, RegisterKind::Systems).await?.filter(|entry| entry.made_for(service)).collect())
}

/// The intermediaries, one of which may supply the whole service and sign with its own certificate (guide 3.3).
///
/// # Errors
/// [`ServiceError`].
pub async fn suppliers(app: &App) -> Result<Vec<Entry>, ServiceError> {
    Ok(valid(app, RegisterKind::Intermediaries).await?.collect())
}

/// Who of a joiner may receive renewal requests: itself and the units below it, as far as they carry the mark.
///
/// # Errors
/// [`ServiceError`].
pub async fn receiving_units(app: &App, joiner: &Oid) -> Result<Vec<Entry>, ServiceError> {
    let mut units = units(app, joiner).await?;
    units.retain(Entry::renewal_mark);
    Ok(units)
}

/// A joiner's own entry and those of the units below it that are valid, by number.
///
/// # Errors
/// [`ServiceError`].
pub async fn units(app: &App, joiner: &Oid) -> Result<Vec<Entry>, ServiceError> {
    let db = app.store.read();
    let itself = crate::sign_in::register_entry(app, joiner).await?.map(|(_, entry)| entry);
    let mut units: Vec<Entry> = itself.into_iter().collect();
    let mut above = vec![joiner.to_string()];
    for _ in 0..MAX_LEVELS {
        let parents: Vec<&str> = above.iter().map(String::as_str).collect();
        let below = registers::below(db, RegisterKind::Sote, &parents).await?;
        above = below.iter().map(|entry| entry.id.clone()).collect();
        if above.is_empty() || units.len() > MAX_UNITS {
            break;
        }
        units.extend(below);
    }
    let now = app.now();
    units.retain(|entry| entry.valid.contains(now));
    units.sort_by(|one, other| one.id.cmp(&other.id));
    // Entries that stand above themselves are read once.
    units.dedup_by(|one, other| one.id == other.id);
    units.truncate(MAX_UNITS);
    Ok(units)
}

/// The pharmacies that a pharmacist holds: the joiner's own and its branches, with their names.
///
/// # Errors
/// [`ServiceError`].
pub async fn pharmacies(app: &App, joiner: &Oid) -> Result<Vec<(Oid, String)>, ServiceError> {
    let now = app.now();
    let all = pharmacies_ever(app, joiner).await?.into_iter().filter(|(_, _, valid)| valid.contains(now));
    Ok(all.map(|(oid, name, _)| (oid, name)).collect())
}

/// The names of a pharmacist's pharmacies that no connection of the application is for: they stay outside.
///
/// # Errors
/// [`ServiceError`].
pub async fn left_out(app: &App, application: &Application) -> Result<Vec<String>, ServiceError> {
    if application.kind != JoinerKind::Pharmacy {
        return Ok(Vec::new());
    }
    let connected: BTreeSet<Oid> = steps::connections(&application.form(Step::AccessPoints))
        .iter()
        .map(|(_, connection)| connection.oid().administrator())
        .collect();
    let all = pharmacies(app, &application.joiner).await?.into_iter();
    Ok(all.filter(|(oid, _)| !connected.contains(oid)).map(|(_, name)| name).collect())
}

/// The same of any time, each with when it is valid.
pub(super) async fn pharmacies_ever(app: &App, joiner: &Oid) -> Result<Vec<(Oid, String, Interval)>, ServiceError> {
    let db = app.store.read();
    let main = registers::find(db, RegisterKind::Pharmacies, joiner.as_str()).await?;
    let branches = registers::children(db, RegisterKind::Pharmacies, joiner.as_str()).await?;
    let all = main.into_iter().chain(branches);
    Ok(all.filter_map(|entry| Some((Oid::parse(&entry.id).ok()?, entry.name, entry.valid))).collect())
}

/// Names of those whom an application's model is about, for the page: OID, name, and whether they are valid in a register.
///
/// # Errors
/// [`ServiceError`].
pub async fn named(app: &App, oids: &[Oid]) -> Result<Vec<(Oid, Option<String>, bool)>, ServiceError> {
    let mut found = Vec::new();
    for oid in oids {
        let entry = crate::sign_in::register_entry(app, oid).await?.map(|(_, entry)| entry);
        let valid = entry.as_ref().is_some_and(|entry| entry.valid.contains(app.now()));
        found.push((oid.clone(), entry.map(|entry| entry.name), valid));
    }
    Ok(found)
}

async fn valid(app: &App, kind: RegisterKind) -> Result<impl Iterator<Item = Entry>, ServiceError> {
    let now = app.now();
    let all = registers::all_current(app.store.read(), kind).await?;
    Ok(all.into_iter().map(|(_, entry)| entry).filter(move |entry| !entry.valid.ended(now)))
}
