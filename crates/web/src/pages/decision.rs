//! "Would it be allowed?": the decision that a gateway would make on a call of one's own, fact by fact.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, given_time, render_page};
use askama::Template;
use axum::Json;
use axum::extract::{Query, State};
use axum::response::Response;
use liitos_domain::directory::{Fact, FactState};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::service_code::Operation;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_service::ServiceError;
use liitos_service::directory::{Explained, Wish, own_rights, would};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Template)]
#[template(path = "decision.html")]
struct DecisionPage {
    page: Page,
    asked: Asked,
    services: Vec<(&'static str, String)>,
    operations: Vec<(&'static str, String)>,
    /// The access points that the organisation has rights through.
    points: BTreeSet<String>,
    /// A field that cannot be read.
    wrong: Option<String>,
    answer: Option<Answer>,
}

struct Answer {
    permitted: bool,
    /// What was refused, how it is mended, and by whom.
    refusal: Option<(String, String, String)>,
    at: String,
    facts: Vec<(bool, String)>,
    /// The service to apply for, where an application mends it.
    apply: Option<&'static str>,
}

/// What is asked, as it stands in the address.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    service: String,
    #[serde(default)]
    access_point: String,
    #[serde(default)]
    operation: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    tenant: String,
    #[serde(default)]
    organiser: String,
    #[serde(default)]
    at: String,
}

impl Asked {
    /// The wish; the error names the field that cannot be read.
    fn wish(&self) -> Result<Wish, &'static str> {
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let oid = |text: &str, field| given(text).map(|text| Oid::parse(&text).map_err(|_| field)).transpose();
        Ok(Wish {
            service: Service::parse(&self.service).ok_or("service")?,
            access_point: AccessPointOid::parse(self.access_point.trim()).map_err(|_| "access_point")?,
            operation: given(&self.operation)
                .map_or(Some(Operation::Write), |code| Operation::parse(&code))
                .ok_or("operation")?,
            unit: oid(&self.unit, "unit")?,
            tenant: oid(&self.tenant, "tenant")?,
            organiser: oid(&self.organiser, "organiser")?,
            at: given(&self.at).map(|text| given_time(&text).ok_or("at")).transpose()?,
        })
    }
}

pub(crate) async fn show(State(web): State<Web>, page: Page, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    let actor = page.signed_in()?;
    let points = own_rights(&web.app, actor).await?.into_iter().map(|right| right.access_point.to_string()).collect();
    let (mut wrong, mut answer) = (None, None);
    // The empty form asks nothing yet.
    if !asked.service.is_empty() || !asked.access_point.is_empty() {
        match asked.wish() {
            Ok(wish) => answer = Some(answered(&page, &wish, &would(&web.app, actor, &wish).await?)),
            Err(field) => wrong = Some(page.t(&format!("decision-{}", field.replace('_', "-")))),
        }
    }
    Ok(render_page(&DecisionPage {
        services: Service::ALL.iter().map(|service| (service.code(), page.service(*service))).collect(),
        operations: Operation::ALL.iter().map(|code| (code.code(), page.t(&format!("operation-{code}")))).collect(),
        points,
        wrong,
        answer,
        asked,
        page,
    }))
}

fn answered(page: &Page, wish: &Wish, explained: &Explained) -> Answer {
    let decision = &explained.decision;
    let told = |code: RefusalCode| {
        let what = format!("{code}: {}", page.language.refusal(code));
        (what, page.language.refusal_how(code), page.t(code.mender().key()))
    };
    Answer {
        permitted: decision.permitted(),
        refusal: decision.code().map(told),
        at: page.since(explained.at),
        facts: decision.facts.iter().map(|fact| (fact.state == FactState::Holds, said(page, fact))).collect(),
        apply: decision.code().filter(|code| by_application(*code)).map(|_| wish.service.code()),
    }
}

/// A fact in words, with since or until when.
pub(super) fn said(page: &Page, fact: &Fact) -> String {
    let what = page.t(&format!("decided-{}", fact.what));
    fact.at.map_or_else(|| what.clone(), |at| format!("{what} ({})", page.since(at)))
}

/// Whether an application of the organisation itself mends it.
pub(super) const fn by_application(code: RefusalCode) -> bool {
    matches!(
        code,
        RefusalCode::NoRight | RefusalCode::RightEnded | RefusalCode::JoinerUnknown | RefusalCode::AccessPointUnknown
    )
}

/// `GET /api/decision`: the same for programs.
pub(crate) async fn operation(
    State(web): State<Web>,
    page: Page,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Failure> {
    let actor = page.signed_in()?;
    let wish = asked.wish().map_err(|field| ServiceError::refused(RefusalCode::FormInvalid, field))?;
    let explained = would(&web.app, actor, &wish).await?;
    let remedy = explained.decision.code().map(|code| {
        let (text, how) = (page.language.refusal(code), page.language.refusal_how(code));
        json!({ "text": text, "remedy": how, "mender": page.t(code.mender().key()) })
    });
    Ok(Json(json!({ "decision": explained, "refusal": remedy })))
}
