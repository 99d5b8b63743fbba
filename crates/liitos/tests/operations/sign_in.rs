//! Who is let in, for whom they may act, and what they may do: mandates, granted positions, and what ends meanwhile.

use crate::applications::{LEPOLA, filled_in, form, save};
use crate::on_both;
use crate::pages::HASH;
use liitos::sandbox::Browser;
use liitos_domain::application::Step;
use liitos_domain::directory::{Effect, Joiner};
use liitos_domain::notification::Kind;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Interval, Oid, Position, RefusalCode, Service};
use liitos_service::members::{self, Grant};
use liitos_service::notices::Desk;
use liitos_service::ports::Mandated;
use liitos_service::{
    Actor, Hindrance, MANDATE_SECONDS, ServiceError, applications, messages, notifications, registers, sign_in,
};
use liitos_testkit::{Database, TestApp, TestSandbox, member_of};
use liitos_texts::Language;

const KOIVU: &str = "1.2.246.10.99999028.10.0";

fn code<T>(outcome: Result<T, ServiceError>) -> Option<RefusalCode> {
    outcome.err().map(|error| error.code)
}

on_both!(mandates_are_asked_for_and_go, mandates);

async fn mandates(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut leo = Browser::new(&sandbox.portal_address()).unwrap();
    let choices = leo.sign_in("leo-lepola").await.unwrap();
    assert!(choices.text.contains("Lääkäriasema Lepola Oy") && choices.text.contains("Hoivakoti Koivu Oy"));
    // A visit ends once: its answer is not taken again, nor one that nobody asked for.
    let again = leo.get("/mandates/callback?code=anything").await.unwrap();
    assert!(again.status == 403 && again.text.contains("L-608"));
    // He is asked anew, and what was withdrawn meanwhile is gone.
    sandbox.mandates.withdraw("leo-lepola", "9999902-8");
    let home = leo.sign_in("leo-lepola").await.unwrap();
    assert_eq!(home.address.path(), "/home", "one organisation needs no choosing");
    assert_eq!(leo.post("/organisations", &[("organisation", KOIVU)]).await.unwrap().status, 403);
    // Why somebody cannot act is said, organisation by organisation.
    let mut olli = Browser::new(&sandbox.portal_address()).unwrap();
    olli.get("/language/en?to=/").await.unwrap();
    let none = olli.sign_in("olli-oikeudeton").await.unwrap();
    for said in ["Your role in the organisation does not let you act", "is not in the National Code Service"] {
        assert!(none.text.contains(said), "{said}: {}", none.text);
    }
}

on_both!(a_code_of_another_visit_is_worth_nothing, another_visit);

async fn another_visit(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut olli = Browser::new(&sandbox.portal_address()).unwrap();
    let mut kirsi = Browser::new(&sandbox.portal_address()).unwrap();
    let (page, form) = visiting(&mut kirsi, "kirsi-koivu").await;
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let given = kirsi.post_from("http://mandates.test", &page, &form).await.unwrap();
    let address = given.headers["location"].to_str().unwrap().to_owned();
    let code = address.split("code=").nth(1).unwrap();
    let (_, _) = visiting(&mut olli, "olli-oikeudeton").await;
    let landed = olli.get(&format!("/mandates/callback?code={code}")).await.unwrap();
    assert_eq!(landed.address.path(), "/organisations");
    assert!(!landed.text.contains("Hoivakoti Koivu"), "{}", landed.text);
    // The provider's own session ends, too.
    let out = olli.post("/sign-out", &[]).await.unwrap();
    assert!(out.text.contains("/logout?client_id="), "{}", out.text);
    assert_eq!(olli.get("/organisations").await.unwrap().address.path(), "/authorize");
}

/// Signs in as far as the page of mandates; its address and what its form would send.
async fn visiting(browser: &mut Browser, person: &str) -> (String, Vec<(String, String)>) {
    let page = browser.identify(person).await.unwrap();
    assert_eq!(page.address.path(), "/oauth/authorize");
    (page.address.to_string(), Browser::offered(&page))
}

on_both!(positions_are_granted_and_taken_back, granted);

