//! `liitos register import`.

use super::{Ended, print_json};
use crate::config::Config;
use crate::serve::build;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use liitos_domain::register::RegisterKind;
use liitos_service::registers::import::Stage;
use liitos_service::registers::{ImportReport, import};
use std::path::PathBuf;

#[derive(Subcommand)]
pub(crate) enum RegisterCommand {
    /// Import a whole register file; what is not in it any more ends, history is kept.
    Import {
        /// Which register: sote, professionals, pharmacies, intermediaries, controllers or systems.
        #[arg(long, value_parser = kind)]
        kind: RegisterKind,
        /// The installation's configuration.
        #[arg(long)]
        config: PathBuf,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
        /// The file: code service XML or semicolon text.
        file: PathBuf,
    },
}

fn kind(text: &str) -> Result<RegisterKind, String> {
    RegisterKind::parse(text).ok_or_else(|| {
        let codes: Vec<&str> = RegisterKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("expected one of {}", codes.join(", "))
    })
}

pub(crate) async fn run(command: RegisterCommand) -> Ended {
    let RegisterCommand::Import { kind, config, json, file } = command;
    match carry_out(kind, &config, &file).await {
        Ok(report) => show(&report, json),
        Err(problem) => Ended::BadInput(problem),
    }
}

async fn carry_out(
    kind: RegisterKind,
    config: &std::path::Path,
    file: &std::path::Path,
) -> Result<ImportReport, String> {
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let bar = ProgressBar::new(bytes.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{msg:<8} {wide_bar} {percent:>3} % {eta}") {
        bar.set_style(style);
    }
    let mut stage = None;
    let mut progress = |now: Stage, done: u64, total: u64| {
        if stage != Some(now) {
            stage = Some(now);
            bar.set_message(if now == Stage::Reading { "reading" } else { "storing" });
            bar.set_length(total);
        }
        bar.set_position(done);
    };
    let name = file.file_name().map_or_else(|| file.display().to_string(), |name| name.to_string_lossy().into_owned());
    let report = import(&app, "command line", kind, (&name, &bytes), &mut progress).await;
    bar.finish_and_clear();
    report.map_err(|error| format!("{} {}", error.code, error.place))
}

fn show(report: &ImportReport, json: bool) -> Ended {
    let counts = &report.counts;
    if json {
        if let Err(problem) = print_json(report) {
            return Ended::BadInput(problem);
        }
    } else {
        println!(
            "{}: {} rows; {} new, {} changed, {} unchanged, {} gone, {} refused",
            report.register, counts.rows, counts.added, counts.changed, counts.unchanged, counts.gone, counts.refused
        );
        for finding in &report.findings {
            println!("{} {finding}", if finding.problem.refuses() { "refused" } else { "  taken" });
        }
    }
    if counts.refused == 0 { Ended::Fine } else { Ended::Finding }
}
