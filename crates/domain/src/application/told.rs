//! Who is told what becomes of an application (Extranet guide 3.2): e-mail addresses, each once.

use super::steps::contact;
use super::{Application, Step};
use crate::plan::ContactRole;
use std::collections::BTreeSet;

/// Of its arrival: the joiner's own address.
#[must_use]
pub fn told_of_arrival(application: &Application) -> BTreeSet<String> {
    let own = application.form(Step::ClientData).text("email").to_owned();
    Some(own).filter(|address| !address.is_empty()).into_iter().collect()
}

/// Of the decision: the same, the administrative contact and, where the service has one, the archivist.
#[must_use]
pub fn told_of_decision(application: &Application) -> BTreeSet<String> {
    let contacts = application.form(Step::Contacts);
    let roles = [ContactRole::Administrative, ContactRole::Archivist]
        .into_iter()
        .filter(|role| role.needed_for(application.service));
    let of_roles = roles.filter_map(|role| contact(&contacts, role)).map(|contact| contact.email);
    told_of_arrival(application).into_iter().chain(of_roles).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oid;
    use crate::application::{Form, JoinerKind, State};
    use crate::service_code::Service;

    fn application(service: Service, archivist: &str) -> Application {
        let form = |pairs: &[(&str, &str)]| Form(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
        let role = |role: &str, email: &str| {
            [("name", "Nimi"), ("email", email), ("phone", "0401234567")]
                .map(|(part, text)| (format!("{role}_{part}"), text.to_owned()))
        };
        let contacts = [
            role("administrative", "hallinto@esimerkki.test"),
            role("archivist", archivist),
            role("technical", "tekniikka@esimerkki.test"),
        ];
        Application {
            number: "1".into(),
            joiner: Oid::parse("1.2.246.10.1.10.0").unwrap(),
            kind: JoinerKind::Private,
            service,
            state: State::Draft,
            first_joining: true,
            forms: [
                (Step::ClientData, form(&[("email", " oma@esimerkki.test ")])),
                (Step::Contacts, Form(contacts.into_iter().flatten().collect())),
            ]
            .into(),
            accepted: Default::default(),
        }
    }

    #[test]
    fn who_is_told_of_what() {
        let told = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>().join(" ");
        let patient = application(Service::PatientData, "arkisto@esimerkki.test");
        assert_eq!(told(told_of_arrival(&patient)), "oma@esimerkki.test");
        assert_eq!(
            told(told_of_decision(&patient)),
            "arkisto@esimerkki.test hallinto@esimerkki.test oma@esimerkki.test"
        );
        // The service has no archivist; one person in two roles gets one mail; an empty draft tells nobody.
        let prescription = application(Service::Prescription, "arkisto@esimerkki.test");
        assert_eq!(told(told_of_decision(&prescription)), "hallinto@esimerkki.test oma@esimerkki.test");
        let same = application(Service::PatientData, "oma@esimerkki.test");
        assert_eq!(told(told_of_decision(&same)), "hallinto@esimerkki.test oma@esimerkki.test");
        let empty = Application { forms: [].into(), ..patient };
        assert_eq!((told(told_of_arrival(&empty)), told(told_of_decision(&empty))), (String::new(), String::new()));
    }
}
