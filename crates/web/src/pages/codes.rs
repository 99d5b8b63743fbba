//! Codes of the archive in people's words, as far as public messages show their names; a code that they do not show stands for itself.

use crate::page::Page;
use liitos_domain::archive::{Family, Keeping, Register};

/// Registers of patients' documents (1.2.246.537.5.40150.2009) whose names are known.
const REGISTERS: [&str; 4] = ["2", "4", "12", "13"];
/// Types of patients' documents (1.2.246.537.5.5001.2011) whose names are known.
const KINDS: [&str; 2] = ["3", "4"];

/// Classes of keeping (1.2.246.537.5.40158.2008) whose names are known.
const RETENTIONS: [&str; 1] = ["2"];

/// A register: whose documents, and its name or code.
pub(crate) fn register_name(page: &Page, register: &Register) -> String {
    let Register { family, code } = register;
    let of = page.t(&format!("family-{family}"));
    match (*family, code.as_str()) {
        (Family::Patient, known) if REGISTERS.contains(&known) => {
            format!("{of}: {} ({code})", page.t(&format!("archive-register-{code}")))
        }
        _ => format!("{of} {code}").trim().to_owned(),
    }
}

/// A type of document: its name and code.
pub(crate) fn kind_name(page: &Page, family: Family, kind: &str) -> String {
    match family {
        Family::Patient if KINDS.contains(&kind) => format!("{} ({kind})", page.t(&format!("archive-kind-{kind}"))),
        _ => kind.to_owned(),
    }
}

/// How long a document is to be kept: its class in words and its code, and when that ends as far as is known.
pub(crate) fn keeping_name(page: &Page, family: Family, keeping: &Keeping) -> String {
    let class = keeping.class.as_deref().unwrap_or_default();
    let name = match family {
        Family::Patient if RETENTIONS.contains(&class) => {
            format!("{} ({class})", page.t(&format!("archive-retention-{class}")))
        }
        _ => class.to_owned(),
    };
    let Some(year) = keeping.last_year(family) else { return name };
    format!("{name}: {}", page.language.text_with("archive-kept-until", &[("year", &year.to_string())]))
}
