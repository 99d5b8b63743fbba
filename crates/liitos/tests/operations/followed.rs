//! What becomes of applications of every kind: asked more, sent again, approved in part, withdrawn, copied; and who joins with whom.

use crate::applications::{LEPOLA, filled_in, form, save, shown_effect};
use crate::on_both;
use liitos_domain::application::{JoinerKind, State, Step};
use liitos_domain::directory::Verdict;
use liitos_domain::{Oid, RefusalCode, Service};
use liitos_service::applications::{self, Part, Sending};
use liitos_service::directory::{Wish, log, own_rights, would};
use liitos_service::{Actor, App, ServiceError, messages};
use liitos_store::directory;
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

const PHARMACY: &str = "1.2.246.553.1.900001";
const BRANCH: &str = "1.2.246.553.1.900002";
pub(crate) const INTERMEDIARY_POINT: &str = "1.2.246.537.6.918.18.900077.13.4";

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

/// The intermediary's point is open, as in the sandbox.
pub(crate) async fn intermediary(test: &TestApp) {
    let oid = liitos_domain::identifier::AccessPointOid::parse(INTERMEDIARY_POINT).unwrap();
    let point = liitos_domain::directory::AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900003".into(),
        country: "FI".into(),
        links: Vec::new(),
        certificates: Vec::new(),
        valid: liitos_domain::Interval::from(test.app.now()),
    };
    liitos_service::directory::open_access_point(&test.app, &case_handler(), point).await.unwrap();
}

/// Fills in the steps that are the same for everybody.
async fn rest(test: &TestApp, actor: &Actor, number: &str) {
    let (stored, _) = applications::view(&test.app, actor, number).await.unwrap();
    for step in stored.application.steps() {
        let filled = match step {
            Step::Guidance => form(&[("start", "yes")]),
            Step::ClientData => form(&[("email", "info@esimerkki.test")]),
            Step::Billing => form(&[("business_id", "1234567-1"), ("address", "Katu 1")]),
            Step::ServiceDescription | Step::Undertaking => form(&[("accept", "yes")]),
            Step::Contacts => {
                let mut contacts = form(&[("archivist_card", "90000000001")]);
                for role in liitos_domain::plan::ContactRole::ALL {
                    for (part, text) in [("name", "Testi"), ("email", "t@esimerkki.test"), ("phone", "0401234567")] {
                        contacts.0.insert(format!("{role}_{part}"), text.into());
                    }
                }
                contacts
            }
            Step::Model | Step::AccessPoints | Step::Summary => continue,
        };
        let revision = stored.revisions.get(&step).copied().unwrap_or(0);
        save(test, actor, number, step, revision, filled).await.unwrap();
    }
}

async fn begun(test: &TestApp, actor: &Actor, service: Service) -> String {
    applications::begin(&test.app, actor, service, None, Language::Fi).await.unwrap()
}

on_both!(more_is_asked_and_it_is_sent_again, asked);

