//! How long documents are kept: by the class that each says, from what the archive knows of whom it is about.
//!
//! Of deaths the archive is not told, so the end that is reckoned is that from birth. What a death would end earlier is kept until then; what a late one
//! (at more than 108 years, by the one class that is known) would end later is found too early, and nothing is destroyed by that.

use super::Family;
use crate::time::Moment;
use serde::Deserialize;
use std::sync::LazyLock;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    class: Vec<Retention>,
}

/// What a document says of how long it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Keeping {
    /// Its class (`retentionPeriodClass`, 1.2.246.537.5.40158.2008).
    pub class: Option<String>,
    /// The year in which whom it is about was born.
    pub born: Option<i16>,
    /// The year until whose end it is kept by a day of its own (`retentionPeriod`, `extendedRetentionPeriod`): that makes it longer, and ends nothing alone.
    pub until: Option<i16>,
}

impl Keeping {
    /// The year at whose end it ends in a register of a family, as far as is known; none: it never ends.
    #[must_use]
    pub fn last_year(&self, family: Family) -> Option<i16> {
        let class = retention(family, self.class.as_deref()?)?;
        Some(class.last_year(self.born?)).max(self.until)
    }

    /// Whether that is over at a moment.
    #[must_use]
    pub fn is_over(&self, family: Family, now: Moment) -> bool {
        self.last_year(family).is_some_and(|year| year < now.civil().year())
    }
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
}

/// The rows of `rules/retention.toml`, compiled in; a test holds that they load.
static CLASSES: LazyLock<Vec<Retention>> = LazyLock::new(|| {
    let written: Written = toml::from_str(include_str!("../../../../rules/retention.toml")).unwrap_or_default();
    written.class
});

/// The class that a document of a family says. None: what it means nobody knows here.
fn retention(family: Family, code: &str) -> Option<&'static Retention> {
    CLASSES.iter().find(|class| class.code == code && class.registers.contains(&family))
}

/// What is over at a moment: each class with the last year of birth for which it is.
pub fn over_at(now: Moment) -> impl Iterator<Item = (&'static Retention, i16)> {
    let last_year = now.civil().year() - 1;
    CLASSES.iter().map(move |class| (class, last_year - class.after_birth_years))
}

impl Retention {
    /// The year at whose end it ends for somebody born in a year, of whose death nothing is known.
    const fn last_year(&self, born: i16) -> i16 {
        born.saturating_add(self.after_birth_years)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: &str) -> Moment {
        Moment::parse(day).unwrap()
    }

    fn keeping(class: &str, born: i16) -> Keeping {
        Keeping { class: Some(class.to_owned()), born: Some(born), until: None }
    }

    #[test]
    fn the_known_class_ends_with_a_whole_year() {
        let one = keeping("2", 1906);
        assert_eq!(one.last_year(Family::Patient), Some(2026));
        assert!(!one.is_over(Family::Patient, at("2026-12-31T23:59:59+02:00")), "until the year is over");
        assert!(one.is_over(Family::Patient, at("2027-01-01T00:00:00+02:00")));
        let never = [
            keeping("9", 1906),
            keeping("2", i16::MAX),
            Keeping { born: None, ..one.clone() },
            Keeping { class: None, ..one.clone() },
            Keeping { class: None, until: Some(1990), ..one.clone() },
        ];
        for keeping in never {
            assert!(!keeping.is_over(Family::Patient, at("2999-01-01")), "{keeping:?}");
        }
        assert!(!one.is_over(Family::Social, at("2999-01-01")), "social care's classes are not known");
        let longer = |until| Keeping { until: Some(until), ..one.clone() }.last_year(Family::Patient);
        assert_eq!((longer(2040), longer(2000)), (Some(2040), Some(2026)), "a day of its own makes it longer alone");
    }

    #[test]
    fn what_is_over_is_asked_for_as_it_is_judged() {
        for now in ["2026-06-01", "2027-01-01", "2026-12-31T23:00:00+02:00"].map(at) {
            for (class, born) in over_at(now) {
                let over = |born| keeping(&class.code, born).is_over(Family::Patient, now);
                assert!(over(born) && !over(born + 1), "{born}");
            }
        }
        let classes: Vec<_> = over_at(at("2027-01-01")).map(|(class, born)| (&*class.code, born)).collect();
        assert_eq!(classes, [("2", 1906)]);
    }
}
