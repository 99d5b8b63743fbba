//! What a change asks of the code service is told to it by mail, with a copy to Kanta: once every party plans along, and whenever that changes.

use super::{Change, happened};
use crate::messages;
use crate::ports::Mail;
use crate::{App, ServiceError};
use liitos_domain::change::{Followed, Owner};
use liitos_domain::{Moment, Oid};
use liitos_store::Transaction;
use liitos_texts::Language;
use std::collections::BTreeSet;

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

/// Writes to the code service what of some tasks is done there and is not done yet, in Finnish; nothing where nothing is, or nobody is to be written to. Of a
/// change that is withdrawn what is done already, too.
pub(super) async fn write(
    app: &App,
    tx: &Transaction,
    (change, letter): (&Change, Letter),
    tasks: impl Iterator<Item = &Followed>,
    at: Moment,
) -> Result<(), ServiceError> {
    let told = |task: &&Followed| {
        task.what.is_of_the_code_service() && (!task.is_done() || matches!(letter, Letter::Withdrawn))
    };
    let mut theirs: Vec<&Followed> = tasks.filter(told).collect();
    let offices = &app.offices;
    if theirs.is_empty() || (offices.code_service.is_none() && offices.copy.is_none()) {
        return Ok(());
    }
    theirs.sort_by_key(|task| task.due);
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