async fn asked(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    assert_eq!(code(applications::ask_more(app, &staff, &number, "which?").await), Some(RefusalCode::NotFound));
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    assert_eq!(code(applications::ask_more(app, &actor, &number, "which?").await), Some(RefusalCode::NotAllowed));
    assert_eq!(code(applications::ask_more(app, &staff, &number, " ").await), Some(RefusalCode::FormInvalid));
    test.clock.advance(3600);
    applications::ask_more(app, &staff, &number, "Kumpi osoite?").await.unwrap();
    let waiting =
        applications::queue(app, &staff, (applications::Sight::Waiting, "", true), Some(0)).await.unwrap().shown;
    assert_eq!(waiting[0].application.state.code(), "more-asked", "it is not the operator's turn");
    // The same service is not applied for twice: one comes back to what is open.
    assert_eq!(begun(&test, &actor, Service::PatientData).await, number);
    save(&test, &actor, &number, Step::ClientData, 1, form(&[("email", "uusi@lepola.test")])).await.unwrap();
    // With an answer in words, but no endless one.
    let endless = "x".repeat(applications::MAX_WORDS + 1);
    let answered = async |answer| applications::send(app, &actor, &number, Sending { shown: None, answer }).await;
    assert_eq!(code(answered(endless.as_str()).await), Some(RefusalCode::FormInvalid));
    answered(" Jälkimmäinen. ").await.unwrap();
    let shown = shown_effect(&test, &number).await;
    test.clock.advance(2 * 3600);
    applications::approve(app, &staff, &number, &shown, &Part::default()).await.unwrap();
    let past = applications::past(app, &actor, &number).await.unwrap();
    let states: Vec<&str> = past.events.iter().map(|event| event.state.as_str()).collect();
    assert_eq!(states, ["draft", "sent", "more-asked", "sent", "approved"]);
    let words: Vec<Option<&str>> = past.events.iter().map(|event| event.words.as_deref()).collect();
    assert_eq!(words, [None, None, Some("Kumpi osoite?"), Some("Jälkimmäinen."), None]);
    let change = past.changes.iter().find(|change| change.step == Step::ClientData).unwrap();
    assert_eq!(change.person, "Testi Henkilö");
    assert_eq!(change.fields, [("email".to_owned(), "info@lepola.test".to_owned(), "uusi@lepola.test".to_owned())]);
    let usual = applications::usual_wait(app).await.unwrap().unwrap();
    assert_eq!((usual.median, usual.decided), (2 * 3600, 1), "from the last sending");
    messages::deliver_due(app).await.unwrap();
    assert!(test.mailbox.all().iter().any(|mail| mail.body.contains("Kumpi osoite?")));
    // Nobody else sees it, and its notes only the staff.
    applications::note(app, &staff, &number, "soitettu").await.unwrap();
    assert!(applications::past(app, &actor, &number).await.unwrap().notes.is_empty());
    assert_eq!(applications::past(app, &staff, &number).await.unwrap().notes[0].words, "soitettu");
    let stranger = member_of("1.2.246.10.99999028.10.0");
    assert_eq!(code(applications::past(app, &stranger, &number).await), Some(RefusalCode::NotFound));
}

on_both!(what_is_typed_is_told_together, together);

async fn together(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, member_of(LEPOLA));
    let number = begun(&test, &actor, Service::PatientData).await;
    let email = |text: &str| form(&[("email", text)]);
    for (revision, text) in ["i", "in", "info@a.test"].into_iter().enumerate() {
        let revision = i32::try_from(revision).unwrap();
        save(&test, &actor, &number, Step::ClientData, revision, email(text)).await.unwrap();
    }
    let other = Actor { reference: "person:other".into(), name: "Toinen".into(), ..member_of(LEPOLA) };
    save(&test, &other, &number, Step::ClientData, 3, email("b@a.test")).await.unwrap();
    let past = applications::past(app, &actor, &number).await.unwrap();
    let told: Vec<_> =
        past.changes.iter().map(|change| (change.person.as_str(), change.fields[0].2.as_str())).collect();
    assert_eq!(told, [("Toinen", "b@a.test"), ("Testi Henkilö", "info@a.test")]);
    assert_eq!(past.changes[1].fields[0].1, "", "from what it was before the first letter");
}

on_both!(a_part_is_approved, in_part);

