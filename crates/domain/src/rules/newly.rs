//! What a change breaks, and what was broken already.

use super::answers::{Answer, Verdict};
use super::book::Outcome;
use crate::identifier::{AccessPointOid, Oid};
use crate::plan::Plan;
use std::collections::BTreeMap;

/// Whom an answer is about, which rule, which access point, and what was found.
type Key = (Oid, String, Option<AccessPointOid>, String);

/// The outcomes of plans as they will be with those answers alone that say of something broken that it was not before: an answer is the same where it finds the same, of the same
/// organisation and access point.
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

fn key(plan: &Plan, rule: &str, answer: &Answer) -> Key {
    let place = answer.place.strip_prefix("access_point[").and_then(|rest| rest.split_once(']'));
    let nth = place.and_then(|(nth, _)| nth.parse::<usize>().ok()?.checked_sub(1));
    let point = nth.and_then(|nth| plan.access_points.get(nth)).map(|point| point.oid.clone());
    (plan.joiner.clone(), rule.to_owned(), point, answer.found.clone())
}
