//! Register files of every kind.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    use liitos_domain::register::RegisterKind;
    let kind = RegisterKind::ALL[usize::from(bytes.first().copied().unwrap_or(0)) % RegisterKind::ALL.len()];
    let _ = liitos_documents::registers::read(kind, bytes.get(1..).unwrap_or_default(), &mut |_| ());
});
