//! A paper of a test's report.

use super::show;
use crate::notices::Desk;
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_store::sealed::{self, Copy};
use liitos_texts::Language;

/// The newest paper of a test's report in a language, sealed.
///
/// # Errors
/// L-602 without the position; L-609 for a foreign test, and while no report of it was sent.
pub async fn report(
    app: &App,
    actor: &Actor,
    (desk, number): (Desk, &str),
    language: Language,
) -> Result<Copy, ServiceError> {
    let missing = || ServiceError::refused(RefusalCode::NotFound, "report");
    let shown = show(app, actor, desk, number).await?;
    let key = shown.paper(language).map(|copy| copy.key).ok_or_else(missing)?;
    sealed::find(app.store.read(), key).await?.ok_or_else(missing)
}
