//! The OID of an access point: formed under its administrator's OID in node 13 (guide 3.1.3).

use super::nodes::{self, ACCESS_POINTS, Owner, UNITS};
use super::{Oid, oid::OidError, text_identifier};
use serde::{Deserialize, Serialize};

/// The register whose number an administrator's OID carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Registry {
    /// SOTE organisation register.
    Sote,
    /// Valvira's independent professionals.
    Professionals,
    /// Fimea's pharmacy register.
    Pharmacies,
    /// Kanta provider register.
    Intermediaries,
}

impl Registry {
    /// All intermediaries' OIDs stand below this (guide 3.1.3).
    pub const INTERMEDIARIES: &'static str = "1.2.246.537.6.918.18";

    /// The code used in commands and files.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sote => "sote",
            Self::Professionals => "professionals",
            Self::Pharmacies => "pharmacies",
            Self::Intermediaries => "intermediaries",
        }
    }
}

/// A valid access point OID together with what its form tells.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessPointOid {
    oid: Oid,
}

/// Why an OID is not an access point's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessPointOidError {
    /// Not an OID at all.
    #[error(transparent)]
    Oid(#[from] OidError),
    /// Not under any of the four registers.
    #[error("the OID is not under a SOTE organisation, a professional, a pharmacy or a Kanta provider (guide 3.1.3)")]
    ForeignRoot,
    /// The right owner but not `….13.n` at the right level.
    #[error("an access point's OID here has the form {expected} (guide 3.1.3)")]
    WrongLevel {
        /// The form the register demands.
        expected: &'static str,
    },
}

impl AccessPointOid {
    /// Reads an access point OID of any of the four registers.
    ///
    /// # Errors
    /// What the form lacks, with the form that was expected.
    pub fn parse(text: &str) -> Result<Self, AccessPointOidError> {
        let oid = Oid::parse(text)?;
        check_form(&oid)?;
        Ok(Self { oid })
    }

    /// The dotted form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.oid.as_str()
    }

    /// The OID itself.
    #[must_use]
    pub const fn oid(&self) -> &Oid {
        &self.oid
    }

    /// The OID of the one who administers the point: all before node 13.
    #[must_use]
    pub fn administrator(&self) -> Oid {
        let up = self.oid.parent().and_then(|node| node.parent());
        up.unwrap_or_else(|| self.oid.clone())
    }

    /// Whether somebody administers the point, as [`Self::administrator`] tells.
    #[must_use]
    pub fn is_administered_by(&self, somebody: &Oid) -> bool {
        let below = self.as_str().strip_prefix(somebody.as_str());
        let number = below.and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
        number.is_some_and(|(_, number)| !number.contains('.'))
    }

    /// Whether both are one organisation's, an own point of one of its units among them.
    #[must_use]
    pub fn is_beside(&self, other: &Self) -> bool {
        match (nodes::place(&self.oid), nodes::place(&other.oid)) {
            (Some(own), Some(other)) => own.owner == other.owner,
            _ => self.administrator() == other.administrator(),
        }
    }

    /// The register the administrator's number comes from.
    #[must_use]
    pub fn registry(&self) -> Registry {
        match nodes::place(&self.oid).map(|placed| placed.owner) {
            Some(Owner::Professional(_)) => Registry::Professionals,
            Some(Owner::Pharmacy(_)) => Registry::Pharmacies,
            Some(Owner::Intermediary(_)) => Registry::Intermediaries,
            Some(Owner::Organisation(_)) | None => Registry::Sote,
        }
    }

    /// The number n of the point under its administrator; `None` when it passes 64 bits.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.oid.arcs().next_back()?.parse().ok()
    }

    /// The access point that a sending device belongs to: the device's OID is the point's or below it,
    /// as real messages show (`….13.2.1`).
    #[must_use]
    pub fn of_device(device: &Oid) -> Option<Self> {
        let mut candidate = Some(device.clone());
        while let Some(oid) = candidate {
            if check_form(&oid).is_ok() {
                return Some(Self { oid });
            }
            candidate = oid.parent();
        }
        None
    }

    /// The next free OID under an administrator: one above the highest number ever used, since a retired
    /// point's number is not given again. `used` holds every known point, retired ones too.
    ///
    /// # Errors
    /// When the administrator's OID cannot have access points.
    pub fn next_free<'a>(
        administrator: &Oid,
        used: impl IntoIterator<Item = &'a Self>,
    ) -> Result<Self, AccessPointOidError> {
        let highest = used
            .into_iter()
            .filter(|point| point.is_administered_by(administrator))
            .filter_map(Self::number)
            .max()
            .unwrap_or(0);
        Self::parse(&format!("{administrator}.{ACCESS_POINTS}.{}", highest.saturating_add(1)))
    }
}

