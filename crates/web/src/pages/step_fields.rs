//! What each step asks, and what it shows because we know it already.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields, Group, Section};
use crate::page::Page;
use liitos_domain::application::steps::{MAX_CONNECTIONS, ModelStep, connections_in, role_field};
use liitos_domain::application::{Application, JoinerKind, Step, Text};
use liitos_domain::plan::ContactRole;
use liitos_domain::register::{Entry, SystemFacts};
use liitos_domain::service_code::ConnectionModel;
use liitos_domain::{Oid, Service};
use liitos_service::{applications, directory, enrolments, sign_in};

/// What a step shows besides its fields.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) lead: Vec<String>,
    /// Texts to read, each with its name.
    pub(crate) documents: Vec<(String, String)>,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) options: Options,
}

/// What can be chosen at the step of access points.
#[derive(Default)]
pub(crate) struct Options {
    pub(super) points: Vec<Choice>,
    pub(super) systems: Vec<Choice>,
    pub(super) suppliers: Vec<Choice>,
    pub(super) units: Vec<Choice>,
    pub(super) connections: Vec<ConnectionOption>,
    /// The Business ID that the register has.
    pub(super) business_id: Option<String>,
}

/// A connection that is asked about.
pub(crate) struct ConnectionOption {
    /// Its number.
    pub(crate) nth: usize,
    /// What it is called; empty where there is only one.
    pub(super) legend: String,
    /// The OID proposed for a point of its own.
    pub(super) proposed: String,
    /// Whether it can be taken away: not where each pharmacy has one.
    pub(super) removable: bool,
}

pub(crate) async fn extras(
    web: &Web,
    page: &Page,
    application: &Application,
    step: Step,
    more: bool,
) -> Result<Extras, Failure> {
    let own_points = step == Step::Guidance && application.kind == JoinerKind::Pharmacy;
    let lead = if own_points { "step-guidance-pharmacy-lead".to_owned() } else { format!("step-{step}-lead") };
    let lead = vec![page.t(&lead)];
    Ok(match step {
        Step::Model => Extras { lead, facts: with_whom(web, page, application).await?, ..Extras::default() },
        Step::AccessPoints => {
            let options = options(web, page, application, more).await?;
            Extras { lead, options, ..Extras::default() }
        }
        Step::ClientData => Extras { lead, facts: client_facts(web, page, application).await?, ..Extras::default() },
        Step::ServiceDescription | Step::Undertaking => {
            let document = |text: &Text| (page.t(&format!("text-{text}")), page.t(&application.text_key(*text)));
            Extras { lead, documents: Text::accepted_at(step).iter().map(document).collect(), ..Extras::default() }
        }
        Step::Guidance => {
            let service = application.service;
            let asked = [
                (application.kind == JoinerKind::Pharmacy, "guidance-pharmacies"),
                (true, "guidance-contacts"),
                (service.needs_archivist(), "guidance-card"),
                (service.needs_billing(), "guidance-billing"),
                (true, "guidance-when"),
            ];
            let asked = asked.into_iter().filter(|(asked, _)| *asked).map(|(_, key)| page.t(key));
            let lead = lead.into_iter().chain(asked).collect();
            Extras { lead, facts: enrolled(web, page, application).await?, ..Extras::default() }
        }
        Step::Billing => {
            let entry = sign_in::register_entry(&web.app, &application.joiner).await?;
            let business_id = entry.and_then(|(_, entry)| entry.business_id);
            Extras { lead, options: Options { business_id, ..Options::default() }, ..Extras::default() }
        }
        _ => Extras { lead, ..Extras::default() },
    })
}

/// What was said before the application, where one says something.
async fn enrolled(web: &Web, page: &Page, application: &Application) -> Result<Vec<(String, String)>, Failure> {
    if !application.service.enrols() {
        return Ok(Vec::new());
    }
    let enrolled = enrolments::of_joiner(&web.app, &application.joiner, application.service).await?;
    let told = enrolled.map_or_else(|| page.t("enrolment-not-yet"), |one| super::enrolment::line(page, &one));
    Ok(vec![(page.t("enrolment-title"), told)])
}

