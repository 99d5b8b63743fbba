//! The `Client-Cert` header (RFC 9440): a certificate as a structured field byte sequence, DER in base64 between colons.

use crate::certificate::Certificate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The header's value.
#[must_use]
pub fn write(certificate: &Certificate) -> String {
    format!(":{}:", STANDARD.encode(&certificate.der))
}

/// The certificate of a header's value, if it is one.
#[must_use]
pub fn read(value: &str) -> Option<Certificate> {
    let encoded = value.trim().strip_prefix(':')?.strip_suffix(':')?;
    Certificate::parse(&STANDARD.decode(encoded).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let der = include_bytes!("../../../samples/certificates/dvv-test-g3r-system-signature-vantaa-kerava.der");
        let certificate = Certificate::parse(der).unwrap();
        let value = write(&certificate);
        assert!(value.starts_with(":MII") && value.ends_with(':'));
        assert_eq!(read(&value).unwrap().fingerprint, certificate.fingerprint);
        for wrong in ["", ":", "::", value.trim_start_matches(':'), ":MII:", ":€:"] {
            assert!(read(wrong).is_none(), "{wrong}");
        }
    }
}
