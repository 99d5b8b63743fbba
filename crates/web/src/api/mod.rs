//! The portal for programs: the same operations as the pages, as JSON. What a program may do says its position; what binds an
//! organisation stays with people.
//!
//! `Authorization: Bearer …` names the program, `Liitos-Organisation` whom it acts for where that is a customer. A request with
//! `Idempotency-Key` is carried out once. What is refused is a problem document (RFC 9457). Every operation stands in
//! [`spec::OPERATIONS`], which `GET /api/v1/openapi.json` tells and a test compares with the router.

mod applications;
mod campaigns;
mod changes;
mod contacts;
mod deployment_tests;
mod enrolments;
mod held;
mod members;
mod moves;
mod notifications;
mod obligation;
pub(crate) mod office;
mod once;
mod pages;
pub(crate) mod receiving;
mod registrar;
mod runs;
pub mod spec;
pub(crate) mod status;
mod systems;
mod webhooks;

use crate::Web;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};

/// Where it begins.
pub(crate) const BASE: &str = "/api/v1";

/// What a file in base64 takes.
fn large() -> DefaultBodyLimit {
    DefaultBodyLimit::max(once::MAX_BODY)
}

/// All of it.
pub(crate) fn router(web: &Web) -> Router<Web> {
    let all = Router::new()
        .route("/organisations", get(members::organisations))
        .route("/applications", get(applications::list).post(applications::begin))
        .route("/applications/{number}", get(applications::show))
        .route("/applications/{number}/steps/{step}", get(applications::step).put(applications::save))
        .route("/applications/{number}/steps/{step}/check", post(applications::check))
        .route("/applications/{number}/send", post(applications::send))
        .route("/applications/{number}/withdraw", post(applications::withdraw))
        .route("/applications/{number}/attachments", post(applications::attach).layer(large()))
        .route("/applications/{number}/attachments/{key}", get(applications::attachment))
        .route("/applications/{number}/attachments/{key}", delete(applications::detach))
        .route("/contacts", get(contacts::show).post(contacts::add))
        .route("/contacts/{key}", put(contacts::change).delete(contacts::remove))
        .route("/contacts/address", put(contacts::set_address))
        .route("/contacts/billing/{service}", put(contacts::set_billing))
        .route("/contacts/verify", post(contacts::verify))
        .route("/contacts/confirm", post(contacts::confirm))
        .route("/enrolment", get(enrolments::own).put(enrolments::enrol).delete(enrolments::end))
        .route("/members", get(members::members).post(members::invite))
        .route("/members/{key}", delete(members::end_member))
        .route("/obligation", get(obligation::own))
        .route("/requests", get(receiving::own))
        .route("/rights", get(held::rights))
        .route("/waiting", get(held::waiting))
        .route("/notices", get(held::notices))
        .route("/notices/{key}/settle", post(held::settle))
        .route("/certificates", get(held::certificates).post(held::show_certificate))
        .route("/copies", get(held::copies))
        .route("/copies/{key}", get(held::copy))
        .route("/controller-runs", get(runs::list))
        .route("/controller-runs/{number}/report", get(runs::report))
        .route("/customers", get(members::customers))
        .route("/campaigns", get(campaigns::campaigns).post(campaigns::import).layer(large()))
        .route("/campaigns/{key}", get(campaigns::campaign))
        .route("/webhooks", get(webhooks::webhooks).post(webhooks::add_webhook))
        .route("/webhooks/{key}", delete(webhooks::end_webhook))
        .merge(changing())
        .merge(at_operator());
    let once = axum::middleware::from_fn_with_state(web.clone(), once::once);
    Router::new().nest(BASE, all.layer(once)).route("/api/v1/openapi.json", get(spec::document))
}

