//! `liitos notification`: final reports that anybody verifies.

use super::{Ended, print_json, signed_report};
use clap::Subcommand;
use liitos_service::notifications::FinalReport;
use serde_json::json;
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum NotificationCommand {
    /// Verify the final report of a joining that has ended, without a server.
    Verify {
        /// The operator's public key, hexadecimal: `/api/seal` of its portal.
        #[arg(long)]
        key: String,
        /// The report.
        file: PathBuf,
    },
}

pub(crate) fn run(command: &NotificationCommand) -> Ended {
    let NotificationCommand::Verify { key, file } = command;
    match signed_report::<FinalReport>(key, file) {
        Ok((holds, report)) => {
            // What has ended leaves nothing in force and nothing unanswered.
            let fine = holds && report.rights == 0 && report.requests == 0;
            match print_json(&json!({ "signature": holds, "report": report })) {
                Ok(()) if fine => Ended::Fine,
                Ok(()) => Ended::Finding,
                Err(problem) => Ended::BadInput(problem),
            }
        }
        Err(problem) => Ended::BadInput(problem),
    }
}
