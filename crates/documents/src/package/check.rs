//! Checks a package: by its manifest's signature, and by each document's own.

use super::parts::Parts;
use super::runs::Runs;
use super::{
    FORMAT, LINES, MANIFEST, Manifest, ProvedUse, README, Record, Seals, SignedManifest, SwitchedRun, WITHOUT_RUNS,
    beginning, chained,
};
use crate::signature::{StructuredSignature, verify};
use crate::{MAX_MESSAGE_BYTES, read_document_header, signature_facts, structured_facts};
use liitos_domain::archive::{Cell, Seal, Standing};
use liitos_domain::document::{Header, Policy};
use liitos_domain::transparency::{Head, included};
use liitos_domain::{Oid, Sha256Hash};
use liitos_pki::Trust;
use liitos_pki::seal::SealVerifier;
use serde::Serialize;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;

/// Most findings that are told one by one.
const MOST_TOLD: usize = 100;
/// Largest file of lines or seals.
const MAX_LINES_BYTES: u64 = 8 * 1024 * 1024;

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// Where: a file of the package.
    pub file: String,
    /// What.
    pub problem: &'static str,
}

/// What was checked.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// What the operator signed, where that could be read.
    pub manifest: Option<Manifest>,
    /// Controller update runs by which documents came, or left.
    pub runs: u64,
    /// Those of them of whose documents each is here that their report tells of.
    pub recounted: u64,
    /// Documents that were read.
    pub documents: u64,
    /// Those whose system signature is intact.
    pub signatures: u64,
    /// Those of them whose signer's issuer is not trusted today, and that the archive took under its policy for older signatures.
    pub legacy: u64,
    /// Who signed those that neither the joiner nor the tenant that brought them signed, and how many each: hosts, and suppliers by an agreement that the
    /// archive knew of, and a package does not hold.
    pub by_others: BTreeMap<String, u64>,
    /// Lines of the use log that their seals hold.
    pub uses: u64,
    /// Seals, each holding the one before.
    pub seals: u64,
    /// What does not hold, up to a hundred.
    pub wrong: Vec<Wrong>,
    /// How much more does not.
    pub more: u64,
}

impl Checked {
    /// Whether everything holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.wrong.is_empty()
    }

    fn wrong(&mut self, file: &str, problem: &'static str) {
        if self.wrong.len() < MOST_TOLD {
            self.wrong.push(Wrong { file: file.to_owned(), problem });
        } else {
            self.more += 1;
        }
    }
}

/// What is remembered from file to file.
struct Walk<'a> {
    trust: Option<&'a Trust>,
    checked: Checked,
    contents: Sha256Hash,
    /// The record whose document comes next.
    record: Option<Record>,
    /// What was read last.
    set: Option<Set>,
    parts: Parts,
    runs: Runs,
    /// The first record that does not say what runs move it with.
    bare: Option<String>,
    /// The controllers of lines, which must be the manifest's.
    whose: BTreeMap<Oid, String>,
    /// Whose documents are by the runs, which must be the manifest's, too.
    theirs: BTreeMap<Oid, String>,
    /// The root under each seal.
    roots: BTreeMap<u64, Head>,
    /// The first eight bytes of each signature's hash: the header is not signed, so that one signature could stand in any number of documents. Of ten million
    /// two begin alike by chance once in three hundred thousand packages.
    signatures: HashSet<u64>,
    last_seal: Option<Seal>,
    ended: bool,
}

/// The set that was read last.
struct Set {
    id: Oid,
    version: u32,
    standing: Standing,
    cell: Option<Cell>,
}

