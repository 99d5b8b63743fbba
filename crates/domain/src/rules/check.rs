//! The checks a rule can be bound to: one variant, one pure function; the values of a check are the row's data.

use super::answers::Answers;
use super::checks::stated::{Stated, stated};
use super::checks::{
    addresses, applying, certificates, deployment, links, looked, models, points, registers, services, systems,
};
use crate::plan::{Activity, ContactRole, Facts, Hall, PharmacySize, Plan, Tls};
use crate::service_code::Service;
use serde::{Deserialize, Serialize};

/// What a check looks at.
#[derive(Clone, Copy)]
pub(super) struct Case<'a> {
    pub(super) plan: &'a Plan,
    pub(super) facts: &'a Facts,
}

/// Which certificates a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Of {
    /// Server certificates of the joiner's own new access points.
    Server,
    /// The system signature certificate.
    Signature,
}

/// A smallest capacity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// For whom; absent: for everyone.
    pub activity: Option<Activity>,
    /// For pharmacies of this size; absent: whatever the size.
    pub size: Option<PharmacySize>,
    /// For users of this service; absent: whatever the service.
    pub service: Option<Service>,
    /// From so many documents a day on.
    #[serde(default)]
    pub documents_from: u64,
    /// Mbit/s.
    pub mbits: u32,
}

/// Who may use which services.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Uses {
    /// What the joiner does.
    pub activity: Activity,
    /// What it may use.
    pub services: Vec<Service>,
}

/// A check with its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case", deny_unknown_fields)]
#[expect(missing_docs, reason = "each variant's meaning is its function's, one line below")]
pub enum Check {
    JoinerInRegister {},
    JoinerValid {},
    OidLevel {},
    BusinessId {},
    HasController { services: Vec<Service> },
    TenantsValid {},
    IntermediaryValid {},
    ActivityInRegister {},
    Branches {},

    ServiceForActivity { uses: Vec<Uses> },
    PointsNamed {},
    RenewalNeedsPrescription {},
    RenewalMark {},
    RenewalUnit {},
    AgreementForService { services: Vec<Service> },
    SentAhead { days: i64 },

    JointPrivate {},
    JointWithTenants {},
    JointAgreement {},
    ParallelSocialOnly {},
    ParallelPrivateProducer {},
    ParallelPublicOrganiser {},
    ParallelOrganisersPoint {},
    ParallelOrganiserOffers {},
    ParallelProducerJoins { recording_may_do: bool },
    ParallelOwnSystem {},
    PharmacyOwnPoint {},
    NoSubcontractingLink {},

    SystemKnown {},
    SystemValid {},
    SystemWithoutDeviation {},
    SystemCertificateLength { years: i64 },
    SystemTransfers { alone: Vec<String>, containing: Vec<String> },
    SystemFor { services: Vec<Service> },
    SystemAccessRight {},
    SystemRenewal {},

    Location { countries: Vec<String> },
    LocationApproval { home: String },
    OneAddress {},
    ClusterAddresses {},
    CertificatePerServer {},
    Administrator {},
    OpenedFirst {},
    NewPoint {},
    OwnPointComplete {},
    IntermediaryAgreement {},
    SecurityPlan {},
    Firewall {},
    MalwareProtection {},
    ReceptionPort { port: u16 },
    ProductionAddresses {},

    Halls { halls: Vec<Hall> },
    PublicNever { services: Vec<Service> },
    PublicBackupOnly { pharmacy: bool },
    PublicAlone {},
    PublicSmallTraffic { documents_below: u64 },
    PublicApproved {},
    AddressesFixed {},
    AddressesPublic {},
    AddressesReal {},
    AddressesAttributable {},
    Duplicated {},
    DifferentRoutes {},
    OwnAddresses {},
    Symmetric {},
    CapacityAtLeast { classes: Vec<Capacity> },
    ReadyWhenSent {},

    CertificateReadable {},
    CertificateNamesPoint {},
    CertificatePrimaryName {},
    CertificateOtherNames {},
    CertificateHasName {},
    CertificateOrganisation {},
    CertificateOrdered { of: Of, days: i64 },
    CertificateValid { of: Of },
    CertificateLength { of: Of, days: i64 },
    CertificateStrength { of: Of, rsa_bits: usize, ec_bits: usize },
    CertificateFit { of: Of },
    CertificateTrusted { of: Of },
    MutualIdentification {},
    SignatureNeeded { services: Vec<Service> },
    LawfulSigner {},
    SignerAgreement {},
    CertificateHash { of: Of, algorithms: Vec<String> },
    TlsVersion { least: Tls },
    NameLeads {},
    AnswersCalls {},
    ServesCertificate {},

