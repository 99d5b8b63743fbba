//! What a change asks of those who read no notices here is told to them by mail, once every party plans along, and whenever that changes: the code service, with a copy to
//! Kanta, and suppliers of systems where it is known where they are written to.

use super::{Change, happened};
use crate::messages;
use crate::ports::Mail;
use crate::{App, ServiceError};
use liitos_domain::change::{Followed, Owner};
use liitos_domain::{Moment, Oid};
use liitos_store::{Transaction, system_suppliers};
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};

/// What is told.
#[derive(Clone, Copy, Debug)]
pub(super) enum Letter {
    /// The change, with all that it asks.
    Planned,
    /// It asks more than was told.
    More,
    /// Its day is another.
    Moved,
    /// It is withdrawn.
    Withdrawn,
}

impl Letter {
    const fn code(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::More => "more",
            Self::Moved => "moved",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Writes to the code service and to suppliers what of some tasks is theirs and is not done yet. Of a change that is withdrawn what is done already, too.
pub(super) async fn write(
    app: &App,
    tx: &Transaction,
    (change, letter): (&Change, Letter),
    tasks: impl Iterator<Item = &Followed>,
    at: Moment,
) -> Result<(), ServiceError> {
    let told = |task: &&Followed| !task.is_done() || matches!(letter, Letter::Withdrawn);
    let mut all: Vec<&Followed> = tasks.filter(told).collect();
    all.sort_by_key(|task| task.due);
    to_code_service(app, tx, (change, letter), &all, at).await?;
    to_suppliers(app, tx, (change, letter), &all, at).await
}

/// Writes to suppliers what their systems have to do, each in its own language; nothing where nobody knows where one is written to.
async fn to_suppliers(
    app: &App,
    tx: &Transaction,
    (change, letter): (&Change, Letter),
    tasks: &[&Followed],
    at: Moment,
) -> Result<(), ServiceError> {
    let mut of: BTreeMap<&str, Vec<&Followed>> = BTreeMap::new();
    for task in tasks {
        if let Owner::Supplier(system) = &task.owner {
            of.entry(system).or_default().push(task);
        }
    }
    if of.is_empty() {
        return Ok(());
    }
    let suppliers = system_suppliers::of(tx.connection(), &of.keys().copied().collect()).await?;
    let parties = change.story.parties().into_iter().cloned().collect::<BTreeSet<Oid>>();
    let names = crate::sign_in::names(app, &parties).await?;
    let mut mails = Vec::new();
    for (system, tasks) in of {
        let Some(supplier) = suppliers.get(system) else { continue };
        let language = Language::parse(&supplier.language).unwrap_or_default();
        let line = |task: &&Followed| {
            let words = [("due", language.date(task.due)), ("task", super::told::title(task, language))];
            let key = match letter {
                _ if task.is_done() => "letter-supplier-done",
                Letter::Withdrawn => "letter-supplier-off",
                Letter::Planned | Letter::More | Letter::Moved => "letter-supplier-task",
            };
            language.text_with(key, &words.each_ref().map(|(name, text)| (*name, text.as_str())))
        };
        let tasks = tasks.iter().map(line).collect::<Vec<_>>().join("\n");
        let called = |oid: &Oid| names.get(oid).map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"));
        let parties = parties.iter().map(called).collect::<Vec<_>>().join(", ");
        let day = language.date(change.story.day);
        let told = [
            ("title", change.story.title.as_str()),
            ("number", &change.number),
            ("day", &day),
            ("system", system),
            ("parties", &parties),
            ("tasks", &tasks),
        ];
        mails.push(Mail {
            to: supplier.mail.clone(),
            subject: language.text_with(&format!("letter-supplier-{}-subject", letter.code()), &told),
            body: format!("{}\n", language.text_with(&format!("letter-supplier-{}", letter.code()), &told)),
            secret: None,
            about: change.made_for.clone(),
            files: Vec::new(),
        });
    }
    if mails.is_empty() {
        return Ok(());
    }
    messages::enqueue(tx, &mails, at).await?;
    happened(tx, change, ("told-suppliers", None, None), at).await
}

/// Writes to the code service what is done there, in Finnish; nothing where nothing is, or nobody is to be written to.
async fn to_code_service(
    app: &App,
    tx: &Transaction,
    (change, letter): (&Change, Letter),
    tasks: &[&Followed],
    at: Moment,
) -> Result<(), ServiceError> {
    let theirs: Vec<&Followed> = tasks.iter().copied().filter(|task| task.what.is_of_the_code_service()).collect();
    let offices = &app.offices;
    if theirs.is_empty() || (offices.code_service.is_none() && offices.copy.is_none()) {
        return Ok(());
    }
    let language = Language::Fi;
    let named = |task: &&Followed| {
        let owner = match &task.owner {
            Owner::Joiner(oid) | Owner::Administrator(oid) => Some(oid.clone()),
            Owner::Supplier(_) | Owner::Operator => None,
        };
        Oid::parse(&task.about).ok().into_iter().chain(owner)
    };
    let names = crate::sign_in::names(app, &theirs.iter().flat_map(named).collect::<BTreeSet<Oid>>()).await?;
    let line = |task: &&Followed| {
        let called = Oid::parse(&task.about).ok().and_then(|oid| names.get(&oid));
        let called = called.map(|name| format!(" ({name})")).unwrap_or_default();
        let owner = super::told::owner(&task.owner, &names, language);
        let what = language.text_with(&format!("letter-change-{}", task.what), &[("about", &task.about)]);
        let words = [("due", language.date(task.due)), ("task", format!("{what}{called}")), ("owner", owner)];
        let key = if task.is_done() { "letter-change-done" } else { "letter-change-task" };
        language.text_with(key, &words.each_ref().map(|(name, text)| (*name, text.as_str())))
    };
    let tasks = theirs.iter().map(line).collect::<Vec<_>>().join("\n");
    let day = language.date(change.story.day);
    let told = [("title", change.story.title.as_str()), ("number", &change.number), ("day", &day), ("tasks", &tasks)];
    let letters: Vec<Mail> = offices
        .code_service
        .iter()
        .chain(&offices.copy)
        .map(|to| Mail {
            to: to.clone(),
            subject: language.text_with("letter-change-subject", &told),
            body: format!("{}\n", language.text_with(&format!("letter-change-{}", letter.code()), &told)),
            secret: None,
            about: change.made_for.clone(),
            files: Vec::new(),
        })
        .collect();
    messages::enqueue(tx, &letters, at).await?;
    happened(tx, change, ("told-code-service", None, None), at).await
}
