//! Plans a change: its effect on the directory, shared out among tasks.

use super::facts::Facts;
use super::passes::{Obstacle, Passes, Why};
use super::story::Story;
use super::tasks::{Owner, State, Task, What};
use crate::archive::{Order, Scope};
use crate::directory::{Effect, Right};
use crate::identifier::Oid;
use crate::service_code::Service;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// A change as it is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Planned {
    /// What of the directory changes, all of it.
    pub effect: Effect,
    /// What is to be done: by day, then in the order in which it is done.
    pub tasks: Vec<Task>,
    /// What stands in the way.
    pub obstacles: Vec<Obstacle>,
}

/// Who is told of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// Whoever has something to do.
    Owner(Owner),
    /// The code service, with a copy to Kanta: of entries and marks (change situations).
    CodeService,
}

impl Planned {
    /// How many rights it opens and closes.
    #[must_use]
    pub fn rights(&self) -> (u32, u32) {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (count(self.effect.rights_opened.len()), count(self.effect.rights_closed.len()))
    }

    /// Who is told of which tasks.
    #[must_use]
    pub fn messages(&self) -> BTreeMap<Receiver, Vec<&Task>> {
        let mut messages: BTreeMap<Receiver, Vec<&Task>> = BTreeMap::new();
        for task in &self.tasks {
            messages.entry(Receiver::Owner(task.owner.clone())).or_default().push(task);
            if task.what.is_of_the_code_service() {
                messages.entry(Receiver::CodeService).or_default().push(task);
            }
        }
        messages
    }
}

/// Tasks while they are gathered: what, by whom, about what; with the share of the effect and a number.
#[derive(Default)]
struct Gathered(BTreeMap<(What, Owner, String), (Effect, u64)>);

impl Gathered {
    fn share(&mut self, what: What, owner: Owner, about: impl ToString) -> &mut Effect {
        &mut self.0.entry((what, owner, about.to_string())).or_default().0
    }

    fn add(&mut self, what: What, owner: Owner, about: impl ToString, count: u64) {
        self.0.entry((what, owner, about.to_string())).or_default().1 += count;
    }
}

/// Plans a change by what is so.
#[must_use]
pub fn plan(story: &Story, facts: &Facts, now: Moment) -> Planned {
    // What is done after its day is done, too.
    let at = if facts.since.is_some() { story.day.max(now) } else { story.day };
    let mut passes = Passes::of(story, facts, (now, at));
    let wanted = passes.wanted(at);
    let effect = Effect::between(&facts.rows, &wanted, at);
    if let Err(error) = facts.rows.after(&effect) {
        passes.obstacles.push(error.into());
    }
    let mut gathered = Gathered::default();
    gathered.of_effect(&effect, &passes);
    gathered.around_applications(&effect, facts, (now, at));
    gathered.documents(&mut passes, &effect, facts);
    gathered.renewals(&mut passes, facts);
    let tasks = gathered.tasks(now, story.day);
    let mut obstacles = passes.obstacles;
    obstacles.sort();
    obstacles.dedup();
    Planned { effect, tasks, obstacles }
}

