//! Saves one step of a draft, unless somebody else saved it in between.

use super::{Stored, held, own};
use crate::certificates::{Pasted, keep_pasted};
use crate::{Actor, App, ServiceError, sign_in};
use liitos_domain::application::{Application, FieldError, FieldProblem, Form, Step, Text, steps};
use liitos_domain::plan::ContactRole;
use liitos_domain::{Act, Moment, RefusalCode, Sha256Hash};
use liitos_store::acceptances::{self, Acceptance};
use liitos_store::{Transaction, application_past, applications, audit};
use liitos_texts::Language;

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
    /// The language of the page, and so of the texts on it.
    pub language: Language,
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
    let mut form = save.form.seen();
    let pasted = Pasted::take(&mut form, of_certificates);
    let form = form.only_of(save.step);
    let accepts = form.ticked("accept") && Text::only_at(save.step);
    // Programs prepare, and so do those whom an organisation lets act: its texts are accepted by its own people.
    if accepts && !sign_in::is_own_person(app, actor, &stored.application.joiner).await? {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, save.step.code()));
    }
    let now = app.now();
    keep_pasted(app, &stored.application.joiner, &pasted.certificates).await?;
    let errors = pasted.before(faults(save.step, &stored, &form, now));
    let tx = app.store.begin().await?;
    let before = held(app, &tx, &stored).await?.application.form(save.step);
    if !applications::save_step(&tx, stored.key, save.step, save.revision, &form, (&actor.reference, now)).await? {
        return Err(ServiceError::refused(RefusalCode::DraftChanged, save.step.code()));
    }
    accept(&tx, &stored, actor, (save.step, &form, save.language), now).await?;
    let changed = changed(save.step, &before, &form);
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

/// The field that names the access point whose certificates a field asks for the fingerprints of: of the same connection.
pub(super) fn of_certificates(field: &str) -> Option<String> {
    let (plain, nth) = steps::plain_field(field);
    (plain == "own_certificates").then(|| steps::nth_field("own_oid", nth))
}

/// What is wrong with a form as it is filled in: what would not be taken today, too. What was taken once is sent and decided as it is; a
/// first day that has passed meanwhile is the day of the decision.
#[must_use]
pub fn faults(step: Step, stored: &Stored, form: &Form, now: Moment) -> Vec<FieldError> {
    let mut errors = steps::errors(step, stored.application.service, form);
    let begins = Moment::parse(form.text("start")).ok().filter(|_| step == Step::AccessPoints);
    if begins.is_some_and(|start| start < now.midnight()) {
        errors.push(FieldError { field: "start".to_owned(), problem: FieldProblem::DatePast });
    }
    let fault = steps::role_field(ContactRole::Fault, "phone");
    if step == Step::Contacts && steps::gets_no_texts(form.text(&fault)) {
        errors.push(FieldError { field: fault, problem: FieldProblem::PhoneTexts });
    }
    errors
}

/// Keeps who accepted the texts of a step, as they were read; what is not ticked any more is accepted no more.
async fn accept(
    tx: &Transaction,
    stored: &Stored,
    actor: &Actor,
    (step, form, language): (Step, &Form, Language),
    now: Moment,
) -> Result<(), ServiceError> {
    for what in Text::accepted_at(step) {
        if !form.ticked("accept") {
            acceptances::withdraw(tx, stored.key, *what, now).await?;
            continue;
        }
        let accepted = Acceptance {
            what: *what,
            language: language.code().to_owned(),
            text_hash: text_hash(&stored.application, *what, language),
            person: actor.name.clone(),
            reference: actor.reference.clone(),
            means: actor.means.clone(),
            at: now,
        };
        acceptances::accept(tx, stored.key, &accepted).await?;
    }
    Ok(())
}

/// What an acceptance of a text in a language is bound to.
pub(super) fn text_hash(application: &Application, what: Text, language: Language) -> Sha256Hash {
    Sha256Hash::of(language.text(&application.text_key(what)).as_bytes())
}

/// The fields that say something else than before, with both. What does not count says nothing: the page
/// only proposed it, or another way was chosen.
fn changed(step: Step, before: &Form, after: &Form) -> Vec<(String, String, String)> {
    let fields = before.0.keys().chain(after.0.keys()).collect::<std::collections::BTreeSet<_>>();
    let counted = |form: &Form, field: &str| match steps::counts(form, step, field) {
        true => form.text(field).to_owned(),
        false => String::new(),
    };
    let said = |field: &String| (field.clone(), counted(before, field), counted(after, field));
    fields.into_iter().map(said).filter(|(_, before, after)| before != after).collect()
}
