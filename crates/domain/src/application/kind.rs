//! What kind of joiner applies, and what follows from it: the services it may apply for and the models it may join by.

use crate::plan::Activity;
use crate::register::{Entry, RegisterKind, Sector};
use crate::rules::{Check, Rulebook};
use crate::service_code::{ConnectionModel, Service, codes};
use crate::time::Moment;
use std::collections::BTreeSet;

codes! {
    /// A kind of joiner, by the register it stands in (guide 2.2, 4.1).
    JoinerKind {
        /// A public provider of health or social care.
        Public = "public",
        /// A private one.
        Private = "private",
        /// An independent professional.
        Professional = "professional",
        /// A pharmacist with main and branch pharmacies.
        Pharmacy = "pharmacy",
        /// A hospital pharmacy or a medicine centre.
        HospitalPharmacy = "hospital-pharmacy",
    }
}

impl JoinerKind {
    /// The kind of who has this entry; whose sector the register does not say is taken for private, which is asked more.
    #[must_use]
    pub fn of(register: RegisterKind, entry: &Entry) -> Self {
        match register {
            RegisterKind::Professionals => Self::Professional,
            RegisterKind::Pharmacies if entry.hospital_pharmacy() => Self::HospitalPharmacy,
            RegisterKind::Pharmacies => Self::Pharmacy,
            _ if entry.sector() == Some(Sector::Public) => Self::Public,
            _ => Self::Private,
        }
    }

    /// The models by which it may join a service (guide 4.1.1): private ones may have tenants, and a private producer of social
    /// care may join through its organiser.
    #[must_use]
    pub fn models(self, service: Service) -> Vec<ConnectionModel> {
        let private = matches!(self, Self::Private | Self::Professional);
        let joint = private.then_some(ConnectionModel::Joint);
        let parallel =
            (self == Self::Private && service == Service::SocialClientData).then_some(ConnectionModel::Parallel);
        std::iter::once(ConnectionModel::Direct).chain(joint).chain(parallel).collect()
    }
}

/// The services that somebody who does this may apply for at a time, by the rule that says so (`service-for-activity`); never those
/// that are not applied for at all.
#[must_use]
pub fn services_for(activities: &BTreeSet<Activity>, at: Moment) -> Vec<Service> {
    let rules = Rulebook::standard().rules().iter().filter(|rule| rule.valid().contains(at));
    let uses = rules.filter_map(|rule| match &rule.check {
        Check::ServiceForActivity { uses } => Some(uses),
        _ => None,
    });
    let used: BTreeSet<Service> =
        uses.flatten().filter(|row| activities.contains(&row.activity)).flat_map(|row| row.services.clone()).collect();
    Service::APPLICABLE.iter().copied().filter(|service| used.contains(service)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_apply_for_what() {
        let at = Moment::parse("2026-11-27").unwrap();
        let services = |activities: &[Activity]| services_for(&activities.iter().copied().collect(), at);
        use Activity as A;
        use Service as S;
        assert_eq!(services(&[A::SocialCare]), [S::SocialClientData]);
        assert_eq!(services(&[A::Pharmacy]), [S::Prescription], "Kela's services are not applied for");
        assert_eq!(services(&[A::HospitalPharmacy]), [S::Prescription]);
        let health = [S::PatientData, S::Prescription, S::ImagingData, S::RenewalReception];
        assert_eq!(services(&[A::HealthCare]), health);
        assert_eq!(services(&[A::HealthCare, A::SocialCare]).len(), 5);
        assert_eq!(services(&[]), []);
    }

    #[test]
    fn who_may_join_by_which_model() {
        use ConnectionModel as M;
        let all = |kind: JoinerKind, service| kind.models(service);
        assert_eq!(all(JoinerKind::Public, Service::SocialClientData), [M::Direct]);
        assert_eq!(all(JoinerKind::Private, Service::PatientData), [M::Direct, M::Joint]);
        assert_eq!(all(JoinerKind::Private, Service::SocialClientData), [M::Direct, M::Joint, M::Parallel]);
        assert_eq!(all(JoinerKind::Professional, Service::PatientData), [M::Direct, M::Joint]);
        assert_eq!(all(JoinerKind::Pharmacy, Service::Prescription), [M::Direct]);
    }
}