/// Checks a package. `verifier`: the operator's key; `trust`: whose issuers documents may be signed under, where that is to be asked;
/// `read`: told how many documents have been read.
///
/// # Errors
/// When it is no tar file, or cannot be read to its end.
pub fn check(
    input: impl Read,
    verifier: &SealVerifier,
    trust: Option<&Trust>,
    mut read: impl FnMut(u64),
) -> std::io::Result<Checked> {
    let checked = Checked {
        manifest: None,
        runs: 0,
        recounted: 0,
        documents: 0,
        signatures: 0,
        legacy: 0,
        by_others: BTreeMap::new(),
        uses: 0,
        seals: 0,
        wrong: Vec::new(),
        more: 0,
    };
    let mut walk = Walk {
        trust,
        checked,
        contents: beginning(),
        record: None,
        set: None,
        parts: Parts::default(),
        runs: Runs::default(),
        bare: None,
        whose: BTreeMap::new(),
        theirs: BTreeMap::new(),
        roots: BTreeMap::new(),
        signatures: HashSet::new(),
        last_seal: None,
        ended: false,
    };
    let mut archive = tar::Archive::new(input);
    for entry in archive.entries()? {
        let mut entry = entry?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let most = if name.starts_with("documents/") { MAX_MESSAGE_BYTES as u64 } else { MAX_LINES_BYTES };
        if entry.header().entry_type() != tar::EntryType::Regular || entry.size() > most {
            walk.checked.wrong(&name, "is no plain file of a size that a package has");
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        walk.take(&name, &content, verifier);
        read(walk.checked.documents);
    }
    if something_after(archive.into_inner())? {
        walk.checked.wrong(MANIFEST, "something stands after the package's end");
    }
    Ok(walk.finish())
}

/// Whether anything but the zeros that fill a tar file up is left.
fn something_after(mut rest: impl Read) -> std::io::Result<bool> {
    let mut piece = [0; 4096];
    loop {
        let read = rest.read(&mut piece)?;
        if read == 0 {
            return Ok(false);
        }
        if piece.iter().take(read).any(|byte| *byte != 0) {
            return Ok(true);
        }
    }
}

impl Walk<'_> {
    fn take(&mut self, name: &str, content: &[u8], verifier: &SealVerifier) {
        if self.ended {
            return self.checked.wrong(name, "stands after the manifest");
        }
        if name == MANIFEST {
            self.ended = true;
            return self.manifest(content, verifier);
        }
        self.contents = chained(&self.contents, name, content);
        if let Some(record) = self.record.take() {
            return self.document(&record, name, content);
        }
        match name.split_once('/') {
            Some(("documents", _)) => match serde_json::from_slice::<Record>(content) {
                Ok(record) if name == format!("documents/{}.json", record.id) => self.record = Some(record),
                _ => self.checked.wrong(name, "does not say what is known of a document"),
            },
            Some(("runs", _)) => self.run(name, content, verifier),
            Some(("uses", _)) => self.uses(name, content),
            Some(("seals", _)) => self.seals(name, content),
            _ if name == README => {}
            _ => self.checked.wrong(name, "is nothing that a package holds"),
        }
    }

    /// The last version of a set was read: one that stands, or was declared void.
    fn set_ended(&mut self) {
        if let Some(set) = self.set.take().filter(|set| set.standing == Standing::Replaced) {
            self.checked
                .wrong(&format!("documents, set {}", set.id), "the version that took the last one's place is missing");
        }
    }

    fn run(&mut self, name: &str, content: &[u8], verifier: &SealVerifier) {
        self.checked.runs += 1;
        if self.checked.documents > 0 || name != format!("runs/{}.json", self.checked.runs) {
            return self.checked.wrong(name, "is no run that stands in its place");
        }
        let Ok(run) = serde_json::from_slice::<SwitchedRun>(content) else {
            return self.checked.wrong(name, "does not say what a run has done");
        };
        if let Err(problem) = self.runs.take(self.checked.runs, run, verifier) {
            self.checked.wrong(name, problem);
        }
    }

    /// A document's place: in its set, and on its way to the controller.
    fn place(&mut self, record: &Record, header: Option<&Header>, name: &str) {
        let cell = record.cell();
        // What is added to a document is counted to that one's cell, and stands with it.
        let begins = header.filter(|header| header.version == 1 && record.added_to.is_none());
        // Of before there may be headers that today's archive takes no cell from: those are counted by what was kept with them.
        let own = begins.and_then(|header| Cell::of(header, record.register.family, &record.unit).ok());
        if cell.as_ref().zip(own).is_some_and(|(cell, (own, _))| own != *cell) {
            self.checked.wrong(name, "its header says otherwise than the record");
        }
        let goes_on = self.set.as_ref().is_some_and(|set| set.id == record.set_id);
        if let Some(cell) = &cell {
            for (file, problem) in self.parts.take((record, cell), !goes_on, name) {
                self.checked.wrong(&file, problem);
            }
        }
        let follows = match &self.set {
            Some(set) if goes_on => {
                if set.cell != cell {
                    self.checked.wrong(name, "a set is counted to one place alone");
                }
                record.version == set.version.saturating_add(1)
            }
            _ => {
                self.set_ended();
                record.version == 1
            }
        };
        if !follows {
            self.checked.wrong(name, "a version of its set is missing before it");
        }
        match &cell {
            Some(cell) => {
                let whose = self.runs.place(record, cell);
                if !self.theirs.contains_key(whose) {
                    self.theirs.insert(whose.clone(), name.to_owned());
                }
            }
            None => {
                self.bare.get_or_insert_with(|| name.to_owned());
            }
        }
        let (id, version, standing) = (record.set_id.clone(), record.version, record.standing);
        self.set = Some(Set { id, version, standing, cell });
    }

    fn document(&mut self, record: &Record, name: &str, content: &[u8]) {
        self.checked.documents += 1;
        if name != format!("documents/{}.xml", record.id) {
            return self.checked.wrong(name, "is not the document of the record before it");
        }
        if record.sha256 != Sha256Hash::of(content) || record.bytes != content.len() as u64 {
            return self.checked.wrong(name, "is not the bytes that were stored");
        }
        let text = std::str::from_utf8(content).ok();
        let header = text.and_then(|text| read_document_header(text).ok());
        self.place(record, header.as_ref(), name);
        let Some(text) = text else {
            return self.checked.wrong(name, "is not text");
        };
        let agrees = |header: &Header| {
            let added_to =
                header.follows.as_ref().filter(|follows| !follows.replaces).map(|follows| follows.id.as_str());
            let adds = |id: &String| added_to == Some(id.as_str());
            record.added_to.as_ref().is_none_or(adds)
                && header.id == record.id
                && header.set_id == record.set_id
                && header.version == record.version
                && header.custodian == record.controller
        };
        if !header.as_ref().is_some_and(agrees) {
            self.checked.wrong(name, "its header says otherwise than the record");
        }
        match verify(text) {
            Ok(verified) if verified.intact => {
                self.checked.signatures += 1;
                // But where it says itself that it covers several.
                let begins = verified.value.as_bytes().first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
                if verified.documents < 2 && !self.signatures.insert(begins) {
                    self.checked.wrong(name, "its signature is another document's");
                }
                if header.is_some_and(|header| !self.structured_holds(&header, verified.structured.as_ref())) {
                    self.checked.wrong(name, "the signature over its structured part does not hold");
                }
                let signer = verified.certificate.subject_serial_number().unwrap_or_default();
                if signer != record.joiner && record.tenant.as_deref() != Some(signer) {
                    *self.checked.by_others.entry(signer.to_owned()).or_default() += 1;
                }
                let known = |trust| signature_facts(trust, &verified, None, verified.signed_at).issuer_known;
                if !self.trust.is_none_or(known) {
                    if record.policy == Policy::Legacy.code() {
                        self.checked.legacy += 1;
                    } else {
                        self.checked.wrong(name, "its signer's issuer is not among those that are trusted");
                    }
                }
            }
            _ => self.checked.wrong(name, "its signature does not hold"),
        }
    }

    /// Whether social care's structured part, where there is one, is signed, by somebody who is trusted, and this document's: the page's signature covers none
    /// of it.
    fn structured_holds(&self, header: &Header, signed: Option<&StructuredSignature>) -> bool {
        let Some(social) = &header.social else { return true };
        let Some(signed) = signed.filter(|signed| signed.intact) else { return false };
        let trusted = |trust: &Trust| structured_facts(trust, signed, signed.signed_at).issuer_known;
        self.trust.is_none_or(trusted) && social.named_amiss(header).next().is_none()
    }

    fn uses(&mut self, name: &str, content: &[u8]) {
        let Ok(lines) = serde_json::from_slice::<Vec<ProvedUse>>(content) else {
            return self.checked.wrong(name, "is no list of uses");
        };
        if lines.len() > LINES {
            return self.checked.wrong(name, "is too long a list");
        }
        for ProvedUse { line, seal, place, path } in lines {
            let under = line.hash().ok().zip(self.roots.get(&seal));
            if under.is_some_and(|(hash, head)| included(&hash, place, &path, head)) {
                self.checked.uses += 1;
            } else {
                self.checked.wrong(name, "a use is not under the seal that it names");
            }
            self.whose.entry(line.controller).or_insert_with(|| name.to_owned());
        }
    }

    fn seals(&mut self, name: &str, content: &[u8]) {
        let Ok(seals) = serde_json::from_slice::<Seals>(content) else {
            return self.checked.wrong(name, "is no list of seals");
        };
        for seal in seals {
            let previous = self.last_seal.as_ref().map(Seal::hash).transpose();
            let number = self.last_seal.as_ref().map_or(1, |last| last.number.saturating_add(1));
            if seal.number != number || previous.ok() != Some(seal.previous) {
                self.checked.wrong(name, "a seal does not hold the one before it");
            }
            self.checked.seals += 1;
            self.roots.insert(seal.number, seal.lines);
            self.last_seal = Some(seal);
        }
    }

    fn manifest(&mut self, content: &[u8], verifier: &SealVerifier) {
        let Ok(signed) = serde_json::from_slice::<SignedManifest>(content) else {
            return self.checked.wrong(MANIFEST, "is no signed manifest");
        };
        if !verifier.signed_package(signed.manifest.as_bytes(), &signed.signature) {
            self.checked.wrong(MANIFEST, "the holder of this key has not signed it");
        }
        match serde_json::from_str::<Manifest>(&signed.manifest) {
            Ok(manifest) if [FORMAT, WITHOUT_RUNS].contains(&manifest.format.as_str()) => {
                self.checked.manifest = Some(manifest)
            }
            _ => self.checked.wrong(MANIFEST, "is of another format"),
        }
    }

    fn finish(mut self) -> Checked {
        let Some(manifest) = self.checked.manifest.clone() else {
            self.checked.wrong(MANIFEST, "is missing or not to be read");
            return self.checked;
        };
        self.set_ended();
        for (file, problem) in self.parts.ended() {
            self.checked.wrong(&file, problem);
        }
        if self.record.is_some() {
            self.checked.wrong("documents", "the last record has no document");
        }
        for (controller, file) in std::mem::take(&mut self.whose) {
            if controller != manifest.controller {
                self.checked.wrong(&file, "tells of another controller's register");
            }
        }
        self.way(&manifest);
        if manifest.contents != self.contents {
            self.checked.wrong(MANIFEST, "something was changed, left out, added or moved since it was signed");
        }
        let counted = (self.checked.runs, self.checked.documents, self.checked.uses, self.checked.seals);
        if counted != (manifest.runs, manifest.documents, manifest.uses, manifest.seals) {
            self.checked.wrong(MANIFEST, "counts otherwise than what is there");
        }
        self.checked
    }

    /// The documents' way to the controller, by the runs.
    fn way(&mut self, manifest: &Manifest) {
        if let Some(file) = self.bare.take().filter(|_| manifest.format != WITHOUT_RUNS) {
            self.checked.wrong(&file, "its record does not say whose it was first, or when it was made");
        }
        for (controller, file) in std::mem::take(&mut self.theirs) {
            if controller != manifest.controller {
                self.checked.wrong(&file, "no run brought it to the controller, or one took it on");
            }
        }
        for (run, whole) in self.runs.recounted(&manifest.controller) {
            if whole {
                self.checked.recounted += 1;
            } else {
                self.checked.wrong(&format!("runs/{run}.json"), "not each document that it brought is here");
            }
        }
    }
}
