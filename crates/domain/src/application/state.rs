//! The life cycle of an application. A transition consumes the state; what it does not permit it gives back.

use crate::fingerprint::Sha256Hash;
use crate::time::Moment;
use serde::{Deserialize, Serialize};

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
    /// Its effect is in the directory.
    Approved {
        /// When.
        at: Moment,
        /// The hash of the effect the approver signed.
        effect: Sha256Hash,
        /// The directory version that carries it.
        version: u64,
    },
    /// Closed without effect.
    Rejected {
        /// When.
        at: Moment,
        /// Why, in the operator's words.
        reason: String,
    },
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
    /// The code of the state.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Sent { .. } => "sent",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
        }
    }

    /// Draft → sent.
    ///
    /// # Errors
    /// From any other state.
    pub fn send(self, at: Moment) -> Result<Self, StateError> {
        match self {
            Self::Draft => Ok(Self::Sent { at }),
            other => Err(other.refuses("sent")),
        }
    }

    /// Sent → approved.
    ///
    /// # Errors
    /// From any other state.
    pub fn approve(self, at: Moment, effect: Sha256Hash, version: u64) -> Result<Self, StateError> {
        match self {
            Self::Sent { .. } => Ok(Self::Approved { at, effect, version }),
            other => Err(other.refuses("approved")),
        }
    }

    /// Sent → rejected.
    ///
    /// # Errors
    /// From any other state.
    pub fn reject(self, at: Moment, reason: String) -> Result<Self, StateError> {
        match self {
            Self::Sent { .. } => Ok(Self::Rejected { at, reason }),
            other => Err(other.refuses("rejected")),
        }
    }

    /// Whether the joiner may still change it.
    #[must_use]
    pub const fn editable(&self) -> bool {
        matches!(self, Self::Draft)
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
        assert!(State::Draft.approve(at, hash, 1).is_err());
        assert!(State::Draft.reject(at, String::new()).is_err());
        let approved = sent.clone().approve(at, hash, 1).unwrap();
        assert_eq!(
            approved.clone().reject(at, String::new()),
            Err(StateError { found: "approved", wanted: "rejected" })
        );
        assert!(sent.reject(at, "no".into()).unwrap().approve(at, hash, 1).is_err());
    }

    proptest! {
        #[test]
        fn no_path_approves_twice_or_changes_a_decision(moves in proptest::collection::vec(0u8..3, 0..12)) {
            let (at, hash) = (Moment::from_seconds(1), Sha256Hash::of(b""));
            let (mut state, mut decided) = (State::Draft, 0);
            for step in moves {
                let next = match step { 0 => state.clone().send(at), 1 => state.clone().approve(at, hash, 1), _ => state.clone().reject(at, String::new()) };
                if let Ok(next) = next {
                    decided += usize::from(!next.editable() && next.code() != "sent");
                    state = next;
                }
            }
            prop_assert!(decided <= 1);
        }
    }
}