impl Gathered {
    /// Each row of the effect is a task's.
    fn of_effect(&mut self, effect: &Effect, passes: &Passes) {
        let comes = |oid: &Oid| passes.joiners.values().flatten().any(|to| to == oid);
        let joiner = |oid: &Oid| Owner::Joiner(oid.clone());
        for row in &effect.joiners_opened {
            self.share(What::Join, joiner(&row.oid), "").joiners_opened.push(row.clone());
        }
        for row in &effect.access_points_opened {
            let share = self.share(What::NotifyPoint, joiner(&row.administrator), &row.oid);
            share.access_points_opened.push(row.clone());
        }
        for row in &effect.rights_opened {
            let what = if comes(&row.joiner) { What::Apply } else { What::NotifyUse };
            self.share(what, joiner(&row.joiner), row.service).rights_opened.push(row.clone());
        }
        for (row, at) in &effect.rights_closed {
            // A unit receives at one place at any moment: what begins elsewhere ends here by the same task.
            let elsewhere =
                |opened: &&Right| row.unit.is_some() && opened.unit == row.unit && opened.service == row.service;
            let opened = effect.rights_opened.iter().find(elsewhere);
            let holder = opened.map_or(&row.joiner, |opened| &opened.joiner);
            let (what, about) = match (passes.joiners.contains_key(holder), comes(holder)) {
                (true, _) => (What::Terminate, String::new()),
                (false, true) => (What::Apply, row.service.to_string()),
                (false, false) => (What::NotifyUse, row.service.to_string()),
            };
            self.share(what, joiner(holder), about).rights_closed.push((row.clone(), *at));
        }
        for (row, at) in &effect.joiners_ended {
            self.share(What::Terminate, joiner(&row.oid), "").joiners_ended.push((row.clone(), *at));
        }
        for (row, at) in &effect.access_points_ended {
            let share = self.share(What::EndPoint, joiner(&row.administrator), &row.oid);
            share.access_points_ended.push((row.clone(), *at));
        }
        for row in &effect.tenants_opened {
            self.share(What::AgreeWithTenant, joiner(&row.host), &row.tenant).tenants_opened.push(row.clone());
        }
        for (row, at) in &effect.tenants_ended {
            let (what, about) = match passes.joiners.contains_key(&row.host) {
                true => (What::Terminate, String::new()),
                false => (What::AgreeWithTenant, row.tenant.to_string()),
            };
            self.share(what, joiner(&row.host), about).tenants_ended.push((row.clone(), *at));
        }
        let administrator = |oid: &Oid| Owner::Administrator(oid.clone());
        for row in &effect.collection_points_opened {
            let share = self.share(What::NotifyCollectionPoint, administrator(&row.administrator), &row.name);
            share.collection_points_opened.push(row.clone());
        }
        for (row, at) in &effect.collection_points_ended {
            // No address is two points' at once: whoever goes on ends the one and opens the other.
            let then = passes.then(&row.administrator).unwrap_or_else(|| row.administrator.clone());
            let share = self.share(What::NotifyCollectionPoint, administrator(&then), &row.name);
            share.collection_points_ended.push((row.clone(), *at));
        }
        for row in &effect.closings_opened {
            self.share(What::KeepClosed, Owner::Operator, "").closings_opened.push(row.clone());
        }
        for (row, at) in &effect.closings_ended {
            self.share(What::KeepClosed, Owner::Operator, "").closings_ended.push((row.clone(), *at));
        }
    }

    /// What comes before applications: registers, agreements, certificates; and the tests.
    fn around_applications(&mut self, effect: &Effect, facts: &Facts, (now, at): (Moment, Moment)) {
        let valid = |oid: &Oid| facts.registered.get(oid).is_some_and(|valid| valid.contains(at));
        for joiner in &effect.joiners_opened {
            let owner = Owner::Joiner(joiner.oid.clone());
            if !valid(&joiner.oid) {
                self.add(What::RegisterOrganisation, owner.clone(), "", 0);
            }
            let signs = |right: &&Right| right.joiner == joiner.oid && right.service.needs_signature();
            if effect.rights_opened.iter().any(|right| signs(&right)) {
                self.add(What::OrderSignatureCertificate, owner.clone(), "", 0);
                self.add(What::TestAfter, owner, "", 0);
            }
        }
        for point in &effect.access_points_opened {
            let administrator = Owner::Joiner(point.administrator.clone());
            self.add(What::OrderLink, administrator.clone(), &point.oid, 0);
            self.add(What::OrderServerCertificate, administrator, &point.oid, 0);
        }
        let held = |joiner: &Oid, administrator: &Oid| {
            let through = |right: &&Right| {
                right.joiner == *joiner
                    && right.access_point.is_administered_by(administrator)
                    && right.valid.contains(now)
            };
            facts.rows.rights.iter().any(|right| through(&right))
        };
        for right in &effect.rights_opened {
            let administrator = right.access_point.administrator();
            if administrator != right.joiner && !held(&right.joiner, &administrator) {
                self.add(What::AgreeOnPoint, Owner::Joiner(right.joiner.clone()), &right.access_point, 0);
            }
            if let Some(unit) = right.unit.as_ref().filter(|unit| !valid(unit)) {
                self.add(What::RegisterUnit, Owner::Joiner(right.joiner.clone()), unit, 0);
            }
            // Whose a unit is the register says: it receives nowhere as long as that is another.
            let leaves = |(closed, _): &(Right, Moment)| closed.unit == right.unit && closed.joiner != right.joiner;
            if let Some(unit) =
                right.unit.as_ref().filter(|unit| valid(unit) && effect.rights_closed.iter().any(leaves))
            {
                self.add(What::PlaceUnit, Owner::Joiner(right.joiner.clone()), unit, 0);
            }
        }
    }

