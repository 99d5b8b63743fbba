//! Whom a rule hits: asked of everything that is open, as it will be at a time.

use crate::{App, ServiceError};
use liitos_domain::plan::held;
use liitos_domain::rules::{Answer, Rule, Verdict};
use liitos_domain::{Moment, Oid};
use liitos_store::directory;
use liitos_store::register_facts::RegistersOf;

/// Somebody whom a rule hits.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Hit {
    /// The joiner, or the administrator of an access point.
    pub joiner: Oid,
    /// Where the rule is broken, and what is found there.
    pub answers: Vec<Answer>,
}

/// What became of a rule.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Hits {
    /// Those whom it hits.
    pub hit: Vec<Hit>,
    /// How many keep it.
    pub kept: usize,
    /// How many of whom a fact is not known that it needs.
    pub not_checked: usize,
    /// How many it does not concern.
    pub not_concerned: usize,
}

/// Asks a rule of every joiner and every access point's administrator: with directory and registers as known now, as they
/// will be in force at `at`. Whether the rule itself is in force then is not asked: a planned one may be tried.
///
/// # Errors
/// [`ServiceError`].
pub async fn hit(app: &App, rule: &Rule, at: Moment) -> Result<Hits, ServiceError> {
    let db = app.store.read();
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let plans = held(&rows.joiners, &rows.access_points, &rows.rights, at);
    let registers = RegistersOf::load(db, &plans).await?;
    let mut hits = Hits::default();
    for mut plan in plans {
        let facts = registers.facts(&mut plan);
        let mut answers = rule.ask(&plan, &facts);
        match answers.iter().map(|answer| answer.verdict).max() {
            None => hits.not_concerned += 1,
            Some(Verdict::Kept) => hits.kept += 1,
            Some(Verdict::NotChecked) => hits.not_checked += 1,
            Some(Verdict::Broken) => {
                answers.retain(|answer| answer.verdict == Verdict::Broken);
                hits.hit.push(Hit { joiner: plan.joiner, answers });
            }
        }
    }
    Ok(hits)
}
