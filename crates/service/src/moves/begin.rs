//! Begins a move.

use super::{Move, happened};
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::application::Form;
use liitos_domain::moves::{Course, Kind};
use liitos_domain::{Act, RefusalCode};
use liitos_store::moves;

/// Most that an organisation writes at a time.
const MOST_DRAFTS: u64 = 50;

/// Begins a move: its number.
///
/// # Errors
/// L-602 without the position; L-605 when too many are being written.
pub async fn begin(app: &App, actor: &Actor, kind: Kind) -> Result<String, ServiceError> {
    let now = app.now();
    let leader = actor.must(Act::Technical, now)?.clone();
    if moves::drafts(app.store.read(), &leader).await? >= MOST_DRAFTS {
        return Err(ServiceError::refused(RefusalCode::StateForbids, "moves"));
    }
    let tx = app.store.begin().await?;
    let one = Move {
        key: 0,
        number: moves::next_number(&tx, now).await?,
        leader,
        kind,
        form: Form::default(),
        course: Course::Draft,
        created_at: now,
        sent_at: None,
        approver: None,
        entered: 0,
        halt: None,
        report: None,
        revision: 1,
    };
    moves::add(&tx, &one).await?;
    happened(&tx, &one.number, ("begun", Some(actor), Desk::Own), None, now).await?;
    tx.commit().await?;
    Ok(one.number)
}
