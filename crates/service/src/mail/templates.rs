//! The mails of an application, in its applicant's language (Extranet guide 3.2).

use crate::App;
use crate::ports::Mail;
use liitos_domain::application::{Application, told_of_arrival, told_of_decision};
use liitos_texts::Language;

/// "Your application was sent".
pub(crate) fn sent(app: &App, application: &Application, language: Language) -> Vec<Mail> {
    told_of_arrival(application).iter().map(|to| mail(app, application, language, "sent", to, "")).collect()
}

/// "Your rights are open"; on a first joining with a copy of the undertaking.
pub(crate) fn approved(app: &App, application: &Application, language: Language) -> Vec<Mail> {
    let copy = if application.first_joining {
        format!("\n\n{}\n\n{}", language.text("mail-undertaking-copy"), language.text("undertaking-text"))
    } else {
        String::new()
    };
    told_of_decision(application).iter().map(|to| mail(app, application, language, "approved", to, &copy)).collect()
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
    }
}
