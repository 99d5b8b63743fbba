//! `liitos move`: reports that anybody verifies. Everything else of a move is people's and programs', on pages and by the API.

use super::{Ended, print_json, signed_report};
use clap::Subcommand;
use liitos_domain::moves::Standing;
use liitos_service::moves::{Line, Report};
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum MoveCommand {
    /// Verify a report without a server: who was moved, and that the ways of before are closed.
    Verify {
        /// The operator's public key, hexadecimal: `/api/seal` of its portal.
        #[arg(long)]
        key: String,
        /// The report.
        file: PathBuf,
    },
}

pub(crate) fn run(command: &MoveCommand) -> Ended {
    let MoveCommand::Verify { key, file } = command;
    match signed_report::<Report>(key, file) {
        Ok((holds, report)) => {
            let open = report.moved.iter().filter(|line| is_open(line, &report)).map(|line| line.subject.to_string());
            let open: Vec<String> = open.collect();
            let moved = report.moved.iter().filter(|line| line.standing == Standing::Entered).count();
            let fine = holds && open.is_empty();
            match print_json(&json!({ "signature": holds, "moved": moved, "old_way_open": open, "report": report })) {
                Ok(()) if fine => Ended::Fine,
                Ok(()) => Ended::Finding,
                Err(problem) => Ended::BadInput(problem),
            }
        }
        Err(problem) => Ended::BadInput(problem),
    }
}

/// Whether a call would still pass by the way of before, though it was to be closed by then.
fn is_open(line: &Line, report: &Report) -> bool {
    let old = line.old_way.as_ref().filter(|old| old.closes <= report.at);
    old.is_some_and(|old| old.answers.iter().any(|(_, refused)| refused.is_none()))
}
