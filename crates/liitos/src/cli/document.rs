//! `liitos document inspect`, `verify` and `sign`: a message or a CDA document, on a laptop, without a server.

use super::{Ended, print_json};
use crate::adapters::SystemClock;
use clap::{Args, Subcommand};
use liitos_documents::message::{Message, read_message};
use liitos_documents::sign::{SigningKey, sign, sign_together};
use liitos_documents::signature::{Beside, StructuredSignature, Verified, verify};
use liitos_documents::{read_document_header, signature_facts, structured_facts};
use liitos_domain::document::{Header, Policy, judge_signature, judge_structured};
use liitos_domain::{Moment, Oid};
use liitos_pki::seal::SealVerifier;
use liitos_pki::{Trust, TrustFiles, certificates};
use liitos_service::ports::Clock as _;
use serde_json::json;
use std::io::Write as _;
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
    /// Sign CDA documents with a system signature.
    Sign(Sign),
    /// Verify the operator's seal of a copy of what was signed.
    Sealed {
        /// The file.
        file: PathBuf,
        /// The seal, as the mail or the page tells it.
        #[arg(long)]
        seal: String,
        /// The operator's public key, hexadecimal: `GET /api/seal` of the portal.
        #[arg(long)]
        public_key: String,
    },
}

#[derive(Args)]
pub(crate) struct Verify {
    /// The file.
    file: PathBuf,
    /// Issuers of system signature certificates, PEM or DER. For `legacy`: signers' own certificates.
    #[arg(long)]
    trust: Vec<PathBuf>,
    /// The issuers' revocation lists, DER; a known issuer's certificate passes only under a current one.
    #[arg(long)]
    revocation_list: Vec<PathBuf>,
    /// Whose the document should be; the organisation that the message represents when absent.
    #[arg(long, value_parser = Oid::parse)]
    joiner: Option<Oid>,
    /// The receiving time; now when absent.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
    /// strict or legacy.
    #[arg(long, default_value = "strict", value_parser = |text: &str| Policy::parse(text).ok_or("expected strict or legacy"))]
    policy: Policy,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// CDA documents, in place of the signatures that they had.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The system signature certificate (PEM).
    #[arg(long)]
    certificate: PathBuf,
    /// Its key (RSA, PKCS#8 PEM).
    #[arg(long)]
    key: PathBuf,
    /// The folder into which the signed documents are written, by the names that they have; nothing is overwritten.
    #[arg(long)]
    out: PathBuf,
    /// One signature over all of them, which each carries.
    #[arg(long)]
    together: bool,
    /// The time of signing; now when absent.
    #[arg(long, value_parser = Moment::parse)]
    at: Option<Moment>,
}

pub(crate) fn run(command: &DocumentCommand) -> Ended {
    let outcome = match command {
        DocumentCommand::Inspect { file } => inspect(file),
        DocumentCommand::Verify(asked) => verify_file(asked),
        DocumentCommand::Sign(asked) => sign_files(asked).map(|()| true),
        DocumentCommand::Sealed { file, seal, public_key } => sealed(file, seal, public_key),
    };
    match outcome {
        Ok(true) => Ended::Fine,
        Ok(false) => Ended::Finding,
        Err(problem) => Ended::BadInput(problem),
    }
}

/// Signs all, and writes them where none is in the way.
fn sign_files(asked: &Sign) -> Result<(), String> {
    let named = |file: &Path, problem: &dyn std::fmt::Display| format!("{}: {problem}", file.display());
    let read = |file: &PathBuf| {
        let text = String::from_utf8(bytes(file)?).map_err(|_| named(file, &"not UTF-8"))?;
        read_document_header(&text).map_err(|finding| named(file, &finding))?;
        Ok(text)
    };
    let documents: Vec<String> = asked.files.iter().map(read).collect::<Result<_, String>>()?;
    let certificate = certificates(&bytes(&asked.certificate)?).map_err(|error| named(&asked.certificate, &error))?;
    let certificate = certificate.into_iter().next().ok_or_else(|| named(&asked.certificate, &"no certificate"))?;
    let key_pem = String::from_utf8(bytes(&asked.key)?).map_err(|_| named(&asked.key, &"not PEM"))?;
    let key = SigningKey { certificate_der: certificate.der, key_pem };
    let at = asked.at.unwrap_or_else(|| SystemClock.now());
    let signed = if asked.together {
        let all: Vec<&str> = documents.iter().map(String::as_str).collect();
        sign_together(&all, &key, at).map_err(|error| error.to_string())?
    } else {
        let one = |(file, document): (&PathBuf, &String)| sign(document, &key, at).map_err(|error| named(file, &error));
        asked.files.iter().zip(&documents).map(one).collect::<Result<_, _>>()?
    };
    // What does not verify is written nowhere: a key that is not the certificate's would be found by the archive alone.
    for (file, document) in asked.files.iter().zip(&signed) {
        let fine = verify(document).map_err(|finding| named(file, &finding))?.intact;
        if !fine {
            return Err(named(&asked.key, &"not the certificate's key"));
        }
    }
    let targets: Vec<PathBuf> =
        asked.files.iter().map(|file| asked.out.join(file.file_name().unwrap_or_default())).collect();
    for (at, target) in targets.iter().enumerate() {
        if target.exists() || targets.iter().take(at).any(|before| before == target) {
            return Err(named(target, &"is there already, or would be written twice"));
        }
    }
    std::fs::create_dir_all(&asked.out).map_err(|error| named(&asked.out, &error))?;
    for (into, document) in targets.iter().zip(&signed) {
        let mut out = std::fs::File::create_new(into).map_err(|error| named(into, &error))?;
        out.write_all(document.as_bytes()).map_err(|error| named(into, &error))?;
        say!("✓ {}", into.display());
    }
    Ok(())
}

