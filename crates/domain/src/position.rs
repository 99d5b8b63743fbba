//! What a person may do for an organisation, and what the operator's staff may do: two tables, and no other place that says it.

use crate::identifier::Oid;
use crate::service_code::codes;

codes! {
    /// On what ground somebody acts for an organisation. The first come from the trade register, the mandate from the service of
    /// mandates, the rest are granted by the organisation itself.
    Position {
        /// Managing director.
        ManagingDirector = "TJ",
        /// Somebody entitled to sign for the company.
        Signatory = "NIMKO",
        /// Sole trader.
        SoleTrader = "ELI",
        /// Holder of the mandate "Sosiaali- ja terveydenhuollon digitaalisen palvelun käyttöönotto" (Extranet guide 1.2).
        Mandate = "mandate",
        /// Keeps the organisation's data and prepares its applications.
        Administrative = "administrative",
        /// Sees to access points, systems and certificates.
        Technical = "technical",
        /// Archivist (Extranet guide 3.1.4).
        Archivist = "archivist",
        /// Data protection officer.
        DataProtection = "data-protection",
        /// Reads only.
        Reader = "reader",
        /// Was in charge of an organisation that stands in no register any more: reads what was kept of it.
        Former = "former",
    }
}

codes! {
    /// What is done for an organisation.
    Act {
        /// Its pages are looked at.
        Look = "look",
        /// Applications are begun, filled in and withdrawn.
        Prepare = "prepare",
        /// Access points, systems and certificates are seen to, in applications too.
        Technical = "technical",
        /// Contacts and billing are kept.
        Keep = "keep",
        /// It is bound: undertakings are signed, applications sent.
        Bind = "bind",
        /// Positions are granted and taken back.
        Grant = "grant",
        /// Its archived documents are looked for, read and declared void.
        Archive = "archive",
    }
}

impl Position {
    /// The positions that an organisation grants by itself.
    pub const GRANTED: [Self; 5] =
        [Self::Administrative, Self::Technical, Self::Archivist, Self::DataProtection, Self::Reader];

    /// Whether the position comes from the organisation itself, not from a register or the service of mandates.
    #[must_use]
    pub fn is_granted(self) -> bool {
        Self::GRANTED.contains(&self)
    }

    /// Whether who holds it may do this.
    #[must_use]
    pub const fn permits(self, act: Act) -> bool {
        match self {
            // Extranet guide 1.2: who is in charge, or holds the mandate, may do everything; but clients' documents are the archivist's alone.
            Self::ManagingDirector | Self::Signatory | Self::SoleTrader | Self::Mandate => !matches!(act, Act::Archive),
            Self::Administrative => matches!(act, Act::Look | Act::Prepare | Act::Technical | Act::Keep),
            Self::Technical => matches!(act, Act::Look | Act::Technical),
            Self::Archivist => matches!(act, Act::Look | Act::Archive),
            Self::DataProtection | Self::Reader | Self::Former => matches!(act, Act::Look),
        }
    }
}

codes! {
    /// A position of the operator's staff.
    StaffRole {
        /// Handles applications.
        CaseHandler = "case-handler",
        /// Keeps registers and the directory.
        Registrar = "registrar",
        /// Closes what endangers Kanta.
        SecurityOfficer = "security-officer",
        /// Sees everything and changes nothing.
        Auditor = "auditor",
    }
}

/// What a program is let do: in an organisation's name, or at the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seat {
    /// What a position in an organisation permits.
    For(Oid, Position),
    /// What a position at the operator carries out, as far as one person may alone.
    AtOperator(StaffRole),
}

codes! {
    /// What the operator's staff does.
    Duty {
        /// Applications are handled.
        Handle = "handle",
        /// Registers and the directory are kept.
        Keep = "keep",
        /// Something is closed, or opened again.
        Close = "close",
        /// Joiners are told of what does not work.
        Inform = "inform",
    }
}

impl StaffRole {
    /// Whether who holds it may carry this out.
    #[must_use]
    pub const fn carries_out(self, duty: Duty) -> bool {
        match self {
            Self::CaseHandler => matches!(duty, Duty::Handle | Duty::Inform),
            Self::Registrar => matches!(duty, Duty::Keep | Duty::Close | Duty::Inform),
            Self::SecurityOfficer => matches!(duty, Duty::Close | Duty::Inform),
            Self::Auditor => false,
        }
    }

    /// Whether who holds it may look at what belongs to this.
    #[must_use]
    pub const fn sees(self, duty: Duty) -> bool {
        match self {
            Self::Auditor => true,
            // Who closes must see what is open.
            Self::SecurityOfficer => matches!(duty, Duty::Keep | Duty::Close | Duty::Inform),
            Self::CaseHandler | Self::Registrar => self.carries_out(duty),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_do_something_may_look() {
        for position in Position::ALL {
            assert!(position.permits(Act::Look), "{position}");
            let more = Act::ALL.iter().filter(|act| position.permits(**act)).count();
            assert!(!position.is_granted() || !position.permits(Act::Bind), "{position}");
            // Clients' documents are the archivist's alone; all else is done by whoever is in charge.
            assert_eq!(position.permits(Act::Archive), *position == Position::Archivist, "{position}");
            let reads = *position == Position::Former && more == 1;
            assert!(reads || position.is_granted() || more == Act::ALL.len() - 1, "{position}");
        }
        for role in StaffRole::ALL {
            for duty in Duty::ALL {
                assert!(!role.carries_out(*duty) || role.sees(*duty), "{role} {duty}");
            }
        }
        assert!(Duty::ALL.iter().all(|duty| StaffRole::Auditor.sees(*duty) && !StaffRole::Auditor.carries_out(*duty)));
        assert!(Duty::ALL.iter().all(|duty| StaffRole::ALL.iter().any(|role| role.carries_out(*duty))));
    }
}
