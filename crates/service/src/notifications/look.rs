//! Looks at a notification as it will be on its day: what it changes, what that does to calls, and what stands in its way.

use super::rows::met;
use super::{Notification, OPERATOR};
use crate::archive::controllers_of;
use crate::certificates::of_owners;
use crate::changes::{MAX_TITLE, arriving, documents_of, planned};
use crate::controller_runs::controller_valid;
use crate::directory::proof::proved;
use crate::directory::publication;
use crate::outbound::entries_of;
use crate::sign_in::{names, register_entry};
use crate::{App, ServiceError};
use liitos_domain::application::FieldError;
use liitos_domain::archive::RunState;
use liitos_domain::change::{Ending, Followed, Obstacle, Renumbered, Story, Task, UnitBecomes, What as Doing, Why};
use liitos_domain::directory::{CollectionPoint, Effect, EffectError, Proof, Right, Rows};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::notification::{Collected, Content, Course, Facts, Finding, Kind, Unit, What, effect, judge, read};
use liitos_domain::outbound::LAPSES_AFTER_DAYS;
use liitos_domain::plan::{Plan, held};
use liitos_domain::register::RegisterKind;
use liitos_domain::rules::{Outcome, Rulebook, Severity, Verdict, newly_broken};
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Moment, Oid, Service, Sha256Hash};
use liitos_store::certificates::KnownCertificate;
use liitos_store::controller_runs::Run;
use liitos_store::register_facts::RegistersOf;
use liitos_store::{controller_runs, directory, outbound};
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The rule that whoever receives renewal requests bears the mark.
const MARK: &str = "renewal-mark";
/// The rule that asks whose the unit is.
const WHOSE: &str = "renewal-unit";

/// Every access point's OID stands below this.
const FINLAND: &str = "1.2.246";

/// A notification as it will be on its day.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What is wrong with what was filled in; nothing else is known then.
    pub wrong: Vec<FieldError>,
    /// What it says, and from when that is so.
    pub said: Option<(Content, Moment)>,
    /// What was found, the gravest first.
    pub findings: Vec<Finding>,
    /// The rules that are broken then and would not be without it.
    pub outcomes: Vec<Outcome<'static>>,
    /// What stands in the way of an ending, by its plan.
    pub obstacles: Vec<Obstacle>,
    /// What is to be done before an ending, by its plan.
    pub tasks: Vec<Followed>,
    /// What it changes in the directory.
    pub effect: Effect,
    /// What that does to calls, or why it cannot be applied.
    pub outcome: Result<Proof, EffectError>,
    /// Others who use an access point that it is about: they are told.
    pub users: BTreeSet<Oid>,
    /// Others who administer an access point that it is used through, or not any more: they are told.
    pub administrators: BTreeSet<Oid>,
    /// Others whose connections are collected, or not any more, or otherwise: they are told.
    pub collected: BTreeSet<Oid>,
    /// Tenants that begin to work by the joining, or end to: they are told.
    pub tenants: BTreeSet<Oid>,
    /// Units that begin to receive renewal requests, or end to.
    pub units: BTreeSet<Oid>,
    /// Certificates that nobody needs any more: to be revoked.
    pub certificates: Vec<KnownCertificate>,
    /// What an approval is bound to: what was filled in, what it changes, and what that does.
    pub hash: Sha256Hash,
}

impl Looked {
    /// One that cannot be read.
    fn nothing() -> Self {
        Self {
            wrong: Vec::new(),
            said: None,
            findings: Vec::new(),
            outcomes: Vec::new(),
            obstacles: Vec::new(),
            tasks: Vec::new(),
            effect: Effect::default(),
            outcome: Ok(Proof::default()),
            users: BTreeSet::new(),
            administrators: BTreeSet::new(),
            collected: BTreeSet::new(),
            tenants: BTreeSet::new(),
            units: BTreeSet::new(),
            certificates: Vec::new(),
            hash: Sha256Hash::of(b""),
        }
    }

    /// Whether it can be sent and approved.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.hindrance().is_none()
    }

    /// The first thing that stands in its way.
    #[must_use]
    pub fn hindrance(&self) -> Option<String> {
        let wrong = self.wrong.first().map(|error| error.field.clone());
        let found = self.findings.iter().find(|finding| finding.severity == Severity::Error);
        let broken = self.outcomes.iter().find(|outcome| outcome.rule.severity == Severity::Error);
        let first = wrong.or_else(|| found.map(|finding| format!("{}: {}", finding.what, finding.of)));
        let first = first.or_else(|| broken.map(|outcome| outcome.rule.id.clone()));
        let first = first.or_else(|| self.obstacles.first().map(|one| format!("{}: {}", one.why, one.of)));
        first.or_else(|| self.outcome.as_ref().err().map(ToString::to_string))
    }
}

