//! Enrolment for deployment, before an application: an organisation says when it wishes to begin and with which system, so that the
//! operator knows who comes and its application begins filled in.

mod end;
mod enrol;
mod list;
mod remarks;

pub use end::end;
pub use enrol::enrol;
pub use liitos_store::enrolments::Enrolled;
pub use list::{Coming, list, own};
pub use remarks::remarks;

use crate::{App, ServiceError};
use liitos_domain::application::steps::role_field;
use liitos_domain::application::{Form, Step};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Oid, Service};
use liitos_store::{Transaction, enrolments};
use std::collections::BTreeMap;

/// What an enrolment says already of an application for its service, step by step.
pub(crate) async fn filled_in(
    tx: &Transaction,
    joiner: &Oid,
    service: Service,
) -> Result<BTreeMap<Step, Form>, ServiceError> {
    let mut known: BTreeMap<Step, Form> = BTreeMap::new();
    let Some(enrolled) = enrolments::find(tx.connection(), joiner, service).await? else { return Ok(known) };
    for (name, text) in enrolled.form.0.into_iter().filter(|(_, text)| !text.is_empty()) {
        // Who answers questions of the enrolment is the one for general matters to begin with.
        let (step, field) = match name.as_str() {
            "start" | "system" => (Step::AccessPoints, name),
            part => (Step::Contacts, role_field(ContactRole::Administrative, part)),
        };
        known.entry(step).or_default().0.insert(field, text);
    }
    Ok(known)
}

/// The last enrolment of whoever applied, though it has ended: with the approval for instance.
///
/// # Errors
/// [`ServiceError`].
pub async fn last_of(app: &App, joiner: &Oid, service: Service) -> Result<Option<Enrolled>, ServiceError> {
    let ever = enrolments::ever(app.store.read(), joiner).await?;
    Ok(ever.into_iter().filter(|enrolled| enrolled.service == service).max_by_key(|enrolled| enrolled.at))
}

/// The enrolment of whoever applies, for those who decide.
///
/// # Errors
/// [`ServiceError`].
pub async fn of_joiner(app: &App, joiner: &Oid, service: Service) -> Result<Option<Enrolled>, ServiceError> {
    Ok(enrolments::find(app.store.read(), joiner, service).await?)
}
