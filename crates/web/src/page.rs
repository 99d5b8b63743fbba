//! What every page knows: the reader's language, who they are, where they are.

use crate::Web;
use crate::errors::Failure;
use crate::guard::bearer;
use crate::language::of_request;
use crate::pages::effect::contradiction;
use crate::sessions::ACTOR;
use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Response};
use http::request::Parts;
use liitos_domain::application::plan::field_of;
use liitos_domain::application::steps::{plain_field, role_field};
use liitos_domain::application::{Application, State};
use liitos_domain::directory::Link;
use liitos_domain::plan::ContactRole;
use liitos_domain::rules::{Outcome, Severity, Verdict};
use liitos_domain::{Act, Duty, Interval, Moment, Oid, Position, RefusalCode};
use liitos_service::applications::Checked;
use liitos_service::{Actor, ServiceError, applications, programs, sign_in};
use liitos_texts::Language;
use tower_sessions::Session;

/// For whom a program acts, where that is a customer of its own organisation.
const ORGANISATION: &str = "liitos-organisation";

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
    /// Why it is not known what somebody may do who is signed in.
    pub(crate) unknown: Option<Failure>,
}

impl Page {
    pub(crate) async fn of(parts: &mut Parts, web: &Web) -> Self {
        if parts.uri.path().starts_with("/api/")
            && let Some(secret) = bearer(&parts.headers)
        {
            return Self::of_program(parts, web, secret).await;
        }
        let actor = match Session::from_request_parts(parts, web).await {
            Ok(session) => session.get::<Actor>(ACTOR).await.ok().flatten(),
            Err(_) => None,
        };
        // What was taken back since they signed in they may not do any more.
        let actor = actor.filter(|actor| actor.is_signed_in(web.app.now()));
        let (actor, unknown) = match actor {
            Some(actor) => match sign_in::refreshed(&web.app, actor).await {
                Ok(actor) => (Some(actor), None),
                Err(error) => (None, Some(Failure::from(error))),
            },
            None => (None, None),
        };
        let acting_for = actor.as_ref().and_then(|actor| actor.acting_for.clone());
        let organisation = match acting_for {
            Some(oid) => Some(organisation_name(web, &oid).await),
            None => None,
        };
        let (language, path) = (of_request(&parts.headers), parts.uri.path().to_owned());
        Self { language, path, actor, organisation, unknown }
    }

    /// What is known of a program that shows its secret.
    async fn of_program(parts: &Parts, web: &Web, secret: &str) -> Self {
        let acting_for = parts.headers.get(ORGANISATION).map(|value| value.to_str().unwrap_or_default());
        let (actor, unknown) = match programs::known(&web.app, secret, acting_for).await {
            Ok(actor) => (Some(actor), None),
            Err(error) => (None, Some(Failure::from(error))),
        };
        let (language, path) = (of_request(&parts.headers), parts.uri.path().to_owned());
        Self { language, path, actor, organisation: None, unknown }
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
        match (&self.actor, &self.unknown) {
            (Some(actor), _) => Ok(actor),
            (None, Some(failure)) => Err(failure.clone()),
            (None, None) => Err(ServiceError::refused(RefusalCode::SignInNeeded, "").into()),
        }
    }

    /// Whether the reader may sign for anybody.
    pub(crate) fn binds(&self) -> bool {
        let organisations = self.actor.iter().flat_map(|actor| &actor.organisations);
        organisations.flat_map(|organisation| &organisation.positions).any(|position| position.permits(Act::Bind))
    }