async fn granted(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut kirsi = Browser::new(&sandbox.portal_address()).unwrap();
    let mut tiina = Browser::new(&sandbox.portal_address()).unwrap();
    kirsi.sign_in("kirsi-koivu").await.unwrap();
    let begun = kirsi.post("/applications", &[("service", "social-client-data")]).await.unwrap();
    let draft = begun.address.path().to_owned();
    let wrong = kirsi.post("/members", &[("position", "TJ"), ("name", "x"), ("email", "a@b.test")]).await.unwrap();
    assert_eq!(wrong.status, 422, "nobody is made a managing director here");
    let typed = [("position", "technical"), ("name", "Tiina <Tekniikka>"), ("email", "no address")];
    let wrong = kirsi.post("/members", &typed).await.unwrap();
    assert!(wrong.status == 422 && wrong.text.contains("no address") && !wrong.text.contains("<Tekniikka>"));
    let typed = [("position", "technical"), ("name", "Tiina Tekniikka"), ("email", "tiina@esimerkki.test")];
    assert_eq!(kirsi.post("/members", &typed).await.unwrap().address.path(), "/members");
    let invitation = sandbox.mails.invitation("tiina@esimerkki.test").await.unwrap();
    // The operator reads its outbox, but not the secret.
    let mut operator = Browser::new(&sandbox.portal_address()).unwrap();
    operator.sign_in("paula-palvelu").await.unwrap();
    let outbox = operator.get("/office/messages").await.unwrap().text;
    assert!(outbox.contains("tiina@esimerkki.test") && !outbox.contains(&invitation));
    // Whoever opens the link is identified first, and comes back to it.
    let path = format!("/invitation/{invitation}");
    assert_eq!(tiina.get(&path).await.unwrap().address.path(), "/authorize");
    let shown = tiina.sign_in_to(&path, "tiina-tekniikka").await.unwrap();
    assert!(shown.address.path() == path && shown.text.contains("Hoivakoti Koivu Oy"), "{}", shown.text);
    assert_eq!(tiina.post(&path, &[]).await.unwrap().address.path(), "/home");
    assert_eq!(kirsi.post(&path, &[]).await.unwrap().status, 404, "an invitation is accepted once");
    // Access points are hers to see to; billing, sending and granting are not.
    let point = [("revision", "0"), ("connection", "existing"), ("later", "yes")];
    assert_eq!(tiina.post(&format!("{draft}/access-points"), &point).await.unwrap().status, 200);
    for (path, form) in [
        (format!("{draft}/client-data"), vec![("revision", "0"), ("email", "a@b.test")]),
        (format!("{draft}/undertaking"), vec![("revision", "0"), ("accept", "yes")]),
        (format!("{draft}/send"), vec![("shown", HASH)]),
        ("/applications".to_owned(), vec![("service", "patient-data")]),
        ("/members".to_owned(), typed.to_vec()),
        ("/members/1/end".to_owned(), vec![]),
    ] {
        let refused = tiina.post(&path, &form).await.unwrap();
        assert!(refused.status == 403 || refused.status == 404, "{path}: {}", refused.status);
    }
    // Signing in again she comes to act for the same organisation at once; the operator's staff accepts nothing.
    assert_eq!(tiina.sign_in("tiina-tekniikka").await.unwrap().address.path(), "/home");
    let second = [("position", "reader"), ("name", "Paula"), ("email", "paula@esimerkki.test")];
    kirsi.post("/members", &second).await.unwrap();
    // Taken back, it is gone at once, in the session that runs.
    assert_eq!(tiina.get("/home").await.unwrap().status, 200);
    kirsi.post("/members/1/end", &[]).await.unwrap();
    assert_eq!(tiina.get("/home").await.unwrap().status, 403);
    assert_eq!(tiina.get(&draft).await.unwrap().status, 404);
}

on_both!(what_binds_needs_a_mandate_asked_for_lately, lately);

