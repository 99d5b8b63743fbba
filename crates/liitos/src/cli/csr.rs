//! `liitos csr`: keys and signing requests for the server certificates of a plan's own access points.

use super::Ended;
use super::check::read_plan;
use super::rules::language;
use clap::{Args, ValueEnum};
use liitos_domain::directory::LinkRole;
use liitos_domain::plan::{PlannedPoint, Whose};
use liitos_pki::{NewKey, Requested, ServerRequest};
use liitos_texts::Language;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Csr {
    /// The plan (`docs/plans.md`); a request is made for each own access point that is not open yet.
    plan: PathBuf,
    /// The folder to write to: OID.key, which only its owner may read, and OID.csr. Nothing is overwritten.
    #[arg(long)]
    out: PathBuf,
    /// What key to make.
    #[arg(long, value_enum, default_value = "rsa-3072")]
    key: Key,
    /// The organisation's name in the Subject.
    #[arg(long)]
    organisation: Option<String>,
    /// fi, sv or en.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

#[derive(Clone, Copy, ValueEnum)]
enum Key {
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "p-256")]
    P256,
}

pub(crate) fn run(asked: &Csr) -> Ended {
    make(asked).map_or_else(Ended::BadInput, |()| Ended::Fine)
}

fn make(asked: &Csr) -> Result<(), String> {
    let plan = read_plan(&asked.plan, asked.language)?;
    let own = |point: &&PlannedPoint| plan.whose(&point.oid) == Whose::Own && point.open != Some(true);
    let points: Vec<&PlannedPoint> = plan.access_points.iter().filter(own).collect();
    if points.is_empty() {
        return Err(format!("{}: there is no new access point of the joiner's own", asked.plan.display()));
    }
    std::fs::create_dir_all(&asked.out).map_err(|error| format!("{}: {error}", asked.out.display()))?;
    // All are made before the first is written: what is wrong with one leaves nothing half done. What is there already from
    // an earlier run stays, and the others are made.
    let missing = points.into_iter().filter(|point| !asked.out.join(format!("{}.csr", point.oid)).exists());
    let made = missing.map(|point| Ok((point, request(asked, point)?))).collect::<Result<Vec<_>, String>>()?;
    if made.is_empty() {
        return Err(format!("{}: every access point has its request there already", asked.out.display()));
    }
    for (point, made) in made {
        let (key_file, request_file) =
            (asked.out.join(format!("{}.key", point.oid)), asked.out.join(format!("{}.csr", point.oid)));
        write_new(&key_file, 0o600, &made.key_pem)?;
        write_new(&request_file, 0o644, &made.request_pem)?;
        say!("{}\n{}", key_file.display(), request_file.display());
    }
    Ok(())
}

fn request(asked: &Csr, point: &PlannedPoint) -> Result<Requested, String> {
    let wrong =
        |problem: &dyn std::fmt::Display| format!("{}: access point {}: {problem}", asked.plan.display(), point.oid);
    let names =
        |role| point.links.iter().filter(move |link| link.role == role).filter_map(|link| link.dns_name.as_ref());
    let mut primaries = names(LinkRole::Primary);
    let primary = primaries.next().ok_or_else(|| wrong(&"its primary link has no dns_name"))?;
    let wanted = ServerRequest {
        access_point: &point.oid,
        primary,
        others: primaries.chain(names(LinkRole::Backup)).collect(),
        addresses: Vec::new(),
        organisation: asked.organisation.as_deref(),
    };
    let key = match asked.key {
        Key::Rsa3072 => NewKey::Rsa3072,
        Key::P256 => NewKey::P256,
    };
    wanted.make(key).map_err(|error| wrong(&error))
}

/// A key that is there already is somebody's: it stays.
fn write_new(path: &Path, mode: u32, text: &str) -> Result<(), String> {
    let wrong = |error| format!("{}: {error}", path.display());
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(wrong)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(wrong)
}
