//! `liitos controller-run`: what an order would meet and move, how runs stand, and reports that anybody verifies. Ordering, approving and
//! reversing are two persons' on the operator's pages.

use super::operate::WithConfig;
use super::{Ended, console, print_json, signed_report};
use crate::config::{Config, read};
use crate::serve::build;
use clap::{Args, Subcommand};
use liitos_domain::application::Form;
use liitos_domain::archive::{Completeness, FIELDS, OrderWrong, read_order};
use liitos_service::controller_runs::{self as runs, DryRun, Run};
use liitos_service::{App, ServiceError};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Subcommand)]
pub(crate) enum ControllerRunCommand {
    /// Read an order from a file and say what stands in its way; nothing is ordered.
    Plan {
        #[command(flatten)]
        with: WithConfig,
        /// The order, TOML: the fields of the page as keys.
        file: PathBuf,
    },
    /// Rehearse a run that is ordered: what it would move now.
    DryRun(Asked),
    /// How a run stands, or all of them.
    Status {
        #[command(flatten)]
        with: WithConfig,
        /// Its number.
        number: Option<String>,
    },
    /// Let carrying a run through wait.
    Pause(Asked),
    /// Go on with it; begin anew where its report says that it is not complete.
    Resume(Asked),
    /// Print the signed report of a run's completeness.
    Report(Asked),
    /// Verify a report without a server.
    Verify {
        /// The operator's public key, hexadecimal: `/api/seal` of its portal.
        #[arg(long)]
        key: String,
        /// The report.
        file: PathBuf,
    },
}

#[derive(Args)]
pub(crate) struct Asked {
    #[command(flatten)]
    with: WithConfig,
    /// The run's number.
    number: String,
}

async fn app(with: &WithConfig) -> Result<Arc<App>, String> {
    let config = Config::load(&with.config).map_err(|error| error.to_string())?;
    build(&config).await.map_err(|error| error.to_string())
}

fn text(error: ServiceError) -> String {
    format!("{} {}", error.code, error.place)
}

pub(crate) async fn run(command: ControllerRunCommand) -> Ended {
    let told = match command {
        ControllerRunCommand::Plan { with, file } => plan(&with, &file).await,
        ControllerRunCommand::DryRun(asked) => dry_run(&asked).await,
        ControllerRunCommand::Status { with, number } => status(&with, number.as_deref()).await,
        ControllerRunCommand::Pause(asked) => change(&asked, true).await,
        ControllerRunCommand::Resume(asked) => change(&asked, false).await,
        ControllerRunCommand::Report(asked) => report(&asked).await,
        ControllerRunCommand::Verify { key, file } => verify(&key, &file),
    };
    told.unwrap_or_else(Ended::BadInput)
}

/// Fine, or a finding.
fn ended(fine: bool) -> Ended {
    if fine { Ended::Fine } else { Ended::Finding }
}

async fn plan(with: &WithConfig, file: &Path) -> Result<Ended, String> {
    let bytes = read(file).map_err(|error| error.to_string())?;
    let table: toml::Table =
        toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|error| format!("{}: {error}", file.display()))?;
    if let Some(unknown) = table.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(format!("{}: {unknown}: no such field; there are {}", file.display(), FIELDS.join(", ")));
    }
    fn said(value: toml::Value) -> String {
        match value {
            toml::Value::String(text) => text,
            toml::Value::Array(many) => many.into_iter().map(said).collect::<Vec<_>>().join(" "),
            other => other.to_string(),
        }
    }
    let form = Form(table.into_iter().map(|(name, value)| (name, said(value))).collect());
    let order = read_order(&form).map_err(|wrong| {
        let line = |(field, what): (&str, OrderWrong)| format!("{field}: {what}");
        format!("{}: {}", file.display(), wrong.into_iter().map(line).collect::<Vec<_>>().join("; "))
    })?;
    let problems = runs::problems(&*app(with).await?, &order).await.map_err(text)?;
    print_json(&json!({ "order": order, "problems": problems }))?;
    Ok(ended(problems.is_empty()))
}

async fn dry_run(asked: &Asked) -> Result<Ended, String> {
    let dry: DryRun = runs::dry_run(&*app(&asked.with).await?, &console(), &asked.number).await.map_err(text)?;
    print_json(&dry)?;
    Ok(ended(dry.problems.is_empty()))
}

fn stands(run: &Run) -> Value {
    json!({
        "number": run.number, "state": run.state, "from": run.order.from, "to": run.order.to,
        "run_at": run.order.run_at.to_string(), "carried": run.walk.carried.0, "of": run.walk.carried.1,
        "switched_at": run.switched_at.map(|at| at.to_string()), "reversed_at": run.reversed_at.map(|at| at.to_string()),
        "reported": run.report.is_some(), "incomplete": runs::incomplete(run),
    })
}

async fn status(with: &WithConfig, number: Option<&str>) -> Result<Ended, String> {
    let app = app(with).await?;
    match number {
        Some(number) => {
            let status = runs::status(&app, &console(), number).await.map_err(text)?;
            let line = |event: &runs::Happened| json!({ "at": event.at.to_string(), "what": event.what, "person": event.person, "words": event.words });
            let history: Vec<Value> = status.history.iter().map(line).collect();
            print_json(&json!({ "run": stands(&status.run), "history": history }))?;
        }
        None => {
            let all = runs::list(&app, &console()).await.map_err(text)?;
            print_json(&all.iter().map(stands).collect::<Vec<_>>())?;
        }
    }
    Ok(Ended::Fine)
}

async fn change(asked: &Asked, waits: bool) -> Result<Ended, String> {
    let app = app(&asked.with).await?;
    let changed = match waits {
        true => runs::pause(&app, &console(), &asked.number).await,
        false => runs::resume(&app, &console(), &asked.number).await,
    };
    changed.map_err(text)?;
    Ok(Ended::Fine)
}

async fn report(asked: &Asked) -> Result<Ended, String> {
    let status = runs::status(&*app(&asked.with).await?, &console(), &asked.number).await.map_err(text)?;
    match status.run.report {
        Some(report) => {
            say!("{report}");
            Ok(Ended::Fine)
        }
        None => Err(format!("{} has no report yet: it is {}", asked.number, status.run.state)),
    }
}

fn verify(key: &str, file: &Path) -> Result<Ended, String> {
    let (holds, whole) = signed_report::<Completeness>(key, file)?;
    print_json(&json!({ "signature": holds, "report": whole }))?;
    Ok(ended(holds && whole.complete))
}
