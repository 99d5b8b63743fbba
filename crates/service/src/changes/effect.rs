//! What a change does, exactly: the directory's rows, the documents by register, and who is told of what.

use super::plan::{documents_of, named, planned};
use super::show::show;
use super::{Change, Names};
use crate::archive::controllers_of;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::archive::Register;
use liitos_domain::change::{Course, Followed, Receiver};
use liitos_domain::directory::Effect;
use liitos_domain::{Oid, RefusalCode};
use std::collections::{BTreeMap, BTreeSet};

/// What a change does.
#[derive(Clone, Debug)]
pub struct Effected {
    /// The change.
    pub change: Change,
    /// What becomes of the directory on its day, as far as it has not yet.
    pub effect: Effect,
    /// How many documents each of the parties' controllers has now, by register, all versions.
    pub documents: BTreeMap<(Oid, Register), u64>,
    /// Who is told of which tasks.
    pub messages: Vec<(Receiver, Vec<Followed>)>,
    /// Who is called what.
    pub names: Names,
}

/// What a change that is followed does, by what is so now, for whoever sees all of it.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-605 for whoever does not see all of it, as long as not all plan along, and when it is not followed any more; L-609
/// when there is no such change on it.
pub async fn effect(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<Effected, ServiceError> {
    let shown = show(app, actor, desk, number).await?;
    let change = shown.change;
    if !shown.all {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "agree"));
    }
    if change.course != Course::Followed {
        return Err(ServiceError::refused(RefusalCode::StateForbids, change.course.code()));
    }
    let kept = (change.number.as_str(), change.created_at, change.version);
    let (planned, _) = planned(app, &change.story, Some(kept)).await?;
    let mut controllers: BTreeSet<Oid> = BTreeSet::new();
    for party in change.story.parties() {
        controllers.extend(controllers_of(app, party).await?);
    }
    let mut documents: BTreeMap<(Oid, Register), u64> = BTreeMap::new();
    for (controller, cell, count) in documents_of(app, &controllers).await? {
        *documents.entry((controller, cell.register)).or_default() += count;
    }
    let messages = planned.messages().into_iter();
    let messages = messages.map(|(receiver, tasks)| (receiver, tasks.into_iter().map(Followed::from).collect()));
    let mut names = named(app, planned.tasks.iter().map(Followed::from)).await?;
    names.extend(shown.names);
    Ok(Effected { messages: messages.collect(), effect: planned.effect, documents, names, change })
}
