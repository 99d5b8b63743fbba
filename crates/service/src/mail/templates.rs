//! The mails of an application, in its applicant's language (Extranet guide 3.2).

use crate::ports::{Mail, SECRET};
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::application::{Application, told_of_arrival, told_of_decision};
use liitos_domain::directory::Basis;
use liitos_domain::notice::Notice;
use liitos_domain::register::Matter;
use liitos_store::members::Granted;
use liitos_texts::Language;

/// "Your application was sent".
pub(crate) fn sent(app: &App, application: &Application, language: Language) -> Vec<Mail> {
    told_of_arrival(application).iter().map(|to| mail(app, application, language, "sent", to, "")).collect()
}

/// "Your rights are open"; on a first joining with a copy of the undertaking.
pub(crate) fn approved(app: &App, application: &Application, language: Language, in_part: Option<&str>) -> Vec<Mail> {
    let copy = if application.first_joining {
        format!("\n\n{}\n\n{}", language.text("mail-undertaking-copy"), language.text("undertaking-text"))
    } else {
        String::new()
    };
    let reason = in_part.map_or_else(String::new, |reason| {
        format!("\n\n{}", language.text_with("mail-in-part", &[("reason", reason)]))
    });
    let more = format!("{reason}{copy}");
    told_of_decision(application).iter().map(|to| mail(app, application, language, "approved", to, &more)).collect()
}

/// "We ask you for more".
pub(crate) fn more_asked(app: &App, application: &Application, language: Language, question: &str) -> Vec<Mail> {
    let question = format!("\n\n{}", language.text_with("mail-question", &[("question", question)]));
    told_of_decision(application)
        .iter()
        .map(|to| mail(app, application, language, "more-asked", to, &question))
        .collect()
}

/// "Your application was rejected, because".
pub(crate) fn rejected(app: &App, application: &Application, language: Language, reason: &str) -> Vec<Mail> {
    let reason = format!("\n\n{}", language.text_with("mail-reason", &[("reason", reason)]));
    told_of_decision(application).iter().map(|to| mail(app, application, language, "rejected", to, &reason)).collect()
}

fn mail(app: &App, application: &Application, language: Language, what: &str, to: &str, more: &str) -> Mail {
    let service = language.text(&format!("service-{}", application.service));
    let link = format!("{}/applications/{}", app.portal_address, application.number);
    let arguments = [("number", application.number.as_str()), ("service", &service), ("link", &link)];
    Mail {
        to: to.to_owned(),
        subject: language.text_with(&format!("mail-{what}-subject"), &arguments),
        body: format!("{}{more}\n", language.text_with(&format!("mail-{what}-body"), &arguments)),
        secret: None,
    }
}

/// "Something you rest on changed" or "ends soon".
pub(crate) fn notice(app: &App, joiner: &Oid, notice: &Notice, language: Language, to: &str) -> Mail {
    let (subject, words) = notice_words(notice, language);
    let link = format!("{}/home", app.portal_address);
    let body = language.text_with("mail-notice-body", &[("joiner", joiner.as_str()), ("link", &link)]);
    Mail { to: to.to_owned(), subject, body: format!("{}\n\n{body}\n", words.join("\n")), secret: None }
}

/// "You are granted a position"; the link with its secret is for the recipient only.
pub(crate) async fn invitation(
    app: &App,
    granted: &Granted,
    secret: &str,
    language: Language,
) -> Result<Mail, ServiceError> {
    let entry = crate::sign_in::register_entry(app, &granted.organisation).await?;
    let organisation = entry.map_or_else(|| granted.organisation.to_string(), |(_, entry)| entry.name);
    let link = format!("{}/invitation/{SECRET}", app.portal_address);
    let position = language.text(&format!("position-{}", granted.position));
    let days = crate::members::OPEN_DAYS.to_string();
    let arguments =
        [("organisation", organisation.as_str()), ("position", &position), ("link", &link), ("days", &days)];
    Ok(Mail {
        to: granted.email.clone(),
        subject: language.text_with("mail-invitation-subject", &arguments),
        body: format!("{}\n", language.text_with("mail-invitation-body", &arguments)),
        secret: Some(secret.to_owned()),
    })
}

/// A notice in words: its heading, then what happened, what it touches and what to do.
#[must_use]
pub fn notice_words(notice: &Notice, language: Language) -> (String, Vec<String>) {
    let mut words = Vec::new();
    let heading = match notice {
        Notice::Register { register, id, name, differences, .. } => {
            for difference in differences {
                let matter = language.text(&format!("matter-{}", difference.matter));
                let said = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
                let (was, is) = (said(&difference.was), said(&difference.is));
                let arguments = [("matter", matter.as_str()), ("was", &was), ("is", &is)];
                words.push(language.text_with("notice-difference", &arguments));
            }
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
        Notice::Ends { what, id, at, order_by, .. } => {
            let what_ends = *what;
            let (what, at) = (language.text(&format!("ending-{what}")), language.date(*at));
            words.push(language.text_with("notice-ends-name", &[("id", id)]));
            if let Some(order_by) = order_by {
                words.push(language.text_with("notice-order-by", &[("day", &language.date(*order_by))]));
            } else if what_ends == liitos_domain::notice::Ending::ServerCertificate {
                words.push(language.text("notice-administrator-orders"));
            }
            language.text_with("notice-ends", &[("what", &what), ("day", &at)])
        }
    };
    let touches = notice.touches();
    for (service, point) in &touches.rights {
        let service = language.text(&format!("service-{service}"));
        words.push(language.text_with("notice-touches-right", &[("service", &service), ("point", point.as_str())]));
    }
    for point in &touches.access_points {
        words.push(language.text_with("notice-touches-point", &[("point", point.as_str())]));
    }
    if let Notice::Register { differences, .. } = notice
        && differences.iter().any(|difference| difference.matter == Matter::BusinessId)
    {
        words.push(language.text("notice-new-joining"));
    }
    (heading, words)
}
