//! Rules asked again when somebody else changes the facts: a second joiner on an access point, say, ends what public internet
//! was allowed for. Whoever a change newly makes break a rule is told.

use crate::{App, ServiceError, notices};
use liitos_domain::directory::Effect;
use liitos_domain::notice::{Notice, Touches};
use liitos_domain::plan::{Plan, held};
use liitos_domain::rules::{Rulebook, Severity, Verdict};
use liitos_domain::{Moment, Oid};
use liitos_store::Transaction;
use liitos_store::directory::Rows;
use liitos_store::register_facts::RegistersOf;
use std::collections::{BTreeMap, BTreeSet};

/// Rules broken, each with where and what, by joiner.
type Broken = BTreeMap<(Oid, String), Vec<(String, String)>>;

/// Tells the administrators of the access points that an effect gives rights through of rules that it makes them break.
/// `before` is what the effect is applied to; a joiner whose own effect it is knows already.
pub(crate) async fn refire(
    app: &App,
    tx: &Transaction,
    before: &Rows,
    effect: &Effect,
    at: Moment,
) -> Result<(), ServiceError> {
    let points: BTreeSet<&str> = effect.rights_opened.iter().map(|right| right.access_point.as_str()).collect();
    let own: BTreeSet<&Oid> = effect.rights_opened.iter().map(|right| &right.joiner).collect();
    let others = before.access_points.iter().filter(|point| points.contains(point.oid.as_str()));
    let others: BTreeSet<&Oid> = others.map(|point| &point.administrator).filter(|oid| !own.contains(oid)).collect();
    if others.is_empty() {
        return Ok(());
    }
    let mut after = before.clone();
    after.joiners.extend(effect.joiners_opened.iter().cloned());
    after.access_points.extend(effect.access_points_opened.iter().cloned());
    after.rights.extend(effect.rights_opened.iter().cloned());
    // What begins later is asked as it will be then.
    let then = effect.rights_opened.iter().map(|right| right.valid.from).max().map_or(at, |from| from.max(at));
    let known = broken(tx, before, &others, then).await?;
    for ((joiner, rule), found) in broken(tx, &after, &others, then).await? {
        if known.contains_key(&(joiner.clone(), rule.clone())) {
            continue;
        }
        let touched = after.access_points.iter().filter(|point| point.administrator == joiner);
        let touched = touched.filter(|point| points.contains(point.oid.as_str())).map(|point| point.oid.clone());
        let touches = Touches { rights: Vec::new(), access_points: touched.collect() };
        let same = format!("rule {rule} {joiner} {}", at.as_micros());
        notices::tell(app, tx, &same, &joiner, &Notice::Rule { rule, found, touches }, at).await?;
    }
    Ok(())
}

/// The error-rules in force that are broken, of these joiners.
async fn broken(tx: &Transaction, rows: &Rows, of: &BTreeSet<&Oid>, at: Moment) -> Result<Broken, ServiceError> {
    let plans = held(&rows.joiners, &rows.access_points, &rows.rights, at);
    let plans: Vec<Plan> = plans.into_iter().filter(|plan| of.contains(&plan.joiner)).collect();
    let registers = RegistersOf::load(tx.connection(), &plans).await?;
    let mut all = Broken::new();
    for mut plan in plans {
        let facts = registers.facts(&mut plan);
        for outcome in Rulebook::standard().check(&plan, &facts, at) {
            let broken = outcome.answers.into_iter().filter(|answer| answer.verdict == Verdict::Broken);
            let found: Vec<_> = broken.map(|answer| (answer.place, answer.found)).collect();
            if !found.is_empty() && outcome.rule.severity == Severity::Error {
                all.insert((plan.joiner.clone(), outcome.rule.id.clone()), found);
            }
        }
    }
    Ok(all)
}