async fn in_part(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    intermediary(&test).await;
    let number = filled_in(&test, &actor, Service::PatientData).await;
    let (stored, _) = applications::view(app, &actor, &number).await.unwrap();
    let mut points = stored.application.form(Step::AccessPoints);
    let more = [
        ("connection_2", "existing"),
        ("existing_oid_2", INTERMEDIARY_POINT),
        ("existing_agreement_2", "yes"),
        ("system_2", "900001"),
    ];
    points.0.extend(form(&more).0);
    assert_eq!(save(&test, &actor, &number, Step::AccessPoints, 1, points).await.unwrap(), 0);
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let whole = shown_effect(&test, &number).await;
    let without = [2].into();
    let (_, _, part) = applications::decision_view(app, &staff, &number, &without).await.unwrap();
    let part = part.unwrap();
    assert_eq!(part.effect.rights_opened.len(), 1);
    let asked = |reason: &str| Part { left_out: without.clone(), reason: reason.to_owned() };
    let approve = async |hash: &_, part: &Part| applications::approve(app, &staff, &number, hash, part).await;
    assert_eq!(code(approve(&part.hash, &asked("")).await), Some(RefusalCode::FormInvalid), "a part needs its reason");
    // What was shown is what is approved: neither the whole by the part's hash nor the part by the whole's.
    assert_eq!(code(approve(&whole, &asked("no agreement")).await), Some(RefusalCode::EffectChanged));
    assert_eq!(code(approve(&part.hash, &Part::default()).await), Some(RefusalCode::EffectChanged));
    for none_of_its in [0, 3, 99] {
        let other = Part { left_out: [none_of_its].into(), reason: "typo".into() };
        assert_eq!(code(approve(&part.hash, &other).await), Some(RefusalCode::FormInvalid), "{none_of_its}");
    }
    let all = Part { left_out: [1, 2].into(), reason: "nothing".into() };
    assert!(approve(&part.hash, &all).await.is_err(), "nothing is left of it");
    let version = approve(&part.hash, &asked("Sopimus puuttuu.")).await.unwrap();
    let rows = directory::rows(app.store.read(), version).await.unwrap();
    assert_eq!(
        rows.rights.iter().map(|right| right.access_point.as_str()).collect::<Vec<_>>(),
        [format!("{LEPOLA}.13.1")]
    );
    let (stored, _) = applications::view(app, &actor, &number).await.unwrap();
    assert!(
        matches!(&stored.application.state, State::Approved { in_part: Some(part), .. } if part.reason == "Sopimus puuttuu.")
    );
    assert_eq!(
        stored.application.form(Step::AccessPoints).text("existing_oid_2"),
        INTERMEDIARY_POINT,
        "what was applied for stays"
    );
    messages::deliver_due(app).await.unwrap();
    assert!(test.mailbox.all().iter().any(|mail| mail.body.contains("Sopimus puuttuu.")));
}

on_both!(an_approval_is_of_what_was_looked_at, looked_at);

async fn looked_at(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let old = shown_effect(&test, &number).await;
    applications::ask_more(app, &staff, &number, "which?").await.unwrap();
    let contacts = applications::view(app, &actor, &number).await.unwrap().0.application.form(Step::Contacts);
    let mut contacts = contacts;
    contacts.0.insert("technical_name".into(), "Joku Muu".into());
    save(&test, &actor, &number, Step::Contacts, 1, contacts).await.unwrap();
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    // The directory sees no difference, the approver does.
    let late = applications::approve(app, &staff, &number, &old, &Part::default()).await;
    assert_eq!(code(late), Some(RefusalCode::EffectChanged));
    // Who never answers is rejected all the same.
    applications::ask_more(app, &staff, &number, "and now?").await.unwrap();
    assert_eq!(
        applications::queue(app, &staff, (applications::Sight::Waiting, "", true), Some(0)).await.unwrap().count,
        1,
        "what is asked is not out of sight"
    );
    applications::reject(app, &staff, &number, "No answer came.").await.unwrap();
}

on_both!(units_are_read_the_same_way_everywhere, units);

/// However units are separated, the rules are asked of the very units whose rights would open.
async fn units(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor) = (&test.app, member_of(LEPOLA));
    let number = filled_in(&test, &actor, Service::Prescription).await;
    let mut points = applications::view(app, &actor, &number).await.unwrap().0.application.form(Step::AccessPoints);
    // The second is somebody else's.
    points.0.insert("renewal_units".into(), "1.2.246.10.99999036.10.1,1.2.246.10.99999028.10.1".into());
    save(&test, &actor, &number, Step::AccessPoints, 1, points).await.unwrap();
    let (_, checked) = applications::view(app, &actor, &number).await.unwrap();
    assert!(checked.broken(Some(Step::AccessPoints)).iter().any(|outcome| outcome.rule.id.starts_with("renewal")));
    assert_eq!(
        code(applications::send(app, &actor, &number, Default::default()).await),
        Some(RefusalCode::FormInvalid)
    );
}

on_both!(whoever_signs_is_known_and_what_they_read, signed);

