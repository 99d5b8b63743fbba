//! Forms and what they are read into.

use super::*;
use crate::directory::{LinkRole, Network};
use proptest::prelude::*;

pub(crate) fn form(pairs: &[(&str, &str)]) -> Form {
    Form(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

#[test]
fn an_own_point_is_read_with_its_link() {
    let mut filled = form(&[
        ("connection", "own"),
        ("own_oid", "1.2.246.10.2048198.10.0.13.1"),
        ("own_country", "FI"),
        ("own_network", "private"),
        ("own_dns", "kanta.esimerkki.test"),
        ("own_addresses", "203.0.113.10, 203.0.113.11"),
        ("system", "900001"),
    ]);
    let step = access_point(&filled, Service::Prescription).unwrap();
    assert!(matches!(&step.connections[0].connection, Connection::Own(point) if point.links[0].addresses.len() == 2));
    filled.0.insert("backup".into(), "public".into());
    let missing: Vec<_> =
        errors(Step::AccessPoints, Service::Prescription, &filled).into_iter().map(|error| error.field).collect();
    assert_eq!(missing, ["backup_dns", "backup_addresses"]);
    filled.0.insert("backup_dns".into(), "vara.esimerkki.test".into());
    filled.0.insert("backup_addresses".into(), "203.0.113.12".into());
    let step = access_point(&filled, Service::Prescription).unwrap();
    let Connection::Own(point) = &step.connections[0].connection else { panic!("own") };
    let kinds: Vec<_> = point.links.iter().map(|link| (link.network, link.role)).collect();
    assert_eq!(kinds, [(Network::Private, LinkRole::Primary), (Network::Public, LinkRole::Backup)]);
    let (one, other) = (Sha256Hash::of(b"1"), Sha256Hash::of(b"2"));
    let typed: Vec<String> = one.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    filled.0.insert("own_certificates".into(), format!("{} {other}", typed.join(":")));
    let step = access_point(&filled, Service::Prescription).unwrap();
    assert!(matches!(&step.connections[0].connection, Connection::Own(point) if point.certificates == [one, other]));
    for bad in ["abc", &format!("{one} {one} {one} {one} {one}"), &format!("{one},-{other}")] {
        filled.0.insert("own_certificates".into(), bad.to_owned());
        let problem = FieldProblem::Fingerprints;
        let expected = [FieldError { field: "own_certificates".into(), problem }];
        assert_eq!(errors(Step::AccessPoints, Service::Prescription, &filled), expected, "{bad}");
    }
    filled.0.remove("own_certificates");
    filled.0.insert("own_addresses".into(), "not an address".into());
    assert_eq!(
        errors(Step::AccessPoints, Service::Prescription, &filled),
        [FieldError { field: "own_addresses".into(), problem: FieldProblem::Addresses }]
    );
    assert_eq!(access_point(&filled, Service::Prescription), None);
}

#[test]
fn connections_are_read_each_with_its_number() {
    let mut filled = form(&[
        ("connection", "existing"),
        ("existing_oid", "1.2.246.537.6.918.18.5.13.1"),
        ("system", "900001"),
        ("connection_2", "existing"),
        ("existing_oid_2", "1.2.246.537.6.918.18.5.13.2"),
        ("connection_3", "existing"),
        ("existing_oid_3", "1.2.246.537.6.918.18.5.13.1"),
        ("system_3", "900001"),
    ]);
    assert_eq!(connections_in(&filled), [1, 2, 3]);
    let found = errors(Step::AccessPoints, Service::Prescription, &filled);
    let found: Vec<_> = found.iter().map(|error| (error.field.as_str(), error.problem)).collect();
    assert_eq!(found, [("system_2", FieldProblem::Missing), ("existing_oid_3", FieldProblem::Twice)]);
    assert_eq!(connections(&filled).len(), 3, "the connections themselves can be read");
    // What is proposed and not chosen is none; what is taken away leaves the others their numbers.
    filled.0.insert("own_oid_7".into(), "1.2.246.10.2048198.10.0.13.1".into());
    filled = without_connection(filled, 1);
    assert_eq!((connections_in(&filled), filled.text("system_3")), (vec![2, 3], "900001"));
    filled = without_connection(without_connection(filled, 2), 3);
    assert_eq!((connections_in(&filled), filled.0.len()), (vec![1], 1));
    for (field, plain) in
        [("own_dns_2", ("own_dns", 2)), ("own_dns", ("own_dns", 1)), ("fault_email", ("fault_email", 1))]
    {
        assert_eq!(plain_field(field), plain);
    }
}

#[test]
fn a_model_is_read_with_whom_it_is_about() {
    assert_eq!(model(&Form::default()), Some(ModelStep::Direct));
    assert_eq!(model(&form(&[("model", "x")])), None);
    let joint =
        form(&[("model", "joint"), ("tenants", "1.2.246.10.2 1.2.246.10.3\n1.2.246.10.2"), ("tenants_named", "yes")]);
    let Some(ModelStep::Joint { tenants, agreement: false, named_on_messages: true, .. }) = model(&joint) else {
        panic!("joint")
    };
    assert_eq!(tenants.len(), 2, "each once");
    let missing = |filled: &[(&str, &str)]| -> Vec<String> {
        errors(Step::Model, Service::SocialClientData, &form(filled)).into_iter().map(|error| error.field).collect()
    };
    assert_eq!(missing(&[("model", "joint")]), ["tenants"]);
    assert_eq!(missing(&[("model", "parallel"), ("organiser", "no OID")]), ["organiser"]);
    let parallel = form(&[("model", "parallel"), ("organiser", "1.2.246.10.9"), ("organiser_offers", "yes")]);
    assert!(matches!(model(&parallel), Some(ModelStep::Parallel { organiser_offers: true, own_system: false, .. })));
}

#[test]
fn every_missing_field_is_named_at_once() {
    let found = errors(Step::Contacts, Service::PatientData, &Form::default());
    assert_eq!(found.len(), 6 * 3 + 1);
    let found = errors(Step::Contacts, Service::Prescription, &Form::default());
    assert_eq!(found.len(), 5 * 3);
    assert_eq!(errors(Step::Undertaking, Service::PatientData, &Form::default())[0].problem, FieldProblem::MustAccept);
}

proptest! {
    #[test]
    fn nothing_typed_makes_it_panic(values in proptest::collection::vec(any::<String>(), 400), step in 0usize..9) {
        let step = Step::ALL[step];
        let filled = Form(fields(step).zip(values).collect());
        let _ = errors(step, Service::PatientData, &filled);
    }

    #[test]
    fn unknown_fields_are_never_kept(name in "[a-z_]{1,12}") {
        let kept = form(&[(&name, "x")]).only_of(Step::Billing);
        prop_assert_eq!(kept.0.is_empty(), !fields(Step::Billing).any(|f| f == name));
    }
}

#[test]
fn one_person_in_every_empty_role() {
    let filled = form(&[
        ("fault_name", "Veli"),
        ("fault_email", "veli@a.test"),
        ("fault_phone", "040 1"),
        ("archivist_name", "Aili"),
        ("technical_email", "t@a.test"),
    ]);
    let filled = same_person(filled, Service::PatientData);
    // The first that is named is taken; what somebody has begun to fill in stays.
    assert_eq!((filled.text("billing_name"), filled.text("data-protection_phone")), ("Veli", "040 1"));
    assert_eq!((filled.text("technical_name"), filled.text("archivist_name")), ("", "Aili"));
    assert_eq!(filled.text("imaging_name"), "", "not asked for this service");
    assert_eq!(same_person(Form::default(), Service::PatientData), Form::default());
}
