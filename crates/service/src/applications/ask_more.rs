//! Asks the applicant for more: it is their turn again.

use super::{decide, words};
use crate::{Actor, App, ServiceError, messages};
use liitos_domain::Duty;

/// Gives a waiting application back with a question.
///
/// # Errors
/// L-602 without the position; L-605 when it does not wait; L-606 without a question.
pub async fn ask_more(app: &App, actor: &Actor, number: &str, question: &str) -> Result<(), ServiceError> {
    actor.must_carry_out(Duty::Handle)?;
    let question = words(question, "question")?;
    let next = |state: liitos_domain::application::State, now| state.ask_more(now, question.clone());
    let mails = |application: &_, language| messages::more_asked(app, application, language, &question);
    decide(app, actor, number, ("application.more-asked", &question), next, mails).await
}
