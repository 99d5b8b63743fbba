//! Every path of the portal and who answers it.

use crate::pages::{self, office};
use crate::{Web, fhir, language, statics};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};

/// Every page and form of the portal: method, path. A test calls each without a session.
pub const ROUTES: &[(&str, &str)] = &[
    ("GET", "/organisations"),
    ("POST", "/organisations"),
    ("GET", "/members"),
    ("POST", "/members"),
    ("POST", "/members/{key}/end"),
    ("GET", "/invitation/{secret}"),
    ("POST", "/invitation/{secret}"),
    ("GET", "/contacts"),
    ("GET", "/contacts/new"),
    ("POST", "/contacts/new"),
    ("GET", "/contacts/{key}"),
    ("POST", "/contacts/{key}"),
    ("GET", "/contacts/{key}/remove"),
    ("POST", "/contacts/{key}/remove"),
    ("GET", "/contacts/address"),
    ("POST", "/contacts/address"),
    ("GET", "/contacts/billing/{service}"),
    ("POST", "/contacts/billing/{service}"),
    ("POST", "/contacts/verify"),
    ("POST", "/contacts/confirm"),
    ("GET", "/copies/{key}"),
    ("GET", "/programs"),
    ("POST", "/programs"),
    ("POST", "/programs/{key}/end"),
    ("POST", "/delegations"),
    ("POST", "/delegations/{key}/end"),
    ("POST", "/webhooks"),
    ("POST", "/webhooks/{key}/end"),
    ("GET", "/campaigns"),
    ("POST", "/campaigns"),
    ("GET", "/campaigns/template.csv"),
    ("GET", "/campaigns/{key}"),
    ("GET", "/sign"),
    ("POST", "/sign"),
    ("GET", "/home"),
    ("GET", "/enrolment"),
    ("POST", "/enrolment"),
    ("GET", "/enrolment/end"),
    ("POST", "/enrolment/end"),
    ("GET", "/certificates"),
    ("GET", "/connection"),
    ("GET", "/decision"),
    ("GET", "/api/decision"),
    ("GET", "/call"),
    ("GET", "/api/call"),
    ("GET", "/log"),
    ("GET", "/obligation"),
    ("GET", "/requests"),
    ("POST", "/obligation"),
    ("GET", "/timeline"),
    ("GET", "/changes"),
    ("GET", "/changes/new/{kind}"),
    ("POST", "/changes/new/{kind}"),
    ("GET", "/changes/{number}"),
    ("POST", "/changes/{number}/agree"),
    ("POST", "/changes/{number}/check"),
    ("POST", "/changes/{number}/move"),
    ("POST", "/changes/{number}/share"),
    ("POST", "/changes/{number}/unshare"),
    ("POST", "/changes/{number}/tasks/{key}"),
    ("POST", "/changes/{number}/withdraw"),
    ("GET", "/changes/{number}/calendar"),
    ("GET", "/changes/{number}/effect"),
    ("GET", "/deployment-tests"),
    ("POST", "/deployment-tests"),
    ("GET", "/deployment-tests/{number}"),
    ("POST", "/deployment-tests/{number}/cases/{case}"),
    ("POST", "/deployment-tests/{number}/request"),
    ("POST", "/deployment-tests/{number}/send"),
    ("POST", "/deployment-tests/{number}/withdraw"),
    ("POST", "/deployment-tests/{number}/removal"),
    ("GET", "/deployment-tests/{number}/report/{language}"),
    ("GET", "/moves"),
    ("POST", "/moves"),
    ("GET", "/moves/keys"),
    ("POST", "/moves/keys"),
    ("POST", "/moves/keys/{key}/end"),
    ("GET", "/moves/{number}"),
    ("POST", "/moves/{number}"),
    ("POST", "/moves/{number}/send"),
    ("POST", "/moves/{number}/answer"),
    ("POST", "/moves/{number}/halt"),
    ("POST", "/moves/{number}/resume"),
    ("POST", "/moves/{number}/give-up"),
    ("GET", "/moves/{number}/report"),
    ("GET", "/notifications"),
    ("POST", "/notifications"),
    ("GET", "/notifications/{number}"),
    ("POST", "/notifications/{number}"),
    ("POST", "/notifications/{number}/send"),
    ("POST", "/notifications/{number}/withdraw"),
    ("GET", "/notifications/{number}/report"),
    ("GET", "/notifications/{number}/report/{language}"),
    ("GET", "/runs"),
    ("GET", "/runs/{number}/documents"),
    ("GET", "/runs/{number}/report"),
    ("GET", "/api/log"),
    ("GET", "/api/log/consistency"),
    ("GET", "/fhir/{kind}"),
    ("POST", "/fhir/{kind}/_search"),
    ("GET", "/fhir/{kind}/_history"),
    ("GET", "/fhir/{kind}/{id}"),
    ("GET", "/check"),
    ("POST", "/check"),
    ("POST", "/api/check"),
    ("POST", "/certificates"),
    ("POST", "/applications"),
    ("GET", "/applications/{number}"),
    ("GET", "/applications/{number}/{step}"),
    ("POST", "/applications/{number}/{step}"),
    ("POST", "/applications/{number}/{step}/check"),
    ("POST", "/applications/{number}/{step}/keep"),
    ("POST", "/applications/{number}/send"),
    ("POST", "/applications/{number}/withdraw"),
    ("GET", "/applications/{number}/calendar"),
    ("POST", "/applications/{number}/attachments"),
    ("GET", "/applications/{number}/attachments/{key}"),
    ("POST", "/applications/{number}/attachments/{key}/remove"),
    ("GET", "/office"),
    ("GET", "/office/applications.csv"),
    ("GET", "/office/systems"),
    ("POST", "/office/systems"),
    ("POST", "/office/systems/supplier"),
    ("GET", "/office/obligation"),
    ("GET", "/office/obligation.csv"),
    ("GET", "/office/enrolments"),
    ("GET", "/office/report"),
    ("GET", "/office/report.csv"),
    ("GET", "/office/applications/{number}"),
    ("POST", "/office/applications/{number}/approve"),
    ("POST", "/office/applications/{number}/approve-first"),
    ("POST", "/office/applications/{number}/reject"),
    ("POST", "/office/applications/{number}/ask"),
    ("POST", "/office/applications/{number}/note"),
    ("POST", "/office/applications/{number}/assign"),
    ("GET", "/office/directory"),
    ("POST", "/office/directory/close"),
    ("POST", "/office/directory/shut"),
    ("POST", "/office/directory/lift"),
    ("POST", "/office/directory/return"),
    ("GET", "/office/directory/by-hand"),
    ("POST", "/office/directory/by-hand"),
    ("GET", "/office/directory/proposals/{key}"),
    ("POST", "/office/directory/proposals/{key}/approve"),
    ("POST", "/office/directory/proposals/{key}/withdraw"),
    ("GET", "/office/agreements"),
    ("POST", "/office/agreements"),
    ("POST", "/office/agreements/{key}/end"),
    ("GET", "/office/signers"),
    ("POST", "/office/signers"),
    ("POST", "/office/signers/{key}/withdraw"),
    ("GET", "/archive"),
    ("POST", "/archive"),
    ("GET", "/archive/uses"),
    ("POST", "/archive/uses"),
    ("GET", "/archive/documents/{id}"),
    ("GET", "/archive/documents/{id}/file"),
    ("POST", "/archive/documents/{id}/void"),
    ("GET", "/office/changes"),
    ("GET", "/office/changes/new/{kind}"),
    ("POST", "/office/changes/new/{kind}"),
    ("GET", "/office/changes/{number}"),
    ("POST", "/office/changes/{number}/check"),
    ("POST", "/office/changes/{number}/move"),
    ("POST", "/office/changes/{number}/share"),
    ("POST", "/office/changes/{number}/unshare"),
    ("POST", "/office/changes/{number}/tasks/{key}"),
    ("POST", "/office/changes/{number}/withdraw"),
    ("GET", "/office/changes/{number}/calendar"),
    ("GET", "/office/changes/{number}/effect"),
    ("GET", "/office/deployment-tests"),
    ("GET", "/office/deployment-tests/{number}"),
    ("POST", "/office/deployment-tests/{number}/accept"),
    ("POST", "/office/deployment-tests/{number}/give-back"),
    ("POST", "/office/deployment-tests/{number}/remove"),
    ("GET", "/office/deployment-tests/{number}/report/{language}"),
    ("GET", "/office/moves"),
    ("GET", "/office/moves/{number}"),
    ("POST", "/office/moves/{number}/approve"),
    ("POST", "/office/moves/{number}/give-back"),
    ("POST", "/office/moves/{number}/halt"),
    ("POST", "/office/moves/{number}/resume"),
    ("POST", "/office/moves/{number}/give-up"),
    ("GET", "/office/moves/{number}/report"),
    ("GET", "/office/notifications"),
    ("GET", "/office/notifications/{number}"),
    ("POST", "/office/notifications/{number}/approve"),
    ("POST", "/office/notifications/{number}/give-back"),
    ("GET", "/office/notifications/{number}/report"),
    ("GET", "/office/notifications/{number}/report/{language}"),
    ("GET", "/office/runs"),
    ("POST", "/office/runs/days"),
    ("POST", "/office/runs/days/remove"),
    ("GET", "/office/runs/new"),
    ("POST", "/office/runs/new"),
    ("GET", "/office/runs/{number}"),
    ("POST", "/office/runs/{number}/approve"),
    ("POST", "/office/runs/{number}/cancel"),
    ("POST", "/office/runs/{number}/pause"),
    ("POST", "/office/runs/{number}/resume"),
    ("POST", "/office/runs/{number}/reverse"),
    ("POST", "/office/runs/{number}/keep"),
    ("POST", "/office/runs/{number}/priority"),
    ("GET", "/office/runs/{number}/documents"),
    ("GET", "/office/runs/{number}/report"),
    ("GET", "/office/faults"),
    ("GET", "/office/faults/new"),
    ("POST", "/office/faults/new"),
    ("GET", "/office/faults/{number}"),
    ("GET", "/office/faults/{number}/say"),
    ("POST", "/office/faults/{number}/say"),
    ("GET", "/office/programs"),
    ("POST", "/office/programs"),
    ("POST", "/office/programs/{key}/end"),
    ("GET", "/office/messages"),
    ("POST", "/office/messages/{key}/again"),
    ("POST", "/office/messages/{key}/settle"),
    ("GET", "/office/outbound"),
    ("POST", "/office/outbound/pass-on"),
    ("GET", "/office/notices"),
    ("POST", "/office/notices/{key}/settle"),
    ("POST", "/notices/{key}/settle"),
];

