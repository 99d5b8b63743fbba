//! `liitos deployment-test`: the cases of a test, made and sent as the joiner's system would, through its own access point; what came out is judged by the
//! portal, from the logs of the archive and the gateways.

mod make;
mod portal;
mod run;

use super::Ended;
use clap::Subcommand;
use liitos_domain::deployment_test::{Cases, MAX_CASES_BYTES};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum DeploymentTestCommand {
    /// Make the cases of a test that a program can make, say how they went, and send the report.
    Run(Box<run::Run>),
    /// Show the cases, or look whether a file of cases can be used.
    Cases {
        /// The file; the program's own cases when absent.
        file: Option<PathBuf>,
    },
}

pub(crate) async fn run(command: &DeploymentTestCommand) -> Ended {
    let ended = match command {
        DeploymentTestCommand::Run(asked) => run::run(asked).await,
        DeploymentTestCommand::Cases { file } => cases(file.as_deref()),
    };
    ended.unwrap_or_else(Ended::BadInput)
}

/// Shows the cases, a line each.
fn cases(file: Option<&Path>) -> Result<Ended, String> {
    let read = match file {
        None => Cases::standard().clone(),
        Some(file) => {
            let named = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
            let length = std::fs::metadata(file).map_err(|error| named(&error))?.len();
            if length > MAX_CASES_BYTES as u64 {
                return Err(named(&liitos_domain::deployment_test::CasesError::TooLarge));
            }
            let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
            Cases::read(&text).map_err(|error| named(&error))?
        }
    };
    for case in &read.cases {
        let services: Vec<&str> = case.services.iter().map(|service| service.code()).collect();
        let stages: Vec<&str> = case.stages.iter().map(|stage| stage.code()).collect();
        let function = case.function.as_deref().map(|function| format!(", with {function}")).unwrap_or_default();
        let by = if case.runs() { "program" } else { "people" };
        say!("{}: {} ({}; {}{function}; by {by})", case.id, case.deed, services.join(", "), stages.join(", "));
    }
    say!("{} cases, {} test clients of the 900 series", read.cases.len(), read.persons.len());
    Ok(Ended::Fine)
}
