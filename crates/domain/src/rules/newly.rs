//! What a change breaks, and what was broken already.

use super::answers::{Answer, Verdict};
use super::book::Outcome;
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::{Plan, Whose};
use std::collections::BTreeMap;

/// Whom an answer is about, which rule, which access point, and what was found.
type Key = (Oid, String, Option<AccessPointOid>, String);

/// The outcomes of plans as they will be with those answers alone that say of something broken that it was not before: an answer is the same where it finds the same, of the same
/// organisation and access point of its own.
#[must_use]
pub fn newly_broken<'b>(before: &[(Plan, Vec<Outcome<'b>>)], after: Vec<(Plan, Vec<Outcome<'b>>)>) -> Vec<Outcome<'b>> {
    let mut held: BTreeMap<Key, usize> = BTreeMap::new();
    for (plan, outcomes) in before {
        for outcome in outcomes {
            for answer in outcome.answers.iter().filter(|answer| answer.verdict == Verdict::Broken) {
                *held.entry(key(plan, &outcome.rule.id, answer)).or_default() += 1;
            }
        }
    }
    let mut new = Vec::new();
    for (plan, outcomes) in after {
        for mut outcome in outcomes {
            let rule = outcome.rule;
            outcome.answers.retain(|answer| {
                answer.verdict == Verdict::Broken
                    && match held.get_mut(&key(&plan, &rule.id, answer)) {
                        Some(left) if *left > 0 => {
                            *left -= 1;
                            false
                        }
                        _ => true,
                    }
            });
            if !outcome.answers.is_empty() {
                new.push(outcome);
            }
        }
    }
    new
}

/// Outcomes at two moments as one: each rule once, with every answer that one of them has.
#[must_use]
pub fn joined<'b>(mut one: Vec<Outcome<'b>>, other: Vec<Outcome<'b>>) -> Vec<Outcome<'b>> {
    for outcome in other {
        match one.iter_mut().find(|held| held.rule.id == outcome.rule.id) {
            None => one.push(outcome),
            Some(held) => {
                let told = |answer: &Answer| held.answers.contains(answer);
                let more: Vec<Answer> = outcome.answers.into_iter().filter(|answer| !told(answer)).collect();
                held.answers.extend(more);
            }
        }
    }
    one.sort_by_key(|outcome| outcome.rule.severity);
    one
}

fn key(plan: &Plan, rule: &str, answer: &Answer) -> Key {
    let place = answer.place.strip_prefix("access_point[").and_then(|rest| rest.split_once(']'));
    let nth = place.and_then(|(nth, _)| nth.parse::<usize>().ok()?.checked_sub(1));
    // What is wrong at another's access point is no other matter where another one of another's is used.
    let own = nth.and_then(|nth| plan.access_points.get(nth)).filter(|point| plan.whose(&point.oid) == Whose::Own);
    let point = own.map(|point| point.oid.clone());
    (plan.joiner.clone(), rule.to_owned(), point, answer.found.clone())
}
