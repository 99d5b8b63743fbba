//! An application's days as a calendar file (RFC 5545).

use crate::Web;
use crate::errors::Failure;
use crate::page::Page;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use liitos_domain::Moment;
use liitos_domain::application::deadlines;
use liitos_service::applications;
use std::fmt::Write as _;

/// Longest line of a calendar file, in bytes without its end (RFC 5545 3.1).
const MAX_LINE_BYTES: usize = 75;

pub(crate) async fn file(State(web): State<Web>, page: Page, Path(number): Path<String>) -> Result<Response, Failure> {
    let (stored, _) = applications::view(&web.app, page.signed_in()?, &number).await?;
    let service = page.service(stored.application.service);
    let days = deadlines(&stored.application);
    let day = |at: Moment| at.civil().date().strftime("%Y%m%d").to_string();
    let mut text = String::new();
    line(&mut text, "BEGIN:VCALENDAR");
    line(&mut text, "VERSION:2.0");
    line(&mut text, "PRODID:-//Liitos//Extranet//EN");
    // 20261127T045000Z: to the second, without signs between.
    let stamp = Moment::from_seconds(web.app.now().as_seconds()).to_string().replace(['-', ':'], "");
    for (what, at) in days {
        line(&mut text, "BEGIN:VEVENT");
        line(&mut text, &format!("UID:{number}-{what}@liitos"));
        line(&mut text, &format!("DTSTAMP:{stamp}"));
        line(&mut text, &format!("DTSTART;VALUE=DATE:{}", day(at)));
        line(
            &mut text,
            &format!("SUMMARY:{}", escaped(&format!("{}: {service}", page.t(&format!("deadline-{what}"))))),
        );
        line(&mut text, "TRANSP:TRANSPARENT");
        line(&mut text, "END:VEVENT");
    }
    line(&mut text, "END:VCALENDAR");
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{number}.ics\"")),
    ];
    Ok((headers, text).into_response())
}

/// Text as a value (RFC 5545 3.3.11).
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// Adds a line, folded where it is too long, never within a letter.
fn line(text: &mut String, content: &str) {
    let mut length = 0;
    for letter in content.chars() {
        if length + letter.len_utf8() > MAX_LINE_BYTES {
            text.push_str("\r\n ");
            length = 1;
        }
        let _ = write!(text, "{letter}");
        length += letter.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_signs_escaped() {
        let mut text = String::new();
        line(&mut text, &format!("SUMMARY:{}", escaped(&"ä,".repeat(60))));
        assert!(text.ends_with("\r\n") && text.contains("\r\n "));
        assert!(text.split("\r\n").all(|line| line.len() <= MAX_LINE_BYTES), "{text}");
        assert_eq!(text.replace("\r\n ", "").trim_end(), format!("SUMMARY:{}", "ä\\,".repeat(60)));
    }
}