/// Pages that need no session.
pub const OPEN_ROUTES: &[(&str, &str)] = &[
    ("GET", "/"),
    ("GET", "/help"),
    ("GET", "/help/{topic}"),
    ("GET", "/glossary"),
    ("GET", "/health"),
    ("GET", "/status"),
    ("GET", "/api/status"),
    ("GET", "/api/log/head"),
    ("GET", "/api/use-log/head"),
    ("GET", "/api/seal"),
    ("GET", "/api/units/receiving"),
    ("GET", "/fhir/metadata"),
    ("GET", "/language/{code}"),
    ("GET", "/sign-in"),
    ("GET", "/sign-in/callback"),
    ("GET", "/mandates/callback"),
    ("POST", "/sign-out"),
    ("GET", "/shared/{secret}"),
    ("GET", "/shared/{secret}/calendar"),
    ("GET", "/verify/{secret}"),
    ("POST", "/verify/{secret}"),
    ("POST", "/receipts/sms"),
    ("GET", "/static/{*path}"),
];

/// Largest upload taken: a file with what a form puts around it.
const MAX_UPLOAD_BYTES: usize = liitos_domain::application::attachment::MAX_BYTES + 64 * 1024;

/// A form that brings a file.
fn uploading_post<H: Handler<T, Web>, T: 'static>(handler: H) -> MethodRouter<Web> {
    post(handler).layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES))
}

