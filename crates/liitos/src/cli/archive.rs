//! `liitos archive`: what a joiner's system does through an access point, a controller's register given out as a package, and packages that anybody
//! verifies without a server.

use super::operate::WithConfig;
use super::through;
use super::{Ended, console, print_json, public_key};
use crate::config::{ArchiveKeyAt, Config};
use crate::serve::{archive_key, build, token_key};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use liitos_documents::package;
use liitos_domain::Oid;
use liitos_pki::TrustFiles;
use liitos_pki::seal::SealVerifier;
use liitos_pki::vault::DataKey;
use liitos_service::ServiceError;
use liitos_service::archive::{damaged_bodies, export_register, go_round_now, missing_documents, rekey};
use liitos_service::ports::ArchiveKey;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Subcommand)]
pub(crate) enum ArchiveCommand {
    /// Send a message or bundle that brings a document, through an access point; exit 1 when it is refused.
    Store(through::Store),
    /// Fetch a document through an access point.
    Get(through::Get),
    /// Look for documents through an access point: a line of JSON for each.
    Search(through::Search),
    /// Send a message or bundle that declares a document's set void.
    Invalidate(through::Send),
    /// Write all documents that are a controller's now, with what the use log tells of them, into a package.
    Export(Export),
    /// Look at all bodies now, and for documents of which the use log tells and that are not there: exit 1 when one cannot be given out.
    Round(WithConfig),
    /// Put another key in the place of the archive's own, while no program runs; then the configuration names it.
    Rekey(Rekey),
    /// Have the token that a configuration names make the archive's own key, never to be shown.
    MakeKey(WithConfig),
    /// Verify a package without a server; exit 1 when something does not hold.
    Verify(Verify),
}

#[derive(Args)]
pub(crate) struct Export {
    #[command(flatten)]
    with: WithConfig,
    /// The controller.
    #[arg(long)]
    controller: String,
    /// Where to write it; nothing is overwritten.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub(crate) struct Rekey {
    #[command(flatten)]
    with: WithConfig,
    /// The new key: a file of 32 random bytes.
    #[arg(long, required_unless_present = "new_config")]
    new_key: Option<PathBuf>,
    /// The new key as another configuration names it, in a file or a token.
    #[arg(long, conflicts_with = "new_key")]
    new_config: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The operator's public key, hexadecimal: `/api/seal` of its portal.
    #[arg(long)]
    key: String,
    /// Issuers of system signature certificates (PEM): documents signed under others are findings.
    #[arg(long)]
    trust: Vec<PathBuf>,
    /// The package.
    file: PathBuf,
}

pub(crate) async fn run(command: ArchiveCommand) -> Ended {
    let told = match command {
        ArchiveCommand::Store(asked) => through::store(&asked).await,
        ArchiveCommand::Get(asked) => through::get(&asked).await,
        ArchiveCommand::Search(asked) => through::search(&asked).await,
        ArchiveCommand::Invalidate(asked) => through::invalidate(&asked).await,
        ArchiveCommand::Export(asked) => export(&asked).await,
        ArchiveCommand::Round(with) => round(&with).await,
        ArchiveCommand::Rekey(asked) => change_key(&asked).await,
        ArchiveCommand::MakeKey(with) => make_key(&with).await,
        ArchiveCommand::Verify(asked) => verify(&asked),
    };
    told.unwrap_or_else(Ended::BadInput)
}

/// Shows how many documents have been gone through, where somebody looks.
fn progress() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {human_pos} documents, {per_sec}, {elapsed}");
    let bar = ProgressBar::new_spinner();
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