async fn signed(database: Database) {
    let test = TestApp::start(database).await;
    let (app, staff) = (&test.app, case_handler());
    let actor = Actor { means: "bank".into(), ..member_of(LEPOLA) };
    let number = filled_in(&test, &actor, Service::PatientData).await;
    let past = applications::past(app, &actor, &number).await.unwrap();
    let told: Vec<_> =
        past.accepted.iter().map(|one| (one.what.code(), one.person.as_str(), one.means.as_str())).collect();
    let name = "Testi Henkilö";
    let all = [("service-description", name, "bank"), ("undertaking", name, "bank"), ("general-terms", name, "bank")];
    assert_eq!(told, all);
    let text = Language::Fi.text("undertaking-text");
    assert_eq!(past.accepted[1].text_hash, liitos_domain::Sha256Hash::of(text.as_bytes()));
    // Taken back, it is signed no more; signed by another, it is theirs.
    save(&test, &actor, &number, Step::Undertaking, 1, form(&[])).await.unwrap();
    assert_eq!(applications::past(app, &actor, &number).await.unwrap().accepted.len(), 1);
    assert_eq!(
        code(applications::send(app, &actor, &number, Default::default()).await),
        Some(RefusalCode::FormInvalid)
    );
    let other = Actor { reference: "person:other".into(), name: "Toinen".into(), ..member_of(LEPOLA) };
    save(&test, &other, &number, Step::Undertaking, 2, form(&[("accept", "yes")])).await.unwrap();
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let past = applications::past(app, &staff, &number).await.unwrap();
    assert_eq!(past.accepted.iter().filter(|one| one.person == "Toinen").count(), 2);
}

on_both!(withdrawn_and_copied, withdrawn);

async fn withdrawn(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(LEPOLA), case_handler());
    let number = filled_in(&test, &actor, Service::PatientData).await;
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(&test, &number).await;
    let stranger = member_of("1.2.246.10.99999028.10.0");
    assert_eq!(code(applications::withdraw(app, &stranger, &number).await), Some(RefusalCode::NotFound));
    applications::withdraw(app, &actor, &number).await.unwrap();
    assert_eq!(code(applications::withdraw(app, &actor, &number).await), Some(RefusalCode::StateForbids));
    let late = applications::approve(app, &staff, &number, &shown, &Part::default()).await;
    assert_eq!(code(late), Some(RefusalCode::StateForbids));
    assert_eq!(applications::earlier(app, &actor).await.unwrap().unwrap().application.number, number);
    let second = applications::begin(app, &actor, Service::Prescription, Some(&number), Language::Fi).await.unwrap();
    let (copied, _) = applications::view(app, &actor, &second).await.unwrap();
    assert_eq!(copied.application.form(Step::ClientData).text("email"), "info@lepola.test");
    assert!(!copied.application.forms.contains_key(&Step::Undertaking), "nothing is signed by copying");
    let foreign = applications::begin(app, &stranger, Service::SocialClientData, Some(&number), Language::Fi).await;
    assert_eq!(code(foreign), Some(RefusalCode::NotFound));
    // Assigned: to one, and given back.
    applications::send(app, &actor, &second, Default::default()).await.unwrap_err();
    // A draft is its applicant's own: the operator's staff sees nothing of it.
    assert_eq!(code(applications::assign(app, &staff, &second).await), Some(RefusalCode::NotFound));
    let looked = applications::decision_view(app, &staff, &second, &Default::default()).await;
    assert_eq!(code(looked), Some(RefusalCode::NotFound));
    assert_eq!(code(applications::past(app, &staff, &second).await), Some(RefusalCode::NotFound));
    applications::assign(app, &staff, &number).await.unwrap();
    let other = Actor { reference: "person:other".into(), ..case_handler() };
    applications::assign(app, &other, &number).await.unwrap();
    let (stored, _, _) = applications::decision_view(app, &staff, &number, &Default::default()).await.unwrap();
    assert_eq!(stored.handler.unwrap().0, "person:other");
    applications::assign(app, &other, &number).await.unwrap();
    let (stored, _, _) = applications::decision_view(app, &staff, &number, &Default::default()).await.unwrap();
    assert!(stored.handler.is_none());
}

on_both!(a_pharmacist_with_a_branch, pharmacist);

