//! Gathers what comes out of a test: what the archive writes down about its clients from when it began, joined with what the gateways tell, and kept longer than
//! either is asked for.

use super::{DeploymentTest, digest};
use crate::{App, ServiceError};
use liitos_domain::archive::{Act, Family, Ground};
use liitos_domain::deployment_test::{Deed, Seen, Told};
use liitos_domain::directory::{Right, SeenCall};
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
    let digests: Vec<String> = one.content.persons.iter().map(|code| digest(app, code)).collect();
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
    let heard = open.iter().filter_map(|kept| Some(heard((one, &rights), kept, calls.get(&kept.seen.decision)?)));
    let heard: Vec<Kept> = heard.collect();
    if !heard.is_empty() {
        let tx = app.store.begin().await?;
        for kept in &heard {
            stored::hear(&tx, one.key, kept).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// What is known once a gateway has told of the same call: that it was done, as it is tested; or that it was something else.
fn heard((one, rights): (&DeploymentTest, &[Right]), kept: &Kept, call: &SeenCall) -> Kept {
    let content = &one.content;
    // Where several systems may come the same way, and none names itself, a gateway names the one of the first right.
    let may = |system: &str| {
        rights.iter().any(|right| {
            let way = (Some(right.service), Some(&right.access_point)) == (call.service, call.access_point.as_ref());
            way && right.system == system
        })
    };
    let same = |system: &String| *system == content.system || (may(system) && may(&content.system));
    let tested = call.service == Some(content.service)
        && call.system.as_ref().is_none_or(same)
        && call.access_point.as_ref().map(|point| point.oid()) == kept.seen.point.as_ref();
    let ended = match kept.seen.deed {
        Deed::Refused => call.behind.iter().any(|code| kept.seen.codes.contains(code)),
        _ => call.refused.is_none() && call.place.parse().is_ok_and(|status: u16| (200..300).contains(&status)),
    };
    if tested && ended {
        Kept { told: Told::Whole, seen: Seen { gateway: Some(call.at), ..kept.seen.clone() }, ..kept.clone() }
    } else {
        Kept { told: Told::Otherwise, ..kept.clone() }
    }
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
