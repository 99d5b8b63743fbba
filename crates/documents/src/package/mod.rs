//! A controller's register as a package that a stranger can verify without a server: a tar file with each document as it was stored, what the
//! archive knows of it, who used it, and a manifest that the operator signed.
//!
//! ```text
//! README.txt
//! runs/<n>.json         each controller update run by which documents came to the controller or left it, in their order, with its signed report
//! documents/<id>.json   what is known of it          ┐ one after the other, the versions
//! documents/<id>.xml    the document, byte for byte  ┘ of a set together
//! seals/<n>.json        every seal of the use log
//! uses/<n>.json         lines of the use log, each with its proof
//! manifest.json         {"manifest": "…", "signature": "…"}
//! ```
//!
//! The manifest holds a hash over all names and contents in their order, so that nothing can be changed, left out, added or moved. Writing
//! holds one document at a time, checking besides the ids of those of one cell, and which cells there were.
//!
//! A document names, for ever, the controller that it was archived for. Whose it is now follows from the runs, which the check walks for each document; and of
//! a run whose documents are all the controller's still it counts again what its report tells of, so that none of those can be missing unseen.

mod check;
mod parts;
mod runs;
mod write;

pub use check::{Checked, Wrong, check};
pub use write::Writer;

use liitos_domain::archive::{Cell, Month, Order, Register, Seal, Standing, Use};
use liitos_domain::{Moment, Oid, Sha256Hash};
use liitos_pki::seal::SealedReport;
use serde::{Deserialize, Serialize};

/// The format's name and version.
pub const FORMAT: &str = "liitos register package 2";
/// The format before it: it tells of no runs, and of no cells.
const WITHOUT_RUNS: &str = "liitos register package 1";
/// What [`chained`] begins with, in every format: which one it is the manifest says, at the end.
const BEGINNING: &str = WITHOUT_RUNS;
/// Lines of the use log, or seals, in one file.
pub const LINES: usize = 500;
const MANIFEST: &str = "manifest.json";
const README: &str = "README.txt";

/// Why a document is void, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredVoid {
    /// In the words of whoever declared it.
    pub reason: String,
    /// Since when.
    pub at: Moment,
}

/// What is known of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: Oid,
    /// The id its versions share.
    pub set_id: Oid,
    /// Its version.
    pub version: u32,
    /// How it stands.
    pub standing: Standing,
    /// Why it is void and since when, where the register's archivist or the operator declared so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void: Option<DeclaredVoid>,
    /// The controller that it names.
    pub controller: Oid,
    /// The controller that the first document of its set names, or of the set that it is added to: from whom its way to the controller begins.
    #[serde(default)]
    pub archived_for: Option<Oid>,
    /// The month that the first was made in, by which runs are ordered.
    #[serde(default)]
    pub month: Option<Month>,
    /// The register it is in.
    pub register: Register,
    /// The unit that its set is counted to: the one that its first document was made in.
    pub unit: Oid,
    /// The customer of occupational health care in whose register it is kept apart.
    pub customer: Option<String>,
    /// Its type.
    pub kind: Option<String>,
    /// The task it was made in.
    pub task: Option<String>,
    /// How long it is to be kept: its class (1.2.246.537.5.40158.2008).
    #[serde(default)]
    pub retention: Option<String>,
    /// The service event or matter.
    pub event: Option<String>,
    /// The document that it is added to.
    pub added_to: Option<String>,
    /// When it was made, by its own word.
    pub made_at: Moment,
    /// When it was stored.
    pub stored_at: Moment,
    /// Whose joining it came under.
    pub joiner: String,
    /// The tenant that it came from.
    pub tenant: Option<String>,
    /// The signature policy it was taken under: `legacy` where its signer was registered for what it signed before, whatever its issuer.
    pub policy: String,
    /// What its bytes are.
    pub media_type: String,
    /// SHA-256 of its bytes.
    pub sha256: Sha256Hash,
    /// How many they are.
    pub bytes: u64,
}

impl Record {
    /// What runs move it with; nothing where an older program wrote it.
    fn cell(&self) -> Option<Cell> {
        Some(Cell {
            controller: self.archived_for.clone()?,
            register: self.register.clone(),
            unit: self.unit.clone(),
            customer: self.customer.clone(),
            month: self.month?,
        })
    }
}

/// A controller update run that was switched, and not reversed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedRun {
    /// Its number.
    pub number: String,
    /// What was ordered.
    pub order: Order,
    /// When it was switched.
    pub switched_at: Moment,
    /// Its report, as it was handed out; none while it is not carried through.
    pub report: Option<SealedReport>,
}

/// A line of the use log with its proof: where it stands under which seal, and the hashes that lead to the seal's root (RFC 6962 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvedUse {
    /// The line.
    pub line: Use,
    /// The seal that holds it.
    pub seal: u64,
    /// Its place under the seal.
    pub place: u64,
    /// The way to the root.
    pub path: Vec<Sha256Hash>,
}

/// What the operator signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Whose documents they are: the active controller.
    pub controller: Oid,
    /// Of what was stored, and whose it was, at this moment.
    pub as_of: Moment,
    /// Controller update runs.
    #[serde(default)]
    pub runs: u64,
    /// Documents, all versions.
    pub documents: u64,
    /// Lines of the use log.
    pub uses: u64,
    /// Seals of the use log; the number of the last one.
    pub seals: u64,
    /// The hash over all names and contents before the manifest, in their order ([`chained`]).
    pub contents: Sha256Hash,
}

/// The manifest as it stands in the package.
#[derive(Serialize, Deserialize)]
struct SignedManifest {
    manifest: String,
    signature: String,
}

/// The hash over what came before, a name, and what stands under it.
fn chained(before: &Sha256Hash, name: &str, content: &[u8]) -> Sha256Hash {
    let length = (name.len() as u64).to_be_bytes();
    Sha256Hash::of(&[before.as_bytes(), &length[..], name.as_bytes(), Sha256Hash::of(content).as_bytes()].concat())
}

/// Where [`chained`] begins.
fn beginning() -> Sha256Hash {
    Sha256Hash::of(BEGINNING.as_bytes())
}

/// A file of seals.
type Seals = Vec<Seal>;
