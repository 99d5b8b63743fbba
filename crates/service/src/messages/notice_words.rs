//! Notices in words, for pages and mails.

use liitos_domain::Moment;
use liitos_domain::directory::Basis;
use liitos_domain::notice::{ClosingNews, Ending, Notice, NotificationNews, Touches};
use liitos_domain::notification::Kind;
use liitos_domain::register::{Difference, Matter};
use liitos_domain::rules::visible;
use liitos_texts::Language;

/// A notice in words: its heading, then what happened, what it touches and what to do.
#[must_use]
pub fn notice_words(notice: &Notice, language: Language) -> (String, Vec<String>) {
    let mut words = Vec::new();
    let heading = match notice {
        Notice::Register { register, id, name, differences, .. } => {
            words.extend(differences.iter().map(|one| difference(one, language)));
            let register = language.text(&format!("register-{register}"));
            language.text_with("notice-register", &[("register", &register), ("name", name), ("id", id)])
        }
        Notice::Rule { rule, found, .. } => {
            let key = format!("rule-{rule}");
            words.push(language.attribute(&key, "long"));
            words.extend(found.iter().map(|(_, what)| what.clone()));
            words.push(language.attribute(&key, "how"));
            language.text_with("notice-rule", &[("rule", &language.attribute(&key, "broken"))])
        }
        Notice::Directory { version, basis, .. } => {
            words.push(language.text("notice-directory-log"));
            let basis = language.basis(&Basis::parse(basis));
            language.text_with("notice-directory", &[("basis", &basis), ("version", &version.to_string())])
        }
        Notice::Undelivered { channel, address, subject } => {
            words.push(language.text_with("notice-undelivered-what", &[("subject", subject)]));
            words.push(language.text("notice-undelivered-how"));
            let channel = language.text(&format!("channel-{channel}"));
            language.text_with("notice-undelivered", &[("channel", &channel), ("address", address)])
        }
        Notice::Change { number, title, day, news } => {
            words.push(language.text_with("notice-change-where", &[("number", number), ("title", title)]));
            let day = language.date(*day);
            let told = [("number", number.as_str()), ("title", title), ("day", &day)];
            language.text_with(&format!("notice-change-{news}"), &told)
        }
        Notice::Notification { .. } => notified(notice, language, &mut words),
        Notice::Closing { .. } => closed(notice, language, &mut words),
        Notice::Move { .. } => moved(notice, language, &mut words),
        Notice::DeploymentTest { number, service, news } => {
            let service = language.text(&format!("service-{service}"));
            let told = [("number", number.as_str()), ("service", &service)];
            words.push(language.text_with(&format!("notice-deployment-test-{news}-how"), &told));
            language.text_with(&format!("notice-deployment-test-{news}"), &told)
        }
        Notice::Requests { .. } | Notice::Unanswered { .. } | Notice::Mark { .. } => {
            reception(notice, language, &mut words)
        }
        Notice::StillRight { since } => {
            words.push(language.text("notice-still-right-how"));
            language.text_with("notice-still-right", &[("day", &language.date(*since))])
        }
        Notice::Ends { what, id, at, order_by, .. } => {
            words.extend(what_ends(*what, id, *order_by, language));
            let (what, at) = (language.text(&format!("ending-{what}")), language.date(*at));
            language.text_with("notice-ends", &[("what", &what), ("day", &at)])
        }
    };
    words.extend(notice.touches().into_iter().flat_map(|touches| touched(touches, language)));
    if let Notice::Register { differences, .. } = notice
        && differences.iter().any(|difference| difference.matter == Matter::BusinessId)
    {
        words.push(language.text("notice-new-joining"));
    }
    (heading, words)
}

/// What became of a change notification.
fn notified(notice: &Notice, language: Language, words: &mut Vec<String>) -> String {
    let Notice::Notification { number, what: kind, by, day, news } = notice else { return String::new() };
    let (day, what) = (language.date(*day), language.text(&format!("notification-kind-{kind}")));
    let told = [("number", number.as_str()), ("what", &what), ("by", by.as_str()), ("day", &day)];
    // A controller update run is ordered by it, and approved by somebody else.
    let news = match (kind, news) {
        (Kind::Controller, NotificationNews::Approved) => "ordered",
        (_, news) => news.code(),
    };
    words.push(language.text_with(&format!("notice-notification-{news}-how"), &told));
    language.text_with(&format!("notice-notification-{news}"), &told)
}

