//! Which tests are to be made, of one or of everybody, and who is told.

use super::DeploymentTest;
use crate::archive::controllers_of;
use crate::controller_runs::holder;
use crate::{Actor, App, ServiceError, notices};
use liitos_domain::deployment_test::{AFTER_DAYS, Due, Held, Stage, Switch, Tested, due};
use liitos_domain::directory::{Right, Rows};
use liitos_domain::notice::{DeploymentTestNews, Notice};
use liitos_domain::{Duty, Moment, Oid, Service};
use liitos_store::directory::About;
use liitos_store::{controller_runs, deployment_tests as stored, directory};
use std::collections::{BTreeMap, BTreeSet};

/// Who has used something for longer without a test is told no more; the operator sees it.
const TOLD_DAYS: i64 = 30;
/// A report that nobody has decided on for so many days is told of. Assumed.
const UNDECIDED_DAYS: i64 = 14;
/// Most tests of one joiner that are looked through.
const MOST: u64 = 500;

/// What the tests that are to be made follow from.
pub(super) struct Facts {
    held: BTreeMap<Oid, Vec<Held>>,
    switches: BTreeMap<Oid, Vec<Switch>>,
}

impl Facts {
    /// Of one, or of everybody.
    pub(super) async fn load(app: &App, only: Option<&Oid>) -> Result<Self, ServiceError> {
        let db = app.store.read();
        let rows = match only {
            Some(joiner) => {
                directory::about(db, &About { joiners: [joiner.clone()].into(), ..About::default() }).await?
            }
            None => directory::rows(db, directory::version(db).await?).await?,
        };
        let mut held = held(app, &rows);
        held.retain(|joiner, _| only.is_none_or(|only| only == joiner));
        Ok(Self { held, switches: switches(app, only).await? })
    }

    /// Of somebody, by the tests that it has made.
    pub(super) fn due(&self, joiner: &Oid, tests: &[DeploymentTest]) -> Vec<Due> {
        self.judged(joiner, &tests.iter().map(tested).collect::<Vec<_>>())
    }

    fn judged(&self, joiner: &Oid, tested: &[Tested]) -> Vec<Due> {
        let held = self.held.get(joiner).map(Vec::as_slice).unwrap_or_default();
        due(held, self.switches.get(joiner).map(Vec::as_slice).unwrap_or_default(), tested)
    }
}

fn tested(one: &DeploymentTest) -> Tested {
    Tested {
        service: one.content.service,
        system: one.content.system.clone(),
        stage: one.content.stage,
        course: one.course,
        functions: one.content.functions.iter().cloned().collect(),
        begun_at: one.begun_at,
    }
}

/// What everybody uses now, with the functions that the directory shows. Since when it is used says the first right of all, whichever row stands for it now.
fn held(app: &App, rows: &Rows) -> BTreeMap<Oid, Vec<Held>> {
    let now = app.now();
    let mut since: BTreeMap<(&Oid, Service, &str), Moment> = BTreeMap::new();
    for right in &rows.rights {
        let first = since.entry((&right.joiner, right.service, &right.system)).or_insert(right.valid.from);
        *first = right.valid.from.min(*first);
    }
    let mut hosts: BTreeMap<&Oid, Moment> = BTreeMap::new();
    let working: BTreeSet<&Oid> =
        rows.tenants.iter().filter(|row| row.valid.contains(now)).map(|row| &row.host).collect();
    for row in rows.tenants.iter().filter(|row| working.contains(&row.host)) {
        let first = hosts.entry(&row.host).or_insert(row.valid.from);
        *first = row.valid.from.min(*first);
    }
    let rights: Vec<&Right> = rows.rights.iter().filter(|right| right.valid.contains(now)).collect();
    let receives = rights.iter().filter(|right| right.service == Service::RenewalReception);
    let receives: BTreeSet<(&Oid, &str)> = receives.map(|right| (&right.joiner, right.system.as_str())).collect();
    let mut all: BTreeMap<Oid, Vec<Held>> = BTreeMap::new();
    for right in rights {
        let key = |service| (&right.joiner, service, right.system.as_str());
        let of = |service| since.get(&key(service)).copied();
        let from = of(right.service).unwrap_or(right.valid.from);
        let stage = if right.service == Service::Prescription { Stage::Readiness } else { Stage::FirstUse };
        let known = app.test_cases.functions(right.service, stage);
        let receives = receives.contains(&(&right.joiner, right.system.as_str()));
        let used = [
            ("tenant", hosts.get(&right.joiner).copied()),
            ("register-access", right.organiser.as_ref().map(|_| right.valid.from)),
            ("renewal-reception", receives.then(|| of(Service::RenewalReception)).flatten()),
        ];
        let used = used.into_iter().filter(|(function, _)| known.contains(function));
        // A function is used with a system as soon as both are.
        let functions = used.filter_map(|(function, first)| Some((function, first?.max(from)))).collect();
        let (service, system) = (right.service, right.system.clone());
        all.entry(right.joiner.clone()).or_default().push(Held { service, system, from, functions });
    }
    all
}

