//! What was found out about a plan, in registers, files and public directories.

use crate::identifier::Oid;
use crate::register::{Entry, RegisterKind, SystemFacts};
use crate::time::Interval;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What was found out.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The registers; `None`: they were not asked.
    pub registers: Option<RegisterFacts>,
    /// Certificates by the file that the plan names; one that was not read is missing.
    pub certificates: BTreeMap<String, CertificateFound>,
    /// Files that hold no certificate that can be read, and why.
    pub unreadable: BTreeMap<String, String>,
    /// Whose an address is in a public directory; an address that was not asked is missing.
    pub holders: BTreeMap<IpAddr, Oid>,
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
}

/// The facts of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFound {
    /// The Subject's serialNumber attributes.
    pub serial_numbers: Vec<String>,
    /// The Subject's common names.
    pub common_names: Vec<String>,
    /// DNS names of the Subject Alternative Name.
    pub dns_names: Vec<String>,
    /// Addresses of the Subject Alternative Name.
    pub addresses: Vec<IpAddr>,
    /// Its validity.
    pub valid: Interval,
    /// Bits of an RSA key.
    pub rsa_bits: Option<usize>,
    /// Bits of an elliptic curve key.
    pub ec_bits: Option<usize>,
    /// Whether it may be used for what the plan names it for.
    pub fit: bool,
    /// Whether it chains to a trusted issuer and is not revoked, or why not; `None`: that is not known.
    pub trusted: Option<Result<(), String>>,
}
