//! What has become of a move, signed: who was moved when, by which version of the directory, with which calls since, and that the way of before is closed.

use super::{Move, said};
use crate::directory::publication;
use crate::{App, ServiceError};
use liitos_domain::directory::{Organiser, Request, Snapshot, Verdict, decide};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::{Kind, LeftOut, Moving, Standing, What};
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use liitos_store::moves::Moved;
use serde::{Deserialize, Serialize};

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
    /// What a call of it is told there, by the service; nothing where it would pass.
    pub answers: Vec<(Service, Option<RefusalCode>)>,
}

/// What has become of a move by now.
async fn report(app: &App, (one, moved): (&Move, &[Moved]), now: Moment) -> Result<Report, ServiceError> {
    let moving = said(one)?;
    let published = publication::current(app).await?;
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
        old_way: old_way(&published.snapshot, &moving, moved, now),
    };
    Ok(Report {
        number: one.number.clone(),
        leader: one.leader.clone(),
        kind: one.kind,
        title: moving.title.clone(),
        at: now,
        directory_version: published.snapshot.version().1,
        moved: moved.iter().map(line).collect(),
    })
}

/// How the door answers through the way of before, of one that stays moved.
fn old_way(snapshot: &Snapshot, moving: &Moving, moved: &Moved, now: Moment) -> Option<OldWay> {
    let What::Point { from, service, .. } = &moving.what else { return None };
    if moved.standing != Standing::Entered {
        return None;
    }
    let answer = |service: Service| {
        let request = Request {
            access_point: from,
            certificate: None,
            source: None,
            service,
            operation: Operation::Write,
            joiner: &moved.subject,
            unit: None,
            tenant: None,
            system: None,
            organiser: Organiser::Later,
        };
        match decide(snapshot, &request, now).verdict {
            Verdict::Permitted => None,
            Verdict::Refused(code) => Some(code),
        }
    };
    let services = Service::APPLICABLE.iter().filter(|one| service.is_none_or(|only| only == **one));
    Some(OldWay {
        access_point: from.clone(),
        closes: moved.seat.at.plus_seconds(moving.overlap),
        answers: services.map(|service| (*service, answer(*service))).collect(),
    })
}

/// The report as it is kept and handed out: its text, and the operator's signature over that text.
pub(super) async fn sealed(app: &App, of: (&Move, &[Moved]), now: Moment) -> Result<String, ServiceError> {
    let text = serde_json::to_string(&report(app, of, now).await?)?;
    let signature = app.publication.sign_report(text.as_bytes());
    Ok(serde_json::json!({ "report": text, "signature": signature }).to_string())
}
