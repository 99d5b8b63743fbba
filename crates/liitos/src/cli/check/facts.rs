//! What can be found out about a plan from files: registers and certificates.

use crate::cli::certificate::{Asked, found};
use crate::cli::files::no_trust;
use liitos_documents::registers::{FileError, entries as read};
use liitos_domain::plan::{Facts, Plan, RegisterFacts};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts};
use liitos_domain::{Moment, Oid};
use liitos_pki::{Purpose, TrustFiles};
use liitos_texts::Language;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// What the person gave beside the plan.
pub(super) struct Given<'a> {
    /// Where the plan stands; its files are named from there.
    pub(super) folder: &'a Path,
    pub(super) registers: Option<&'a Path>,
    pub(super) trust: &'a [PathBuf],
    pub(super) crl: &'a [PathBuf],
    pub(super) policies: &'a [Oid],
    /// Of what is said of a file that is not sound.
    pub(super) language: Language,
}

/// What could not be looked at.
pub(super) enum Note {
    Registers,
    Issuers,
    /// A certificate whose folder is not there: it is still to come, or the plan came without its files.
    File(String),
    /// Nobody looked at the network.
    Probe,
    /// Nobody was asked whose the addresses are.
    Rdap,
    /// Whose an address is could not be asked, and why.
    Holder(IpAddr, String),
}

/// The facts, and what could not be looked at.
pub(super) fn gather(plan: &Plan, given: &Given<'_>, now: Moment) -> Result<(Facts, Vec<Note>), String> {
    let mut notes = Vec::new();
    let mut facts = Facts::default();
    match given.registers {
        Some(folder) => facts.registers = Some(registers(plan, folder, given.language)?),
        None => notes.push(Note::Registers),
    }
    let trust = if given.trust.is_empty() {
        notes.push(Note::Issuers);
        None
    } else {
        let files = TrustFiles { issuers: given.trust, revocation_lists: given.crl, policies: given.policies };
        Some(files.load().map_err(|fault| no_trust(&fault, given.language))?)
    };
    let servers = plan.access_points.iter().flat_map(|point| &point.certificates).map(|file| (file, Purpose::Server));
    let signing = plan.signature.iter().filter_map(|signature| signature.certificate.as_ref());
    for (file, purpose) in servers.chain(signing.map(|file| (file, Purpose::Signature))) {
        let path = given.folder.join(file);
        if !path.parent().is_some_and(Path::is_dir) {
            notes.push(Note::File(path.display().to_string()));
            continue;
        }
        let (trust, language) = (trust.as_ref(), given.language);
        let asked = Asked { purpose, trust, untrusted: &[], password: None, start: plan.start, now, language };
        match found(&path, &asked) {
            Ok(found) => drop(facts.certificates.insert(file.clone(), found)),
            Err(problem) => drop(facts.unreadable.insert(file.clone(), problem)),
        }
    }
    Ok((facts, notes))
}

fn registers(plan: &Plan, folder: &Path, language: Language) -> Result<RegisterFacts, String> {
    if !folder.is_dir() {
        return Err(format!("{}: {}", folder.display(), language.text("file-no-folder")));
    }
    let mut facts = RegisterFacts::default();
    let wanted = plan.named();
    let own = |entry: &Entry| entry.parent.as_deref() == Some(plan.joiner.as_str());
    let mut public = Vec::new();
    for kind in RegisterKind::ALL {
        let entries = entries(*kind, folder, |entry| match kind {
            RegisterKind::Systems => plan.systems().any(|number| number == entry.id),
            RegisterKind::Controllers => own(entry),
            RegisterKind::Pharmacies if own(entry) => true,
            _ => Oid::parse(&entry.id).is_ok_and(|oid| wanted.contains(&oid)),
        })?;
        for entry in entries {
            match kind {
                RegisterKind::Systems => drop(facts.systems.insert(entry.id.clone(), SystemFacts::of(&entry))),
                RegisterKind::Controllers => public.push(entry),
                _ => facts.add(plan, &wanted, *kind, entry),
            }
        }
    }
    facts.settle(plan, &public);
    Ok(facts)
}

/// The entries of a register's file that are wanted: the file whose name is the register's code.
fn entries(kind: RegisterKind, folder: &Path, wanted: impl FnMut(&Entry) -> bool) -> Result<Vec<Entry>, String> {
    let path = ["xml", "json", "csv"].map(|ending| folder.join(format!("{kind}.{ending}")));
    let Some(path) = path.into_iter().find(|path| path.exists()) else {
        return Err(format!("{}: there is no {kind}.xml, {kind}.json or {kind}.csv", folder.display()));
    };
    let open = || std::fs::File::open(&path).map_err(|error| FileError::Source(error.to_string()));
    read(kind, open, wanted).map_err(|error| format!("{}: {error}", path.display()))
}
