//! What a snapshot carries: the directory at one version in plain rows, as it is sealed and sent.

use super::{AccessPoint, CollectionPoint, Joiner, Right, Tenant, Unit};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{Operation, Service, codes};
use crate::time::{Interval, Moment};
use crate::transparency::Head;
use serde::{Deserialize, Serialize};

/// The content of a snapshot as it is signed and sent. What an older publisher does not send yet is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotContent {
    /// Raised by hand when a database is restored, so that old sequences cannot return.
    pub epoch: u64,
    /// The directory version it was built from.
    pub sequence: u64,
    /// When it was built.
    pub issued_at: Moment,
    /// From when on it must not be used.
    pub expires_at: Moment,
    /// Joiners.
    pub joiners: Vec<Joiner>,
    /// Units of the joiners.
    pub units: Vec<Unit>,
    /// Tenants under their hosts.
    pub tenants: Vec<Tenant>,
    /// Access points.
    pub access_points: Vec<AccessPoint>,
    /// Rights.
    pub rights: Vec<Right>,
    /// Collection points.
    #[serde(default)]
    pub collection_points: Vec<CollectionPoint>,
    /// The systems that rights and access points rest on, as Astori says; `None`: an older publisher does not say.
    #[serde(default)]
    pub systems: Option<Vec<System>>,
    /// Who carries the mark of receiving renewal requests; `None`: an older publisher does not say.
    #[serde(default)]
    pub renewal_marks: Option<Vec<RenewalMark>>,
    /// What is closed though a right would permit it.
    #[serde(default)]
    pub closings: Vec<Closing>,
    /// The head of the directory's log at this version; `None`: an older publisher does not say.
    #[serde(default)]
    pub head: Option<Head>,
}

/// A system as its entry in Astori says (guide 3.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// Its number in Astori.
    pub number: String,
    /// The services it is made for; `None`: its entry does not say.
    pub services: Option<Vec<Service>>,
    /// When its certificate is valid.
    #[serde(flatten)]
    pub valid: Interval,
}

/// The mark of receiving renewal requests in the code service (guide 4.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RenewalMark {
    /// The unit, or the independent professional.
    pub unit: Oid,
    /// When its entry is valid.
    #[serde(flatten)]
    pub valid: Interval,
}

codes! {
    /// How far something is closed.
    Stage {
        /// Everything passes, but little of it at once: how little, each gateway's configuration says.
        Throttled = "throttled",
        /// Reading goes on, writing does not.
        ReadOnly = "read-only",
        /// Nothing passes.
        Closed = "closed",
    }
}

/// Something that is closed for a while, whatever rights say: an emergency, a banned system, maintenance. What is not named is
/// not asked; a closing that names nothing closes everything.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Closing {
    /// Whom.
    #[serde(default)]
    pub joiner: Option<Oid>,
    /// Which service.
    #[serde(default)]
    pub service: Option<Service>,
    /// Which system: of the right.
    #[serde(default)]
    pub system: Option<String>,
    /// Which access point.
    #[serde(default)]
    pub access_point: Option<AccessPointOid>,
    /// How far.
    pub stage: Stage,
    /// Why, for whom it shuts out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// When.
    #[serde(flatten)]
    pub valid: Interval,
}

impl Closing {
    /// Whether nothing of a service passes by it, whoever calls.
    #[must_use]
    pub fn closes_all_of(&self, service: Service) -> bool {
        let everybody = self.joiner.is_none() && self.access_point.is_none() && self.system.is_none();
        everybody && self.stage == Stage::Closed && self.service.is_none_or(|own| own == service)
    }
}

impl Stage {
    /// Whether it shuts a call out.
    #[must_use]
    pub fn shuts(self, operation: Operation) -> bool {
        match self {
            Self::Throttled => false,
            Self::ReadOnly => operation == Operation::Write,
            Self::Closed => true,
        }
    }
}

impl Closing {
    /// A closing that names nothing: it closes everything.
    #[must_use]
    pub const fn everything(stage: Stage, valid: Interval) -> Self {
        Self { joiner: None, service: None, system: None, access_point: None, stage, reason: String::new(), valid }
    }
}