async fn options(web: &Web, page: &Page, application: &Application, more: bool) -> Result<Options, Failure> {
    let owners = owners(web, application, more).await?;
    let oids: Vec<Oid> = owners.iter().map(|owner| owner.oid.clone()).collect();
    let (open, proposed) =
        directory::choices(&web.app, page.signed_in()?, &oids, application.kind == JoinerKind::Pharmacy).await?;
    let points = open.iter().map(|pick| {
        let name = if pick.administrator.is_empty() { String::new() } else { format!("{} – ", pick.administrator) };
        let users = page.language.text_with("point-users", &[("count", &pick.users.to_string())]);
        Choice { label: format!("{name}{} – {users}", pick.point.oid), value: pick.point.oid.to_string() }
    });
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
        // A pharmacy renews nothing.
        Service::Prescription | Service::RenewalReception if application.kind != JoinerKind::Pharmacy => {
            applications::receiving_units(&web.app, &application.joiner).await?
        }
        _ => Vec::new(),
    };
    let several = owners.len() > 1;
    let connection = |(owner, proposed): (Owner, Option<liitos_domain::identifier::AccessPointOid>)| {
        let numbered = || page.language.text_with("connection-nth", &[("n", &owner.nth.to_string())]);
        ConnectionOption {
            nth: owner.nth,
            removable: several && owner.name.is_none(),
            legend: owner.name.clone().unwrap_or_else(|| if several { numbered() } else { String::new() }),
            proposed: proposed.map_or_else(String::new, |oid| oid.to_string()),
        }
    };
    let connections = owners.into_iter().zip(proposed).map(connection);
    Ok(Options {
        points: points.collect(),
        systems: systems.iter().map(system).collect(),
        suppliers: suppliers.iter().map(named).collect(),
        units: units.iter().map(named).collect(),
        connections: connections.collect(),
        business_id: None,
    })
}

/// Whose point a connection may be, with a name where that tells it apart.
struct Owner {
    nth: usize,
    oid: Oid,
    name: Option<String>,
}

/// The connections asked about: a pharmacist's one for each pharmacy, in their order; those that are chosen; and one more where it is
/// wanted.
async fn owners(web: &Web, application: &Application, more: bool) -> Result<Vec<Owner>, Failure> {
    let mut owners: Vec<Owner> = Vec::new();
    if application.kind == JoinerKind::Pharmacy {
        let pharmacies = applications::pharmacies(&web.app, &application.joiner).await?;
        let named = pharmacies.into_iter().zip(1..).map(|((oid, name), nth)| Owner { nth, oid, name: Some(name) });
        owners.extend(named.take(MAX_CONNECTIONS));
    }
    let chosen = connections_in(&application.form(Step::AccessPoints));
    let last = chosen.iter().copied().chain([owners.len()]).max().unwrap_or(1);
    let wanted = chosen.into_iter().chain(more.then_some(last + 1));
    for nth in wanted.filter(|nth| *nth <= MAX_CONNECTIONS) {
        if owners.iter().all(|owner| owner.nth != nth) {
            owners.push(Owner { nth, oid: application.joiner.clone(), name: None });
        }
    }
    owners.sort_by_key(|owner| owner.nth);
    Ok(owners)
}

/// With whom one joins, as the registers have them.
async fn with_whom(web: &Web, page: &Page, application: &Application) -> Result<Vec<(String, String)>, Failure> {
    let (key, oids) = match application.model() {
        Some(ModelStep::Joint { tenants, .. }) => ("fact-tenant", tenants),
        Some(ModelStep::Parallel { organiser, .. }) => ("fact-organiser", vec![organiser]),
        _ => return Ok(Vec::new()),
    };
    let found = applications::named(&web.app, &oids).await?;
    let told = found.into_iter().map(|(oid, name, valid)| {
        let state = match (&name, valid) {
            (Some(_), true) => "fact-in-register",
            (Some(_), false) => "fact-not-valid",
            (None, _) => "fact-not-in-register",
        };
        (page.t(key), format!("{} {oid}: {}", name.unwrap_or_default(), page.t(state)).trim().to_owned())
    });
    Ok(told.collect())
}

