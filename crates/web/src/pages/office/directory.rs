//! The directory as it is, and the proposal to close a right.

use crate::Web;
use crate::errors::Failure;
use crate::page::{Page, render_page};
use crate::pages::effect::closed;
use askama::Template;
use axum::Form;
use axum::extract::{Query, State};
use axum::response::{Redirect, Response};
use liitos_domain::directory::{Basis, Closing, ProposalState, Right, Stage};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::{Moment, Oid, RefusalCode, Service, Sha256Hash};
use liitos_service::ServiceError;
use liitos_service::directory::publication::{Asked, gateways};
use liitos_service::directory::{Overview, overview, proposal, shut};
use liitos_service::names::{self, Names, Numbers};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/directory.html")]
struct DirectoryPage {
    page: Page,
    version: u64,
    counts: Option<String>,
    /// What was searched for.
    asked: String,
    rights: Vec<RightRow>,
    points: Vec<PointRow>,
    collecting: Vec<CollectingRow>,
    changes: Vec<ChangeRow>,
    gateways: Vec<GatewayRow>,
    closings: Vec<ClosingRow>,
    proposals: Vec<ProposalRow>,
    services: Vec<(&'static str, String)>,
    stages: Vec<(&'static str, String)>,
}

struct GatewayRow {
    fingerprint: String,
    version: String,
    /// How many versions it is behind; nought where it is not.
    behind: u64,
    issued: String,
    asked: String,
}

struct ClosingRow {
    what: String,
    validity: String,
    hash: String,
}

struct ProposalRow {
    number: i64,
    basis: String,
    version: Option<u64>,
    reason: String,
    state: String,
    waits: bool,
}

struct RightRow {
    joiner: String,
    /// The same with its name.
    who: String,
    service: String,
    code: &'static str,
    access_point: String,
    validity: String,
    open: bool,
}

struct PointRow {
    /// Whose it is, with its OID.
    oid: String,
    system: String,
    reached: Vec<String>,
    certificates: Vec<String>,
    validity: String,
}

struct CollectingRow {
    name: String,
    addresses: String,
    behind: Vec<String>,
    validity: String,
}

struct ChangeRow {
    version: u64,
    at: String,
    basis: String,
}

/// What is searched for: an OID, its beginning, or a joiner's name.
#[derive(Default, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

pub(crate) async fn show(
    State(web): State<Web>,
    page: Page,
    Query(search): Query<Search>,
) -> Result<Response, Failure> {
    let Overview { version, counts, rows, changes } = overview(&web.app, page.signed_in()?, &search.q).await?;
    let now = web.app.now();
    let actor = page.signed_in()?;
    let closings = shut::closings(&web.app, actor).await?;
    let (_, gateways) = gateways(&web.app, actor).await?;
    let gateways = gateways.iter().map(|(gateway, asked)| seen(&page, version, (gateway, asked))).collect();
    let closings = closings.iter().map(|closing| shown(&page, closing)).collect::<Result<Vec<_>, Failure>>()?;
    let proposals = proposal::list(&web.app, actor).await?.into_iter().map(|proposal| ProposalRow {
        number: proposal.number,
        basis: page.language.basis(&Basis::parse(&proposal.proposed.basis)),
        version: proposal.proposed.version,
        reason: proposal.proposed.reason,
        state: page.t(&format!("proposal-{}", proposal.state)),
        waits: proposal.state == ProposalState::Waiting,
    });
    let mut numbers = Numbers::of_rights(rows.rights.iter());
    numbers.points.extend(rows.access_points.iter().map(|point| point.oid.clone()));
    numbers.systems.extend(rows.access_points.iter().map(|point| point.system.as_str()));
    let names = names::names(&web.app, &numbers).await?;
    let points = rows.access_points.iter().map(|point| PointRow {
        oid: names.beside(point.oid.as_str()),
        system: names.beside(&point.system),
        reached: point.links.iter().map(|link| page.link(link)).collect(),
        certificates: point.certificates.iter().map(ToString::to_string).collect(),
        validity: page.validity(&point.valid),
    });
    let collecting = rows.collection_points.iter().map(|point| CollectingRow {
        name: format!("{} ({}, {})", point.name, point.administrator, point.country),
        addresses: point.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        behind: point.access_points.iter().map(ToString::to_string).collect(),
        validity: page.validity(&point.valid),
    });
    let changes = changes.into_iter().map(|change| ChangeRow {
        version: change.version,
        at: page.since(change.at),
        basis: page.language.basis(&change.origin.basis),
    });
    Ok(render_page(&DirectoryPage {
        version,
        counts: counts.map(|counts| {
            let counts = [("rights", counts.rights.to_string()), ("points", counts.access_points.to_string())];
            page.language
                .text_with("office-directory-counts", &counts.each_ref().map(|(name, count)| (*name, count.as_str())))
        }),
        asked: search.q,
        rights: rows.rights.iter().map(|right| right_row(&page, right, &names, now)).collect(),
        points: points.collect(),
        collecting: collecting.collect(),
        changes: changes.collect(),
        gateways,
        closings,
        proposals: proposals.collect(),
        services: Service::ALL.iter().map(|service| (service.code(), page.service(*service))).collect(),
        stages: Stage::ALL.iter().map(|stage| (stage.code(), page.t(&format!("stage-{stage}")))).collect(),
        page,
    }))
}

fn right_row(page: &Page, right: &Right, names: &Names, now: Moment) -> RightRow {
    RightRow {
        joiner: right.joiner.to_string(),
        who: names.beside(right.joiner.as_str()),
        service: page.service(right.service),
        code: right.service.code(),
        access_point: right.access_point.to_string(),
        validity: page.validity(&right.valid),
        open: !right.valid.ended(now),
    }
}

/// A gateway with what it said last.
fn seen(page: &Page, newest: u64, (gateway, asked): (&Sha256Hash, &Asked)) -> GatewayRow {
    let sequence = asked.holds.map(|((_, sequence), _)| sequence);
    GatewayRow {
        fingerprint: gateway.to_string(),
        version: sequence.map_or_else(|| "–".to_owned(), |sequence| sequence.to_string()),
        behind: newest.saturating_sub(sequence.unwrap_or_default()),
        issued: asked.holds.map_or_else(|| "–".to_owned(), |(_, issued)| page.since(issued)),
        asked: page.since(asked.at),
    }
}

/// A closing, with the hash that names it when it is lifted.
fn shown(page: &Page, closing: &Closing) -> Result<ClosingRow, Failure> {
    Ok(ClosingRow {
        what: closed(page, closing),
        validity: page.validity(&closing.valid),
        hash: Sha256Hash::of_canonical(closing).map_err(ServiceError::from)?.to_string(),
    })
}

#[derive(Deserialize)]
pub(crate) struct Close {
    joiner: String,
    service: String,
    access_point: String,
    reason: String,
}

/// Proposes to close a right: somebody else approves it.
pub(crate) async fn close(State(web): State<Web>, page: Page, Form(form): Form<Close>) -> Result<Redirect, Failure> {
    let actor = page.signed_in()?;
    let wrong = |field: &str| ServiceError::refused(RefusalCode::FormInvalid, field);
    let joiner = Oid::parse(&form.joiner).map_err(|_| wrong("joiner"))?;
    let service = Service::parse(&form.service).ok_or_else(|| wrong("service"))?;
    let point = AccessPointOid::parse(&form.access_point).map_err(|_| wrong("access point"))?;
    let number = proposal::propose_close(&web.app, actor, (&joiner, service, &point), &form.reason).await?;
    Ok(Redirect::to(&format!("/office/directory/proposals/{number}")))
}