    Stated { what: Stated },
    ApplicantEntitled {},
    NoticeAddress {},
    Contact { role: ContactRole, services: Vec<Service> },
    ArchivistCard {},
    Billing { services: Vec<Service> },
    EInvoice {},

    TestAtFirstUse { services: Vec<Service>, always: bool },
    ReadinessCheck { services: Vec<Service> },
    TestIdentities {},
    TestReported {},
    TestAfterApplication {},
    JoinedBy { activity: Activity, by: String },
    NotifiedAhead { days: i64 },
    ProfessionalStays {},
    TerminationGrounds {},
    TerminationAhead {},
    MarkOff { days: i64 },
}

impl Check {
    #[expect(clippy::too_many_lines, reason = "a table: one line a check")]
    pub(super) fn ask(&self, case: &Case<'_>, answers: &mut Answers) {
        match self {
            Self::JoinerInRegister {} => registers::joiner_in_register(case, answers),
            Self::JoinerValid {} => registers::joiner_valid(case, answers),
            Self::OidLevel {} => registers::oid_level(case, answers),
            Self::BusinessId {} => registers::business_id(case, answers),
            Self::HasController { services } => registers::has_controller(case, services, answers),
            Self::TenantsValid {} => registers::tenants_valid(case, answers),
            Self::IntermediaryValid {} => registers::intermediary_valid(case, answers),
            Self::ActivityInRegister {} => registers::activity_in_register(case, answers),
            Self::Branches {} => registers::branches(case, answers),

            Self::ServiceForActivity { uses } => services::service_for_activity(case, uses, answers),
            Self::PointsNamed {} => services::points_named(case, answers),
            Self::RenewalNeedsPrescription {} => services::renewal_needs_prescription(case, answers),
            Self::RenewalMark {} => services::renewal_mark(case, answers),
            Self::RenewalUnit {} => services::renewal_unit(case, answers),
            Self::AgreementForService { services } => services::agreement_for_service(case, services, answers),
            Self::SentAhead { days } => services::sent_ahead(case, *days, answers),

            Self::JointPrivate {} => models::joint_private(case, answers),
            Self::JointWithTenants {} => models::joint_with_tenants(case, answers),
            Self::JointAgreement {} => models::joint_agreement(case, answers),
            Self::ParallelSocialOnly {} => models::parallel_social_only(case, answers),
            Self::ParallelPrivateProducer {} => models::parallel_private_producer(case, answers),
            Self::ParallelPublicOrganiser {} => models::parallel_public_organiser(case, answers),
            Self::ParallelOrganisersPoint {} => models::parallel_organisers_point(case, answers),
            Self::ParallelOrganiserOffers {} => models::parallel_organiser_offers(case, answers),
            Self::ParallelProducerJoins { recording_may_do } => {
                models::parallel_producer_joins(case, *recording_may_do, answers);
            }
            Self::ParallelOwnSystem {} => models::parallel_own_system(case, answers),
            Self::PharmacyOwnPoint {} => models::pharmacy_own_point(case, answers),
            Self::NoSubcontractingLink {} => models::no_subcontracting_link(case, answers),

            Self::SystemKnown {} => systems::known(case, answers),
            Self::SystemValid {} => systems::valid(case, answers),
            Self::SystemWithoutDeviation {} => systems::without_deviation(case, answers),
            Self::SystemCertificateLength { years } => systems::certificate_length(case, *years, answers),
            Self::SystemTransfers { alone, containing } => systems::transfers(case, (alone, containing), answers),
            Self::SystemFor { services } => systems::made_for(case, services, answers),
            Self::SystemAccessRight {} => systems::access_right(case, answers),
            Self::SystemRenewal {} => systems::renewal(case, answers),

            Self::Location { countries } => points::location(case, countries, answers),
            Self::LocationApproval { home } => points::location_approval(case, home, answers),
            Self::OneAddress {} => points::one_address(case, answers),
            Self::ClusterAddresses {} => points::cluster_addresses(case, answers),
            Self::CertificatePerServer {} => points::certificate_per_server(case, answers),
            Self::Administrator {} => points::administrator(case, answers),
            Self::OpenedFirst {} => points::opened_first(case, answers),
            Self::NewPoint {} => points::new_point(case, answers),
            Self::OwnPointComplete {} => points::own_point_complete(case, answers),
            Self::IntermediaryAgreement {} => points::intermediary_agreement(case, answers),
            Self::SecurityPlan {} => points::security_plan(case, answers),
            Self::Firewall {} => points::firewall(case, answers),
            Self::MalwareProtection {} => points::malware_protection(case, answers),
            Self::ReceptionPort { port } => points::reception_port(case, *port, answers),
            Self::ProductionAddresses {} => points::production_addresses(case, answers),
            Self::Halls { halls } => links::halls(case, halls, answers),
            Self::PublicNever { services } => links::public_never(case, services, answers),
            Self::PublicBackupOnly { pharmacy } => links::public_backup_only(case, *pharmacy, answers),
            Self::PublicAlone {} => links::public_alone(case, answers),
            Self::PublicSmallTraffic { documents_below } => {
                links::public_small_traffic(case, *documents_below, answers)
            }
            Self::PublicApproved {} => links::public_approved(case, answers),
            Self::AddressesFixed {} => addresses::fixed(case, answers),
            Self::AddressesPublic {} => addresses::public(case, answers),
            Self::AddressesReal {} => addresses::real(case, answers),
            Self::AddressesAttributable {} => addresses::attributable(case, answers),
            Self::Duplicated {} => links::duplicated(case, answers),
            Self::DifferentRoutes {} => links::different_routes(case, answers),
            Self::OwnAddresses {} => links::own_addresses(case, answers),
            Self::Symmetric {} => links::symmetric(case, answers),
            Self::CapacityAtLeast { classes } => links::capacity_at_least(case, classes, answers),
            Self::ReadyWhenSent {} => links::ready_when_sent(case, answers),

            Self::CertificateReadable {} => certificates::readable(case, answers),
            Self::CertificateNamesPoint {} => certificates::names_point(case, answers),
            Self::CertificatePrimaryName {} => certificates::primary_name(case, answers),
            Self::CertificateOtherNames {} => certificates::other_names(case, answers),
            Self::CertificateHasName {} => certificates::has_name(case, answers),
            Self::CertificateOrganisation {} => certificates::organisation(case, answers),
            Self::CertificateOrdered { of, days } => certificates::ordered_ahead(case, (*of, *days), answers),
            Self::CertificateValid { of } => certificates::valid(case, *of, answers),
            Self::CertificateLength { of, days } => certificates::length(case, (*of, *days), answers),
            Self::CertificateStrength { of, rsa_bits, ec_bits } => {
                certificates::strength(case, *of, (*rsa_bits, *ec_bits), answers);
            }
            Self::CertificateFit { of } => certificates::fit(case, *of, answers),
            Self::CertificateTrusted { of } => certificates::trusted(case, *of, answers),
            Self::MutualIdentification {} => certificates::mutual_identification(case, answers),
            Self::SignatureNeeded { services } => certificates::signature_needed(case, services, answers),
            Self::LawfulSigner {} => certificates::lawful_signer(case, answers),
            Self::SignerAgreement {} => certificates::signer_agreement(case, answers),
            Self::CertificateHash { of, algorithms } => certificates::hash(case, *of, algorithms, answers),
            Self::TlsVersion { least } => points::tls_version(case, *least, answers),
            Self::NameLeads {} => looked::name(case, answers),
            Self::AnswersCalls {} => looked::answers_calls(case, answers),
            Self::ServesCertificate {} => looked::certificate(case, answers),

            Self::Stated { what } => stated(case, *what, answers),
            Self::ApplicantEntitled {} => applying::applicant_entitled(case, answers),
            Self::NoticeAddress {} => applying::notice_address(case, answers),
            Self::Contact { role, services } => applying::contact(case, *role, services, answers),
            Self::ArchivistCard {} => applying::archivist_card(case, answers),
            Self::Billing { services } => applying::billing(case, services, answers),
            Self::EInvoice {} => applying::e_invoice(case, answers),

            Self::TestAtFirstUse { services, always } => {
                deployment::test_at_first_use(case, services, *always, answers);
            }
            Self::ReadinessCheck { services } => deployment::readiness_check(case, services, answers),
            Self::TestIdentities {} => deployment::test_identities(case, answers),
            Self::TestReported {} => deployment::test_reported(case, answers),
            Self::TestAfterApplication {} => deployment::test_after_application(case, answers),
            Self::JoinedBy { activity, by } => deployment::joined_by(case, *activity, by, answers),
            Self::NotifiedAhead { days } => deployment::notified_ahead(case, *days, answers),
            Self::ProfessionalStays {} => deployment::professional_stays(case, answers),
            Self::TerminationGrounds {} => deployment::termination_grounds(case, answers),
            Self::TerminationAhead {} => deployment::termination_ahead(case, answers),
            Self::MarkOff { days } => deployment::mark_off(case, *days, answers),
        }
    }
}
