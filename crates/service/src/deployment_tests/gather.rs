//! Gathers what comes out of a test: what the archive writes down about its clients from when it began, joined with what the gateways tell, and kept longer than
//! either is asked for.

use super::{DeploymentTest, digests};
use crate::{App, ServiceError};
use liitos_domain::archive::{Act, Family, Ground};
use liitos_domain::deployment_test::{Deed, Seen, Told, heard};
use liitos_domain::{Oid, RefusalCode};
use liitos_store::archive::{self, Line};
use liitos_store::deployment_tests::{self as stored, Kept};
use liitos_store::directory;

/// Lines of the use log looked at at once.
const AT_ONCE: u64 = 500;
/// A line may be seen only after a later one, by as much as a call lasts: so long it is looked for again.
const SETTLES_SECONDS: i64 = 300;

/// Looks for what came out since the last look, and what gateways have told since of what is known.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub(super) async fn gather(app: &App, one: &DeploymentTest) -> Result<(), ServiceError> {
    let digests: Vec<String> = digests(app, &one.content.persons)?;
    let settled = app.now().plus_seconds(-SETTLES_SECONDS);
    let (mut after, mut looked) = (one.looked, one.looked);
    loop {
        let db = app.store.read();
        let lines = stored::lines_after(db, (&digests, &one.joiner), after, AT_ONCE).await?;
        let Some(last) = lines.last().map(|line| line.number) else { break };
        let known = stored::known_after(db, one.key, after).await?;
        let mut new = Vec::new();
        for line in lines.iter().filter(|line| !known.contains(&line.number)) {
            new.extend(kept(app, one, line).await?);
        }
        // No further than the first that others may still be seen before.
        let done = lines.iter().take_while(|line| line.told.at <= settled).last();
        looked = if looked == after { done.map_or(looked, |line| line.number) } else { looked };
        if !new.is_empty() || looked > one.looked {
            let tx = app.store.begin().await?;
            stored::see(&tx, one.key, &new, looked).await?;
            tx.commit().await?;
        }
        after = last;
        if (lines.len() as u64) < AT_ONCE {
            break;
        }
    }
    listen(app, one).await
}

/// Asks what gateways have told of what only the archive is known to have.
///
/// # Errors
/// [`ServiceError`] when the database fails.
pub(super) async fn listen(app: &App, one: &DeploymentTest) -> Result<(), ServiceError> {
    let open = stored::seen(app.store.read(), one.key, true).await?;
    let decisions: Vec<&str> = open.iter().map(|kept| kept.seen.decision.as_str()).collect();
    let calls = stored::calls(app.store.read(), &decisions).await?;
    if calls.is_empty() {
        return Ok(());
    }
    let rights = directory::rights_of(app.store.read(), &one.joiner).await?;
    let told = |kept: &Kept| {
        let (told, seen) = heard(&one.content, &rights, &kept.seen, calls.get(&kept.seen.decision)?);
        Some(Kept { told, seen, ..kept.clone() })
    };
    let heard: Vec<Kept> = open.iter().filter_map(told).collect();
    if !heard.is_empty() {
        let tx = app.store.begin().await?;
        for kept in &heard {
            stored::hear(&tx, one.key, kept).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

const fn deed(act: Act) -> Option<Deed> {
    match act {
        Act::Stored => Some(Deed::Stored),
        Act::Replaced => Some(Deed::Replaced),
        Act::Invalidated => Some(Deed::Invalidated),
        Act::Fetched => Some(Deed::Fetched),
        Act::Searched => Some(Deed::Searched),
        Act::Refused => Some(Deed::Refused),
        Act::LogRead | Act::Exported | Act::Withheld => None,
    }
}

/// A line of the use log, where it can be of the test: of a document of the service that is tested, or a search of which only the gateway knows.
async fn kept(app: &App, one: &DeploymentTest, line: &Line) -> Result<Option<Kept>, ServiceError> {
    let told = &line.told;
    let Some(deed) = deed(told.act).filter(|_| told.at >= one.begun_at) else { return Ok(None) };
    // What the operator was asked to do is nobody's test.
    if told.ground == Ground::Ordered {
        return Ok(None);
    }
    let found = told.more.as_deref().and_then(|more| more.strip_prefix("found="));
    // What was only tried looks for nothing.
    if deed == Deed::Searched && found.is_none() {
        return Ok(None);
    }
    let desk = told.ground == Ground::Archivist;
    let document = told.document.as_ref().filter(|_| deed != Deed::Searched);
    let held = match document {
        Some(id) => archive::find(app.store.read(), id).await?,
        None => None,
    };
    if held.as_ref().is_some_and(|held| Some(held.cell.register.family) != Family::of(one.content.service)) {
        return Ok(None);
    }
    let brings = matches!(deed, Deed::Stored | Deed::Replaced | Deed::Invalidated);
    let message = match document.filter(|_| brings && !desk) {
        Some(id) => stored::brought_by(app.store.read(), id).await?,
        None => None,
    };
    let more: Vec<&str> = told.more.iter().filter(|_| deed == Deed::Refused).flat_map(|more| more.split(' ')).collect();
    // Of what was refused, the controller that it named.
    let named = more.iter().find_map(|part| Oid::parse(part.strip_prefix("custodian=")?).ok());
    let seen = Seen {
        at: told.at,
        deed,
        ground: Some(told.ground),
        point: Oid::parse(&told.by).ok().filter(|_| !desk),
        decision: if desk { line.number.to_string() } else { told.decision.clone() },
        person: told.person.clone(),
        message,
        document: document.cloned(),
        set: held.map(|held| held.set_id),
        controller: Some(named.unwrap_or_else(|| told.controller.clone())),
        found: found.and_then(|found| found.split(' ').next()?.parse().ok()),
        codes: more.iter().filter_map(|code| RefusalCode::parse(code)).collect(),
        gateway: None,
    };
    let told = if seen.is_whole() { Told::Whole } else { Told::NotYet };
    Ok(Some(Kept { line: line.number, told, seen }))
}
