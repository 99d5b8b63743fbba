//! Social care's obligation to join (`domain.md` section 12): who has joined, who comes, who is late, and what a system has to do by when.

mod functions;

pub use functions::{Declared, Function, MAX_SOURCE, Said, Verdict, functions};

use crate::county::County;
use crate::identifier::Oid;
use crate::register::{Entry, Sector};
use crate::service_code::codes;
use crate::time::Moment;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

codes! {
    /// How far somebody has come who has to join.
    Standing {
        /// Nothing is known of it here.
        Nothing = "nothing",
        /// It has enrolled for deployment.
        Enrolled = "enrolled",
        /// It has begun an application.
        Applying = "applying",
        /// It is let in from a day that is to come.
        Approved = "approved",
        /// It uses the service.
        Joined = "joined",
    }
}

codes! {
    /// What is recorded in structured form: by service task, and recordings of whichever.
    Item {
        /// Services for the elderly.
        Elderly = "elderly",
        /// Services for families with children.
        Families = "families",
        /// Services for people of working age.
        WorkingAge = "working-age",
        /// Child protection.
        ChildProtection = "child-protection",
        /// Disability services.
        Disability = "disability",
        /// Family law services.
        FamilyLaw = "family-law",
        /// Special services for substance use and dependency.
        Substance = "substance",
        /// Video and sound recordings.
        Recordings = "recordings",
    }
}

impl Item {
    /// Whether it is a service task, and not what is recorded in whichever.
    #[must_use]
    pub const fn is_task(self) -> bool {
        !matches!(self, Self::Recordings)
    }

    /// The service tasks.
    pub fn tasks() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|item| item.is_task())
    }
}

codes! {
    /// When a system has a function.
    Phase {
        /// In a system of the first phase.
        First = "first",
        /// In one of the second.
        Second = "second",
        /// In one that fulfils the obligation.
        Obligation = "obligation",
    }
}

/// The values of `rules/obligation.toml`.
#[derive(Debug, Default)]
pub struct Obligation {
    /// By when everybody has joined.
    pub joined_by: Option<Moment>,
    /// What is recorded in structured form from when, and whether that is assumed.
    pub items: Vec<(Item, Moment, bool)>,
    /// What a system does in each phase.
    pub functions: Vec<(Phase, Vec<String>)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    joined_by: String,
    items: Vec<WrittenItem>,
    functions: Vec<WrittenPhase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenItem {
    code: Item,
    from: String,
    #[serde(default)]
    assumed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPhase {
    phase: Phase,
    codes: Vec<String>,
}

/// Compiled in; a test holds that it loads.
static OBLIGATION: LazyLock<Obligation> = LazyLock::new(|| {
    let written: Option<Written> = toml::from_str(include_str!("../../../../rules/obligation.toml")).ok();
    let read = |written: Written| Obligation {
        joined_by: Moment::parse(&written.joined_by).ok(),
        items: written
            .items
            .into_iter()
            .filter_map(|item| Some((item.code, Moment::parse(&item.from).ok()?, item.assumed)))
            .collect(),
        functions: written.functions.into_iter().map(|part| (part.phase, part.codes)).collect(),
    };
    written.map(read).unwrap_or_default()
});

impl Obligation {
    /// As it is written.
    #[must_use]
    pub fn standard() -> &'static Self {
        &OBLIGATION
    }

    /// Whether everybody should have joined by now.
    #[must_use]
    pub fn is_due(&self, now: Moment) -> bool {
        self.joined_by.is_some_and(|by| by <= now)
    }
}

/// Somebody who has to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obliged {
    /// Who: the operating unit that acts in its own name.
    pub oid: Oid,
    /// What it is called.
    pub name: String,
    /// Who is behind it.
    pub sector: Option<Sector>,
    /// Its municipality, as its register writes it.
    pub place: Option<String>,
    /// The county that it is in.
    pub county: Option<&'static County>,
    /// How far it has come.
    pub standing: Standing,
    /// Its service tasks, as it has said itself: no register that is read has them.
    pub tasks: Option<BTreeSet<Item>>,
    /// Whether the best of the systems that it uses the service with fulfils the obligation; nothing while it uses none.
    pub fulfils: Option<Verdict>,
}

