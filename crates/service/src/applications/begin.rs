//! Begins an application, or finds the draft that was begun before.

use super::{Stored, happened, load, own};
use crate::{Actor, App, ServiceError, contacts, enrolments};
use liitos_domain::application::steps::{self, Connection};
use liitos_domain::application::{self as domain, Application, BeginError, Beginning, Form, JoinerKind, State, Step};
use liitos_domain::plan::{Activity, Plan};
use liitos_domain::register::{Entry, RegisterKind};
use liitos_domain::{Act, Moment, Oid, RefusalCode, Service};
use liitos_store::register_facts::RegistersOf;
use liitos_store::{Lock, Transaction, applications, audit, directory, registers};
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};

/// The steps that are much the same from one application of a joiner to the next.
const COPIED: [Step; 5] = [Step::Model, Step::AccessPoints, Step::ClientData, Step::Contacts, Step::Billing];

/// Begins an application for a service, with what an earlier one said where one is named, and gives its number.
///
/// # Errors
/// L-602 without the right to prepare; L-605 when the service is not applied for by such a joiner, or an application for it waits;
/// L-611 when the joiner stands in no register; L-609 when the earlier one is not there.
pub async fn begin(
    app: &App,
    actor: &Actor,
    service: Service,
    from: Option<&str>,
    language: Language,
) -> Result<String, ServiceError> {
    let joiner = actor.must(Act::Prepare, app.now())?;
    let not_valid = || ServiceError::refused(RefusalCode::OrganisationNotValid, joiner.as_str());
    let (register, entry) = crate::sign_in::register_entry(app, joiner).await?.ok_or_else(not_valid)?;
    if !applicable(app, joiner).await?.contains(&service) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, service.code()));
    }
    let earlier = match from {
        Some(number) => Some(own(app, actor, number).await?),
        None => None,
    };
    let first_joining = !has_joined(app, joiner, (register, &entry)).await?;
    let tx = app.store.begin().await?;
    tx.lock(Lock::Applications).await?;
    let db = tx.connection();
    let of_joiner = applications::of_joiner(db, joiner).await?;
    let begun = domain::begin(service, of_joiner.iter().map(|stored| &stored.application));
    let place = |error| match error {
        BeginError::NotApplicable(service) => service.to_string(),
        BeginError::Waiting(number) => number,
    };
    match begun.map_err(|error| ServiceError::refused(RefusalCode::StateForbids, place(error)))? {
        Beginning::Continue(draft) => return Ok(draft.number.clone()),
        Beginning::New => {}
    }
    let now = app.now();
    let number = format!("{}-{}", now.civil().year(), applications::count(db).await? + 1);
    let application = Application {
        number: number.clone(),
        joiner: joiner.clone(),
        kind: JoinerKind::of(register, &entry),
        service,
        state: State::Draft,
        first_joining,
        forms: BTreeMap::new(),
        accepted: BTreeSet::new(),
    };
    let key =
        applications::insert(&tx, &application, (language.code(), &found_by(&number, &entry, joiner)), now).await?;
    happened(app, &tx, (key, &application), &application.state, (actor, now), None).await?;
    let known = known(&tx, &application, earlier.as_ref(), now).await?;
    for (step, form) in known.iter().filter(|(step, _)| application.steps().any(|own| own == **step)) {
        applications::save_step(&tx, key, *step, 0, form, (&actor.reference, now)).await?;
    }
    let details = serde_json::json!({ "joiner": joiner, "service": service, "from": from });
    audit::record(
        &tx,
        &audit::Event { actor: &actor.reference, action: "application.begun", subject: &number, details },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(number)
}

