//! A message on its way from Kanta to a unit: what an outbound door did with it, and what that means for the queue behind.

use crate::identifier::AccessPointOid;
use crate::refusal::RefusalCode;
use crate::service_code::codes;
use serde::{Deserialize, Serialize};

/// How long a renewal request is tried to be brought: it lives eight days, then it has lapsed [kanta.fi].
pub const LAPSES_AFTER_DAYS: i64 = 8;

/// Pauses between tries, in seconds: soon at first, then now and then.
const PAUSES: [i64; 6] = [2, 10, 60, 300, 900, 3600];

/// What an outbound door did with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub enum Brought {
    /// The unit's access point answered.
    Answered {
        /// Which access point.
        access_point: AccessPointOid,
        /// At which address.
        address: String,
        /// Its HTTP status.
        status: u16,
        /// The type code of its HL7 acknowledgement: AA, AE or AR; nothing where it is none.
        acknowledgement: Option<String>,
    },
    /// The directory says that the unit does not receive now.
    Refused {
        /// Why.
        code: RefusalCode,
        /// Which fact.
        place: String,
    },
    /// None of its addresses took the message.
    Unreached {
        /// Which access point.
        access_point: AccessPointOid,
        /// What was tried, in order.
        tried: Vec<Tried>,
    },
    /// It was sent whole, and no answer came: whether it was taken is not known.
    Unanswered {
        /// Which access point.
        access_point: AccessPointOid,
        /// At which address.
        address: String,
    },
}

/// An address that did not take a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// The address.
    pub address: String,
    /// Why not.
    pub problem: String,
}

codes! {
    /// Where a message to a unit stands.
    OutboundState {
        /// It is to be brought.
        Waiting = "waiting",
        /// The unit has acknowledged it.
        Delivered = "delivered",
        /// The unit's system has rejected it: bringing it again would not help.
        Rejected = "rejected",
        /// It was not brought in time.
        Lapsed = "lapsed",
    }
}

/// What follows from a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Follows {
    /// It is done.
    Delivered,
    /// The unit's system does not want it.
    Rejected(String),
    /// Again, in so many seconds.
    Again(i64, String),
}

impl Brought {
    /// Whether it says something of the unit: not where the door itself has no directory that it may go by.
    #[must_use]
    pub fn is_of_the_unit(&self) -> bool {
        !matches!(self, Self::Refused { code: RefusalCode::DirectoryUnavailable, .. })
    }

    /// What follows after so many tries. Only the unit's own system rejects: a proxy before it that knows no such page for a while
    /// does not. What was not answered is brought again with the same message id: the receiver tells by it
    /// that it has it already.
    #[must_use]
    pub fn follows(&self, tries: u32) -> Follows {
        let again = |problem: String| Follows::Again(pause(tries), problem);
        match self {
            Self::Answered { status, acknowledgement, .. } => match (status, acknowledgement.as_deref()) {
                (200..=299, Some("AA" | "CA")) => Follows::Delivered,
                (_, Some(kind @ ("AR" | "CR"))) => Follows::Rejected(kind.to_owned()),
                (_, Some(kind)) => again(kind.to_owned()),
                (_, None) => again(format!("HTTP {status}")),
            },
            Self::Refused { code, place } => again(format!("{code} {place}")),
            Self::Unreached { tried, .. } => {
                let told: Vec<String> = tried.iter().map(|one| format!("{}: {}", one.address, one.problem)).collect();
                again(if told.is_empty() { "no address leads there".to_owned() } else { told.join("; ") })
            }
            Self::Unanswered { address, .. } => again(format!("{address}: no answer")),
        }
    }
}

/// The pause after so many tries.
#[must_use]
pub fn pause(tries: u32) -> i64 {
    let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES.get(at).or(PAUSES.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, acknowledgement: Option<&str>) -> Follows {
        let access_point = AccessPointOid::parse("1.2.246.10.2048198.10.0.13.1").unwrap();
        let acknowledgement = acknowledgement.map(str::to_owned);
        Brought::Answered { access_point, address: "192.0.2.1:443".into(), status, acknowledgement }.follows(1)
    }

    #[test]
    fn only_an_acknowledgement_delivers() {
        assert_eq!(answered(200, Some("AA")), Follows::Delivered);
        assert_eq!(answered(200, Some("AR")), Follows::Rejected("AR".into()));
        assert_eq!(answered(200, Some("AE")), Follows::Again(2, "AE".into()));
        assert_eq!(answered(200, None), Follows::Again(2, "HTTP 200".into()), "somebody else's page, say");
        assert_eq!(answered(500, Some("AA")), Follows::Again(2, "AA".into()));
        assert_eq!(answered(404, None), Follows::Again(2, "HTTP 404".into()), "no word of the unit's system");
        assert_eq!(answered(503, None), Follows::Again(2, "HTTP 503".into()));
        assert_eq!([0, 1, 2, 6, 7, 1000].map(pause), [2, 2, 10, 3600, 3600, 3600]);
    }
}
