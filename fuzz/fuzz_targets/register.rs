//! Register files of every kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    use liitos_domain::register::RegisterKind;
    let kind = RegisterKind::ALL[usize::from(bytes.first().copied().unwrap_or(0)) % RegisterKind::ALL.len()];
    let bytes = bytes.get(1..).unwrap_or_default();
    if let Ok(survey) = liitos_documents::registers::survey(bytes) {
        let _ = liitos_documents::registers::read(kind, bytes, &survey, &mut |_, _| Ok(()));
    }
});
