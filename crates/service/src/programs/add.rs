//! Lets a program act: for the organisation acted for, or at the operator.

use super::{BEGINS, DAYS, MOST, POSITIONS, hash};
use crate::{Actor, App, ServiceError};
use liitos_domain::application::steps::MAX_FIELD_CHARS;
use liitos_domain::{Act, Position, RefusalCode, Seat, StaffRole, typed};
use liitos_store::programs::{self, Program};
use liitos_store::{Lock, audit};

/// A new program.
#[derive(Clone, Debug)]
pub struct Added {
    /// Its key.
    pub key: i64,
    /// Its secret; told now and never again.
    pub secret: String,
}

/// Lets a program act.
///
/// # Errors
/// L-602 without the right to grant, L-610 when the mandate was asked for too long ago; L-606 naming the field that is wrong.
pub async fn add(app: &App, actor: &Actor, name: &str, position: Position) -> Result<Added, ServiceError> {
    let organisation = actor.must(Act::Grant, app.now())?.clone();
    if !POSITIONS.contains(&position) {
        return Err(ServiceError::refused(RefusalCode::FormInvalid, "position"));
    }
    keep(app, actor, name, Seat::For(organisation, position)).await
}

/// Lets a program act at the operator, in a position that the actor holds.
///
/// # Errors
/// L-602 without the position, or for a program; L-606 naming the field that is wrong.
pub async fn add_operators(app: &App, actor: &Actor, name: &str, role: StaffRole) -> Result<Added, ServiceError> {
    actor.must_be_person()?;
    if !actor.staff.contains(&role) {
        return Err(ServiceError::refused(RefusalCode::NotAllowed, role.code()));
    }
    keep(app, actor, name, Seat::AtOperator(role)).await
}

async fn keep(app: &App, actor: &Actor, name: &str, seat: Seat) -> Result<Added, ServiceError> {
    let wrong = |field: &str| Err(ServiceError::refused(RefusalCode::FormInvalid, field));
    let Some(name) = typed::line(name, MAX_FIELD_CHARS) else { return wrong("name") };
    let now = app.now();
    let secret = format!("{BEGINS}{}", app.secret());
    let tx = app.store.begin().await?;
    tx.lock(Lock::Grants).await?;
    let (held, subject, position) = match &seat {
        Seat::For(organisation, position) => {
            (programs::of_organisation(tx.connection(), organisation).await?, organisation.as_str(), position.code())
        }
        Seat::AtOperator(role) => (programs::of_operator(tx.connection()).await?, "operator", role.code()),
    };
    if held.len() >= MOST {
        return wrong("programs");
    }
    let expires_at = now.plus_days(DAYS);
    let program = Program { key: 0, seat: seat.clone(), name: name.to_owned(), granted_at: now, expires_at };
    let key = programs::add(&tx, &program, &hash(&secret), &actor.reference).await?;
    let details = serde_json::json!({ "program": key, "position": position });
    audit::record(&tx, &audit::Event { actor: &actor.reference, action: "program.added", subject, details }, now)
        .await?;
    tx.commit().await?;
    Ok(Added { key, secret })
}