/// Longest list of a move with what a form puts around it: ten thousand lines, or some two thousand certificates.
const MAX_LIST_BYTES: usize = 8 * 1024 * 1024;

/// A form that brings a list of thousands.
fn listing_post<H: Handler<T, Web>, T: 'static>(handler: H) -> MethodRouter<Web> {
    post(handler).layer(DefaultBodyLimit::max(MAX_LIST_BYTES))
}

/// All of them.
pub(crate) fn all() -> Router<Web> {
    coming_and_going()
        .merge(extranet())
        .merge(changing())
        .merge(testing())
        .merge(archivist())
        .merge(back_office())
        .merge(programs())
}

/// Who one is, in which language, and for whom one acts.
fn coming_and_going() -> Router<Web> {
    Router::new()
        .route("/", get(pages::start::show))
        .route("/help", get(pages::help::list))
        .route("/help/{topic}", get(pages::help::topic))
        .route("/glossary", get(pages::help::glossary))
        .route("/health", get(|| async { "ok" }))
        .route("/status", get(pages::status::show))
        .route("/language/{code}", get(language::switch))
        .route("/sign-in", get(pages::sign_in::begin))
        .route("/sign-in/callback", get(pages::sign_in::finish))
        .route("/sign-out", post(pages::sign_in::sign_out))
        .route("/mandates/callback", get(pages::sign_in::mandates))
        .route("/invitation/{secret}", get(pages::invitation::show).post(pages::invitation::accept))
        .route("/shared/{secret}", get(pages::changes::shared))
        .route("/shared/{secret}/calendar", get(pages::changes::shared_calendar))
        .route("/verify/{secret}", get(pages::verify::show).post(pages::verify::prove))
        .route("/receipts/sms", post(pages::receipts::sms))
        .route("/static/{*path}", get(statics::serve))
        .route("/organisations", get(pages::organisations::show).post(pages::organisations::choose))
}

