//! What is wrong with how a plan is written: where, what stands there, and what was expected.

use super::{Activity, ContactRole, Signer};
use crate::directory::{LinkRole, Network};
use crate::rules::visible;
use crate::service_code::{Service, codes};
use serde::de::{self, Unexpected};
use std::fmt;

/// Most mistakes told at once.
pub const MAX_MISTAKES: usize = 50;

/// A mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where: keys, tables of a list counted from 1. Empty: the text as a whole.
    pub place: String,
    /// On which line, counted from 1; 0 where nobody counted (JSON).
    pub line: usize,
    /// What.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not TOML, or not JSON.
    Syntax {
        /// Of what kind, as far as it is known.
        fault: SyntaxFault,
        /// What stands on the line.
        written: String,
    },
    /// There is no such key here.
    UnknownKey {
        /// The keys that there are.
        known: Vec<&'static str>,
    },
    /// A key that must be given is not.
    Missing,
    /// The value cannot be read as what belongs here.
    Value {
        /// What stands there.
        found: String,
        /// What belongs there.
        expected: Expected,
    },
    /// The value is none of those that there are.
    Choice {
        /// What stands there.
        found: String,
        /// The values that there are.
        known: Vec<&'static str>,
    },
    /// More of something than any connection has.
    TooMany {
        /// How many there are.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// Something stands twice that can only be one.
    Twice {
        /// What.
        found: String,
    },
}

codes! {
    /// Why a text is not TOML; the Fluent key is `plan-syntax-` and the code.
    SyntaxFault {
        /// A text without its quotation marks, or with one of them only.
        Quotes = "quotes",
        /// A bracket or brace is not closed.
        Brackets = "brackets",
        /// A key without its equals sign, or with several.
        Equals = "equals",
        /// A key without its value.
        Value = "value",
        /// Something stands twice.
        Twice = "twice",
        /// A comma is missing in a list, or there are too many.
        Comma = "comma",
        /// Something else.
        Other = "other",
    }
}

impl SyntaxFault {
    /// The kind, from what the reader of TOML says and what stands on the line.
    pub(super) fn of(told: &str, written: &str) -> Self {
        if written.trim_end().ends_with('=') {
            return Self::Value;
        }
        let kinds = [
            ("duplicate", Self::Twice),
            ("comma", Self::Comma),
            ("quote", Self::Quotes),
            ("invalid value", Self::Quotes),
            ("unclosed", Self::Brackets),
            ("key with no value", Self::Equals),
            ("`=`", Self::Equals),
            ("assignment", Self::Equals),
        ];
        kinds.iter().find(|(word, _)| told.contains(word)).map_or(Self::Other, |(_, kind)| *kind)
    }
}

codes! {
    /// What belongs somewhere; the Fluent key is `plan-expected-` and the code.
    Expected {
        /// An OID.
        Oid = "oid",
        /// An access point's OID.
        AccessPointOid = "access-point-oid",
        /// A host's DNS name.
        DnsName = "dns-name",
        /// An IP address.
        Address = "address",
        /// A country's code.
        Country = "country",
        /// A day.
        Day = "day",
        /// Activities.
        Activities = "activities",
        /// Yes or no.
        Flag = "flag",
        /// A whole number above nought.
        Number = "number",
        /// A text.
        Text = "text",
        /// A list.
        List = "list",
        /// A table.
        Table = "table",
    }
}

impl Problem {
    /// Its code; the Fluent key is `plan-` and the code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Syntax { .. } => "syntax",
            Self::UnknownKey { .. } => "unknown-key",
            Self::Missing => "missing",
            Self::Value { .. } => "value",
            Self::Choice { .. } => "choice",
            Self::TooMany { .. } => "too-many",
            Self::Twice { .. } => "twice",
        }
    }
}

impl Mistake {
    pub(crate) const fn new(place: String, problem: Problem) -> Self {
        Self { place, line: 0, problem }
    }

