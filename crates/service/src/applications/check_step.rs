//! Checks a step as it is filled in, before anything is saved.

use super::facts::{Checked, checked_with};
use super::save_step::{faults, of_certificates};
use super::{Stored, own};
use crate::certificates::Pasted;
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_domain::application::{FieldError, Form, Step};

/// The application with a step as typed, what is wrong with which field, and what the rules say of it. Nothing is kept.
///
/// # Errors
/// L-609 for a foreign application or a step it does not have; L-605 when it is not a draft.
pub async fn check_step(
    app: &App,
    actor: &Actor,
    number: &str,
    step: Step,
    form: Form,
) -> Result<(Stored, Vec<FieldError>, Checked), ServiceError> {
    let mut stored = own(app, actor, number).await?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    if !stored.application.steps().any(|known| known == step) {
        return Err(ServiceError::refused(RefusalCode::NotFound, step.code()));
    }
    let mut form = form.seen();
    let pasted = Pasted::take(&mut form, of_certificates);
    let form = form.only_of(step);
    let certificates = pasted.certificates.clone();
    let errors = pasted.before(faults(step, &stored, &form, app.now()));
    stored.application.forms.insert(step, form);
    let verdict = checked_with(app, &stored.application, &certificates).await?;
    Ok((stored, errors, verdict))
}
