//! The operator's queue: what waits, by the care that it needs and by age; everything else, found by a text; and all of it to take away.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, encoded, render_page};
use crate::pages::copies::download;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_service::applications::{self, SHOWN, Sight};
use liitos_service::sign_in;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/queue.html")]
struct QueuePage {
    page: Page,
    rows: Vec<Row>,
    asked: Asked,
    /// The ways to look, each with its code and whether it is chosen.
    sights: Vec<(&'static str, String, bool)>,
    count: String,
    previous: Option<String>,
    next: Option<String>,
    export: String,
}

struct Row {
    number: String,
    joiner: String,
    service: String,
    since: String,
    waited: String,
    state: String,
    look: &'static str,
    handler: String,
    risk: i32,
}

/// What of the queue is asked for, by a link to the page and by a program.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Asked {
    /// A part of number, OID, name or Business ID.
    #[serde(default)]
    pub(crate) q: String,
    /// `waiting`, `own` or `all`.
    #[serde(default)]
    show: String,
    /// `risk` or `age`.
    #[serde(default)]
    by: String,
    /// Which page, from 0.
    #[serde(default)]
    pub(crate) page: u64,
}

impl Asked {
    pub(crate) fn sight(&self) -> Sight {
        match self.show.as_str() {
            "own" => Sight::Own,
            "all" => Sight::All,
            _ => Sight::Waiting,
        }
    }

    pub(crate) fn by_risk(&self) -> bool {
        self.by != "age"
    }

    /// The same, on another page.
    fn at(&self, path: &str, page: u64) -> String {
        format!("{path}?q={}&show={}&by={}&page={page}", encoded(&self.q), encoded(&self.show), encoded(&self.by))
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let found = (asked.sight(), asked.q.as_str(), asked.by_risk());
    let queue = applications::queue(&web.app, actor, found, Some(asked.page)).await?;
    let now = web.app.now();
    let joiners = queue.shown.iter().map(|stored| stored.application.joiner.clone()).collect();
    let names = sign_in::names(&web.app, &joiners).await?;
    let mut rows = Vec::new();
    for stored in &queue.shown {
        let joiner = &stored.application.joiner;
        let (state, look) = page.state(&stored.application.state);
        let since = stored.sent_at.unwrap_or(stored.created_at);
        rows.push(Row {
            state,
            look,
            handler: stored.handler.as_ref().map_or_else(|| "–".to_owned(), |(_, name)| name.clone()),
            joiner: names.get(joiner).cloned().unwrap_or_else(|| joiner.to_string()),
            service: page.service(stored.application.service),
            waited: page.language.lasting(now.as_seconds() - since.as_seconds()),
            since: page.since(since),
            number: stored.application.number.clone(),
            risk: stored.risk,
        });
    }
    let sights = [("waiting", Sight::Waiting), ("own", Sight::Own), ("all", Sight::All)];
    let sights = sights.map(|(code, sight)| (code, page.t(&format!("queue-{code}")), sight == asked.sight()));
    Ok(render_page(&QueuePage {
        rows,
        sights: sights.into(),
        count: page.language.text_with("queue-count", &[("count", &queue.count.to_string())]),
        previous: asked.page.checked_sub(1).map(|before| asked.at("/office", before)),
        next: (queue.count > (asked.page + 1).saturating_mul(SHOWN)).then(|| asked.at("/office", asked.page + 1)),
        export: asked.at("/office/applications.csv", 0),
        asked,
        page,
    }))
}

/// The same as a table for other programs (RFC 4180).
pub(crate) async fn export(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let found = (asked.sight(), asked.q.as_str(), asked.by_risk());
    let queue = applications::queue(&web.app, actor, found, None).await?;
    let time = |at: Option<liitos_domain::Moment>| at.map_or_else(String::new, |at| at.to_string());
    let row = |stored: &applications::Stored| {
        let application = &stored.application;
        vec![
            application.number.clone(),
            application.joiner.to_string(),
            application.kind.to_string(),
            application.service.to_string(),
            application.state.code().to_owned(),
            stored.risk.to_string(),
            time(Some(stored.created_at)),
            time(stored.sent_at),
            stored.handler.as_ref().map_or_else(String::new, |(_, name)| name.clone()),
        ]
    };
    let head = ["number", "joiner", "kind", "service", "state", "risk", "begun", "sent", "handler"];
    let rows = queue.shown.iter().map(row).collect::<Vec<_>>();
    Ok(download("applications.csv", "text/csv; charset=utf-8; header=present".to_owned(), table(&head, &rows)))
}

/// A table as other programs read it (RFC 4180). What a spreadsheet would take for a formula is quoted as text.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let mut text = head.join(",");
    text.push_str("\r\n");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}

fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = cell.replace('"', "\"\"");
    if formula {
        format!("\"'{plain}\"")
    } else if plain.contains([',', '"', '\n', '\r']) {
        format!("\"{plain}\"")
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let row = ["a", "b,c", "d\"e", "=1+1", "@x", "-1", "f\ng"].map(ToOwned::to_owned).to_vec();
        let text = String::from_utf8(table(&["x", "y"], &[row])).unwrap();
        assert_eq!(text, "x,y\r\na,\"b,c\",\"d\"\"e\",\"'=1+1\",\"'@x\",\"'-1\",\"f\ng\"\r\n");
    }
}
