//! Which column of the sheet fills in which field of which step.

use liitos_documents::sheet::Sheet;
use liitos_domain::Service;
use liitos_domain::application::steps::role_field;
use liitos_domain::application::{Form, Step};
use liitos_domain::plan::ContactRole;
use std::collections::BTreeMap;

/// The columns that stand for themselves; besides them each role's name, email and phone: `technical_email`.
pub const COLUMNS: [&str; 13] = [
    "customer",
    "service",
    "access_point",
    "system",
    "start",
    "email",
    "archivist_card",
    "business_id",
    "address",
    "e_invoice",
    "operator",
    "reference",
    "signer",
];

/// All columns that are understood.
pub(super) fn columns() -> Vec<String> {
    let roles = ContactRole::ALL.iter();
    let of_roles = roles.flat_map(|role| ["name", "email", "phone"].map(|part| role_field(*role, part)));
    COLUMNS.iter().map(|name| (*name).to_owned()).chain(of_roles).collect()
}

/// An empty sheet to fill in, with an example.
#[must_use]
pub fn template() -> String {
    let columns = columns();
    let example: Vec<String> = columns
        .iter()
        .map(|name| {
            let text = match name.as_str() {
                "customer" => "9999902-8",
                "service" => "social-client-data",
                "access_point" => "1.2.246.537.6.918.18.900077.13.4",
                "system" => "900002",
                "start" => "2027-01-15",
                "signer" => "own",
                "archivist_card" => "90000000001",
                "business_id" => "9999902-8",
                "address" => "Koivukuja 1",
                name if name.ends_with("_name") => "Tukipiste",
                name if name.ends_with("_phone") => "0401234567",
                name if name.ends_with("email") => "tuki@koivu.test",
                _ => "",
            };
            text.to_owned()
        })
        .collect();
    format!("{}\r\n{}\r\n", columns.join(","), example.join(","))
}

/// The forms that a row fills in, as far as it says anything of a step.
pub(super) fn forms(sheet: &Sheet, row: &[String], service: Service) -> Vec<(Step, Form)> {
    let said = |column: &str| sheet.cell(row, column).to_owned();
    let some = |pairs: Vec<(String, String)>| {
        let fields: BTreeMap<String, String> = pairs.into_iter().filter(|(_, text)| !text.is_empty()).collect();
        Form(fields)
    };
    let same = |names: &[&str]| some(names.iter().map(|name| ((*name).to_owned(), said(name))).collect());
    let mut points = vec![
        ("existing_other".to_owned(), said("access_point")),
        ("system".to_owned(), said("system")),
        ("start".to_owned(), said("start")),
    ];
    if !said("access_point").is_empty() {
        points.push(("connection".to_owned(), "existing".to_owned()));
        points.push(("existing_agreement".to_owned(), "yes".to_owned()));
    }
    if service.needs_signature() {
        points.push(("signer".to_owned(), said("signer")));
    }
    let roles = ContactRole::ALL.iter().filter(|role| role.needed_for(service));
    let of_roles = roles.flat_map(|role| ["name", "email", "phone"].map(|part| role_field(*role, part)));
    let contacts: Vec<(String, String)> = of_roles
        .chain(["archivist_card".to_owned()])
        .map(|name| {
            let text = said(&name);
            (name, text)
        })
        .collect();
    let forms = [
        (Step::AccessPoints, some(points)),
        (Step::ClientData, same(&["email"])),
        (Step::Contacts, some(contacts)),
        (Step::Billing, same(&["business_id", "address", "e_invoice", "operator", "reference"])),
    ];
    forms.into_iter().filter(|(_, form)| !form.0.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_a_sheet_that_fills_in_every_step() {
        let sheet = Sheet::read(template().as_bytes()).unwrap();
        assert_eq!(sheet.columns, columns());
        let (_, row) = &sheet.rows[0];
        let filled = forms(&sheet, row, Service::PatientData);
        let steps: Vec<Step> = filled.iter().map(|(step, _)| *step).collect();
        assert_eq!(steps, [Step::AccessPoints, Step::ClientData, Step::Contacts, Step::Billing]);
        for (step, form) in filled {
            let errors = liitos_domain::application::steps::errors(step, Service::PatientData, &form);
            assert_eq!(errors, [], "{step}");
        }
    }
}
