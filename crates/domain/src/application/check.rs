//! What an application still lacks or gets wrong, from facts somebody else loaded.
//!
//! Each issue's text is the Fluent message `issue-` and its code, with the clause it comes from.

use super::steps::{Connection, access_point, errors};
use super::{Application, Step};
use crate::directory::AccessPoint;
use crate::register::SystemFacts;
use crate::rules::{AddressKind, Severity};
use crate::service_code::Service;
use crate::time::{Interval, Moment};
use std::net::IpAddr;

/// The facts the checks ask for.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// When the joiner's register entry is valid; `None`: it is in no register.
    pub register_validity: Option<Interval>,
    /// Whether the register marks the joiner as receiving renewal requests.
    pub renewal_mark: bool,
    /// The access point named on the application, if the directory knows it.
    pub access_point: Option<AccessPoint>,
    /// The system named on the application, if Astori knows it.
    pub system: Option<SystemFacts>,
}

macro_rules! issues {
    ($($(#[$meta:meta])* $variant:ident = $code:literal, $severity:ident, $step:ident, $clause:literal;)+) => {
        /// Something an application lacks or gets wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Issue { $($(#[$meta])* $variant),+ }

        impl Issue {
            /// Every issue, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its code; the Fluent key is `issue-` and the code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// How much it weighs.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity),+ }
            }

            /// The step where it is mended.
            #[must_use]
            pub const fn step(self) -> Step {
                match self { $(Self::$variant => Step::$step),+ }
            }

            /// The clause it comes from.
            #[must_use]
            pub const fn clause(self) -> &'static str {
                match self { $(Self::$variant => $clause),+ }
            }
        }
    };
}

issues! {
    /// The joiner is in none of the registers.
    NotInRegister = "not-in-register", Error, ClientData, "guide 2.2";
    /// The joiner's register entry is not valid on the first day.
    RegisterNotValid = "register-not-valid", Error, ClientData, "guide 2.2";
    /// The chosen access point is not in the directory.
    AccessPointNotOpened = "access-point-not-opened", Error, AccessPoints, "change situations; guide 5.1";
    /// The chosen access point is not open on the first day.
    AccessPointClosed = "access-point-closed", Error, AccessPoints, "guide 4.2";
    /// The own new point's OID is not formed under the joiner's OID.
    AccessPointNotOwn = "access-point-not-own", Error, AccessPoints, "guide 3.1.3";
    /// The own new point's OID is taken.
    AccessPointTaken = "access-point-taken", Error, AccessPoints, "guide 3.1.3";
    /// An address is not in public address space.
    AddressNotPublic = "address-not-public", Error, AccessPoints, "guide 5.2";
    /// An address is reserved for documentation.
    AddressDocumentation = "address-documentation", Warning, AccessPoints, "guide 5.2";
    /// No backup link is known.
    NoBackupLink = "no-backup-link", Advice, AccessPoints, "guide 5.2";
    /// The system is not in Astori.
    SystemUnknown = "system-unknown", Error, AccessPoints, "guide 3.1.1";
    /// The system's certificate is not valid on the first day.
    SystemNotValid = "system-not-valid", Error, AccessPoints, "guide 3.1.1";
    /// The system is made for another service.
    SystemNotForService = "system-not-for-service", Error, AccessPoints, "guide 3.1.1";
    /// A significant deviation forbids taking the system into use.
    SystemDeviation = "system-deviation", Error, AccessPoints, "guide 3.1.1";
    /// The system cannot implement an access point.
    SystemCannotTransfer = "system-cannot-transfer", Error, AccessPoints, "guide 3.1.1";
    /// Renewal requests were chosen but the register has no mark.
    RenewalMarkMissing = "renewal-mark-missing", Error, AccessPoints, "guide 4.2.1";
}

/// The steps that have errors in their fields or were not saved yet.
#[must_use]
pub fn incomplete(application: &Application) -> Vec<Step> {
    let open = |step: &Step| match step {
        Step::Summary => false,
        Step::Guidance => !application.forms.contains_key(step),
        _ => !errors(*step, application.service, &application.form(*step)).is_empty(),
    };
    application.steps().filter(open).collect()
}

