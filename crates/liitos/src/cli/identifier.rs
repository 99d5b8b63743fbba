//! `liitos identifier check VALUE`.

use super::{Ended, print_json};
use clap::Subcommand;
use liitos_domain::identifier::classify;

/// Longest value looked at, in bytes.
const MAX_VALUE_BYTES: usize = 256;

#[derive(Subcommand)]
pub(crate) enum IdentifierCommand {
    /// Say what kind of identifier a value is, and whether it is a valid one.
    Check {
        /// The value.
        value: String,
        /// Print JSON (the default; kept for scripts).
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &IdentifierCommand) -> Ended {
    let IdentifierCommand::Check { value, json: _ } = command;
    if value.trim().is_empty() || value.len() > MAX_VALUE_BYTES {
        return Ended::BadInput(format!("expected a value of 1 to {MAX_VALUE_BYTES} characters"));
    }
    let Some(found) = classify(value) else {
        return Ended::BadInput("the value has the shape of no identifier known here (OID, Business ID, personal identity code, e-invoice address, archivist's card number)".to_owned());
    };
    match print_json(&found) {
        Ok(()) if found.valid => Ended::Fine,
        Ok(()) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}
