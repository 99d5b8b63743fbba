//! What a check says, place by place.

use crate::time::Moment;
use crate::typed::is_unseen;
use serde::Serialize;
use std::fmt::Display;

/// What a rule says of one place of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The rule is kept.
    Kept,
    /// A fact that the rule needs is not known.
    NotChecked,
    /// The rule is broken.
    Broken,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What the rule says.
    pub verdict: Verdict,
    /// Where in the plan: the keys of the file, tables of a list counted from 1.
    pub place: String,
    /// What stands there, or what is missing.
    pub found: String,
}

/// What a plan says, with letters that would steer a terminal or turn the text around made visible.
#[must_use]
pub fn visible(text: &str) -> String {
    let steers = |letter: char| letter.is_control() || is_unseen(letter);
    if !text.contains(steers) {
        return text.to_owned();
    }
    let shown = |letter: char| if steers(letter) { letter.escape_unicode().to_string() } else { letter.to_string() };
    text.chars().map(shown).collect()
}

/// A day as a plan writes it.
pub(super) fn day(moment: Moment) -> String {
    moment.civil().date().to_string()
}

/// Answers as a check gives them; none at all: the rule does not concern the plan.
#[derive(Debug, Default)]
pub(super) struct Answers(pub(super) Vec<Answer>);

impl Answers {
    /// Kept or broken.
    pub(super) fn judge(&mut self, place: impl Display, kept: bool, found: impl Display) {
        let verdict = if kept { Verdict::Kept } else { Verdict::Broken };
        self.0.push(Answer { verdict, place: place.to_string(), found: visible(&found.to_string()) });
    }

    /// A fact is missing: not checked.
    pub(super) fn unknown(&mut self, place: impl Display) {
        self.0.push(Answer { verdict: Verdict::NotChecked, place: place.to_string(), found: String::new() });
    }

    /// Kept when the fact is true, broken when it is false, not checked when it is not known.
    pub(super) fn fact(&mut self, place: impl Display, fact: Option<bool>) {
        match fact {
            Some(kept) => self.judge(place, kept, kept),
            None => self.unknown(place),
        }
    }

    /// Judges a fact where it is known.
    pub(super) fn known<T: Display>(&mut self, place: impl Display, fact: Option<T>, kept: impl FnOnce(&T) -> bool) {
        match fact {
            Some(found) => self.judge(place, kept(&found), &found),
            None => self.unknown(place),
        }
    }
}
