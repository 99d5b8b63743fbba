//! Sends an application to the operator.

use super::facts::checked;
use super::save_step::text_hash;
use super::{happened, held, language, own, risks_of, words};
use crate::{Actor, App, ServiceError, contacts, messages};
use liitos_domain::application::risk::weight;
use liitos_domain::application::{Application, State, Text};
use liitos_domain::{Act, RefusalCode, Sha256Hash};
use liitos_store::{applications, audit};
use liitos_texts::Language;

/// What a page showed of an application to the person who sends it: what is filled in, and the texts as they read in its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The language of the page.
    pub language: Language,
    /// The hash of what it showed, by [`Shown::of`].
    pub hash: Sha256Hash,
}

impl Shown {
    /// What a page in a language shows of the application. That its texts are accepted is no part of it: those who sign do so by
    /// what they saw.
    #[must_use]
    pub fn of(application: &Application, language: Language) -> Self {
        let texts: Vec<Text> = application.steps().flat_map(Text::accepted_at).copied().collect();
        let forms = application.forms.iter().filter(|(step, _)| !Text::only_at(**step));
        let whole = serde_json::json!({
            "number": application.number,
            "joiner": application.joiner,
            "service": application.service,
            "forms": forms.map(|(step, form)| (step.code(), &form.0)).collect::<Vec<_>>(),
            "texts": texts.iter().map(|text| text_hash(application, *text, language).to_string()).collect::<Vec<_>>(),
        });
        Self { language, hash: Sha256Hash::of(whole.to_string().as_bytes()) }
    }

    /// Refused when the application says something else by now.
    pub(crate) fn still(&self, application: &Application) -> Result<(), ServiceError> {
        if Self::of(application, self.language) == *self {
            return Ok(());
        }
        Err(ServiceError::refused(RefusalCode::DraftChanged, application.number.as_str()))
    }
}

/// With what an application is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sending<'s> {
    /// What a page showed of it first; nothing where a program sends.
    pub shown: Option<&'s Shown>,
    /// What the applicant says to what the operator asked.
    pub answer: &'s str,
}

/// Sends a complete draft, or again what the operator has asked more about, with an answer where one was written; where a page showed
/// it first, only as it was shown.
///
/// # Errors
/// L-609 for a foreign application; L-602 without the right to bind the organisation, L-610 when the mandate was asked for too
/// long ago; L-605 when it is not a draft; L-603 when somebody changed it since it was shown; L-606 when something is missing or
/// wrong, or the answer is too long.
pub async fn send(app: &App, actor: &Actor, number: &str, sending: Sending<'_>) -> Result<(), ServiceError> {
    let stored = own(app, actor, number).await?;
    if !stored.application.state.editable() {
        return Err(super::state_forbids(&stored.application.state));
    }
    actor.must(Act::Bind, app.now())?;
    let tx = app.store.begin().await?;
    // Checked as it is sent: a step saved at the same time comes before or is refused.
    let stored = held(app, &tx, &stored).await?;
    let application = &stored.application;
    if let Some(shown) = sending.shown {
        shown.still(application)?;
    }
    let answer = match &application.state {
        State::MoreAsked { .. } if !sending.answer.trim().is_empty() => Some(words(sending.answer, "answer")?),
        _ => None,
    };
    let now = app.now();
    let next = application.state.clone().send(now).map_err(|_| super::state_forbids(&application.state))?;
    let verdict = checked(app, application).await?;
    if !verdict.sound() {
        let missing = verdict.incomplete.first().map(|step| step.code());
        let wrong = verdict.broken(None).first().map(|outcome| outcome.rule.id.as_str());
        return Err(ServiceError::refused(RefusalCode::FormInvalid, missing.or(wrong).unwrap_or("effect")));
    }
    if !applications::set_state(&tx, stored.key, &application.state, &next).await? {
        return Err(super::state_forbids(&next));
    }
    happened(app, &tx, (stored.key, application), &next, (actor, now), answer.as_deref()).await?;
    applications::set_risk(&tx, stored.key, weight(&risks_of(app, application, &verdict).await?)).await?;
    messages::enqueue(&tx, &messages::sent(app, application, language(&stored)), now).await?;
    contacts::prove_all(app, &tx, application, language(&stored)).await?;
    let details = serde_json::json!({});
    audit::record(
        &tx,
        &audit::Event { actor: &actor.reference, action: "application.sent", subject: number, details },
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(())
}
