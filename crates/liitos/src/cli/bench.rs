//! `liitos bench`: measures on this machine; `make bench` runs all of it.

mod care;
mod change;
mod controller_run;
mod country;
mod decide;
mod documents;
mod effective;
mod gateway;
mod moves;
mod outbox;
mod pages;
mod store;

use super::{Ended, print_json};
use crate::config::Config;
use crate::made::Variation;
use crate::sandbox::{Options, Peer, Sandbox, tour};
use crate::serve::build;
use clap::Subcommand;
use liitos_domain::identifier::CertificateSerial;
use liitos_domain::plan::{Facts, Plan};
use liitos_domain::register::{Extent, RegisterKind};
use liitos_domain::rules::Rulebook;
use liitos_pki::authority::{Authority, Profile};
use liitos_pki::{Certificate, Purpose, Revocation, Trust, TrustAnchors};
use liitos_service::ports::Clock as _;
use liitos_service::registers::{File, import};
use liitos_service::rules;
use serde_json::json;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Rows of the measured delta.
const DELTA: u32 = 1_000;

#[derive(Subcommand)]
pub(crate) enum BenchCommand {
    /// Import a register of the real size.
    Import {
        /// Entries in the made-up register.
        #[arg(long, default_value_t = 72_000)]
        entries: u32,
        /// A PostgreSQL database to use; a new SQLite file when absent.
        #[arg(long)]
        database: Option<String>,
    },
    /// Store real documents end to end through mutual TLS.
    Archive {
        /// Documents stored.
        #[arg(long, default_value_t = 300)]
        documents: u64,
    },
    /// Check a certificate's path and revocation with a large revocation list loaded.
    Path {
        /// Entries of the list.
        #[arg(long, default_value_t = 100_000)]
        revoked: u32,
        /// How often.
        #[arg(long, default_value_t = 2000)]
        checks: u32,
    },
    /// Ask whom a rule hits among many access points.
    Hit {
        /// Access points, each with a joiner of its own.
        #[arg(long, default_value_t = 20_000)]
        points: u32,
    },
    /// Decide in a directory of the real size, and compare with the reference on made-up cases.
    Decide(decide::Decide),
    /// Build and search the directory as IHE mCSD.
    Care(care::Care),
    /// Measure from the commit of a closing until each gateway decides by it.
    Effective(effective::Effective),
    /// Switch a controller update run over many documents and carry it through.
    ControllerRun(controller_run::ControllerRun),
    /// Plan a county's merger, keep the plan and look at it again.
    Change(change::Change),
    /// Move thousands of joiners to another access point, in one wave.
    Moves(moves::Moves),
    /// Put thousands of messages into the outbox and have them handed on.
    Outbox(outbox::Outbox),
    /// Read, check and verify documents, without a database.
    Documents(documents::Documents),
    /// Store by many at once, and read and search among many.
    Store(store::Store),
    /// Fetch the portal's pages with a country's joiners in the database.
    Pages(pages::Pages),
    /// Measure what calls, handshakes and passed-on connections cost at our doors, at HAProxy's and at nginx's.
    Gateway(gateway::GatewayBench),
    /// Read a plan and ask every rule about it, without files beside it.
    Check {
        /// How often.
        #[arg(long, default_value_t = 2000)]
        plans: u32,
    },
}

pub(crate) async fn run(command: BenchCommand) -> Ended {
    let folder = std::env::temp_dir().join(format!("liitos-bench-{}", std::process::id()));
    let measured = match command {
        BenchCommand::Import { entries, database } => import_register(folder.clone(), entries, database).await,
        BenchCommand::Archive { documents } => store_documents(folder.clone(), documents).await,
        BenchCommand::Path { revoked, checks } => check_paths(revoked, checks),
        BenchCommand::Hit { points } => whom_it_hits(folder.clone(), points).await,
        BenchCommand::Decide(asked) => decide::run(&asked),
        BenchCommand::Care(asked) => care::run(&asked),
        BenchCommand::Effective(asked) => effective::run(folder.clone(), &asked).await,
        BenchCommand::ControllerRun(asked) => controller_run::run(folder.clone(), &asked).await,
        BenchCommand::Change(asked) => change::run(folder.clone(), &asked).await,
        BenchCommand::Moves(asked) => moves::run(folder.clone(), &asked).await,
        BenchCommand::Outbox(asked) => outbox::run(folder.clone(), &asked).await,
        BenchCommand::Documents(asked) => documents::run(&folder, &asked),
        BenchCommand::Store(asked) => store::run(folder.clone(), &asked).await,
        BenchCommand::Pages(asked) => pages::run(folder.clone(), &asked).await,
        BenchCommand::Gateway(asked) => gateway::run(folder.clone(), &asked).await,
        BenchCommand::Check { plans } => check_plans(plans),
    };
    let _ = std::fs::remove_dir_all(&folder);
    match measured.and_then(|value| print_json(&value)) {
        Ok(()) => Ended::Fine,
        Err(problem) => Ended::BadInput(problem),
    }
}

