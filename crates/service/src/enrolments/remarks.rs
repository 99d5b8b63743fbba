//! What the rules remark on the day that was enrolled for: the application would be told the same, later.

use super::Enrolled;
use crate::applications::checked;
use crate::{App, ServiceError, sign_in};
use liitos_domain::application::{Application, Form, JoinerKind, State, Step};
use liitos_domain::rules::{Outcome, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// What an application for the enrolled day would break.
///
/// # Errors
/// [`ServiceError`].
pub async fn remarks(app: &App, enrolled: &Enrolled) -> Result<Vec<Outcome<'static>>, ServiceError> {
    let Some((register, entry)) = sign_in::register_entry(app, &enrolled.joiner).await? else { return Ok(Vec::new()) };
    let day = Form(BTreeMap::from([("start".to_owned(), enrolled.form.text("start").to_owned())]));
    let application = Application {
        number: String::new(),
        joiner: enrolled.joiner.clone(),
        kind: JoinerKind::of(register, &entry),
        service: enrolled.service,
        state: State::Draft,
        first_joining: true,
        forms: BTreeMap::from([(Step::AccessPoints, day)]),
        accepted: BTreeSet::new(),
    };
    let mut outcomes = checked(app, &application).await?.outcomes;
    let of_day =
        |outcome: &Outcome<'_>| outcome.answers.iter().any(|it| it.verdict == Verdict::Broken && it.place == "start");
    outcomes.retain(of_day);
    Ok(outcomes)
}