/// Looks at a notification by what is so now.
pub(super) async fn looked(app: &App, notification: &Notification) -> Result<Looked, ServiceError> {
    let mut looked = Looked::nothing();
    let (content, day) = match read(notification.kind, &notification.form) {
        Ok(said) => said,
        Err(wrong) => {
            looked.wrong = wrong;
            return Ok(looked);
        }
    };
    let (own, rows) = met(app, &notification.joiner, &content).await?;
    let facts = facts(app, notification, (&content, day), (own, rows)).await?;
    let expedited = !notification.form.text("expedited").is_empty();
    let sent = notification.sent_at.filter(|_| notification.course != Course::Draft).unwrap_or_else(|| app.now());
    looked.findings = judge((notification.kind, &content), (day, sent, app.now()), expedited, &facts);
    match &content {
        // The end of a supplier's contract ends no joining: that is told, and nothing is planned.
        Content::Termination { grounds: None, .. } => {}
        // An intermediary is no joiner: its access points end, and nothing else.
        Content::Termination { custodian, .. } if !facts.intermediary => {
            ending(app, (&mut looked, &facts), custodian.as_ref(), day).await?;
        }
        Content::BusinessId { to, units } => {
            let story = renumbered(app, notification, (to, units), day).await?;
            rehearsed(app, (&mut looked, &facts), &story).await?;
        }
        content => looked.effect = effect(content, (&facts.own, &facts.arriving), &facts.rows, day),
    }
    looked.users = users(&content, (&facts.own, &facts.rows), day);
    if !looked.effect.is_empty() {
        looked.outcome = proved(app, &looked.effect, day).await?;
    }
    if let Ok(after) = facts.rows.after(&looked.effect) {
        // Whoever uses an access point keeps the rules by what its administrator does, too.
        let own = facts.own.iter().cloned();
        let asked: BTreeSet<Oid> = looked.users.iter().cloned().chain(own).collect();
        looked.outcomes = asked_besides(app, &asked, (&facts.rows, &after), (&content, day)).await?;
        looked.outcomes.retain(|outcome| !seen_to(notification.kind, &facts).contains(&outcome.rule.id.as_str()));
        looked.units = receiving(&looked.effect, (&facts.rows, &after));
    }
    looked.administrators = administrators(&looked.effect, &facts.own);
    looked.collected = collected(&looked.effect, (&facts.own, &facts.rows), day);
    looked.tenants = tenants(&looked.effect);
    looked.certificates = needless(app, &looked.effect).await?;
    let digest = looked.outcome.as_ref().ok().map(Proof::digest).transpose()?;
    looked.hash = Sha256Hash::of_canonical(&(&notification.form, looked.effect.hash()?, digest))?;
    looked.said = Some((content, day));
    Ok(looked)
}

/// The rules that the notification sees to by itself: a unit that is to receive gets its mark by it, since the code service is written to; and whose a unit is on its day that
/// comes from another has been judged unit by unit, since the registers say whose it is now.
fn seen_to(kind: Kind, facts: &Facts) -> &'static [&'static str] {
    match kind {
        Kind::Reception if !facts.arriving.is_empty() => &[MARK, WHOSE],
        Kind::Reception => &[MARK],
        _ => &[],
    }
}

async fn facts(
    app: &App,
    notification: &Notification,
    (content, day): (&Content, Moment),
    (own, rows): (Vec<Oid>, Rows),
) -> Result<Facts, ServiceError> {
    let db = app.store.read();
    let register = register_entry(app, &notification.joiner).await?.map(|(kind, _)| kind);
    let receives = rows.rights.iter().filter(|right| own.contains(&right.joiner));
    let received = receives.filter(|right| right.service == Service::RenewalReception);
    let named: BTreeSet<Oid> =
        received.filter_map(|right| right.unit.clone()).chain(content.units().into_iter().cloned()).collect();
    let mut facts = Facts {
        units: units(app, &named, day).await?,
        controllers: controllers_of(app, &notification.joiner).await?,
        intermediary: register == Some(RegisterKind::Intermediaries),
        professional: register == Some(RegisterKind::Professionals),
        own,
        rows,
        ..Facts::default()
    };
    if matches!(content, Content::Controller { .. } | Content::Leave { .. } | Content::EndUse { .. }) {
        let controllers = facts.controllers.iter().cloned().collect();
        for (controller, cell, count) in documents_of(app, &controllers).await? {
            *facts.units_of_documents.entry((controller.clone(), cell.unit)).or_default() += count;
            *facts.documents.entry(controller).or_default() += count;
        }
    }
    if matches!(content, Content::Reception { .. }) {
        let then = arriving(app, &facts.own).await?.into_iter().filter(|one| one.day == day);
        facts.arriving = then.map(|one| (one.unit, one.from)).collect();
    }
    if let Content::CollectionPoint { collected, .. } | Content::Collection { collected, .. } = content {
        facts.linked = linked(app, collected, day).await?;
    }
    if let Content::Controller { to, .. } = content {
        facts.controller_valid = controller_valid(app, to).await?.is_some_and(|valid| valid.contains(day));
        facts.run_day = controller_runs::is_day(db, day).await?;
    }
    Ok(facts)
}

