//! The fields of the step of access points: a section for each connection, then what all share.

use super::step_fields::{ConnectionOption, Options};
use crate::form_view::{Choice, Field, FieldKind, Fields, Group, Section};
use liitos_domain::application::steps::{nth_field, renewal_units};
use liitos_domain::application::{Application, JoinerKind};
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

    /// Whether a choice was made so.
    fn says(&self, name: &str, value: &str) -> bool {
        self.fields.form.text(&nth_field(name, self.nth)) == value
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
    let pharmacy = application.kind == JoinerKind::Pharmacy;
    let existing = !pharmacy || !options.points.is_empty() || nth.says("connection", "existing");
    let mut groups = vec![Group { fields: vec![which(nth, pharmacy, existing)], ..Group::default() }];
    if existing {
        let asked = vec![
            nth.field("existing_oid", FieldKind::Select(options.points.clone())),
            nth.text("existing_other"),
            nth.field("existing_agreement", FieldKind::Checkbox),
        ];
        groups.push(nth.group("connection-existing", "group-existing", asked));
    }
    groups.push(own(nth, pharmacy, proposed));
    let backup = vec![nth.text("backup_dns"), nth.text("backup_addresses")];
    groups.push(Group { when: "backup", fields: backup, ..Group::default() });
    let system = nth.field("system", FieldKind::Select(options.systems.clone()));
    groups.push(nth.group("", "group-system", vec![system]));
    let receives = matches!(application.service, Service::Prescription | Service::RenewalReception);
    if receives && !pharmacy {
        groups.push(renewal(nth, options.units.clone()));
    }
    groups
}

/// Through which point. A pharmacy comes through one of its own (guide 4.1.2).
fn which(nth: &Nth<'_, '_>, pharmacy: bool, existing: bool) -> Field {
    let text = |key: &str| nth.fields.language.text(key);
    let ways = ["existing", "own"].into_iter().filter(|way| existing || *way == "own");
    let ways = ways.map(|way| Choice { value: way.to_owned(), label: text(&format!("connection-{way}")) });
    let which = nth.field("connection", FieldKind::Radio(ways.collect()));
    if pharmacy { Field { hint: text("connection-hint-pharmacy"), ..which } } else { which }
}

/// A new point of one's own. A pharmacy's first link is no public one (guide 5.1).
fn own(nth: &Nth<'_, '_>, pharmacy: bool, proposed: &str) -> Group {
    let with = |field: Field, proposed: &str| match field.value.is_empty() {
        true => Field { value: proposed.to_owned(), ..field },
        false => field,
    };
    let private = pharmacy && !nth.says("own_network", "public");
    let primary: &[&str] = if private { &["private"] } else { &["private", "public"] };
    let asked = vec![
        with(nth.text("own_oid"), proposed),
        with(nth.field("own_country", FieldKind::Text("text", "country")), HOME),
        nth.field("own_network", nth.networks(primary)),
        nth.text("own_dns"),
        nth.text("own_addresses"),
        nth.field("own_certificates", FieldKind::Lines),
        nth.field("production_addresses", FieldKind::Checkbox),
        nth.field("backup", nth.networks(&["none", "private", "public"])),
    ];
    nth.group("connection-own", "group-own", asked)
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