/// Whether a copy is sealed by a key.
fn sealed(file: &Path, seal: &str, public_key: &str) -> Result<bool, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let key = liitos_domain::Sha256Hash::parse(public_key).ok_or("--public-key: expected 64 hexadecimal digits")?;
    let holds = SealVerifier::from_public(key.as_bytes()).sealed_copy(&bytes, seal);
    say!("{} {}", if holds { "✓ the seal holds:" } else { "✗ the seal does not hold:" }, file.display());
    Ok(holds)
}

/// What a file holds: a bare CDA document, or a message with one inside.
struct Held {
    document: String,
    message: Option<Message>,
}

fn held(file: &Path) -> Result<Held, String> {
    let text = String::from_utf8(bytes(file)?).map_err(|_| format!("{}: not UTF-8", file.display()))?;
    if read_document_header(&text).is_ok() {
        return Ok(Held { document: text, message: None });
    }
    let message = read_message(text.as_bytes()).map_err(|finding| format!("{}: {finding}", file.display()))?;
    Ok(Held { document: message.document.clone(), message: Some(message) })
}

fn bytes(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn inspect(file: &Path) -> Result<bool, String> {
    let held = held(file)?;
    let header = read_document_header(&held.document).map_err(|finding| finding.to_string())?;
    let message = held.message.map(|message| {
        let envelope = message.envelope;
        json!({
            "message_id": envelope.message_id, "interaction": envelope.interaction, "sender": envelope.sender,
            "service_request": envelope.service_request.code, "represented": envelope.represented,
            "wrapper_agrees": message.wrapper == message.header,
        })
    });
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
    let held = held(&asked.file)?;
    let represented = held.message.as_ref().map(|message| &message.envelope.represented);
    let joiner =
        asked.joiner.as_ref().or(represented).ok_or("a bare document does not say whose it is: give --joiner")?;
    let verified = match verify(&held.document) {
        Ok(verified) => verified,
        Err(finding) => {
            print_json(&json!({ "valid": false, "findings": [finding] }))?;
            return Ok(false);
        }
    };
    let (trust, registered) = trust(asked, &verified)?;
    let now = asked.at.unwrap_or_else(|| SystemClock.now());
    let facts = signature_facts(&trust, &verified, registered.then_some(now), now);
    let mut findings = judge_signature(&facts, asked.policy, &[joiner], now);
    let part = verified.structured.as_ref();
    let facts = part.map(|signature| structured_facts(&trust, signature, now));
    let header = read_document_header(&held.document).map_err(|finding| finding.to_string())?;
    findings.extend(judge_structured(header.social.as_ref(), facts.as_ref(), &[joiner], now));
    let (valid, certificate) = (findings.is_empty(), &verified.certificate);
    print_json(&json!({
        "valid": valid, "policy": asked.policy, "joiner": joiner, "signed_at": verified.signed_at.to_string(),
        "method": verified.method, "key": certificate.key.to_string(),
        "signer": certificate.subject_serial_number().ok(), "certificate_sha256": certificate.fingerprint,
        "documents": verified.documents, "structured": part.map(structured),
        "beside": verified.beside.iter().map(beside).collect::<Vec<_>>(), "findings": findings,
    }))?;
    Ok(valid)
}

/// The signature over social care's structured part, as it is told.
fn structured(one: &StructuredSignature) -> serde_json::Value {
    json!({
        "intact": one.intact, "signer": one.certificate.subject_serial_number().ok(), "signed_at": one.signed_at.to_string(),
        "method": one.method,
    })
}

/// A signature beside the system's, as it is told.
fn beside(one: &Beside) -> serde_json::Value {
    match one {
        Beside::Holds(certificate, at) => {
            json!({ "intact": true, "signer": certificate.subject_serial_number().ok(), "signed_at": at.to_string() })
        }
        Beside::Broken => json!({ "intact": false }),
        Beside::NotUnderstood => json!({ "intact": null }),
    }
}

/// The trust that was given, and whether the signer's own certificate is among it.
fn trust(asked: &Verify, verified: &Verified) -> Result<(Trust, bool), String> {
    let files = TrustFiles { issuers: &asked.trust, revocation_lists: &asked.revocation_list, policies: &[] };
    let trust = files.load().map_err(|fault| fault.to_string())?;
    let signer = verified.certificate.fingerprint;
    let registered = trust.anchors.certificates().iter().any(|known| known.fingerprint == signer);
    Ok((trust, registered))
}
