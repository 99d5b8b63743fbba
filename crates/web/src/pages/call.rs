//! A call looked up by its decision id, or by the certificate that it was made with: what was refused, why, and who mends it.

use super::decision::{by_application, said};
use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::directory::{Fact, FactState};
use liitos_service::directory::calls::{Looked, look_up};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    page: Page,
    id: String,
    calls: Vec<Told>,
}

/// A call in words.
struct Told {
    at: String,
    /// What became of it.
    heading: String,
    /// What helps, and who mends it.
    remedy: Option<(String, String)>,
    /// Names and values of what is known of it.
    known: Vec<(String, String)>,
    facts: Vec<(bool, String)>,
    /// The service to apply for, where an application mends it.
    apply: Option<&'static str>,
    /// The same question as of now.
    now: Option<String>,
}

/// What is asked, as it stands in the address.
#[derive(Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    id: String,
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let looked = look_up(&web.app, page.signed_in()?, &asked.id).await?;
    let calls = looked.iter().map(|looked| told(&page, looked)).collect();
    Ok(render_page(&CallPage { id: asked.id, calls, page }))
}

fn told(page: &Page, looked: &Looked) -> Told {
    let call = &looked.call;
    let heading = match (call.refused, &call.decision) {
        (Some(code), _) => format!("✗ {code}: {}", page.language.refusal(code)),
        (None, None) => format!("✗ {}", page.t(&format!("handshake-{}", call.place))),
        // Anything but a status means that the answer was cut off on its way.
        (None, Some(_)) => match call.place.parse::<u16>() {
            Ok(status) if status < 400 => format!("✓ {}", page.t("call-passed")),
            Ok(status) => format!("✗ {} (HTTP {status})", page.t("call-archive-refused")),
            Err(_) => format!("✗ {}", page.t("call-cut-off")),
        },
    };
    let known = [
        ("decision-access-point", call.access_point.as_ref().map(ToString::to_string)),
        ("call-represented", call.represented.as_ref().map(ToString::to_string)),
        ("decision-service", call.service.map(|service| page.service(service))),
        ("decision-operation", call.operation.map(|operation| page.t(&format!("operation-{operation}")))),
        ("call-source", call.source.map(|source| source.to_string())),
        ("call-place", call.refused.map(|_| call.place.clone())),
        ("call-version", call.version.map(|version| version.to_string())),
        ("call-certificate", Some(call.certificate.to_string())),
    ];
    let facts = looked.explained.as_ref().map_or(&[][..], |explained| &explained.decision.facts);
    let again = call.access_point.as_ref().zip(call.service).zip(call.operation);
    Told {
        at: page.since(call.at),
        heading,
        remedy: call.refused.map(|code| (page.language.refusal_how(code), page.t(code.mender().key()))),
        known: known.into_iter().filter_map(|(name, value)| Some((page.t(name), value?))).collect(),
        facts: facts.iter().map(|fact: &Fact| (fact.state == FactState::Holds, said(page, fact))).collect(),
        apply: call.refused.filter(|code| by_application(*code)).and(call.service).map(|service| service.code()),
        now: again.map(|((point, service), operation)| {
            format!("/decision?service={service}&access_point={point}&operation={operation}")
        }),
    }
}

/// `GET /api/call`: the same for programs.
pub(crate) async fn operation(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Failure> {
    let looked = look_up(&web.app, page.signed_in()?, &asked.id).await?;
    let with_remedy = |looked: &Looked| {
        let refusal = looked.call.refused.map(|code| {
            let (text, remedy) = (page.language.refusal(code), page.language.refusal_how(code));
            json!({ "text": text, "remedy": remedy, "mender": page.t(code.mender().key()) })
        });
        json!({ "call": looked, "refusal": refusal })
    };
    Ok(Json(looked.iter().map(with_remedy).collect()))
}