/// What is wrong with the application's facts as far as they are known, first day counted from `now`.
#[must_use]
pub fn check(application: &Application, facts: &Facts, now: Moment) -> Vec<Issue> {
    let step = access_point(&application.form(Step::AccessPoints));
    let first_day = step.as_ref().and_then(|s| s.start).map_or(now, |start| start.max(now));
    let mut issues = Vec::new();
    match facts.register_validity {
        None => issues.push(Issue::NotInRegister),
        Some(valid) if !valid.contains(first_day) => issues.push(Issue::RegisterNotValid),
        Some(_) => {}
    }
    let Some(step) = step else { return issues };
    match &step.connection {
        Connection::Existing(_) => match &facts.access_point {
            None => issues.push(Issue::AccessPointNotOpened),
            Some(point) if !point.valid.contains(first_day) => issues.push(Issue::AccessPointClosed),
            Some(_) => {}
        },
        Connection::Own(point) => {
            if point.oid.administrator() != application.joiner {
                issues.push(Issue::AccessPointNotOwn);
            }
            if facts.access_point.is_some() {
                issues.push(Issue::AccessPointTaken);
            }
            check_addresses(point.links.iter().flat_map(|link| &link.addresses), &mut issues);
            if point.links.len() < 2 {
                issues.push(Issue::NoBackupLink);
            }
        }
    }
    let own_point = matches!(step.connection, Connection::Own(..));
    check_system(facts.system.as_ref(), (application.service, own_point), first_day, &mut issues);
    let renewal = application.service == Service::Prescription && step.renewal_reception;
    if renewal && !facts.renewal_mark {
        issues.push(Issue::RenewalMarkMissing);
    }
    issues
}

fn check_addresses<'a>(addresses: impl Iterator<Item = &'a IpAddr>, issues: &mut Vec<Issue>) {
    for address in addresses {
        let found = match AddressKind::of(*address) {
            AddressKind::Public => continue,
            AddressKind::Example => Issue::AddressDocumentation,
            AddressKind::Special => Issue::AddressNotPublic,
        };
        if !issues.contains(&found) {
            issues.push(found);
        }
    }
}

