//! What can be found out about a plan from files: registers and certificates.

use crate::cli::certificate::{Asked, found};
use liitos_documents::registers::read;
use liitos_domain::plan::{Facts, Plan, RegisterFacts};
use liitos_domain::register::{Entry, RegisterKind, SystemFacts, controllers};
use liitos_domain::{Moment, Oid};
use liitos_pki::{Purpose, TrustFiles};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What the person gave beside the plan.
pub(super) struct Given<'a> {
    /// Where the plan stands; its files are named from there.
    pub(super) folder: &'a Path,
    pub(super) registers: Option<&'a Path>,
    pub(super) trust: &'a [PathBuf],
    pub(super) crl: &'a [PathBuf],
}

/// What could not be looked at.
pub(super) enum Note {
    Registers,
    Issuers,
    /// A file that is not there.
    File(String),
}

/// The facts, and what could not be looked at.
pub(super) fn gather(plan: &Plan, given: &Given<'_>, now: Moment) -> Result<(Facts, Vec<Note>), String> {
    let mut notes = Vec::new();
    let mut facts = Facts::default();
    match given.registers {
        Some(folder) => facts.registers = Some(registers(plan, folder)?),
        None => notes.push(Note::Registers),
    }
    let trust = if given.trust.is_empty() {
        notes.push(Note::Issuers);
        None
    } else {
        let files = TrustFiles { issuers: given.trust, revocation_lists: given.crl };
        Some(files.load().map_err(|fault| fault.to_string())?)
    };
    let servers = plan.access_points.iter().flat_map(|point| &point.certificates).map(|file| (file, Purpose::Server));
    let signing = plan.signature.iter().filter_map(|signature| signature.certificate.as_ref());
    for (file, purpose) in servers.chain(signing.map(|file| (file, Purpose::Signature))) {
        let path = given.folder.join(file);
        if !path.exists() {
            notes.push(Note::File(path.display().to_string()));
            continue;
        }
        let asked = Asked { purpose, trust: trust.as_ref(), untrusted: &[], start: plan.start, now };
        match found(&path, &asked) {
            Ok(found) => drop(facts.certificates.insert(file.clone(), found)),
            Err(problem) => drop(facts.unreadable.insert(file.clone(), problem)),
        }
    }
    Ok((facts, notes))
}

fn registers(plan: &Plan, folder: &Path) -> Result<RegisterFacts, String> {
    let mut wanted: BTreeSet<Oid> = plan.pharmacies.iter().chain(plan.organiser.as_ref()).cloned().collect();
    wanted.insert(plan.joiner.clone());
    wanted.extend(plan.tenants.iter().map(|tenant| tenant.oid.clone()));
    wanted.extend(plan.services.iter().flat_map(|service| service.units.iter().cloned()));
    wanted.extend(plan.access_points.iter().map(|point| point.oid.administrator()));
    let mut facts = RegisterFacts::default();
    wanted.extend(plan.signature.as_ref().and_then(|signature| signature.holder.clone()));
    let mut public = Vec::new();
    for kind in RegisterKind::ALL {
        for entry in entries(*kind, folder)? {
            match kind {
                RegisterKind::Systems => {
                    facts.systems.insert(entry.id.clone(), SystemFacts::of(&entry));
                }
                RegisterKind::Controllers if entry.parent.as_deref() == Some(plan.joiner.as_str()) => {
                    public.push(entry)
                }
                RegisterKind::Controllers => {}
                _ => {
                    let below =
                        *kind == RegisterKind::Pharmacies && entry.parent.as_deref() == Some(plan.joiner.as_str());
                    if below && entry.valid.contains(plan.start) {
                        facts.branches.extend(Oid::parse(&entry.id).ok());
                    }
                    if let Some(oid) = Oid::parse(&entry.id).ok().filter(|oid| wanted.contains(oid)) {
                        facts.entries.entry(oid).or_insert((*kind, entry));
                    }
                }
            }
        }
    }
    let own = facts.entries.get(&plan.joiner).map(|(kind, entry)| (*kind, entry));
    facts.controllers = controllers(&plan.joiner, own, &public, plan.start);
    Ok(facts)
}

/// The entries of a register's file: the one whose name is the register's code.
fn entries(kind: RegisterKind, folder: &Path) -> Result<Vec<Entry>, String> {
    let path = ["xml", "json", "csv"].map(|ending| folder.join(format!("{kind}.{ending}")));
    let Some(path) = path.into_iter().find(|path| path.exists()) else {
        return Err(format!("{}: there is no {kind}.xml, {kind}.json or {kind}.csv", folder.display()));
    };
    let wrong = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let bytes = std::fs::read(&path).map_err(|error| wrong(&error))?;
    Ok(read(kind, &bytes, &mut |_| ()).map_err(|error| wrong(&error))?.entries)
}
