//! The custodian: whose documents are once their controller has ended and nobody takes its activity on.

use super::Family;
use crate::identifier::Oid;
use crate::time::Moment;
use serde::Deserialize;
use std::sync::LazyLock;

/// From when on, documents of which families, to whom.
type Named = (Moment, Vec<Family>, Oid);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    custodian: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    #[serde(rename = "assumed")]
    _assumed: bool,
    from: String,
    registers: Vec<Family>,
    controller: Oid,
}

/// The rows of `rules/custodian.toml`, compiled in; a test holds that they load.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| {
    let written: Written = toml::from_str(include_str!("../../../../rules/custodian.toml")).unwrap_or_default();
    let read = |row: Row| Some((Moment::parse(&row.from).ok()?, row.registers, row.controller));
    written.custodian.into_iter().filter_map(read).collect()
});

/// Whom the law names at a moment for documents of a family of registers. None: it names nobody, and nobody is to be assumed.
#[must_use]
pub fn custodian(family: Family, at: Moment) -> Option<&'static Oid> {
    let so_far = NAMED.iter().filter(|(from, families, _)| *from <= at && families.contains(&family));
    so_far.max_by_key(|(from, ..)| *from).map(|(.., controller)| controller)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_has_one_from_the_first_day_on() {
        let at = |day: &str| Moment::parse(day).unwrap();
        for family in Family::ALL {
            let named = custodian(*family, at("2026-12-01")).map(Oid::as_str);
            assert_eq!(named, Some("1.2.246.10.2462460.19.1"), "{family}");
            assert_eq!(custodian(*family, at("2009-12-31")), None);
        }
    }
}
