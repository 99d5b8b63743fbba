//! A planned connection: what a person says of it before anything is ordered or sent, and what was found out about it.
//!
//! A [`Plan`] is the readable file of `liitos check`; [`Facts`] come from registers, certificate files and public
//! directories. Whatever is not said or not found stays unknown, and a rule that needs it answers "not checked".

mod facts;
mod held;
mod mistake;
mod read;
mod reader;
mod statements;
mod written;

pub use facts::{CertificateFound, End, Facts, Looked, MAX_LEVELS, RegisterFacts, Served};
pub use held::held;
pub use mistake::{Expected, MAX_MISTAKES, Mistake, Problem, SyntaxFault};
pub(crate) use read::{Readable, day};
pub use statements::{
    Applicant, ContactRole, Grounds, PlannedApplication, PlannedBilling, PlannedChange, PlannedContact,
    PlannedDeployment, PlannedTermination,
};
pub(crate) use written::Value;
pub use written::Written;

use crate::directory::{Link, LinkRole, Network};
use crate::identifier::nodes::place;
use crate::identifier::{AccessPointOid, DnsName, Oid, Registry};
use crate::service_code::{ConnectionModel, Service, codes};
use crate::time::Moment;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::num::NonZeroU32;

codes! {
    /// What the joiner does (guide 4.1).
    Activity {
        /// Health care.
        HealthCare = "health-care",
        /// Social care.
        SocialCare = "social-care",
        /// A pharmacist with main and branch pharmacies.
        Pharmacy = "pharmacy",
        /// A hospital pharmacy or a medicine centre.
        HospitalPharmacy = "hospital-pharmacy",
    }
}

codes! {
    /// Kanta's halls that private links reach (guide 5.2).
    Hall {
        /// Hall A.
        A = "A",
        /// Hall B.
        B = "B",
        /// Hall C.
        C = "C",
    }
}

codes! {
    /// Whose system signature certificate signs (guide 3.3).
    Signer {
        /// The joiner's own.
        Own = "own",
        /// The system-specific one of a whole-service supplier.
        WholeServiceSupplier = "whole-service-supplier",
        /// The host's, for its tenant.
        Host = "host",
    }
}

codes! {
    /// How large a pharmacy is (guide 5.5 leaves the border open).
    PharmacySize {
        /// Small.
        Small = "small",
        /// Large.
        Large = "large",
    }
}

codes! {
    /// Versions of TLS, the older first.
    Tls {
        /// TLS 1.0, RFC 2246.
        V10 = "1.0",
        /// TLS 1.1, RFC 4346.
        V11 = "1.1",
        /// TLS 1.2, RFC 5246.
        V12 = "1.2",
        /// TLS 1.3, RFC 8446.
        V13 = "1.3",
    }
}

/// A planned connection. Keys are those of the plan file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// First day of use.
    #[serde(deserialize_with = "read::day")]
    pub start: Moment,
    /// When the application is to be sent.
    #[serde(default, deserialize_with = "read::some_day")]
    pub sent: Option<Moment>,
    /// Who joins; in a joint connection the host.
    pub joiner: Oid,
    /// What the joiner does: one activity or several.
    #[serde(rename = "activity", deserialize_with = "read::one_or_more")]
    pub activities: BTreeSet<Activity>,
    /// The connection model.
    #[serde(default = "direct")]
    pub model: ConnectionModel,
    /// The pharmacies that the pharmacist holds, where there are others than the joiner's own OID names.
    #[serde(default)]
    pub pharmacies: Vec<Oid>,
    /// The public organiser of a parallel connection.
    pub organiser: Option<Oid>,
    /// In a parallel connection: whether the organiser offers its system to the producer.
    pub organiser_offers: Option<bool>,
    /// In a parallel connection: whether the producer itself joins.
    pub producer_joins: Option<bool>,
    /// In a parallel connection: whether the producer records into the organiser's register only.
    pub only_organisers_register: Option<bool>,
    /// In a parallel connection: whether the producer has a certified system of its own.
    pub own_system: Option<bool>,
    /// Whether a permanent directory link for subcontracting is asked for.
    #[serde(default)]
    pub subcontracting_link: bool,
    /// Tenants of a joint connection.
    #[serde(default, rename = "tenant")]
    pub tenants: Vec<PlannedTenant>,
    /// The services, each through its access points.
    #[serde(default, rename = "service")]
    pub services: Vec<PlannedService>,
    /// The systems, by their numbers in Astori.
    #[serde(default, rename = "system")]
    pub systems: Vec<PlannedSystem>,
    /// The access points.
    #[serde(default, rename = "access_point")]
    pub access_points: Vec<PlannedPoint>,
    /// The system signature.
    pub signature: Option<PlannedSignature>,
    /// The collection point that links run through.
    pub collection_point: Option<PlannedCollection>,
    /// How large the pharmacies are.
    pub pharmacy_size: Option<PharmacySize>,
    /// The application.
    pub application: Option<PlannedApplication>,
    /// The change that brings the connection about, where there is one already.
    pub change: Option<PlannedChange>,
    /// Where the plan comes from; a file's own says all that it means.
    #[serde(skip)]
    pub standing: Standing,
}

