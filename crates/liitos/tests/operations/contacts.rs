//! Contacts of a joiner, from its application on; addresses proved by a message; what does not arrive; the yearly question.

use crate::applications::{LEPOLA, filled_in, form, shown_effect};
use crate::on_both;
use liitos_domain::application::Step;
use liitos_domain::contacts::Channel;
use liitos_domain::notice::Notice;
use liitos_domain::{Moment, Oid, Position, RefusalCode, Service};
use liitos_service::contacts::{self, Own, SaveContact, Saved};
use liitos_service::messages::{self, Fate, Message, Page};
use liitos_service::{Actor, Organisation, ServiceError, applications, notices};
use liitos_store::jobs;
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

/// Lepola has joined the prescription service.
pub(crate) async fn joined(test: &TestApp) -> Actor {
    let actor = member_of(LEPOLA);
    let number = filled_in(test, &actor, Service::Prescription).await;
    applications::send(&test.app, &actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(test, &number).await;
    applications::approve(&test.app, &case_handler(), &number, &shown, &Default::default()).await.unwrap();
    actor
}

fn told(own: &Own) -> Vec<String> {
    let one = |kept: &liitos_domain::contacts::Kept| {
        let holds: Vec<String> = kept.holds.iter().map(ToString::to_string).collect();
        format!("{} {}", kept.person.email, holds.join(" "))
    };
    own.contacts.0.iter().map(one).collect()
}

fn saving(key: Option<i64>, revision: i32, email: &str, holds: &str) -> SaveContact {
    let pairs = [("name", "Uusi Taho"), ("email", email), ("phone", "050 7654321"), ("holds", holds)];
    SaveContact { key, revision, form: form(&pairs), language: Language::Fi }
}

on_both!(contacts_are_the_joiners_own, kept);

async fn kept(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    assert!(contacts::own(app, &member_of(LEPOLA)).await.unwrap().account.is_none(), "nothing before it joins");
    let actor = joined(&test).await;
    let own = contacts::own(app, &actor).await.unwrap();
    let expected = [
        "technical@lepola.test technical",
        "fault@lepola.test fault",
        "data-protection@lepola.test data-protection",
        "administrative@lepola.test administrative",
        "billing@lepola.test billing:prescription",
    ];
    assert_eq!(told(&own), expected);
    assert!(own.missing.is_empty() && own.billing[&Service::Prescription].text("address") == "Lepokatu 2");
    assert_eq!(own.account.as_ref().unwrap().email, "info@lepola.test");

    // Another for faults; then the first may go, and not before.
    let first = own.contacts.0[1].clone();
    assert_eq!(code(contacts::remove(app, &actor, first.key, 1).await), Some(RefusalCode::RoleEmpty));
    let bad = contacts::save(app, &actor, saving(None, 0, "not an address", "fault")).await.unwrap();
    assert!(matches!(bad, Saved::Wrong(errors) if errors[0].field == "email"));
    let added = contacts::save(app, &actor, saving(None, 0, "vika@lepola.test", "fault")).await.unwrap();
    let Saved::Kept(added) = added else { unreachable!("{added:?}") };
    contacts::remove(app, &actor, first.key, 1).await.unwrap();
    assert_eq!(code(contacts::remove(app, &actor, first.key, 1).await), Some(RefusalCode::NotFound));
    assert_eq!(
        code(contacts::save(app, &actor, saving(Some(added), 1, "vika@lepola.test", "technical")).await),
        Some(RefusalCode::RoleEmpty)
    );
    // Two at once: the slower one is told.
    let more = "fault technical administrative";
    contacts::save(app, &actor, saving(Some(added), 1, "vika@lepola.test", more)).await.unwrap();
    assert_eq!(
        code(contacts::save(app, &actor, saving(Some(added), 1, "other@lepola.test", more)).await),
        Some(RefusalCode::DraftChanged)
    );
    let billing = form(&[("business_id", "9999903-6"), ("address", "Uusi katu 1")]);
    assert!(contacts::set_billing(app, &actor, Service::Prescription, billing.clone()).await.unwrap().is_empty());
    assert_eq!(
        code(contacts::set_billing(app, &actor, Service::PatientData, billing).await),
        Some(RefusalCode::StateForbids),
        "it has not joined that"
    );
    contacts::set_address(app, &actor, "uusi@lepola.test", Language::Sv).await.unwrap();
    let changes: Vec<String> =
        contacts::own(app, &actor).await.unwrap().changes.iter().map(|change| change.what.to_string()).collect();
    assert_eq!(changes[..5], ["address", "billing", "changed", "removed", "added"]);

    // The next application knows all of it, and its approval leaves what it does not name.
    let next = applications::begin(app, &actor, Service::PatientData, None, Language::Fi).await.unwrap();
    let (stored, _) = applications::view(app, &actor, &next).await.unwrap();
    let step = stored.application.form(Step::Contacts);
    assert_eq!((step.text("fault_email"), step.text("technical_name")), ("vika@lepola.test", "Testi Taho"));
    assert_eq!(step.text("billing_email"), "billing@lepola.test", "who serves another service is proposed");
    assert_eq!(stored.application.form(Step::Billing).text("address"), "Uusi katu 1");
    assert_eq!(stored.application.form(Step::ClientData).text("email"), "uusi@lepola.test");
}

on_both!(what_was_signed_is_kept_sealed, sealed);

async fn sealed(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, joined(&test).await);
    messages::deliver_due(app).await.unwrap();
    let copies = applications::copies(app, &actor).await.unwrap();
    assert!(copies.len() == 1 && copies[0].body.is_empty());
    let copy = applications::copy(app, &actor, copies[0].key).await.unwrap();
    assert!(copy.body.starts_with(b"%PDF-1.7") && copy.name == "sitoumus-2026-1.pdf");
    let verifier = liitos_pki::seal::SealVerifier::from_public(&app.publication.public_key());
    assert!(verifier.sealed_copy(&copy.body, &copy.seal));
    // The same bytes went with the mail that tells of the decision, with the seal in its words.
    let approved: Vec<_> = test.mailbox.all().into_iter().filter(|mail| !mail.files.is_empty()).collect();
    assert_eq!(approved.len(), 2);
    assert!(approved.iter().all(|mail| mail.body.contains(&copy.seal) && mail.subject.contains("hyväksytty")));
    assert_eq!(test.mailbox.files(), [copy.body.clone(), copy.body.clone()]);
    let stranger = member_of("1.2.246.10.99999028.10.0");
    assert_eq!(code(applications::copy(app, &stranger, copy.key).await), Some(RefusalCode::NotFound));
    // Changed by a byte, the seal does not hold.
    let mut changed = copy.body.clone();
    changed[100] ^= 1;
    assert!(!verifier.sealed_copy(&changed, &copy.seal));
}