/// An organisation's pages.
fn extranet() -> Router<Web> {
    Router::new()
        .route("/members", get(pages::members::show).post(pages::members::grant))
        .route("/members/{key}/end", post(pages::members::end))
        .route("/contacts", get(pages::contacts::show))
        .route("/contacts/new", get(pages::contacts::new).post(pages::contacts::add))
        .route("/contacts/{key}", get(pages::contacts::edit).post(pages::contacts::change))
        .route("/contacts/{key}/remove", get(pages::contacts::ask_remove).post(pages::contacts::remove))
        .route("/contacts/address", get(pages::contacts::address_form).post(pages::contacts::set_address))
        .route("/contacts/billing/{service}", get(pages::contacts::billing_form).post(pages::contacts::set_billing))
        .route("/contacts/verify", post(pages::contacts::verify))
        .route("/contacts/confirm", post(pages::contacts::confirm))
        .route("/copies/{key}", get(pages::copies::read))
        .route("/programs", get(pages::programs::show).post(pages::programs::add))
        .route("/programs/{key}/end", post(pages::programs::end))
        .route("/delegations", post(pages::programs::delegate))
        .route("/delegations/{key}/end", post(pages::programs::end_delegation))
        .route("/webhooks", post(pages::programs::add_webhook))
        .route("/webhooks/{key}/end", post(pages::programs::end_webhook))
        .route("/campaigns", get(pages::campaigns::list).merge(uploading_post(pages::campaigns::import)))
        .route("/campaigns/template.csv", get(pages::campaigns::template))
        .route("/campaigns/{key}", get(pages::campaigns::show))
        .route("/sign", get(pages::campaigns::ready).post(pages::campaigns::sign))
        .route("/home", get(pages::home::show))
        .route("/enrolment", get(pages::enrolment::show).post(pages::enrolment::enrol))
        .route("/enrolment/end", get(pages::enrolment::ask_end).post(pages::enrolment::end))
        .route("/connection", get(pages::connection::own))
        .route("/decision", get(pages::decision::show))
        .route("/call", get(pages::call::show))
        .route("/log", get(pages::log::show))
        .route("/requests", get(pages::requests::show))
        .route("/obligation", get(pages::obligation::show).post(pages::obligation::say))
        .route("/timeline", get(pages::timeline::show))
        .route("/runs", get(pages::runs::show))
        .route("/runs/{number}/documents", get(pages::run_documents::own))
        .route("/runs/{number}/report", get(pages::runs::report))
        .route("/check", get(pages::check::show).post(pages::check::check))
        .route("/certificates", get(pages::certificates::own).post(pages::certificates::show))
        .route("/applications", post(pages::application::begin))
        .route("/applications/{number}", get(pages::application::show))
        .route("/applications/{number}/send", post(pages::summary::send))
        .route("/applications/{number}/withdraw", post(pages::application::withdraw))
        .route("/applications/{number}/calendar", get(pages::calendar::file))
        .route("/applications/{number}/attachments", uploading_post(pages::attachments::attach))
        .route("/applications/{number}/attachments/{key}", get(pages::attachments::read))
        .route("/applications/{number}/attachments/{key}/remove", post(pages::attachments::detach))
        .route("/applications/{number}/{step}", get(pages::step::show).post(pages::step::save))
        .route("/applications/{number}/{step}/check", post(pages::step::check))
        .route("/applications/{number}/{step}/keep", post(pages::step::keep))
        .route("/notices/{key}/settle", post(pages::notices::settle_own))
}

