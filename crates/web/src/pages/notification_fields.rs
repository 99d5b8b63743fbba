//! The fields of a change notification, with what there is to choose from.

use crate::Web;
use crate::errors::Failure;
use crate::form_view::{Choice, Field, FieldKind, Fields};
use crate::page::Page;
use liitos_domain::application::{FieldError, Form, steps};
use liitos_domain::directory::{AccessPoint, CollectionPoint, LinkRole, Right};
use liitos_domain::identifier::Registry;
use liitos_domain::notification::{Kind, asked};
use liitos_domain::plan::Grounds;
use liitos_domain::register::Entry;
use liitos_domain::{Oid, Service};
use liitos_service::changes::{Arrival, arriving};
use liitos_service::names::{self, Numbers};
use liitos_service::notifications::{Notification, choices, held};
use liitos_service::{applications, archive, directory};
use std::collections::BTreeSet;

/// What there is to choose from.
struct Choices {
    rights: Vec<Choice>,
    services: Vec<Choice>,
    /// Access points that are used now, and those that may be.
    used: Vec<Choice>,
    usable: Vec<Choice>,
    /// Access points of one's own.
    own: Vec<Choice>,
    systems: Vec<Choice>,
    units: Vec<Choice>,
    receiving: Vec<Choice>,
    controllers: Vec<Choice>,
    tenants: Vec<Choice>,
    collections: Vec<Choice>,
}

impl Choices {
    async fn of(web: &Web, page: &Page, notification: &Notification) -> Result<Self, Failure> {
        let (rights, picks) = choices(&web.app, page.signed_in()?).await?;
        let (tenants, collections) = held(&web.app, page.signed_in()?).await?;
        let mut numbers = Numbers::of_rights(rights.iter());
        numbers.organisations.extend(tenants.iter().map(|row| row.tenant.clone()));
        let names = names::names(&web.app, &numbers).await?;
        let right = |right: &&Right| Choice {
            label: format!(
                "{} – {} – {}",
                page.service(right.service),
                names.beside(right.access_point.as_str()),
                names.beside(&right.system)
            ),
            value: format!("{} {} {}", right.service, right.access_point, right.system),
        };
        let points: BTreeSet<String> = rights.iter().map(|right| right.access_point.to_string()).collect();
        let services: BTreeSet<Service> = rights.iter().map(|right| right.service).collect();
        let pick = |pick: &directory::Pick| {
            let name =
                if pick.administrator.is_empty() { String::new() } else { format!("{} – ", pick.administrator) };
            let users = page.language.text_with("point-users", &[("count", &pick.users.to_string())]);
            Choice { label: format!("{name}{} – {users}", pick.point.oid), value: pick.point.oid.to_string() }
        };
        let administered = |pick: &&directory::Pick| {
            !pick.point.oid.as_str().starts_with(Registry::INTERMEDIARIES)
                || pick.point.administrator == notification.joiner
        };
        let units = applications::units(&web.app, &notification.joiner).await?;
        let coming = coming(web, page, notification).await?;
        let received: BTreeSet<Oid> = rights.iter().filter_map(|right| right.unit.clone()).collect();
        let beside = |oid: &str| Choice { label: names.beside(oid), value: oid.to_owned() };
        let controllers = archive::controllers_by_name(&web.app, &notification.joiner).await?;
        let mut whole: Vec<Choice> = rights.iter().map(|one| right(&one)).collect();
        whole.sort_by(|one, other| one.value.cmp(&other.value));
        whole.dedup_by(|one, other| one.value == other.value);
        Ok(Self {
            rights: whole,
            services: services
                .iter()
                .filter(|one| **one != Service::RenewalReception)
                .map(|one| service(page, *one))
                .collect(),
            used: points.iter().map(|oid| beside(oid)).collect(),
            own: picks.iter().filter(administered).map(pick).collect(),
            usable: picks.iter().map(pick).collect(),
            systems: systems(web, notification, &services).await?,
            receiving: received.iter().map(|unit| beside(unit.as_str())).collect(),
            units: units.iter().map(named).chain(coming).collect(),
            tenants: tenants.iter().map(|row| beside(row.tenant.as_str())).collect(),
            collections: collections
                .iter()
                .map(|point| Choice { label: point.name.clone(), value: point.name.clone() })
                .collect(),
            controllers: controllers
                .iter()
                .map(|(oid, name)| Choice { label: format!("{name} – {oid}"), value: oid.to_string() })
                .collect(),
        })
    }
}