/// Documents that change their controller soon, or have lately, by whom they leave and whom they come to; of one joiner, or of everybody.
async fn switches(app: &App, only: Option<&Oid>) -> Result<BTreeMap<Oid, Vec<Switch>>, ServiceError> {
    let now = app.now();
    let own = match only {
        Some(joiner) => Some((joiner, controllers_of(app, joiner).await?)),
        None => None,
    };
    let mut all: BTreeMap<Oid, Vec<Switch>> = BTreeMap::new();
    for run in controller_runs::switched_since(app.store.read(), now.plus_days(-AFTER_DAYS)).await? {
        let switches = Switch::around(&run.order, (run.state, run.switched_at), now);
        let Some(first) = switches.first() else { continue };
        let controller = if first.stage == Stage::Before { &run.order.from } else { &run.order.to };
        let whose = match &own {
            Some((_, controllers)) if !controllers.contains(controller) => continue,
            Some((joiner, _)) => (*joiner).clone(),
            None => holder(app, controller).await?,
        };
        all.entry(whose).or_default().extend(switches);
    }
    Ok(all)
}

/// Everybody's tests that have to be made, those first that have waited longest.
async fn all_due(app: &App) -> Result<Vec<(Oid, Due)>, ServiceError> {
    let db = app.store.read();
    let facts = Facts::load(app, None).await?;
    let mut reported: BTreeMap<Oid, Vec<Tested>> = BTreeMap::new();
    for (joiner, tested) in stored::reported(db).await? {
        reported.entry(joiner).or_default().push(tested);
    }
    let mut all = Vec::new();
    for (joiner, held) in &facts.held {
        let due = match reported.get(joiner) {
            // Which functions a test shows only the whole says.
            Some(_) if held.iter().any(|held| !held.functions.is_empty()) => {
                facts.due(joiner, &stored::list(db, Some(joiner), MOST).await?)
            }
            reported => facts.judged(joiner, reported.map(Vec::as_slice).unwrap_or_default()),
        };
        all.extend(due.into_iter().filter(|due| due.must).map(|due| (joiner.clone(), due)));
    }
    all.sort_by(|(one, due), (other, later)| (due.from, one, due).cmp(&(later.from, other, later)));
    Ok(all)
}

/// Everybody who has a test to make, those first that have waited longest.
///
/// # Errors
/// L-602 without the position.
pub async fn untested(app: &App, actor: &Actor) -> Result<Vec<(Oid, Due)>, ServiceError> {
    actor.must_see(Duty::Handle)?;
    all_due(app).await
}

/// Tells whoever has begun to use something, or whose documents change their controller, of the test that it has to make, and whoever has sent a report that
/// nobody decides on: once of each. How many were told; where one cannot be, the others are.
///
/// # Errors
/// [`ServiceError`] of the last that could not be told.
pub async fn remind(app: &App) -> Result<usize, ServiceError> {
    let now = app.now();
    let mut notices = Vec::new();
    let late = |due: &Due| due.stage == Stage::FirstUse && due.from < now.plus_days(-TOLD_DAYS);
    for (joiner, due) in all_due(app).await?.into_iter().filter(|(_, due)| !late(due)) {
        let news = match due.stage {
            Stage::Before => DeploymentTestNews::DueBefore,
            Stage::After => DeploymentTestNews::DueAfter,
            Stage::FirstUse | Stage::Readiness => DeploymentTestNews::Due,
        };
        let functions = due.functions.iter().copied().collect::<Vec<_>>().join(",");
        let since = due.from.as_seconds();
        let same = format!("deployment test {news} {joiner} {} {} {functions} {since}", due.service, due.system);
        let notice = Notice::DeploymentTest { number: String::new(), service: due.service, news };
        notices.push((joiner, same, notice));
    }
    for one in stored::sent_before(app.store.read(), now.plus_days(-UNDECIDED_DAYS)).await? {
        let news = DeploymentTestNews::Undecided;
        let sent = one.sent_at.map(Moment::as_micros).unwrap_or_default();
        let same = format!("deployment test {} {news} {sent}", one.number);
        notices.push((
            one.joiner,
            same,
            Notice::DeploymentTest { number: one.number, service: one.content.service, news },
        ));
    }
    let (mut told, mut failed) = (0, None);
    for (joiner, same, notice) in notices {
        match notices::one(app, &same, &joiner, &notice).await {
            Ok(new) => told += usize::from(new),
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(told), Err)
}
