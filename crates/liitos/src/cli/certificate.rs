//! `liitos certificate check`: what is off about a certificate, by the same rules that a plan is asked.

use super::files::{no_certificates, no_chain, no_trust, read_file, source};
use super::rules::language;
use super::{Ended, print_json};
use crate::adapters::SystemClock;
use clap::{Args, Subcommand, ValueEnum};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::plan::CertificateFound;
use liitos_domain::rules::{CertificateUse, Outcome, Rulebook, Severity, Verdict};
use liitos_domain::{Moment, Oid};
use liitos_pki::{Certificate, MAX_BUNDLE_BYTES, Purpose, Revocation, Trust, TrustFiles, bundle};
use liitos_service::ports::Clock as _;
use liitos_service::rules::described;
use liitos_texts::Language;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum CertificateCommand {
    /// Validate a certificate: profile, strength, path and revocation at a time.
    Check(CheckCertificate),
}

#[derive(Args)]
pub(crate) struct CheckCertificate {
    /// The certificate: PEM (with its chain after it), DER, PKCS#7 or PKCS#12.
    certificate: PathBuf,
    /// A file with the password of a PKCS#12 file.
    #[arg(long)]
    password_file: Option<PathBuf>,
    /// Trusted issuers, PEM or DER.
    #[arg(long, required = true)]
    trust: Vec<PathBuf>,
    /// Certificates between, PEM or DER.
    #[arg(long)]
    untrusted: Vec<PathBuf>,
    /// The issuers' revocation lists, DER. Without a current one, revocation is not checked, and the certificate not valid.
    #[arg(long)]
    crl: Vec<PathBuf>,
    /// A certificate policy that its path must be valid under; given several times, any of them will do.
    #[arg(long, value_parser = Oid::parse)]
    policy: Vec<Oid>,
    /// The time; now when absent.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
    /// The access point whose certificate it should be.
    #[arg(long, value_parser = AccessPointOid::parse)]
    access_point: Option<AccessPointOid>,
    /// What it is for.
    #[arg(long, value_enum, default_value = "server")]
    purpose: For,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// fi, sv or en.
    #[arg(long, default_value = "en", value_parser = language)]
    language: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    Server,
    Client,
    Signature,
}