/// Facts from the code service are shown, not asked (Extranet guide 3.1.3), controllers among them.
pub(super) async fn client_facts(
    web: &Web,
    page: &Page,
    application: &Application,
) -> Result<Vec<(String, String)>, Failure> {
    let mut facts = vec![(page.t("fact-oid"), application.joiner.to_string())];
    if let Some((kind, entry)) = sign_in::register_entry(&web.app, &application.joiner).await? {
        facts.push((page.t("fact-name"), entry.name.clone()));
        facts.push((page.t("fact-register"), page.t(&format!("register-{kind}"))));
        facts.push((page.t("fact-business-id"), entry.business_id.clone().unwrap_or_default()));
        facts.push((page.t("right-validity"), page.validity(&entry.valid)));
        facts.push((page.t("fact-address"), entry.postal_address()));
    }
    if application.kind == JoinerKind::Pharmacy {
        for (oid, name) in applications::pharmacies(&web.app, &application.joiner).await? {
            facts.push((page.t("fact-pharmacy"), format!("{name} {oid}")));
        }
    }
    let controllers = liitos_service::archive::controllers_by_name(&web.app, &application.joiner).await?;
    let list: Vec<String> = controllers.iter().map(|(oid, name)| format!("{name} ({oid})")).collect();
    facts.push((page.t("fact-controllers"), list.join(", ")));
    facts.retain(|(_, value)| !value.trim().is_empty());
    Ok(facts)
}

/// A step's fields, in sections: one for each connection, and for the rest.
pub(crate) fn sections(fields: &Fields<'_>, application: &Application, step: Step, options: Options) -> Vec<Section> {
    let plain = |groups: Vec<Group>| vec![Section { groups, ..Section::default() }];
    let one = |list: Vec<Field>| plain(vec![Group { fields: list, ..Group::default() }]);
    match step {
        Step::Guidance | Step::Summary => Vec::new(),
        Step::Model => plain(models(fields, application)),
        Step::AccessPoints => super::connection_fields::sections(fields, application, options),
        Step::ClientData => one(vec![fields.field("email", "email", FieldKind::Text("email", "email"))]),
        Step::Contacts => plain(contacts(fields, application.service)),
        Step::Billing => {
            let mut asked = billing(fields);
            // Proposed until something is saved: a payer may be another.
            let proposed = options.business_id.filter(|_| fields.form.0.is_empty());
            if let Some((field, known)) = asked.first_mut().zip(proposed) {
                field.value = known;
            }
            one(asked)
        }
        Step::ServiceDescription => one(vec![fields.field("accept", "accept-description", FieldKind::Checkbox)]),
        Step::Undertaking => one(vec![fields.field("accept", "accept-undertaking", FieldKind::Checkbox)]),
    }
}

/// Where invoices go (Extranet guide 3.1.5).
pub(super) fn billing(fields: &Fields<'_>) -> Vec<Field> {
    vec![
        fields.text("business_id", ""),
        fields.text("address", "address-line1"),
        fields.text("e_invoice", ""),
        fields.text("operator", ""),
        fields.text("reference", ""),
    ]
}

/// By which model, and with whom (guide 4.1.1).
fn models(fields: &Fields<'_>, application: &Application) -> Vec<Group> {
    let choice = |model: &ConnectionModel| Choice {
        value: model.code().to_owned(),
        label: fields.language.text(&format!("model-{model}")),
    };
    let models = application.kind.models(application.service);
    let mut which = fields.field("model", "model", FieldKind::Radio(models.iter().map(choice).collect()));
    if which.value.is_empty() {
        which.value = "direct".to_owned();
    }
    let tick = |name: &str| fields.field(name, &name.replace('_', "-"), FieldKind::Checkbox);
    let group = |when, legend: &str, fields_: Vec<Field>| Group {
        when,
        legend: fields.language.text(legend),
        fields: fields_,
        ..Group::default()
    };
    let asked = [
        (None, Group { fields: vec![which], ..Group::default() }),
        (
            Some(ConnectionModel::Joint),
            group(
                "model-joint",
                "group-tenants",
                vec![
                    fields.field("tenants", "tenants", FieldKind::Lines),
                    tick("tenants_agreement"),
                    tick("tenants_hosts_system"),
                    tick("tenants_named"),
                ],
            ),
        ),
        (
            Some(ConnectionModel::Parallel),
            group(
                "model-parallel",
                "group-organiser",
                vec![
                    fields.text("organiser", ""),
                    tick("organiser_offers"),
                    tick("only_organisers_register"),
                    tick("own_system"),
                ],
            ),
        ),
    ];
    let chosen = |model: &Option<ConnectionModel>| model.is_none_or(|model| models.contains(&model));
    asked.into_iter().filter(|(model, _)| chosen(model)).map(|(_, group)| group).collect()
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