on_both!(who_may_keep_contacts, rights);

async fn rights(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, joined(&test).await);
    let oid = Oid::parse(LEPOLA).unwrap();
    let holds = |position| Actor {
        organisations: vec![Organisation { oid: oid.clone(), positions: vec![position] }],
        ..actor.clone()
    };
    let save = || saving(None, 0, "a@lepola.test", "technical");
    assert_eq!(code(contacts::save(app, &holds(Position::Technical), save()).await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(contacts::save(app, &holds(Position::Archivist), save()).await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(contacts::save(app, &case_handler(), save()).await), Some(RefusalCode::NotAllowed));
    assert!(contacts::save(app, &holds(Position::Administrative), save()).await.is_ok());
    // A contact of somebody else is not there.
    let stranger = member_of("1.2.246.10.99999028.10.0");
    assert_eq!(code(contacts::remove(app, &stranger, 1, 1).await), Some(RefusalCode::NotFound));
    let forged = saving(Some(1), 1, "evil@koivu.test", "technical");
    assert_eq!(code(contacts::save(app, &stranger, forged).await), Some(RefusalCode::NotFound));
    assert_eq!(
        code(contacts::verify(app, &stranger, &(Channel::Email, "info@lepola.test".into()), Language::Fi).await),
        Some(RefusalCode::NotFound),
        "nobody sends messages to whom they like"
    );
    assert_eq!(code(contacts::confirm(app, &stranger).await), Some(RefusalCode::StateForbids), "it has not joined");
}

on_both!(addresses_are_proved_by_a_message, proved);

async fn proved(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, joined(&test).await);
    messages::deliver_due(app).await.unwrap();
    let texts = test.mailbox.texts();
    assert_eq!((texts.len(), texts[0].to.as_str()), (1, "+358401234567"), "the fault phone only");
    assert!(texts[0].words().chars().count() <= 160, "{}", texts[0].words());
    let secret = texts[0].secret.clone().unwrap();
    let asked = contacts::asked(app, &secret).await.unwrap();
    assert_eq!((asked.channel, asked.address.as_str()), (Channel::Sms, "+358401234567"));
    contacts::prove(app, &secret.to_lowercase()).await.unwrap();
    assert_eq!(code(contacts::prove(app, &secret).await), Some(RefusalCode::NotFound), "once");
    let sms = (Channel::Sms, "+358401234567".to_owned());
    let own = contacts::own(app, &actor).await.unwrap();
    assert!(own.checks[&sms].confirmed_at.is_some());
    assert_eq!(own.checks.len(), 7, "five mailboxes, the joiner's own, and the telephone: each asked once");
    // Not twice in ten minutes, and an old link is worth nothing.
    let mailbox = (Channel::Email, "fault@lepola.test".to_owned());
    let ask = async || contacts::verify(app, &actor, &mailbox, Language::Fi).await;
    assert_eq!(code(ask().await), Some(RefusalCode::TooSoon));
    let old = test.mailbox.all().into_iter().find(|mail| mail.to == mailbox.1).unwrap().secret.unwrap();
    test.clock.advance(600);
    ask().await.unwrap();
    assert_eq!(code(contacts::prove(app, &old).await), Some(RefusalCode::NotFound));
    messages::deliver_due(app).await.unwrap();
    let new = test.mailbox.all().pop().unwrap().secret.unwrap();
    test.clock.advance(15 * 86_400);
    assert_eq!(code(contacts::prove(app, &new).await), Some(RefusalCode::NotFound), "fourteen days");
    let kept = jobs::newest(app.store.read(), &["mail", "sms"], None, None, 100).await.unwrap();
    assert!(kept.iter().all(|job| !job.payload.contains(&new) && !job.payload.contains(&secret)));
}

