//! The fields of the step of access points: a section for each connection, then what all share.

use super::step_fields::{ConnectionOption, Options};
use crate::form_view::{Choice, Field, FieldKind, Fields, Group, Section};
use liitos_domain::application::Application;
use liitos_domain::application::steps::{nth_field, renewal_units};
use liitos_domain::{Oid, Service};
use std::collections::BTreeSet;

/// Where an access point stands as a rule: proposed, not assumed.
const HOME: &str = "FI";

/// The fields of one connection.
struct Nth<'a, 'f> {
    fields: &'a Fields<'f>,
    nth: usize,
}

impl Nth<'_, '_> {
    fn field(&self, name: &str, kind: FieldKind) -> Field {
        self.fields.field(&nth_field(name, self.nth), &name.replace('_', "-"), kind)
    }

    fn text(&self, name: &str) -> Field {
        self.field(name, FieldKind::Text("text", ""))
    }

    fn group(&self, when: &'static str, legend: &str, fields: Vec<Field>) -> Group {
        Group { when, legend: self.fields.language.text(legend), fields, ..Group::default() }
    }

    fn networks(&self, codes: &[&str]) -> FieldKind {
        let label = |code: &str| self.fields.language.text(&format!("network-{code}"));
        FieldKind::Radio(codes.iter().map(|code| Choice { value: (*code).to_owned(), label: label(code) }).collect())
    }
}

pub(super) fn sections(fields: &Fields<'_>, application: &Application, options: Options) -> Vec<Section> {
    let connection = |option: &ConnectionOption| {
        let nth = Nth { fields, nth: option.nth };
        Section {
            connection: nth.nth,
            legend: option.legend.clone(),
            removable: option.removable,
            groups: groups(&nth, application, &options, &option.proposed),
        }
    };
    let mut sections: Vec<Section> = options.connections.iter().map(connection).collect();
    let start = Group { fields: vec![fields.field("start", "start", FieldKind::Text("date", ""))], ..Group::default() };
    let mut shared = vec![start];
    if application.service.needs_signature() {
        shared.extend(signer(fields, options.suppliers));
    }
    sections.push(Section { groups: shared, ..Section::default() });
    sections
}

fn groups(nth: &Nth<'_, '_>, application: &Application, options: &Options, proposed: &str) -> Vec<Group> {
    let way =
        |way: &str| Choice { value: way.to_owned(), label: nth.fields.language.text(&format!("connection-{way}")) };
    let with = |mut field: Field, proposed: &str| {
        if field.value.is_empty() {
            field.value = proposed.to_owned();
        }
        field
    };
    let mut groups = vec![
        Group {
            fields: vec![nth.field("connection", FieldKind::Radio(["existing", "own"].map(way).into()))],
            ..Group::default()
        },
        nth.group(
            "connection-existing",
            "group-existing",
            vec![
                nth.field("existing_oid", FieldKind::Select(options.points.clone())),
                nth.text("existing_other"),
                nth.field("existing_agreement", FieldKind::Checkbox),
            ],
        ),
        nth.group(
            "connection-own",
            "group-own",
            vec![
                with(nth.text("own_oid"), proposed),
                with(nth.field("own_country", FieldKind::Text("text", "country")), HOME),
                nth.field("own_network", nth.networks(&["private", "public"])),
                nth.text("own_dns"),
                nth.text("own_addresses"),
                nth.text("own_certificates"),
                nth.field("production_addresses", FieldKind::Checkbox),
                nth.field("backup", nth.networks(&["none", "private", "public"])),
            ],
        ),
        Group {
            when: "backup",
            fields: vec![nth.text("backup_dns"), nth.text("backup_addresses")],
            ..Group::default()
        },
        nth.group("", "group-system", vec![nth.field("system", FieldKind::Select(options.systems.clone()))]),
    ];
    let receives = matches!(application.service, Service::Prescription | Service::RenewalReception);
    if receives && application.kind != liitos_domain::application::JoinerKind::Pharmacy {
        groups.push(renewal(nth, options.units.clone()));
    }
    groups
}

/// Whose certificate signs (guide 3.3).
fn signer(fields: &Fields<'_>, suppliers: Vec<Choice>) -> [Group; 2] {
    let choice =
        |signer: &str| Choice { value: signer.to_owned(), label: fields.language.text(&format!("signer-{signer}")) };
    let signers = ["own", "whole-service-supplier"].map(choice);
    let whose = Group {
        legend: fields.language.text("group-signer"),
        fields: vec![fields.field("signer", "signer", FieldKind::Radio(signers.into()))],
        ..Group::default()
    };
    let supplier = Group {
        when: "signer-supplier",
        fields: vec![
            fields.field("signer_holder", "signer-holder", FieldKind::Select(suppliers)),
            fields.field("signer_agreement", "signer-agreement", FieldKind::Checkbox),
        ],
        ..Group::default()
    };
    [whose, supplier]
}

/// Who receives renewal requests (guide 4.2.1, Extranet guide 3.1.2).
fn renewal(nth: &Nth<'_, '_>, units: Vec<Choice>) -> Group {
    let units = with_chosen(units, &renewal_units(nth.fields.form, nth.nth));
    let group = Group { legend: nth.fields.language.text("group-renewal"), ..Group::default() };
    if units.is_empty() {
        return Group { hint: nth.fields.language.text("renewal-no-units"), ..group };
    }
    let asked =
        vec![nth.field("renewal_units", FieldKind::Checkboxes(units)), nth.field("renewal_able", FieldKind::Checkbox)];
    Group { fields: asked, ..group }
}

/// Units with whether they are chosen. Those that were chosen and have lost their mark since stay to be seen, so that nothing
/// goes unnoticed.
fn with_chosen(units: Vec<Choice>, chosen: &[Oid]) -> Vec<(Choice, bool)> {
    let mut chosen: BTreeSet<String> = chosen.iter().map(ToString::to_string).collect();
    let mut all: Vec<(Choice, bool)> = Vec::new();
    for unit in units {
        let ticked = chosen.remove(&unit.value);
        all.push((unit, ticked));
    }
    let lost = chosen.into_iter().map(|oid| (Choice { value: oid.clone(), label: oid }, true));
    all.extend(lost);
    all
}
