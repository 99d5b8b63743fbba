//! The runs to or from an organisation's own controllers, for whoever acts for it.

use crate::archive::controllers_of;
use crate::{Actor, App, ServiceError};
use liitos_domain::RefusalCode;
use liitos_store::controller_runs::{self, Run};

/// Runs shown.
const SHOWN: u64 = 200;

/// A run as a party sees it.
#[derive(Clone, Debug)]
pub struct OwnRun {
    /// The run.
    pub run: Run,
    /// Whether it is the organisation's register that gives.
    pub gives: bool,
}

/// The runs that two persons have approved and that give to or take from the organisation, the latest switch first.
///
/// # Errors
/// L-602 when no organisation is chosen.
pub async fn own(app: &App, actor: &Actor) -> Result<Vec<OwnRun>, ServiceError> {
    let controllers = controllers_of(app, actor.joiner()?).await?;
    if controllers.is_empty() {
        return Ok(Vec::new());
    }
    let runs = controller_runs::of_controllers(app.store.read(), &controllers, SHOWN).await?;
    let own = |run: Run| OwnRun { gives: controllers.contains(&run.order.from), run };
    Ok(runs.into_iter().map(own).collect())
}

/// The signed report of one of them.
///
/// # Errors
/// L-602 when no organisation is chosen; L-609 when there is no such run of theirs, or no report yet.
pub async fn own_report(app: &App, actor: &Actor, number: &str) -> Result<String, ServiceError> {
    let controllers = controllers_of(app, actor.joiner()?).await?;
    let run = controller_runs::find(app.store.read(), number).await?;
    let theirs = |run: &Run| controllers.contains(&run.order.from) || controllers.contains(&run.order.to);
    let report = run.filter(theirs).and_then(|run| run.report);
    report.ok_or_else(|| ServiceError::refused(RefusalCode::NotFound, "report"))
}

/// Whether there is any run of theirs.
///
/// # Errors
/// L-602 when no organisation is chosen.
pub async fn any_own(app: &App, actor: &Actor) -> Result<bool, ServiceError> {
    let controllers = controllers_of(app, actor.joiner()?).await?;
    Ok(!controllers.is_empty() && !controller_runs::of_controllers(app.store.read(), &controllers, 1).await?.is_empty())
}
