//! The map of Finnish OID nodes: which register an OID was given from, and at which level it stands.
//!
//! "Choosing the wrong level is a common error", so every use of an OID asks for the level it needs.

use super::Oid;

/// Where the OID's organisation was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Owner<'a> {
    /// SOTE organisation register: `1.2.246.10.xxx` or the older `1.2.246.537.10.xxx`.
    Organisation(&'a str),
    /// Valvira's independent professionals: `1.2.246.537.28.xxx`.
    Professional(&'a str),
    /// Fimea's pharmacy register: `1.2.246.553.1.xxx`.
    Pharmacy(&'a str),
    /// Kanta provider register: `1.2.246.537.6.918.18.xxx`.
    Intermediary(&'a str),
}

/// An OID split into the owner's own OID and the arcs below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<'a> {
    /// Who was registered.
    pub owner: Owner<'a>,
    /// The owner's OID, for example `1.2.246.10.2048198`.
    pub owner_oid: &'a str,
    /// The arcs below the owner, for example `["10", "0", "13", "1"]`.
    pub below: Vec<&'a str>,
}

/// The prefixes under which owners are numbered; one more arc names the owner.
const ROOTS: [(&str, Root); 5] = [
    ("1.2.246.10.", Root::Organisation),
    ("1.2.246.537.10.", Root::Organisation),
    ("1.2.246.537.28.", Root::Professional),
    ("1.2.246.553.1.", Root::Pharmacy),
    ("1.2.246.537.6.918.18.", Root::Intermediary),
];

#[derive(Clone, Copy)]
enum Root {
    Organisation,
    Professional,
    Pharmacy,
    Intermediary,
}

/// Node 10: operating unit (number 0 as a rule) and service units.
pub const UNITS: &str = "10";
/// Node 13: access points (guide 3.1.3).
pub const ACCESS_POINTS: &str = "13";
/// Node 18: parties.
pub const PARTIES: &str = "18";
/// Node 19: controllers.
pub const CONTROLLERS: &str = "19";

/// Whether two OIDs are one owner's.
#[must_use]
pub fn same_owner(one: &Oid, other: &Oid) -> bool {
    one == other || matches!((place(one), place(other)), (Some(a), Some(b)) if a.owner == b.owner)
}

/// Finds the owner of an OID; `None` when no register of the field numbered it.
#[must_use]
pub fn place(oid: &Oid) -> Option<Placed<'_>> {
    let text = oid.as_str();
    ROOTS.iter().find_map(|(prefix, root)| {
        let rest = text.strip_prefix(prefix)?;
        let number = rest.split('.').next().unwrap_or(rest);
        let owner = match root {
            Root::Organisation => Owner::Organisation(number),
            Root::Professional => Owner::Professional(number),
            Root::Pharmacy => Owner::Pharmacy(number),
            Root::Intermediary => Owner::Intermediary(number),
        };
        let owner_oid = text.get(..prefix.len() + number.len())?;
        let below = rest.split('.').skip(1).collect();
        Some(Placed { owner, owner_oid, below })
    })
}

/// The level an OID stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The organisation's own node, without a unit.
    Organisation,
    /// `.10.0`, as a rule the operating unit.
    OperatingUnit,
    /// `.10.n…`, a service unit.
    ServiceUnit,
    /// `.13.n` below an administrator.
    AccessPoint,
    /// `.18.n`.
    Party,
    /// `.19.n`.
    Controller,
    /// A professional's own OID.
    Professional,
    /// A pharmacy's own OID.
    Pharmacy,
    /// A Kanta provider's own OID.
    Intermediary,
    /// Known owner, node outside this map.
    Other,
}

/// The level of an OID in the field's numbering; `None` when no register of the field numbered it.
#[must_use]
pub fn level(oid: &Oid) -> Option<Level> {
    if super::AccessPointOid::parse(oid.as_str()).is_ok() {
        return Some(Level::AccessPoint);
    }
    let placed = place(oid)?;
    Some(match (placed.owner, placed.below.as_slice()) {
        (Owner::Professional(_), []) => Level::Professional,
        (Owner::Pharmacy(_), []) => Level::Pharmacy,
        (Owner::Intermediary(_), []) => Level::Intermediary,
        (Owner::Organisation(_), []) => Level::Organisation,
        (Owner::Organisation(_), [UNITS, "0"]) => Level::OperatingUnit,
        (Owner::Organisation(_), [UNITS, _, ..]) if !placed.below.contains(&ACCESS_POINTS) => Level::ServiceUnit,
        (Owner::Organisation(_), [CONTROLLERS, _]) => Level::Controller,
        (Owner::Organisation(_), [PARTIES, _]) => Level::Party,
        _ => Level::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_real_oids() {
        let table = [
            ("1.2.246.537.10.15675350.10.0", Some(Level::OperatingUnit)),
            ("1.2.246.537.10.15675350.10.710", Some(Level::ServiceUnit)),
            ("1.2.246.537.10.15675350.19.0", Some(Level::Controller)),
            ("1.2.246.537.10.15675350.10.0.13.2", Some(Level::AccessPoint)),
            ("1.2.246.537.10.15675350.10.0.13.2.1", Some(Level::Other)),
            ("1.2.246.10.33445566.10.1.1", Some(Level::ServiceUnit)),
            ("1.2.246.10.1008258", Some(Level::Organisation)),
            ("1.2.246.10.1008258.18.1", Some(Level::Party)),
            ("1.2.246.537.28.398704114", Some(Level::Professional)),
            ("1.2.246.553.1.900001", Some(Level::Pharmacy)),
            ("1.2.246.537.6.918.18.900001", Some(Level::Intermediary)),
            ("1.2.246.556.10.32", None),
        ];
        for (text, expected) in table {
            assert_eq!(level(&Oid::parse(text).unwrap()), expected, "{text}");
        }
    }
}
