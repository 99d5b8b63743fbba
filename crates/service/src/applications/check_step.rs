//! Checks a step as it is filled in, before anything is saved.

use super::facts::{Checked, checked};
use super::{Stored, own};
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_domain::application::{Form, Step};

/// The application with a step as typed, and what the rules say of it. Nothing is kept.
///
/// # Errors
/// L-609 for a foreign application or a step it does not have; L-605 when it is not a draft.
pub async fn check_step(
    app: &App,
    actor: &Actor,
    number: &str,
    step: Step,
    form: &Form,
) -> Result<(Stored, Checked), ServiceError> {
    let mut stored = own(app, actor, number).await?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    if !stored.application.steps().any(|known| known == step) {
        return Err(ServiceError::refused(RefusalCode::NotFound, step.code()));
    }
    stored.application.forms.insert(step, form.clone().only_of(step));
    let verdict = checked(app, &stored.application).await?;
    Ok((stored, verdict))
}
