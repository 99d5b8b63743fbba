//! The final report of a joining that has ended, signed by the operator.

use super::show;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::directory::Effect;
use liitos_domain::{Moment, Oid, RefusalCode};
use serde::{Deserialize, Serialize};

/// What is left of a joining that has ended, as it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinalReport {
    /// The notification by which it ended.
    pub number: String,
    /// Whose joining.
    pub joiner: Oid,
    /// From when on.
    pub day: Moment,
    /// When this was written.
    pub at: Moment,
    /// The directory's version that ended it, and what that ended.
    pub directory_version: u64,
    /// What it ended.
    pub ended: Effect,
    /// Rights that are in force still.
    pub rights: usize,
    /// Documents in its controllers' registers.
    pub documents: u64,
    /// Renewal requests that wait for its units.
    pub requests: u64,
    /// Certificates that nobody needs any more, by their fingerprints.
    pub certificates: Vec<String>,
}

/// The final report of a joining whose end has come, by what is so now: its text, and the operator's signature over that text.
///
/// # Errors
/// L-602 when the desk is not the actor's; L-609 for a foreign notification, and for one by which no joining has ended yet.
pub async fn final_report(app: &App, actor: &Actor, desk: Desk, number: &str) -> Result<String, ServiceError> {
    let shown = show(app, actor, desk, number).await?;
    let missing = || ServiceError::refused(RefusalCode::NotFound, "report");
    let (report, ended) = shown.report.zip(shown.entered).ok_or_else(missing)?;
    let notification = shown.notification;
    let (day, directory_version) = notification.day.zip(notification.version).ok_or_else(missing)?;
    let whole = FinalReport {
        number: notification.number,
        joiner: notification.joiner,
        day,
        at: app.now(),
        directory_version,
        ended,
        rights: report.rights,
        documents: report.documents,
        requests: report.requests,
        certificates: report.certificates.iter().map(|known| known.fingerprint.to_string()).collect(),
    };
    let text = serde_json::to_string(&whole)?;
    let signature = app.publication.sign_report(text.as_bytes());
    Ok(serde_json::json!({ "report": text, "signature": signature }).to_string())
}