    /// Whose the documents are then.
    fn documents(&mut self, passes: &mut Passes, effect: &Effect, facts: &Facts) {
        let obstacles = &mut passes.obstacles;
        for (from, to) in &passes.joiners {
            for controller in controllers(facts, from) {
                let all: u64 = facts.documents.get(controller).map_or(0, |registers| registers.values().sum());
                let leaving = passes.units.iter().filter(|(_, way)| way.leaves(from).is_some());
                let leaving =
                    leaving.filter_map(|(unit, _)| facts.documents_of_units.get(&(controller.clone(), unit.clone())));
                let count = all.saturating_sub(leaving.sum());
                if count > 0 {
                    let then = match to {
                        Some(to) => one_controller(passes.takers.get(from), facts, to, obstacles),
                        None => passes.custodians.get(from).cloned().flatten(),
                    };
                    let what = (controller, then.as_ref(), None);
                    self.run((from, to.as_ref()), what, (count, facts, effect), obstacles);
                }
            }
        }
        for (unit, way) in &passes.units {
            let Some((from, to)) = &way.to else { continue };
            let moving =
                |controller: &&Oid| facts.documents_of_units.get(&((*controller).clone(), unit.clone())).copied();
            for (controller, count) in controllers(facts, from).iter().filter_map(|one| Some((one, moving(&one)?))) {
                let then = one_controller(passes.takers.get(unit), facts, to, obstacles);
                let what = (controller, then.as_ref(), Some(unit));
                self.run((from, Some(to)), what, (count, facts, effect), obstacles);
            }
        }
    }

    /// A controller update run, and the tests around it. `what`: from whom to whom, of one unit or of all.
    fn run(
        &mut self,
        (from, to): (&Oid, Option<&Oid>),
        (controller, then, unit): (&Oid, Option<&Oid>, Option<&Oid>),
        (count, facts, effect): (u64, &Facts, &Effect),
        obstacles: &mut Vec<Obstacle>,
    ) {
        if then == Some(controller) {
            return;
        }
        if facts.professionals.contains(controller) {
            obstacles.push(Obstacle::new(Why::ProfessionalStays, controller));
            return;
        }
        match (then, to) {
            (None, Some(to)) if controllers_then(facts, to).is_empty() => {
                self.add(What::RegisterController, Owner::Joiner(to.clone()), "", 0);
            }
            (None, None) => obstacles.push(Obstacle::new(Why::NoCustodian, from)),
            _ => {}
        }
        let units: Vec<Oid> = unit.into_iter().cloned().collect();
        let moves = |order: &Order| {
            let scope =
                order.scope == Scope::default() || order.scope == Scope { units: units.clone(), ..Scope::default() };
            scope && order.from == *controller && Some(&order.to) == then
        };
        let owner = Owner::Joiner(from.clone());
        let then = then.map_or_else(|| "?".to_owned(), Oid::to_string);
        let about = format!("{controller} → {then}{}", unit.map(|unit| format!(", {unit}")).unwrap_or_default());
        if !facts.ordered.iter().any(moves) {
            self.add(What::OrderRun, owner.clone(), &about, count);
            if facts.no_run_day {
                self.add(What::SetRunDay, Owner::Operator, "", 0);
            }
        }
        for system in systems_of(effect, from) {
            self.add(What::ChangeLocalSystem, Owner::Supplier(system.clone()), &about, 0);
            self.add(What::ChangeOlderData, Owner::Supplier(system), &about, 0);
        }
        self.add(What::TestBefore, owner, controller, 0);
        if let Some(to) = to {
            self.add(What::TestAfter, Owner::Joiner(to.clone()), "", 0);
        }
    }

    /// Marks of receiving renewal requests, and requests that wait.
    fn renewals(&mut self, passes: &mut Passes, facts: &Facts) {
        let mut obstacles = Vec::new();
        let receives = |right: &&Right| right.service == Service::RenewalReception;
        for right in passes.rows.rights.iter().filter(receives) {
            let Some(unit) = &right.unit else { continue };
            let way = passes.way(right);
            let becomes = way.map_or(unit, |way| &way.becomes);
            let goes = way.and_then(|way| way.leaves(&right.joiner)).unwrap_or(&right.joiner);
            let ends = passes.then(goes).is_none();
            if !ends && becomes == unit {
                continue;
            }
            let owner = Owner::Joiner(right.joiner.clone());
            if facts.marked.contains(unit) {
                self.add(What::MarkOff, owner.clone(), unit, 0);
            }
            let waiting = facts.waiting.get(unit).copied().unwrap_or_default();
            if waiting > 0 {
                self.0.entry((What::AnswerRequests, owner, unit.to_string())).or_default().1 = waiting;
                if ends {
                    obstacles.push(Obstacle::new(Why::RequestsUnanswered, unit));
                }
            }
            if !ends && !facts.marked.contains(becomes) {
                let then = passes.then(goes).unwrap_or_else(|| right.joiner.clone());
                self.add(What::MarkOn, Owner::Joiner(then), becomes, 0);
            }
        }
        passes.obstacles.extend(obstacles);
    }

