//! What each step asks, and what it shows because we know it already.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields, Group};
use crate::page::Page;
use liitos_domain::Service;
use liitos_domain::application::steps::{MAX_UNITS, role_field};
use liitos_domain::application::{Application, Step};
use liitos_domain::plan::ContactRole;
use liitos_domain::register::{Entry, SystemFacts};
use liitos_service::{applications, directory, sign_in};
use std::collections::BTreeSet;

/// Where an access point stands as a rule: proposed, not assumed.
const HOME: &str = "FI";

/// What a step shows besides its fields.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) lead: Vec<String>,
    pub(crate) document: Option<String>,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) options: Options,
}

/// What can be chosen at step 2.
#[derive(Default)]
pub(crate) struct Options {
    points: Vec<Choice>,
    systems: Vec<Choice>,
    suppliers: Vec<Choice>,
    units: Vec<Choice>,
    proposed: String,
}

pub(crate) async fn extras(web: &Web, page: &Page, application: &Application, step: Step) -> Result<Extras, Failure> {
    let lead = vec![page.t(&format!("step-{step}-lead"))];
    Ok(match step {
        Step::AccessPoints => Extras { lead, options: options(web, page, application).await?, ..Extras::default() },
        Step::ClientData => Extras { lead, facts: client_facts(web, page, application).await?, ..Extras::default() },
        Step::ServiceDescription => {
            Extras { lead, document: Some(page.t("service-description-text")), ..Extras::default() }
        }
        Step::Undertaking => Extras { lead, document: Some(page.t("undertaking-text")), ..Extras::default() },
        _ => Extras { lead, ..Extras::default() },
    })
}

async fn options(web: &Web, page: &Page, application: &Application) -> Result<Options, Failure> {
    let (open, proposed) = directory::choices(&web.app, page.signed_in()?).await?;
    let points = open
        .iter()
        .map(|(point, users)| Choice { label: format!("{} ({users})", point.oid), value: point.oid.to_string() });
    let systems = applications::systems(&web.app, application.service).await?;
    let system = |entry: &Entry| {
        let facts = SystemFacts::of(entry);
        Choice {
            label: format!("{} {} – {} {}", entry.name, facts.version, facts.class, entry.id),
            value: entry.id.clone(),
        }
    };
    let named = |entry: &Entry| Choice { label: format!("{} – {}", entry.name, entry.id), value: entry.id.clone() };
    let suppliers = match application.service.needs_signature() {
        true => applications::suppliers(&web.app).await?,
        false => Vec::new(),
    };
    let units = match application.service {
        Service::Prescription => applications::receiving_units(&web.app, &application.joiner).await?,
        _ => Vec::new(),
    };
    Ok(Options {
        points: points.collect(),
        systems: systems.iter().map(system).collect(),
        suppliers: suppliers.iter().map(named).collect(),
        units: units.iter().map(named).collect(),
        proposed: proposed.map_or_else(String::new, |oid| oid.to_string()),
    })
}

/// Units with whether they are chosen. Those that were chosen and have lost their mark since stay to be seen, so that nothing
/// goes unnoticed.
fn with_chosen(units: Vec<Choice>, chosen: &str) -> Vec<(Choice, bool)> {
    let mut chosen: BTreeSet<&str> = chosen.split_whitespace().take(MAX_UNITS).collect();
    let mut all: Vec<(Choice, bool)> = Vec::new();
    for unit in units {
        let ticked = chosen.remove(unit.value.as_str());
        all.push((unit, ticked));
    }
    let lost = chosen.into_iter().map(|oid| (Choice { value: oid.to_owned(), label: oid.to_owned() }, true));
    all.extend(lost);
    all
}

/// Facts from the code service are shown, not asked (Extranet guide 3.1.3), controllers among them.
async fn client_facts(web: &Web, page: &Page, application: &Application) -> Result<Vec<(String, String)>, Failure> {
    let mut facts = vec![(page.t("fact-oid"), application.joiner.to_string())];
    if let Some((kind, entry)) = sign_in::register_entry(&web.app, &application.joiner).await? {
        facts.push((page.t("fact-name"), entry.name.clone()));
        facts.push((page.t("fact-register"), page.t(&format!("register-{kind}"))));
        facts.push((page.t("fact-business-id"), entry.business_id.clone().unwrap_or_default()));
        facts.push((page.t("right-validity"), page.validity(&entry.valid)));
        facts.push((page.t("fact-address"), entry.postal_address()));
    }
    let controllers = liitos_service::archive::controllers_of(&web.app, &application.joiner).await?;
    let list: Vec<&str> = controllers.iter().map(liitos_domain::Oid::as_str).collect();
    facts.push((page.t("fact-controllers"), list.join(", ")));
    facts.retain(|(_, value)| !value.trim().is_empty());
    Ok(facts)
}

