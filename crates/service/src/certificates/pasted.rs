//! Certificates that are pasted where fingerprints are asked: whoever has the certificate works nothing out.

use liitos_domain::application::{FieldError, FieldProblem, Form};
use liitos_pki::{Certificate, Piece, pieces};
use std::collections::HashMap;

/// What was pasted into a form.
#[derive(Debug, Default)]
pub(crate) struct Pasted {
    /// The certificates.
    pub(crate) certificates: Vec<Certificate>,
    /// What is wrong with which field.
    pub(crate) wrong: Vec<FieldError>,
}

impl Pasted {
    /// Puts fingerprints in the place of certificates in fields of fingerprints. A private key is taken out, and nowhere kept.
    pub(crate) fn take(form: &mut Form, of_certificates: impl Fn(&str) -> bool) -> Self {
        let mut pasted = Self::default();
        for (field, text) in form.0.iter_mut().filter(|(field, _)| of_certificates(field)) {
            *text = pasted.field(field, text, |said, certificate| {
                said.push_str(&format!(" {} ", certificate.fingerprint));
                true
            });
        }
        pasted
    }

    /// Puts lines of an access point and its fingerprints in the place of certificates: each names the access point that it is for.
    pub(crate) fn take_list(form: &mut Form, field: &str) -> Self {
        let (mut pasted, mut of_points) = (Self::default(), Vec::new());
        if let Some(text) = form.0.get_mut(field) {
            let words = pasted.field(field, text, |_, certificate| {
                let Ok(point) = certificate.access_point() else { return false };
                of_points.push((point.to_string(), certificate.fingerprint.to_string()));
                true
            });
            if !of_points.is_empty() {
                *text = listed(&words, of_points);
            } else if !pasted.wrong.is_empty() {
                *text = words;
            }
        }
        pasted
    }

    /// A field's text with something else in the place of certificates; `put` says whether it can be.
    fn field(&mut self, field: &str, text: &str, mut put: impl FnMut(&mut String, &Certificate) -> bool) -> String {
        let mut said = String::with_capacity(text.len());
        for piece in pieces(text) {
            let problem = match piece {
                Piece::Words(words) => {
                    said.push_str(words);
                    continue;
                }
                Piece::Certificate(certificate) if put(&mut said, &certificate) => {
                    self.certificates.push(*certificate);
                    continue;
                }
                Piece::Certificate(_) => FieldProblem::Certificates,
                Piece::Broken(block) => {
                    said.push_str(block);
                    FieldProblem::Certificates
                }
                Piece::Secret => FieldProblem::PrivateKey,
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

/// A list with more fingerprints of access points: on the line of each, or on one of its own behind the others.
fn listed(list: &str, more: Vec<(String, String)>) -> String {
    let mut lines: Vec<String> =
        list.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let at = |(nth, line): (usize, &String)| Some((line.split_whitespace().next()?.to_owned(), nth));
    let mut of: HashMap<String, usize> = lines.iter().enumerate().filter_map(at).collect();
    for (point, fingerprint) in more {
        let nth = *of.entry(point).or_insert_with_key(|point| {
            lines.push(point.clone());
            lines.len() - 1
        });
        if let Some(line) = lines.get_mut(nth).filter(|line| !line.contains(&fingerprint)) {
            line.push(' ');
            line.push_str(&fingerprint);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_has_one_line_whatever_is_pasted() {
        let more = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let list = listed("1.2 aa\r\n\n1.3\n", more(&[("1.3", "bb"), ("1.4", "cc"), ("1.2", "aa"), ("1.4", "dd")]));
        assert_eq!(list, "1.2 aa\n1.3 bb\n1.4 cc dd");
        assert_eq!(listed("", more(&[("1.4", "cc")])), "1.4 cc");
    }
}
