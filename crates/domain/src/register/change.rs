//! What a register's news change: an entry as it is now against what we knew. Nothing is forgotten; an entry that changed or
//! disappeared keeps its old version with the time we learnt otherwise.

use super::{Entry, RegisterKind};
use crate::directory::{AccessPoint, Joiner, Right};
use crate::identifier::Oid;
use crate::service_code::codes;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// So many entries may end in one import without a second look, and this part of the register.
const FEW: u64 = 10;
const PART: u64 = 10;

/// Whether so many of the `known` entries would end that a file is likely a part of the register, or another one.
#[must_use]
pub const fn shrinks(gone: u64, known: u64) -> bool {
    (gone > 0 && gone == known) || (gone > FEW && gone > known / PART)
}

codes! {
    /// How much of a register an import covers.
    Extent {
        /// All of it: what is not there has ended.
        Whole = "whole",
        /// What changed since the source was asked last.
        Delta = "delta",
    }
}

codes! {
    /// What changed about an entry, as far as somebody who rests on it should know.
    Matter {
        /// It stands in the register no more.
        Gone = "gone",
        /// It is valid from or until another day.
        Validity = "validity",
        /// The official name.
        Name = "name",
        /// The Business ID: a new one means a new joining.
        BusinessId = "business-id",
        /// The entry above it.
        Parent = "parent",
        /// The mark of receiving renewal requests.
        RenewalMark = "renewal-mark",
        /// Public or private.
        Sector = "sector",
        /// Whether it is a unit of health care or social care.
        Activity = "activity",
        /// A system's class.
        Class = "class",
        /// The services that a system is made for.
        Purpose = "purpose",
        /// A significant deviation of a system.
        Deviation = "deviation",
        /// The pharmacist.
        Pharmacist = "pharmacist",
    }
}

/// One difference: what, as it was, and as it is. Nothing stands as an empty text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What changed.
    pub matter: Matter,
    /// As it was.
    pub was: String,
    /// As it is.
    pub is: String,
}

/// The differences that matter between an entry as known and as it is now; `None`: it is gone.
#[must_use]
pub fn differences(was: &Entry, is: Option<&Entry>) -> Vec<Difference> {
    let Some(is) = is else {
        return vec![Difference { matter: Matter::Gone, was: was.name.clone(), is: String::new() }];
    };
    let pairs =
        Matter::ALL.iter().map(|matter| Difference { matter: *matter, was: told(*matter, was), is: told(*matter, is) });
    pairs.filter(|pair| pair.was != pair.is).collect()
}

fn told(matter: Matter, entry: &Entry) -> String {
    let fields = |names: &[&str]| names.iter().filter_map(|name| entry.field(name)).collect::<Vec<_>>().join(" ");
    match matter {
        Matter::Gone => String::new(),
        Matter::Validity => {
            let until = entry.valid.until.map(|until| until.civil().date().to_string()).unwrap_or_default();
            format!("{} – {until}", entry.valid.from.civil().date())
        }
        Matter::Name => entry.name.clone(),
        Matter::BusinessId => entry.business_id.clone().unwrap_or_default(),
        Matter::Parent => entry.parent.clone().unwrap_or_default(),
        Matter::RenewalMark => (if entry.renewal_mark() { "T" } else { "F" }).to_owned(),
        Matter::Sector => fields(&["Sektori"]),
        Matter::Activity => {
            fields(&["Terv.toimintayksikkö", "Terv.palveluyksikkö", "Sos.toimintayksikkö", "Sos.palveluyksikkö"])
        }
        Matter::Class => fields(&["Luokka"]),
        Matter::Purpose => fields(&["Käyttötarkoitus"]),
        Matter::Deviation => fields(&["Merkittävä poikkeama"]),
        Matter::Pharmacist => fields(&["ApteekkariOID"]),
    }
}

/// What of a joiner rests on a register's entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resting {
    /// The rights, as positions in the directory's rows.
    pub rights: BTreeSet<usize>,
    /// The access points, likewise.
    pub access_points: BTreeSet<usize>,
}

/// Whose joinings, rights and access points rest on which entries: built once for all changes of an import.
#[derive(Debug, Default)]
pub struct Rests<'d> {
    by_entry: BTreeMap<(RegisterKind, &'d str), BTreeMap<&'d Oid, Resting>>,
}

impl<'d> Rests<'d> {
    /// From the rows of the directory.
    #[must_use]
    pub fn of(joiners: &'d [Joiner], access_points: &'d [AccessPoint], rights: &'d [Right]) -> Self {
        use RegisterKind as K;
        let mut rests = Self::default();
        for joiner in joiners {
            for kind in [K::Sote, K::Professionals, K::Pharmacies, K::Controllers] {
                rests.note((kind, joiner.oid.as_str()), &joiner.oid);
            }
        }
        let mut administered: BTreeMap<&Oid, &AccessPoint> = BTreeMap::new();
        for (at, point) in access_points.iter().enumerate() {
            administered.insert(point.oid.oid(), point);
            for kind in [K::Sote, K::Professionals, K::Pharmacies, K::Intermediaries] {
                rests.note((kind, point.administrator.as_str()), &point.administrator).access_points.insert(at);
            }
            rests.note((K::Systems, &point.system), &point.administrator).access_points.insert(at);
        }
        for (at, right) in rights.iter().enumerate() {
            for kind in [K::Sote, K::Professionals, K::Pharmacies] {
                for of in [Some(&right.joiner), right.unit.as_ref(), right.organiser.as_ref()].into_iter().flatten() {
                    rests.note((kind, of.as_str()), &right.joiner).rights.insert(at);
                }
            }
            rests.note((K::Systems, &right.system), &right.joiner).rights.insert(at);
            if let Some(point) = administered.get(right.access_point.oid()) {
                rests.note((K::Intermediaries, point.administrator.as_str()), &right.joiner).rights.insert(at);
            }
        }
        rests
    }

