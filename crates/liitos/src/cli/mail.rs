//! `liitos mail bounced`: what a mail server pipes reports to (RFC 3464).

use super::Ended;
use super::operate::WithConfig;
use crate::config::Config;
use crate::serve::{connect, full};
use clap::Subcommand;
use liitos_documents::bounce::{self, MAX_REPORT_BYTES};
use liitos_domain::RefusalCode;
use liitos_service::messages::{Fate, receipt};
use std::io::Read as _;

#[derive(Subcommand)]
pub(crate) enum MailCommand {
    /// Take down that a mail came back: the report is read from standard input.
    Bounced(WithConfig),
}

pub(crate) async fn mail(command: &MailCommand) -> Ended {
    let MailCommand::Bounced(with) = command;
    let mut report = Vec::new();
    let most = MAX_REPORT_BYTES as u64 + 1;
    if let Err(error) = std::io::stdin().lock().take(most).read_to_end(&mut report) {
        return Ended::BadInput(format!("standard input: {error}"));
    }
    let bounce = match bounce::read(&report) {
        Ok(bounce) => bounce,
        Err(error) => return Ended::BadInput(error.to_string()),
    };
    if !bounce.failed {
        say!("the mail is late or has arrived: nothing to do");
        return Ended::Fine;
    }
    let app = match Config::load(&with.config).map_err(|error| error.to_string()) {
        Ok(config) => match connect(&config).await {
            Ok(app) => app,
            Err(error) => return Ended::BadInput(error.to_string()),
        },
        Err(error) => return Ended::BadInput(error),
    };
    match receipt(&app, &bounce.ticket, Fate::Undelivered(bounce.reason)).await {
        Ok(()) => {
            say!("taken down, and whoever keeps the address is told");
            Ended::Fine
        }
        Err(error) if error.code == RefusalCode::NotFound => {
            say!("no mail of ours has this Message-ID, or it was told before");
            Ended::Finding
        }
        Err(error) => Ended::BadInput(full(&error)),
    }
}
