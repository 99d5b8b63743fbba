//! What happens, as somebody says it: the readable file of `liitos change plan`.

use crate::identifier::Oid;
use crate::plan::{Expected, Mistake, Problem, Readable, Value, Written, day};
use crate::time::Moment;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeSet;

/// Most things that happen in one change, of each kind; and most joiners and units of one merger: those of a large county.
const MOST: usize = 1_000;

/// An organisational change. Keys are those of the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Story {
    /// The day at whose beginning, in Helsinki, all of it happens.
    #[serde(deserialize_with = "day", serialize_with = "as_day")]
    pub day: Moment,
    /// What people call it.
    #[serde(default)]
    pub title: String,
    /// Joiners that become one.
    #[serde(default, rename = "merger")]
    pub mergers: Vec<Merger>,
    /// Units that move from one joiner to another.
    #[serde(default, rename = "unit")]
    pub units: Vec<UnitMoves>,
    /// Joiners, pharmacies among them, that go on under another number: another Business ID, another pharmacist.
    #[serde(default, rename = "renumbered")]
    pub renumbered: Vec<Renumbered>,
    /// Joiners whose activity ends.
    #[serde(default, rename = "ending")]
    pub endings: Vec<Ending>,
}

/// Joiners that become one: a new one, or one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merger {
    /// Who.
    pub joiners: Vec<Oid>,
    /// Into whom.
    pub into: Oid,
    /// Which of its controllers takes the documents, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<Oid>,
    /// Their units that get another number.
    #[serde(default, rename = "unit")]
    pub units: Vec<UnitBecomes>,
}

/// A unit that gets another number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitBecomes {
    /// The unit.
    pub oid: Oid,
    /// Its number then.
    pub becomes: Oid,
}

/// A unit that moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitMoves {
    /// The unit.
    pub oid: Oid,
    /// From which joiner.
    pub from: Oid,
    /// To which.
    pub to: Oid,
    /// Its number then, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Oid>,
    /// Which of its controllers takes the documents, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<Oid>,
}

/// A joiner that goes on under another number: that is a new joining (change situations).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Renumbered {
    /// Until then.
    pub from: Oid,
    /// From then on.
    pub to: Oid,
    /// Which of its controllers takes the documents, where it has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller: Option<Oid>,
    /// Its units that get another number.
    #[serde(default, rename = "unit")]
    pub units: Vec<UnitBecomes>,
}

/// A joiner whose activity ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    /// Whose.
    pub joiner: Oid,
    /// Whose its documents are then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custodian: Option<Oid>,
}

fn as_day<S: Serializer>(day: &Moment, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&day.civil().date())
}

impl Story {
    /// Those to whom something happens, or who go on for them; units not.
    #[must_use]
    pub fn joiners(&self) -> BTreeSet<&Oid> {
        let merged = self.mergers.iter().flat_map(|merger| merger.joiners.iter().chain([&merger.into]));
        let renumbered = self.renumbered.iter().flat_map(|one| [&one.from, &one.to]);
        let ended = self.endings.iter().map(|ending| &ending.joiner);
        let given = self.units.iter().flat_map(|unit| [&unit.from, &unit.to]);
        merged.chain(renumbered).chain(ended).chain(given).collect()
    }

    /// Whether somebody passes into another, ends, or gives a unit away.
    #[must_use]
    pub fn gives(&self, joiner: &Oid) -> bool {
        self.moved().contains(joiner) || self.units.iter().any(|unit| unit.from == *joiner)
    }

    /// What goes from where it is: whoever passes into another or ends, and units that move or get another number. Two changes of the same are one too many.
    #[must_use]
    pub fn moved(&self) -> BTreeSet<&Oid> {
        let merged = self.mergers.iter().flat_map(|merger| merger.joiners.iter().filter(|oid| **oid != merger.into));
        let renumbered = self.renumbered.iter().map(|one| &one.from);
        let ended = self.endings.iter().map(|ending| &ending.joiner);
        let becoming = self.mergers.iter().map(|one| &one.units).chain(self.renumbered.iter().map(|one| &one.units));
        let units = becoming.flatten().map(|unit| &unit.oid).chain(self.units.iter().map(|unit| &unit.oid));
        merged.chain(renumbered).chain(ended).chain(units).collect()
    }

    /// Everybody to whom something happens, or who goes on for somebody: joiners and units.
    #[must_use]
    pub fn parties(&self) -> BTreeSet<&Oid> {
        let mut all: BTreeSet<&Oid> = BTreeSet::new();
        for merger in &self.mergers {
            all.extend(merger.joiners.iter().chain([&merger.into]));
        }
        for renumbered in &self.renumbered {
            all.extend([&renumbered.from, &renumbered.to]);
        }
        for ending in &self.endings {
            all.extend([&ending.joiner].into_iter().chain(&ending.custodian));
        }
        for unit in &self.units {
            all.extend([&unit.oid, &unit.from, &unit.to].into_iter().chain(&unit.becomes));
        }
        let renumbered = self.mergers.iter().map(|one| &one.units).chain(self.renumbered.iter().map(|one| &one.units));
        all.extend(renumbered.flatten().flat_map(|unit| [&unit.oid, &unit.becomes]));
        all
    }

    /// Reads a change in TOML.
    ///
    /// # Errors
    /// Every mistake, up to [`crate::plan::MAX_MISTAKES`].
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        Written::toml(text).map_err(|mistake| vec![mistake])?.read()
    }

    /// Reads a change in JSON, with the same keys: as it is kept, and as programs send it.
    ///
    /// # Errors
    /// Every mistake, up to [`crate::plan::MAX_MISTAKES`].
    pub fn from_json(bytes: &[u8]) -> Result<Self, Vec<Mistake>> {
        Written::json(bytes).map_err(|mistake| vec![mistake])?.read()
    }
}

impl Readable for Story {
    fn substitute(place: &str) -> Option<Value> {
        let key = place.rsplit('.').next().unwrap_or_default();
        match key {
            "day" => Some(Value::Text("2027-01-01".to_owned())),
            "joiners" => Some(Value::List(Vec::new())),
            "into" | "oid" | "becomes" | "from" | "to" | "joiner" | "controller" => {
                Some(Value::Text("1.2.246.10.1.10.0".to_owned()))
            }
            _ => None,
        }
    }

    fn sound(&self, mistakes: &mut Vec<Mistake>) {
        if self.day != self.day.midnight() {
            let found = self.day.to_string();
            mistakes.push(Mistake::new("day".into(), Problem::Value { found, expected: Expected::Day }));
        }
        let mut limited = |place: String, count: usize| {
            if count > MOST {
                mistakes.push(Mistake::new(place, Problem::TooMany { count, most: MOST }));
            }
        };
        limited("merger".into(), self.mergers.len());
        limited("unit".into(), self.units.len());
        limited("renumbered".into(), self.renumbered.len());
        limited("ending".into(), self.endings.len());
        for (n, merger) in (1..).zip(&self.mergers) {
            limited(format!("merger[{n}].joiners"), merger.joiners.len());
            limited(format!("merger[{n}].unit"), merger.units.len());
        }
        for (n, renumbered) in (1..).zip(&self.renumbered) {
            limited(format!("renumbered[{n}].unit"), renumbered.units.len());
        }
    }
}