/// The addresses of a collection point that stand on a link of an access point that is open then, or opens later.
async fn linked(app: &App, collected: &Collected, day: Moment) -> Result<Vec<(IpAddr, AccessPointOid)>, ServiceError> {
    let mut linked = Vec::new();
    let all = directory::points_below(app.store.read(), FINLAND, u64::MAX >> 1).await?;
    for point in all.iter().filter(|point| point.valid.holds_after(day)) {
        let addresses = point.links.iter().flat_map(|link| &link.addresses);
        let theirs = addresses.filter(|address| collected.addresses.contains(address));
        linked.extend(theirs.map(|address| (*address, point.oid.clone())));
    }
    Ok(linked)
}

/// What is known of some units.
async fn units(app: &App, units: &BTreeSet<Oid>, day: Moment) -> Result<BTreeMap<Oid, Unit>, ServiceError> {
    let published = publication::current(app).await?;
    let asked: Vec<&str> = units.iter().map(Oid::as_str).collect();
    let mut entries = entries_of(app, &asked).await?;
    let mut known = BTreeMap::new();
    for unit in units {
        let waiting = outbound::waiting_for(app.store.read(), [unit].into_iter()).await?;
        let (joiner, entry) = (published.snapshot.joiner_of(unit, day), entries.remove(unit.as_str()));
        known.insert(unit.clone(), Unit { joiner, entry, waiting });
    }
    Ok(known)
}

/// What an ending changes, and what is to be settled before it: as it is planned for a change of which it is all that happens.
async fn ending(
    app: &App,
    (looked, facts): (&mut Looked, &Facts),
    custodian: Option<&Oid>,
    day: Moment,
) -> Result<(), ServiceError> {
    let ending = |joiner: &Oid| Ending { joiner: joiner.clone(), custodian: custodian.cloned() };
    let member = |oid: &&Oid| facts.rows.is_member(oid, day);
    let story = Story {
        day,
        title: OPERATOR.to_owned(),
        mergers: Vec::new(),
        units: Vec::new(),
        renumbered: Vec::new(),
        endings: facts.own.iter().filter(member).map(ending).collect(),
    };
    let (planned, _) = planned(app, &story, None).await?;
    looked.effect = planned.effect;
    looked.obstacles = planned.obstacles;
    if looked.effect.is_empty() {
        looked.findings.push(Finding { severity: Severity::Error, what: What::Nothing, of: String::new() });
    }
    // A request lives so long: those that wait have lapsed by a later day, and none is taken for a unit that ends sooner.
    let near = day <= app.now().plus_days(LAPSES_AFTER_DAYS);
    looked.obstacles.retain(|obstacle| match obstacle.why {
        // A change that is followed and ends the same is what this carries out; that its day has been is told already.
        Why::AnotherChange | Why::Past => false,
        Why::RequestsUnanswered => near,
        Why::ProfessionalStays => {
            let (severity, what, of) = (Severity::Advice, What::ProfessionalStays, obstacle.of.clone());
            looked.findings.push(Finding { severity, what, of });
            false
        }
        _ => true,
    });
    looked.tasks = planned.tasks.iter().map(Followed::from).collect();
    for run in looked.tasks.iter().filter(|task| task.what == Doing::OrderRun) {
        looked.findings.push(Finding { severity: Severity::Error, what: What::RunNotOrdered, of: run.about.clone() });
    }
    let runs = controller_runs::state_with(app.store.read(), &[RunState::Ordered]).await?;
    let mut controllers = facts.controllers.clone();
    for own in &facts.own {
        controllers.extend(controllers_of(app, own).await?);
    }
    let theirs = |run: &&Run| run.order.run_at.midnight() == day && controllers.contains(&run.order.from);
    for run in runs.iter().filter(theirs) {
        let (severity, what) = (Severity::Warning, What::RunNotApproved);
        looked.findings.push(Finding { severity, what, of: run.number.clone() });
    }
    // What the notification itself does is not to be done before it.
    looked.tasks.retain(|task| !matches!(task.what, Doing::Terminate | Doing::EndPoint));
    Ok(())
}