async fn lately(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let actor = Actor { mandates_at: Some(app.now()), ..member_of(LEPOLA) };
    let number = filled_in(&test, &actor, Service::PatientData).await;
    test.clock.advance(MANDATE_SECONDS);
    // Filling in goes on; what binds the organisation does not.
    save(&test, &actor, &number, Step::ClientData, 1, form(&[("email", "a@b.test")])).await.unwrap();
    let sign = save(&test, &actor, &number, Step::Undertaking, 1, form(&[("accept", "yes")])).await;
    assert_eq!(code(sign), Some(RefusalCode::MandateOld));
    assert_eq!(code(applications::send(app, &actor, &number, Default::default()).await), Some(RefusalCode::MandateOld));
    let grant =
        Grant { position: Position::Reader, name: "Testi".into(), email: "a@b.test".into(), language: Language::Fi };
    assert_eq!(code(members::grant(app, &actor, grant).await), Some(RefusalCode::MandateOld));
    // Withdrawn meanwhile: asked again, nothing is left to act for; the draft is.
    let again = sign_in::mandated(app, actor, &[]).await.unwrap();
    assert!(again.organisations.is_empty() && again.acting_for.is_none());
    assert_eq!(code(applications::send(app, &again, &number, Default::default()).await), Some(RefusalCode::NotFound));
    let (stored, _) = applications::view(app, &member_of(LEPOLA), &number).await.unwrap();
    assert_eq!(stored.application.form(Step::ClientData).text("email"), "a@b.test");
}

on_both!(an_organisation_that_ends_is_acted_for_no_more, ended);

async fn ended(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    let told = |id: &str, complete, positions: &[Position]| Mandated {
        business_id: id.to_owned(),
        name: "Nimi".to_owned(),
        complete,
        positions: positions.to_vec(),
    };
    let known = [
        told("9999903-6", true, &[Position::ManagingDirector, Position::Signatory]),
        told("9999902-8", false, &[Position::ManagingDirector]),
        told("1567535-0", true, &[]),
        told("7654321-2", true, &[Position::ManagingDirector]),
        // What an organisation grants comes from nowhere else.
        told("9999904-4", true, &[Position::Administrative]),
    ];
    let actor = sign_in::mandated(app, member_of(LEPOLA), &known).await.unwrap();
    let positions: Vec<_> = actor.organisations.iter().map(|one| (one.oid.as_str(), one.positions.len())).collect();
    assert_eq!(positions, [(LEPOLA, 2)], "heads only, not the units below");
    let why: Vec<_> = actor.hindered.iter().map(|one| one.hindrance).collect();
    use Hindrance as H;
    assert_eq!(why, [H::Incomplete, H::NoPosition, H::NotInRegister, H::NoPosition]);
    let pharmacist = sign_in::mandated(app, actor.clone(), &[told("1234567-1", true, &[Position::SoleTrader])]).await;
    let pharmacies: Vec<_> = pharmacist.unwrap().organisations.iter().map(|one| one.oid.to_string()).collect();
    assert_eq!(pharmacies, ["1.2.246.553.1.900001"], "the main pharmacy, not its branch");

    let lepola = Oid::parse(LEPOLA).unwrap();
    let acting = sign_in::act_for(app, actor, &lepola).await.unwrap();
    let before = sign_in::refreshed(app, acting.clone()).await.unwrap();
    assert_eq!(before.acting_for, Some(lepola.clone()));
    // Its entry ends in the register.
    let file = include_str!("../../../../samples/registers/sote.xml");
    let begins = file.find(&format!("id=\"{LEPOLA}\"")).unwrap();
    let (head, tail) = file.split_at(begins);
    let over = format!(
        "{head}{}",
        tail.replacen("expirationdate=\"2100-12-31T23:59:59\"", "expirationdate=\"2026-11-01T00:00:00\"", 1)
    );
    let file = registers::File::new("sote.xml", over.as_bytes());
    registers::import(app, "test", RegisterKind::Sote, file, &mut |_, _| ()).await.unwrap();
    let after = sign_in::refreshed(app, acting).await.unwrap();
    assert_eq!(after.acting_for, None);
    assert_eq!(code(sign_in::act_for(app, after, &lepola).await), Some(RefusalCode::OrganisationNotValid));
    // Of one that had joined, whoever was in charge still reads what was kept, and changes nothing.
    let in_charge = [told("9999903-6", true, &[Position::ManagingDirector, Position::Former])];
    let stranger = sign_in::mandated(app, Actor::default(), &in_charge).await.unwrap();
    assert_eq!((stranger.organisations.len(), stranger.hindered[0].hindrance), (0, H::NotValid));
    let valid = Interval::from(app.now());
    let joiner = Joiner { oid: lepola.clone(), rate: Default::default(), valid };
    test.record(&Effect { joiners_opened: vec![joiner], ..Effect::default() }).await;
    let former = sign_in::mandated(app, Actor::default(), &in_charge).await.unwrap();
    assert_eq!(former.organisations[0].positions, [Position::Former]);
    let former = sign_in::act_for(app, former, &lepola).await.unwrap();
    let former = sign_in::refreshed(app, former).await.unwrap();
    assert_eq!(former.acting_for, Some(lepola));
    assert_eq!(code(notifications::list(app, &former, Desk::Own).await), None);
    let begun = notifications::begin(app, &former, Kind::Termination).await;
    assert_eq!(code(begun), Some(RefusalCode::NotAllowed));
    messages::deliver_due(app).await.unwrap();
}

