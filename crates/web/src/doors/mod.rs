//! The inner doors, behind the gateway: the archive's HL7 and FHIR doors and the directory's snapshots. Reached over
//! mutual TLS by pinned gateways only; the fact headers are believed because nobody else can come here.

mod calls;
mod documents;
mod fetched;
mod hl7;
mod outbound;
mod snapshot;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::{HeaderMap, HeaderValue, StatusCode};
use liitos_documents::MAX_MESSAGE_BYTES;
use liitos_domain::archive::{Family, Purpose};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::refusal::Finding;
use liitos_domain::{Oid, RefusalCode, Sha256Hash};
use liitos_service::App;
use liitos_service::archive::Door;
use std::sync::Arc;

/// Who calls: the fingerprint of the certificate that its connection was made with.
#[derive(Clone, Copy, Debug)]
pub struct Caller(pub Sha256Hash);

/// The doors for gateways, and the one for those who hand over messages for units, known by the fingerprints of their certificates.
/// Neither may use the other's.
pub fn inner(app: Arc<App>, senders: Vec<Sha256Hash>) -> Router {
    let senders: Arc<[Sha256Hash]> = senders.into();
    let of_gateways = Router::new()
        .route("/hl7", post(hl7::receive))
        .merge(documents_of(Family::Patient))
        .merge(documents_of(Family::Social))
        .merge(documents_of(Family::Prescription))
        .route("/renewal-requests/next", post(fetched::next))
        .route("/renewal-requests/received", post(fetched::done))
        .route("/directory/snapshot", get(snapshot::next))
        .route("/directory/deltas", get(snapshot::deltas))
        .route("/directory/consistency", get(snapshot::consistency))
        .route("/directory/calls", post(calls::take))
        .layer(DefaultBodyLimit::max(MAX_MESSAGE_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), of_the_call))
        .layer(middleware::from_fn_with_state((Arc::clone(&senders), false), only));
    let of_senders = Router::new()
        .route("/outbound/{service}/{unit}", post(outbound::hand_over))
        .layer(DefaultBodyLimit::max(outbound::MAX_BYTES))
        .layer(middleware::from_fn_with_state((senders, true), only));
    of_gateways.merge(of_senders).with_state(app)
}

/// The doors to a family's documents, below a path of their own: over FHIR nothing but the path says which service is meant.
fn documents_of(family: Family) -> Router<Arc<App>> {
    let own = Router::new()
        .route("/", post(documents::provide))
        .route("/Bundle/$validate", post(documents::validate))
        .route("/Binary/{id}", get(documents::fetch))
        .route("/DocumentReference", get(documents::search))
        .route("/DocumentReference/{id}", get(documents::read))
        .route(
            "/DocumentReference/_search",
            post(documents::search_posted).layer(DefaultBodyLimit::max(documents::MAX_SEARCH_BYTES)),
        )
        .route(
            "/DocumentReference/$summary",
            post(documents::summarise).layer(DefaultBodyLimit::max(documents::MAX_SEARCH_BYTES)),
        );
    Router::new().nest(family.base(), own.layer(Extension(family)))
}

/// Why something was refused, for the gateway; beside the answer, which the caller gets.
#[derive(Clone, Debug)]
struct Reasons(Vec<RefusalCode>);

impl Reasons {
    fn of(findings: &[Finding]) -> Self {
        Self(findings.iter().map(|finding| finding.code).collect())
    }
}

/// Tells the gateway of a call what it does not pass on: whether somebody follows it, and why it was refused.
async fn of_the_call(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let decision = request.headers().get("liitos-decision").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut response = next.run(request).await;
    if decision.is_some_and(|decision| app.followed.take(&decision)) {
        response.headers_mut().insert("liitos-followed", HeaderValue::from_static("yes"));
    }
    if let Some(Reasons(codes)) = response.extensions_mut().remove() {
        let mut codes: Vec<String> = codes.into_iter().map(RefusalCode::code).collect();
        codes.dedup();
        if let Ok(codes) = HeaderValue::from_str(&codes.join(" ")) {
            response.headers_mut().insert("liitos-refused", codes);
        }
    }
    response
}

/// Lets pass who is a sender, or who is none.
async fn only(
    State((senders, wanted)): State<(Arc<[Sha256Hash]>, bool)>,
    caller: Option<Extension<Caller>>,
    request: Request,
    next: Next,
) -> Response {
    let sender = caller.is_some_and(|Extension(Caller(certificate))| senders.contains(&certificate));
    if sender == wanted { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// The facts that the gateway verified; `None` when a header is missing or malformed.
fn door(headers: &HeaderMap) -> Option<Door> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Some(Door {
        access_point: AccessPointOid::parse(text("liitos-access-point")?).ok()?,
        represented: Oid::parse(text("liitos-represented")?).ok()?,
        tenant: text("liitos-tenant").map(Oid::parse).transpose().ok()?,
        decision_id: text("liitos-decision")?.to_owned(),
        client_cert: text("client-cert").map(str::to_owned),
        purpose: match (text("liitos-purpose"), text("liitos-service-event")) {
            (None, None) => None,
            (Some(code), Some(event)) => Some(Purpose::of(code, Oid::parse(event).ok()?)?),
            _ => return None,
        },
    })
}
