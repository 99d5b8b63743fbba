//! Wellbeing services counties and which municipalities are in them (`rules/counties.toml`).

use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// A wellbeing services county; the City of Helsinki and Åland, which are in none, stand beside them.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct County {
    /// Its number in the national classification: `02`.
    pub code: String,
    /// Its name in short, in Finnish, as registers write it, too.
    short: String,
    fi: String,
    sv: String,
    en: String,
    /// The municipalities in it, by their three digits.
    pub municipalities: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    county: Vec<County>,
}

/// Compiled in; a test holds that it loads.
static COUNTIES: LazyLock<Vec<County>> = LazyLock::new(|| {
    let written: Option<Written> = toml::from_str(include_str!("../../../rules/counties.toml")).ok();
    written.map(|written| written.county).unwrap_or_default()
});

impl County {
    /// All of them, by number.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &COUNTIES
    }

    /// The one of a number.
    #[must_use]
    pub fn parse(code: &str) -> Option<&'static Self> {
        COUNTIES.iter().find(|county| county.code == code)
    }

    /// The one that a municipality is in, by its three digits.
    #[must_use]
    pub fn of(municipality: &str) -> Option<&'static Self> {
        COUNTIES.iter().find(|county| county.municipalities.contains(municipality))
    }

    /// The one that is called so, in any of its languages or in short: the registers name a public provider by it.
    #[must_use]
    pub fn called(name: &str) -> Option<&'static Self> {
        let name = name.trim().to_lowercase();
        let names = |county: &'static Self| [&county.short, &county.fi, &county.sv, &county.en];
        COUNTIES.iter().find(|county| names(county).iter().any(|own| own.to_lowercase() == name))
    }

    /// What it is called in a language: `sv`, `en`, else Finnish.
    #[must_use]
    pub fn name(&self, language: &str) -> &str {
        match language {
            "sv" => &self.sv,
            "en" => &self.en,
            _ => &self.fi,
        }
    }
}

/// The three digits of a municipality that a register's words for a place begin with: `091 Helsinki`.
#[must_use]
pub fn municipality(place: &str) -> Option<&str> {
    let digits = place.get(..3)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_municipality_is_in_one_county() {
        let all = County::all();
        assert_eq!(all.len(), 23);
        assert!(all.is_sorted_by(|one, other| one.code < other.code));
        let municipalities: Vec<&str> =
            all.iter().flat_map(|county| &county.municipalities).map(String::as_str).collect();
        let different: BTreeSet<&str> = municipalities.iter().copied().collect();
        assert_eq!((municipalities.len(), different.len()), (309, 309));
        assert!(different.iter().all(|digits| digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit())));
        let of = |municipality| County::of(municipality).map(|county| county.code.as_str());
        // Espoo, Helsinki, Heinävesi and Kuhmoinen, which changed sides, Savonlinna, Mariehamn; none.
        let asked = ["049", "091", "090", "291", "740", "478", "000"].map(of);
        assert_eq!(asked, [Some("03"), Some("90"), Some("14"), Some("08"), Some("12"), Some("91"), None]);
        let lapland = County::parse("21").unwrap();
        let names = ["fi", "sv", "en", "de"].map(|language| lapland.name(language));
        assert_eq!(names[..2], ["Lapin hyvinvointialue", "Lapplands välfärdsområde"]);
        assert_eq!(names[2..], ["Lapland wellbeing services county", "Lapin hyvinvointialue"]);
        assert_eq!(County::called(" lapin hyvinvointialue"), Some(lapland));
        assert_eq!(
            (County::called("Lapplands välfärdsområde"), County::called("Lappi")),
            (Some(lapland), Some(lapland))
        );
        assert_eq!(County::called("Lapinlahti"), None);
    }
}