    /// The tasks with their days and states.
    fn tasks(self, now: Moment, at: Moment) -> Vec<Task> {
        let task = |((what, owner, about), (effect, count)): ((What, Owner, String), (Effect, u64))| {
            let due = at.plus_days(-what.days_ahead(at));
            Task { what, owner, about, count, due, state: State::Open, effect }
        };
        let mut tasks: Vec<Task> = self.0.into_iter().map(task).collect();
        done_in_time(&mut tasks);
        for task in tasks.iter_mut().filter(|task| task.due.next_midnight() <= now) {
            task.state = State::Late;
        }
        let there: BTreeSet<(What, Owner)> = tasks.iter().map(|task| (task.what, task.owner.clone())).collect();
        for task in tasks.iter_mut().filter(|task| task.state == State::Open) {
            if there.iter().any(|(first, owner)| first_is_done_by((task.what, &task.owner), *first, owner)) {
                task.state = State::Waits;
            }
        }
        tasks.sort_by(|one, other| {
            (one.due, one.what, &one.owner, &one.about).cmp(&(other.due, other.what, &other.owner, &other.about))
        });
        tasks
    }
}

/// Whether something is done before a task: by the same, but for a controller that somebody else has entered, and the operator's calendar.
pub(super) fn first_is_done_by((what, by): (What, &Owner), first: What, owner: &Owner) -> bool {
    what.rests_on().contains(&first) && (owner == by || matches!(first, What::RegisterController | What::SetRunDay))
}

/// Whatever something else rests on is done by then.
fn done_in_time(tasks: &mut [Task]) {
    // The first day of each kind of each owner: what rests on one rests on the kind.
    let mut first: BTreeMap<(What, Owner), Moment> = BTreeMap::new();
    for task in tasks.iter() {
        let day = first.entry((task.what, task.owner.clone())).or_insert(task.due);
        *day = task.due.min(*day);
    }
    // As many times as there are kinds one behind the other, at most.
    for _ in What::ALL {
        let by = |what: What, owner: &Owner| {
            let behind = first.iter().filter(|((rests, by), _)| first_is_done_by((*rests, by), what, owner));
            behind.map(|(_, due)| *due).min()
        };
        let earlier: Vec<((What, Owner), Moment)> = first
            .iter()
            .filter_map(|((what, owner), due)| Some(((*what, owner.clone()), by(*what, owner)?.min(*due))))
            .collect();
        first.extend(earlier);
    }
    for task in tasks {
        // All of a kind by the day by which something rests on it.
        let kind = first.iter().filter(|((rests, by), _)| first_is_done_by((*rests, by), task.what, &task.owner));
        task.due = kind.map(|(_, due)| *due).min().map_or(task.due, |by| by.min(task.due));
    }
}

fn controllers<'f>(facts: &'f Facts, oid: &Oid) -> &'f [Oid] {
    facts.controllers.get(oid).map_or(&[], Vec::as_slice)
}

fn controllers_then<'f>(facts: &'f Facts, oid: &Oid) -> &'f [Oid] {
    facts.controllers_then.get(oid).map_or(&[], Vec::as_slice)
}

/// The controller that takes documents on: the one that is said, where it is one of whoever goes on; told where there are several and none is said.
fn one_controller(said: Option<&Oid>, facts: &Facts, oid: &Oid, obstacles: &mut Vec<Obstacle>) -> Option<Oid> {
    let all = controllers_then(facts, oid);
    match all {
        _ if said.is_some_and(|said| all.contains(said)) => said.cloned(),
        [one] => Some(one.clone()),
        [] => None,
        _ => {
            obstacles.push(Obstacle::new(Why::ManyControllers, oid));
            None
        }
    }
}

/// The systems that a joiner's rights that close were used with.
fn systems_of(effect: &Effect, joiner: &Oid) -> Vec<String> {
    let of =
        effect.rights_closed.iter().filter(|(right, _)| right.joiner == *joiner && right.service.needs_signature());
    let mut systems: Vec<String> = of.map(|(right, _)| right.system.clone()).collect();
    systems.sort();
    systems.dedup();
    systems
}