on_both!(what_was_typed_outlives_a_session, outlives);

async fn outlives(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut kirsi = Browser::new(&sandbox.portal_address()).unwrap();
    kirsi.sign_in("kirsi-koivu").await.unwrap();
    let begun = kirsi.post("/applications", &[("service", "social-client-data")]).await.unwrap();
    let path = format!("{}/client-data", begun.address.path());
    let mut forgotten = Browser::new(&sandbox.portal_address()).unwrap();
    let typed = [("revision", "0"), ("email", "Koivukuja 1 <b>"), ("later", "yes")];
    let shown = forgotten.post(&path, &typed).await.unwrap();
    assert_eq!(shown.status, 401);
    assert!(shown.text.contains("L-601") && shown.text.contains("Koivukuja 1 &#60;b&#62;"), "{}", shown.text);
    // Signed in beside it, she sends the same again.
    let form: Vec<(String, String)> =
        typed.iter().map(|(name, _)| ((*name).to_owned(), shown.hidden(name).unwrap())).collect();
    let form: Vec<(&str, String)> =
        form.iter().map(|(name, value)| (name.as_str(), value.replace("&#60;", "<").replace("&#62;", ">"))).collect();
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(kirsi.post(&path, &form).await.unwrap().status, 200);
    assert!(kirsi.get(&path).await.unwrap().text.contains("Koivukuja 1"));
    // Another site's form is not offered to be sent.
    let foreign = forgotten.post_from("http://evil.test", &path, &typed).await.unwrap();
    assert!(foreign.status == 403 && !foreign.text.contains("Koivukuja"), "{}", foreign.text);
}

on_both!(the_operators_staff_sees_and_does_what_is_theirs, staff);

async fn staff(database: Database) {
    let sandbox = TestSandbox::start(database).await;
    let mut auditor = Browser::new(&sandbox.portal_address()).unwrap();
    let mut officer = Browser::new(&sandbox.portal_address()).unwrap();
    auditor.sign_in("aarne-arvioija").await.unwrap();
    officer.sign_in("tuula-turva").await.unwrap();
    for page in
        ["/office", "/office/directory", "/office/signers", "/office/messages", "/office/notices", "/office/outbound"]
    {
        assert_eq!(auditor.get(page).await.unwrap().status, 200, "{page}");
    }
    for page in ["/office", "/office/messages"] {
        assert_eq!(officer.get(page).await.unwrap().status, 403, "{page}");
    }
    let shut = [("service", "prescription"), ("stage", "read-only"), ("reason", "test"), ("hours", "2")];
    assert_eq!(auditor.post("/office/directory/shut", &shut).await.unwrap().status, 403);
    assert_eq!(officer.post("/office/directory/shut", &shut).await.unwrap().address.path(), "/office/directory");
    let by_hand = [("change", "{}"), ("reason", "test")];
    assert_eq!(officer.post("/office/directory/by-hand", &by_hand).await.unwrap().status, 403);
}
