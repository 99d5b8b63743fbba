//! A planned change that is followed: its tasks tick off as the facts change, and come back where the facts do.

use super::plan::{Planned, first_is_done_by};
use super::story::Story;
use super::tasks::{Owner, State, Task, What};
use crate::deployment_test::Stage;
use crate::directory::Rows;
use crate::identifier::Oid;
use crate::service_code::codes;
use crate::time::Moment;
use std::collections::{BTreeMap, BTreeSet};

/// A task that is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// What.
    pub what: What,
    /// Who does it.
    pub owner: Owner,
    /// About what, as in [`Task`].
    pub about: String,
    /// How many documents or requests it is about.
    pub count: u64,
    /// The latest day.
    pub due: Moment,
    /// How it stands.
    pub state: State,
    /// Whether somebody has said that it is done.
    pub said: bool,
}

codes! {
    /// How a change as a whole stands.
    Course {
        /// It is followed.
        Followed = "followed",
        /// All of it is done.
        Over = "over",
        /// Somebody has withdrawn it.
        Withdrawn = "withdrawn",
    }
}

codes! {
    /// What became of a task when a change was looked at again.
    Turn {
        /// It is new.
        Arose = "arose",
        /// The facts say that it is done.
        Settled = "settled",
        /// It was done, and is to be done again.
        Back = "back",
        /// Its day has passed.
        Late = "late",
    }
}

impl Turn {
    /// Whether whoever does it is told.
    #[must_use]
    pub const fn is_told(self) -> bool {
        !matches!(self, Self::Settled)
    }
}

/// A deployment test around a change that the operator has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whose.
    pub joiner: Oid,
    /// Made when.
    pub stage: Stage,
    /// In whose registers something was done.
    pub controllers: BTreeSet<Oid>,
}

/// What shows that something is done that no directory shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'e> {
    /// Deployment tests that the operator has accepted.
    pub tests: &'e [Accepted],
    /// Whose certificates are known that are valid on the day: access points for their servers, others for their signatures.
    pub certificates: &'e [Oid],
}

impl What {
    /// Whether only people know that it is done: no register, directory or archive shows it.
    #[must_use]
    pub const fn is_known_to_people_alone(self) -> bool {
        matches!(
            self,
            Self::TestBefore
                | Self::TestAfter
                | Self::ChangeLocalSystem
                | Self::ChangeOlderData
                | Self::OrderServerCertificate
                | Self::OrderSignatureCertificate
        )
    }

    /// Whether somebody may say that it is done.
    #[must_use]
    pub const fn may_be_said(self) -> bool {
        self.is_known_to_people_alone() || matches!(self, Self::AgreeOnPoint | Self::OrderLink)
    }
}

impl From<&Task> for Followed {
    fn from(task: &Task) -> Self {
        let Task { what, owner, about, count, due, state, .. } = task.clone();
        Self { what, owner, about, count, due, state, said: false }
    }
}

impl Followed {
    /// What it is the same by when it is planned again: whoever takes documents may not be known at first.
    #[must_use]
    pub fn key(&self) -> (What, &Owner, String) {
        let about = match self.about.split_once(" → ") {
            Some((gives, rest)) => [gives, rest.split_once(", ").map_or("", |(_, unit)| unit)].join(" "),
            None => self.about.clone(),
        };
        (self.what, &self.owner, about)
    }

    /// Whether the certificate that it orders is known.
    fn has_certificate(&self, evidence: &Evidence<'_>) -> bool {
        let held = |holder: &Oid| match (self.what, &self.owner) {
            (What::OrderServerCertificate, _) => holder.as_str() == self.about,
            (What::OrderSignatureCertificate, Owner::Joiner(owner)) => holder == owner,
            _ => false,
        };
        evidence.certificates.iter().any(held)
    }

    /// Whether a deployment test that the operator has accepted shows that it is done: made by whoever has to, at its stage, with something in the register that it is about.
    fn is_shown_by(&self, test: &Accepted) -> bool {
        let stage = match self.what {
            What::TestBefore => Stage::Before,
            What::TestAfter => Stage::After,
            _ => return false,
        };
        let about = self.about.is_empty() || test.controllers.iter().any(|one| one.as_str() == self.about);
        self.owner == Owner::Joiner(test.joiner.clone()) && test.stage == stage && about
    }

    /// Whether it is done.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }
}

