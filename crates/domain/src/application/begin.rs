//! Whether a joiner may begin an application for a service.

use super::{Application, State};
use crate::service_code::Service;

/// Where the wish to apply leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning<'a> {
    /// To a new application.
    New,
    /// Back to the draft that was begun before.
    Continue(&'a Application),
}

/// Why no application can be begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// The service is not applied for in the Extranet (guide 2.3).
    #[error("the service {0} is not applied for")]
    NotApplicable(Service),
    /// One for the same service waits for the operator's decision.
    #[error("the application {0} waits for a decision")]
    Waiting(String),
}

/// One open application a service: a draft is continued, a sent one is waited for, a decided one stands in nobody's way.
///
/// # Errors
/// [`BeginError`].
pub fn begin<'a>(
    service: Service,
    of_joiner: impl IntoIterator<Item = &'a Application>,
) -> Result<Beginning<'a>, BeginError> {
    if !Service::APPLICABLE.contains(&service) {
        return Err(BeginError::NotApplicable(service));
    }
    for application in of_joiner.into_iter().filter(|application| application.service == service) {
        match application.state {
            State::Draft | State::MoreAsked { .. } => return Ok(Beginning::Continue(application)),
            State::Sent { .. } => return Err(BeginError::Waiting(application.number.clone())),
            State::Approved { .. } | State::Rejected { .. } | State::Withdrawn { .. } => {}
        }
    }
    Ok(Beginning::New)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::application::JoinerKind;
    use crate::{Moment, Oid, Sha256Hash};
    use std::collections::BTreeMap;

    #[test]
    fn one_open_application_a_service() {
        let at = Moment::from_seconds(1);
        let sent = State::Draft.send(at).unwrap();
        let approved = sent.clone().approve(at, Sha256Hash::of(b""), 1, None).unwrap();
        let rejected = sent.clone().reject(at, "no".into()).unwrap();
        let of = |number: &str, service, state: &State| Application {
            number: number.into(),
            joiner: Oid::parse("1.2.246.10.1.10.0").unwrap(),
            kind: JoinerKind::Private,
            service,
            state: state.clone(),
            first_joining: true,
            forms: BTreeMap::new(),
            accepted: Default::default(),
        };
        let patient = Service::PatientData;
        let decided = [of("1", patient, &approved), of("2", patient, &rejected), of("3", Service::Prescription, &sent)];
        assert_eq!(begin(patient, &decided), Ok(Beginning::New));
        assert_eq!(begin(Service::Prescription, &decided), Err(BeginError::Waiting("3".into())));
        let draft = [of("1", patient, &approved), of("4", patient, &State::Draft)];
        assert_eq!(begin(patient, &draft), Ok(Beginning::Continue(&draft[1])));
        for service in Service::ALL {
            let applicable = Service::APPLICABLE.contains(service);
            assert_eq!(begin(*service, []).is_ok(), applicable, "{service}");
        }
    }
}