pub(crate) fn run(command: &CertificateCommand) -> Ended {
    let CertificateCommand::Check(asked) = command;
    match check(asked) {
        Ok(true) => Ended::Fine,
        Ok(false) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}

fn check(asked: &CheckCertificate) -> Result<bool, String> {
    let (now, language) = (asked.at.unwrap_or_else(|| SystemClock.now()), asked.language);
    let files = TrustFiles { issuers: &asked.trust, revocation_lists: &asked.crl, policies: &asked.policy };
    let trust = files.load().map_err(|fault| no_trust(&fault, language))?;
    let mut untrusted = Vec::new();
    for path in &asked.untrusted {
        untrusted.extend(read(path, None, language).map_err(|problem| format!("{}: {problem}", path.display()))?);
    }
    let purpose = match asked.purpose {
        For::Server => Purpose::Server,
        For::Client => Purpose::Client,
        For::Signature => Purpose::Signature,
    };
    let password = asked.password_file.as_ref().map(|path| {
        std::fs::read_to_string(path).map_err(|error| format!("{}: {}", path.display(), source(&error, language)))
    });
    let password = password.transpose()?.map(|text| text.trim_end_matches(['\r', '\n']).to_owned());
    let password = password.as_deref();
    let given = Asked { purpose, trust: Some(&trust), untrusted: &untrusted, password, start: now, now, language };
    let certificate =
        found(&asked.certificate, &given).map_err(|problem| format!("{}: {problem}", asked.certificate.display()))?;
    let used = match asked.purpose {
        For::Signature => CertificateUse::Signature,
        For::Server | For::Client => CertificateUse::AccessPoint(asked.access_point.as_ref()),
    };
    let outcomes = Rulebook::standard().certificate(&certificate, used, now);
    let outcomes = outcomes.map_err(|mistakes| format!("{mistakes:?}"))?;
    let valid = outcomes.iter().all(|outcome| match outcome.verdict() {
        Some(Verdict::Broken) => outcome.rule.severity != Severity::Error,
        Some(Verdict::NotChecked) => false,
        _ => true,
    });
    show(asked, &certificate, &outcomes, valid)?;
    Ok(valid)
}

fn show(
    asked: &CheckCertificate,
    certificate: &CertificateFound,
    outcomes: &[Outcome<'_>],
    valid: bool,
) -> Result<(), String> {
    let language = asked.language;
    if asked.json {
        let told = |outcome: &Outcome<'_>| {
            let rule = described(outcome.rule, language);
            json!({ "rule": rule, "verdict": outcome.verdict(), "answers": outcome.answers })
        };
        let open = outcomes.iter().filter(|outcome| outcome.verdict() != Some(Verdict::Kept));
        return print_json(&json!({
            "valid": valid, "subject_serial_numbers": certificate.serial_numbers,
            "common_names": certificate.common_names, "organisations": certificate.organisations, "dns_names": certificate.dns_names,
            "addresses": certificate.addresses, "valid_from": certificate.valid.from.to_string(),
            "valid_until": certificate.valid.until.map(|until| until.to_string()),
            "findings": open.map(told).collect::<Vec<Value>>(),
        }));
    }
    if asked.crl.is_empty() {
        say!("? {}", language.text("check-note-lists"));
    }
    for outcome in outcomes {
        let rule = outcome.rule;
        let (state, what) = match outcome.verdict() {
            Some(Verdict::Broken) => (language.text(&format!("severity-{}", rule.severity)), Some("broken")),
            Some(Verdict::NotChecked) => (language.text("verdict-not-checked"), None),
            _ => (language.text("verdict-kept"), None),
        };
        let told = outcome.answers.iter().map(|answer| answer.found.as_str());
        let found: Vec<&str> = told.filter(|found| found.parse::<bool>().is_err()).collect();
        say!("{state}: {} [{}] {}", language.rule(rule, what), rule.id, found.join(", "));
        if outcome.verdict() == Some(Verdict::Broken) {
            say!("    {} {}", language.rule(rule, Some("long")), language.rule(rule, Some("how")));
        }
    }
    Ok(())
}

/// What is asked of a certificate's path.
pub(super) struct Asked<'a> {
    pub(super) purpose: Purpose,
    /// `None`: no issuers were given, so nothing is known of its path.
    pub(super) trust: Option<&'a Trust>,
    pub(super) untrusted: &'a [Certificate],
    /// Of a PKCS#12 file.
    pub(super) password: Option<&'a str>,
    /// When it is to be used.
    pub(super) start: Moment,
    pub(super) now: Moment,
    /// Of what is said of a file that is not sound.
    pub(super) language: Language,
}

fn read(path: &Path, password: Option<&str>, language: Language) -> Result<Vec<Certificate>, String> {
    let bytes = read_file(path, MAX_BUNDLE_BYTES as u64, language)?;
    bundle(&bytes, password).map_err(|error| no_certificates(&error, language))
}

/// The facts of the first certificate of a file; those after it are its chain.
pub(super) fn found(path: &Path, asked: &Asked<'_>) -> Result<CertificateFound, String> {
    let found = read(path, asked.password, asked.language)?;
    let (leaf, chain) = found.split_first().ok_or_else(|| asked.language.text("certificate-empty"))?;
    Ok(leaf.found(asked.purpose, asked.trust.and_then(|trust| trusted(trust, leaf, chain, asked))))
}

/// `None` while it is not known whether the issuer has revoked it.
fn trusted(trust: &Trust, leaf: &Certificate, chain: &[Certificate], asked: &Asked<'_>) -> Option<Result<(), String>> {
    let between: Vec<&Certificate> = chain.iter().chain(asked.untrusted).collect();
    let ders: Vec<_> = between.iter().map(|certificate| certificate.der.as_slice().into()).collect();
    // That it is not valid on the first day is said by its own rule.
    let at = if leaf.valid.contains(asked.start) { asked.start } else { leaf.valid.from };
    if let Err(error) = trust.anchors.chain(leaf, &ders, at, asked.purpose) {
        return Some(Err(no_chain(&error, asked.language)));
    }
    let status = |certificate: &Certificate| trust.revoked.status(certificate, asked.now);
    if between.iter().any(|certificate| status(certificate) == Revocation::Revoked) {
        return Some(Err(asked.language.text("chain-issuer-revoked")));
    }
    match status(leaf) {
        Revocation::Good => Some(Ok(())),
        Revocation::Revoked => Some(Err(asked.language.text("chain-revoked"))),
        Revocation::Unknown => None,
    }
}