/// The systems that the services may be used with.
async fn systems(web: &Web, notification: &Notification, services: &BTreeSet<Service>) -> Result<Vec<Choice>, Failure> {
    let mut systems: Vec<Choice> = Vec::new();
    // An access point is implemented with any system that may be.
    let implements = matches!(notification.kind, Kind::Point | Kind::PointSystem);
    let any = if implements { Service::ALL } else { &[] };
    let applicable = applications::applicable(&web.app, &notification.joiner).await?;
    for service in services.iter().chain(&applicable).chain(any) {
        let all = applications::systems(&web.app, *service).await?;
        systems.extend(all.iter().map(named));
    }
    systems.sort_by(|one, other| one.value.cmp(&other.value));
    systems.dedup_by(|one, other| one.value == other.value);
    Ok(systems)
}

fn named(entry: &Entry) -> Choice {
    Choice { label: format!("{} – {}", entry.name, entry.id), value: entry.id.clone() }
}

/// Units that come from others by changes that all have agreed to, each from its day on.
async fn coming(web: &Web, page: &Page, notification: &Notification) -> Result<Vec<Choice>, Failure> {
    if notification.kind != Kind::Reception {
        return Ok(Vec::new());
    }
    let choice = |one: Arrival| {
        let (value, day) = (one.unit.to_string(), page.language.date(one.day));
        let told = [("unit", value.as_str()), ("day", day.as_str())];
        Choice { label: page.language.text_with("notification-unit-arrives", &told), value }
    };
    let all = arriving(&web.app, std::slice::from_ref(&notification.joiner)).await?;
    Ok(all.into_iter().map(choice).collect())
}

fn service(page: &Page, service: Service) -> Choice {
    Choice { value: service.code().to_owned(), label: page.service(service) }
}

/// The fields of a notification as it is filled in, or as it would be: what is known already is proposed.
pub(super) async fn fields(
    web: &Web,
    page: &Page,
    (notification, form): (&Notification, &Form),
    errors: &[FieldError],
) -> Result<Vec<Field>, Failure> {
    let choices = Choices::of(web, page, notification).await?;
    let form = proposed(web, page, (notification, form)).await?;
    let fields = Fields { language: page.language, form: &form, errors };
    let kind = notification.kind;
    Ok(asked(kind).map(|name| one(page, &fields, (kind, name), &choices)).collect())
}

/// The key of a field's label.
pub(super) fn label(kind: Kind, name: &str) -> String {
    let plain = name.replace('_', "-");
    match name {
        // As on an application.
        "system" => plain,
        "own_certificates" if kind == Kind::Certificates => "notification-own-certificates".to_owned(),
        "own_country" if matches!(kind, Kind::CollectionPoint | Kind::Collection) => {
            "notification-collection-country".to_owned()
        }
        name if name.starts_with("tenants") => plain,
        name if name.starts_with("own_") || name.starts_with("backup") => plain,
        "point" if kind != Kind::Swap => "notification-own-point".to_owned(),
        "to_point" if kind != Kind::Swap => "notification-point-used".to_owned(),
        "service" if kind == Kind::Swap => "notification-service-all".to_owned(),
        "units" if kind == Kind::Controller => "notification-units-of".to_owned(),
        _ => format!("notification-{plain}"),
    }
}

