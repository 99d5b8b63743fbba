//! Object identifiers in dotted form (ITU-T X.660): the names of everything in Kanta.

use super::text_identifier;
use std::sync::Arc;

/// Longest dotted form accepted, in bytes. Real message ids reach 60; HL7 V3's own limit is 64 for an arc
/// list without timestamps, so twice that leaves room.
pub const MAX_OID_BYTES: usize = 128;

/// A valid object identifier, kept as text because its arcs have no upper bound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Arc<str>);

/// Why a text is not an object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidError {
    /// Nothing given.
    #[error("an OID is missing")]
    Empty,
    /// More than [`MAX_OID_BYTES`].
    #[error("an OID has at most {MAX_OID_BYTES} characters, this has {0}")]
    TooLong(usize),
    /// One arc only.
    #[error("an OID has at least two arcs")]
    TooFewArcs,
    /// An arc is not a decimal number.
    #[error("arc {0} of the OID is not a number")]
    NotANumber(usize),
    /// An arc such as `013`.
    #[error("arc {0} of the OID starts with 0")]
    LeadingZero(usize),
    /// The first arc is over 2, or the second over 39 under 0 or 1.
    #[error("the first arcs of the OID are outside 0.0–0.39, 1.0–1.39 or 2.x")]
    Root,
}

impl Oid {
    /// Reads dotted decimal form.
    ///
    /// # Errors
    /// The first rule of the grammar that the text breaks.
    pub fn parse(text: &str) -> Result<Self, OidError> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// The dotted form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The arcs, in order.
    pub fn arcs(&self) -> impl DoubleEndedIterator<Item = &str> + Clone {
        self.0.split('.')
    }

    /// This OID with one more arc below it; `None` if that would pass the length limit.
    #[must_use]
    pub fn child(&self, arc: u64) -> Option<Self> {
        Self::parse(&format!("{}.{arc}", self.0)).ok()
    }

    /// The OID one level up; `None` at the second arc.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.0.rsplit_once('.')?;
        // What is left of a valid OID is one, if it has two arcs.
        parent.contains('.').then(|| Self(parent.into()))
    }

    /// Whether this OID is `ancestor` or below it, arc by arc.
    #[must_use]
    pub fn is_at_or_below(&self, ancestor: &Self) -> bool {
        self.0.strip_prefix(ancestor.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

fn check(text: &str) -> Result<(), OidError> {
    if text.is_empty() {
        return Err(OidError::Empty);
    }
    if text.len() > MAX_OID_BYTES {
        return Err(OidError::TooLong(text.len()));
    }
    let mut count = 0;
    for (index, arc) in text.split('.').enumerate() {
        count = index + 1;
        if arc.is_empty() || !arc.bytes().all(|b| b.is_ascii_digit()) {
            return Err(OidError::NotANumber(count));
        }
        if arc.len() > 1 && arc.starts_with('0') {
            return Err(OidError::LeadingZero(count));
        }
    }
    if count < 2 {
        return Err(OidError::TooFewArcs);
    }
    let mut arcs = text.split('.');
    let (first, second) = (arcs.next().unwrap_or(""), arcs.next().unwrap_or(""));
    let second_small = second.parse::<u8>().is_ok_and(|n| n < 40);
    match first {
        "2" => Ok(()),
        "0" | "1" if second_small => Ok(()),
        _ => Err(OidError::Root),
    }
}

text_identifier!(Oid, OidError, "oid");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn grammar() {
        for good in [
            "1.2.246.10.2048198",
            "1.2.246.537.10.15675350.10.0.13.2",
            "2.999",
            "0.0",
            "2.25.340282366920938463463374607431768211455",
        ] {
            assert_eq!(Oid::parse(good).unwrap().as_str(), good);
        }
        let bad = [
            ("", OidError::Empty),
            ("1", OidError::TooFewArcs),
            ("1..2", OidError::NotANumber(2)),
            ("1.2.", OidError::NotANumber(3)),
            ("1.2.a", OidError::NotANumber(3)),
            ("1.2.01", OidError::LeadingZero(3)),
            ("1.40", OidError::Root),
            ("3.1", OidError::Root),
            ("1.2.²", OidError::NotANumber(3)),
        ];
        for (text, error) in bad {
            assert_eq!(Oid::parse(text), Err(error), "{text}");
        }
        assert_eq!(Oid::parse(&format!("1.2.{}", "1".repeat(200))), Err(OidError::TooLong(204)));
    }

    #[test]
    fn ancestry_goes_by_arcs_not_by_text() {
        let oid = |t: &str| Oid::parse(t).unwrap();
        assert!(oid("1.2.246.10.1.13.2.1").is_at_or_below(&oid("1.2.246.10.1.13.2")));
        assert!(!oid("1.2.246.10.1.13.21").is_at_or_below(&oid("1.2.246.10.1.13.2")));
        assert_eq!(oid("1.2.3").parent(), Some(oid("1.2")));
        assert_eq!(oid("1.2").parent(), None);
    }

    proptest! {
        #[test]
        fn whatever_parses_round_trips(text in "[0-9.]{0,40}") {
            if let Ok(oid) = Oid::parse(&text) {
                prop_assert_eq!(oid.as_str(), &text);
                prop_assert!(oid.is_at_or_below(&oid));
                if let Some(child) = oid.child(7) {
                    prop_assert!(child.is_at_or_below(&oid));
                    prop_assert_eq!(child.parent(), Some(oid));
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = Oid::parse(&text);
        }
    }
}
