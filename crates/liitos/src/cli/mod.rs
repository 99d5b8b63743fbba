//! The command line: one file a command. Exit 0 = fine, valid, permitted; 1 = a finding, invalid, refused; 2 = bad input
//! or usage. Answers go to stdout, logs to stderr.

/// Says one line on standard output. A reader that has gone away (`| head`) is no fault of the command.
macro_rules! say {
    ($($words:tt)*) => { $crate::cli::tell(format_args!($($words)*)) };
}

mod archive;
mod audit;
mod backup;
mod bench;
mod certificate;
mod change;
mod check;
mod collect;
mod controller_run;
mod csr;
mod decide;
mod demo;
mod deployment_test;
pub mod docs;
mod document;
mod draw;
mod files;
mod identifier;
mod mail;
mod moves;
mod notification;
mod operate;
mod register;
mod rules;
mod through;
pub mod traceability;

use clap::{Parser, Subcommand};
use liitos_domain::StaffRole;
use liitos_pki::seal::{SealVerifier, SealedReport};
use liitos_service::Actor;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Joins Finland's national health and social care data service: portal, directory, gateway, archive.
#[derive(Parser)]
#[command(name = "liitos", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start everything on this machine with throw-away data, walk through the main job and stay up.
    Demo(demo::Demo),
    /// Serve the portal, the directory and the archive.
    Serve(operate::WithConfig),
    /// Bring the database's schema up to date.
    Migrate(operate::WithConfig),
    /// Look for what is wrong with an installation.
    Doctor(operate::WithConfig),
    /// Copy database and bodies while they are in use.
    Backup(backup::Backup),
    /// Look at a configuration.
    Config {
        #[command(subcommand)]
        command: operate::ConfigCommand,
    },
    /// The national registers.
    Register {
        #[command(subcommand)]
        command: register::RegisterCommand,
    },
    /// Identifiers: OIDs, Business IDs and the like.
    Identifier {
        #[command(subcommand)]
        command: identifier::IdentifierCommand,
    },
    /// The rulebook: what must be true of a connection, and since when.
    Rules {
        #[command(subcommand)]
        command: rules::RulesCommand,
    },
    /// Check a planned connection before anything is ordered or sent.
    Check(check::Check),
    /// Certificates of access points and of system signatures.
    Certificate {
        #[command(subcommand)]
        command: certificate::CertificateCommand,
    },
    /// Make keys and signing requests for the server certificates of a plan's own access points.
    Csr(csr::Csr),
    /// The address directory.
    Directory {
        #[command(subcommand)]
        command: decide::DirectoryCommand,
    },
    /// CDA documents and HL7 V3 messages.
    Document {
        #[command(subcommand)]
        command: document::DocumentCommand,
    },
    /// The archive: registers given out as packages, and packages verified without a server.
    Archive {
        #[command(subcommand)]
        command: archive::ArchiveCommand,
    },
    /// Controller update runs: whose documents are whose.
    ControllerRun {
        #[command(subcommand)]
        command: controller_run::ControllerRunCommand,
    },
    /// Change notifications: final reports verified without a server.
    Notification {
        #[command(subcommand)]
        command: notification::NotificationCommand,
    },
    /// Moves of many joiners: reports verified without a server.
    Move {
        #[command(subcommand)]
        command: moves::MoveCommand,
    },
    /// Deployment tests: cases made and sent through the joiner's own access point, with test clients.
    DeploymentTest {
        #[command(subcommand)]
        command: deployment_test::DeploymentTestCommand,
    },
    /// Organisational changes: mergers, moves of units, other numbers, endings.
    Change {
        #[command(subcommand)]
        command: change::ChangeCommand,
    },
    /// Mail that was sent.
    Mail {
        #[command(subcommand)]
        command: mail::MailCommand,
    },
    /// Run a collection point: connections passed on over shared links, TLS untouched.
    Collect(collect::Collect),
    /// The audit trail.
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Measure.
    Bench {
        #[command(subcommand)]
        command: bench::BenchCommand,
    },
    /// Write the generated documents.
    #[command(hide = true)]
    Docs {
        /// The repository's folder.
        #[arg(long, default_value = ".")]
        root: PathBuf,
    },
}

