//! What has become of a move, signed: who was moved when, by which version of the directory, with which calls since, and that the way of before is closed.

use super::{Move, said};
use crate::directory::publication;
use crate::{App, ServiceError};
use liitos_domain::directory::{Organiser, Request, Right, Rows, Snapshot, Verdict, decide};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Kind, LeftOut, Moving, Standing, What};
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::directory;
use liitos_store::moves::Moved;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What has become of a move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its number.
    pub number: String,
    /// Who moved.
    pub leader: Oid,
    /// What was moved.
    pub kind: Kind,
    /// What people call it.
    pub title: String,
    /// When this was written.
    pub at: Moment,
    /// The directory's version then.
    pub directory_version: u64,
    /// Each who was to be moved, in order.
    pub moved: Vec<Line>,
}

/// What has become of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The joiner, or the access point.
    pub subject: Oid,
    /// In which wave; the first is nought.
    pub wave: usize,
    /// At which second.
    pub at: Moment,
    /// How it stands.
    pub standing: Standing,
    /// Why it was left out.
    pub reason: Option<LeftOut>,
    /// The directory's version that moved it.
    pub version: Option<u64>,
    /// The one that moved it back.
    pub back: Option<u64>,
    /// Calls since that passed, as far as gateways told of them, and that failed, while its wave was watched.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
    /// Of one that was moved to another access point: the way of before.
    pub old_way: Option<OldWay>,
}

/// The way of before of one that was moved to another access point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldWay {
    /// Which.
    pub access_point: AccessPointOid,
    /// From when on it is closed.
    pub closes: Moment,
    /// How the door answers what it could call there before, each service of each unit.
    pub answers: Vec<Answer>,
    /// Whether it is closed: nothing that was there before passes, and each because the right has ended or there is none.
    pub closed: bool,
}

/// How the door answers by the way of before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which service.
    pub service: Service,
    /// Of which unit, where the right was a unit's.
    pub unit: Option<Oid>,
    /// What a call is told; nothing where it would pass.
    pub refused: Option<RefusalCode>,
}

/// What has become of a move by now.
async fn report(app: &App, (one, moved): (&Move, &[Moved]), now: Moment) -> Result<Report, ServiceError> {
    let moving = said(one)?;
    let published = publication::current(app).await?;
    let db = app.store.read();
    let rows = directory::rows(db, directory::version(db).await?).await?;
    let (snapshot, before) = (&published.snapshot, before(&rows, &moving));
    let line = |moved: &Moved| Line {
        subject: moved.subject.clone(),
        wave: moved.seat.wave,
        at: moved.seat.at,
        standing: moved.standing,
        reason: moved.reason,
        version: moved.version,
        back: moved.back,
        passed: moved.counted.passed,
        failed: moved.counted.failed,
        old_way: old_way(snapshot, &moving, (moved, before.get(&moved.subject)), now),
    };
    Ok(Report {
        number: one.number.clone(),
        leader: one.leader.clone(),
        kind: one.kind,
        title: moving.title.clone(),
        at: now,
        directory_version: snapshot.version().1,
        moved: moved.iter().map(line).collect(),
    })
}

/// What each joiner could do, as far as it is moved, through the access point of before: services, and units where the rights were theirs.
type Before<'r> = BTreeMap<&'r Oid, Could<'r>>;

/// The same of one.
type Could<'r> = BTreeSet<(Service, Option<&'r Oid>)>;

fn before<'r>(rows: &'r Rows, moving: &Moving) -> Before<'r> {
    let What::Point { from, service, .. } = &moving.what else { return Before::new() };
    let mut before = Before::new();
    let moves = |right: &&Right| right.access_point == *from && service.is_none_or(|one| right.service == one);
    for right in rows.rights.iter().filter(moves) {
        before.entry(&right.joiner).or_default().insert((right.service, right.unit.as_ref()));
    }
    before
}

/// How the door answers through the way of before, of one that stays moved.
fn old_way(
    snapshot: &Snapshot,
    moving: &Moving,
    (moved, before): (&Moved, Option<&Could<'_>>),
    now: Moment,
) -> Option<OldWay> {
    let What::Point { from, .. } = &moving.what else { return None };
    if moved.standing != Standing::Entered {
        return None;
    }
    let answer = |(service, unit): &(Service, Option<&Oid>)| {
        let request = Request {
            access_point: from,
            certificate: None,
            source: None,
            service: *service,
            operation: Operation::Write,
            joiner: &moved.subject,
            unit: *unit,
            tenant: None,
            system: None,
            organiser: Organiser::Later,
        };
        let refused = match decide(snapshot, &request, now).verdict {
            Verdict::Permitted => None,
            Verdict::Refused(code) => Some(code),
        };
        Answer { service: *service, unit: unit.cloned(), refused }
    };
    let answers: Vec<Answer> = before.into_iter().flatten().map(answer).collect();
    let gone = [RefusalCode::NoRight, RefusalCode::RightEnded];
    let closed = answers.iter().all(|answer| answer.refused.is_some_and(|code| gone.contains(&code)));
    Some(OldWay {
        access_point: from.clone(),
        closes: moved.seat.at.plus_seconds(moving.overlap),
        closed: closed && !answers.is_empty(),
        answers,
    })
}

/// The report as it is kept and handed out: its text, and the operator's signature over that text.
pub(super) async fn sealed(app: &App, of: (&Move, &[Moved]), now: Moment) -> Result<String, ServiceError> {
    let text = serde_json::to_string(&report(app, of, now).await?)?;
    Ok(serde_json::to_string(&app.publication.sign_report(text))?)
}
