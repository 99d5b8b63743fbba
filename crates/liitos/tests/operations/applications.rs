//! An application from draft to directory, and every way it may not go.

use crate::on_both;
use liitos_domain::application::{Form, Step};
use liitos_domain::{RefusalCode, Service, Sha256Hash};
use liitos_service::applications::{self, SaveStep};
use liitos_service::{Actor, App, ServiceError, messages};
use liitos_store::{audit, directory};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

pub(crate) const LEPOLA: &str = "1.2.246.10.99999036.10.0";

pub(crate) fn form(pairs: &[(&str, &str)]) -> Form {
    Form(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

/// A complete application of Lepola through its own access point; gives its number.
pub(crate) async fn filled_in(test: &TestApp, actor: &Actor, service: Service) -> String {
    let number = applications::begin(&test.app, actor, service, None, Language::Fi).await.unwrap();
    let point = format!("{LEPOLA}.13.1");
    let mut contacts = vec![("archivist_card".to_owned(), "90000000001".to_owned())];
    for role in ["technical", "fault", "data-protection", "administrative", "billing", "archivist"] {
        contacts.push((format!("{role}_name"), "Testi Taho".to_owned()));
        contacts.push((format!("{role}_email"), format!("{role}@lepola.test")));
        contacts.push((format!("{role}_phone"), "040 123 4567".to_owned()));
    }
    let steps = [
        (Step::Guidance, form(&[("start", "yes")])),
        (
            Step::AccessPoints,
            form(&[
                ("connection", "own"),
                ("own_oid", &point),
                ("own_country", "FI"),
                ("own_network", "private"),
                ("own_dns", "kanta.lepola.test"),
                ("own_addresses", "203.0.113.5"),
                ("system", "900001"),
                ("signer", "own"),
                ("renewal_units", "1.2.246.10.99999036.10.1 1.2.246.10.99999036.10.2"),
                ("renewal_able", "yes"),
            ]),
        ),
        (Step::ClientData, form(&[("email", "info@lepola.test")])),
        (Step::Contacts, Form(contacts.into_iter().collect())),
        (Step::Billing, form(&[("business_id", "9999903-6"), ("address", "Lepokatu 2")])),
        (Step::ServiceDescription, form(&[("accept", "yes")])),
        (Step::Undertaking, form(&[("accept", "yes")])),
    ];
    // What is kept of a joiner that has joined is filled in already.
    let (stored, _) = applications::view(&test.app, actor, &number).await.unwrap();
    for (step, form) in steps.into_iter().filter(|(step, _)| stored.application.steps().any(|own| own == *step)) {
        let revision = stored.revisions.get(&step).copied().unwrap_or(0);
        save(test, actor, &number, step, revision, form).await.unwrap();
    }
    number
}

pub(crate) async fn save(
    test: &TestApp,
    actor: &Actor,
    number: &str,
    step: Step,
    revision: i32,
    form: Form,
) -> Result<usize, ServiceError> {
    let saving = SaveStep { number: number.to_owned(), step, revision, form, language: Language::Fi };
    applications::save_step(&test.app, actor, saving).await.map(|errors| errors.len())
}

pub(crate) async fn shown_effect(test: &TestApp, number: &str) -> Sha256Hash {
    let (_, _, effected) =
        applications::decision_view(&test.app, &case_handler(), number, &Default::default()).await.unwrap();
    effected.unwrap().hash
}

/// What waits at the operator's.
async fn waiting(app: &App, actor: &Actor) -> Result<applications::Queue, ServiceError> {
    applications::queue(app, actor, (applications::Sight::Waiting, "", true), Some(0)).await
}

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

on_both!(from_draft_to_directory, path);

async fn path(database: Database) {
    let test = TestApp::start(database).await;
    let (actor, staff) = (member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::Prescription).await;
    assert_eq!(
        applications::begin(&test.app, &actor, Service::Prescription, None, Language::Fi).await.unwrap(),
        number,
        "the draft is found again"
    );
    applications::send(&test.app, &actor, &number, Default::default()).await.unwrap();
    assert_eq!(waiting(&test.app, &staff).await.unwrap().count, 1);

    let shown = shown_effect(&test, &number).await;
    let version = applications::approve(&test.app, &staff, &number, &shown, &Default::default()).await.unwrap();
    let rows = directory::rows(test.app.store.read(), version).await.unwrap();
    let services: Vec<Service> = rows.rights.iter().map(|right| right.service).collect();
    assert_eq!(services, [Service::RenewalReception, Service::RenewalReception, Service::Prescription]);
    let units: Vec<_> = rows.rights.iter().filter_map(|right| Some(right.unit.as_ref()?.as_str())).collect();
    assert_eq!(units, ["1.2.246.10.99999036.10.1", "1.2.246.10.99999036.10.2"], "a right for each receiving unit");
    assert_eq!((rows.joiners.len(), rows.access_points.len()), (1, 1));
    let earlier = directory::rows(test.app.store.read(), version - 1).await.unwrap();
    assert!(earlier.rights.is_empty(), "what was known before stays known");

    messages::deliver_due(&test.app).await.unwrap();
    let mails = test.mailbox.all();
    let mut approved: Vec<&str> =
        mails.iter().filter(|m| m.subject.contains("hyväksytty")).map(|m| m.to.as_str()).collect();
    approved.sort_unstable();
    assert_eq!(approved, ["administrative@lepola.test", "info@lepola.test"]);
    assert!(mails.iter().any(|mail| !mail.files.is_empty()), "the undertaking's copy");
    assert_eq!(audit::first_break(test.app.store.read()).await.unwrap(), None);

    let second = applications::begin(&test.app, &actor, Service::PatientData, None, Language::Sv).await.unwrap();
    let (stored, _) = applications::view(&test.app, &actor, &second).await.unwrap();
    assert!(stored.application.steps().all(|step| step != Step::Undertaking), "the undertaking is signed once");
}

on_both!(what_is_not_permitted, refusals);

async fn refusals(database: Database) {
    let test = TestApp::start(database).await;
    let (actor, staff, stranger) = (member_of(LEPOLA), case_handler(), member_of("1.2.246.10.99999028.10.0"));
    let number = filled_in(&test, &actor, Service::PatientData).await;
    let app = &test.app;

    assert_eq!(code(applications::view(app, &stranger, &number).await), Some(RefusalCode::NotFound));
    let sent = async |actor| code(applications::send(app, actor, &number, Default::default()).await);
    assert_eq!(sent(&stranger).await, Some(RefusalCode::NotFound));
    assert_eq!(
        code(save(&test, &stranger, &number, Step::Guidance, 1, Form::default()).await),
        Some(RefusalCode::NotFound)
    );
    assert_eq!(code(waiting(app, &actor).await), Some(RefusalCode::NotAllowed));
    assert_eq!(
        code(applications::decision_view(app, &actor, &number, &Default::default()).await),
        Some(RefusalCode::NotAllowed)
    );
    assert_eq!(
        code(applications::approve(app, &actor, &number, &Sha256Hash::of(b""), &Default::default()).await),
        Some(RefusalCode::NotAllowed)
    );
    assert_eq!(code(applications::reject(app, &actor, &number, "no").await), Some(RefusalCode::NotAllowed));
    assert_eq!(
        code(applications::begin(app, &staff, Service::PatientData, None, Language::Fi).await),
        Some(RefusalCode::NotAllowed)
    );
    assert_eq!(
        code(applications::begin(app, &actor, Service::SocialClientData, None, Language::Fi).await),
        Some(RefusalCode::StateForbids)
    );

    assert_eq!(
        code(applications::approve(app, &staff, &number, &Sha256Hash::of(b""), &Default::default()).await),
        Some(RefusalCode::NotFound),
        "what was never sent is its applicant's own"
    );
    assert_eq!(sent(&actor).await, None);
    assert_eq!(sent(&actor).await, Some(RefusalCode::StateForbids), "twice");
    assert_eq!(
        code(save(&test, &actor, &number, Step::Guidance, 1, Form::default()).await),
        Some(RefusalCode::StateForbids)
    );
    assert_eq!(
        code(applications::begin(app, &actor, Service::PatientData, None, Language::Fi).await),
        Some(RefusalCode::StateForbids),
        "one waits already"
    );
    assert_eq!(
        code(applications::approve(app, &staff, &number, &Sha256Hash::of(b"other"), &Default::default()).await),
        Some(RefusalCode::EffectChanged)
    );
    assert_eq!(code(applications::reject(app, &staff, &number, "  ").await), Some(RefusalCode::FormInvalid));
    applications::reject(app, &staff, &number, "Liityntäpisteen osoite on väärä.").await.unwrap();
    assert_eq!(
        code(applications::approve(app, &staff, &number, &Sha256Hash::of(b""), &Default::default()).await),
        Some(RefusalCode::StateForbids)
    );
    messages::deliver_due(app).await.unwrap();
    assert!(test.mailbox.all().iter().any(|mail| mail.body.contains("Liityntäpisteen osoite on väärä.")));
    assert!(directory::rows(app.store.read(), 99).await.unwrap().rights.is_empty());
}

on_both!(incomplete_drafts_stay, incomplete);

async fn incomplete(database: Database) {
    let test = TestApp::start(database).await;
    let actor = member_of(LEPOLA);
    let number = filled_in(&test, &actor, Service::PatientData).await;
    // With an error in it a form is kept all the same, but cannot be sent.
    let errors = save(&test, &actor, &number, Step::ClientData, 1, form(&[("email", "not an address")])).await.unwrap();
    assert_eq!(errors, 1);
    let (stored, checked) = applications::view(&test.app, &actor, &number).await.unwrap();
    assert_eq!(stored.application.form(Step::ClientData).text("email"), "not an address");
    assert_eq!(checked.incomplete, [Step::ClientData]);
    assert_eq!(
        code(applications::send(&test.app, &actor, &number, Default::default()).await),
        Some(RefusalCode::FormInvalid)
    );
    // Two people on one draft: the slower one is told.
    assert_eq!(
        code(save(&test, &actor, &number, Step::ClientData, 1, form(&[("email", "a@b.test")])).await),
        Some(RefusalCode::DraftChanged)
    );
    assert_eq!(
        code(save(&test, &actor, &number, Step::ClientData, 0, form(&[("email", "a@b.test")])).await),
        Some(RefusalCode::DraftChanged)
    );
    assert_eq!(
        save(&test, &actor, &number, Step::ClientData, 2, form(&[("email", "a@b.test"), ("forged", "x")]))
            .await
            .unwrap(),
        0
    );
    let (stored, _) = applications::view(&test.app, &actor, &number).await.unwrap();
    assert!(!stored.application.form(Step::ClientData).0.contains_key("forged"));
}

on_both!(two_approvers_at_once, race);

async fn race(database: Database) {
    let test = TestApp::start(database).await;
    let (actor, staff) = (member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(&test.app, &actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(&test, &number).await;
    let approve = || {
        let (app, staff, number) = (test.app.clone(), staff.clone(), number.clone());
        tokio::spawn(async move { applications::approve(&app, &staff, &number, &shown, &Default::default()).await })
    };
    let (first, second) = (approve(), approve());
    let outcomes = [first.await.unwrap(), second.await.unwrap()];
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    let version = directory::version(test.app.store.read()).await.unwrap();
    assert_eq!(directory::rows(test.app.store.read(), version).await.unwrap().rights.len(), 1);
}
