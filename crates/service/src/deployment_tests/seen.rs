//! What came out of a test, as its cases are judged by it.

use super::documents::standing;
use super::request::requests;
use super::{DeploymentTest, digests};
use crate::{App, ServiceError};
use liitos_domain::Moment;
use liitos_domain::archive::Standing;
use liitos_domain::deployment_test::{Deed, Seen, Stage, Stored, Told};
use liitos_domain::outbound::OutboundState;
use liitos_store::deployment_tests as stored;

/// Earlier tests looked through for documents that serve.
const MOST_TESTS: u64 = 50;

/// All that came out, the oldest first; what turned out to be something else is none of it.
pub(super) async fn seen(app: &App, one: &DeploymentTest) -> Result<Vec<Seen>, ServiceError> {
    let kept = stored::seen(app.store.read(), one.key, false).await?;
    let kept = kept.into_iter().filter(|kept| kept.told != Told::Otherwise);
    let mut seen: Vec<Seen> = kept.map(|kept| kept.seen).collect();
    if !one.content.cases.iter().any(|case| case.deed == Deed::Delivered) {
        return Ok(seen);
    }
    for (message, ended) in requests(app, &one.number).await? {
        let delivered = message.state == OutboundState::Delivered;
        seen.push(Seen {
            at: message.taken_at,
            deed: Deed::Delivered,
            ground: None,
            point: None,
            decision: message.id.clone(),
            person: None,
            message: Some(message.id),
            document: None,
            set: None,
            controller: None,
            found: None,
            codes: Vec::new(),
            gateway: delivered.then(|| ended.unwrap_or(message.taken_at)),
        });
    }
    seen.sort_by_key(|seen| seen.at);
    Ok(seen)
}

/// Documents of earlier tests that serve before a change: stored by the same joiner, and in force in its register.
pub(super) async fn earlier(app: &App, one: &DeploymentTest) -> Result<Vec<Seen>, ServiceError> {
    if one.content.stage != Stage::Before {
        return Ok(Vec::new());
    }
    let db = app.store.read();
    // What follows rests on the same client, which this test has to have, too.
    let digests: Vec<String> = digests(app, &one.content.persons)?;
    let same = |seen: &Seen| seen.person.as_ref().is_some_and(|person| digests.contains(person));
    let mut known = Vec::new();
    for before in stored::list(db, Some(&one.joiner), MOST_TESTS).await? {
        if before.key == one.key || before.content.service != one.content.service || !before.course.is_reported() {
            continue;
        }
        for word in stored::words(db, before.key).await?.into_values().filter(|word| word.fine) {
            let seen = word.seen.filter(|seen| seen.deed == Deed::Stored && same(seen));
            known.extend(seen.and_then(|seen| Some((Stored::of(&seen)?, seen))));
        }
    }
    let documents: Vec<(Stored, Moment)> = known.iter().map(|(stored, seen)| (stored.clone(), seen.at)).collect();
    let now = standing(app, documents).await?;
    let serves = |stored: &Stored| {
        let fits = |kept: &&super::Kept| kept.stored == *stored && kept.standing == Standing::Newest;
        now.iter().any(|kept| fits(&kept) && one.content.controllers.contains(&kept.active))
    };
    let mut served: Vec<Seen> =
        known.iter().filter(|(stored, _)| serves(stored)).map(|(_, seen)| seen.clone()).collect();
    served.sort_by_key(|seen| seen.at);
    Ok(served)
}