fn check_form(oid: &Oid) -> Result<(), AccessPointOidError> {
    let placed = nodes::place(oid).ok_or(AccessPointOidError::ForeignRoot)?;
    let (ok, expected) = match (placed.owner, placed.below.as_slice()) {
        (Owner::Organisation(_), [UNITS, _, ACCESS_POINTS, _]) => (true, ""),
        (Owner::Organisation(_), _) => (false, "1.2.246.10.xxx.10.y.13.n or 1.2.246.537.10.xxx.10.y.13.n"),
        (Owner::Professional(_), below) => (is_point(below), "1.2.246.537.28.xxx.13.n"),
        (Owner::Pharmacy(_), below) => (is_point(below), "1.2.246.553.1.xxx.13.n"),
        (Owner::Intermediary(_), below) => (is_point(below), "1.2.246.537.6.918.18.xxx.13.n"),
    };
    if ok { Ok(()) } else { Err(AccessPointOidError::WrongLevel { expected }) }
}

fn is_point(below: &[&str]) -> bool {
    matches!(below, [ACCESS_POINTS, _])
}

text_identifier!(AccessPointOid, AccessPointOidError, "access-point-oid");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(text: &str) -> AccessPointOid {
        AccessPointOid::parse(text).unwrap()
    }

    #[test]
    fn the_four_forms_of_the_guide() {
        let table = [
            ("1.2.246.10.2048198.10.0.13.1", "1.2.246.10.2048198.10.0", Registry::Sote),
            ("1.2.246.537.10.15675350.10.0.13.2", "1.2.246.537.10.15675350.10.0", Registry::Sote),
            ("1.2.246.537.28.398704114.13.1", "1.2.246.537.28.398704114", Registry::Professionals),
            ("1.2.246.553.1.900002.13.1", "1.2.246.553.1.900002", Registry::Pharmacies),
            ("1.2.246.537.6.918.18.900001.13.4", "1.2.246.537.6.918.18.900001", Registry::Intermediaries),
        ];
        for (text, administrator, registry) in table {
            assert_eq!(point(text).administrator().as_str(), administrator);
            assert_eq!(point(text).registry(), registry);
        }
    }

    #[test]
    fn the_wrong_level_names_the_right_form() {
        for text in [
            "1.2.246.10.2048198.13.1",
            "1.2.246.10.2048198.10.0",
            "1.2.246.10.2048198.10.0.13",
            "1.2.246.10.2048198.10.0.13.1.1",
            "1.2.246.553.1.900002.10.0.13.1",
        ] {
            assert!(matches!(AccessPointOid::parse(text), Err(AccessPointOidError::WrongLevel { .. })), "{text}");
        }
        assert_eq!(AccessPointOid::parse("1.2.246.556.18007.2"), Err(AccessPointOidError::ForeignRoot));
    }

    #[test]
    fn a_device_stands_below_its_point() {
        let device = Oid::parse("1.2.246.537.10.15675350.10.0.13.2.1").unwrap();
        assert_eq!(AccessPointOid::of_device(&device), Some(point("1.2.246.537.10.15675350.10.0.13.2")));
        let unit = Oid::parse("1.2.246.537.10.15675350.10.0").unwrap();
        assert_eq!(AccessPointOid::of_device(&unit), None);
    }

    #[test]
    fn the_next_number_is_above_every_used_one() {
        let administrator = Oid::parse("1.2.246.537.6.918.18.900001").unwrap();
        let used = [
            point("1.2.246.537.6.918.18.900001.13.1"),
            point("1.2.246.537.6.918.18.900001.13.7"),
            point("1.2.246.10.2048198.10.0.13.90"),
        ];
        let next = AccessPointOid::next_free(&administrator, &used).unwrap();
        assert_eq!(next.as_str(), "1.2.246.537.6.918.18.900001.13.8");
        assert!(AccessPointOid::next_free(&Oid::parse("2.999").unwrap(), &used).is_err());
    }

    proptest! {
        #[test]
        fn administrator_and_number_make_the_point(org in 1u64..99_999_999, unit in 0u64..999, n in 0u64..9999) {
            let text = format!("1.2.246.10.{org}.10.{unit}.13.{n}");
            let parsed = point(&text);
            let administrator = parsed.administrator();
            prop_assert_eq!(format!("{administrator}.13.{}", parsed.number().unwrap()), text);
            prop_assert!(parsed.is_administered_by(&administrator));
            for other in [parsed.oid().clone(), administrator.parent().unwrap(), administrator.child(1).unwrap()] {
                prop_assert!(!parsed.is_administered_by(&other), "{}", other);
            }
            let below = parsed.oid().child(3).unwrap();
            prop_assert_eq!(AccessPointOid::of_device(&below), Some(parsed));
        }
    }
}