async fn export(asked: &Export) -> Result<Ended, String> {
    let controller = Oid::parse(&asked.controller).map_err(|error| format!("--controller: {error}"))?;
    let config = Config::load(&asked.with.config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let named = |error: std::io::Error| format!("{}: {error}", asked.out.display());
    let out = BufWriter::new(File::create_new(&asked.out).map_err(named)?);
    let bar = progress();
    let written = export_register(&app, &console(), &controller, out, |documents| bar.set_position(documents)).await;
    bar.finish_and_clear();
    match written {
        Ok((manifest, out)) => {
            out.into_inner().map_err(|error| named(error.into_error()))?.sync_all().map_err(named)?;
            print_json(&json!({ "package": asked.out, "manifest": manifest }))?;
            Ok(Ended::Fine)
        }
        Err(error) => {
            // Half a package is none.
            let _ = std::fs::remove_file(&asked.out);
            let cause = error.source.map(|cause| format!(": {cause}")).unwrap_or_default();
            Err(format!("{} {}{cause}", error.code, error.place))
        }
    }
}

/// The key that is to take the other's place.
fn new_key(asked: &Rekey) -> Result<Arc<dyn ArchiveKey>, String> {
    if let Some(file) = &asked.new_key {
        let named = |problem: &dyn std::fmt::Display| format!("--new-key {}: {problem}", file.display());
        let new = std::fs::read(file).map_err(|error| named(&error))?;
        return Ok(Arc::new(DataKey::try_from(&new[..]).map_err(|error| named(&error))?));
    }
    let file = asked.new_config.as_deref().ok_or("--new-key or --new-config")?;
    let config = Config::load(file).map_err(|error| error.to_string())?;
    archive_key(&config).map_err(|error| format!("--new-config: {error}"))
}

/// Wraps the keys of registers with another key of the archive's own.
async fn change_key(asked: &Rekey) -> Result<Ended, String> {
    let new = new_key(asked)?;
    let config = Config::load(&asked.with.config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let keys = rekey(&app, &console(), &*new).await.map_err(|error| {
        let cause = error.source.map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{} {}{cause}", error.code, error.place)
    })?;
    print_json(
        &json!({ "keys": keys, "next": "name the new key as archive.key_file or archive.token, then start the programs" }),
    )?;
    Ok(Ended::Fine)
}

/// Has a token make the key.
async fn make_key(with: &WithConfig) -> Result<Ended, String> {
    let config = Config::load(&with.config).map_err(|error| error.to_string())?;
    let ArchiveKeyAt::Token(token) = &config.archive.key else {
        return Err(format!(
            "{}: archive.token: no token is named; a key in a file is 32 random bytes",
            with.config.display()
        ));
    };
    let key = token_key(token).map_err(|error| error.to_string())?;
    key.make().await.map_err(|error| format!("archive.token: {error}"))?;
    print_json(&json!({ "token": token.label, "key": token.key }))?;
    Ok(Ended::Fine)
}

/// Most damaged bodies, and most missing documents, that are told by name.
const MOST_TOLD: usize = 1_000;

async fn round(with: &WithConfig) -> Result<Ended, String> {
    let config = Config::load(&with.config).map_err(|error| error.to_string())?;
    let app = build(&config).await.map_err(|error| error.to_string())?;
    let told = |error: ServiceError| {
        let cause = error.source.map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{} {}{cause}", error.code, error.place)
    };
    let bar = progress();
    let gone = go_round_now(&app, |looked| bar.set_position(looked)).await;
    bar.finish_and_clear();
    let round = gone.map_err(told)?;
    let named = damaged_bodies(&app, MOST_TOLD as u64).await.map_err(told)?;
    let named: Vec<_> =
        named.into_iter().map(|(id, since, what)| json!({"id": id, "since": since, "what": what})).collect();
    let bar = progress();
    let missing = missing_documents(&app, MOST_TOLD, |lines| bar.set_position(lines)).await;
    bar.finish_and_clear();
    let missing = missing.map_err(told)?.into_iter();
    let missing: Vec<_> =
        missing.map(|(id, at, controller)| json!({"id": id, "stored_at": at, "controller": controller})).collect();
    let fine = named.is_empty() && missing.is_empty();
    print_json(&json!({
        "looked": round.looked, "wrapped_anew": round.wrapped_anew, "damaged": named, "missing": missing
    }))?;
    Ok(if fine { Ended::Fine } else { Ended::Finding })
}

fn verify(asked: &Verify) -> Result<Ended, String> {
    let key = public_key(&asked.key)?;
    let files = TrustFiles { issuers: &asked.trust, revocation_lists: &[], policies: &[] };
    let trust = (!asked.trust.is_empty()).then(|| files.load()).transpose().map_err(|fault| fault.to_string())?;
    let named = |error: std::io::Error| format!("{}: {error}", asked.file.display());
    let file = BufReader::new(File::open(&asked.file).map_err(named)?);
    let bar = progress();
    let read = |documents| bar.set_position(documents);
    let checked = package::check(file, &SealVerifier::from_public(&key), trust.as_ref(), read);
    bar.finish_and_clear();
    let checked = checked.map_err(named)?;
    print_json(&checked)?;
    Ok(if checked.holds() { Ended::Fine } else { Ended::Finding })
}
