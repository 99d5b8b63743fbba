//! Whether what came out is what a case asks for.

use super::plan::BEFORE;
use super::{Case, Content, Deed, Seen, Stored, Word};
use crate::archive::Ground;
use crate::service_code::codes;
use crate::time::Moment;
use std::collections::BTreeMap;

codes! {
    /// How a case stands.
    Answer {
        /// Nothing of it has been seen.
        Nothing = "nothing",
        /// What it is of has not been done.
        Waits = "waits",
        /// The archive has it; no gateway has told of it yet.
        NotAtGateway = "not-at-gateway",
        /// It came through an access point that is not tested.
        OtherPoint = "other-point",
        /// It was done with another document, or in another register.
        OtherDocument = "other-document",
        /// Nothing was found.
        FoundNothing = "found-nothing",
        /// It is there, and nobody has said yet whether it went as it should.
        Seen = "seen",
        /// It is done.
        Passed = "passed",
        /// Somebody said that it did not go as it should.
        Failed = "failed",
    }
}

impl Answer {
    /// Whether somebody may say that it went well.
    #[must_use]
    pub const fn may_pass(self) -> bool {
        matches!(self, Self::Seen)
    }
}

/// How a case stands, and by what that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// How it stands.
    pub answer: Answer,
    /// What came out.
    pub seen: Option<Seen>,
    /// What was said of it last.
    pub word: Option<Word>,
}

/// How the cases of a test stand: by what was seen since it began, documents of earlier tests that serve, and what was said last of each.
///
/// A case that went well rests on what was kept with that word, whatever is seen later. After a bad word only what comes after it counts.
#[must_use]
pub fn judge(
    content: &Content,
    (seen, earlier): (&[Seen], &[Seen]),
    words: &BTreeMap<String, Word>,
) -> BTreeMap<String, Look> {
    let mut looks: BTreeMap<String, Look> = BTreeMap::new();
    for case in &content.cases {
        let word = words.get(&case.id).cloned();
        let look = match word {
            Some(word) if holds(content, case, &word, &looks) => {
                Look { answer: Answer::Passed, seen: word.seen.clone(), word: Some(word) }
            }
            word => {
                let since = word.as_ref().map(|word| word.at);
                let served = case.reuse.contains(&content.stage) && since.is_none();
                let (answer, seen) = asked(content, case, (seen, if served { earlier } else { &[] }), (&looks, since));
                // What was said stands until something else is seen.
                let answer = if word.is_some() && seen.is_none() { Answer::Failed } else { answer };
                Look { answer, seen, word }
            }
        };
        looks.insert(case.id.clone(), look);
    }
    looks
}

/// Whether what was said of a case still stands: that it went well, by what both logs have, with what the case that it is of made.
fn holds(content: &Content, case: &Case, word: &Word, looks: &BTreeMap<String, Look>) -> bool {
    let of = case.of.as_ref().and_then(|of| looks.get(of)?.seen.as_ref());
    word.fine && word.seen.as_ref().is_some_and(|seen| seen.is_whole() && fits(content, case, of, seen))
}

/// What of all that was seen is what a case asks for: the newest; or how it fails to be.
fn asked(
    content: &Content,
    case: &Case,
    (seen, earlier): (&[Seen], &[Seen]),
    (looks, since): (&BTreeMap<String, Look>, Option<Moment>),
) -> (Answer, Option<Seen>) {
    let of = match case.of.as_deref() {
        None | Some(BEFORE) => None,
        Some(of) => match looks.get(of).and_then(|look| look.seen.as_ref()) {
            Some(made) => Some(made),
            None => return (Answer::Waits, None),
        },
    };
    let at_least = since.max(of.map(|made| made.at));
    let alike = |one: &&Seen| {
        one.deed == case.deed
            && at_least.is_none_or(|at| one.at >= at)
            && case.code.is_none_or(|code| one.codes.contains(&code))
            && match case.ground {
                Some(ground) => one.ground == Some(ground),
                // What is done in the archivist's interface does not show what the system does.
                None => one.ground != Some(Ground::Archivist),
            }
    };
    // What is grave least comes last, and is told.
    let mut best = (Answer::Nothing, None);
    for one in earlier.iter().chain(seen).filter(alike) {
        let answer = if !fits(content, case, of, one) {
            Answer::OtherDocument
        } else if one.point.as_ref().is_some_and(|point| !content.points.contains(point)) {
            Answer::OtherPoint
        } else if case.deed == Deed::Searched && one.found.is_none_or(|found| found == 0) {
            Answer::FoundNothing
        } else if !one.is_whole() {
            Answer::NotAtGateway
        } else {
            Answer::Seen
        };
        if rank(answer) >= rank(best.0) {
            best = (answer, Some(one.clone()));
        }
    }
    best
}

const fn rank(answer: Answer) -> u8 {
    match answer {
        Answer::OtherDocument => 1,
        Answer::OtherPoint => 2,
        Answer::FoundNothing => 3,
        Answer::NotAtGateway => 4,
        Answer::Seen => 5,
        _ => 0,
    }
}

/// Whether something was done with the document that a case is of, and in a register of the test's.
fn fits(content: &Content, case: &Case, of: Option<&Seen>, one: &Seen) -> bool {
    let own = |one: &Seen| one.controller.as_ref().is_none_or(|controller| content.controllers.contains(controller));
    match (case.of.as_deref(), case.deed) {
        (Some(BEFORE), _) => own(one) && content.moved.iter().any(|stored| Some(&stored.set) == one.set.as_ref()),
        // The client whose document was stored, in the register that it was stored in.
        (Some(_), Deed::Searched) => {
            of.is_some_and(|made| made.person == one.person && made.controller == one.controller)
        }
        // By the name of one whose documents came, and whose they are no more.
        (None, Deed::Refused) => {
            let former = |stored: &Stored| Some(&stored.controller) == one.controller.as_ref();
            content.moved.iter().any(former) && !own(one)
        }
        (Some(_), _) => of.is_some_and(|made| made.set.is_some() && made.set == one.set),
        // Others' documents are read where that is what is tested; in others' registers only where that is.
        (None, Deed::Fetched) => true,
        (None, _) => case.ground.is_some_and(|ground| ground != Ground::Archivist) || own(one),
    }
}