/// What stands in the way of another number, and what the organisation has to do for it; its effect comes about by what the tasks do, each signed and
/// approved for itself.
async fn rehearsed(app: &App, (looked, facts): (&mut Looked, &Facts), story: &Story) -> Result<(), ServiceError> {
    let (planned, (rows, _)) = planned(app, story, None).await?;
    // What else stands in the way is followed with the change.
    let in_the_way = |one: &Obstacle| one.why.is_of_the_story() || one.why == Why::AnotherChange;
    looked.obstacles = planned.obstacles.into_iter().filter(in_the_way).collect();
    // What others would have to do tells of their joining: it is shown with the plan, once they plan along. A number that nobody has joined under is one's own.
    let new = story.renumbered.iter().map(|one| &one.to).filter(|to| !rows.is_member(to, story.day));
    let theirs: BTreeSet<&str> = facts.own.iter().chain(new).map(Oid::as_str).collect();
    let own = |task: &&Task| theirs.contains(task.owner.number());
    looked.tasks = planned.tasks.iter().filter(own).map(Followed::from).collect();
    Ok(())
}

/// The organisation going on under another number.
pub(super) async fn renumbered(
    app: &App,
    notification: &Notification,
    (to, units): (&Oid, &[UnitBecomes]),
    day: Moment,
) -> Result<Story, ServiceError> {
    let from = &notification.joiner;
    let name = names(app, &[from.clone()].into()).await?.remove(from).unwrap_or_else(|| from.to_string());
    // In Finnish, as what goes to outside offices: every party reads it.
    let what = Language::Fi.text("notification-kind-business-id");
    Ok(Story {
        day,
        title: format!("{what}: {name}").chars().take(MAX_TITLE).collect(),
        mergers: Vec::new(),
        units: Vec::new(),
        renumbered: vec![Renumbered { from: from.clone(), to: to.clone(), controller: None, units: units.to_vec() }],
        endings: Vec::new(),
    })
}

/// The rules that are broken on a day with a change, and would not be without it.
pub(crate) async fn broken(
    app: &App,
    own: &BTreeSet<Oid>,
    rows: (&Rows, &Rows),
    day: Moment,
) -> Result<Vec<Outcome<'static>>, ServiceError> {
    broken_with(app, own, rows, day, |_| {}).await
}

/// The same with what a notification says that the directory does not hold: of tenants what is settled with each.
async fn asked_besides(
    app: &App,
    own: &BTreeSet<Oid>,
    rows: (&Rows, &Rows),
    (content, day): (&Content, Moment),
) -> Result<Vec<Outcome<'static>>, ServiceError> {
    broken_with(app, own, rows, day, |plan| {
        if let Content::Tenants { tenants } = content {
            plan.model = ConnectionModel::Joint;
            plan.tenants.clone_from(tenants);
        }
    })
    .await
}

async fn broken_with(
    app: &App,
    own: &BTreeSet<Oid>,
    (before, after): (&Rows, &Rows),
    day: Moment,
    besides: impl Fn(&mut Plan) + Send,
) -> Result<Vec<Outcome<'static>>, ServiceError> {
    let plans = |rows: &Rows| -> Vec<Plan> {
        let all = held(&rows.joiners, &rows.access_points, &rows.rights, day);
        all.into_iter().filter(|plan| own.contains(&plan.joiner)).collect()
    };
    let [before, mut after] = [plans(before), plans(after)];
    after.iter_mut().for_each(besides);
    let all: Vec<Plan> = before.iter().chain(&after).cloned().collect();
    let registers = RegistersOf::load(app.store.read(), &all).await?;
    let ask = |plans: Vec<Plan>| -> Vec<(Plan, Vec<Outcome<'static>>)> {
        let asked = plans.into_iter().map(|mut plan| {
            let facts = registers.facts(&mut plan);
            let mut outcomes = Rulebook::standard().check(&plan, &facts, day);
            outcomes.retain(|outcome| outcome.verdict() == Some(Verdict::Broken));
            (plan, outcomes)
        });
        asked.collect()
    };
    // What somebody breaks already says nothing of another, nor of another access point.
    let new = newly_broken(&ask(before), ask(after));
    let said = |outcome: &Outcome<'_>| {
        let broken = outcome.answers.iter().filter(|answer| answer.verdict == Verdict::Broken);
        let mut found: Vec<String> = broken.map(|answer| answer.found.clone()).collect();
        found.sort();
        (outcome.rule.id.clone(), found)
    };
    let mut told = BTreeSet::new();
    // Once where the same is found of several.
    let mut new: Vec<Outcome<'static>> = new.into_iter().filter(|one| told.insert(said(one))).collect();
    new.sort_by_key(|outcome| outcome.rule.severity);
    Ok(new)
}

