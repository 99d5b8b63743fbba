//! What was found out about a plan, in registers, files and public directories.

use super::{Activity, Plan};
use crate::Sha256Hash;
use crate::identifier::Oid;
use crate::register::{Entry, RegisterKind, SystemFacts, controllers};
use crate::time::Interval;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// What was found out.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The registers; `None`: they were not asked.
    pub registers: Option<RegisterFacts>,
    /// Certificates by what the plan names them by, a file or a fingerprint; one that was not read is missing.
    pub certificates: BTreeMap<String, CertificateFound>,
    /// Files that hold no certificate that can be read, and why.
    pub unreadable: BTreeMap<String, String>,
    /// The names that an address is held under in a public directory; an address that was not asked is missing.
    pub holders: BTreeMap<IpAddr, Vec<String>>,
    /// What a look at the network has shown; `None`: nobody looked.
    pub looked: Option<Looked>,
}

/// What a look at the network has shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looked {
    /// Addresses by DNS name; none where the name leads nowhere.
    pub names: BTreeMap<String, Vec<IpAddr>>,
    /// Ends that were called, by address and port.
    pub ends: BTreeMap<(IpAddr, u16), End>,
}

/// An end that was called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// Whether it took the call.
    pub answered: bool,
    /// Why not, or why no certificate was seen; empty when all is well.
    pub problem: String,
    /// The certificate that it served.
    pub served: Option<Served>,
}

/// A certificate as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// SHA-256 of it.
    pub fingerprint: Sha256Hash,
    /// The Subject's serialNumber attributes.
    pub serial_numbers: Vec<String>,
}

/// What the registers say of those whom the plan names. Who is missing here is in none of them.
#[derive(Clone, Debug, Default)]
pub struct RegisterFacts {
    /// Joiners, tenants, organisers, units and intermediaries, with the register each stands in.
    pub entries: BTreeMap<Oid, (RegisterKind, Entry)>,
    /// Systems by number.
    pub systems: BTreeMap<String, SystemFacts>,
    /// The controllers of the joiner.
    pub controllers: Vec<Oid>,
    /// Pharmacies that stand below the joiner's, valid on the first day.
    pub branches: Vec<Oid>,
    /// What stands right above an entry, by its id.
    pub parents: BTreeMap<String, String>,
}

/// Levels of a register that are followed upwards: real ones have a handful, dirty data may have circles.
pub const MAX_LEVELS: usize = 8;

impl RegisterFacts {
    /// Takes an entry of a register that joiners, their units or intermediaries stand in.
    pub fn add(&mut self, plan: &Plan, named: &BTreeSet<Oid>, kind: RegisterKind, entry: Entry) {
        let Ok(oid) = Oid::parse(&entry.id) else { return };
        if let Some(parent) = &entry.parent {
            self.parents.insert(entry.id.clone(), parent.clone());
        }
        let below = kind == RegisterKind::Pharmacies && entry.parent.as_deref() == Some(plan.joiner.as_str());
        let branch = below && entry.valid.contains(plan.start);
        if branch {
            self.branches.push(oid.clone());
        }
        if branch || named.contains(&oid) {
            self.entries.entry(oid).or_insert((kind, entry));
        }
    }

    /// Whether an entry stands below another, as far as the entries between are known.
    #[must_use]
    pub fn stands_below(&self, unit: &Oid, joiner: &Oid) -> bool {
        let above = |id: &str| self.parents.get(id).map(String::as_str);
        let mut way = std::iter::successors(above(unit.as_str()), |id| above(id)).take(MAX_LEVELS);
        way.any(|id| id == joiner.as_str())
    }

    /// What somebody does by the register that it stands in and by its entry.
    #[must_use]
    pub fn activities(&self, oid: &Oid) -> BTreeSet<Activity> {
        match self.entries.get(oid) {
            Some((RegisterKind::Pharmacies, entry)) if entry.hospital_pharmacy() => [Activity::HospitalPharmacy].into(),
            Some((RegisterKind::Pharmacies, _)) => [Activity::Pharmacy].into(),
            Some((RegisterKind::Professionals, _)) => [Activity::HealthCare].into(),
            Some((_, entry)) => {
                let health = (entry.in_health_care() == Some(true)).then_some(Activity::HealthCare);
                let social = (entry.in_social_care() == Some(true)).then_some(Activity::SocialCare);
                health.into_iter().chain(social).collect()
            }
            None => BTreeSet::new(),
        }
    }

    /// Works out the joiner's controllers when all entries are there; `public` are the public ones below it.
    pub fn settle(&mut self, plan: &Plan, public: &[Entry]) {
        let own = self.entries.get(&plan.joiner).map(|(kind, entry)| (*kind, entry));
        self.controllers = controllers(&plan.joiner, own, public, plan.start);
    }
}

/// The facts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateFound {
    /// SHA-256 of it.
    pub fingerprint: Sha256Hash,
    /// The Subject's serialNumber attributes.
    pub serial_numbers: Vec<String>,
    /// The Subject's common names.
    pub common_names: Vec<String>,
    /// The Subject's organisations.
    pub organisations: Vec<String>,
    /// DNS names of the Subject Alternative Name.
    pub dns_names: Vec<String>,
    /// Addresses of the Subject Alternative Name.
    pub addresses: Vec<IpAddr>,
    /// Its validity.
    pub valid: Interval,
    /// The OID of the algorithm that its issuer signed it with.
    pub signature_algorithm: String,
    /// Bits of an RSA key.
    pub rsa_bits: Option<usize>,
    /// Bits of an elliptic curve key.
    pub ec_bits: Option<usize>,
    /// Whether it may be used for what the plan names it for.
    pub fit: bool,
    /// Whether it chains to a trusted issuer and is not revoked, or why not; `None`: that is not known.
    pub trusted: Option<Result<(), String>>,
}