/// Guide figure 3 in one application: each pharmacy by its own point; the undertaking covers both, now and later.
async fn pharmacist(database: Database) {
    let test = TestApp::start(database).await;
    let (app, actor, staff) = (&test.app, member_of(PHARMACY), case_handler());
    let services = applications::applicable(app, &Oid::parse(PHARMACY).unwrap()).await.unwrap();
    assert_eq!(services, [Service::Prescription]);
    let number = begun(&test, &actor, Service::Prescription).await;
    let (stored, _) = applications::view(app, &actor, &number).await.unwrap();
    assert_eq!(stored.application.kind, JoinerKind::Pharmacy);
    let steps: Vec<Step> = stored.application.steps().collect();
    assert!(!steps.contains(&Step::Model) && steps.contains(&Step::Undertaking));
    let names: Vec<String> =
        applications::pharmacies(app, &stored.application.joiner).await.unwrap().into_iter().map(|one| one.1).collect();
    assert_eq!(names, ["Esimerkkikylän apteekki", "Esimerkkirannan sivuapteekki"]);
    let mut points = form(&[]);
    for (end, pharmacy, address) in [("", PHARMACY, "203.0.113.21"), ("_2", BRANCH, "203.0.113.23")] {
        for (field, text) in [
            ("connection", "own"),
            ("own_oid", &format!("{pharmacy}.13.1")),
            ("own_country", "FI"),
            ("own_network", "private"),
            ("own_dns", "kanta.apteekki.test"),
            ("own_addresses", address),
            ("system", "900001"),
        ] {
            points.0.insert(format!("{field}{end}"), text.to_owned());
        }
    }
    assert_eq!(save(&test, &actor, &number, Step::AccessPoints, 0, points).await.unwrap(), 0);
    rest(&test, &actor, &number).await;
    // A point of somebody else's pharmacy is none of theirs.
    let (stored, _) = applications::view(app, &actor, &number).await.unwrap();
    let own = stored.application.form(Step::AccessPoints);
    let mut foreign = own.clone();
    foreign.0.insert("own_oid_2".into(), "1.2.246.553.1.900003.13.1".into());
    save(&test, &actor, &number, Step::AccessPoints, 1, foreign).await.unwrap();
    assert_eq!(
        code(applications::send(app, &actor, &number, Default::default()).await),
        Some(RefusalCode::FormInvalid)
    );
    save(&test, &actor, &number, Step::AccessPoints, 2, own).await.unwrap();
    applications::send(app, &actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(&test, &number).await;
    let version = applications::approve(app, &staff, &number, &shown, &Part::default()).await.unwrap();
    let rows = directory::rows(app.store.read(), version).await.unwrap();
    let rights: Vec<_> = rows.rights.iter().map(|right| (right.joiner.as_str(), right.access_point.as_str())).collect();
    let (main, branch) = (format!("{PHARMACY}.13.1"), format!("{BRANCH}.13.1"));
    assert_eq!(rights, [(PHARMACY, main.as_str()), (BRANCH, branch.as_str())], "each its own");
    let own: Vec<_> =
        own_rights(app, &actor).await.unwrap().into_iter().map(|right| right.joiner.to_string()).collect();
    assert_eq!(own, [PHARMACY, BRANCH], "a pharmacist sees both");
    let administrators: Vec<&str> = rows.access_points.iter().map(|point| point.administrator.as_str()).collect();
    assert_eq!(administrators, [PHARMACY, BRANCH]);
    sees_the_branch(app, &actor, [&main, &branch]).await;
    // The same pharmacist applies in the branch's name later: nothing is signed again.
    let later = begun(&test, &member_of(BRANCH), Service::Prescription).await;
    let (stored, _) = applications::view(app, &member_of(BRANCH), &later).await.unwrap();
    assert!(!stored.application.first_joining);
}

/// What was recorded of the branch, and what it may, is the pharmacist's to see.
async fn sees_the_branch(app: &App, actor: &Actor, points: [&str; 2]) {
    let recorded = log::own(app, actor).await.unwrap();
    let named =
        |oid: &str| recorded.changes.iter().flat_map(|it| &it.entries).any(|it| it.row.to_string().contains(oid));
    assert!(named(PHARMACY) && named(BRANCH));
    for point in points {
        let wish = Wish {
            service: Service::Prescription,
            access_point: liitos_domain::identifier::AccessPointOid::parse(point).unwrap(),
            operation: liitos_domain::service_code::Operation::Write,
            unit: None,
            tenant: None,
            organiser: None,
            at: None,
        };
        let answer = would(app, actor, &wish).await.unwrap().decision;
        assert_eq!(answer.verdict, Verdict::Permitted, "{point}");
    }
}

/// The step of access points through the intermediary's.
fn through(more: &[(&str, &str)]) -> liitos_domain::application::Form {
    let mut points = form(&[
        ("connection", "existing"),
        ("existing_oid", INTERMEDIARY_POINT),
        ("existing_agreement", "yes"),
        ("signer", "own"),
    ]);
    points.0.extend(form(more).0);
    points
}

/// Fills in, sends and approves an application of somebody; what the directory holds then.
async fn joined(
    test: &TestApp,
    actor: &Actor,
    service: Service,
    model: &[(&str, &str)],
    more: &[(&str, &str)],
) -> liitos_domain::directory::Rows {
    let number = begun(test, actor, service).await;
    if !model.is_empty() {
        save(test, actor, &number, Step::Model, 0, form(model)).await.unwrap();
    }
    save(test, actor, &number, Step::AccessPoints, 0, through(more)).await.unwrap();
    rest(test, actor, &number).await;
    applications::send(&test.app, actor, &number, Default::default()).await.unwrap();
    let shown = shown_effect(test, &number).await;
    let version = applications::approve(&test.app, &case_handler(), &number, &shown, &Part::default()).await.unwrap();
    directory::rows(test.app.store.read(), version).await.unwrap()
}

const WITH_A_TENANT: [(&str, &str); 5] = [
    ("model", "joint"),
    ("tenants", "1.2.246.10.99999052.10.0"),
    ("tenants_agreement", "yes"),
    ("tenants_hosts_system", "yes"),
    ("tenants_named", "yes"),
];

on_both!(a_host_joins_with_its_tenants, host);

async fn host(database: Database) {
    let test = TestApp::start(database).await;
    intermediary(&test).await;
    let host = member_of(LEPOLA);
    let rows = joined(&test, &host, Service::PatientData, &WITH_A_TENANT, &[("system", "900001")]).await;
    assert_eq!((rows.tenants.len(), rows.rights.len()), (1, 1), "the tenant has no right of its own");
    // For another service with the same tenant, who works there already.
    let rows = joined(&test, &host, Service::Prescription, &WITH_A_TENANT, &[("system", "900001")]).await;
    assert_eq!((rows.tenants.len(), rows.rights.len()), (1, 2));
    // A model that such a joiner may not choose is none.
    let hus = member_of("1.2.246.537.10.15675350.10.0");
    let number = begun(&test, &hus, Service::PatientData).await;
    let foreign = save(&test, &hus, &number, Step::Model, 0, form(&WITH_A_TENANT)).await;
    assert_eq!(code(foreign), Some(RefusalCode::NotFound), "a public provider has no such step");
}

on_both!(producers_and_professionals_join, others);

/// A producer in its organiser's register, and an independent professional that receives renewal requests.
async fn others(database: Database) {
    let test = TestApp::start(database).await;
    intermediary(&test).await;
    let producer = member_of("1.2.246.10.99999028.10.0");
    let organiser = "1.2.246.10.99999984.10.0";
    let model = [("model", "parallel"), ("organiser", organiser), ("organiser_offers", "yes")];
    let rows = joined(&test, &producer, Service::SocialClientData, &model, &[("system", "900002")]).await;
    assert_eq!(rows.rights[0].organiser.as_ref().map(Oid::as_str), Some(organiser));

    let professional = "1.2.246.537.28.10000900001";
    let receiving = [("system", "900001"), ("renewal_units", professional), ("renewal_able", "yes")];
    let rows = joined(&test, &member_of(professional), Service::Prescription, &[], &receiving).await;
    let own = rows.rights.iter().filter(|right| right.joiner.as_str() == professional);
    let services: Vec<_> = own.map(|right| right.service).collect();
    assert_eq!(services, [Service::RenewalReception, Service::Prescription]);
}
