//! An organisation enrols, or changes what it enrolled with.

use crate::{Actor, App, ServiceError, applications};
use liitos_domain::application::enrolment::{Enrolment, FIELDS};
use liitos_domain::application::{FieldError, FieldProblem, Form};
use liitos_domain::{Act, RefusalCode, Service};
use liitos_store::enrolments::{self, Enrolled};
use liitos_store::{StoreError, audit};

/// Enrols the organisation acted for; gives what is wrong with the form, and then keeps nothing.
///
/// # Errors
/// L-602 without the right to prepare; L-605 when one does not enrol for such a service, or may not apply for it; L-603 when somebody
/// else enrolled it meanwhile.
pub async fn enrol(
    app: &App,
    actor: &Actor,
    service: Service,
    mut form: Form,
) -> Result<Vec<FieldError>, ServiceError> {
    let joiner = actor.must(Act::Prepare, app.now())?;
    if !service.enrols() || !applications::applicable(app, joiner).await?.contains(&service) {
        return Err(ServiceError::refused(RefusalCode::StateForbids, service.code()));
    }
    let now = app.now();
    form = form.seen();
    form.0.retain(|name, _| FIELDS.contains(&name.as_str()));
    let start = match Enrolment::read(&form, now.midnight()) {
        Ok(read) if known(app, service, read.system.as_deref()).await? => read.start,
        Ok(_) => return Ok(vec![FieldError { field: "system".to_owned(), problem: FieldProblem::Choice }]),
        Err(errors) => return Ok(errors),
    };
    let tx = app.store.begin().await?;
    let enrolled = Enrolled { joiner: joiner.clone(), service, start, form, at: now, person: actor.name.clone() };
    enrolments::enrol(&tx, &enrolled, &actor.reference).await.map_err(|error| match error {
        StoreError::Duplicate => ServiceError::refused(RefusalCode::DraftChanged, "enrolment"),
        other => other.into(),
    })?;
    let details = serde_json::json!({ "service": service, "start": start });
    let (action, subject) = ("enrolment.made", joiner.as_str());
    audit::record(&tx, &audit::Event { actor: &actor.reference, action, subject, details }, now).await?;
    tx.commit().await?;
    Ok(Vec::new())
}

/// Whether a system may be used with a service; none chosen yet is well.
async fn known(app: &App, service: Service, system: Option<&str>) -> Result<bool, ServiceError> {
    let Some(system) = system else { return Ok(true) };
    Ok(applications::systems(app, service).await?.iter().any(|entry| entry.id == system))
}
