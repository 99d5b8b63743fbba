//! `liitos register import`.

use super::{Ended, print_json};
use crate::config::Config;
use crate::serve::{build, register_source};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use liitos_domain::register::RegisterKind;
use liitos_service::ports::RegisterSource as _;
use liitos_service::registers::{File, ImportReport, import, refresh};
use std::path::{Path, PathBuf};

/// Most new rows that are told one by one.
const NEW_ROWS_TOLD: usize = 50;

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
        /// Take the file though it ends unusually much of the register.
        #[arg(long)]
        may_shrink: bool,
        /// Print the report as JSON, with every row that is new.
        #[arg(long)]
        json: bool,
        /// The file: code service XML or JSON pages, or semicolon text.
        file: PathBuf,
    },
    /// Fetch what changed from where the registers are published, as is done each night.
    Refresh {
        /// Which register; every configured one when absent.
        #[arg(long, value_parser = kind)]
        kind: Option<RegisterKind>,
        /// The installation's configuration.
        #[arg(long)]
        config: PathBuf,
        /// Fetch everything, not only what changed.
        #[arg(long)]
        whole: bool,
        /// Print the reports as JSON.
        #[arg(long)]
        json: bool,
    },
}

fn kind(text: &str) -> Result<RegisterKind, String> {
    RegisterKind::parse(text).ok_or_else(|| {
        let codes: Vec<&str> = RegisterKind::ALL.iter().map(|kind| kind.code()).collect();
        format!("expected one of {}", codes.join(", "))
    })
}

pub(crate) async fn run(command: RegisterCommand) -> Ended {
    match command {
        RegisterCommand::Import { kind, config, may_shrink, json, file } => {
            match carry_out(kind, &config, &file, may_shrink).await {
                Ok(report) => show(&report, json),
                Err(problem) => Ended::BadInput(problem),
            }
        }
        RegisterCommand::Refresh { kind, config, whole, json } => match fetch(kind, &config, whole, json).await {
            Ok(ended) => ended,
            Err(problem) => Ended::BadInput(problem),
        },
    }
}

/// Refreshes the registers asked for, each told as soon as it is done.
async fn fetch(kind: Option<RegisterKind>, config: &Path, whole: bool, json: bool) -> Result<Ended, String> {
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let source = register_source(&config).map_err(|error| error.to_string())?;
    let source = source.ok_or("registers: no sources are configured")?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let all = source.registers().into_iter().map(|(kind, _)| kind);
    let wanted: Vec<RegisterKind> = kind.map_or_else(|| all.collect(), |kind| vec![kind]);
    let mut ended = Ended::Fine;
    for kind in wanted {
        let report = refresh(&app, "command line", kind, &source, whole).await;
        let report = report.map_err(|error| format!("{} {}", error.code, error.place))?;
        match show(&report, json) {
            Ended::Fine => {}
            other => ended = other,
        }
    }
    Ok(ended)
}

async fn carry_out(
    kind: RegisterKind,
    config: &std::path::Path,
    file: &std::path::Path,
    may_shrink: bool,
) -> Result<ImportReport, String> {
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("reading {wide_bar} {percent:>3} % {eta}") {
        bar.set_style(style);
    }
    let mut progress = |done: u64, total: u64| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let file = File { may_shrink, ..File::at(file.to_owned()) };
    let report = import(&app, "command line", kind, file, &mut progress).await;
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
        say!(
            "{}: {} rows; {} new, {} changed, {} unchanged, {} gone, {} refused ({} kept as they were)",
            report.register,
            counts.rows,
            counts.added,
            counts.changed,
            counts.unchanged,
            counts.gone,
            counts.refused,
            counts.kept
        );
        // A first import is all new: that is told by its count alone.
        for row in report.changes.iter().filter(|row| row.change != "new" || counts.added <= NEW_ROWS_TOLD) {
            match row.line {
                Some(line) => say!("{:>7} line {line}: {}", row.change, row.id),
                None => say!("{:>7} {}", row.change, row.id),
            }
        }
        for finding in &report.findings {
            say!("{} {finding}", if finding.problem.refuses() { "refused" } else { "  taken" });
        }
    }
    if counts.refused == 0 { Ended::Fine } else { Ended::Finding }
}