    /// The same mistake, seen from one key further up.
    pub(super) fn under(self, key: &str) -> Self {
        // A key that could be taken for several, or for one of a list, stands in quotation marks as in TOML.
        let plain = !key.is_empty() && key.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter));
        let key = if plain { key.to_owned() } else { format!("{key:?}") };
        self.joined(&key)
    }

    fn joined(mut self, key: &str) -> Self {
        let joint = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{key}{joint}{}", self.place);
        self
    }

    /// The same mistake, seen from the list that it stands in, counted from 1.
    pub(super) fn element(self, number: usize) -> Self {
        self.joined(&format!("[{number}]"))
    }

    /// The same mistake with letters that would steer a terminal made visible.
    pub(super) fn visible(mut self) -> Self {
        self.place = visible(&self.place);
        match &mut self.problem {
            Problem::Value { found, .. } | Problem::Choice { found, .. } | Problem::Twice { found } => {
                *found = visible(found);
            }
            Problem::Syntax { written, .. } => *written = visible(written),
            Problem::UnknownKey { .. } | Problem::Missing | Problem::TooMany { .. } => {}
        }
        self
    }

    /// The values that there are for a key that is missing, where they are few.
    #[must_use]
    pub fn values(&self) -> Vec<&'static str> {
        fn codes<T: Copy>(all: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
            all.iter().map(|value| code(*value)).collect()
        }
        match self.place.rsplit_once('.').unwrap_or(("", &self.place)) {
            ("", "activity") => codes(Activity::ALL, Activity::code),
            ("signature", "signer") => codes(Signer::ALL, Signer::code),
            (above, "code") if above.starts_with("service") => codes(Service::ALL, Service::code),
            (above, "role") if above.contains("contact") => codes(ContactRole::ALL, ContactRole::code),
            (_, "role") => codes(LinkRole::ALL, LinkRole::code),
            (_, "network") => codes(Network::ALL, Network::code),
            _ => Vec::new(),
        }
    }

    /// The key that was meant, where one of those that there are is nearly the same.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        let (Problem::UnknownKey { known } | Problem::Choice { known, .. }) = &self.problem else { return None };
        let written = match &self.problem {
            Problem::Choice { found, .. } => found,
            _ => self.place.rsplit('.').next().unwrap_or_default(),
        };
        let near = known.iter().map(|key| (distance(written, key), *key)).min()?;
        Some(near.1).filter(|_| near.0 <= 1 + written.chars().count() / 6)
    }
}

/// How many letters must be changed, added or left out to make one text of the other; case and hyphens aside.
fn distance(one: &str, other: &str) -> usize {
    let letters = |text: &str| -> Vec<char> {
        text.chars().take(64).filter(|c| *c != '-' && *c != '_').flat_map(char::to_lowercase).collect()
    };
    let (one, other) = (letters(one), letters(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (n, letter) in one.iter().enumerate() {
        let mut next = vec![n + 1];
        for ((m, with), above) in other.iter().enumerate().zip(row.windows(2)) {
            let (&[diagonal, over], Some(left)) = (above, next.get(m).copied()) else { break };
            next.push((diagonal + usize::from(letter != with)).min(over + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// For developers; people read the Fluent texts.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {:?}", self.line, self.place, self.problem)
    }
}

impl std::error::Error for Mistake {}

impl de::Error for Mistake {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(String::new(), Problem::Value { found: String::new(), expected: Expected::Text })
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, wanted: &dyn de::Expected) -> Self {
        let wanted = wanted.to_string();
        let expected = if wanted.contains("bool") {
            Expected::Flag
        } else if wanted.contains("nonzero") || wanted.starts_with(['u', 'i']) {
            Expected::Number
        } else if wanted.contains("sequence") {
            Expected::List
        } else if wanted.contains("struct") || wanted.contains("map") {
            Expected::Table
        } else {
            Expected::Text
        };
        let found = match found {
            Unexpected::Str(text) => text.to_owned(),
            other => other.to_string(),
        };
        Self::new(String::new(), Problem::Value { found, expected })
    }

    fn unknown_variant(found: &str, known: &'static [&'static str]) -> Self {
        Self::new(String::new(), Problem::Choice { found: found.to_owned(), known: known.to_vec() })
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(String::new(), Problem::UnknownKey { known: known.to_vec() }).under(field)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(field.to_owned(), Problem::Missing)
    }
}
