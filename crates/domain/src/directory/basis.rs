//! What a change of the directory rests on: a written application, a register, or an order of the operator.

use crate::register::RegisterKind;
use crate::service_code::codes;
use std::fmt;

codes! {
    /// Why the operator changes the directory without an application.
    Order {
        /// An administrator has notified its access point.
        AccessPointNotified = "notification of an access point",
        /// The operator closes a right.
        Closing = "closing by the operator",
        /// The operator closes something for a while, whatever rights say.
        Shut = "closed for a while",
        /// A closing is lifted.
        Lifted = "closing lifted",
        /// A change that the operator wrote by hand.
        ByHand = "change by hand",
        /// The directory returns to how it was at an earlier version.
        Return = "return to an earlier version",
    }
}

codes! {
    /// Where a proposed change stands.
    ProposalState {
        /// Somebody else than its author must approve it.
        Waiting = "waiting",
        /// Approved; its moment has not come.
        Approved = "approved",
        /// It entered.
        Entered = "entered",
        /// What it was made for has changed in effect: it must be looked at anew.
        Returned = "returned",
        /// Taken back, or not approved.
        Dropped = "dropped",
    }
}

/// The ground of a change. Stored as its text, so that a history can be read without this program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Basis {
    /// An application, by its number.
    Application(String),
    /// A change notification, by its number.
    Notification(String),
    /// A wave of a move, by the move's number.
    Move(String),
    /// A register that was read again.
    RegisterImport(RegisterKind),
    /// An order of the operator.
    Order(Order),
    /// A text that this version of the program does not know.
    Other(String),
}

impl Basis {
    /// Reads a stored text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let known = if let Some(number) = text.strip_prefix("application ") {
            Some(Self::Application(number.to_owned()))
        } else if let Some(number) = text.strip_prefix("notification ") {
            Some(Self::Notification(number.to_owned()))
        } else if let Some(number) = text.strip_prefix("move ") {
            Some(Self::Move(number.to_owned()))
        } else if let Some(kind) = text.strip_prefix("register import ") {
            RegisterKind::parse(kind).map(Self::RegisterImport)
        } else {
            text.strip_prefix("order: ").and_then(Order::parse).map(Self::Order)
        };
        known.unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Application(number) => write!(f, "application {number}"),
            Self::Notification(number) => write!(f, "notification {number}"),
            Self::Move(number) => write!(f, "move {number}"),
            Self::RegisterImport(kind) => write!(f, "register import {kind}"),
            Self::Order(order) => write!(f, "order: {order}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_written_is_read() {
        let registers = RegisterKind::ALL.iter().map(|kind| Basis::RegisterImport(*kind));
        let orders = Order::ALL.iter().map(|order| Basis::Order(*order));
        for basis in registers.chain(orders).chain([
            Basis::Application("2026-1".into()),
            Basis::Notification("I2026-1".into()),
            Basis::Move("S2026-1".into()),
        ]) {
            assert_eq!(Basis::parse(&basis.to_string()), basis);
        }
        assert_eq!(Basis::parse("register import of old"), Basis::Other("register import of old".into()));
    }

    proptest! {
        #[test]
        fn no_text_is_lost(text in any::<String>()) {
            prop_assert_eq!(Basis::parse(&text).to_string(), text);
        }
    }
}
