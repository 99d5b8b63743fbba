//! The life cycle of an application. A transition consumes the state; what it does not permit it gives back.

use crate::fingerprint::Sha256Hash;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where an application stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum State {
    /// Being filled in by the joiner.
    Draft,
    /// Waiting for the operator.
    Sent {
        /// Since when.
        at: Moment,
    },
    /// The operator has asked for more; the joiner fills it in and sends again.
    MoreAsked {
        /// Since when.
        at: Moment,
        /// What is asked, in the operator's words.
        question: String,
    },
    /// Its effect is in the directory.
    Approved {
        /// When.
        at: Moment,
        /// The hash of the effect the approver signed.
        effect: Sha256Hash,
        /// The directory version that carries it.
        version: u64,
        /// What of it was not approved, if not all was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_part: Option<InPart>,
    },
    /// Closed without effect.
    Rejected {
        /// When.
        at: Moment,
        /// Why, in the operator's words.
        reason: String,
    },
    /// Taken back by the joiner.
    Withdrawn {
        /// When.
        at: Moment,
    },
}

/// What an approval leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InPart {
    /// Connections, by their numbers in the application.
    pub left_out: BTreeSet<usize>,
    /// Why, in the operator's words.
    pub reason: String,
}

/// The transition is not possible from here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an application that is {found} cannot be {wanted}")]
pub struct StateError {
    /// The state it is in.
    pub found: &'static str,
    /// What was tried.
    pub wanted: &'static str,
}

impl State {
    /// Since when it stands so; a draft has no such moment.
    #[must_use]
    pub const fn at(&self) -> Option<Moment> {
        match self {
            Self::Draft => None,
            Self::Sent { at }
            | Self::MoreAsked { at, .. }
            | Self::Approved { at, .. }
            | Self::Rejected { at, .. }
            | Self::Withdrawn { at } => Some(*at),
        }
    }

    /// The code of the state.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent { .. } => "sent",
            Self::MoreAsked { .. } => "more-asked",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Withdrawn { .. } => "withdrawn",
        }
    }

    /// Draft, or more asked → sent.
    ///
    /// # Errors
    /// From any other state.
    pub fn send(self, at: Moment) -> Result<Self, StateError> {
        match self {
            Self::Draft | Self::MoreAsked { .. } => Ok(Self::Sent { at }),
            other => Err(other.refuses("sent")),
        }
    }

    /// Sent → more asked.
    ///
    /// # Errors
    /// From any other state.
    pub fn ask_more(self, at: Moment, question: String) -> Result<Self, StateError> {
        match self {
            Self::Sent { .. } => Ok(Self::MoreAsked { at, question }),
            other => Err(other.refuses("more-asked")),
        }
    }

    /// Whatever is not decided → withdrawn.
    ///
    /// # Errors
    /// From any other state.
    pub fn withdraw(self, at: Moment) -> Result<Self, StateError> {
        match self {
            Self::Draft | Self::Sent { .. } | Self::MoreAsked { .. } => Ok(Self::Withdrawn { at }),
            other => Err(other.refuses("withdrawn")),
        }
    }

    /// Sent → approved; `in_part` says why not all of it was.
    ///
    /// # Errors
    /// From any other state.
    pub fn approve(
        self,
        at: Moment,
        effect: Sha256Hash,
        version: u64,
        in_part: Option<InPart>,
    ) -> Result<Self, StateError> {
        match self {
            Self::Sent { .. } => Ok(Self::Approved { at, effect, version, in_part }),
            other => Err(other.refuses("approved")),
        }
    }

    /// Sent, or more asked and never answered → rejected.
    ///
    /// # Errors
    /// From any other state.
    pub fn reject(self, at: Moment, reason: String) -> Result<Self, StateError> {
        match self {
            Self::Sent { .. } | Self::MoreAsked { .. } => Ok(Self::Rejected { at, reason }),
            other => Err(other.refuses("rejected")),
        }
    }

    /// Whether the joiner may still change it.
    #[must_use]
    pub const fn editable(&self) -> bool {
        matches!(self, Self::Draft | Self::MoreAsked { .. })
    }

    /// Whether nothing happens to it any more.
    #[must_use]
    pub const fn over(&self) -> bool {
        matches!(self, Self::Approved { .. } | Self::Rejected { .. } | Self::Withdrawn { .. })
    }

    const fn refuses(&self, wanted: &'static str) -> StateError {
        StateError { found: self.code(), wanted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_the_drawn_ways_exist() {
        let (at, hash) = (Moment::from_seconds(1), Sha256Hash::of(b""));
        let sent = State::Draft.send(at).unwrap();
        assert!(sent.clone().send(at).is_err());
        assert!(State::Draft.approve(at, hash, 1, None).is_err());
        assert!(State::Draft.reject(at, String::new()).is_err());
        let approved = sent.clone().approve(at, hash, 1, None).unwrap();
        assert_eq!(
            approved.clone().reject(at, String::new()),
            Err(StateError { found: "approved", wanted: "rejected" })
        );
        assert!(sent.clone().reject(at, "no".into()).unwrap().approve(at, hash, 1, None).is_err());
        let asked = sent.ask_more(at, "which?".into()).unwrap();
        assert!(asked.editable() && asked.clone().approve(at, hash, 1, None).is_err());
        assert!(asked.clone().send(at).unwrap().ask_more(at, "and?".into()).is_ok());
        assert!(State::Draft.ask_more(at, String::new()).is_err());
        let withdrawn = asked.withdraw(at).unwrap();
        assert!(withdrawn.clone().send(at).is_err() && withdrawn.clone().withdraw(at).is_err() && withdrawn.over());
        assert!(State::Draft.withdraw(at).is_ok() && State::Sent { at }.withdraw(at).is_ok());
    }

    proptest! {
        #[test]
        fn no_path_approves_twice_or_changes_a_decision(moves in proptest::collection::vec(0u8..5, 0..16)) {
            let (at, hash) = (Moment::from_seconds(1), Sha256Hash::of(b""));
            let (mut state, mut decided) = (State::Draft, 0);
            for step in moves {
                let next = match step {
                    0 => state.clone().send(at),
                    1 => state.clone().approve(at, hash, 1, None),
                    2 => state.clone().ask_more(at, String::new()),
                    3 => state.clone().withdraw(at),
                    _ => state.clone().reject(at, String::new()),
                };
                if let Ok(next) = next {
                    decided += usize::from(next.over());
                    state = next;
                }
            }
            prop_assert!(decided <= 1);
        }
    }
}
