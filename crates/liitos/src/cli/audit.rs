//! `liitos audit verify`.

use super::Ended;
use crate::config::Config;
use crate::serve::full;
use clap::Subcommand;
use liitos_store::{Store, audit};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Walk the whole chain of audit events.
    Verify {
        /// The installation's configuration.
        #[arg(long)]
        config: PathBuf,
    },
}

pub(crate) async fn run(command: &AuditCommand) -> Ended {
    let AuditCommand::Verify { config } = command;
    let walked = async {
        let config = Config::load(config).map_err(|error| error.to_string())?;
        let store = Store::connect(&config.database.url).await.map_err(|error| full(&error))?;
        audit::first_break(store.read()).await.map_err(|error| full(&error))
    };
    match walked.await {
        Ok(None) => {
            say!("the audit trail is whole");
            Ended::Fine
        }
        Ok(Some(sequence)) => {
            say!("event {sequence} does not fit the chain");
            Ended::Finding
        }
        Err(problem) => Ended::BadInput(problem),
    }
}