on_both!(what_does_not_arrive_comes_back, came_back);

async fn came_back(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, joined(&test).await, case_handler());
    messages::deliver_due(app).await.unwrap();
    let before = test.mailbox.all().len();
    // A mailbox that the server refuses at once, and a telephone that nobody has.
    contacts::save(app, &actor, saving(None, 0, "nobody@lepola.test", "technical")).await.unwrap();
    messages::deliver_due(app).await.unwrap();
    messages::deliver_due(app).await.unwrap();
    let mails = test.mailbox.all();
    assert_eq!(mails.len(), before + 1);
    assert!(mails[before].to == "administrative@lepola.test" && mails[before].body.contains("Luetaanko"), "{mails:?}");
    let own = contacts::own(app, &actor).await.unwrap();
    assert!(own.checks[&(Channel::Email, "nobody@lepola.test".to_owned())].failed_at.is_some());
    let open = notices::own(app, &actor).await.unwrap();
    assert!(matches!(&open[0].notice, Notice::Undelivered { address, .. } if address == "nobody@lepola.test"));

    // Told later, by the ticket; told twice it is known once.
    let ticket = test.mailbox.tickets().pop().unwrap();
    let fate = || Fate::Undelivered("550 no such mailbox".to_owned());
    messages::receipt(app, &ticket, fate()).await.unwrap();
    assert_eq!(code(messages::receipt(app, &ticket, fate()).await), Some(RefusalCode::NotFound));
    assert_eq!(code(messages::receipt(app, "guessed", fate()).await), Some(RefusalCode::NotFound));
    messages::deliver_due(app).await.unwrap();
    assert_eq!(test.mailbox.all().len(), before + 1, "of what tells of it nobody is told");
    let arrived = test.mailbox.tickets().remove(0);
    messages::receipt(app, &arrived, Fate::Delivered).await.unwrap();

    // Dead letters: what had a secret is spent once it was sent; what never left may be sent again.
    let dead = messages::outbox(app, &staff, Page { dead: true, before: None }).await.unwrap();
    let told: Vec<(&str, bool)> = dead.shown.iter().map(|one| (one.message.to(), one.message.spent())).collect();
    assert_eq!(told, [("administrative@lepola.test", false), ("nobody@lepola.test", false)]);
    assert_eq!((dead.dead, dead.older), (2, None));
    let key = dead.shown[1].job.key;
    assert_eq!(code(messages::again(app, &actor, key).await), Some(RefusalCode::NotAllowed));
    messages::again(app, &staff, key).await.unwrap();
    assert_eq!(code(messages::again(app, &staff, key).await), Some(RefusalCode::StateForbids));
    messages::deliver_due(app).await.unwrap();
    messages::settle(app, &staff, key).await.unwrap();
    messages::settle(app, &staff, dead.shown[0].job.key).await.unwrap();
    assert_eq!(code(messages::settle(app, &staff, 999_999).await), Some(RefusalCode::NotFound));
    assert_eq!(messages::outbox(app, &staff, Page::default()).await.unwrap().dead, 0);
}