/// What changes: planned, and notified; on an organisation's desk and on the operator's.
fn changing() -> Router<Web> {
    Router::new()
        .route("/changes", get(pages::changes::list))
        .route("/changes/new/{kind}", get(pages::changes::new).post(pages::changes::keep))
        .route("/changes/{number}", get(pages::changes::show))
        .route("/changes/{number}/agree", post(pages::changes::agree))
        .route("/changes/{number}/check", post(pages::changes::check))
        .route("/changes/{number}/move", post(pages::changes::move_day))
        .route("/changes/{number}/share", post(pages::changes::share))
        .route("/changes/{number}/unshare", post(pages::changes::unshare))
        .route("/changes/{number}/tasks/{key}", post(pages::changes::say))
        .route("/changes/{number}/withdraw", post(pages::changes::withdraw))
        .route("/changes/{number}/calendar", get(pages::changes::calendar))
        .route("/changes/{number}/effect", get(pages::change_effect::show))
        .route("/moves", get(pages::moves::list).post(pages::moves::begin))
        .route("/moves/keys", get(pages::moves::keys).post(pages::moves::give_key))
        .route("/moves/keys/{key}/end", post(pages::moves::end_key))
        .route("/moves/{number}", get(pages::moves::show).merge(listing_post(pages::moves::save)))
        .route("/moves/{number}/send", post(pages::moves::send))
        .route("/moves/{number}/answer", post(pages::moves::answer))
        .route("/moves/{number}/halt", post(pages::moves::halt))
        .route("/moves/{number}/resume", post(pages::moves::resume))
        .route("/moves/{number}/give-up", post(pages::moves::give_up))
        .route("/moves/{number}/report", get(pages::moves::report))
        .route("/notifications", get(pages::notifications::list).post(pages::notifications::begin))
        .route("/notifications/{number}", get(pages::notifications::show).post(pages::notifications::save))
        .route("/notifications/{number}/send", post(pages::notifications::send))
        .route("/notifications/{number}/withdraw", post(pages::notifications::withdraw))
        .route("/notifications/{number}/report", get(pages::notifications::report))
        .route("/notifications/{number}/report/{language}", get(pages::notifications::paper))
        .route("/office/changes", get(pages::changes::list))
        .route("/office/changes/new/{kind}", get(pages::changes::new).post(pages::changes::keep))
        .route("/office/changes/{number}", get(pages::changes::show))
        .route("/office/changes/{number}/check", post(pages::changes::check))
        .route("/office/changes/{number}/move", post(pages::changes::move_day))
        .route("/office/changes/{number}/share", post(pages::changes::share))
        .route("/office/changes/{number}/unshare", post(pages::changes::unshare))
        .route("/office/changes/{number}/tasks/{key}", post(pages::changes::say))
        .route("/office/changes/{number}/withdraw", post(pages::changes::withdraw))
        .route("/office/changes/{number}/calendar", get(pages::changes::calendar))
        .route("/office/changes/{number}/effect", get(pages::change_effect::show))
        .route("/office/moves", get(pages::moves::list))
        .route("/office/moves/{number}", get(pages::moves::show))
        .route("/office/moves/{number}/approve", post(pages::moves::approve))
        .route("/office/moves/{number}/give-back", post(pages::moves::give_back))
        .route("/office/moves/{number}/halt", post(pages::moves::halt))
        .route("/office/moves/{number}/resume", post(pages::moves::resume))
        .route("/office/moves/{number}/give-up", post(pages::moves::give_up))
        .route("/office/moves/{number}/report", get(pages::moves::report))
        .route("/office/notifications", get(pages::notifications::list))
        .route("/office/notifications/{number}", get(pages::notifications::show))
        .route("/office/notifications/{number}/approve", post(pages::notifications::approve))
        .route("/office/notifications/{number}/give-back", post(pages::notifications::give_back))
        .route("/office/notifications/{number}/report", get(pages::notifications::report))
        .route("/office/notifications/{number}/report/{language}", get(pages::notifications::paper))
}

