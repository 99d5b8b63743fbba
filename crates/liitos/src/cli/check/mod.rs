//! `liitos check`: will a planned connection work? On a laptop, without a server.

mod facts;
mod look;
mod report;
mod sarif;

use super::files::read_file;
use super::rules::language;
use super::{Ended, print_json};
use crate::adapters::SystemClock;
use crate::config::Config;
use crate::serve::connect;
use clap::{Args, ValueEnum};
use liitos_domain::plan::{Mistake, Plan, Written};
use liitos_domain::rules::{Rulebook, Severity, Verdict};
use liitos_domain::{Moment, Oid};
use liitos_service::ports::Clock as _;
use liitos_service::rules::{Sight, gather, mistaken};
use liitos_texts::Language;
use serde_json::json;
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
    /// A certificate policy that the certificates' paths must be valid under; given several times, any of them will do.
    #[arg(long, requires = "trust", value_parser = Oid::parse)]
    policy: Vec<Oid>,
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
        Err(Unread::Plan(mistakes)) => Ended::BadInput(unread(asked, &mistakes).unwrap_or_else(|problem| problem)),
        Err(Unread::Other(problem)) => Ended::BadInput(problem),
    }
}

/// Why there is no answer.
enum Unread {
    /// The plan is not written as one.
    Plan(Vec<Mistake>),
    /// Something else.
    Other(String),
}

impl From<String> for Unread {
    fn from(problem: String) -> Self {
        Self::Other(problem)
    }
}

/// Tells every mistake in how the plan is written: on the error stream, and as JSON or SARIF where that was asked for.
fn unread(asked: &Check, mistakes: &[Mistake]) -> Result<String, String> {
    let (plan, language) = (&asked.plan, asked.language);
    match asked.format {
        Format::Text => {}
        Format::Json => {
            let mistakes: Vec<_> = mistakes.iter().map(|mistake| mistaken(mistake, language)).collect();
            print_json(&json!({ "plan": plan, "mistakes": mistakes }))?;
        }
        Format::Sarif => print_json(&sarif::mistakes(plan, mistakes, language))?,
    }
    Ok(listed(plan, mistakes, language))
}

/// The mistakes of a plan, a line each: file, line, place, and what was expected.
pub(super) fn listed(plan: &Path, mistakes: &[Mistake], language: Language) -> String {
    let lines = mistakes.iter().map(|mistake| {
        let joint = if mistake.place.is_empty() { "" } else { " " };
        let line = if mistake.line > 0 { format!(":{}", mistake.line) } else { String::new() };
        format!("\n{}{line}{joint}{}: {}", plan.display(), mistake.place, language.mistake(mistake))
    });
    let heading = language.text_with("plan-unread", &[("count", &mistakes.len().to_string())]);
    std::iter::once(heading).chain(lines).collect()
}

/// Reads a plan for a command that does something else with it.
pub(super) fn read_plan(path: &Path, language: Language) -> Result<Plan, String> {
    Plan::parse(&read(path, language)?).map_err(|mistakes| listed(path, &mistakes, language))
}

async fn check(asked: &Check) -> Result<bool, Unread> {
    let written = Written::toml(&read(&asked.plan, asked.language)?).map_err(|mistake| Unread::Plan(vec![mistake]))?;
    let mut plan = written.plan().map_err(Unread::Plan)?;
    let folder = asked.plan.parent().unwrap_or(Path::new("."));
    let (trust, crl, policies) = (&asked.trust, &asked.crl, &asked.policy);
    let given =
        facts::Given { folder, registers: asked.registers.as_deref(), trust, crl, policies, language: asked.language };
    let (mut facts, mut notes) = facts::gather(&plan, &given, asked.at.unwrap_or_else(|| SystemClock.now()))?;
    if let Some(config) = &asked.config {
        let config = Config::load(config).map_err(|error| error.to_string())?;
        let app = connect(&config).await.map_err(|error| error.to_string())?;
        facts.registers = gather(&app, &mut plan, Sight::Own).await.map_err(|error| error.to_string())?.registers;
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
        written: &written,
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

/// A plan's text, or a change's.
pub(super) fn read(path: &Path, language: Language) -> Result<String, String> {
    let bytes =
        read_file(path, MAX_PLAN_BYTES, language).map_err(|problem| format!("{}: {problem}", path.display()))?;
    String::from_utf8(bytes).map_err(|error| {
        let sound = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = 1 + sound.iter().filter(|byte| **byte == b'\n').count();
        format!("{}:{line}: {}", path.display(), language.text("plan-not-utf8"))
    })
}