/// What is known already of what the application asks: an earlier one said it, the enrolment, and truest what the joiner keeps.
async fn known(
    tx: &Transaction,
    application: &Application,
    earlier: Option<&Stored>,
    now: Moment,
) -> Result<BTreeMap<Step, Form>, ServiceError> {
    let Application { joiner, service, .. } = application;
    let mut known: BTreeMap<Step, Form> = BTreeMap::new();
    for (step, form) in earlier.iter().flat_map(|earlier| &earlier.application.forms) {
        if COPIED.contains(step) {
            known.insert(*step, copied(tx, application, *step, form.clone(), now).await?);
        }
    }
    for (step, said) in enrolments::filled_in(tx, joiner, *service).await? {
        let form = known.entry(step).or_default();
        for (name, text) in said.0 {
            // A system belongs to a connection that an earlier application has chosen.
            form.0.entry(name).or_insert(text);
        }
    }
    known.extend(contacts::filled_in(tx, joiner, *service).await?);
    Ok(known)
}

/// What an application is found by: its number, and OID, name and Business ID of who applies.
pub(super) fn found_by(number: &str, entry: &Entry, joiner: &Oid) -> String {
    format!("{number} {joiner} {} {}", entry.name, entry.business_id.as_deref().unwrap_or_default())
}

/// What of a step holds for the new application, too: a model that it may choose; a point of one's own that is open by now is chosen,
/// not opened again; and another first day.
async fn copied(
    tx: &Transaction,
    application: &Application,
    step: Step,
    mut form: Form,
    now: Moment,
) -> Result<Form, ServiceError> {
    match step {
        Step::Model => {
            let models = application.kind.models(application.service);
            if !models.iter().any(|model| model.code() == form.text("model")) {
                form = Form::default();
            }
        }
        Step::AccessPoints => {
            form.0.remove("start");
            for (nth, connection) in steps::connections(&form) {
                let Connection::Own(point) = connection else { continue };
                let known = directory::access_point(tx.connection(), &point.oid).await?;
                if known.iter().any(|known| !known.valid.ended(now)) {
                    form = steps::without_connection(form, nth);
                    form.0.insert(steps::nth_field("connection", nth), "existing".to_owned());
                    form.0.insert(steps::nth_field("existing_oid", nth), point.oid.to_string());
                }
            }
        }
        _ => {}
    }
    Ok(form)
}

/// The services that an organisation may apply for, by its register entry and the rule of this day.
///
/// # Errors
/// [`ServiceError`].
pub async fn applicable(app: &App, joiner: &Oid) -> Result<Vec<Service>, ServiceError> {
    let mut plan = Plan::new(app.now(), joiner.clone());
    RegistersOf::load(app.store.read(), std::slice::from_ref(&plan)).await?.facts(&mut plan);
    let activities: BTreeSet<Activity> = plan.activities;
    Ok(domain::services_for(&activities, app.now()))
}

/// Whether the joiner has signed an undertaking already: it is a member, or one of the pharmacies of the same pharmacist is, whose
/// undertaking covers all that the pharmacist holds (guide 4.2.2).
async fn has_joined(app: &App, joiner: &Oid, (register, entry): (RegisterKind, &Entry)) -> Result<bool, ServiceError> {
    let db = app.store.read();
    let now = app.now();
    let mut same = vec![joiner.clone()];
    if let (RegisterKind::Pharmacies, Some(business_id)) = (register, &entry.business_id) {
        let pharmacies = registers::of_business_id(db, &[RegisterKind::Pharmacies], business_id).await?;
        same.extend(pharmacies.iter().filter_map(|(_, pharmacy)| Oid::parse(&pharmacy.id).ok()));
    }
    for oid in &same {
        if directory::is_member(db, oid, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An earlier application of the organisation acted for, to copy from: the newest that is no draft any more.
///
/// # Errors
/// L-602 without an organisation.
pub async fn earlier(app: &App, actor: &Actor) -> Result<Option<Stored>, ServiceError> {
    let all = applications::of_joiner(app.store.read(), actor.joiner()?).await?;
    match all.into_iter().find(|stored| stored.application.state != State::Draft) {
        Some(found) => Ok(Some(load(app, &found.application.number).await?)),
        None => Ok(None),
    }
}