/// Deployment tests, on the joiner's desk and on the operator's.
fn testing() -> Router<Web> {
    Router::new()
        .route("/deployment-tests", get(pages::deployment_tests::list).post(pages::deployment_tests::begin))
        .route("/deployment-tests/{number}", get(pages::deployment_test::show))
        .route("/deployment-tests/{number}/cases/{case}", post(pages::deployment_test::say))
        .route("/deployment-tests/{number}/request", post(pages::deployment_test::request))
        .route("/deployment-tests/{number}/send", post(pages::deployment_test::send))
        .route("/deployment-tests/{number}/withdraw", post(pages::deployment_test::withdraw))
        .route("/deployment-tests/{number}/removal", post(pages::deployment_test::ask_removal))
        .route("/deployment-tests/{number}/report/{language}", get(pages::deployment_test::paper))
        .route("/office/deployment-tests", get(pages::deployment_tests::list))
        .route("/office/deployment-tests/{number}", get(pages::deployment_test::show))
        .route("/office/deployment-tests/{number}/accept", post(pages::deployment_test::accept))
        .route("/office/deployment-tests/{number}/give-back", post(pages::deployment_test::give_back))
        .route("/office/deployment-tests/{number}/remove", post(pages::deployment_test::remove))
        .route("/office/deployment-tests/{number}/report/{language}", get(pages::deployment_test::paper))
}

/// An archivist's pages.
fn archivist() -> Router<Web> {
    Router::new()
        .route("/archive", get(pages::archive::desk).post(pages::archive::search))
        .route("/archive/uses", get(pages::archive::uses).post(pages::archive::uses_posted))
        .route("/archive/documents/{id}", get(pages::archive::document))
        .route("/archive/documents/{id}/file", get(pages::archive::file))
        .route("/archive/documents/{id}/void", post(pages::archive::invalidate))
}