fn check_system(
    system: Option<&SystemFacts>,
    (service, own_point): (Service, bool),
    first_day: Moment,
    issues: &mut Vec<Issue>,
) {
    let Some(system) = system else {
        return issues.push(Issue::SystemUnknown);
    };
    if !system.valid.contains(first_day) {
        issues.push(Issue::SystemNotValid);
    }
    if !system.services.as_ref().is_none_or(|services| services.contains(&service)) {
        issues.push(Issue::SystemNotForService);
    }
    if system.deviation == Some(true) {
        issues.push(Issue::SystemDeviation);
    }
    if own_point && system.class != "A1" && !system.transfers {
        issues.push(Issue::SystemCannotTransfer);
    }
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::super::steps::Form;
    use super::*;
    use crate::identifier::{AccessPointOid, Oid};
    use std::collections::BTreeMap;

    const JOINER: &str = "1.2.246.10.2048198.10.0";

    fn application(service: Service, pairs: &[(&str, &str)]) -> Application {
        let form = Form(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
        Application {
            number: "2026-1".into(),
            joiner: Oid::parse(JOINER).unwrap(),
            service,
            state: State::Draft,
            first_joining: true,
            forms: BTreeMap::from([(Step::AccessPoints, form)]),
        }
    }

    fn own(addresses: &str) -> Application {
        let oid = format!("{JOINER}.13.1");
        application(
            Service::PatientData,
            &[
                ("connection", "own"),
                ("own_oid", &oid),
                ("own_country", "FI"),
                ("own_network", "private"),
                ("own_dns", "a.test"),
                ("own_addresses", addresses),
                ("system", "900001"),
            ],
        )
    }

    fn good() -> Facts {
        let valid = Interval::from(Moment::from_seconds(0));
        Facts {
            register_validity: Some(valid),
            renewal_mark: true,
            access_point: None,
            system: Some(SystemFacts {
                class: "A2".into(),
                version: "1".into(),
                transfers: true,
                services: Some(Service::ALL.to_vec()),
                valid,
                deviation: Some(false),
            }),
        }
    }

    fn ended() -> Interval {
        Interval::new(Moment::from_seconds(0), Some(Moment::from_seconds(5)))
    }

    fn issues_of(application: &Application, change: impl FnOnce(&mut Facts)) -> Vec<Issue> {
        let mut facts = good();
        change(&mut facts);
        let mut issues = check(application, &facts, Moment::from_seconds(10));
        issues.retain(|issue| issue.severity() != Severity::Advice);
        issues
    }

    #[test]
    fn one_changed_fact_gives_exactly_its_issue() {
        let point = |valid| crate::directory::AccessPoint {
            oid: AccessPointOid::parse(&format!("{JOINER}.13.1")).unwrap(),
            administrator: Oid::parse(JOINER).unwrap(),
            system: "900001".into(),
            country: "FI".into(),
            links: vec![],
            certificates: vec![],
            valid,
        };
        let fine = own("8.8.8.8");
        let open = Interval::from(Moment::from_seconds(0));
        assert_eq!(issues_of(&fine, |_| ()), []);
        assert_eq!(issues_of(&fine, |f| f.register_validity = None), [Issue::NotInRegister]);
        assert_eq!(issues_of(&fine, |f| f.register_validity = Some(ended())), [Issue::RegisterNotValid]);
        assert_eq!(issues_of(&fine, |f| f.access_point = Some(point(open))), [Issue::AccessPointTaken]);
        assert_eq!(issues_of(&fine, |f| f.system = None), [Issue::SystemUnknown]);
        assert_eq!(issues_of(&fine, |f| f.system.as_mut().unwrap().valid = ended()), [Issue::SystemNotValid]);
        assert_eq!(issues_of(&fine, |f| f.system.as_mut().unwrap().deviation = Some(true)), [Issue::SystemDeviation]);
        assert_eq!(
            issues_of(&fine, |f| f.system.as_mut().unwrap().services = Some(vec![Service::Prescription])),
            [Issue::SystemNotForService]
        );
        assert_eq!(issues_of(&fine, |f| f.system.as_mut().unwrap().transfers = false), [Issue::SystemCannotTransfer]);

        let existing = application(
            Service::Prescription,
            &[
                ("connection", "existing"),
                ("existing_oid", "1.2.246.537.6.918.18.900001.13.1"),
                ("system", "900001"),
                ("renewal", "yes"),
            ],
        );
        assert_eq!(issues_of(&existing, |_| ()), [Issue::AccessPointNotOpened]);
        assert_eq!(issues_of(&existing, |f| f.access_point = Some(point(open))), []);
        assert_eq!(issues_of(&existing, |f| f.access_point = Some(point(ended()))), [Issue::AccessPointClosed]);
        assert_eq!(
            issues_of(&existing, |f| {
                f.access_point = Some(point(open));
                f.renewal_mark = false;
            }),
            [Issue::RenewalMarkMissing]
        );

        let foreign = application(
            Service::PatientData,
            &[
                ("connection", "own"),
                ("own_oid", "1.2.246.10.9.10.0.13.1"),
                ("own_country", "FI"),
                ("own_network", "private"),
                ("own_dns", "a.test"),
                ("own_addresses", "8.8.8.8"),
                ("system", "900001"),
            ],
        );
        assert_eq!(issues_of(&foreign, |_| ()), [Issue::AccessPointNotOwn]);
    }

    #[test]
    fn only_public_addresses_pass() {
        for bad in [
            "10.0.0.1",
            "127.0.0.1",
            "100.64.0.1",
            "192.168.1.1",
            "169.254.1.1",
            "0.0.0.0",
            "224.0.0.1",
            "198.18.0.1",
            "fe80::1",
            "fd00::1",
            "::1",
        ] {
            assert_eq!(issues_of(&own(bad), |_| ()), [Issue::AddressNotPublic], "{bad}");
        }
        assert_eq!(issues_of(&own("203.0.113.7 2001:db8::1"), |_| ()), [Issue::AddressDocumentation]);
        assert_eq!(issues_of(&own("2a00:1190::1"), |_| ()), []);
    }

    #[test]
    fn unsaved_steps_are_incomplete() {
        let all: Vec<Step> = incomplete(&application(Service::PatientData, &[]));
        assert_eq!(all.len(), 7);
    }
}
