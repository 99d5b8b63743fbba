//! The sample files, compiled in: registers, the real message, its signer.

use crate::serve::StartError;
use liitos_domain::register::RegisterKind;
use liitos_service::App;
use liitos_service::registers::{File, ImportReport, import};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The certificate of the real message's signer.
pub const SIGNER: &[u8] = include_bytes!("../../../../samples/hus-rcmr/RCMR_IN100002FI01.signer.der");

const FILES: &[(RegisterKind, &[u8])] = &[
    (RegisterKind::Sote, include_bytes!("../../../../samples/registers/sote.xml")),
    (RegisterKind::Professionals, include_bytes!("../../../../samples/registers/professionals.csv")),
    (RegisterKind::Pharmacies, include_bytes!("../../../../samples/registers/pharmacies.csv")),
    (RegisterKind::Intermediaries, include_bytes!("../../../../samples/registers/intermediaries.csv")),
    (RegisterKind::Controllers, include_bytes!("../../../../samples/registers/controllers.csv")),
    (RegisterKind::Systems, include_bytes!("../../../../samples/registers/systems.csv")),
];

/// Rows and rows taken, counted when the files were made.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    /// The file's name.
    pub file: String,
    /// Rows in it.
    pub rows: usize,
    /// Rows that are taken.
    pub taken: usize,
}

/// What an import of a sample did, beside what it should do.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The import's report.
    pub report: ImportReport,
    /// What the file holds.
    pub expected: Expected,
}

/// Imports every sample register.
///
/// # Errors
/// When one cannot be read or stored.
pub async fn import_all(app: &App) -> Result<Vec<Imported>, StartError> {
    let counts: BTreeMap<String, Expected> =
        serde_json::from_slice(include_bytes!("../../../../samples/registers/counts.json"))
            .map_err(|e| StartError(e.to_string()))?;
    let mut done = Vec::new();
    for (kind, bytes) in FILES {
        let expected =
            counts.get(kind.code()).cloned().ok_or_else(|| StartError(format!("counts.json has no {kind}")))?;
        let report = import(app, "sandbox", *kind, File::new(&expected.file, bytes), &mut |_, _| ()).await;
        done.push(Imported { report: report.map_err(|e| StartError(e.to_string()))?, expected });
    }
    Ok(done)
}