on_both!(once_a_year_it_is_asked, yearly);

async fn yearly(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, joined(&test).await);
    assert_eq!(contacts::remind(app).await.unwrap(), 0);
    test.clock.advance(366 * 86_400);
    assert_eq!(contacts::remind(app).await.unwrap(), 1);
    assert_eq!(contacts::remind(app).await.unwrap(), 0, "not again at once");
    let asked =
        |open: &[notices::Stored]| open.iter().filter(|one| matches!(one.notice, Notice::StillRight { .. })).count();
    assert_eq!(asked(&notices::own(app, &actor).await.unwrap()), 1);
    messages::deliver_due(app).await.unwrap();
    let question = |mail: &&liitos_service::ports::Mail| mail.subject.contains("edelleen oikein");
    let mails = test.mailbox.all();
    let to: Vec<&str> = mails.iter().filter(question).map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["administrative@lepola.test"]);
    test.clock.advance(31 * 86_400);
    assert_eq!(contacts::remind(app).await.unwrap(), 1, "a month later again");
    contacts::confirm(app, &actor).await.unwrap();
    assert_eq!(asked(&notices::own(app, &actor).await.unwrap()), 0, "the answer settles the questions");
    test.clock.advance(32 * 86_400);
    assert_eq!(contacts::remind(app).await.unwrap(), 0);
}

on_both!(what_was_approved_before_contacts_were_kept, before);

async fn before(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, joined(&test).await);
    // As the code before left it: approved, and nothing kept.
    for table in ["contact_role", "contact_change", "contact", "joiner_account", "joiner_billing"] {
        sea_orm::ConnectionTrait::execute_unprepared(app.store.write(), &format!("DELETE FROM {table}")).await.unwrap();
    }
    assert_eq!(contacts::complete(app).await.unwrap(), 1);
    let own = contacts::own(app, &actor).await.unwrap();
    assert_eq!((own.contacts.0.len(), own.missing.len()), (5, 0));
    assert_eq!(contacts::complete(app).await.unwrap(), 0);
}

/// A message that nobody can read is given up, and one of an unknown kind is nobody's here.
#[test]
fn what_a_job_brings() {
    let job = |kind: &str, payload: &str| jobs::Job {
        key: 1,
        kind: kind.to_owned(),
        payload: payload.to_owned(),
        state: "queued".to_owned(),
        attempts: 0,
        created_at: Moment::from_seconds(0),
        last_error: None,
        receipt: None,
    };
    assert_eq!(Message::of(&job("mail", "{}")), None);
    assert_eq!(Message::of(&job("other", "{}")), None);
    // As the code before wrote it.
    let old = Message::of(&job("mail", r#"{"to":"a@b.test","subject":"s","body":"t"}"#)).unwrap();
    assert!(old.about().is_none() && !old.spent() && old.subject() == "s");
}
