//! Certificates that are pasted where fingerprints are asked: whoever has the certificate works nothing out.

use liitos_domain::Sha256Hash;
use liitos_domain::application::{FieldError, FieldProblem, Form};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::moves::with_certificates;
use liitos_pki::{Certificate, Piece, pieces};
use std::collections::HashSet;

/// What stands where a private key was, and where a certificate was that cannot be meant: nobody reads it as a fingerprint, so that the field stays wrong until it is mended.
const KEY: &str = "[private key]";
const ANOTHER: &str = "[certificate]";

/// Most certificates that are taken of one access point, and of a list at a time.
const MOST_OF_POINT: usize = 16;
const MOST_OF_LIST: usize = 2_000;
/// Most issuers above each other that come along.
const MOST_LEVELS: usize = 4;

/// What was pasted into a form.
#[derive(Debug, Default)]
pub(crate) struct Pasted {
    /// The certificates.
    pub(crate) certificates: Vec<Certificate>,
    /// What is wrong with which field.
    pub(crate) wrong: Vec<FieldError>,
}

/// What is put in the place of a certificate.
enum Put {
    /// These words.
    Words(String),
    /// Nothing, where it came along with one of an access point; else it cannot be meant.
    Along,
    /// It cannot be meant.
    Another,
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
            *text = pasted.field(&field, (text, MOST_OF_POINT), |_, named, fingerprint| match (named, &point) {
                (None, _) => Put::Along,
                (Some(named), Some(point)) if named != *point => Put::Another,
                (Some(_), _) => Put::Words(format!(" {fingerprint} ")),
            });
        }
        pasted
    }

    /// Puts fingerprints in the place of certificates on the lines of their access points, and lines of an access point and its fingerprints in the place of those that stand on none:
    /// each names the access point that it is for.
    pub(crate) fn take_list(form: &mut Form, field: &str) -> Self {
        let (mut pasted, mut of_points) = (Self::default(), Vec::new());
        if let Some(text) = form.0.get_mut(field) {
            let words = pasted.field(field, (text, MOST_OF_LIST), |said, named, fingerprint| {
                let mut line = said.rsplit('\n').next().unwrap_or_default().split_whitespace();
                match (line.next(), named) {
                    (None, Some(named)) => {
                        of_points.push((named, fingerprint));
                        Put::Words("\n".to_owned())
                    }
                    (None, None) => Put::Along,
                    (Some(point), Some(named)) if point == named.as_str() => Put::Words(format!(" {fingerprint} ")),
                    // A line without a fingerprint would mean any certificate.
                    (Some(_), None) if line.next().is_some() => Put::Along,
                    (Some(_), _) => Put::Another,
                }
            });
            *text = if of_points.is_empty() { words } else { with_certificates(&words, of_points) };
        }
        pasted
    }

    /// A field's text with something else in the place of so many certificates at most: what is put for one, by what stands before it and the access point that it names.
    fn field(
        &mut self,
        field: &str,
        (text, most): (&str, usize),
        mut put: impl FnMut(&str, Option<AccessPointOid>, Sha256Hash) -> Put,
    ) -> String {
        let (all, mut said, mut count) = (pieces(text), String::with_capacity(text.len()), 0);
        let along = issuers(&all);
        for piece in &all {
            let problem = match piece {
                Piece::Words(words) => {
                    said.push_str(words);
                    continue;
                }
                Piece::Certificate(certificate, _) => {
                    count += 1;
                    let put = put(&said, certificate.access_point().ok(), certificate.fingerprint);
                    match put {
                        Put::Words(put) if count <= most => {
                            said.push_str(&put);
                            self.certificates.push((**certificate).clone());
                            continue;
                        }
                        Put::Along if along.contains(certificate.names().0) => continue,
                        _ => said.push_str(&format!(" {ANOTHER} ")),
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

/// The names of those who have issued certificates of access points, and of their issuers: these come along with what is pasted. They are pinned nowhere, so that their names are enough.
fn issuers<'p>(all: &'p [Piece<'_>]) -> HashSet<&'p [u8]> {
    let certificates =
        || all.iter().filter_map(|piece| if let Piece::Certificate(one, _) = piece { Some(one) } else { None });
    let of_points = certificates().filter(|one| one.access_point().is_ok());
    let mut issuers: HashSet<&[u8]> = of_points.map(|one| one.names().1).collect();
    for _ in 0..MOST_LEVELS {
        let above: Vec<&[u8]> = certificates()
            .map(|one| one.names())
            .filter(|(subject, _)| issuers.contains(subject))
            .map(|(_, by)| by)
            .collect();
        issuers.extend(above);
    }
    issuers
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
    use liitos_domain::Moment;
    use liitos_pki::authority::{Authority, Profile};

    #[test]
    fn what_is_shown_again_holds_no_key() {
        let key = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----";
        let form = |text: &str| Form([("own_certificates".to_owned(), text.to_owned())].into());
        assert_eq!(without_keys(form(&format!("aa {key} bb"))), form("aa  [private key]  bb"));
        assert_eq!(without_keys(form("aa")), form("aa"));
    }

    const POINTS: [&str; 2] = ["1.2.246.10.1.10.0.13.1", "1.2.246.10.1.10.0.13.2"];

    /// What becomes of a list, and how often something was wrong.
    fn list(text: &str) -> (String, usize) {
        let mut form = Form([("targets".to_owned(), text.to_owned())].into());
        let wrong = Pasted::take_list(&mut form, "targets").wrong.len();
        (form.text("targets").to_owned(), wrong)
    }

    #[test]
    fn nothing_that_is_pasted_wrongly_means_any_certificate() {
        let now = Moment::from_seconds(1_800_000_000);
        let authority = Authority::create("Test CA", now).unwrap();
        let ca = authority.certificate_pem();
        let issued = POINTS.map(|oid| authority.issue(&Profile::server(oid, "a.test"), now).unwrap());
        let [one, other] = issued.each_ref().map(|issued| issued.certificate_pem.as_str());
        let [first, second] = issued.each_ref().map(|issued| Sha256Hash::of(&issued.certificate_der).to_string());
        let [here, there] = POINTS;
        // Authorities alone, however many: there is nothing that they came along with.
        for text in [ca.to_owned(), format!("{ca}{ca}")] {
            let mut form = Form([("own_certificates".to_owned(), text.clone())].into());
            let pasted = Pasted::take(&mut form, |field| (field == "own_certificates").then(|| "point".to_owned()));
            assert!(!pasted.wrong.is_empty() && form.text("own_certificates").contains(ANOTHER), "{form:?}");
            assert!(list(&text).1 > 0 && list(&text).0.contains(ANOTHER));
        }
        assert_eq!(list(&format!("{other}{ca}{one}")), (format!("{there} {second}\n{here} {first}"), 0));
        // On a line of its own point it stands there, with its authority behind it; on another's it is told.
        let (text, wrong) = list(&format!("{here} {one}{ca} {first}\n{there}"));
        assert_eq!((text.split_whitespace().collect::<Vec<_>>(), wrong), (vec![here, &first, &first, there], 0));
        for text in [format!("{here} {other}"), format!("{here} {ca}\n{there} {other}")] {
            let (said, wrong) = list(&text);
            let line = said.lines().find(|line| line.starts_with(here)).unwrap();
            assert!(wrong == 1 && line.contains(ANOTHER), "{said}");
        }
        let many = one.repeat(MOST_OF_LIST + 1);
        assert_eq!(list(&many).1, 1, "one too many is told");
    }
}
