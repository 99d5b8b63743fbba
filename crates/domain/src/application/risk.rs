//! How much care a decision needs: what the operator looks at first in its queue.

use super::steps::{Connection, connections};
use super::{Application, Step};
use crate::directory::Network;
use crate::service_code::{ConnectionModel, codes};
use std::collections::BTreeSet;

/// Where an access point stands as a rule.
const HOME: &str = "FI";

codes! {
    /// Something that asks for care.
    Risk {
        /// An access point outside Finland: two persons approve.
        Abroad = "abroad",
        /// Rules are broken that do not forbid it.
        Warnings = "warnings",
        /// Somebody else's decisions would change.
        Others = "others",
        /// A link over the public internet.
        PublicInternet = "public-internet",
        /// A new access point.
        NewPoint = "new-point",
        /// With tenants, or in an organiser's register.
        WithOthers = "with-others",
        /// The joiner's first service.
        FirstJoining = "first-joining",
        /// The mailbox or telephone for faults is not proved.
        NotProved = "not-proved",
    }
}

impl Risk {
    /// How much it counts.
    #[must_use]
    pub const fn weight(self) -> i32 {
        match self {
            Self::Abroad => 8,
            Self::Others => 5,
            Self::Warnings | Self::PublicInternet => 3,
            Self::NewPoint | Self::WithOthers => 2,
            Self::FirstJoining | Self::NotProved => 1,
        }
    }
}

/// What all of them count together.
#[must_use]
pub fn weight(risks: &BTreeSet<Risk>) -> i32 {
    risks.iter().map(|risk| risk.weight()).sum()
}

/// What in an application asks for care; what others know of it is added by who knows.
#[must_use]
pub fn risks(application: &Application) -> BTreeSet<Risk> {
    let mut risks = BTreeSet::new();
    if abroad(application) {
        risks.insert(Risk::Abroad);
    }
    for (_, connection) in connections(&application.form(Step::AccessPoints)) {
        if let Connection::Own(point) = connection {
            risks.insert(Risk::NewPoint);
            if point.links.iter().any(|link| link.network == Network::Public) {
                risks.insert(Risk::PublicInternet);
            }
        }
    }
    if application.model().is_some_and(|model| model.model() != ConnectionModel::Direct) {
        risks.insert(Risk::WithOthers);
    }
    if application.first_joining {
        risks.insert(Risk::FirstJoining);
    }
    risks
}

/// Whether it brings an access point outside Finland: then two persons approve it.
#[must_use]
pub fn abroad(application: &Application) -> bool {
    let own = connections(&application.form(Step::AccessPoints));
    own.iter().any(|(_, connection)| matches!(connection, Connection::Own(point) if point.country != HOME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Oid;
    use crate::application::{Form, JoinerKind, State};
    use crate::service_code::Service;

    fn application(country: &str, network: &str, first_joining: bool) -> Application {
        let pairs = [
            ("connection", "own"),
            ("own_oid", "1.2.246.10.1.10.0.13.1"),
            ("own_country", country),
            ("own_network", network),
            ("own_dns", "kanta.esimerkki.test"),
            ("own_addresses", "203.0.113.5"),
            ("system", "900001"),
        ];
        Application {
            number: "1".into(),
            joiner: Oid::parse("1.2.246.10.1.10.0").unwrap(),
            kind: JoinerKind::Private,
            service: Service::PatientData,
            state: State::Draft,
            first_joining,
            forms: [(Step::AccessPoints, Form(pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()))].into(),
            accepted: Default::default(),
        }
    }

    #[test]
    fn what_asks_for_care() {
        let told = |application: &Application| {
            let found = risks(application);
            (found.iter().map(|risk| risk.code()).collect::<Vec<_>>().join(" "), weight(&found))
        };
        assert_eq!(told(&application("FI", "private", false)), ("new-point".into(), 2));
        assert_eq!(
            told(&application("SE", "public", true)),
            ("abroad public-internet new-point first-joining".into(), 14)
        );
        assert!(abroad(&application("SE", "private", false)) && !abroad(&application("FI", "public", true)));
        let through = Application { forms: [].into(), ..application("FI", "private", false) };
        assert_eq!(told(&through), (String::new(), 0));
    }
}
