//! An application's days as a calendar file (RFC 5545).

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use liitos_domain::Moment;
use liitos_domain::application::{Deadline, deadlines};
use liitos_service::applications;
use liitos_service::calendar::{Day, calendar};

pub(crate) async fn file(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (stored, _) = applications::view(&web.app, page.signed_in()?, &number).await?;
    let service = page.service(stored.application.service);
    let day = |(what, at): (Deadline, Moment)| Day {
        uid: format!("{number}-{what}"),
        at,
        summary: format!("{}: {service}", page.t(&format!("deadline-{what}"))),
    };
    let days: Vec<Day> = deadlines(&stored.application).into_iter().map(day).collect();
    let text = calendar(&days, web.app.now());
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{number}.ics\"")),
    ];
    Ok((headers, text).into_response())
}
