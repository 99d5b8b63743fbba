//! `liitos check`: will a planned connection work? On a laptop, without a server.

mod facts;
mod lines;
mod look;
mod report;
mod sarif;

use super::rules::language;
use super::{Ended, print_json, read_file};
use crate::adapters::SystemClock;
use crate::config::Config;
use crate::serve::connect;
use clap::{Args, ValueEnum};
use liitos_domain::Moment;
use liitos_domain::plan::Plan;
use liitos_domain::rules::{Rulebook, Severity, Verdict};
use liitos_service::ports::Clock as _;
use liitos_service::rules::gather;
use liitos_texts::Language;
use lines::Lines;
use std::path::{Path, PathBuf};

/// Longest plan read, in bytes.
const MAX_PLAN_BYTES: u64 = 1024 * 1024;

#[derive(Args)]
pub(crate) struct Check {
    /// The plan: what is to be connected, in TOML (`docs/plans.md`).
    plan: PathBuf,
    /// The time whose rules and revocation lists are asked; the rules of the plan's first day and today's lists when absent.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
    /// A folder with register files: sote, professionals, pharmacies, intermediaries, controllers and systems.
    #[arg(long)]
    registers: Option<PathBuf>,
    /// An installation's configuration: its registers and its address directory are asked.
    #[arg(long, conflicts_with = "registers")]
    config: Option<PathBuf>,
    /// Issuers of certificates, PEM or DER.
    #[arg(long)]
    trust: Vec<PathBuf>,
    /// The issuers' revocation lists, DER.
    #[arg(long, requires = "trust")]
    crl: Vec<PathBuf>,
    /// Look at the network: ask the name service, call each own address, and see the certificate that it serves.
    #[arg(long)]
    probe: bool,
    /// A public directory of addresses that is asked whose they are (RDAP): `https://rdap.db.ripe.net`.
    #[arg(long)]
    rdap: Option<String>,
    /// How to show the answer.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// fi, sv or en.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// Exit 1 when a rule of the weight of an error is broken.
pub(crate) async fn run(asked: &Check) -> Ended {
    match check(asked).await {
        Ok(sound) if sound => Ended::Fine,
        Ok(_) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}

async fn check(asked: &Check) -> Result<bool, String> {
    let text = read(&asked.plan)?;
    let mut plan = Plan::parse(&text).map_err(|error| format!("{}: {error}", asked.plan.display()))?;
    let folder = asked.plan.parent().unwrap_or(Path::new("."));
    let given = facts::Given { folder, registers: asked.registers.as_deref(), trust: &asked.trust, crl: &asked.crl };
    let (mut facts, mut notes) = facts::gather(&plan, &given, asked.at.unwrap_or_else(|| SystemClock.now()))?;
    if let Some(config) = &asked.config {
        let config = Config::load(config).map_err(|error| error.to_string())?;
        let app = connect(&config).await.map_err(|error| error.to_string())?;
        facts.registers = gather(&app, &mut plan).await.map_err(|error| error.to_string())?.registers;
        notes.retain(|note| !matches!(note, facts::Note::Registers));
    }
    if asked.probe {
        facts.looked = Some(look::probe(&plan).await);
    } else {
        notes.push(facts::Note::Probe);
    }
    match &asked.rdap {
        Some(directory) => facts.holders = look::ask_holders(&plan, directory, &mut notes).await?,
        None => notes.push(facts::Note::Rdap),
    }
    let outcomes = Rulebook::standard().check(&plan, &facts, asked.at.unwrap_or(plan.start));
    let report = report::Report {
        outcomes: &outcomes,
        notes: &notes,
        lines: Lines::of(&text),
        plan: &asked.plan,
        language: asked.language,
    };
    match asked.format {
        Format::Text => report.print(),
        Format::Json => print_json(&report.json())?,
        Format::Sarif => print_json(&sarif::log(&report))?,
    }
    let fails = |o: &liitos_domain::rules::Outcome<'_>| {
        o.rule.severity == Severity::Error && o.verdict() == Some(Verdict::Broken)
    };
    Ok(!outcomes.iter().any(fails))
}

/// A plan's text.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = read_file(path, MAX_PLAN_BYTES).map_err(|problem| wrong(&problem))?;
    String::from_utf8(bytes).map_err(|error| wrong(&error))
}
