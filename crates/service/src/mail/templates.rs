//! The mails of an application, in its applicant's language (Extranet guide 3.2).

use crate::App;
use crate::ports::Mail;
use liitos_domain::application::steps::{Role, contact};
use liitos_domain::application::{Application, Step};
use liitos_texts::Language;
use std::collections::BTreeSet;

/// "Your application was sent": to the client address.
pub(crate) fn sent(app: &App, application: &Application, language: Language) -> Vec<Mail> {
    let to = application.form(Step::ClientData).text("email").to_owned();
    vec![mail(app, application, language, "sent", &to, "")]
}

/// "Your rights are open": to the client address, the administrative contact and the archivist; on a first joining
/// with a copy of the undertaking.
pub(crate) fn approved(app: &App, application: &Application, language: Language) -> Vec<Mail> {
    let copy = if application.first_joining {
        format!("\n\n{}\n\n{}", language.text("mail-undertaking-copy"), language.text("undertaking-text"))
    } else {
        String::new()
    };
    recipients(application).iter().map(|to| mail(app, application, language, "approved", to, &copy)).collect()
}

/// "Your application was rejected, because": to the same.
pub(crate) fn rejected(app: &App, application: &Application, language: Language, reason: &str) -> Vec<Mail> {
    let reason = format!("\n\n{}", language.text_with("mail-reason", &[("reason", reason)]));
    recipients(application).iter().map(|to| mail(app, application, language, "rejected", to, &reason)).collect()
}

/// Each address once.
fn recipients(application: &Application) -> BTreeSet<String> {
    let contacts = application.form(Step::Contacts);
    let roles = [Role::Administrative, Role::Archivist].into_iter().filter(|role| role.needed_for(application.service));
    let of_roles = roles.filter_map(|role| contact(&contacts, role)).map(|contact| contact.email);
    std::iter::once(application.form(Step::ClientData).text("email").to_owned()).chain(of_roles).collect()
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
