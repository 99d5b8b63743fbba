//! An organisation's home: its applications, what it may apply for, its rights.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, organisation_name, render_page};
use crate::pages::notices::{Card, cards};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_domain::{Act, Service};
use liitos_service::applications;
use liitos_service::{directory, notices};

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
    /// Whether the reader may prepare applications.
    prepares: bool,
    rights: Vec<RightRow>,
    notices: Vec<Card>,
}

struct ApplicationRow {
    number: String,
    service: String,
    since: String,
    state: String,
    look: &'static str,
}

struct ServiceCard {
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

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let joiner = actor.joiner()?.clone();
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
    let card = |service: &Service| ServiceCard {
        code: service.code(),
        name: page.service(*service),
        text: page.t(&format!("service-{service}-text")),
    };
    let rights = directory::own_rights(&web.app, actor).await?;
    let right_rows = rights.iter().map(|right| RightRow {
        service: page.service(right.service),
        access_point: right.access_point.to_string(),
        system: right.system.clone(),
        validity: page.validity(&right.valid),
    });
    Ok(render_page(&Home {
        name: organisation_name(&web, &joiner).await,
        joiner: joiner.to_string(),
        applications: rows.collect(),
        services: applications::applicable(&web.app, &joiner).await?.iter().map(card).collect(),
        earlier: applications::earlier(&web.app, actor).await?.map(|stored| stored.application.number),
        prepares: actor.may(Act::Prepare),
        rights: right_rows.collect(),
        notices: cards(&page, &notices::own(&web.app, actor).await?),
        page,
    }))
}