/// Where a plan comes from, and so what its silence means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// A person wrote it: what is not in it is not planned.
    #[default]
    Planned,
    /// An application: it says what its steps ask, of one service.
    Applied,
    /// The directory, of a joiner: it says what is open.
    Joined,
    /// The directory, of somebody who administers access points and has not joined: only these concern it.
    Administers,
}

/// A tenant of the joiner.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTenant {
    /// Who.
    pub oid: Oid,
    /// Whether host and tenant have agreed on responsibilities.
    pub agreement: Option<bool>,
    /// Whether the tenant works in the host's premises and with its system.
    pub hosts_system: Option<bool>,
    /// Whether every message and document names it.
    pub named_on_messages: Option<bool>,
}

/// A service to be used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedService {
    /// Which.
    pub code: Service,
    /// Through which access points.
    pub access_points: Vec<AccessPointOid>,
    /// With which system (Astori number).
    pub system: Option<String>,
    /// Documents stored a day.
    pub documents_per_day: Option<u64>,
    /// The units that receive renewal requests, or the professional's own OID.
    #[serde(default)]
    pub units: Vec<Oid>,
    /// Whether there is an agreement with Kela (reimbursement services).
    pub agreement: Option<bool>,
    /// Whether the traffic to another's access point is identified by server certificates on both sides.
    pub mutual_identification: Option<bool>,
    /// Its deployment.
    pub deployment: Option<PlannedDeployment>,
}

/// What is known of a system beside its entry in Astori.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedSystem {
    /// Its number in Astori.
    pub number: String,
    /// Whether it has the register access right function.
    pub register_access_right: Option<bool>,
    /// Whether it can receive renewal requests.
    pub renewal_reception: Option<bool>,
    /// Whether it fulfils the joining obligation of social care.
    pub fulfils_obligation: Option<bool>,
}

/// An access point to be used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedPoint {
    /// Its OID.
    pub oid: AccessPointOid,
    /// Who administers it, as agreed.
    pub administrator: Option<Oid>,
    /// Where it stands, ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "read::country")]
    pub country: Option<String>,
    /// Whether Kanta has approved a place outside Finland.
    pub approved_abroad: Option<bool>,
    /// The system in Astori that implements it.
    pub system: Option<String>,
    /// How many joiners use it.
    pub users: Option<NonZeroU32>,
    /// Whether it is applied for as a new one.
    pub new: Option<bool>,
    /// Whether it is open in the address directory.
    pub open: Option<bool>,
    /// Servers that it consists of.
    pub servers: Option<NonZeroU32>,
    /// Whether its servers share a virtual address.
    pub virtual_address: Option<bool>,
    /// Its server certificates: files, or fingerprints where it is known by the directory or an application.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// When its server certificate is ordered, where there is none yet.
    #[serde(default, deserialize_with = "read::some_day")]
    pub certificate_ordered: Option<Moment>,
    /// Whether its administrator, an intermediary, has an agreement with the joiner.
    pub agreement: Option<bool>,
    /// Whether its administrator, an intermediary, has an information security plan.
    pub security_plan: Option<bool>,
    /// Whether a stateful firewall protects it.
    pub firewall: Option<bool>,
    /// Whether it is protected against malware.
    pub malware_protection: Option<bool>,
    /// The oldest version of TLS that it speaks.
    pub tls: Option<Tls>,
    /// The port its reception services listen on.
    pub reception_port: Option<u16>,
    /// Whether production addresses and party identifiers of Kanta have been asked for.
    pub production_addresses: Option<bool>,
    /// Whether Kanta has approved public internet use (needed until 10.6.2019).
    pub public_approved: Option<bool>,
    /// Its links; none where they run through the collection point.
    #[serde(default, rename = "link")]
    pub links: Vec<PlannedLink>,
}