/// What changes, and what is tested.
fn changing() -> Router<Web> {
    Router::new()
        .route("/deployment-tests", get(deployment_tests::list).post(deployment_tests::begin))
        .route("/deployment-tests/{number}", get(deployment_tests::show))
        .route("/deployment-tests/{number}/cases/{case}", post(deployment_tests::say))
        .route("/deployment-tests/{number}/request", post(deployment_tests::request))
        .route("/deployment-tests/{number}/send", post(deployment_tests::send))
        .route("/deployment-tests/{number}/withdraw", post(deployment_tests::withdraw))
        .route("/deployment-tests/{number}/removal", post(deployment_tests::ask_removal))
        .route("/deployment-tests/{number}/report/{language}", get(deployment_tests::paper))
        .route("/handover-keys", get(moves::keys).post(moves::give_key))
        .route("/handover-keys/{key}", delete(moves::end_key))
        .route("/moves", get(moves::list).post(moves::begin))
        .route("/moves/{number}", get(moves::show).put(moves::save))
        .route("/moves/{number}/send", post(moves::send))
        .route("/moves/{number}/answer", post(moves::answer))
        .route("/moves/{number}/halt", post(moves::halt))
        .route("/moves/{number}/resume", post(moves::resume))
        .route("/moves/{number}/give-up", post(moves::give_up))
        .route("/moves/{number}/report", get(moves::report))
        .route("/notifications", get(notifications::list).post(notifications::begin))
        .route("/notifications/{number}", get(notifications::show).put(notifications::save))
        .route("/notifications/{number}/send", post(notifications::send))
        .route("/notifications/{number}/withdraw", post(notifications::withdraw))
        .route("/changes", get(changes::list).post(changes::keep))
        .route("/changes/{number}", get(changes::show))
        .route("/changes/{number}/effect", get(changes::effect))
        .route("/changes/{number}/agree", post(changes::agree))
        .route("/changes/{number}/check", post(changes::check))
        .route("/changes/{number}/move", post(changes::move_day))
        .route("/changes/{number}/tasks/{key}", post(changes::say))
        .route("/changes/{number}/withdraw", post(changes::withdraw))
}

/// What programs of the operator ask.
fn at_operator() -> Router<Web> {
    Router::new()
        .route("/office/applications", get(office::queue))
        .route("/office/applications/{number}", get(office::show))
        .route("/office/applications/{number}/approve", post(office::approve))
        .route("/office/applications/{number}/approve-first", post(office::approve_first))
        .route("/office/applications/{number}/reject", post(office::reject))
        .route("/office/applications/{number}/ask", post(office::ask))
        .route("/office/applications/{number}/note", post(office::note))
        .route("/office/applications/{number}/assign", post(office::assign))
        .route("/office/enrolments", get(enrolments::list))
        .route("/office/directory", get(registrar::directory))
        .route("/office/directory/shut", post(registrar::shut))
        .route("/office/directory/lift", post(registrar::lift))
        .route("/office/proposals", get(registrar::proposals))
        .route("/office/agreements", get(registrar::list_agreements).post(registrar::agree))
        .route("/office/agreements/{key}/end", post(registrar::end_agreement))
        .route("/office/signers", get(registrar::list_signers).post(registrar::register_signer))
        .route("/office/signers/{key}/withdraw", post(registrar::withdraw_signer))
        .route("/office/notices", get(registrar::list_notices))
        .route("/office/notices/{key}/settle", post(registrar::settle_notice))
        .route("/office/outbound", get(registrar::list_outbound))
        .route("/office/deployment-tests/untested", get(deployment_tests::untested))
        .route("/office/systems", get(systems::list))
        .route("/office/systems/{number}", get(systems::show))
        .route("/office/systems/{number}/functions", put(systems::declare))
        .route("/office/systems/{number}/supplier", put(systems::supplier))
        .route("/office/obligation", get(obligation::list))
        .route("/office/report", get(office::report))
        .route("/office/messages", get(office::messages))
        .route("/office/messages/{key}/again", post(office::again))
        .route("/office/messages/{key}/settle", post(office::settle))
}