/// What is known of somebody who has to join.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// How far it has come.
    pub standing: Standing,
    /// What it has said of its service tasks.
    pub tasks: Option<BTreeSet<Item>>,
    /// Whether the best of its systems fulfils the obligation.
    pub fulfils: Option<Verdict>,
}

impl Default for Known {
    fn default() -> Self {
        Self { standing: Standing::Nothing, tasks: None, fulfils: None }
    }
}

/// Those of the register's entries that have to join: in force, in social care, and right below nobody who is. Whoever is right above one may have joined for it.
/// Those who come last first, by name. `known`: how far somebody has come, what it has said of its service tasks, and whether its system fulfils the obligation.
#[must_use]
pub fn obliged(social: &[Entry], now: Moment, known: impl Fn(&Oid) -> Known) -> Vec<Obliged> {
    let in_force = || social.iter().filter(|entry| entry.valid.contains(now) && entry.in_social_care() == Some(true));
    let ids: BTreeSet<&str> = in_force().map(|entry| entry.id.as_str()).collect();
    let below =
        |entry: &&Entry| entry.parent.as_deref().is_some_and(|parent| parent != entry.id && ids.contains(parent));
    let known = &known;
    let one = |entry: &Entry| {
        let oid = Oid::parse(&entry.id).ok()?;
        let above = entry.parent.as_deref().and_then(|parent| Oid::parse(parent).ok());
        let (own, above) = (known(&oid), above.as_ref().map(known).unwrap_or_default());
        let (tasks, fulfils) = (own.tasks.or(above.tasks), own.fulfils.max(above.fulfils));
        let standing = own.standing.max(above.standing);
        let (name, sector, place) = (entry.name.clone(), entry.sector(), entry.place().map(str::to_owned));
        Some(Obliged { oid, name, sector, place, county: entry.county(), standing, tasks, fulfils })
    };
    let mut all: Vec<Obliged> = in_force().filter(|entry| !below(entry)).filter_map(one).collect();
    all.sort_by(|one, other| (one.standing, &one.name, &one.oid).cmp(&(other.standing, &other.name, &other.oid)));
    all
}

impl Obliged {
    /// Whether it has a service task, by its own word; without one whether it has said nothing.
    #[must_use]
    pub fn works_in(&self, task: Option<Item>) -> bool {
        match task {
            Some(task) => self.tasks.as_ref().is_some_and(|tasks| tasks.contains(&task)),
            None => self.tasks.is_none(),
        }
    }
}

/// How many of some have joined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many have joined.
    pub joined: usize,
    /// How many have to.
    pub all: usize,
}

impl Tally {
    /// Of those whom the obligation concerns.
    pub fn of<'a>(some: impl IntoIterator<Item = &'a Obliged>) -> Self {
        some.into_iter().fold(Self::default(), |tally, one| Self {
            joined: tally.joined + usize::from(one.standing == Standing::Joined),
            all: tally.all + 1,
        })
    }
}

/// The service tasks, and `None`: those who have not said in which they work.
pub fn tasks() -> impl Iterator<Item = Option<Item>> {
    Item::tasks().map(Some).chain([None])
}

/// How many have joined of those in one county.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InCounty {
    /// Which; `None`: of whom no register says where they are.
    pub county: Option<&'static County>,
    /// All of them.
    pub tally: Tally,
    /// Those who work in each of [`tasks`]; whoever works in several counts in each.
    pub by_task: Vec<(Option<Item>, Tally)>,
}