/// A link between an access point and Kanta.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedLink {
    /// Private or public.
    pub network: Network,
    /// Primary or backup.
    pub role: LinkRole,
    /// The DNS name it is reached by.
    pub dns_name: Option<DnsName>,
    /// The addresses it is reached at and calls from.
    #[serde(default, deserialize_with = "read::addresses")]
    pub addresses: Vec<IpAddr>,
    /// Whether the addresses are fixed.
    pub fixed: Option<bool>,
    /// The physical route: two links of one route fail together.
    pub route: Option<String>,
    /// Mbit/s towards Kanta.
    pub up: Option<NonZeroU32>,
    /// Mbit/s from Kanta.
    pub down: Option<NonZeroU32>,
    /// The halls it reaches.
    pub halls: Option<BTreeSet<Hall>>,
    /// Whether public internet use has a reason.
    pub justified: Option<bool>,
    /// Whether the threats of the public internet are provided for.
    pub risks_handled: Option<bool>,
    /// Whether its capacity can grow.
    pub scales: Option<bool>,
    /// When it is ready for use.
    #[serde(default, deserialize_with = "read::some_day")]
    pub ready: Option<Moment>,
}

/// The system signature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedSignature {
    /// Whose certificate signs.
    pub signer: Signer,
    /// The certificate's file.
    pub certificate: Option<String>,
    /// When the certificate is ordered, where there is none yet.
    #[serde(default, deserialize_with = "read::some_day")]
    pub ordered: Option<Moment>,
    /// The supplier or host whose certificate it is, when it is not the joiner's own.
    pub holder: Option<Oid>,
    /// Whether its use is agreed on with the supplier or the host.
    pub agreement: Option<bool>,
}

/// A collection point.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedCollection {
    /// Where it stands, ISO 3166-1 alpha-2.
    #[serde(default, deserialize_with = "read::country")]
    pub country: Option<String>,
    /// Whether Kanta has approved a place outside Finland.
    pub approved_abroad: Option<bool>,
    /// Whether it passes TLS through without ending it.
    pub passes_tls: Option<bool>,
    /// Its links to Kanta.
    #[serde(default, rename = "link")]
    pub links: Vec<PlannedLink>,
}

const fn direct() -> ConnectionModel {
    ConnectionModel::Direct
}

impl PlannedService {
    /// A service of which nothing more is known.
    #[must_use]
    pub const fn new(code: Service) -> Self {
        Self {
            code,
            access_points: Vec::new(),
            system: None,
            documents_per_day: None,
            units: Vec::new(),
            agreement: None,
            mutual_identification: None,
            deployment: None,
        }
    }
}

impl PlannedPoint {
    /// An access point of which nothing more is known.
    #[must_use]
    pub const fn new(oid: AccessPointOid) -> Self {
        Self {
            oid,
            administrator: None,
            country: None,
            approved_abroad: None,
            system: None,
            users: None,
            new: None,
            open: None,
            servers: None,
            virtual_address: None,
            certificates: Vec::new(),
            certificate_ordered: None,
            agreement: None,
            security_plan: None,
            firewall: None,
            malware_protection: None,
            tls: None,
            reception_port: None,
            production_addresses: None,
            public_approved: None,
            links: Vec::new(),
        }
    }
}

