//! Shows tests: to whoever tests, and to the operator those that were sent.

use super::begin::rights;
use super::documents::{Kept, standing};
use super::due::Facts;
use super::removal::left;
use super::{DeploymentTest, Happened, missing, runs};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::deployment_test::{Answer, Deed, Due, Look, judge};
use liitos_domain::{Duty, Oid, Service};
use liitos_store::sealed::{self, Copy};
use liitos_store::{deployment_tests as stored, happenings};
use liitos_texts::Language;
use std::collections::BTreeMap;

/// Most that a list and a history show.
const MOST: u64 = 200;

/// Tests, and what is to be tested.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Those that there are, the newest first.
    pub tests: Vec<DeploymentTest>,
    /// Those that are to be made; of the operator's list none: [`super::untested`].
    pub due: Vec<Due>,
}

/// A test with all that is to be seen of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// It.
    pub one: DeploymentTest,
    /// How each case stands, by its id.
    pub looks: BTreeMap<String, Look>,
    /// What it left in the archive.
    pub documents: Vec<Kept>,
    /// The report's papers, sealed, the newest of each language; without their bytes.
    pub papers: Vec<(Language, Copy)>,
    /// Units of the joiner's that receive renewal requests, where one is asked for.
    pub units: Vec<Oid>,
    /// What has happened, the newest first.
    pub history: Vec<Happened>,
}

impl Shown {
    /// How many cases are done, of how many.
    #[must_use]
    pub fn done(&self) -> (usize, usize) {
        let done = self.looks.values().filter(|look| look.answer == Answer::Passed).count();
        (done, self.looks.len())
    }

    /// A paper of the report, by its language.
    #[must_use]
    pub fn paper(&self, language: Language) -> Option<&Copy> {
        self.papers.iter().find(|(of, _)| *of == language).map(|(_, copy)| copy)
    }
}

/// The tests of the organisation acted for, and what it has to test; or those that the operator has been sent.
///
/// # Errors
/// L-602 without an organisation, or the position.
pub async fn list(app: &App, actor: &Actor, desk: Desk) -> Result<List, ServiceError> {
    let db = app.store.read();
    if desk == Desk::Office {
        actor.must_see(Duty::Handle)?;
        return Ok(List { tests: stored::list(db, None, MOST).await?, due: Vec::new() });
    }
    let joiner = actor.joiner()?;
    let tests = stored::list(db, Some(joiner), MOST).await?;
    let due = Facts::load(app, Some(joiner)).await?.due(joiner, &tests);
    Ok(List { tests, due })
}

/// A test: of the organisation acted for, or one that the operator has been sent.
///
/// # Errors
/// L-602 without the position; L-609 for a foreign one.
pub async fn show(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<Shown, ServiceError> {
    let db = app.store.read();
    let found = stored::find(db, number).await?;
    let one = match desk {
        Desk::Office => {
            actor.must_see(Duty::Handle)?;
            found.filter(|one| one.sent_at.is_some() || one.removal_asked_at.is_some())
        }
        Desk::Own => {
            let joiner = actor.joiner()?;
            found.filter(|one| one.joiner == *joiner)
        }
    };
    let one = one.ok_or_else(missing)?;
    let words = stored::words(db, one.key).await?;
    let (seen, earlier) = match runs(one.course) {
        true => (super::seen::seen(app, &one).await?, super::seen::earlier(app, &one).await?),
        false => Default::default(),
    };
    let looks = judge(&one.content, (&seen, &earlier), &words);
    let mut copies = sealed::of_joiner(db, &one.joiner).await?;
    copies.retain(|copy| copy.subject == one.number);
    // The newest of each.
    let of = |language: Language| copies.iter().find(|copy| copy.name.ends_with(&format!("-{}.pdf", language.code())));
    let papers = Language::ALL.into_iter().filter_map(|language| Some((language, of(language)?.clone()))).collect();
    let asks = one.content.cases.iter().any(|case| case.deed == Deed::Delivered) && runs(one.course);
    let receives = if asks { rights(app, &one.joiner).await? } else { Vec::new() };
    let receives = receives.into_iter().filter(|right| right.service == Service::RenewalReception);
    let mut units: Vec<Oid> = receives.filter_map(|right| right.unit).collect();
    units.sort_unstable();
    units.dedup();
    Ok(Shown {
        documents: standing(app, left(app, &one).await?).await?,
        history: happenings::of(db, number, MOST).await?,
        looks,
        papers,
        units,
        one,
    })
}