/// How many have joined in each county where somebody has to, by service task; those of whom nobody knows where they are come last.
#[must_use]
pub fn by_county(all: &[Obliged]) -> Vec<InCounty> {
    let mut counties: BTreeMap<(bool, Option<&'static County>), Vec<&Obliged>> = BTreeMap::new();
    for one in all {
        counties.entry((one.county.is_none(), one.county)).or_default().push(one);
    }
    let counted = |((_, county), there): (_, Vec<&Obliged>)| {
        let tally = |task| (task, Tally::of(there.iter().copied().filter(|one| one.works_in(task))));
        InCounty { county, tally: Tally::of(there.iter().copied()), by_task: tasks().map(tally).collect() }
    };
    counties.into_iter().map(counted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Interval;

    #[test]
    fn what_is_written_is_read_whole() {
        let obligation = Obligation::standard();
        assert_eq!(obligation.joined_by.map(|by| by.to_string()).as_deref(), Some("2026-08-31T21:00:00Z"));
        let items: Vec<Item> = obligation.items.iter().map(|(item, ..)| *item).collect();
        assert_eq!(items, Item::ALL);
        let phases: Vec<(Phase, usize)> =
            obligation.functions.iter().map(|(phase, codes)| (*phase, codes.len())).collect();
        assert_eq!(phases, [(Phase::First, 11), (Phase::Second, 8), (Phase::Obligation, 6)]);
        let at = |day: &str| Moment::parse(day).unwrap();
        assert!(!obligation.is_due(at("2026-08-31")) && obligation.is_due(at("2026-09-01")));
    }

    #[test]
    fn whoever_works_in_social_care_has_to_join_once() {
        let now = Moment::from_seconds(15);
        let entry = |id: &str, parent: Option<&str>, fields: &[(&str, &str)]| Entry {
            id: id.to_owned(),
            name: format!("N {id}"),
            valid: Interval::new(
                Moment::from_seconds(10),
                Some(Moment::from_seconds(if id == "1.2.9" { 15 } else { 20 })),
            ),
            parent: parent.map(str::to_owned),
            business_id: None,
            fields: fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        };
        let social = ("Sos.toimintayksikkö", "T");
        let private = ("Sektori", "2 yksityinen");
        let entries = [
            entry("1.2.0", None, &[social, ("Sektori", "1 julkinen")]),
            entry("1.2.1", Some("1.2.0"), &[social]),
            entry("1.3.0", None, &[("Sos.toimintayksikkö", "F")]),
            entry("1.3.1", Some("1.3.0"), &[social, private, ("Sijainti kunta", "091 Helsinki")]),
            entry("1.2.9", None, &[social]),
            entry("1.4.0", Some("1.4.0"), &[social, private, ("Sijainti kunta", "091 Helsinki")]),
            entry("no oid", None, &[social]),
        ];
        let known = |joined: &'static str| {
            move |oid: &Oid| Known {
                standing: if oid.as_str() == joined { Standing::Joined } else { Standing::Nothing },
                tasks: (oid.as_str() == "1.3.0").then(|| BTreeSet::from([Item::Elderly, Item::Families])),
                fulfils: (oid.as_str() == joined).then_some(Verdict::Lacks),
            }
        };
        let all = obliged(&entries, now, known("1.3.1"));
        let told: Vec<_> = all.iter().map(|one| (one.oid.as_str(), one.standing)).collect();
        assert_eq!(obliged(&entries, now, known("1.3.0")), all, "joined for its unit");
        assert_eq!(all.iter().map(|one| one.fulfils).collect::<Vec<_>>(), [None, None, Some(Verdict::Lacks)]);
        // What whoever is right above has said is said for it; of the others nothing is known.
        assert_eq!(told, [("1.2.0", Standing::Nothing), ("1.4.0", Standing::Nothing), ("1.3.1", Standing::Joined)]);
        let numbers = |tally: Tally| (tally.joined, tally.all);
        let told = |of: InCounty| {
            let tasks = of.by_task.into_iter().map(|(task, tally)| (task, numbers(tally)));
            let tasks: Vec<_> = tasks.filter(|(_, (_, all))| *all > 0).collect();
            (of.county.map(|county| county.code.as_str()), numbers(of.tally), tasks)
        };
        let in_helsinki = vec![(Some(Item::Elderly), (1, 1)), (Some(Item::Families), (1, 1)), (None, (0, 1))];
        let nowhere = vec![(None, (0, 1))];
        let counties: Vec<_> = by_county(&all).into_iter().map(told).collect();
        assert_eq!(counties, [(Some("90"), (1, 2), in_helsinki), (None, (0, 1), nowhere)]);
        // A county's own provider stands in no municipality.
        let named = |sector| Entry {
            name: "Kainuun hyvinvointialue".to_owned(),
            ..entry("1.5.0", None, &[("Sektori", sector)])
        };
        let county = |sector| named(sector).county().map(|county| county.code.as_str());
        assert_eq!((county("1 julkinen"), county("2 yksityinen")), (Some("20"), None));
    }
}
