//! The deployment test, and when things are done (`domain.md` sections 8, 9 and 10).

use super::Case;
use crate::identifier::PersonalIdentityCode;
use crate::identifier::nodes::{Owner, place as placed};
use crate::plan::{Activity, PlannedDeployment, PlannedService, Standing};
use crate::rules::answers::{Answers, day};
use crate::service_code::Service;
use crate::time::Moment;

/// A first use is tested; of some services only when Kanta asks for it too.
pub(in crate::rules) fn test_at_first_use(case: &Case<'_>, services: &[Service], always: bool, answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| services.contains(&service.code)) {
        let Some(deployment) = &service.deployment else {
            answers.unknown(format!("{place}.deployment"));
            continue;
        };
        let needed = if always && case.plan.application.as_ref().and_then(|application| application.first) == Some(true)
        {
            Some(true)
        } else {
            match (deployment.first_use, deployment.on_request) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), _) => Some(false),
                (None, _) => None,
            }
        };
        match needed {
            None => answers.unknown(format!("{place}.deployment.first_use")),
            Some(false) => {}
            Some(true) => {
                let found = deployment.test.map(day).unwrap_or_default();
                answers.judge(format!("{place}.deployment.test"), deployment.test.is_some(), found);
            }
        }
    }
}

/// Where no test is made, a production readiness check is.
pub(in crate::rules) fn readiness_check(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    for (place, service) in case.services().filter(|(_, service)| services.contains(&service.code)) {
        match &service.deployment {
            None => answers.unknown(format!("{place}.deployment")),
            Some(deployment) if deployment.test.is_none() => {
                answers.fact(format!("{place}.deployment.readiness_check"), deployment.readiness_check);
            }
            Some(_) => {}
        }
    }
}

/// Tests are made with test identities only.
pub(in crate::rules) fn test_identities(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services() {
        let persons = service.deployment.iter().flat_map(|deployment| &deployment.persons);
        for (n, person) in persons.enumerate() {
            let place = format!("{place}.deployment.persons[{}]", n + 1);
            // What might be a real person's code is never shown.
            match PersonalIdentityCode::parse(person) {
                Ok(code) => {
                    answers.judge(place, code.is_test_identity(), if code.is_test_identity() { "9xx" } else { "…" })
                }
                Err(wrong) => answers.judge(place, false, format!("… ({wrong})")),
            }
        }
    }
}

/// A test is made, and its report sent, before the service is used.
pub(in crate::rules) fn test_reported(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services() {
        if let Some((deployment, test)) = tested(service) {
            if test > case.plan.start {
                answers.judge(format!("{place}.deployment.test"), false, day(test));
                continue;
            }
            let place = format!("{place}.deployment.reported");
            let kept = |reported: &Moment| *reported >= test && *reported <= case.plan.start;
            match deployment.reported {
                Some(reported) => answers.judge(place, kept(&reported), day(reported)),
                None => answers.unknown(place),
            }
        }
    }
}

/// A deployment with a test, and the test's day.
fn tested(service: &PlannedService) -> Option<(&PlannedDeployment, Moment)> {
    let deployment = service.deployment.as_ref()?;
    Some((deployment, deployment.test?))
}

/// The test comes after the application.
pub(in crate::rules) fn test_after_application(case: &Case<'_>, answers: &mut Answers) {
    for (place, service) in case.services() {
        if let (Some((_, test)), Some(sent)) = (tested(service), case.plan.sent) {
            answers.judge(format!("{place}.deployment.test"), test > sent, day(test));
        }
    }
}

/// Social care has joined by a day.
pub(in crate::rules) fn joined_by(case: &Case<'_>, activity: Activity, by: &str, answers: &mut Answers) {
    let first = case.plan.application.as_ref().and_then(|application| application.first) != Some(false);
    let joins = case.plan.change.is_none() && case.plan.standing != Standing::Joined;
    if case.plan.activities.contains(&activity) && first && joins {
        let start = case.plan.start;
        let kept = Moment::parse(by).is_ok_and(|by| start <= by);
        answers.judge("start", kept, format!("{} (≤ {by})", day(start)));
    }
}

/// A change is notified so many days before it.
pub(in crate::rules) fn notified_ahead(case: &Case<'_>, days: i64, answers: &mut Answers) {
    if let Some(change) = &case.plan.change {
        let latest = case.plan.start.plus_days(-days);
        match change.notified {
            Some(notified) => {
                let found = format!("{} (≤ {})", day(notified), day(latest));
                answers.judge("change.notified", notified <= latest, found);
            }
            None => answers.unknown("change.notified"),
        }
    }
}

/// An independent professional's register of documents does not move.
pub(in crate::rules) fn professional_stays(case: &Case<'_>, answers: &mut Answers) {
    let Some(change) = case.plan.change.as_ref().filter(|change| change.documents_move == Some(true)) else { return };
    match &change.from {
        Some(from) => {
            let professional = matches!(placed(from).map(|placed| placed.owner), Some(Owner::Professional(_)));
            answers.judge("change.from", !professional, from);
        }
        None => answers.unknown("change.from"),
    }
}

/// A termination has grounds.
pub(in crate::rules) fn termination_grounds(case: &Case<'_>, answers: &mut Answers) {
    if let Some(termination) = case.plan.change.as_ref().and_then(|change| change.termination.as_ref()) {
        let grounds = termination.grounds;
        answers.judge("change.termination.grounds", grounds.is_some(), grounds.map(|g| g.code()).unwrap_or_default());
    }
}

/// A termination does not reach back behind its notification.
pub(in crate::rules) fn termination_ahead(case: &Case<'_>, answers: &mut Answers) {
    let Some(change) = &case.plan.change else { return };
    let Some(termination) = &change.termination else { return };
    match (termination.last_day, change.notified) {
        (Some(last), Some(notified)) => {
            answers.judge("change.termination.last_day", last >= notified, day(last));
        }
        _ => answers.unknown("change.termination.last_day"),
    }
}

/// The mark of receiving renewal requests is taken off so many days before the unit ends.
pub(in crate::rules) fn mark_off(case: &Case<'_>, days: i64, answers: &mut Answers) {
    let Some(change) = &case.plan.change else { return };
    let Some(ends) = change.renewal_unit_ends else { return };
    let latest = ends.plus_days(-days);
    match change.renewal_mark_off {
        Some(off) => {
            let found = format!("{} (≤ {})", day(off), day(latest));
            answers.judge("change.renewal_mark_off", off <= latest, found);
        }
        None => answers.unknown("change.renewal_mark_off"),
    }
}