async fn sandbox(folder: PathBuf) -> Result<Sandbox, String> {
    let listen = ([127, 0, 0, 1], 0).into();
    Sandbox::start(Options { folder, listen, database: None }).await.map_err(|error| error.to_string())
}

fn micros() -> i64 {
    crate::adapters::SystemClock.now().as_micros()
}

/// Writes a made-up SOTE register in the code service's XML; every tenth entry an operating unit, the rest its service
/// units. Names end with `mark`.
fn write_register(path: &Path, entries: std::ops::Range<u32>, mark: &str) -> std::io::Result<u64> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    writeln!(file, "<?xml version=\"1.0\"?><r xmlns=\"urn::codeservice\"><termsystem id=\"1.2.246.537.6.202.2008\">")?;
    for number in entries {
        let (organisation, unit) = (10_000_000 + number / 10, number % 10);
        let parent = if unit == 0 { String::new() } else { format!("1.2.246.10.{organisation}.10.0") };
        writeln!(
            file,
            "<termitementry id=\"1.2.246.10.{organisation}.10.{unit}\" begindate=\"2010-01-01T00:00:01\" expirationdate=\"2100-12-31T23:59:59\">\
             <attribute type=\"longname\">Mittausyksikkö {number}{mark}</attribute><attribute type=\"parentid\">{parent}</attribute>\
             <attribute type=\"officestreetaddress\">Mittauskatu {number}</attribute><attribute type=\"postnumber\">00100</attribute>\
             <attribute type=\"postoffice\">Helsinki</attribute><attribute type=\"Sektori\">1 julkinen</attribute></termitementry>"
        )?;
    }
    writeln!(file, "</termsystem></r>")?;
    file.flush()?;
    path.metadata().map(|file| file.len())
}

/// A sandbox's configuration, its schema and samples in place; nothing of it runs any more.
fn prepared(folder: PathBuf, database: Option<String>) -> Result<Config, String> {
    let file = folder.join("liitos.toml");
    let prepare = move || {
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        let listen = ([127, 0, 0, 1], 0).into();
        let sandbox = runtime.block_on(Sandbox::start(Options { folder, listen, database }));
        drop(sandbox.map_err(|error| error.to_string())?);
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        Ok::<_, String>(())
    };
    std::thread::spawn(prepare).join().map_err(|_| "the sandbox did not start".to_owned())??;
    Config::load(&file).map_err(|error| error.to_string())
}

async fn import_register(folder: PathBuf, entries: u32, database: Option<String>) -> Result<serde_json::Value, String> {
    let path = folder.with_extension("xml");
    let app = build(&prepared(folder, database)?).await.map_err(|error| error.to_string())?;
    let written = |entries, mark: &str| write_register(&path, entries, mark).map_err(|error| error.to_string());
    let import = async |extent| {
        let begun = micros();
        let file = File { may_shrink: true, extent, ..File::at(path.clone()) };
        let report = import(&app, "bench", RegisterKind::Sote, file, &mut |_, _| ()).await;
        let report = report.map_err(|error| error.to_string())?;
        Ok::<_, String>((report.counts, (micros() - begun) / 1000))
    };
    let bytes = written(0..entries, "")?;
    let (first, first_ms) = import(Extent::Whole).await?;
    let peak_mb = peak_mb();
    let (second, second_ms) = import(Extent::Whole).await?;
    written(0..DELTA.min(entries), " b")?;
    let (delta, delta_ms) = import(Extent::Delta).await?;
    let _ = std::fs::remove_file(&path);
    let (all, few) = (entries as usize, DELTA.min(entries) as usize);
    // The sandbox's own entries may stand under the same ids.
    if (first.added + first.changed, second.unchanged, delta.changed, delta.unchanged) != (all, all, few, 0) {
        return Err(format!("unexpected reports: {first:?} {second:?} {delta:?}"));
    }
    Ok(json!({
        "entries": entries, "file_bytes": bytes, "import_ms": first_ms, "peak_rss_mb": peak_mb,
        "unchanged_import_ms": second_ms, "delta_rows": few, "delta_ms": delta_ms,
    }))
}

async fn whom_it_hits(folder: PathBuf, points: u32) -> Result<serde_json::Value, String> {
    let path = folder.with_extension("xml");
    let app = build(&prepared(folder, None)?).await.map_err(|error| error.to_string())?;
    country::open(&app, &path, points).await?;
    let mut told = serde_json::Map::new();
    for id in ["location-eu", "public-alone", "joiner-valid", "system-valid"] {
        let rule = Rulebook::standard().find(id).ok_or("no such rule")?;
        let begun = micros();
        let hits = rules::hit(&app, rule, app.now()).await.map_err(|error| error.to_string())?;
        let took = (micros() - begun) / 1000;
        told.insert(id.to_owned(), json!({ "ms": took, "hit": hits.hit.len(), "kept": hits.kept }));
    }
    Ok(json!({ "access_points": points, "rules": told, "rss_mb": resident_mb() }))
}

