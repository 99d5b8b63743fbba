//! The rows of the rulebook, and asking them.

use super::Severity;
use super::answers::{Answer, Answers, Verdict};
use super::check::{Case, Check};
use crate::plan::{Facts, Plan, Standing};
use crate::refusal::Mender;
use crate::time::{Interval, Moment};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Where a demand stands.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The document: `guide` (with its edition where that decides), `extranet`, `change situations`, `obligation`,
    /// `published` (other public pages and sample files).
    pub document: String,
    /// The chapter, where the document has chapters.
    #[serde(default)]
    pub chapter: String,
}

/// A rule.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id; the Fluent key is `rule-` and the id.
    pub id: String,
    /// First day in force; absent: always was.
    from: Option<String>,
    /// First day not in force any more.
    until: Option<String>,
    /// How much it weighs.
    pub severity: Severity,
    /// Where it stands; two where the sources say different things.
    pub sources: Vec<Source>,
    /// Whether its values are ours, because the sources leave them open.
    #[serde(default)]
    pub assumed: bool,
    /// Who can mend it.
    pub mender: Mender,
    /// The keys of a plan that say that it is kept, where that is not plain from the place.
    pub plan: Option<String>,
    /// The check it is bound to, with its values.
    pub check: Check,
    #[serde(skip)]
    valid: Option<Interval>,
}

/// What a rule says of a plan.
#[derive(Clone, Debug)]
pub struct Outcome<'b> {
    /// The rule.
    pub rule: &'b Rule,
    /// Its answers; none: it does not concern the plan.
    pub answers: Vec<Answer>,
}

/// Why rows are not a rulebook.
#[derive(Debug, thiserror::Error)]
pub enum RulebookError {
    /// A file cannot be read; the text says line, key and what was expected.
    #[error("{file}: {problem}")]
    File {
        /// Which.
        file: String,
        /// What is wrong.
        problem: String,
    },
    /// A row contradicts itself or another.
    #[error("rule {id}: {problem}")]
    Row {
        /// Which.
        id: String,
        /// What is wrong.
        problem: String,
    },
}

/// Rules of all times.
#[derive(Clone, Debug, Default)]
pub struct Rulebook {
    rules: Vec<Rule>,
}

/// The files of the rulebook, in the order people read them.
const FILES: [(&str, &str); 10] = [
    ("registers.toml", include_str!("../../../../rules/registers.toml")),
    ("services.toml", include_str!("../../../../rules/services.toml")),
    ("models.toml", include_str!("../../../../rules/models.toml")),
    ("systems.toml", include_str!("../../../../rules/systems.toml")),
    ("access-points.toml", include_str!("../../../../rules/access-points.toml")),
    ("links.toml", include_str!("../../../../rules/links.toml")),
    ("certificates.toml", include_str!("../../../../rules/certificates.toml")),
    ("applying.toml", include_str!("../../../../rules/applying.toml")),
    ("deployment.toml", include_str!("../../../../rules/deployment.toml")),
    ("changes.toml", include_str!("../../../../rules/changes.toml")),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "rule")]
    rules: Vec<Rule>,
}

/// The rows are compiled in, and a test holds that they load; so the empty book of a failure cannot come to be.
static STANDARD: LazyLock<Rulebook> = LazyLock::new(|| Rulebook::load(&FILES).unwrap_or_default());

impl Rule {
    /// When it is in force.
    #[must_use]
    pub fn valid(&self) -> Interval {
        self.valid.unwrap_or(Interval::from(Moment::from_micros(i64::MIN)))
    }

    /// What it says of a plan.
    #[must_use]
    pub fn ask(&self, plan: &Plan, facts: &Facts) -> Vec<Answer> {
        let mut answers = Answers::default();
        self.check.ask(&Case { plan, facts }, &mut answers);
        if plan.standing == Standing::Administers {
            answers.0.retain(|answer| answer.place.starts_with("access_point"));
        }
        answers.0
    }

    fn dated(mut self) -> Result<Self, RulebookError> {
        let wrong = |problem: String| RulebookError::Row { id: self.id.clone(), problem };
        let day = |text: &Option<String>| text.as_deref().map(Moment::parse).transpose();
        let from = day(&self.from).map_err(|e| wrong(format!("from: {e}")))?;
        let until = day(&self.until).map_err(|e| wrong(format!("until: {e}")))?;
        let from = from.unwrap_or(Moment::from_micros(i64::MIN));
        if until.is_some_and(|until| until <= from) {
            return Err(wrong("until: ends before it begins".into()));
        }
        if self.sources.is_empty() {
            return Err(wrong("sources: at least one".into()));
        }
        self.valid = Some(Interval::new(from, until));
        Ok(self)
    }
}

impl Outcome<'_> {
    /// The worst of its answers; `None`: the rule does not concern the plan.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.answers.iter().map(|answer| answer.verdict).max()
    }
}

impl Rulebook {
    /// The rulebook that the program was built with.
    #[must_use]
    pub fn standard() -> &'static Self {
        &STANDARD
    }

    /// Reads rows from files (name and text).
    ///
    /// # Errors
    /// [`RulebookError`]: the first row that cannot be taken.
    pub fn load(files: &[(&str, &str)]) -> Result<Self, RulebookError> {
        let mut rules = Vec::new();
        let mut ids = BTreeSet::new();
        for (name, text) in files {
            let bad = |error: toml::de::Error| RulebookError::File { file: (*name).into(), problem: error.to_string() };
            let file: File = toml::from_str(text).map_err(bad)?;
            for rule in file.rules {
                if !ids.insert(rule.id.clone()) {
                    return Err(RulebookError::Row { id: rule.id, problem: "stands twice".into() });
                }
                rules.push(rule.dated()?);
            }
        }
        Ok(Self { rules })
    }

    /// Every rule, of all times.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules in force at a time.
    pub fn at(&self, time: Moment) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.valid().contains(time))
    }

    /// The most days that some checks of the rules in force at a time ask for; none ask: 0.
    #[must_use]
    pub fn most_days(&self, time: Moment, of: impl Fn(&Check) -> Option<i64>) -> i64 {
        self.at(time).filter_map(|rule| of(&rule.check)).max().unwrap_or(0)
    }

    /// So many days before a unit ends its mark of receiving renewal requests is off, by the rules of a day (change situations).
    #[must_use]
    pub fn mark_off_days(&self, time: Moment) -> i64 {
        self.most_days(time, |check| if let Check::MarkOff { days } = check { Some(*days) } else { None })
    }

    /// The rule with an id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// Asks every rule in force at a time about a plan; rules that do not concern it are left out.
    #[must_use]
    pub fn check(&self, plan: &Plan, facts: &Facts, time: Moment) -> Vec<Outcome<'_>> {
        let asked = self.at(time).map(|rule| Outcome { rule, answers: rule.ask(plan, facts) });
        asked.filter(|outcome| !outcome.answers.is_empty()).collect()
    }
}