/// Whoever sits at the machine itself.
fn console() -> Actor {
    Actor {
        reference: "command line".to_owned(),
        name: "command line".to_owned(),
        staff: vec![StaffRole::Registrar],
        ..Actor::default()
    }
}

/// The operator's public key, as `/api/seal` of its portal shows it.
fn public_key(digits: &str) -> Result<Vec<u8>, String> {
    let pairs = digits.trim().as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
    let key: Option<Vec<u8>> = pairs.map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
    key.filter(|key| key.len() == 32).ok_or_else(|| "--key: expected 64 hexadecimal digits".to_owned())
}

/// A report that the operator signed: whether the signature holds, and what it says.
fn signed_report<T: serde::de::DeserializeOwned>(key: &str, file: &Path) -> Result<(bool, T), String> {
    let key = public_key(key)?;
    let wrong = |problem: &dyn std::fmt::Display| format!("{}: {problem}", file.display());
    let bytes = crate::config::read(file).map_err(|error| error.to_string())?;
    let sealed: SealedReport = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
    let report = sealed.says().map_err(|error| wrong(&error))?;
    Ok((SealVerifier::from_public(&key).signed_report(&sealed), report))
}

/// How a command ended.
pub(crate) enum Ended {
    /// Exit 0.
    Fine,
    /// Exit 1: said on stdout.
    Finding,
    /// Exit 2: bad input or usage, said on stderr.
    BadInput(String),
}

/// Runs a command line.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let level = if matches!(arguments.command, Command::Serve(_)) { "info,h2=error" } else { "error" };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return end(Ended::BadInput(error.to_string())),
    };
    let ended = runtime.block_on(carry_out(arguments.command));
    // What hangs outside, a token for one, holds nobody up for ever.
    runtime.shutdown_timeout(LINGERS);
    end(ended)
}

/// How long is waited at the end for what still runs.
const LINGERS: Duration = Duration::from_secs(5);

async fn carry_out(command: Command) -> Ended {
    match command {
        Command::Demo(demo) => demo::run(demo).await,
        Command::Serve(with) => operate::serve(&with).await,
        Command::Migrate(with) => operate::migrate(&with).await,
        Command::Doctor(with) => operate::doctor(&with).await,
        Command::Backup(asked) => backup::run(&asked).await,
        Command::Config { command } => operate::config(&command),
        Command::Register { command } => register::run(command).await,
        Command::Identifier { command } => identifier::run(&command),
        Command::Rules { command } => rules::run(&command).await,
        Command::Check(check) => check::run(&check).await,
        // It has a runtime on each processor.
        Command::Collect(asked) => tokio::task::block_in_place(|| collect::run(&asked)),
        Command::Certificate { command } => certificate::run(&command),
        Command::Csr(csr) => csr::run(&csr),
        Command::Directory { command } => decide::run(command).await,
        Command::Document { command } => document::run(&command),
        Command::Archive { command } => archive::run(command).await,
        Command::DeploymentTest { command } => deployment_test::run(&command).await,
        Command::Change { command } => change::run(command).await,
        Command::Notification { command } => notification::run(&command),
        Command::Move { command } => moves::run(&command),
        Command::ControllerRun { command } => controller_run::run(command).await,
        Command::Mail { command } => mail::mail(&command).await,
        Command::Audit { command } => audit::run(&command).await,
        Command::Bench { command } => bench::run(command).await,
        Command::Docs { root } => docs::run(&root),
    }
}

fn end(ended: Ended) -> ExitCode {
    let ended =
        if UNTOLD.load(Ordering::Relaxed) { Ended::BadInput("the answer could not be written".into()) } else { ended };
    match ended {
        Ended::Fine => ExitCode::SUCCESS,
        Ended::Finding => ExitCode::from(1),
        Ended::BadInput(problem) => {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr(), "liitos: {problem}");
            ExitCode::from(2)
        }
    }
}

fn tell(line: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    match writeln!(std::io::stdout(), "{line}") {
        // Whoever reads may have seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => UNTOLD.store(true, Ordering::Relaxed),
        _ => {}
    }
}

/// Whether something could not be told: a disk is full, say. Then nothing may look like success.
static UNTOLD: AtomicBool = AtomicBool::new(false);

/// Prints one JSON document.
pub(crate) fn print_json(value: &impl serde::Serialize) -> Result<(), String> {
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    say!("{text}");
    Ok(())
}
