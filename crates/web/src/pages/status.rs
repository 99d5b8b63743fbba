//! What works: for everybody, without signing in.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use liitos_domain::Moment;
use liitos_domain::contacts::Channel;
use liitos_domain::fault::{Course, Kind};
use liitos_service::drawing::strips;
use liitos_service::faults::{self, Kept, Said, Told, Ways, Works};

#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    page: Page,
    at: String,
    services: Vec<ServiceRow>,
    going: Vec<FaultTold>,
    coming: Vec<FaultTold>,
    past: Vec<FaultTold>,
    picture: String,
}

struct ServiceRow {
    name: String,
    state: String,
    look: &'static str,
}

/// A fault with what was said of it, as it is read.
pub(crate) struct FaultTold {
    pub(crate) number: String,
    pub(crate) headline: String,
    /// The language that the headline is in.
    pub(crate) lang: &'static str,
    pub(crate) kind: String,
    pub(crate) course: String,
    pub(crate) look: &'static str,
    pub(crate) overdue: bool,
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) said: Vec<SaidLine>,
}

/// A statement.
pub(crate) struct SaidLine {
    pub(crate) at: String,
    pub(crate) stage: String,
    pub(crate) words: String,
    /// The language that the words are in.
    pub(crate) lang: &'static str,
    /// How many it was told.
    pub(crate) joiners: String,
    /// What became of the messages.
    pub(crate) ways: Vec<Way>,
}

/// What became of the messages of one way.
pub(crate) struct Way {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) done: u64,
    pub(crate) all: u64,
    pub(crate) words: String,
    /// How many did not go, because more was said before.
    pub(crate) replaced: Option<String>,
}

pub(crate) const fn look(course: Course) -> &'static str {
    match course {
        Course::Going => "attention",
        Course::Coming => "open",
        Course::Over | Course::CalledOff => "ready",
    }
}

impl FaultTold {
    pub(crate) fn with_ways(page: &Page, kept: &Kept, said: &[(Said, Ways)], now: Moment) -> Self {
        let fault = &kept.fault;
        let (headline, lang) = fault.headline.of(page.language.code());
        Self {
            number: kept.number.clone(),
            headline: headline.to_owned(),
            lang,
            kind: page.t(&format!("fault-kind-{}", fault.kind)),
            course: page.t(&format!("fault-course-{}", fault.course(now))),
            look: look(fault.course(now)),
            overdue: fault.overdue(now),
            facts: faults::facts(fault, page.language),
            said: said.iter().map(|(said, ways)| SaidLine::of(page, said, ways)).collect(),
        }
    }

    pub(crate) fn of(page: &Page, told: Told, now: Moment) -> Self {
        let said: Vec<_> = told.said.into_iter().map(|said| (said, Ways::new())).collect();
        Self::with_ways(page, &told.kept, &said, now)
    }
}

impl SaidLine {
    fn of(page: &Page, said: &Said, ways: &Ways) -> Self {
        let (words, lang) = said.statement.words.of(page.language.code());
        let way = |(channel, delivery): (&Channel, &faults::Delivery)| {
            let (all, done) = (delivery.all(), delivery.sent + delivery.arrived);
            let told = [
                ("done", done.to_string()),
                ("all", all.to_string()),
                ("arrived", delivery.arrived.to_string()),
                ("failed", delivery.failed.to_string()),
            ];
            let told = told.each_ref().map(|(name, text)| (*name, text.as_str()));
            Way {
                id: format!("{channel}-{}", said.key),
                name: page.t(&format!("fault-delivery-{channel}")),
                words: page.language.text_with("fault-delivery", &told),
                replaced: (delivery.replaced > 0)
                    .then(|| page.language.text_with("fault-replaced", &[("count", &delivery.replaced.to_string())])),
                done,
                all,
            }
        };
        Self {
            at: page.language.date_time(said.statement.at),
            stage: page.t(&format!("fault-stage-{}", said.statement.stage)),
            words: words.to_owned(),
            lang,
            joiners: page.language.text_with("fault-told-joiners", &[("count", &said.joiners.to_string())]),
            ways: ways.iter().map(way).collect(),
        }
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page) -> Result<Response, Failure> {
    let status = faults::status(&web.app).await?;
    let row = |works: &Works| ServiceRow {
        name: page.service(works.service),
        state: page.t(&format!("status-{}", works.not.map_or("works", Kind::code))),
        look: if works.not.is_some() { "attention" } else { "ready" },
    };
    let services = status.services.iter().map(row).collect();
    let days = status.services.iter().map(|works| (page.service(works.service), works.days.clone()));
    let picture = strips(&days.collect::<Vec<_>>(), page.language);
    let told = |all: Vec<Told>| all.into_iter().map(|told| FaultTold::of(&page, told, status.at)).collect();
    Ok(render_page(&StatusPage {
        at: page.language.text_with("status-at", &[("at", &page.language.date_time(status.at))]),
        services,
        going: told(status.going),
        coming: told(status.coming),
        past: told(status.past),
        picture,
        page,
    }))
}