    /// Whether the reader is the archivist of the organisation acted for.
    pub(crate) fn archives(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.may(Act::Archive))
    }

    /// Whether the reader sees the operator's cases.
    pub(crate) fn handles(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.sees(Duty::Handle))
    }

    /// Whether the reader sees registers and directory.
    pub(crate) fn keeps(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.sees(Duty::Keep))
    }

    /// Whether the reader sees what joiners are told of that does not work.
    pub(crate) fn informs(&self) -> bool {
        self.actor.as_ref().is_some_and(|actor| actor.sees(Duty::Inform))
    }

    /// How long decisions took lately, where there were any.
    pub(crate) async fn usual_wait(&self, web: &Web) -> Result<Option<String>, Failure> {
        let usual = applications::usual_wait(&web.app).await?;
        Ok(usual.map(|usual| {
            let (half, most) = (self.language.lasting(usual.median), self.language.lasting(usual.nine_in_ten));
            let key = if half == most { "usual-wait-same" } else { "usual-wait" };
            self.language.text_with(key, &[("half", &half), ("most", &most)])
        }))
    }

    /// This page's path as the value of another page's query.
    pub(crate) fn encoded_path(&self) -> String {
        encoded(&self.path)
    }

    /// A position in an organisation.
    pub(crate) fn position(&self, position: Position) -> String {
        self.t(&format!("position-{position}"))
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
        let halls: Vec<&str> = link.halls.iter().map(|hall| hall.code()).collect();
        let halls = if halls.is_empty() { String::new() } else { format!(", {}", halls.join("/")) };
        format!("{role}, {network}: {} ({}{halls})", link.dns_name, addresses.join(", "))
    }

    pub(crate) fn state(&self, state: &State) -> (String, &'static str) {
        let look = match state {
            State::Draft | State::Withdrawn { .. } => "open",
            State::Sent { .. } | State::Approved { .. } => "ready",
            State::Rejected { .. } | State::MoreAsked { .. } => "attention",
        };
        (self.t(&format!("state-{}", state.code())), look)
    }

    pub(crate) fn since(&self, moment: Moment) -> String {
        self.language.date_time(moment)
    }

    /// What a field is called; of a connection that is not the first, with its number.
    pub(crate) fn label(&self, field: &str) -> String {
        let (plain, nth) = plain_field(field);
        let label = self.t(&format!("field-label-{}", plain.replace('_', "-")));
        if nth > 1 { format!("{label} ({nth})") } else { label }
    }

    /// The same of any step's field: of a role with the role's name.
    pub(crate) fn field_label(&self, field: &str) -> String {
        for role in ContactRole::ALL {
            for part in ["name", "email", "phone"] {
                if field == role_field(*role, part) {
                    return format!(
                        "{}: {}",
                        self.t(&format!("role-{role}")),
                        self.t(&format!("field-label-contact-{part}"))
                    );
                }
            }
        }
        self.label(field)
    }

    /// What an application breaks, each place named by the field where it is filled in.
    pub(crate) fn findings(&self, application: &Application, outcomes: &[&Outcome<'_>]) -> Vec<FindingView> {
        let named = |place: &str| field_of(application, place).map(|field| self.label(&field));
        outcomes.iter().map(|outcome| FindingView::of(self.language, outcome, named)).collect()
    }

    /// The same of a whole application, with why the directory could not take it first.
    pub(crate) fn all_findings(&self, application: &Application, checked: &Checked) -> Vec<FindingView> {
        let contradiction = checked.contradiction.as_ref().map(|error| contradiction(self.language, error));
        let contradiction = contradiction.map(|what| FindingView::plain(self.language, what));
        contradiction.into_iter().chain(self.findings(application, &checked.broken(None))).collect()
    }

    /// What rules demand that could not be checked.
    pub(crate) fn open(&self, outcomes: &[&Outcome<'_>]) -> Vec<String> {
        outcomes.iter().map(|outcome| self.language.rule(outcome.rule, None)).collect()
    }
}

impl FromRequestParts<Web> for Page {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        // What is known once for a request need not be asked for again.
        Ok(match parts.extensions.get::<Self>() {
            Some(known) => known.clone(),
            None => Self::of(parts, web).await,
        })
    }
}

/// A finding as pages show it: what is wrong, where, why by which clause, who mends it and how.
pub(crate) struct FindingView {
    pub(crate) look: &'static str,
    pub(crate) severity: String,
    pub(crate) what: String,
    pub(crate) places: Vec<String>,
    pub(crate) why: String,
    pub(crate) clause: String,
    pub(crate) mender: String,
    pub(crate) how: String,
}

impl FindingView {
    /// An error that no rule speaks of.
    fn plain(language: Language, what: String) -> Self {
        let none = String::new;
        let severity = language.text("severity-error");
        Self {
            look: "error",
            severity,
            what,
            places: Vec::new(),
            why: none(),
            clause: none(),
            mender: none(),
            how: none(),
        }
    }

    /// A rule that is broken; `named` says what people call a place, or nothing where the rule names it well enough.
    pub(crate) fn of(language: Language, outcome: &Outcome<'_>, named: impl Fn(&str) -> Option<String>) -> Self {
        let rule = outcome.rule;
        let broken = outcome.answers.iter().filter(|answer| answer.verdict == Verdict::Broken);
        // What is only yes, no or a count says nothing by itself.
        let bare = |found: &str| found.is_empty() || found.parse::<bool>().is_ok() || found.parse::<u64>().is_ok();
        let word = |found: &str| match found {
            network @ ("private" | "public") => language.text(&format!("network-{network}")),
            found => found.to_owned(),
        };
        let told = broken.filter_map(|answer| match (named(&answer.place), answer.found.as_str()) {
            (place, found) if bare(found) => place,
            (Some(place), found) => Some(format!("{place}: {}", word(found))),
            (None, found) => Some(word(found)),
        });
        let mut places: Vec<String> = told.map(|place| language.days_in(&place)).collect();
        places.dedup();
        Self {
            look: match rule.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Advice => "advice",
            },
            severity: language.text(&format!("severity-{}", rule.severity)),
            what: language.rule(rule, Some("broken")),
            places,
            why: language.rule(rule, Some("long")),
            clause: liitos_service::rules::sources(language, rule),
            mender: language.text(rule.mender.key()),
            how: language.rule(rule, Some("how")),
        }
    }
}

/// The name of an organisation in the register, or its OID.
pub(crate) async fn organisation_name(web: &Web, oid: &Oid) -> String {
    let entry = sign_in::register_entry(&web.app, oid).await.ok().flatten();
    entry.map_or_else(|| oid.to_string(), |(_, entry)| entry.name)
}

/// A path as the value of a query.
pub(crate) fn encoded(path: &str) -> String {
    form_urlencoded::byte_serialize(path.as_bytes()).collect()
}

/// Renders a template.
pub(crate) fn render_page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => Failure::from(ServiceError::internal("template", error)).into_response(),
    }
}

/// A moment as RFC 3339 writes it, or as a browser's form does: without a zone, and so in Helsinki.
pub(crate) fn given_time(text: &str) -> Option<Moment> {
    Moment::parse(text).ok().or_else(|| Moment::parse_civil(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_a_zone() {
        let told = |text| given_time(text).map(|at| at.to_string());
        assert_eq!(told("2027-01-15T10:00:00Z").as_deref(), Some("2027-01-15T10:00:00Z"));
        assert_eq!(told("2027-01-15T10:00").as_deref(), Some("2027-01-15T08:00:00Z"));
        assert_eq!(told("soon"), None);
    }
}