/// The operator's pages.
fn back_office() -> Router<Web> {
    Router::new()
        .route("/office", get(office::queue::show))
        .route("/office/applications.csv", get(office::queue::export))
        .route("/office/enrolments", get(office::enrolments::show))
        .route("/office/systems", get(office::systems::show).post(office::systems::declare))
        .route("/office/systems/supplier", post(office::systems::supplier))
        .route("/office/obligation", get(office::obligation::show))
        .route("/office/obligation.csv", get(office::obligation::export))
        .route("/office/report", get(office::report::show))
        .route("/office/report.csv", get(office::report::export))
        .route("/office/applications/{number}", get(office::decision::show))
        .route("/office/applications/{number}/approve", post(office::decision::approve))
        .route("/office/applications/{number}/approve-first", post(office::decision::approve_first))
        .route("/office/applications/{number}/reject", post(office::decision::reject))
        .route("/office/applications/{number}/ask", post(office::decision::ask_more))
        .route("/office/applications/{number}/note", post(office::decision::note))
        .route("/office/applications/{number}/assign", post(office::decision::assign))
        .route("/office/directory", get(office::directory::show))
        .route("/office/directory/close", post(office::directory::close))
        .route("/office/directory/shut", post(office::shut::shut))
        .route("/office/directory/lift", post(office::shut::lift))
        .route("/office/directory/return", post(office::proposal::propose_return))
        .route("/office/directory/by-hand", get(office::by_hand::show).post(office::by_hand::propose))
        .route("/office/directory/proposals/{key}", get(office::proposal::show))
        .route("/office/directory/proposals/{key}/approve", post(office::proposal::approve))
        .route("/office/directory/proposals/{key}/withdraw", post(office::proposal::withdraw))
        .route("/office/agreements", get(office::agreements::show).post(office::agreements::agree))
        .route("/office/agreements/{key}/end", post(office::agreements::end))
        .route("/office/signers", get(office::signers::show).post(office::signers::register))
        .route("/office/signers/{key}/withdraw", post(office::signers::withdraw))
        .route("/office/runs", get(office::runs::list))
        .route("/office/runs/days", post(office::runs::add_day))
        .route("/office/runs/days/remove", post(office::runs::remove_day))
        .route("/office/runs/new", get(office::runs::new).post(office::runs::order))
        .route("/office/runs/{number}", get(office::runs::show))
        .route("/office/runs/{number}/approve", post(office::runs::approve))
        .route("/office/runs/{number}/cancel", post(office::runs::cancel))
        .route("/office/runs/{number}/pause", post(office::runs::pause))
        .route("/office/runs/{number}/resume", post(office::runs::resume))
        .route("/office/runs/{number}/reverse", post(office::runs::reverse))
        .route("/office/runs/{number}/keep", post(office::runs::keep))
        .route("/office/runs/{number}/priority", post(office::runs::prioritise))
        .route("/office/runs/{number}/documents", get(pages::run_documents::office))
        .route("/office/runs/{number}/report", get(office::runs::report))
        .route("/office/faults", get(office::faults::list))
        .route("/office/faults/new", get(office::faults::new).post(office::faults::announce))
        .route("/office/faults/{number}", get(office::faults::show))
        .route("/office/faults/{number}/say", get(office::faults::more).post(office::faults::say))
        .route("/office/programs", get(office::programs::show).post(office::programs::add))
        .route("/office/programs/{key}/end", post(office::programs::end))
        .route("/office/messages", get(office::messages::show))
        .route("/office/messages/{key}/again", post(office::messages::again))
        .route("/office/messages/{key}/settle", post(office::messages::settle))
        .route("/office/outbound", get(office::outbound::show))
        .route("/office/outbound/pass-on", post(office::outbound::pass_on))
        .route("/office/notices", get(pages::notices::office))
        .route("/office/notices/{key}/settle", post(pages::notices::settle_any))
}

/// What programs ask.
fn programs() -> Router<Web> {
    Router::new()
        .route("/api/decision", get(pages::decision::operation))
        .route("/api/call", get(pages::call::operation))
        .route("/api/log", get(pages::log::own))
        .route("/api/log/consistency", get(pages::log::consistency))
        .route("/api/log/head", get(pages::log::head))
        .route("/api/use-log/head", get(pages::log::use_log_head))
        .route("/api/units/receiving", get(crate::api::receiving::list))
        .route("/api/status", get(crate::api::status::show))
        .route("/api/seal", get(pages::copies::public_key))
        .route("/fhir/metadata", get(fhir::metadata))
        .route("/fhir/{kind}", get(fhir::search))
        .route("/fhir/{kind}/_search", post(fhir::search_posted))
        .route("/fhir/{kind}/_history", get(fhir::changes))
        .route("/fhir/{kind}/{id}", get(fhir::read))
        .route("/api/check", post(pages::check::operation))
}
