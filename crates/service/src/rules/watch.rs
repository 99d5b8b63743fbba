//! Rules asked again of what is open, because facts change though nobody applies: a second joiner on an access point ends what
//! public internet was allowed for, a rule takes effect, an entry ends. Whoever breaks a rule is told, once for what was found.

use crate::{App, ServiceError, notices};
use liitos_domain::directory::{Effect, Rows};
use liitos_domain::notice::{Notice, Touches};
use liitos_domain::plan::{Plan, held};
use liitos_domain::rules::{Outcome, Rulebook, Severity, Verdict};
use liitos_domain::{Moment, Oid, Sha256Hash};
use liitos_store::directory;
use liitos_store::register_facts::RegistersOf;
use liitos_store::{Lock, Transaction};
use std::collections::BTreeSet;

/// Asks every rule of the weight of an error of everybody; how many were told something new.
///
/// # Errors
/// [`ServiceError`].
pub async fn watch(app: &App) -> Result<usize, ServiceError> {
    let tx = app.store.begin().await?;
    tx.lock(Lock::Directory).await?;
    let rows = directory::rows(tx.connection(), directory::version(tx.connection()).await?).await?;
    let told = tell_broken(app, &tx, &rows, None, app.now()).await?;
    tx.commit().await?;
    Ok(told)
}

/// Asks the rules of the administrators of the access points that an effect opens or gives rights through, as they are once
/// it has been applied. A joiner whose own right it is knows already.
pub(crate) async fn refire(
    app: &App,
    tx: &Transaction,
    after: &Rows,
    effect: &Effect,
    at: Moment,
) -> Result<(), ServiceError> {
    let used: BTreeSet<&str> = effect.rights_opened.iter().map(|right| right.access_point.as_str()).collect();
    let own: BTreeSet<&Oid> = effect.rights_opened.iter().map(|right| &right.joiner).collect();
    let touched = after.access_points.iter().filter(|point| used.contains(point.oid.as_str()));
    let touched = touched.chain(&effect.access_points_opened).map(|point| &point.administrator);
    let others: BTreeSet<Oid> = touched.filter(|oid| !own.contains(oid)).cloned().collect();
    if others.is_empty() {
        return Ok(());
    }
    // What begins later is asked as it will be then.
    let begins = effect.rights_opened.iter().map(|right| right.valid.from);
    let begins = begins.chain(effect.access_points_opened.iter().map(|point| point.valid.from));
    let then = begins.max().map_or(at, |from| from.max(at));
    tell_broken(app, tx, after, Some(&others), then).await?;
    Ok(())
}

async fn tell_broken(
    app: &App,
    tx: &Transaction,
    rows: &Rows,
    of: Option<&BTreeSet<Oid>>,
    at: Moment,
) -> Result<usize, ServiceError> {
    let plans = held(&rows.joiners, &rows.access_points, &rows.rights, at);
    let plans: Vec<Plan> = plans.into_iter().filter(|plan| of.is_none_or(|of| of.contains(&plan.joiner))).collect();
    let registers = RegistersOf::load(tx.connection(), &plans).await?;
    let mut told = 0;
    for mut plan in plans {
        let facts = registers.facts(&mut plan);
        for outcome in Rulebook::standard().check(&plan, &facts, at) {
            if outcome.rule.severity == Severity::Error && outcome.verdict() == Some(Verdict::Broken) {
                told += usize::from(tell(app, tx, rows, &plan, &outcome).await?);
            }
        }
    }
    Ok(told)
}

async fn tell(
    app: &App,
    tx: &Transaction,
    rows: &Rows,
    plan: &Plan,
    outcome: &Outcome<'_>,
) -> Result<bool, ServiceError> {
    let (joiner, rule) = (&plan.joiner, &outcome.rule.id);
    let broken = outcome.answers.iter().filter(|answer| answer.verdict == Verdict::Broken);
    let found: Vec<(String, String)> = broken.map(|answer| (answer.place.clone(), answer.found.clone())).collect();
    let same = Sha256Hash::of(&serde_json::to_vec(&found).map_err(|e| ServiceError::internal("notice", e))?);
    // The access points that the places are about; where they name none, all that the joiner administers.
    let named: BTreeSet<&str> = (1..)
        .zip(&plan.access_points)
        .filter(|(n, _)| found.iter().any(|(place, _)| place.starts_with(&format!("access_point[{n}]"))))
        .map(|(_, point)| point.oid.as_str())
        .collect();
    let touched = rows.access_points.iter().filter(|point| point.administrator == *joiner);
    let touched = touched.filter(|point| named.is_empty() || named.contains(point.oid.as_str()));
    let touches = Touches { rights: Vec::new(), access_points: touched.map(|point| point.oid.clone()).collect() };
    let notice = Notice::Rule { rule: rule.clone(), found, touches };
    notices::tell(app, tx, &format!("rule {rule} {joiner} {same}"), joiner, &notice, app.now()).await
}
