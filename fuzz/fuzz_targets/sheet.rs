//! Sheets that suppliers bring in: CSV and XLSX.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(sheet) = liitos_documents::sheet::Sheet::read(bytes) {
        assert!(!sheet.rows.is_empty() && sheet.rows.iter().all(|(_, row)| row.len() == sheet.columns.len()));
    }
});