/// The tasks of a change as it is planned now, by those that were followed before; and what became of which.
///
/// What is planned no more has been done, by whomever; unless nobody but people can know that. What somebody said to be done stays done while it is planned.
#[must_use]
pub fn follow(
    before: &[Followed],
    (planned, evidence): (&Planned, &Evidence<'_>),
    now: Moment,
) -> (Vec<Followed>, Vec<(Turn, Followed)>) {
    let was: BTreeMap<_, &Followed> = before.iter().map(|task| (task.key(), task)).collect();
    let mut after: Vec<Followed> = planned.tasks.iter().map(Followed::from).collect();
    for task in &mut after {
        let tested = evidence.tests.iter().any(|test| task.is_shown_by(test));
        task.said = tested || (task.what.may_be_said() && was.get(&task.key()).is_some_and(|was| was.said));
        // What is known of certificates may be otherwise on another day: nobody has said it.
        if task.has_certificate(evidence) {
            task.state = State::Done;
        }
    }
    let planned: BTreeSet<_> = after.iter().map(Followed::key).collect();
    let gone = before.iter().filter(|task| !planned.contains(&task.key()));
    let gone: Vec<Followed> = gone
        .map(|task| {
            let done = task.said || task.has_certificate(evidence) || !task.what.is_known_to_people_alone();
            Followed { state: if done { State::Done } else { State::Open }, ..task.clone() }
        })
        .collect();
    after.extend(gone);
    state(&mut after, now);
    after.sort_by(|one, other| (one.due, one.key()).cmp(&(other.due, other.key())));
    let turn = |task: &Followed| match (was.get(&task.key()), task.state) {
        (None, State::Done) => None,
        (None, _) => Some(Turn::Arose),
        (Some(was), State::Done) => (!was.is_done()).then_some(Turn::Settled),
        (Some(was), _) if was.is_done() => Some(Turn::Back),
        (Some(was), State::Late) => (was.state != State::Late).then_some(Turn::Late),
        _ => None,
    };
    let turns = after.iter().filter_map(|task| Some((turn(task)?, task.clone()))).collect();
    (after, turns)
}

/// Says how each task stands: what somebody said to be done is; what is done stays so; the others wait, can be done, or are late.
pub fn state(tasks: &mut [Followed], now: Moment) {
    for task in tasks.iter_mut() {
        task.state = match task.state {
            State::Done => State::Done,
            _ if task.said => State::Done,
            _ if task.due.next_midnight() <= now => State::Late,
            _ => State::Open,
        };
    }
    let undone: BTreeSet<(What, Owner)> =
        tasks.iter().filter(|task| !task.is_done()).map(|task| (task.what, task.owner.clone())).collect();
    for task in tasks.iter_mut().filter(|task| task.state == State::Open) {
        if undone.iter().any(|(first, owner)| first_is_done_by((task.what, &task.owner), *first, owner)) {
            task.state = State::Waits;
        }
    }
}

/// Somebody whom a change is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who.
    pub joiner: Oid,
    /// Whether something of it is shown to the others by the plan, so that it is asked first: it has joined.
    pub asked: bool,
    /// When it agreed.
    pub agreed_at: Option<Moment>,
}

impl Party {
    /// Those whom a change is about, by what the directory says now.
    #[must_use]
    pub fn all(story: &Story, rows: &Rows, now: Moment) -> Vec<Self> {
        let joined = |oid: &Oid| rows.joiners.iter().any(|row| row.oid == *oid && !row.valid.ended(now));
        let party = |oid: &Oid| Self { joiner: oid.clone(), asked: joined(oid), agreed_at: None };
        story.joiners().into_iter().map(party).collect()
    }
}

/// Whether all have agreed who are asked: then each sees all of it, and it may be shown to whoever has its address.
#[must_use]
pub fn agreed(parties: &[Party]) -> bool {
    parties.iter().all(|party| !party.asked || party.agreed_at.is_some())
}

/// Whether a controller update run at a moment may rest on a change: it is not for a later day, since runs are spread over some time; the one who gives is
/// party to it; all who are asked have agreed to it, at least one, or it has come about; and nobody has withdrawn it.
#[must_use]
pub fn bears_run(story: &Story, (course, parties): (Course, &[Party]), giver: &Oid, run_at: Moment) -> bool {
    let all = agreed(parties) && parties.iter().any(|party| party.agreed_at.is_some());
    let holds = match course {
        Course::Followed => all,
        Course::Over => true,
        Course::Withdrawn => false,
    };
    holds && story.day <= run_at && story.joiners().contains(giver)
}

/// Whether a joiner sees a task. What whoever passes into another, ends or gives a unit away has to do follows from what is its own: it sees that always.
/// What the others have to do follows from what is whoever's that gives: they see their own, and the parties all of it, once all have agreed.
#[must_use]
pub fn sees(joiner: &Oid, (story, parties): (&Story, &[Party]), task: &Followed) -> bool {
    let own = matches!(&task.owner, Owner::Joiner(oid) | Owner::Administrator(oid) if oid == joiner);
    let party = parties.iter().any(|party| party.joiner == *joiner);
    if agreed(parties) { own || party } else { own && story.gives(joiner) }
}
