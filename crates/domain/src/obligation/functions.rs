//! What a client data system does of what the obligation asks for, by its entry in Astori and by what is declared of it.

use super::{Obligation, Phase};
use crate::register::SystemFacts;
use crate::service_code::codes;
use crate::time::Moment;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

codes! {
    /// Whether a system has a function.
    Said {
        /// It has.
        Yes = "yes",
        /// It has not.
        No = "no",
        /// Nobody says.
        Unsaid = "unsaid",
    }
}

codes! {
    /// Whether a system fulfils the obligation; the worst first.
    Verdict {
        /// It lacks a function.
        Lacks = "lacks",
        /// Of a function nobody says whether it has it.
        Unsaid = "unsaid",
        /// It has them all.
        Fulfils = "fulfils",
    }
}

/// Longest source of a declaration, in characters.
pub const MAX_SOURCE: usize = 200;

/// What is declared of a system: no register that is read has more than two of its functions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The functions that it has, by their codes; it has no others.
    pub functions: BTreeSet<String>,
    /// Where that is from: the report of a joint test, the supplier's letter.
    pub source: String,
    /// When it was declared.
    pub at: Moment,
}

impl Declared {
    /// Whether each of its functions is one that the obligation knows.
    #[must_use]
    pub fn is_of(&self, obligation: &Obligation) -> bool {
        self.functions.iter().all(|code| obligation.functions.iter().any(|(_, codes)| codes.contains(code)))
    }
}

/// A function, and whether a system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its code in `rules/obligation.toml`.
    pub code: &'static str,
    /// When a system has it.
    pub phase: Phase,
    /// Whether this one has.
    pub said: Said,
}

/// Whether a system has a function, by its entry in Astori; `None`: it does not say.
fn has(system: &SystemFacts, function: &str) -> Option<bool> {
    match function {
        "register-access" => system.register_access,
        "security-ban" => system.security_ban,
        _ => None,
    }
}

/// Every function, and whether a system has it: by its entry where that says so, else by what is declared of it.
#[must_use]
pub fn functions(entry: Option<&SystemFacts>, declared: Option<&Declared>) -> Vec<Function> {
    let said = |code: &str| {
        let by_entry = entry.and_then(|entry| has(entry, code));
        match by_entry.or_else(|| declared.map(|declared| declared.functions.contains(code))) {
            Some(true) => Said::Yes,
            Some(false) => Said::No,
            None => Said::Unsaid,
        }
    };
    let of = |(phase, codes): &'static (Phase, Vec<String>)| {
        codes.iter().map(move |code| Function { code, phase: *phase, said: said(code) })
    };
    Obligation::standard().functions.iter().flat_map(of).collect()
}

impl Said {
    /// Whether it has; nothing where nobody says.
    #[must_use]
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Unsaid => None,
        }
    }
}

impl Verdict {
    /// Whether it fulfils; nothing where nobody says.
    #[must_use]
    pub const fn known(self) -> Option<bool> {
        match self {
            Self::Fulfils => Some(true),
            Self::Lacks => Some(false),
            Self::Unsaid => None,
        }
    }

    /// Whether a system with these functions fulfils the obligation.
    #[must_use]
    pub fn of(functions: &[Function]) -> Self {
        let any = |said| functions.iter().any(|function| function.said == said);
        if any(Said::No) {
            Self::Lacks
        } else if any(Said::Unsaid) {
            Self::Unsaid
        } else {
            Self::Fulfils
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::Entry;
    use crate::time::Interval;

    #[test]
    fn the_register_says_first_then_what_is_declared() {
        let entry = |access: &str| {
            SystemFacts::of(&Entry {
                id: "900001".to_owned(),
                name: String::new(),
                valid: Interval::from(Moment::from_seconds(0)),
                parent: None,
                business_id: None,
                fields: [("Rekisterinkäyttöoikeus".to_owned(), access.to_owned())].into(),
            })
        };
        let said = |functions: &[Function], code: &str| functions.iter().find(|one| one.code == code).unwrap().said;
        let nothing = functions(None, None);
        assert!(nothing.len() == 25 && nothing.iter().all(|one| one.said == Said::Unsaid));
        assert_eq!(Verdict::of(&nothing), Verdict::Unsaid);
        let by_entry = functions(Some(&entry("T")), None);
        assert_eq!((said(&by_entry, "register-access"), said(&by_entry, "store")), (Said::Yes, Said::Unsaid));
        let all: BTreeSet<String> = nothing.iter().map(|one| one.code.to_owned()).collect();
        let mut declared = Declared { functions: all, source: "x".to_owned(), at: Moment::from_seconds(1) };
        assert!(declared.is_of(Obligation::standard()));
        assert_eq!(Verdict::of(&functions(None, Some(&declared))), Verdict::Fulfils);
        let against = functions(Some(&entry("F")), Some(&declared));
        assert_eq!((said(&against, "register-access"), Verdict::of(&against)), (Said::No, Verdict::Lacks));
        declared.functions.remove("denials");
        assert_eq!(Verdict::of(&functions(None, Some(&declared))), Verdict::Lacks);
        declared.functions.insert("flying".to_owned());
        assert!(!declared.is_of(Obligation::standard()));
    }
}
