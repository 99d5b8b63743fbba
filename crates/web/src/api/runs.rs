//! Controller update runs to and from the organisation's registers, for its own system and its supplier's.

use super::applications::time;
use super::pages::{Part, part};
use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use crate::pages::office::runs::as_file;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use liitos_service::controller_runs;
use schemars::JsonSchema;
use serde::Serialize;

/// A controller update run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub(crate) struct ControllerRun {
    /// Its number.
    number: String,
    /// `approved`, `switched`, `paused`, `done` or `reversed`.
    state: String,
    /// Whose documents.
    from: String,
    /// To whom.
    to: String,
    /// These registers alone, like `patient:2`; all where empty.
    registers: Vec<String>,
    /// These units alone; all where empty.
    units: Vec<String>,
    /// This occupational health customer's alone.
    customer: Option<String>,
    /// From this month on.
    months_from: Option<String>,
    /// Before this month.
    months_until: Option<String>,
    /// When it is to be switched.
    run_at: String,
    /// When it was.
    switched_at: Option<String>,
    /// When it was reversed.
    reversed_at: Option<String>,
    /// Until when the local system may differ from the archive, once it is switched.
    apart_until: Option<String>,
    /// What becomes of what comes in the other controller's name meanwhile: `accept` or `try-again`.
    apart: String,
    /// Documents that are known to have arrived.
    carried: u64,
    /// Of how many: of as many as were found so far, while they are being found.
    documents: u64,
    /// Whether its signed report is there.
    reported: bool,
    /// Whether that says that not every document is where it should be: the run waits for the operator then.
    incomplete: bool,
}

pub(crate) async fn list(State(web): State<Web>, page: Page, Query(asked): Query<Part>) -> Result<Response, Failure> {
    let all = controller_runs::own(&web.app, page.signed_in()?).await?;
    let told = all.into_iter().map(|controller_runs::OwnRun { run, .. }| {
        let (order, scope) = (&run.order, &run.order.scope);
        ControllerRun {
            state: run.state.code().to_owned(),
            from: order.from.to_string(),
            to: order.to.to_string(),
            registers: scope.registers.iter().map(ToString::to_string).collect(),
            units: scope.units.iter().map(ToString::to_string).collect(),
            customer: scope.customer.clone(),
            months_from: scope.from.map(|month| month.to_string()),
            months_until: scope.until.map(|month| month.to_string()),
            run_at: time(order.run_at),
            switched_at: run.switched_at.map(time),
            reversed_at: run.reversed_at.map(time),
            apart_until: order.apart_until(run.switched_at).map(time),
            apart: order.apart.code().to_owned(),
            carried: run.walk.carried.0,
            documents: run.walk.carried.1,
            reported: run.report.is_some(),
            incomplete: controller_runs::incomplete(&run),
            number: run.number,
        }
    });
    Ok(part("/api/v1/controller-runs", &asked, told))
}

pub(crate) async fn report(
    State(web): State<Web>,
    page: Page,
    Path(number): Path<String>,
) -> Result<Response, Failure> {
    let report = controller_runs::own_report(&web.app, page.signed_in()?, &number).await?;
    Ok(as_file(&number, report))
}
