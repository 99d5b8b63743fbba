//! `liitos audit verify`: the audit trail, the archive's use log and the directory's log, proved from the database and from heads that others remember.

use super::{Ended, print_json};
use crate::config::Config;
use crate::serve::{full, sealing_key};
use clap::{Args, Subcommand};
use liitos_domain::archive::SealHead;
use liitos_domain::directory::SnapshotContent;
use liitos_domain::transparency::{Head, signed_bytes};
use liitos_pki::seal::SealVerifier;
use liitos_service::directory::log::SignedHead;
use liitos_service::directory::{Broken, Verified, verify};
use liitos_store::Store;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Prove the audit trail, the archive's use log, the directory's log and its rows; exit 1 when something does not hold.
    Verify(Verify),
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The installation's configuration.
    #[arg(long)]
    config: PathBuf,
    /// A head that somebody remembers: the portal's signed head of the directory's log or of the archive's use log in JSON, or the snapshot that a
    /// gateway keeps; as often as needed.
    #[arg(long)]
    head: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: &AuditCommand) -> Ended {
    let AuditCommand::Verify(asked) = command;
    match verified(asked).await {
        Ok(verified) => match tell(asked, &verified) {
            Ok(()) if verified.broken.is_empty() => Ended::Fine,
            Ok(()) => Ended::Finding,
            Err(problem) => Ended::BadInput(problem),
        },
        Err(problem) => Ended::BadInput(problem),
    }
}

async fn verified(asked: &Verify) -> Result<Verified, String> {
    let config = Config::load(&asked.config).map_err(|error| error.to_string())?;
    let verifier = || sealing_key(&config).map(|key| key.verifier()).map_err(|error| error.to_string());
    let (mut heads, mut seals) = (Vec::new(), Vec::new());
    for file in &asked.head {
        match remembered(file, &verifier()?)? {
            Remembered::Log(head) => heads.push(head),
            Remembered::Uses(seal) => seals.push(seal),
        }
    }
    let store = Store::connect(&config.database.url).await.map_err(|error| full(&error))?;
    verify(&store, &heads, &seals).await.map_err(|error| full(&error))
}

/// Largest file with a head: a gateway's snapshot.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// What somebody remembers.
enum Remembered {
    /// A head of the directory's log.
    Log(Head),
    /// A seal of the archive's use log.
    Uses(SealHead),
}

/// The head that a file holds, if the operator signed it.
fn remembered(file: &Path, verifier: &SealVerifier) -> Result<Remembered, String> {
    let wrong = |problem: &str| format!("{}: {problem}", file.display());
    let bytes =
        super::files::read_file(file, MAX_BYTES, liitos_texts::Language::En).map_err(|problem| wrong(&problem))?;
    if let Ok(signed) = serde_json::from_slice::<SignedHead>(&bytes) {
        let covered = signed_bytes(&signed.head, signed.at).map_err(|error| wrong(&error.to_string()))?;
        let holds = verifier.signed_head(&covered, &signed.signature);
        return if holds {
            Ok(Remembered::Log(signed.head))
        } else {
            Err(wrong("the operator has not signed this head"))
        };
    }
    if let Ok(signed) = serde_json::from_slice::<SealHead>(&bytes) {
        let covered =
            SealHead::signed_bytes(signed.seal, signed.hash, signed.at).map_err(|error| wrong(&error.to_string()))?;
        let holds = verifier.signed_head(&covered, &signed.signature);
        return if holds { Ok(Remembered::Uses(signed)) } else { Err(wrong("the operator has not signed this head")) };
    }
    let content =
        verifier.open(&bytes).map_err(|_| wrong("is neither a signed head nor a snapshot of this operator"))?;
    let content: SnapshotContent = serde_json::from_slice(content).map_err(|error| wrong(&error.to_string()))?;
    content.head.map(Remembered::Log).ok_or_else(|| wrong("the snapshot is from a publisher that did not say its head"))
}

fn tell(asked: &Verify, verified: &Verified) -> Result<(), String> {
    if asked.json {
        return print_json(verified);
    }
    let Verified { head, broken } = verified;
    for what in broken {
        match what {
            Broken::Audit { sequence } => say!("audit event {sequence} does not fit the chain"),
            Broken::Uses { seal } => say!("the archive's use log is not what was sealed: seal {seal}"),
            Broken::Seal { seal } => say!("the archive's use log is not what was signed: seal {seal}"),
            Broken::Version { version } => say!("directory version {version} is missing"),
            Broken::Effect { version } => say!("directory version {version} is not what was approved"),
            Broken::Leaf { version } => say!("directory version {version} is not what the log commits to"),
            Broken::Rows { list } => say!("rows of the kind \"{list}\" are not what the changes make of them"),
            Broken::Head { head } => {
                say!("the log does not begin with the head of {} changes: {}", head.size, head.root)
            }
        }
    }
    if broken.is_empty() {
        say!("the audit trail is whole");
        say!("the archive's use log is whole");
        say!("the directory's log is whole: {} changes, {}", head.size, head.root);
        if !asked.head.is_empty() {
            say!("it begins with each head that was given: {}", asked.head.len());
        }
    }
    Ok(())
}
