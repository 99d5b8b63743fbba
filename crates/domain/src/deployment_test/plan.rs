//! The cases, as their file says them.

use super::{Content, Deed, MOST_PERSONS, People, Stage, persons};
use crate::archive::Ground;
use crate::refusal::RefusalCode;
use crate::service_code::Service;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Largest file of cases, in bytes.
pub const MAX_CASES_BYTES: usize = 256 * 1024;
/// Most cases of a file, and longest id of one.
const MOST_CASES: usize = 200;
const LONGEST_ID: usize = 40;
/// What a case of a document from before the change is of.
pub(super) const BEFORE: &str = "before";

/// A case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its id, by which it has its texts.
    pub id: String,
    /// For which services.
    pub services: Vec<Service>,
    /// When.
    pub stages: Vec<Stage>,
    /// Only where this function is tested; nothing: always.
    #[serde(default)]
    pub function: Option<String>,
    /// Only with these systems; none: with every one.
    #[serde(default)]
    pub systems: Vec<String>,
    /// What is done.
    pub deed: Deed,
    /// With the document of which case; `before`: with one of the test before the change.
    #[serde(default)]
    pub of: Option<String>,
    /// Why it must have been let.
    #[serde(default)]
    pub ground: Option<Ground>,
    /// Why it must be refused.
    #[serde(default)]
    pub code: Option<RefusalCode>,
    /// Who is needed.
    pub people: Vec<People>,
    /// In which stages a document of an earlier test serves.
    #[serde(default)]
    pub reuse: Vec<Stage>,
    /// What it is called in Finnish, Swedish and English, where the program has no texts for it.
    #[serde(default)]
    pub title: Option<[String; 3]>,
}

impl Case {
    /// Whether a program can do it by itself, with the system's certificates and nothing else.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.ground.is_none()
    }

    /// Whether it makes sense only where documents have come from somebody before.
    #[must_use]
    pub fn needs_before(&self) -> bool {
        self.of.as_deref() == Some(BEFORE) || self.deed == Deed::Refused
    }

    /// Whether it is made in a test.
    fn is_of(&self, (service, stage, system): (Service, Stage, &str), functions: &[String]) -> bool {
        self.services.contains(&service)
            && self.stages.contains(&stage)
            && (self.systems.is_empty() || self.systems.iter().any(|one| one == system))
            && self.function.as_ref().is_none_or(|function| functions.contains(function))
    }
}

/// What is tested at a stage.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageOf {
    /// When.
    pub code: Stage,
    /// The services.
    pub services: Vec<Service>,
}

/// The cases of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cases {
    /// The test clients.
    pub persons: Vec<String>,
    /// What is tested when.
    #[serde(rename = "stage")]
    pub stages: Vec<StageOf>,
    /// The cases, in the order in which they are made.
    #[serde(rename = "case")]
    pub cases: Vec<Case>,
}

/// Why a file of cases is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CasesError {
    /// It is larger than [`MAX_CASES_BYTES`].
    #[error("the file has more than {MAX_CASES_BYTES} bytes")]
    TooLarge,
    /// It is no such file: in which line, and why; never what stands there.
    #[error("line {0}: {1}")]
    Form(usize, String),
    /// A person that is not of the 900 series, by its place; never who.
    #[error("persons[{0}]: not a test identity of the 900 series: deployment tests are made with nobody else")]
    Person(usize),
    /// A case that says something impossible.
    #[error("case {0}: {1}")]
    Case(String, &'static str),
}

/// Compiled in; a test holds that it loads.
static CASES: LazyLock<Cases> =
    LazyLock::new(|| Cases::read(include_str!("../../../../rules/deployment-tests.toml")).unwrap_or_default());

impl Cases {
    /// As they are written.
    #[must_use]
    pub fn standard() -> &'static Self {
        &CASES
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`CasesError`].
    pub fn read(text: &str) -> Result<Self, CasesError> {
        if text.len() > MAX_CASES_BYTES {
            return Err(CasesError::TooLarge);
        }
        let form = |error: toml::de::Error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            CasesError::Form(before.matches('\n').count() + 1, error.message().to_owned())
        };
        let mut read: Self = toml::from_str(text).map_err(form)?;
        for (place, person) in read.persons.iter_mut().enumerate() {
            let one: Result<[String; 1], _> = persons(person).unwrap_or_default().try_into();
            [*person] = one.map_err(|_| CasesError::Person(place + 1))?;
        }
        if read.persons.len() > MOST_PERSONS {
            return Err(CasesError::Person(MOST_PERSONS + 1));
        }
        let ids: BTreeSet<&str> = read.cases.iter().map(|case| case.id.as_str()).collect();
        if read.cases.len() > MOST_CASES || ids.len() != read.cases.len() {
            return Err(CasesError::Case(String::new(), "more than may be, or two with one id"));
        }
        let mut before = BTreeSet::from([BEFORE]);
        for case in &read.cases {
            if let Some(wrong) = wrong(case, &before) {
                return Err(CasesError::Case(case.id.chars().take(LONGEST_ID).collect(), wrong));
            }
            before.insert(&case.id);
        }
        Ok(read)
    }

    /// The cases of a test.
    #[must_use]
    pub fn of(&self, about: (Service, Stage, &str), functions: &[String]) -> Vec<Case> {
        let tested = self.services(about.1).contains(&about.0);
        self.cases.iter().filter(|case| tested && case.is_of(about, functions)).cloned().collect()
    }

    /// The functions that may be tested beside what every system does.
    #[must_use]
    pub fn functions(&self, service: Service, stage: Stage) -> BTreeSet<&str> {
        let of = self.cases.iter().filter(|case| case.services.contains(&service) && case.stages.contains(&stage));
        of.filter_map(|case| case.function.as_deref()).collect()
    }

    /// The services that are tested at a stage.
    #[must_use]
    pub fn services(&self, stage: Stage) -> BTreeSet<Service> {
        let of = self.stages.iter().filter(|one| one.code == stage);
        of.flat_map(|one| one.services.iter().copied()).collect()
    }
}

fn wrong(case: &Case, before: &BTreeSet<&str>) -> Option<&'static str> {
    let plain = |text: &str| {
        let fits = !text.is_empty() && text.len() <= LONGEST_ID;
        fits && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !plain(&case.id) || case.id == BEFORE || !case.function.as_deref().is_none_or(plain) {
        return Some("id and function are of small letters, digits and hyphens, 40 at most");
    }
    if case.services.is_empty() || case.stages.is_empty() || case.people.is_empty() {
        return Some("services, stages and people are needed");
    }
    if case.of.as_deref().is_some_and(|of| !before.contains(of)) {
        return Some("of: names no case that stands before it");
    }
    if matches!(case.deed, Deed::Replaced | Deed::Invalidated | Deed::Fetched)
        && case.of.is_none()
        && case.ground.is_none()
    {
        return Some("of: what is replaced, declared void or read is a document of a case");
    }
    if (case.deed == Deed::Refused) != case.code.is_some() {
        return Some("code: of what is refused, and of nothing else");
    }
    None
}

impl Content {
    /// A case of the test.
    #[must_use]
    pub fn case(&self, id: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.id == id)
    }
}