    fn note(&mut self, entry: (RegisterKind, &'d str), joiner: &'d Oid) -> &mut Resting {
        self.by_entry.entry(entry).or_default().entry(joiner).or_default()
    }

    /// Who rests on an entry, and what of theirs. Units and controllers count for the joiner above them.
    #[must_use]
    pub fn on(&self, kind: RegisterKind, entry: &Entry) -> BTreeMap<&'d Oid, Resting> {
        let own = self.by_entry.get(&(kind, entry.id.as_str()));
        let above = entry.parent.as_deref().and_then(|parent| self.by_entry.get(&(kind, parent)));
        let mut found: BTreeMap<&'d Oid, Resting> = own.cloned().unwrap_or_default();
        for joiner in above.into_iter().flat_map(BTreeMap::keys) {
            // What is below a joiner is its own; the rights that name it are found under it.
            found.entry(joiner).or_default();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifier::AccessPointOid;
    use crate::service_code::{ConnectionModel, Service};
    use crate::time::{Interval, Moment};

    fn entry(id: &str) -> Entry {
        Entry {
            id: id.into(),
            name: "A".into(),
            valid: Interval::from(Moment::from_seconds(0)),
            parent: None,
            business_id: None,
            fields: BTreeMap::new(),
        }
    }

    #[test]
    fn a_file_that_ends_much_gets_a_second_look() {
        let told = [0, 20, 21, 199, 200].map(|gone| shrinks(gone, 200));
        assert_eq!(told, [false, false, true, true, true]);
        assert!(shrinks(1, 1) && !shrinks(9, 20) && !shrinks(0, 0));
    }

    #[test]
    fn only_what_matters_is_told() {
        let was = entry("1");
        let mut is = was.clone();
        is.fields.insert("officetelephone".into(), "1".into());
        assert_eq!(differences(&was, Some(&is)), []);
        is.business_id = Some("1234567-1".into());
        is.fields.insert("Uusimispyyntöjen vastaanotto".into(), "T".into());
        let told = differences(&was, Some(&is));
        assert_eq!(told.iter().map(|d| d.matter).collect::<Vec<_>>(), [Matter::BusinessId, Matter::RenewalMark]);
        assert_eq!((told[0].was.as_str(), told[0].is.as_str()), ("", "1234567-1"));
        assert_eq!(differences(&was, None)[0].matter, Matter::Gone);
    }

    #[test]
    fn joiners_rights_and_points_rest_on_entries() {
        let oid = |text: &str| Oid::parse(text).unwrap();
        let point_oid = AccessPointOid::parse("1.2.246.537.6.918.18.900077.13.1").unwrap();
        let (joiner, unit, other) = (oid("1.2.246.10.1.10.0"), oid("1.2.246.10.1.10.1"), oid("1.2.246.10.2.10.0"));
        let administrator = point_oid.administrator();
        let valid = Interval::from(Moment::from_seconds(0));
        let joiners = [
            Joiner { oid: joiner.clone(), rate: crate::service_code::RateClass::Ordinary, valid },
            Joiner { oid: other, rate: crate::service_code::RateClass::Ordinary, valid },
        ];
        let points = [AccessPoint {
            oid: point_oid.clone(),
            administrator: administrator.clone(),
            system: "900003".into(),
            country: "FI".into(),
            links: Vec::new(),
            certificates: Vec::new(),
            valid,
        }];
        let rights = [Right {
            joiner: joiner.clone(),
            service: Service::RenewalReception,
            access_point: point_oid,
            system: "900001".into(),
            unit: Some(unit.clone()),
            organiser: None,
            model: ConnectionModel::Direct,
            grandfathered: false,
            valid,
        }];
        let rests = Rests::of(&joiners, &points, &rights);
        let told = |kind, id: &str, parent: Option<&Oid>| {
            let entry = Entry { parent: parent.map(ToString::to_string), ..entry(id) };
            let found = rests.on(kind, &entry);
            let row = |(joiner, r): (&&Oid, &Resting)| ((*joiner).clone(), r.rights.len(), r.access_points.len());
            found.iter().map(row).collect::<Vec<_>>()
        };
        use RegisterKind as K;
        assert_eq!(told(K::Sote, joiner.as_str(), None), [(joiner.clone(), 1, 0)]);
        assert_eq!(told(K::Sote, unit.as_str(), Some(&joiner)), [(joiner.clone(), 1, 0)]);
        assert_eq!(told(K::Sote, "1.2.246.10.1.10.9", Some(&joiner)), [(joiner.clone(), 0, 0)]);
        assert_eq!(told(K::Controllers, "1.2.246.10.1.19.0", Some(&joiner)), [(joiner.clone(), 0, 0)]);
        assert_eq!(told(K::Systems, "900001", None), [(joiner.clone(), 1, 0)]);
        assert_eq!(told(K::Systems, "900003", None), [(administrator.clone(), 0, 1)]);
        let through = told(K::Intermediaries, administrator.as_str(), None);
        assert_eq!(through, [(joiner, 1, 0), (administrator, 0, 1)]);
        assert_eq!(told(K::Sote, "1.2.246.10.3.10.0", None), []);
    }
}
