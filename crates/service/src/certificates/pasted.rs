//! Certificates that are pasted where fingerprints are asked: whoever has the certificate works nothing out.

use liitos_domain::application::{FieldError, FieldProblem, Form};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::with_certificates;
use liitos_pki::{Certificate, Piece, pieces};

/// What stands where a private key was, and where a certificate was that cannot be meant: nobody reads it as a fingerprint, so that the field stays wrong until it is mended.
const KEY: &str = "[private key]";
const ANOTHER: &str = "[certificate]";

/// What was pasted into a form.
#[derive(Debug, Default)]
pub(crate) struct Pasted {
    /// The certificates.
    pub(crate) certificates: Vec<Certificate>,
    /// What is wrong with which field.
    pub(crate) wrong: Vec<FieldError>,
}

impl Pasted {
    /// Puts fingerprints in the place of certificates of an access point; `of`: the field in which that is named, of a field of fingerprints. A private key is taken out, and
    /// nowhere kept.
    pub(crate) fn take(form: &mut Form, of: impl Fn(&str) -> Option<String>) -> Self {
        let fields: Vec<(String, String)> =
            form.0.keys().filter_map(|field| Some((field.clone(), of(field)?))).collect();
        let mut pasted = Self::default();
        for (field, of) in fields {
            let point = AccessPointOid::parse(form.text(&of)).ok();
            let Some(text) = form.0.get_mut(&field) else { continue };
            *text = pasted.field(&field, text, |named, fingerprint| match (named, &point) {
                (Some(named), Some(point)) if named != *point => None,
                (named, _) => named.map(|_| format!(" {fingerprint} ")),
            });
        }
        pasted
    }

    /// Puts lines of an access point and its fingerprints in the place of certificates: each names the access point that it is for.
    pub(crate) fn take_list(form: &mut Form, field: &str) -> Self {
        let (mut pasted, mut of_points) = (Self::default(), Vec::new());
        if let Some(text) = form.0.get_mut(field) {
            let words = pasted.field(field, text, |named, fingerprint| {
                of_points.push((named?, fingerprint));
                Some("\n".to_owned())
            });
            *text = if of_points.is_empty() { words } else { with_certificates(&words, of_points) };
        }
        pasted
    }

    /// A field's text with something else in the place of certificates: what is put for one, by the access point that it names; nothing where it cannot be meant. One that has issued
    /// another that is there, too, came along with it.
    fn field(
        &mut self,
        field: &str,
        text: &str,
        mut put: impl FnMut(Option<AccessPointOid>, liitos_domain::Sha256Hash) -> Option<String>,
    ) -> String {
        let (all, mut said) = (pieces(text), String::with_capacity(text.len()));
        for piece in &all {
            let problem = match piece {
                Piece::Words(words) => {
                    said.push_str(words);
                    continue;
                }
                Piece::Certificate(certificate, _) => {
                    let along =
                        |other: &Piece<'_>| matches!(other, Piece::Certificate(other, _) if certificate.issued(other));
                    match put(certificate.access_point().ok(), certificate.fingerprint) {
                        Some(put) => {
                            said.push_str(&put);
                            self.certificates.push((**certificate).clone());
                            continue;
                        }
                        None if all.iter().any(along) => continue,
                        None => said.push_str(&format!(" {ANOTHER} ")),
                    }
                    FieldProblem::Certificates
                }
                Piece::Broken(block) => {
                    said.push_str(block);
                    FieldProblem::Certificates
                }
                Piece::Secret => {
                    said.push_str(&format!(" {KEY} "));
                    FieldProblem::PrivateKey
                }
            };
            self.wrong.push(FieldError { field: field.to_owned(), problem });
        }
        said
    }

    /// What is wrong with which field, what was pasted before what is read of it.
    pub(crate) fn before(mut self, read: Vec<FieldError>) -> Vec<FieldError> {
        let told: Vec<FieldError> =
            read.into_iter().filter(|error| self.wrong.iter().all(|known| known.field != error.field)).collect();
        self.wrong.dedup();
        self.wrong.extend(told);
        self.wrong
    }
}

/// A form as it may be shown again to whoever filled it in: without private keys.
#[must_use]
pub fn without_keys(mut form: Form) -> Form {
    for text in form.0.values_mut().filter(|text| text.contains("PRIVATE KEY") || text.contains("-----")) {
        let said = pieces(text).into_iter().map(|piece| match piece {
            Piece::Words(words) | Piece::Broken(words) | Piece::Certificate(_, words) => words.to_owned(),
            Piece::Secret => format!(" {KEY} "),
        });
        *text = said.collect();
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_again_holds_no_key() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
        let form = |text: &str| Form([("own_certificates".to_owned(), text.to_owned())].into());
        assert_eq!(without_keys(form(&format!("aa {key} bb"))), form("aa  [private key]  bb"));
        assert_eq!(without_keys(form("aa")), form("aa"));
    }
}
