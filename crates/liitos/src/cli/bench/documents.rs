//! What a processor does with documents alone, without a database: messages and headers read, bodies checked, signatures verified, each at several
//! sizes. With `xmlsec1` beside it, its verification of the same files in one process.

use super::micros;
use crate::made::Variation;
use clap::Args;
use liitos_documents::message::read_message;
use liitos_documents::signature::verify;
use liitos_documents::{check_body, read_document_header};
use liitos_domain::Moment;
use liitos_domain::archive::Family;
use liitos_pki::authority::{Authority, Profile};
use serde_json::{Value, json};
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

/// What bodies are made longer by: a small document, a usual one, the largest that is measured.
const LONGER: [usize; 3] = [0, 20_000, 900_000];

#[derive(Args)]
pub(crate) struct Documents {
    /// How often each is done with the smallest; fewer with larger ones.
    #[arg(long, default_value_t = 2_000)]
    times: usize,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Microseconds for one of so many.
fn each(times: usize, mut one: impl FnMut() -> Result<(), String>) -> Result<f64, String> {
    let begun = micros();
    for _ in 0..times {
        one()?;
    }
    Ok(((micros() - begun) as f64 / times.max(1) as f64 * 10.0).round() / 10.0)
}

pub(super) fn run(folder: &Path, asked: &Documents) -> Result<Value, String> {
    std::fs::create_dir_all(folder).map_err(text)?;
    let now = Moment::parse("2026-11-28T12:00:00Z").map_err(text)?;
    let authority = Authority::create("bench", now).map_err(text)?;
    let signer = authority
        .issue(&Profile::signature("1.2.246.537.10.15675350.10.0", "Mittausjärjestelmä"), now)
        .map_err(text)?;
    let issuer = folder.join("issuer.pem");
    std::fs::write(&issuer, authority.certificate_pem()).map_err(text)?;
    let mut measured = Vec::new();
    for longer in LONGER {
        let times = (asked.times / (1 + longer / 10_000)).max(10);
        let variation = Variation::with_new_ids(1, 1).map_err(text)?.longer_by(longer);
        let variation = variation.signed_by(&signer, now).map_err(text)?;
        let (message, document) = (variation.message().map_err(text)?, variation.document());
        let file = folder.join(format!("{longer}.xml"));
        std::fs::write(&file, document).map_err(text)?;
        let found = |finding: liitos_domain::refusal::Finding| finding.to_string();
        measured.push(json!({
            "document_bytes": document.len(), "times": times,
            "read_message_us": each(times, || read_message(message.as_bytes()).map(|read| drop(black_box(read))).map_err(found))?,
            "read_header_us": each(times, || read_document_header(document).map(|read| drop(black_box(read))).map_err(found))?,
            "check_body_us": each(times, || check_body(document, Family::Patient).map_err(found))?,
            "verify_us": each(times, || match verify(document) {
                Ok(verified) if verified.intact => Ok(()),
                other => Err(format!("{other:?}")),
            })?,
            "xmlsec1_us": xmlsec1(&file, &issuer, times),
        }));
    }
    Ok(json!({ "documents": measured }))
}

/// The same verification by `xmlsec1`, so many times in one process: what it prints at its end; nothing where it is not installed or refuses.
fn xmlsec1(file: &Path, issuer: &Path, times: usize) -> Option<f64> {
    let begun = micros();
    let output = Command::new("xmlsec1")
        .args(["--verify", "--repeat", &times.to_string(), "--id-attr:ID", "urn:hl7-org:v3:structuredBody"])
        .args(["--id-attr:ID", "urn:hl7finland:signatureTimestamp", "--trusted-pem"])
        .arg(issuer)
        .arg(file)
        .output()
        .ok()?;
    let took = micros() - begun;
    output.status.success().then(|| (took as f64 / times.max(1) as f64 * 10.0).round() / 10.0)
}