async fn store_documents(folder: PathBuf, documents: u64) -> Result<serde_json::Value, String> {
    let sandbox = sandbox(folder).await?;
    let certificate =
        tour::open_right(&sandbox, std::time::Duration::from_secs(60)).await.map_err(|error| error.to_string())?;
    let now = sandbox.app.now();
    let issuers = [sandbox.pki.authority.certificate().der.clone()];
    let peer = Peer::new(&certificate, &issuers, sandbox.addresses.gateway).map_err(|e| e.to_string())?;
    let mut connection = peer.connect().await.map_err(|e| e.to_string())?;
    let run = u64::try_from(now.as_micros()).unwrap_or(0);
    let mut took = Vec::new();
    for serial in 0..documents {
        let variation = Variation::with_new_ids(run, serial)
            .and_then(|v| v.signed_by(&sandbox.pki.signer, now))
            .map_err(|e| e.to_string())?;
        let message = variation.message().map_err(|e| e.to_string())?;
        let begun = micros();
        let answer = connection.send(&message).await.map_err(|e| e.to_string())?;
        took.push(micros() - begun);
        if answer.acknowledgement().kind != "AA" {
            return Err(format!("document {serial}: {:?}", answer.codes()));
        }
    }
    let at = percentiles(took);
    Ok(
        json!({ "documents": documents, "store_median_us": at(50), "store_p90_us": at(90), "store_p99_us": at(99), "rss_mb": resident_mb() }),
    )
}

fn check_paths(revoked: u32, checks: u32) -> Result<serde_json::Value, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let now = crate::adapters::SystemClock.now();
    let authority = Authority::create("Bench CA", now).map_err(|e| text(&e))?;
    let serials =
        (0..revoked).map(|number| CertificateSerial::from_der_integer(&[&[1], &number.to_be_bytes()[..]].concat()));
    let serials = serials.collect::<Result<Vec<_>, _>>().map_err(|e| text(&e))?;
    let list = authority.revocation_list(&serials, now).map_err(|e| text(&e))?;
    let profile = Profile::server("1.2.246.10.99999036.10.0.13.1", "kanta.bench.test");
    let issued = authority.issue(&profile, now).map_err(|e| text(&e))?;
    let issuers = TrustAnchors::new(vec![authority.certificate().clone()]).map_err(|e| text(&e))?;
    let begun = micros();
    let trust = Trust::load(issuers, std::slice::from_ref(&list)).map_err(|e| text(&e))?;
    let loaded = micros() - begun;
    let mut took = Vec::new();
    for _ in 0..checks {
        let begun = micros();
        let certificate = Certificate::parse(&issued.certificate_der).map_err(|e| text(&e))?;
        trust.anchors.chain(&certificate, &[], now, Purpose::Client).map_err(|e| text(&e))?;
        if trust.revoked.status(&certificate, now) != Revocation::Good {
            return Err("the certificate is not good".to_owned());
        }
        took.push(micros() - begun);
    }
    let at = percentiles(took);
    Ok(json!({
        "revoked": revoked, "list_bytes": list.len(), "load_ms": loaded / 1000, "checks": checks,
        "check_median_us": at(50), "check_p99_us": at(99),
    }))
}

fn check_plans(plans: u32) -> Result<serde_json::Value, String> {
    const PLAN: &str = include_str!("../../../../samples/plans/own-point.toml");
    let mut took = Vec::new();
    let mut asked = 0;
    for _ in 0..plans {
        let begun = micros();
        let plan = Plan::parse(PLAN).map_err(|mistakes| format!("{mistakes:?}"))?;
        asked = Rulebook::standard().check(&plan, &Facts::default(), plan.start).len();
        took.push(micros() - begun);
    }
    let at = percentiles(took);
    Ok(json!({ "plans": plans, "rules_that_concern_it": asked, "check_median_us": at(50), "check_p99_us": at(99) }))
}

/// What so many percent of the measurements do not pass.
fn percentiles(mut took: Vec<i64>) -> impl Fn(usize) -> i64 {
    took.sort_unstable();
    move |part| took.get((took.len() * part / 100).min(took.len().saturating_sub(1))).copied().unwrap_or(0)
}

/// Resident memory of this process; 0 where /proc does not tell.
fn resident_mb() -> u64 {
    memory_mb("VmRSS:")
}

/// The most that it ever was.
fn peak_mb() -> u64 {
    memory_mb("VmHWM:")
}

/// From here on [`peak_mb`] tells of what comes.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn memory_mb(which: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(which));
    line.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kb| kb / 1024)
}