impl PlannedLink {
    /// A link of which nothing more is known.
    #[must_use]
    pub const fn new(network: Network, role: LinkRole) -> Self {
        Self {
            network,
            role,
            dns_name: None,
            addresses: Vec::new(),
            fixed: None,
            route: None,
            up: None,
            down: None,
            halls: None,
            justified: None,
            risks_handled: None,
            scales: None,
            ready: None,
        }
    }

    /// A link as the directory holds it.
    #[must_use]
    pub fn held(link: &Link) -> Self {
        let dns_name = DnsName::parse(&link.dns_name).ok();
        Self { dns_name, addresses: link.addresses.clone(), ..Self::new(link.network, link.role) }
    }
}

/// Whose an access point is, seen from the joiner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The joiner's own.
    Own,
    /// Another joiner's.
    Other,
    /// An intermediary's.
    Intermediary,
}

impl Plan {
    /// A plan that says from when on who joins, and nothing more.
    #[must_use]
    pub const fn new(start: Moment, joiner: Oid) -> Self {
        Self {
            start,
            sent: None,
            joiner,
            activities: BTreeSet::new(),
            model: ConnectionModel::Direct,
            pharmacies: Vec::new(),
            organiser: None,
            organiser_offers: None,
            producer_joins: None,
            only_organisers_register: None,
            own_system: None,
            subcontracting_link: false,
            tenants: Vec::new(),
            services: Vec::new(),
            systems: Vec::new(),
            access_points: Vec::new(),
            signature: None,
            collection_point: None,
            pharmacy_size: None,
            application: None,
            change: None,
            standing: Standing::Planned,
        }
    }

    /// Whether an access point of the joiner's has no links of its own because they run through the collection point.
    #[must_use]
    pub fn collected(&self, point: &PlannedPoint) -> bool {
        point.links.is_empty() && self.collection_point.is_some()
    }

    /// Whose an access point is: the joiner's own when one of its units or pharmacies administers it.
    #[must_use]
    pub fn whose(&self, point: &AccessPointOid) -> Whose {
        let administrator = point.administrator();
        let owner = place(&administrator).map(|placed| placed.owner);
        let mut own = std::iter::once(&self.joiner).chain(&self.pharmacies);
        if own.any(|oid| *oid == administrator || (owner.is_some() && place(oid).map(|placed| placed.owner) == owner)) {
            Whose::Own
        } else if point.registry() == Registry::Intermediaries {
            Whose::Intermediary
        } else {
            Whose::Other
        }
    }

    /// The services that run through an access point.
    pub fn services_through<'p>(&'p self, point: &'p AccessPointOid) -> impl Iterator<Item = &'p PlannedService> {
        self.services.iter().filter(move |service| service.access_points.contains(point))
    }

    /// Everybody whom it names: whose register entries its rules ask for.
    #[must_use]
    pub fn named(&self) -> BTreeSet<Oid> {
        let tenants = self.tenants.iter().map(|tenant| &tenant.oid);
        let units = self.services.iter().flat_map(|service| &service.units);
        let holder = self.signature.iter().filter_map(|signature| signature.holder.as_ref());
        let all = std::iter::once(&self.joiner).chain(&self.pharmacies).chain(&self.organiser);
        let administrators = self.access_points.iter().map(|point| point.oid.administrator());
        all.chain(tenants).chain(units).chain(holder).cloned().chain(administrators).collect()
    }

    /// The systems that it names, by their numbers in Astori.
    pub fn systems(&self) -> impl Iterator<Item = &str> {
        let of_services = self.services.iter().filter_map(|service| service.system.as_deref());
        let of_points = self.access_points.iter().filter_map(|point| point.system.as_deref());
        let known = self.systems.iter().map(|system| system.number.as_str());
        of_services.chain(of_points).chain(known)
    }

    /// Whether a service is planned.
    #[must_use]
    pub fn uses(&self, service: Service) -> bool {
        self.services.iter().any(|planned| planned.code == service)
    }
}
