//! Saves one step of a draft, unless somebody else saved it in between.

use super::{held, own};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::{FieldError, Form, Step, steps};
use liitos_domain::{Act, RefusalCode};
use liitos_store::{application_past, applications, audit};

/// A step as it comes from the page.
#[derive(Clone, Debug)]
pub struct SaveStep {
    /// The application's number.
    pub number: String,
    /// Which step.
    pub step: Step,
    /// The revision the page was filled in on; 0 when it was not saved before.
    pub revision: i32,
    /// What was typed.
    pub form: Form,
}

/// Saves the step and says what is still wrong with it. A form with errors is saved too, so that nothing typed is lost;
/// the application cannot be sent before they are mended.
///
/// # Errors
/// L-609 for a foreign application; L-602 without the right to fill the step in, L-610 when that binds; L-605 when it is not
/// a draft; L-603 when somebody was faster.
pub async fn save_step(app: &App, actor: &Actor, save: SaveStep) -> Result<Vec<FieldError>, ServiceError> {
    let stored = own(app, actor, &save.number).await?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    if !stored.application.steps().any(|step| step == save.step) {
        return Err(ServiceError::refused(RefusalCode::NotFound, save.step.code()));
    }
    actor.must(save.step.act(), app.now())?;
    let form = save.form.only_of(save.step);
    let errors = steps::errors(save.step, stored.application.service, &form);
    let now = app.now();
    let tx = app.store.begin().await?;
    let before = held(app, &tx, &stored).await?.application.form(save.step);
    if !applications::save_step(&tx, stored.key, save.step, save.revision, &form, (&actor.reference, now)).await? {
        return Err(ServiceError::refused(RefusalCode::DraftChanged, save.step.code()));
    }
    let changed = changed(&before, &form);
    let by = (actor.reference.as_str(), actor.name.as_str());
    // What is kept while somebody types is one event, not one a letter.
    let first = application_past::changed(&tx, stored.key, save.step, by, &changed, now).await?;
    if first || save.step.act() == Act::Bind {
        let details = serde_json::json!({ "step": save.step, "revision": save.revision + 1 });
        audit::record(
            &tx,
            &audit::Event { actor: &actor.reference, action: "application.step-saved", subject: &save.number, details },
            now,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(errors)
}

/// The fields that say something else than before, with both.
fn changed(before: &Form, after: &Form) -> Vec<(String, String, String)> {
    let fields = before.0.keys().chain(after.0.keys()).collect::<std::collections::BTreeSet<_>>();
    let said = |field: &String| (field.clone(), before.text(field).to_owned(), after.text(field).to_owned());
    fields.into_iter().map(said).filter(|(_, before, after)| before != after).collect()
}