/// What became of a move.
fn moved(notice: &Notice, language: Language, words: &mut Vec<String>) -> String {
    let Notice::Move { number, title, what, by, at, news } = notice else { return String::new() };
    let (title, what) = (visible(title), language.text(&format!("move-kind-{what}")));
    let told = [("number", number.as_str()), ("title", &title), ("what", &what), ("by", by.as_str())];
    if let Some(at) = at {
        words.push(language.text_with("notice-move-at", &[("at", &language.to_the_second(*at))]));
    }
    words.push(language.text_with(&format!("notice-move-{news}-how"), &told));
    language.text_with(&format!("notice-move-{news}"), &told)
}

/// What is closed, how far, why and until when; or that it is open again.
fn closed(notice: &Notice, language: Language, words: &mut Vec<String>) -> String {
    let Notice::Closing { news, stage, reason, at, until, .. } = notice else { return String::new() };
    let at = language.date_time(*at);
    if !reason.is_empty() {
        words.push(language.text_with("notice-closing-reason", &[("reason", reason)]));
    }
    if matches!(news, ClosingNews::Lifted | ClosingNews::CalledOff) {
        return language.text_with(&format!("notice-closing-{news}"), &[("at", &at)]);
    }
    words.push(match until {
        Some(until) => language.text_with("notice-closing-until", &[("until", &language.date_time(*until))]),
        None => language.text("notice-closing-open-ended"),
    });
    language.text_with(&format!("notice-closing-{stage}"), &[("at", &at)])
}

/// What is told of renewal requests and of the units that receive them.
fn reception(notice: &Notice, language: Language, words: &mut Vec<String>) -> String {
    match notice {
        Notice::Requests { unit, count, since } => {
            words.push(language.text("notice-requests-how"));
            let (count, since) = (count.to_string(), language.date_time(*since));
            language.text_with("notice-requests", &[("unit", unit.as_str()), ("count", &count), ("since", &since)])
        }
        Notice::Unanswered { unit, count, message, state, since } => {
            let (count, since) = (count.to_string(), language.date_time(*since));
            words.push(language.text(&format!("notice-unanswered-{state}")));
            words.push(language.text_with("notice-unanswered-what", &[("message", message), ("since", &since)]));
            words.push(language.text("notice-unanswered-how"));
            language.text_with("notice-unanswered", &[("unit", unit.as_str()), ("count", &count)])
        }
        Notice::Mark { unit, amiss } => {
            words.extend(amiss.iter().map(|amiss| language.text(&format!("amiss-{amiss}-how"))));
            language.text_with("notice-mark", &[("unit", unit.as_str())])
        }
        _ => String::new(),
    }
}

/// The rights and access points that something touches.
fn touched(touches: &Touches, language: Language) -> Vec<String> {
    let rights = touches.rights.iter().map(|(service, point)| {
        let service = language.text(&format!("service-{service}"));
        language.text_with("notice-touches-right", &[("service", &service), ("point", point.as_str())])
    });
    let points = touches.access_points.iter();
    let points = points.map(|point| language.text_with("notice-touches-point", &[("point", point.as_str())]));
    rights.chain(points).collect()
}

/// What ends by name, and who orders a new one by when.
fn what_ends(what: Ending, id: &str, order_by: Option<Moment>, language: Language) -> Vec<String> {
    let order = match order_by {
        Some(by) => Some(language.text_with("notice-order-by", &[("day", &language.date(by))])),
        None => (what == Ending::ServerCertificate).then(|| language.text("notice-administrator-orders")),
    };
    [language.text_with("notice-ends-name", &[("id", id)])].into_iter().chain(order).collect()
}

/// What changed in a register, before and after.
fn difference(difference: &Difference, language: Language) -> String {
    let matter = language.text(&format!("matter-{}", difference.matter));
    let said = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    let (was, is) = (said(&difference.was), said(&difference.is));
    language.text_with("notice-difference", &[("matter", matter.as_str()), ("was", &was), ("is", &is)])
}
