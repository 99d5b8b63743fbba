//! What is written to whom a fault hits.

use super::{Kept, Reached, Said};
use crate::App;
use crate::messages::Message;
use crate::ports::{Mail, Sms};
use liitos_domain::Moment;
use liitos_domain::contacts::Channel;
use liitos_domain::county::County;
use liitos_domain::fault::{Course, Fault, Stage, Statement};
use liitos_domain::identifier::AccessPointOid;
use liitos_texts::Language;
use std::collections::BTreeMap;

/// Longest text message, in characters: three parts of one.
const MAX_SMS: usize = 400;

/// So many earlier statements are repeated.
const REPEATED: usize = 5;

/// What is written in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The mail's subject.
    pub subject: String,
    /// The mail.
    pub body: String,
    /// The text message.
    pub sms: String,
}

/// The messages that carry a statement to everybody whom it reaches.
pub(super) fn letter(
    app: &App,
    kept: &Kept,
    (statement, earlier): (&Statement, &[Said]),
    reached: &Reached,
) -> Vec<Message> {
    let in_each: BTreeMap<&str, Written> = Language::ALL
        .iter()
        .map(|language| (language.code(), written(&app.portal_address, kept, (statement, earlier), *language)))
        .collect();
    let message = |((channel, address, language), joiner): (&(Channel, String, &'static str), _)| {
        let written = in_each.get(language)?;
        let (to, about) = (address.clone(), Some(Clone::clone(joiner)));
        Some(match channel {
            Channel::Email => Message::Mail(Mail {
                to,
                subject: written.subject.clone(),
                body: written.body.clone(),
                secret: None,
                about,
                files: Vec::new(),
            }),
            Channel::Sms => Message::Sms(Sms { to, text: written.sms.clone(), secret: None, about }),
        })
    };
    reached.addresses.iter().filter_map(message).collect()
}

/// A statement in words, in a language, with what was said before it.
#[must_use]
pub fn written(portal: &str, kept: &Kept, (statement, earlier): (&Statement, &[Said]), language: Language) -> Written {
    let fault = &kept.fault;
    let headline = fault.headline.of(language.code()).0;
    let coming = fault.course(statement.at) == Course::Coming && statement.stage == Stage::Started;
    let stage = if coming { "planned" } else { statement.stage.code() };
    let told = [("headline", headline), ("number", &kept.number)];
    let subject = language.text_with(&format!("fault-subject-{}-{stage}", fault.kind), &told);
    let facts: Vec<String> = facts(fault, language).into_iter().map(|(name, said)| format!("{name}: {said}")).collect();
    let mut lines = vec![language.text_with("fault-number", &told)];
    lines.extend(facts.iter().cloned());
    let before = earlier.iter().map(|said| &said.statement).take(REPEATED);
    for said in std::iter::once(statement).chain(before) {
        lines.extend(spoken(said, language));
    }
    let place = if fault.public { format!("{portal}/status#{}", kept.number) } else { format!("{portal}/home") };
    lines.push(format!("\n{}", language.text_with("fault-mail-end", &[("link", &place)])));
    let mut sms = format!("{subject}. {}. {place}", facts.join(". "));
    if sms.chars().count() > MAX_SMS {
        sms = format!("{subject}. {place}");
    }
    Written { subject, body: format!("{}\n", lines.join("\n")), sms }
}

/// What was said in a statement and when, below an empty line; nothing where nothing was.
fn spoken(statement: &Statement, language: Language) -> Vec<String> {
    let (words, in_language) = statement.words.of(language.code());
    if words.is_empty() {
        return Vec::new();
    }
    let at = language.text_with("fault-said-at", &[("at", &language.date_time(statement.at))]);
    let mut lines = vec![String::new(), at];
    if in_language != language.code() {
        lines.push(language.text("fault-in-finnish"));
    }
    lines.push(words.to_owned());
    lines
}

/// What a fault is, in words: what it hits and when, each with what it is called.
#[must_use]
pub fn facts(fault: &Fault, language: Language) -> Vec<(String, String)> {
    let audience = &fault.audience;
    let services: Vec<String> =
        audience.services.iter().map(|service| language.text(&format!("service-{service}"))).collect();
    let services = if services.is_empty() { language.text("fault-all-services") } else { services.join(", ") };
    let points: Vec<&str> = audience.access_points.iter().map(AccessPointOid::as_str).collect();
    let systems: Vec<&str> = audience.systems.iter().map(String::as_str).collect();
    let places: Vec<&str> = audience.places.iter().map(String::as_str).collect();
    let counties = audience.counties.iter().filter_map(|code| County::parse(code));
    let counties: Vec<&str> = counties.map(|county| county.name(language.code())).collect();
    let moment = |at: Option<Moment>| at.map(|at| language.date_time(at)).unwrap_or_default();
    let off = fault.ended.is_some_and(|ended| ended < fault.begins);
    let expected = if fault.ended.is_none() { fault.expected } else { None };
    let all = [
        ("services", services),
        ("access-points", points.join(", ")),
        ("systems", systems.join(", ")),
        ("counties", counties.join(", ")),
        ("places", places.join(", ")),
        ("begins", moment(Some(fault.begins))),
        ("expected", moment(expected)),
        (if off { "called-off" } else { "ended" }, moment(fault.ended)),
    ];
    let said = all.into_iter().filter(|(_, said)| !said.is_empty());
    said.map(|(name, said)| (language.text(&format!("fault-fact-{name}")), said)).collect()
}
