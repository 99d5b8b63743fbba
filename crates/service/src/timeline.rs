//! What waits, for whom and since when, and what has happened: an organisation's applications and changes, all together.

use crate::deployment_tests::{self, DeploymentTest};
use crate::directory::with_branches;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError, contacts, members, notices};
use liitos_domain::application::State;
use liitos_domain::contacts::{Channel, addresses_of};
use liitos_domain::deployment_test::{Course, Due, Stage};
use liitos_domain::directory::Basis;
use liitos_domain::notice::Notice;
use liitos_domain::{Moment, Oid, Service};
use liitos_store::application_past::{self, Event};
use liitos_store::directory::proposals;
use liitos_store::{applications, contacts as stored_contacts, directory, enrolments};
use std::collections::BTreeSet;

/// Most lines of what has happened.
pub const SHOWN: usize = 50;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The organisation's.
    Own,
    /// The operator's.
    Operator,
    /// Whoever a message went to.
    Addressee,
    /// Nobody's: it comes by itself.
    Nobody,
}

impl Turn {
    /// Its code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Operator => "operator",
            Self::Addressee => "addressee",
            Self::Nobody => "nobody",
        }
    }
}

/// What something is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// An application: its number and service.
    Application(String, Service),
    /// A change of the directory that is approved for its moment.
    Change(Basis),
    /// Addresses of which nobody has said yet that they are read.
    Addresses(Vec<String>),
    /// An invitation of somebody.
    Invitation(String),
    /// The first day of what an application brought: to be prepared until then.
    Start(String, Service),
    /// A deployment test that is to be made, or that has a number already.
    DeploymentTest(Option<String>, Service),
    /// A notice that nobody has seen to.
    Notice(Box<Notice>),
}

/// Something that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// For whom.
    pub turn: Turn,
    /// What.
    pub matter: Matter,
    /// Since when.
    pub since: Moment,
    /// Until when, where that is known.
    pub until: Option<Moment>,
}

/// Something that has happened.
#[derive(Clone, Debug)]
pub enum Happened {
    /// An application came into a state.
    Application(String, Service, Event),
    /// Contacts or billing data were changed.
    Contacts(stored_contacts::Change),
    /// Somebody enrolled for deployment at a moment, to begin on a day.
    Enrolled(Service, Moment, Moment, String),
    /// The directory changed, otherwise than by an application: its version, on what grounds, and when.
    Directory(u64, Basis, Moment),
}

impl Happened {
    /// When.
    #[must_use]
    pub const fn at(&self) -> Moment {
        match self {
            Self::Application(_, _, event) => event.at,
            Self::Contacts(change) => change.at,
            Self::Enrolled(_, at, _, _) | Self::Directory(_, _, at) => *at,
        }
    }
}

/// What waits and what has happened.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// What waits: for the organisation first, then for others; the longest first.
    pub waits: Vec<Waits>,
    /// What has happened, the newest first.
    pub happened: Vec<Happened>,
}

/// The timeline of the organisation acted for.
///
/// # Errors
/// L-602 without an organisation.
pub async fn timeline(app: &App, actor: &Actor) -> Result<Timeline, ServiceError> {
    let joiner = actor.joiner()?;
    let db = app.store.read();
    let oids = with_branches(app, joiner).await?;
    let mut all = Timeline::default();
    for stored in applications::of_joiner(db, joiner).await? {
        let application = &stored.application;
        let (number, service) = (&application.number, application.service);
        let turn = match application.state {
            State::Draft | State::MoreAsked { .. } => Some(Turn::Own),
            State::Sent { .. } => Some(Turn::Operator),
            State::Approved { .. } | State::Rejected { .. } | State::Withdrawn { .. } => None,
        };
        let since = application.state.at().unwrap_or(stored.created_at);
        let matter = Matter::Application(number.clone(), service);
        all.waits.extend(turn.map(|turn| Waits { turn, matter, since, until: None }));
        if let State::Approved { at, .. } = application.state
            && let Some(start) = begins(app, &stored).await?
        {
            let matter = Matter::Start(number.clone(), service);
            all.waits.push(Waits { turn: Turn::Own, matter, since: at, until: Some(start) });
        }
        let events = application_past::events(db, stored.key).await?;
        all.happened.extend(events.into_iter().map(|event| Happened::Application(number.clone(), service, event)));
    }
    kept(app, actor, &mut all).await?;
    tested(app, actor, &mut all).await?;
    let enrolled = enrolments::ever(db, joiner).await?;
    all.happened.extend(enrolled.into_iter().map(|it| Happened::Enrolled(it.service, it.at, it.start, it.person)));
    of_directory(app, &oids, &mut all).await?;
    all.waits.sort_by_key(|waits| (waits.turn != Turn::Own, waits.since));
    // What happened at one moment stays in its order.
    all.happened.sort_by_key(Happened::at);
    all.happened.reverse();
    all.happened.truncate(SHOWN);
    Ok(all)
}

