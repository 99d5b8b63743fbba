//! Enrolment for deployment, before an application: an organisation says when it wishes to begin and with which system, so that the
//! operator knows who comes and its application begins filled in.

mod end;
mod enrol;
mod list;

pub use end::end;
pub use enrol::enrol;
pub use liitos_store::enrolments::Enrolled;
pub use list::{Coming, list, own};

use crate::{App, ServiceError};
use liitos_domain::application::Form;
use liitos_domain::{Oid, Service};
use liitos_store::{Transaction, enrolments};

/// What an enrolment says already of an application for its service.
pub(crate) async fn filled_in(tx: &Transaction, joiner: &Oid, service: Service) -> Result<Option<Form>, ServiceError> {
    let enrolled = enrolments::find(tx.connection(), joiner, service).await?;
    let said = enrolled.map(|enrolled| {
        let mut form = enrolled.form;
        form.0.retain(|name, text| matches!(name.as_str(), "start" | "system") && !text.is_empty());
        form
    });
    Ok(said.filter(|form| !form.0.is_empty()))
}

/// The enrolment of whoever applies, for those who decide.
///
/// # Errors
/// [`ServiceError`].
pub async fn of_joiner(app: &App, joiner: &Oid, service: Service) -> Result<Option<Enrolled>, ServiceError> {
    Ok(enrolments::find(app.store.read(), joiner, service).await?)
}
