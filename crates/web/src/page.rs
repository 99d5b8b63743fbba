//! What every page knows: the reader's language, who they are, where they are.

use crate::Web;
use crate::errors::Failure;
use crate::language::of_request;
use crate::sessions::ACTOR;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use http::request::Parts;
use liitos_domain::application::{Issue, Severity, State};
use liitos_domain::directory::Link;
use liitos_domain::rules::{self, Outcome, Verdict};
use liitos_domain::{Interval, Moment, Oid, RefusalCode};
use liitos_service::{Actor, ServiceError, sign_in};
use liitos_texts::Language;
use tower_sessions::Session;

/// The frame of a page.
#[derive(Clone)]
pub(crate) struct Page {
    /// The reader's language.
    pub(crate) language: Language,
    /// Path and query, for coming back after a change of language or a sign-in.
    pub(crate) path: String,
    /// Who is signed in.
    pub(crate) actor: Option<Actor>,
    /// The name of the organisation acted for.
    pub(crate) organisation: Option<String>,
}

impl Page {
    pub(crate) async fn of(parts: &mut Parts, web: &Web) -> Self {
        let actor = match Session::from_request_parts(parts, web).await {
            Ok(session) => session.get::<Actor>(ACTOR).await.ok().flatten(),
            Err(_) => None,
        };
        let acting_for = actor.as_ref().and_then(|actor| actor.acting_for.clone());
        let organisation = match acting_for {
            Some(oid) => Some(organisation_name(web, &oid).await),
            None => None,
        };
        Self { language: of_request(&parts.headers), path: parts.uri.path().to_owned(), actor, organisation }
    }

    /// A text in the reader's language.
    #[must_use]
    pub(crate) fn t(&self, key: &str) -> String {
        self.language.text(key)
    }

    /// The languages offered.
    #[must_use]
    pub(crate) const fn languages(&self) -> [Language; 3] {
        Language::ALL
    }

    /// Who is signed in, or the refusal.
    pub(crate) fn signed_in(&self) -> Result<&Actor, Failure> {
        self.actor.as_ref().ok_or_else(|| ServiceError::refused(RefusalCode::SignInNeeded, "").into())
    }

    pub(crate) fn service(&self, service: liitos_domain::Service) -> String {
        self.t(&format!("service-{service}"))
    }

    pub(crate) fn validity(&self, valid: &Interval) -> String {
        self.language.validity(valid)
    }

    /// A link on one line: its role and network, its name and addresses.
    pub(crate) fn link(&self, link: &Link) -> String {
        let addresses: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
        let (role, network) = (self.t(&format!("link-{}", link.role)), self.t(&format!("network-{}", link.network)));
        format!("{role}, {network}: {} ({})", link.dns_name, addresses.join(", "))
    }

    pub(crate) fn state(&self, state: &State) -> (String, &'static str) {
        let look = match state {
            State::Draft => "open",
            State::Sent { .. } | State::Approved { .. } => "ready",
            State::Rejected { .. } => "attention",
        };
        (self.t(&format!("state-{}", state.code())), look)
    }

    pub(crate) fn since(&self, moment: Moment) -> String {
        self.language.date_time(moment)
    }

    pub(crate) fn findings(&self, issues: &[Issue]) -> Vec<FindingView> {
        issues.iter().map(|issue| FindingView::of(self.language, *issue)).collect()
    }
}

impl FromRequestParts<Web> for Page {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts, web).await)
    }
}

/// A finding as pages show it: what is wrong, how it is mended, by which clause.
pub(crate) struct FindingView {
    pub(crate) look: &'static str,
    pub(crate) severity: String,
    pub(crate) what: String,
    pub(crate) how: String,
    pub(crate) clause: String,
}

impl FindingView {
    /// A rule that is broken: what it demands, where it is not so, and how that is mended.
    pub(crate) fn of_rule(language: Language, outcome: &Outcome<'_>) -> Self {
        let key = format!("rule-{}", outcome.rule.id);
        let broken = outcome.answers.iter().filter(|answer| answer.verdict == Verdict::Broken);
        let places: Vec<String> = broken.map(|answer| format!("{} = {}", answer.place, answer.found)).collect();
        Self {
            look: match outcome.rule.severity {
                rules::Severity::Error => "error",
                rules::Severity::Warning => "warning",
                rules::Severity::Advice => "advice",
            },
            severity: language.text(&format!("severity-{}", outcome.rule.severity)),
            what: language.text(&key),
            how: format!(
                "{} {} {}",
                places.join("; "),
                language.attribute(&key, "long"),
                language.attribute(&key, "how")
            ),
            clause: liitos_service::rules::sources(language, outcome.rule),
        }
    }

    fn of(language: Language, issue: Issue) -> Self {
        let key = format!("issue-{}", issue.code());
        Self {
            look: match issue.severity() {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Advice => "advice",
            },
            severity: language.text(&format!("severity-{}", issue.severity())),
            what: language.text(&key),
            how: language.attribute(&key, "how"),
            clause: language.clause(issue.clause()),
        }
    }
}

/// The name of an organisation in the register, or its OID.
pub(crate) async fn organisation_name(web: &Web, oid: &Oid) -> String {
    let entry = sign_in::register_entry(&web.app, oid).await.ok().flatten();
    entry.map_or_else(|| oid.to_string(), |(_, entry)| entry.name)
}

/// Renders a template.
pub(crate) fn render_page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => Failure::from(ServiceError::internal("template", error)).into_response(),
    }
}
