//! The application: who sends it, whom it names, who pays (Extranet guide 1 to 3).

use super::Case;
use crate::identifier::{ArchivistCardNumber, BusinessId, EInvoiceAddress};
use crate::plan::{Applicant, ContactRole, PlannedApplication, PlannedContact};
use crate::rules::answers::Answers;
use crate::service_code::Service;

/// What a plan tells of its application; where it tells nothing, the rule is not checked.
fn told<'a>(case: &Case<'a>, answers: &mut Answers) -> Option<&'a PlannedApplication> {
    if case.plan.application.is_none() {
        answers.unknown("application");
    }
    case.plan.application.as_ref()
}

/// Who sends it is in charge, or holds the mandate.
pub(in crate::rules) fn applicant_entitled(case: &Case<'_>, answers: &mut Answers) {
    if let Some(application) = told(case, answers) {
        answers.known("application.applicant", application.applicant, |applicant| *applicant != Applicant::Other);
    }
}

/// There is one e-mail address for notices.
pub(in crate::rules) fn notice_address(case: &Case<'_>, answers: &mut Answers) {
    if let Some(application) = told(case, answers) {
        let email = application.email.as_deref().unwrap_or_default();
        answers.judge("application.email", is_address(email), email);
    }
}

/// Somebody is named for the role, for each of the services that ask for it.
pub(in crate::rules) fn contact(case: &Case<'_>, role: ContactRole, services: &[Service], answers: &mut Answers) {
    let asking: Vec<Service> =
        case.plan.services.iter().map(|service| service.code).filter(|code| services.contains(code)).collect();
    if !services.is_empty() && asking.is_empty() {
        return;
    }
    let Some(application) = told(case, answers) else { return };
    let named: Vec<_> = (1..).zip(&application.contacts).filter(|(_, contact)| contact.role == role).collect();
    let asking: Vec<Option<Service>> =
        if asking.is_empty() { vec![None] } else { asking.into_iter().map(Some).collect() };
    for service in asking {
        let serves = |contact: &PlannedContact| {
            service.is_none_or(|service| contact.services.is_empty() || contact.services.contains(&service))
        };
        let mut wrong = Vec::new();
        let reached = named.iter().filter(|(_, contact)| serves(contact)).any(|(n, contact)| match missing(contact) {
            None => true,
            Some((key, found)) => {
                wrong.push((format!("application.contact[{n}].{key}"), found));
                false
            }
        });
        let found = service.map_or_else(|| role.to_string(), |service| format!("{role}, {service}"));
        if reached || wrong.is_empty() {
            answers.judge("application.contact", reached, found);
        }
        // Somebody is named, but cannot be reached: what is wrong stands there.
        for (place, found) in wrong.into_iter().filter(|_| !reached) {
            answers.judge(place, false, found);
        }
    }
}

/// What a contact cannot be reached by, and what stands there.
fn missing(contact: &PlannedContact) -> Option<(&'static str, String)> {
    let (email, phone) = (contact.email.as_deref().unwrap_or_default(), contact.phone.as_deref().unwrap_or_default());
    let sound = phone.chars().filter(char::is_ascii_digit).count() >= 5;
    if !is_address(email) {
        Some(("email", email.to_owned()))
    } else if contact.role == ContactRole::Fault && !sound {
        // A fault is told by e-mail and by text message.
        Some(("phone", phone.to_owned()))
    } else {
        None
    }
}

/// An archivist's card number has its eleven characters.
pub(in crate::rules) fn archivist_card(case: &Case<'_>, answers: &mut Answers) {
    let contacts = case.plan.application.iter().flat_map(|application| &application.contacts).enumerate();
    for (n, contact) in contacts.filter(|(_, contact)| contact.role == ContactRole::Archivist) {
        let place = format!("application.contact[{}].card", n + 1);
        answers.known(place, contact.card.as_deref(), |card| ArchivistCardNumber::parse(card).is_ok());
    }
}

/// Who pays is told where a service is paid for.
pub(in crate::rules) fn billing(case: &Case<'_>, services: &[Service], answers: &mut Answers) {
    if !case.plan.services.iter().any(|service| services.contains(&service.code)) {
        return;
    }
    let Some(application) = told(case, answers) else { return };
    match &application.billing {
        None => answers.judge("application.billing", false, ""),
        Some(billing) => {
            let id = billing.business_id.as_deref().unwrap_or_default();
            told_why(answers, "application.billing.business_id", id, BusinessId::parse(id).err());
            let address = billing.address.as_deref().unwrap_or_default().trim();
            answers.judge("application.billing.address", !address.is_empty(), address);
        }
    }
}

/// An e-invoice address is sound, and its operator is named.
pub(in crate::rules) fn e_invoice(case: &Case<'_>, answers: &mut Answers) {
    let billing = case.plan.application.as_ref().and_then(|application| application.billing.as_ref());
    let Some(billing) = billing.filter(|billing| billing.e_invoice.is_some()) else { return };
    let address = billing.e_invoice.as_deref().unwrap_or_default();
    told_why(answers, "application.billing.e_invoice", address, EInvoiceAddress::parse(address).err());
    let operator = billing.operator.as_deref().unwrap_or_default().trim();
    answers.judge("application.billing.operator", !operator.is_empty(), operator);
}

/// Kept unless something is wrong with the value, which is then told beside it.
fn told_why(answers: &mut Answers, place: &str, value: &str, wrong: Option<impl std::fmt::Display>) {
    match wrong {
        None => answers.judge(place, true, value),
        Some(wrong) => answers.judge(place, false, format!("{value} ({wrong})")),
    }
}

/// Something before and something after one at sign, without blanks: mailboxes tell the rest.
fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}
