//! The address directory: who may use which service through which access point, and since when.
//!
//! ```text
//! application ──approve──> Effect ──apply──> rows (two clocks) ──build──> Snapshot ──decide──> Decision
//! ```
//!
//! [`Rows`] are facts with a validity; `store` adds since which directory version they are known. A [`Snapshot`]
//! is what a gateway holds; [`decide`] is the one function that answers, here, in the portal and at the door.

mod basis;
mod by_hand;
mod collected;
mod content;
mod decide;
mod delta;
mod effect;
mod known;
mod packed;
mod paged;
mod proof;
mod reception;
pub mod reference;
mod replay;
mod rows;
mod seen;
mod shut_out;
mod snapshot;
mod texts;
mod units;

pub use basis::{Basis, Order, ProposalState};
pub use by_hand::{ByHandProblem, MAX_NAME, NotAnEffect};
pub use collected::Collecting;
pub use content::{Closing, RenewalMark, SnapshotContent, Stage, System};
pub use decide::{Asked, CertificateFacts, Decision, Fact, FactState, Organiser, Request, Verdict, decide};
pub use delta::{Delta, DeltaError, Groups, Named, changed, grouped};
pub use effect::{Effect, EffectError};
pub use known::{Known, Past};
pub use proof::{Proof, Reach, Turned, prove};
pub use replay::{Replay, Replayed, replay};
pub use rows::{Row, Rows};
pub use seen::SeenCall;
pub use snapshot::{BuildError, Snapshot, SnapshotError};
pub use units::units;

use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, RateClass, Service, codes};
use crate::time::Interval;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

codes! {
    /// What kind of network a link runs over (guide 5.1).
    Network {
        /// MPLS or similar, to halls A, B and C.
        Private = "private",
        /// Public internet, where Table 1 of the guide permits it.
        Public = "public",
    }
}

codes! {
    /// Which of an access point's links this is (guide 5.2).
    LinkRole {
        /// Used as long as it works.
        Primary = "primary",
        /// Used when the primary does not work.
        Backup = "backup",
    }
}

codes! {
    /// Where Kanta's services stand (guide 5.2).
    Hall {
        /// A.
        A = "A",
        /// B.
        B = "B",
        /// C.
        C = "C",
    }
}

/// A data communication link of an access point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// Private or public.
    pub network: Network,
    /// Primary or backup.
    pub role: LinkRole,
    /// The DNS name it is reached by.
    pub dns_name: String,
    /// The fixed addresses it is reached at and calls from.
    pub addresses: Vec<IpAddr>,
    /// The halls it leads to; none named: all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub halls: Vec<Hall>,
}

impl Link {
    /// Whether it leads to a hall.
    #[must_use]
    pub fn reaches(&self, hall: Hall) -> bool {
        self.halls.is_empty() || self.halls.contains(&hall)
    }
}

/// An access point as the directory knows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AccessPoint {
    /// Its OID, which its certificates carry in the Subject serialNumber.
    pub oid: AccessPointOid,
    /// Who administers it.
    pub administrator: Oid,
    /// The system in Astori that implements it.
    pub system: String,
    /// Where it stands, ISO 3166-1 alpha-2.
    pub country: String,
    /// Its links.
    pub links: Vec<Link>,
    /// SHA-256 of the server certificates its administrator has notified; empty: any certificate of a trusted
    /// issuer that carries the OID.
    pub certificates: Vec<crate::Sha256Hash>,
    /// When it is open.
    #[serde(flatten)]
    pub valid: Interval,
}

/// A joining party that has been opened.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Joiner {
    /// Its OID: operating unit, professional or pharmacy.
    pub oid: Oid,
    /// How much it calls.
    #[serde(default, skip_serializing_if = "RateClass::is_ordinary")]
    pub rate: RateClass,
    /// When its joining is in force.
    #[serde(flatten)]
    pub valid: Interval,
}

/// A unit that works in a joiner's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    /// The unit.
    pub oid: Oid,
    /// Whose it is.
    pub joiner: Oid,
    /// When it is valid in the register.
    #[serde(flatten)]
    pub valid: Interval,
}

/// A private provider working under a host's joining (guide 4.1.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tenant {
    /// The host that joined.
    pub host: Oid,
    /// The tenant.
    pub tenant: Oid,
    /// When the agreement holds.
    #[serde(flatten)]
    pub valid: Interval,
}

/// A collection point: access points' connections to and from Kanta run through it, still under their own TLS (guide 5.6).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CollectionPoint {
    /// Who administers it.
    pub administrator: Oid,
    /// Its administrator's name for it.
    pub name: String,
    /// Where it stands, ISO 3166-1 alpha-2.
    pub country: String,
    /// The fixed addresses that its connections come from.
    pub addresses: Vec<IpAddr>,
    /// The access points whose connections run through it.
    pub access_points: Vec<AccessPointOid>,
    /// Whether its connections begin with a PROXY header (version 2) that says where they really come from.
    #[serde(default)]
    pub proxy_header: bool,
    /// When it is open.
    #[serde(flatten)]
    pub valid: Interval,
}

/// A right to use a service through an access point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Right {
    /// Who may.
    pub joiner: Oid,
    /// What.
    pub service: Service,
    /// Through which access point.
    pub access_point: AccessPointOid,
    /// With which system (Astori number).
    pub system: String,
    /// For which unit, where the right is a unit's (renewal reception).
    pub unit: Option<Oid>,
    /// In whose register, in a parallel joining.
    pub organiser: Option<Oid>,
    /// By which model.
    pub model: ConnectionModel,
    /// Whether it is a permanent directory link of a subcontractor, as they were agreed on until 15.12.2021: those that there are
    /// stay valid, and none is granted any more (guide, history 3.11).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub grandfathered: bool,
    /// When.
    #[serde(flatten)]
    pub valid: Interval,
}
