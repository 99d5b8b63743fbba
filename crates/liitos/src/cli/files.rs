//! Files that somebody names on the command line: read within a limit, and what is wrong with one in the reader's language.

use liitos_pki::{BundleError, CertificateError, ChainError, FileFault, FileProblem, PemError, RevocationError};
use liitos_texts::Language;
use std::io::{Error, ErrorKind, Read as _};
use std::path::Path;

/// A file, if it is a plain one and not too long. What is wrong with it does not name it: its reader knows where it is named.
pub(super) fn read_file(path: &Path, most: u64, language: Language) -> Result<Vec<u8>, String> {
    let unread = |error: Error| source(&error, language);
    if !std::fs::metadata(path).map_err(unread)?.is_file() {
        return Err(language.text("file-not-a-file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(unread)?;
    if bytes.len() as u64 > most {
        return Err(language.text_with("file-too-long", &[("most", &most.to_string())]));
    }
    Ok(bytes)
}

/// Why the system does not give a file.
pub(super) fn source(error: &Error, language: Language) -> String {
    language.text(match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "file-not-there",
        ErrorKind::PermissionDenied => "file-denied",
        ErrorKind::IsADirectory => "file-not-a-file",
        _ => "file-unread",
    })
}

/// Why a file gives no certificates.
pub(super) fn no_certificates(error: &BundleError, language: Language) -> String {
    match error {
        BundleError::TooLarge(_) => {
            language.text_with("certificate-too-large", &[("most", &liitos_pki::MAX_BUNDLE_BYTES.to_string())])
        }
        BundleError::Pem(error) => no_pem(error, language),
        BundleError::Pkcs7 => language.text("certificate-pkcs7"),
        BundleError::PasswordNeeded => language.text("certificate-password"),
        BundleError::Pkcs12 => language.text("certificate-pkcs12"),
        BundleError::TooManyRounds(_) => language.text("certificate-rounds"),
        BundleError::Certificate(number, error) => numbered(certificate(error), *number, language),
    }
}

fn no_pem(error: &PemError, language: Language) -> String {
    match error {
        PemError::Pem(number) => numbered("certificate-pem", *number, language),
        PemError::Certificate(number, error) => numbered(certificate(error), *number, language),
        PemError::Empty => language.text("certificate-empty"),
        PemError::PrivateKey => language.text("certificate-private-key"),
    }
}

const fn certificate(error: &CertificateError) -> &'static str {
    match error {
        CertificateError::TooLong(_) => "certificate-too-long",
        CertificateError::Der => "certificate-der",
        CertificateError::Trailing => "certificate-trailing",
        CertificateError::Serial(_) => "certificate-serial",
    }
}

fn numbered(key: &str, number: usize, language: Language) -> String {
    language.text_with(key, &[("number", &number.to_string())])
}

/// Why a certificate does not chain to an issuer that is trusted.
pub(super) fn no_chain(error: &ChainError, language: Language) -> String {
    let (key, detail) = match error {
        ChainError::UnknownIssuer => ("chain-unknown-issuer", None),
        ChainError::NotValidAtTime => ("chain-not-valid-at-time", None),
        ChainError::Purpose => ("chain-purpose", None),
        ChainError::Policy => ("chain-policy", None),
        ChainError::CriticalExtension(detail) => ("chain-critical-extension", Some(detail)),
        ChainError::Algorithm => ("chain-algorithm", None),
        ChainError::IssuersOwn => ("chain-issuers-own", None),
        ChainError::Other(detail) => ("chain-other", Some(detail)),
    };
    language.text_with(key, &[("detail", detail.map_or("", String::as_str))])
}

/// Which file of issuers or revocations cannot be taken, and why.
pub(super) fn no_trust(fault: &FileFault, language: Language) -> String {
    let problem = match &fault.problem {
        FileProblem::Source(error) => source(error, language),
        FileProblem::Certificates(error) => no_pem(error, language),
        FileProblem::Issuer(error) => no_chain(error, language),
        FileProblem::List(RevocationError::TooLong(_)) => language.text("list-too-long"),
        FileProblem::List(RevocationError::Der) => language.text("list-der"),
        FileProblem::List(RevocationError::UnknownIssuer) => language.text("list-unknown-issuer"),
        FileProblem::List(RevocationError::Signature) => language.text("list-signature"),
        FileProblem::List(RevocationError::Unsupported(detail)) => {
            language.text_with("list-unsupported", &[("detail", detail)])
        }
    };
    format!("{}: {problem}", fault.file.display())
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::identifier::certificate_serial::CertificateSerialError;

    #[test]
    fn what_is_wrong_with_a_file_is_said_in_each_language() {
        let detail = || "1.2.3".to_owned();
        let broken = [
            CertificateError::TooLong(1),
            CertificateError::Der,
            CertificateError::Trailing,
            CertificateError::Serial(CertificateSerialError::TooLong),
        ];
        let mut certificates = vec![
            BundleError::TooLarge(1),
            BundleError::Pkcs7,
            BundleError::PasswordNeeded,
            BundleError::Pkcs12,
            BundleError::TooManyRounds(1),
            BundleError::Pem(PemError::Pem(1)),
            BundleError::Pem(PemError::Empty),
            BundleError::Pem(PemError::PrivateKey),
        ];
        certificates.extend(broken.into_iter().map(|error| BundleError::Certificate(1, error)));
        let chains = [
            ChainError::UnknownIssuer,
            ChainError::NotValidAtTime,
            ChainError::Purpose,
            ChainError::Policy,
            ChainError::CriticalExtension(detail()),
            ChainError::Algorithm,
            ChainError::IssuersOwn,
            ChainError::Other(detail()),
        ];
        let lists = || {
            let wrong = [RevocationError::Der, RevocationError::UnknownIssuer, RevocationError::Signature];
            wrong.into_iter().chain([RevocationError::TooLong(1), RevocationError::Unsupported(detail())])
        };
        let kinds = [ErrorKind::NotFound, ErrorKind::PermissionDenied, ErrorKind::IsADirectory, ErrorKind::Other];
        for language in Language::ALL {
            let mut told: Vec<String> = certificates.iter().map(|error| no_certificates(error, language)).collect();
            told.extend(chains.iter().map(|error| no_chain(error, language)));
            let fault = |problem| FileFault { file: "x".into(), problem };
            told.extend(lists().map(|error| no_trust(&fault(FileProblem::List(error)), language)));
            told.extend(kinds.map(|kind| source(&kind.into(), language)));
            assert!(told.iter().all(|text| !text.contains('⟦')), "{told:#?}");
            let different: std::collections::BTreeSet<&String> = told.iter().collect();
            assert_eq!(different.len(), told.len(), "{told:#?}");
        }
    }
}
