//! `liitos move`: reports that anybody verifies. Everything else of a move is people's and programs', on pages and by the API.

use super::{Ended, print_json, signed_report};
use clap::Subcommand;
use liitos_domain::moves::Standing;
use liitos_service::moves::{OldWay, Report};
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
            let of = |which: fn(&OldWay, &Report) -> bool| -> Vec<String> {
                let old = report.moved.iter().filter_map(|line| Some((line, line.old_way.as_ref()?)));
                old.filter(|(_, old)| which(old, &report)).map(|(line, _)| line.subject.to_string()).collect()
            };
            // What was to be closed by then and is not; what is to be closed later, of a move that was given up.
            let open = of(|old, report| old.closes <= report.at && !old.closed);
            let later = of(|old, report| old.closes > report.at);
            let moved = report.moved.iter().filter(|line| line.standing == Standing::Entered).count();
            let fine = holds && open.is_empty() && later.is_empty();
            let told = json!({
                "signature": holds, "moved": moved, "old_way_open": open, "old_way_closes_later": later, "report": report,
            });
            match print_json(&told) {
                Ok(()) if fine => Ended::Fine,
                Ok(()) => Ended::Finding,
                Err(problem) => Ended::BadInput(problem),
            }
        }
        Err(problem) => Ended::BadInput(problem),
    }
}
