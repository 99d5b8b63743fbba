//! An organisation's home: its applications, what it may apply for, its rights.

use crate::Web;
use crate::errors::Failure;
use crate::page::{FindingView, Page, organisation_name, render_page};
use crate::pages::contacts::{holding, old_since};
use crate::pages::notices::{Card, cards};
use crate::pages::status::FaultTold;
use askama::Template;
use axum::extract::State as Of;
use axum::response::Response;
use liitos_domain::application::State;
use liitos_domain::contacts::{Channel, addresses_of};
use liitos_domain::directory::Right;
use liitos_domain::{Act, Moment, Oid, Service};
use liitos_service::applications;
use liitos_service::names::{self, Numbers};
use liitos_service::{contacts, controller_runs, directory, enrolments, faults, notices};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    page: Page,
    name: String,
    joiner: String,
    applications: Vec<ApplicationRow>,
    services: Vec<ServiceCard>,
    /// The application to copy from, if there is one.
    earlier: Option<String>,
    /// Whether one enrols for a service before one applies; and the enrolment that stands.
    enrols: bool,
    enrolled: Option<String>,
    /// What an application for the enrolled day would break.
    remarks: Vec<FindingView>,
    /// Whether the reader may prepare applications.
    prepares: bool,
    rights: Vec<RightRow>,
    /// What lacks in what is kept of the organisation.
    needs: Vec<String>,
    notices: Vec<Card>,
    /// Whether a controller update run concerns its registers.
    runs: bool,
    /// Whether a unit of its receives renewal requests, or has.
    receives: bool,
    /// Faults that hit the organisation and are not over.
    faults: Vec<FaultTold>,
}

struct ApplicationRow {
    number: String,
    service: String,
    since: String,
    state: String,
    look: &'static str,
}

struct ServiceCard {
    /// The application for it that waits for a decision or an answer.
    waits: Option<String>,
    /// Whether there is a right to it already.
    has: bool,
    code: &'static str,
    name: String,
    text: String,
}

struct RightRow {
    service: String,
    access_point: String,
    system: String,
    validity: String,
}

pub(crate) async fn show(Of(web): Of<Web>, page: Page) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let (joiner, now) = (actor.joiner()?.clone(), web.app.now());
    let own = applications::of_own(&web.app, actor).await?;
    let rows = own.iter().map(|stored| {
        let (state, look) = page.state(&stored.application.state);
        ApplicationRow {
            number: stored.application.number.clone(),
            service: page.service(stored.application.service),
            since: page.since(stored.sent_at.unwrap_or(stored.created_at)),
            state,
            look,
        }
    });
    let waiting = |service: Service| {
        let waits = |state: &State| matches!(state, State::Sent { .. } | State::MoreAsked { .. });
        own.iter().map(|stored| &stored.application).find(|one| one.service == service && waits(&one.state))
    };
    let rights = directory::own_rights(&web.app, actor).await?;
    let has = |service: Service| rights.iter().any(|right| right.service == service && !right.valid.ended(now));
    let card = |service: &Service| ServiceCard {
        waits: waiting(*service).map(|one| one.number.clone()),
        has: has(*service),
        code: service.code(),
        name: page.service(*service),
        text: page.t(&format!("service-{service}-text")),
    };
    let services = applications::applicable(&web.app, &joiner).await?;
    let first_one = services.iter().copied().find(|service| service.enrols());
    let first_one = first_one.filter(|service| rights.iter().all(|right| right.service != *service));
    let enrolled = match first_one {
        Some(service) => enrolments::own(&web.app, actor, service).await?,
        None => None,
    };
    Ok(render_page(&Home {
        receives: rights.iter().any(|right| right.service == Service::RenewalReception),
        enrols: first_one.is_some(),
        remarks: match &enrolled {
            Some(enrolled) => super::enrolment::remarks(&web, &page, enrolled).await?,
            None => Vec::new(),
        },
        enrolled: enrolled.as_ref().map(|enrolled| super::enrolment::line(&page, enrolled)),
        needs: needs(&page, &contacts::own(&web.app, actor).await?, now),
        name: organisation_name(&web, &joiner).await,
        joiner: joiner.to_string(),
        applications: rows.collect(),
        services: services.iter().map(card).collect(),
        earlier: applications::earlier(&web.app, actor).await?.map(|stored| stored.application.number),
        prepares: actor.may(Act::Prepare),
        rights: right_rows(&web, &page, &joiner, &rights).await?,
        notices: cards(&page, &notices::own(&web.app, actor).await?),
        runs: controller_runs::any_own(&web.app, actor).await?,
        faults: faults::own(&web.app, actor).await?.into_iter().map(|told| FaultTold::of(&page, told, now)).collect(),
        page,
    }))
}

/// Rights as rows, a branch pharmacy's with its name.
async fn right_rows(web: &Web, page: &Page, joiner: &Oid, rights: &[Right]) -> Result<Vec<RightRow>, Failure> {
    let names = names::names(&web.app, &Numbers::of_rights(rights.iter())).await?;
    let of = |right: &Right| match right.joiner == *joiner {
        true => page.service(right.service),
        false => format!("{}: {}", names.beside(right.joiner.as_str()), page.service(right.service)),
    };
    let row = |right: &Right| RightRow {
        service: of(right),
        access_point: names.beside(right.access_point.as_str()),
        system: names.beside(&right.system),
        validity: page.validity(&right.valid),
    };
    Ok(rights.iter().map(row).collect())
}

/// What of the contacts lacks once something is joined: roles that nobody holds, a fault phone that no message has proved, and the
/// yearly question whether everything is still right.
fn needs(page: &Page, own: &contacts::Own, now: Moment) -> Vec<String> {
    let mut needs: Vec<String> = Vec::new();
    if own.joined.is_empty() {
        return needs;
    }
    let missing: Vec<String> = own.missing.iter().map(|role| holding(page, *role)).collect();
    if !missing.is_empty() {
        needs.push(page.language.text_with("needs-roles", &[("roles", &missing.join(", "))]));
    }
    let phones = own.contacts.0.iter().flat_map(|kept| addresses_of(kept).map(move |address| (kept, address)));
    for (kept, phone) in phones.filter(|(_, (channel, _))| *channel == Channel::Sms) {
        let check = own.checks.get(&phone);
        if check.is_none_or(|check| check.confirmed_at.is_none() || check.failed_at.is_some()) {
            needs.push(page.language.text_with("needs-phone", &[("phone", &kept.person.phone)]));
        }
    }
    if old_since(own, now).is_some() {
        needs.push(page.t("needs-confirming"));
    }
    needs
}
