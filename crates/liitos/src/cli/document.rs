//! `liitos document inspect` and `verify`: a message or a CDA document, on a laptop, without a server.

use super::{Ended, print_json};
use crate::adapters::SystemClock;
use clap::{Args, Subcommand};
use liitos_documents::message::read_message;
use liitos_documents::read_document_header;
use liitos_documents::signature::verify;
use liitos_domain::document::{Header, Policy, SignatureFacts, judge_signature};
use liitos_domain::{Moment, Oid};
use liitos_pki::{Purpose, TrustAnchors, certificates_from_pem};
use liitos_service::ports::Clock as _;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Subcommand)]
pub(crate) enum DocumentCommand {
    /// Show what a message or document says about itself.
    Inspect {
        /// The file.
        file: PathBuf,
    },
    /// Verify the system signature and judge it under a policy.
    Verify(Verify),
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The file.
    file: PathBuf,
    /// Issuers of system signature certificates, PEM. For `legacy`: signers' own certificates.
    #[arg(long)]
    trust: Vec<PathBuf>,
    /// The receiving time; now when absent.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
    /// strict or legacy.
    #[arg(long, default_value = "strict", value_parser = |text: &str| Policy::parse(text).ok_or("expected strict or legacy"))]
    policy: Policy,
}

pub(crate) fn run(command: &DocumentCommand) -> Ended {
    let outcome = match command {
        DocumentCommand::Inspect { file } => inspect(file),
        DocumentCommand::Verify(asked) => verify_file(asked),
    };
    match outcome {
        Ok(true) => Ended::Fine,
        Ok(false) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}

/// The document in a file: a bare CDA document, or the one inside a message.
fn document(file: &Path) -> Result<(String, Option<serde_json::Value>), String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{}: not UTF-8", file.display()))?;
    if read_document_header(&text).is_ok() {
        return Ok((text, None));
    }
    let message = read_message(text.as_bytes()).map_err(|finding| format!("{}: {finding}", file.display()))?;
    let envelope = &message.envelope;
    let described = json!({
        "message_id": envelope.message_id, "interaction": envelope.interaction, "sender": envelope.sender,
        "service_request": envelope.service_request.code, "represented": envelope.represented,
        "wrapper_agrees": message.wrapper == message.header,
    });
    Ok((message.document, Some(described)))
}

fn inspect(file: &Path) -> Result<bool, String> {
    let (text, message) = document(file)?;
    let header = read_document_header(&text).map_err(|finding| finding.to_string())?;
    print_json(&json!({ "message": message, "document": described(&header) }))?;
    Ok(true)
}

/// The header without whose document it is.
fn described(header: &Header) -> serde_json::Value {
    json!({
        "id": header.id, "set_id": header.set_id, "version": header.version, "register": header.register.code,
        "controller": header.custodian, "effective_time": header.effective_time, "software": header.software,
        "outsourcing_customer": header.outsourcing_customer, "active_controller": header.active_custodian,
    })
}

fn verify_file(asked: &Verify) -> Result<bool, String> {
    let (text, _) = document(&asked.file)?;
    let verified = match verify(&text) {
        Ok(verified) => verified,
        Err(finding) => {
            print_json(&json!({ "valid": false, "findings": [finding] }))?;
            return Ok(false);
        }
    };
    let mut trusted = Vec::new();
    for path in &asked.trust {
        let pem = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let found = certificates_from_pem(&pem).or_else(|_| liitos_pki::parse_certificate(&pem).map(|one| vec![one]));
        trusted.extend(found.map_err(|error| format!("{}: {error}", path.display()))?);
    }
    let certificate = &verified.certificate;
    let registered = trusted.iter().any(|known| known.fingerprint == certificate.fingerprint);
    let anchors = TrustAnchors::new(trusted).map_err(|error| error.to_string())?;
    let now = asked.at.unwrap_or_else(|| SystemClock.now());
    let inside = if certificate.valid.contains(now) { now } else { certificate.valid.from.plus_seconds(1) };
    let signer = certificate.subject_serial_number().ok().and_then(|text| Oid::parse(text).ok());
    let facts = SignatureFacts {
        intact: verified.intact,
        strong_algorithms: verified.strong_algorithms,
        strong_key: certificate.key.strong(),
        certificate_valid: certificate.valid,
        issuer_known: anchors.chain(certificate, &[], inside, Purpose::Signature).is_ok(),
        revoked: false,
        registered,
        signed_at: verified.signed_at,
        signer: signer.clone(),
    };
    // Whose the document should be is not known here: the signer is taken at its word.
    let joiner = signer.or_else(|| Oid::parse("0.0").ok()).ok_or("no signer")?;
    let findings = judge_signature(&facts, asked.policy, &joiner, now);
    let valid = findings.is_empty();
    print_json(&json!({
        "valid": valid, "policy": asked.policy, "signed_at": verified.signed_at.to_string(), "method": verified.method,
        "key": certificate.key.to_string(), "signer": certificate.subject_serial_number().ok(),
        "certificate_sha256": certificate.fingerprint, "findings": findings, "revocation": "not checked",
    }))?;
    Ok(valid)
}