/// Others who use an access point that its administrator changes.
pub(super) fn users(content: &Content, (own, rows): (&[Oid], &Rows), day: Moment) -> BTreeSet<Oid> {
    let (Content::Link { point, .. } | Content::Certificates { point, .. } | Content::PointSystem { point, .. }) =
        content
    else {
        return BTreeSet::new();
    };
    let uses = rows.rights.iter().filter(|right| right.access_point == *point && right.valid.holds_after(day));
    uses.map(|right| right.joiner.clone()).filter(|joiner| !own.contains(joiner)).collect()
}

/// Others who administer the access points through which rights begin or end.
pub(super) fn administrators(effect: &Effect, own: &[Oid]) -> BTreeSet<Oid> {
    let rights = effect.rights_opened.iter().chain(effect.rights_closed.iter().map(|(right, _)| right));
    rights.map(|right| right.access_point.administrator()).filter(|oid| !own.contains(oid)).collect()
}

/// Others who administer the access points of a collection point that begins, ends or is otherwise, or call through them.
pub(super) fn collected(effect: &Effect, (own, rows): (&[Oid], &Rows), day: Moment) -> BTreeSet<Oid> {
    let (opened, ended) = (&effect.collection_points_opened, &effect.collection_points_ended);
    let mut points = BTreeSet::new();
    let both = opened.iter().map(|row| (row, true)).chain(ended.iter().map(|(row, _)| (row, false)));
    for (row, begins) in both {
        // Where it goes on from the same addresses, those that are behind it before and after notice nothing.
        let same = |other: &&CollectionPoint| {
            let from = |row: &CollectionPoint| {
                (row.name.clone(), row.country.clone(), row.addresses.clone(), row.proxy_header)
            };
            from(other) == from(row)
        };
        let other = if begins { ended.iter().map(|(row, _)| row).find(same) } else { opened.iter().find(same) };
        let stays = |point: &&AccessPointOid| other.is_some_and(|other| other.access_points.contains(point));
        points.extend(row.access_points.iter().filter(|point| !stays(point)));
    }
    let through = |right: &&Right| points.contains(&right.access_point) && right.valid.holds_after(day);
    let callers = rows.rights.iter().filter(through).map(|right| right.joiner.clone());
    let all = points.iter().map(|point| point.administrator()).chain(callers);
    all.filter(|oid| !own.contains(oid)).collect()
}

/// Those who begin to work by a joining, or work by it no more.
pub(super) fn tenants(effect: &Effect) -> BTreeSet<Oid> {
    let rows = effect.tenants_opened.iter().chain(effect.tenants_ended.iter().map(|(row, _)| row));
    rows.map(|row| row.tenant.clone()).collect()
}

/// Units that begin to receive, or end to: where only the way is another, neither.
pub(super) fn receiving(effect: &Effect, (before, after): (&Rows, &Rows)) -> BTreeSet<Oid> {
    let mut units = effect.silences(before, after, Moment::from_micros(i64::MAX));
    let received = |unit: &Oid| effect.rights_closed.iter().any(|(right, _)| right.unit.as_ref() == Some(unit));
    let opened = effect.rights_opened.iter().filter(|right| right.service == Service::RenewalReception);
    units.extend(opened.filter_map(|right| right.unit.clone()).filter(|unit| !received(unit)));
    units
}

/// Certificates of access points and joiners that end.
pub(super) async fn needless(app: &App, effect: &Effect) -> Result<Vec<KnownCertificate>, ServiceError> {
    let goes_on = |oid: &str| effect.access_points_opened.iter().any(|point| point.oid.as_str() == oid);
    let ended = effect.access_points_ended.iter().map(|(point, _)| point.oid.as_str());
    let points: BTreeSet<&str> = ended.filter(|oid| !goes_on(oid)).collect();
    let joiners: Vec<&Oid> = effect.joiners_ended.iter().map(|(joiner, _)| &joiner.oid).collect();
    if points.is_empty() && joiners.is_empty() {
        return Ok(Vec::new());
    }
    of_owners(app, &points, &joiners).await
}
