//! How long documents are kept: by the class that each says, from what the archive knows of whom it is about.
//!
//! A death is nowhere told to the archive, so the end that is reckoned is the latest: that from birth.

use super::Family;
use crate::time::Moment;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    class: Vec<Retention>,
}

/// A class of keeping.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    #[serde(rename = "assumed")]
    _assumed: bool,
    /// Its code (1.2.246.537.5.40158.2008).
    pub code: String,
    /// Documents of which families of registers it is for.
    pub registers: Vec<Family>,
    /// How many years after birth they are kept, where no death is known.
    pub after_birth_years: i16,
    /// How many years after death they are kept.
    pub after_death_years: i16,
}

/// The rows of `rules/retention.toml`, compiled in; a test holds that they load.
static CLASSES: LazyLock<Vec<Retention>> = LazyLock::new(|| {
    let written: Written = toml::from_str(include_str!("../../../../rules/retention.toml")).unwrap_or_default();
    written.class
});

/// The class that a document of a family says. None: what it means nobody knows here, and what it says never ends.
#[must_use]
pub fn retention(family: Family, code: &str) -> Option<&'static Retention> {
    CLASSES.iter().find(|class| class.code == code && class.registers.contains(&family))
}

/// What is over at a moment: each class with the last year of birth for which it is.
pub fn over_at(now: Moment) -> impl Iterator<Item = (&'static Retention, i16)> {
    let last_year = now.civil().year() - 1;
    CLASSES.iter().map(move |class| (class, last_year - class.after_birth_years))
}

impl Retention {
    /// The year at whose end it ends for somebody born in a year, of whose death nothing is known.
    #[must_use]
    pub const fn last_year(&self, born: i16) -> i16 {
        born.saturating_add(self.after_birth_years)
    }

    /// Whether it is over at a moment for somebody born in a year, of whose death nothing is known.
    #[must_use]
    pub fn is_over(&self, born: i16, now: Moment) -> bool {
        self.last_year(born) < now.civil().year()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Moment {
        Moment::parse(day).unwrap()
    }

    #[test]
    fn the_known_class_ends_with_a_whole_year() {
        let class = retention(Family::Patient, "2").unwrap();
        assert_eq!((class.last_year(1906), class.after_death_years), (2026, 12));
        assert!(!class.is_over(1906, at("2026-12-31T23:59:59+02:00")), "until the year is over");
        assert!(class.is_over(1906, at("2027-01-01T00:00:00+02:00")));
        assert!(!class.is_over(i16::MAX, at("2027-01-01")), "a year that no calendar has is never over");
        assert_eq!(retention(Family::Patient, "9"), None, "of a class that nobody knows nothing ends");
        assert_eq!(retention(Family::Social, "2"), None, "social care's classes are not known");
    }

    #[test]
    fn what_is_over_is_asked_for_as_it_is_judged() {
        for now in ["2026-06-01", "2027-01-01", "2026-12-31T23:00:00+02:00"].map(at) {
            for (class, born) in over_at(now) {
                assert!(class.is_over(born, now) && !class.is_over(born + 1, now), "{born}");
            }
        }
        assert_eq!(over_at(at("2027-01-01")).count(), 1);
    }
}
