//! The mails of an application, in its applicant's language (Extranet guide 3.2).

use super::{Message, notice_words};
use crate::ports::{Mail, MailedFile, SECRET, Sms};
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::application::{Application, told_of_arrival, told_of_decision};
use liitos_domain::archive::RunStage;
use liitos_domain::contacts::Channel;
use liitos_domain::notice::Notice;
use liitos_domain::notification::Kind;
use liitos_domain::rules::Rulebook;
use liitos_store::controller_runs::Run;
use liitos_store::members::Granted;
use liitos_store::notifications::Notification;
use liitos_texts::Language;
use std::collections::BTreeSet;

/// "Your application was sent".
pub(crate) fn sent(app: &App, application: &Application, language: Language) -> Vec<Mail> {
    told_of_arrival(application).iter().map(|to| mail(app, application, language, "sent", to, "")).collect()
}

/// "Somebody has prepared your application: look at it, sign it and send it".
pub(crate) fn prepared(app: &App, application: &Application, language: Language, to: &str) -> Mail {
    mail(app, application, language, "prepared", to, "")
}

/// "Your rights are open"; on a first joining with the sealed copy of the undertaking.
pub(crate) fn approved(
    app: &App,
    application: &Application,
    language: Language,
    (in_part, copy): (Option<&str>, Option<(MailedFile, String)>),
) -> Vec<Mail> {
    let (files, copy) = match copy {
        Some((file, seal)) => {
            (vec![file], format!("\n\n{}", language.text_with("mail-undertaking-copy", &[("seal", &seal)])))
        }
        None => (Vec::new(), String::new()),
    };
    let reason = in_part.map_or_else(String::new, |reason| {
        format!("\n\n{}", language.text_with("mail-in-part", &[("reason", reason)]))
    });
    let more = format!("{reason}{copy}");
    let mail = |to: &String| Mail { files: files.clone(), ..mail(app, application, language, "approved", to, &more) };
    told_of_decision(application).iter().map(mail).collect()
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
        about: Some(application.joiner.clone()),
        files: Vec::new(),
    }
}

/// "Something you rest on changed" or "ends soon".
pub(crate) fn notice(app: &App, joiner: &Oid, notice: &Notice, language: Language, to: &str) -> Mail {
    let (subject, words) = notice_words(notice, language);
    let link = format!("{}/home", app.portal_address);
    let body = language.text_with("mail-notice-body", &[("joiner", joiner.as_str()), ("link", &link)]);
    // Of a message that did not arrive nobody is told that the telling did not arrive either.
    let about = (!matches!(notice, Notice::Undelivered { .. })).then(|| joiner.clone());
    let body = format!("{}\n\n{body}\n", words.join("\n"));
    Mail { to: to.to_owned(), subject, body, secret: None, about, files: Vec::new() }
}

/// "Your documents change controllers": what becomes of a run, from its approval to its report.
pub(crate) fn controller_run(
    joiner: &Oid,
    (run, stage): (&Run, RunStage),
    (from, to_controller): (&str, &str),
    language: Language,
    to: &str,
) -> Mail {
    let when = language.date_time(run.order.run_at);
    let arguments = [("number", &*run.number), ("from", from), ("to", to_controller), ("when", &when)];
    Mail {
        to: to.to_owned(),
        subject: language.text_with(&format!("mail-run-{stage}-subject"), &arguments),
        body: format!("{}\n", language.text_with(&format!("mail-run-{stage}-body"), &arguments)),
        secret: None,
        about: Some(joiner.clone()),
        files: Vec::new(),
    }
}

/// The same to the supplier of systems that a party, or its host, uses.
pub(crate) fn controller_run_to_supplier(
    (run, stage): (&Run, RunStage),
    names: (&str, &str),
    systems: &str,
    language: Language,
    to: &str,
) -> Mail {
    let told = controller_run(&run.order.from, (run, stage), names, language, to);
    let lead = language.text_with("mail-run-supplier", &[("systems", systems)]);
    Mail { body: format!("{lead}\n\n{}", told.body), about: None, ..told }
}

/// "Units of this organisation receive renewal requests from a day on", or receive none any more: to the code service, with a copy, in Finnish.
pub(crate) async fn code_service_letter(
    app: &App,
    notification: &Notification,
    back: bool,
    units: &BTreeSet<Oid>,
) -> Result<Vec<Mail>, ServiceError> {
    let (Some(from), false) = (notification.day, units.is_empty()) else { return Ok(Vec::new()) };
    let language = Language::Fi;
    let named: BTreeSet<Oid> = units.iter().chain([&notification.joiner]).cloned().collect();
    let names = crate::sign_in::names(app, &named).await?;
    let beside = |oid: &Oid| names.get(oid).map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"));
    let begins = notification.kind == Kind::Reception;
    let what = match (back, begins) {
        (true, _) => "withdrawn",
        (false, true) => "begins",
        (false, false) => "ends",
    };
    let (who, day) = (beside(&notification.joiner), language.date(from));
    let units: Vec<String> = units.iter().map(beside).collect();
    let units = units.join("\n");
    let off = from.plus_days(-Rulebook::standard().mark_off_days(from));
    let off = language.date(off.max(app.now()));
    let told =
        [("joiner", who.as_str()), ("number", &notification.number), ("day", &day), ("off", &off), ("units", &units)];
    let letter = |to: &String| Mail {
        to: to.clone(),
        subject: language.text_with("letter-code-service-subject", &told),
        body: format!("{}\n", language.text_with(&format!("letter-code-service-{what}"), &told)),
        secret: None,
        about: Some(notification.joiner.clone()),
        files: Vec::new(),
    };
    Ok(app.offices.code_service.iter().chain(&app.offices.copy).map(letter).collect())
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
    let link = format!("{}/language/{language}?to=/invitation/{SECRET}", app.portal_address);
    let position = language.text(&format!("position-{}", granted.position));
    let days = crate::members::OPEN_DAYS.to_string();
    let arguments =
        [("organisation", organisation.as_str()), ("position", &position), ("link", &link), ("days", &days)];
    Ok(Mail {
        to: granted.email.clone(),
        subject: language.text_with("mail-invitation-subject", &arguments),
        body: format!("{}\n", language.text_with("mail-invitation-body", &arguments)),
        secret: Some(secret.to_owned()),
        about: Some(granted.organisation.clone()),
        files: Vec::new(),
    })
}

/// "Is this address read?"; whoever has the code answers.
pub(crate) async fn verification(
    app: &App,
    joiner: &Oid,
    (channel, address): (Channel, &str),
    code: &str,
    language: Language,
) -> Result<Message, ServiceError> {
    let entry = crate::sign_in::register_entry(app, joiner).await?;
    let organisation = entry.map_or_else(|| joiner.to_string(), |(_, entry)| entry.name);
    let link = format!("{}/language/{language}?to=/verify/{SECRET}", app.portal_address);
    let arguments = [("organisation", organisation.as_str()), ("link", &link)];
    let (to, secret, about) = (address.to_owned(), Some(code.to_owned()), Some(joiner.clone()));
    Ok(match channel {
        Channel::Email => Message::Mail(Mail {
            to,
            subject: language.text_with("mail-verify-subject", &arguments),
            body: format!("{}\n", language.text_with("mail-verify-body", &arguments)),
            secret,
            about,
            files: Vec::new(),
        }),
        Channel::Sms => Message::Sms(Sms { to, text: language.text_with("sms-verify", &arguments), secret, about }),
    })
}