fn one(page: &Page, fields: &Fields<'_>, (kind, name): (Kind, &str), choices: &Choices) -> Field {
    let networks = |codes: &[&str]| {
        let label = |code: &str| page.t(&format!("network-{code}"));
        FieldKind::Radio(codes.iter().map(|code| Choice { value: (*code).to_owned(), label: label(code) }).collect())
    };
    let how = match name {
        "right" => FieldKind::Select(choices.rights.clone()),
        "point" if kind == Kind::Swap => FieldKind::Select(choices.used.clone()),
        "point" => FieldKind::Select(choices.own.clone()),
        "to_point" => FieldKind::Select(choices.usable.clone()),
        "service" => FieldKind::Select(choices.services.clone()),
        "system" => FieldKind::Select(choices.systems.clone()),
        "units" if kind == Kind::Controller => FieldKind::Lines,
        "units" => {
            let all = if kind == Kind::EndReception { &choices.receiving } else { &choices.units };
            let chosen: BTreeSet<&str> = steps::words(fields.form.text(name)).collect();
            let ticked = all.iter().map(|unit| (unit.clone(), chosen.contains(unit.value.as_str())));
            FieldKind::Checkboxes(ticked.collect())
        }
        "agreed" | "proxy_header" | "tenants_agreement" | "tenants_hosts_system" | "tenants_named" => {
            FieldKind::Checkbox
        }
        "tenant" => FieldKind::Select(choices.tenants.clone()),
        "collection" => FieldKind::Select(choices.collections.clone()),
        "own_network" => networks(&["private", "public"]),
        "backup" => networks(&["none", "private", "public"]),
        "from_controller" => FieldKind::Select(choices.controllers.clone()),
        "grounds" => {
            let ground = |code: &str| Choice { value: code.to_owned(), label: page.t(&format!("grounds-{code}")) };
            let grounds = Grounds::ALL.iter().map(|grounds| grounds.code()).chain(["supplier"]);
            FieldKind::Radio(grounds.map(ground).collect())
        }
        "day" | "security_plan" => FieldKind::Text("date", ""),
        "words" | "offers" | "tenants" | "points" | "unit_numbers" | "own_certificates" => FieldKind::Lines,
        _ => FieldKind::Text("text", ""),
    };
    fields.field(name, &label(kind, name), how)
}

/// The form with what is known where nothing is said yet: the next number of a new access point, and the links as they are.
async fn proposed(web: &Web, page: &Page, (notification, form): (&Notification, &Form)) -> Result<Form, Failure> {
    let mut form = form.clone();
    let mut propose = |name: &str, text: String| {
        let said = form.0.entry(name.to_owned()).or_default();
        if said.is_empty() {
            *said = text;
        }
    };
    match notification.kind {
        Kind::Point => {
            let owners: [Oid; 1] = [notification.joiner.clone()];
            let (_, next) = directory::choices(&web.app, page.signed_in()?, &owners, true).await?;
            propose("own_oid", next.into_iter().flatten().next().map(|oid| oid.to_string()).unwrap_or_default());
            propose("own_country", "FI".to_owned());
        }
        // Of a draft that says nothing yet the only access point is proposed as it is.
        Kind::Link | Kind::Certificates if notification.form.0.is_empty() => {
            let (_, picks) = choices(&web.app, page.signed_in()?).await?;
            let mut own = picks.into_iter().filter(|pick| pick.point.administrator == notification.joiner);
            if let (Some(pick), None) = (own.next(), own.next()) {
                let known = as_it_is(&pick.point)
                    .into_iter()
                    .filter(|(name, _)| asked(notification.kind).any(|one| one == *name));
                known.for_each(|(name, text)| propose(name, text));
            }
        }
        // The only collection point, as it is.
        Kind::Collection if notification.form.0.is_empty() => {
            let (_, collections) = held(&web.app, page.signed_in()?).await?;
            if let [only] = collections.as_slice() {
                collected(only).into_iter().for_each(|(name, text)| propose(name, text));
            }
        }
        Kind::CollectionPoint => propose("own_country", "FI".to_owned()),
        _ => {}
    }
    Ok(form)
}

/// A collection point as a form says it.
fn collected(point: &CollectionPoint) -> [(&'static str, String); 5] {
    let said = |all: Vec<String>, between| all.join(between);
    let addresses = point.addresses.iter().map(ToString::to_string).collect();
    let points = point.access_points.iter().map(ToString::to_string).collect();
    [
        ("collection", point.name.clone()),
        ("own_country", point.country.clone()),
        ("own_addresses", said(addresses, " ")),
        ("proxy_header", if point.proxy_header { "yes".to_owned() } else { String::new() }),
        ("points", said(points, "\n")),
    ]
}

/// An access point's links as a form says them.
fn as_it_is(point: &AccessPoint) -> Vec<(&'static str, String)> {
    let certificates: Vec<String> = point.certificates.iter().map(ToString::to_string).collect();
    let mut said = vec![("point", point.oid.to_string()), ("own_country", point.country.clone())];
    said.push(("own_certificates", certificates.join(" ")));
    let fields = [
        (LinkRole::Primary, ["own_network", "own_dns", "own_addresses"]),
        (LinkRole::Backup, ["backup", "backup_dns", "backup_addresses"]),
    ];
    for (role, [network, dns, addresses]) in fields {
        if let Some(link) = point.links.iter().find(|link| link.role == role) {
            let all: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
            said.extend([
                (network, link.network.to_string()),
                (dns, link.dns_name.clone()),
                (addresses, all.join(" ")),
            ]);
        }
    }
    said
}