pub(crate) fn groups(fields: &Fields<'_>, application: &Application, step: Step, options: Options) -> Vec<Group> {
    let plain = |list: Vec<Field>| vec![Group { fields: list, ..Group::default() }];
    match step {
        Step::Guidance | Step::Summary => Vec::new(),
        Step::AccessPoints => access_points(fields, application, options),
        Step::ClientData => plain(vec![fields.field("email", "email", FieldKind::Text("email", "email"))]),
        Step::Contacts => contacts(fields, application.service),
        Step::Billing => plain(vec![
            fields.text("business_id", ""),
            fields.text("address", "street-address"),
            fields.text("e_invoice", ""),
            fields.text("operator", ""),
            fields.text("reference", ""),
        ]),
        Step::ServiceDescription => plain(vec![fields.field("accept", "accept-description", FieldKind::Checkbox)]),
        Step::Undertaking => plain(vec![fields.field("accept", "accept-undertaking", FieldKind::Checkbox)]),
    }
}

fn access_points(fields: &Fields<'_>, application: &Application, options: Options) -> Vec<Group> {
    let text = |key: &str| fields.language.text(key);
    let ways =
        ["existing", "own"].map(|way| Choice { value: way.to_owned(), label: text(&format!("connection-{way}")) });
    let mut own_oid = fields.text("own_oid", "");
    if own_oid.value.is_empty() {
        own_oid.value = options.proposed;
    }
    let mut own_country = fields.text("own_country", "country");
    if own_country.value.is_empty() {
        own_country.value = HOME.to_owned();
    }
    let networks = |codes: &[&str]| -> Vec<Choice> {
        let choice = |code: &&str| Choice { value: (*code).to_owned(), label: text(&format!("network-{code}")) };
        codes.iter().map(choice).collect()
    };
    let rest = vec![
        fields.field("system", "system", FieldKind::Select(options.systems)),
        fields.field("start", "start", FieldKind::Text("date", "")),
    ];
    let group = |when, legend: &str, fields| Group { when, legend: text(legend), fields, ..Group::default() };
    let mut groups = vec![
        Group {
            fields: vec![fields.field("connection", "connection", FieldKind::Radio(ways.into()))],
            ..Group::default()
        },
        group(
            "connection-existing",
            "group-existing",
            vec![fields.field("existing_oid", "existing-oid", FieldKind::Select(options.points))],
        ),
        group(
            "connection-own",
            "group-own",
            vec![
                own_oid,
                own_country,
                fields.field("own_network", "own-network", FieldKind::Radio(networks(&["private", "public"]))),
                fields.text("own_dns", ""),
                fields.text("own_addresses", ""),
                fields.text("own_certificates", ""),
                fields.field("backup", "backup", FieldKind::Radio(networks(&["none", "private", "public"]))),
            ],
        ),
        Group {
            when: "backup",
            fields: vec![fields.text("backup_dns", ""), fields.text("backup_addresses", "")],
            ..Group::default()
        },
        group("", "group-system", rest),
    ];
    if application.service.needs_signature() {
        groups.extend(signer(fields, options.suppliers));
    }
    if application.service == Service::Prescription {
        groups.push(renewal(fields, options.units));
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
fn renewal(fields: &Fields<'_>, units: Vec<Choice>) -> Group {
    let units = with_chosen(units, fields.form.text("renewal_units"));
    let group = Group { legend: fields.language.text("group-renewal"), ..Group::default() };
    if units.is_empty() {
        return Group { hint: fields.language.text("renewal-no-units"), ..group };
    }
    let asked = vec![
        fields.field("renewal_units", "renewal-units", FieldKind::Checkboxes(units)),
        fields.field("renewal_able", "renewal-able", FieldKind::Checkbox),
    ];
    Group { fields: asked, ..group }
}

fn contacts(fields: &Fields<'_>, service: Service) -> Vec<Group> {
    let roles = ContactRole::ALL.iter().filter(|role| role.needed_for(service));
    let group = |role: &ContactRole| {
        let part = |part: &str, kind| fields.field(&role_field(*role, part), &format!("contact-{part}"), kind);
        let mut list = vec![
            part("name", FieldKind::Text("text", "")),
            part("email", FieldKind::Text("email", "")),
            part("phone", FieldKind::Text("tel", "")),
        ];
        if *role == ContactRole::Archivist {
            list.push(fields.text("archivist_card", ""));
        }
        Group {
            legend: fields.language.text(&format!("role-{role}")),
            hint: fields.language.attribute(&format!("role-{role}"), "hint"),
            fields: list,
            ..Group::default()
        }
    };
    roles.map(group).collect()
}