/// The first day of an approved application that is still to come.
async fn begins(app: &App, stored: &applications::Stored) -> Result<Option<Moment>, ServiceError> {
    let whole = applications::find(app.store.read(), &stored.application.number).await?;
    let start = whole.and_then(|whole| whole.application.start());
    Ok(start.filter(|start| *start > app.now()))
}

/// Deployment tests that are to be made, or to go on with, or whose report is at the operator.
async fn tested(app: &App, actor: &Actor, all: &mut Timeline) -> Result<(), ServiceError> {
    let list = deployment_tests::list(app, actor, Desk::Own).await?;
    for one in &list.tests {
        let (turn, since) = match (one.course, one.sent_at) {
            (Course::Running, _) => (Turn::Own, one.begun_at),
            (Course::Sent, Some(at)) => (Turn::Operator, at),
            _ => continue,
        };
        let matter = Matter::DeploymentTest(Some(one.number.clone()), one.content.service);
        all.waits.push(Waits { turn, matter, since, until: None });
    }
    let going = |due: &Due| {
        let same = |one: &&DeploymentTest| (one.content.service, &one.content.system) == (due.service, &due.system);
        list.tests.iter().any(|one| same(&one) && one.course == Course::Running)
    };
    for due in list.due.iter().filter(|due| due.must && !going(due)) {
        let matter = Matter::DeploymentTest(None, due.service);
        let (since, until) = match due.stage {
            Stage::Before => (app.now(), Some(due.from)),
            _ => (due.from, None),
        };
        all.waits.push(Waits { turn: Turn::Own, matter, since, until });
    }
    Ok(())
}

/// What is kept of an organisation: what was changed, which addresses and invitations wait for an answer, and which notices for it.
async fn kept(app: &App, actor: &Actor, all: &mut Timeline) -> Result<(), ServiceError> {
    let own = contacts::own(app, actor).await?;
    let notices = own.account.iter().map(|account| (Channel::Email, account.email.clone()));
    let in_use: BTreeSet<contacts::Address> = own.contacts.0.iter().flat_map(addresses_of).chain(notices).collect();
    let unread = own.checks.iter().filter(|(address, check)| {
        in_use.contains(*address) && check.confirmed_at.is_none() && check.failed_at.is_none()
    });
    let unread: Vec<(&String, Moment)> =
        unread.filter_map(|((_, address), it)| Some((address, it.asked_at?))).collect();
    if let Some(since) = unread.iter().map(|(_, asked)| *asked).min() {
        let matter = Matter::Addresses(unread.into_iter().map(|(address, _)| address.clone()).collect());
        all.waits.push(Waits { turn: Turn::Addressee, matter, since, until: None });
    }
    // The oldest first, as all the rest.
    all.happened.extend(own.changes.into_iter().rev().map(Happened::Contacts));
    for member in members::list(app, actor).await?.into_iter().filter(|member| member.person.is_none()) {
        let (matter, until) = (Matter::Invitation(member.granted.name), Some(member.open_until));
        all.waits.push(Waits { turn: Turn::Addressee, matter, since: member.granted_at, until });
    }
    for open in notices::own(app, actor).await? {
        let matter = Matter::Notice(Box::new(open.notice));
        all.waits.push(Waits { turn: Turn::Own, matter, since: open.at, until: None });
    }
    Ok(())
}

/// Changes of the directory that concern some joiners: those that are approved for a later moment, and those of the past that no
/// application made.
async fn of_directory(app: &App, oids: &[Oid], all: &mut Timeline) -> Result<(), ServiceError> {
    let db = app.store.read();
    for proposal in proposals::coming(db).await? {
        let concerned = proposal.proposed.effect.concerned();
        if oids.iter().any(|oid| concerned.contains(oid)) {
            let matter = Matter::Change(Basis::parse(&proposal.proposed.basis));
            let (turn, since, until) = (Turn::Nobody, proposal.created_at, proposal.run_at);
            all.waits.push(Waits { turn, matter, since, until });
        }
    }
    // The oldest first, as all the rest.
    for change in directory::entered_for(db, oids, SHOWN as u64).await?.into_iter().rev() {
        if !matches!(change.basis, Basis::Application(_)) {
            all.happened.push(Happened::Directory(change.version, change.basis, change.at));
        }
    }
    Ok(())
}
