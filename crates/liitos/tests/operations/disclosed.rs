//! Disclosure between providers of health care: by the patient's permission, in an emergency without one, never against a denial, only to
//! whoever treats the patient; and everybody concerned is told.

use crate::archive::{HUS, Told, door_of, open_to, provide, second_version};
use crate::archivists::{CARD, holding, on_record};
use crate::deployment_steps::{answer, told};
use crate::on_both;
use liitos::made::Variation;
use liitos_documents::sign::{SigningKey, sign};
use liitos_domain::archive::{Act, Apart, Criteria, Ground, Order, Purpose, RunKind, Scope, Search, Use};
use liitos_domain::deployment_test::Answer;
use liitos_domain::document::PersonRef;
use liitos_domain::{Oid, Position, RefusalCode, Service};
use liitos_pki::authority::Issued;
use liitos_service::archive::{Door, StoredHow, fetch_document, search_documents, store_document};
use liitos_service::archivist::{self, UsesAsked};
use liitos_service::controller_runs as runs;
use liitos_service::deployment_tests::{self, Asked};
use liitos_store::archive::{self, LinesAsked};
use liitos_testkit::{Database, TestApp, case_handler, member_of, second_registrar};

/// Who treats the patient now.
const TK: &str = "1.2.246.10.99999984.10.0";
const TKS: &str = "1.2.246.10.99999984.19.0";
const TK_EVENT: &str = "1.2.246.10.99999984.16.2026.1";
/// Who treated the patient before.
const HUSS: &str = "1.2.246.537.10.15675350.19.0";
const HUS_EVENT: &str = "1.2.246.537.10.15675350.16.2026.7";
const PATIENT: &str = "150245-987R";
const DENIAL: &str = include_str!("../../../../samples/hus-rcmr/KIE_Kielto_20170127.xml");

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

/// A will as the public example of a denial is written.
#[derive(Clone)]
struct Wish {
    serial: u64,
    text: String,
}

impl Wish {
    fn with(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{from}");
        self.text = self.text.replacen(from, to, 1);
        self
    }

    fn id(&self) -> String {
        format!("1.2.246.10.99999984.93.2026.{}", self.serial)
    }

    /// A denial of HUS' service event, and of a provider's documents.
    fn denial(serial: u64, (event, provider): (&str, &str), emergency: bool) -> Self {
        let own = Self { serial, text: DENIAL.replace("1.2.246.10.11476343.93.2009.16343683544538634\"", "OWN\"") };
        let own = own.numbered().with("1.2.246.10.99999984.10.0.14.2016.14565352\" xsi", &format!("{event}\" xsi"));
        let own = own.with("root=\"1.2.246.10.12345678.10.0\"", &format!("root=\"{provider}\""));
        let yes = "<value value=\"true\" xsi:type=\"BL\"/>";
        own.with(yes, &yes.replace("true", &emergency.to_string()))
    }

    fn numbered(mut self) -> Self {
        self.text = self.text.replace("root=\"OWN\"", &format!("root=\"{}\"", self.id()));
        self
    }

    /// A permission, as it is assumed to be written.
    fn permission(serial: u64, given: bool) -> Self {
        let own = Self { serial, text: DENIAL.replace("1.2.246.10.11476343.93.2009.16343683544538634\"", "OWN\"") };
        let mut own = own.numbered();
        let field = |code: &str, value: &str| {
            format!(
                "<component><section><code code=\"{code}\" codeSystem=\"1.2.246.537.6.12.2002.330\"/><entry><observation>\
                 {value}</observation></entry></section></component>"
            )
        };
        let (start, end) = (own.text.find("<structuredBody").unwrap(), own.text.find("</structuredBody>").unwrap());
        let body = format!(
            "<structuredBody ID=\"b{serial}\"><component><section><code code=\"330\" \
             codeSystem=\"1.2.246.537.6.12.2002\"/>{}{}</section></component>",
            field("5", &format!("<value value=\"{given}\"/>")),
            field("18", &format!("<value extension=\"{PATIENT}\" root=\"1.2.246.21\"/>")),
        );
        own.text.replace_range(start..end, &body);
        own
    }

    /// As the next version of another's set.
    fn replacing(self, older: &Self) -> Self {
        let text = second_version(&self.text, &self.id(), &older.id());
        Self { text, ..self }
    }
}

struct Care {
    test: TestApp,
    hus: Issued,
    tk: Issued,
}

impl Care {
    async fn start(database: Database) -> Self {
        let test = TestApp::start(database).await;
        open_to(&test, HUS).await;
        open_to(&test, TK).await;
        let (hus, tk) = (test.signer(HUS), test.signer(TK));
        Self { test, hus, tk }
    }

    /// HUS' document of the patient, and TK's service event of the same.
    async fn treated(&self) -> (Variation, Variation) {
        let before = self.made(HUS, 1, HUS_EVENT);
        let now = self.made(TK, 2, TK_EVENT);
        for (by, document, serial) in [(HUS, &before, 1), (TK, &now, 2)] {
            assert_eq!(provide(&self.test, &door_of(by), by, document.document(), serial).await, []);
        }
        (before, now)
    }

    fn made(&self, by: &str, serial: u64, event: &str) -> Variation {
        self.signed(by, Self::about(PATIENT, by, serial, event))
    }

    fn about(person: &str, by: &str, serial: u64, event: &str) -> Variation {
        let controller = if by == TK { TKS } else { HUSS };
        let made = Variation::with_new_ids(61, serial).unwrap().with_controller(controller).from_organisation(by);
        made.of_person(person).in_event(event)
    }

    fn signed(&self, by: &str, made: Variation) -> Variation {
        made.signed_by(if by == TK { &self.tk } else { &self.hus }, self.test.app.now()).unwrap()
    }

    async fn write_down(&self, by: &str, wish: &Wish) -> Told {
        let signer = if by == TK { &self.tk } else { &self.hus };
        let key = SigningKey { certificate_der: signer.certificate_der.clone(), key_pem: signer.key_pem.clone() };
        let signed = sign(&wish.text, &key, self.test.app.now()).unwrap();
        provide(&self.test, &door_of(by), by, &signed, 1_000 + wish.serial).await
    }

    async fn fetch(&self, door: &Door, document: &str) -> Option<RefusalCode> {
        let found = fetch_document(&self.test.app, door, Service::PatientData, &oid(document)).await;
        found.err().map(|error| error.code)
    }

    async fn found(&self, door: &Door, person: &str) -> Result<Vec<Ground>, RefusalCode> {
        let person = PersonRef { extension: person.into(), root: "1.2.246.21".into() };
        let criteria = Criteria { person: Some(person), ..Criteria::default() };
        let search = Search { criteria, after: None, count: 50 };
        let found = search_documents(&self.test.app, door, Service::PatientData, &search).await;
        let mut grounds: Vec<_> = found.map_err(|error| error.code)?.documents.iter().map(|one| one.ground).collect();
        grounds.sort();
        Ok(grounds)
    }

    /// What HUS is told of what was done in its register, the newest first.
    async fn told(&self) -> Vec<Use> {
        let asked = LinesAsked { controller: Some(&oid(HUSS)), ..LinesAsked::default() };
        let lines = archive::uses(self.test.app.store.read(), asked, 100).await.unwrap();
        lines.into_iter().map(|line| line.told).collect()
    }
}

fn treating(code: &str, event: &str) -> Door {
    Door { purpose: Purpose::of(code, oid(event)), ..door_of(TK) }
}

const MISSING: Option<RefusalCode> = Some(RefusalCode::DocumentNotFound);

on_both!(by_permission_and_only_to_whoever_treats_the_patient, permitted);

async fn permitted(database: Database) {
    let care = Care::start(database).await;
    let (before, _) = care.treated().await;
    let (asks, id) = (treating("TREAT", TK_EVENT), &before.document_id);
    // Nobody permitted anything yet: HUS is told that somebody asked.
    assert_eq!(care.found(&asks, PATIENT).await, Ok(vec![Ground::Own]));
    assert_eq!(care.fetch(&asks, id).await, MISSING);
    let told = care.told().await;
    let withheld: Vec<_> = told.iter().filter(|one| one.act == Act::Withheld).collect();
    let why = format!("purpose=TREAT event={TK_EVENT}");
    let more: Vec<_> = withheld.iter().map(|one| one.more.as_deref().unwrap()).collect();
    assert_eq!(more, [&*format!("not-permitted {why}"), &*format!("not-permitted count=1 {why}")]);
    assert!(withheld.iter().all(|one| one.ground == Ground::Disclosed && one.joiner == oid(TK)));
    // Any provider writes the patient's permission down.
    let permission = Wish::permission(1, true);
    assert_eq!(care.write_down(TK, &permission).await, []);
    assert_eq!(care.found(&asks, PATIENT).await, Ok(vec![Ground::Own, Ground::Disclosed, Ground::Wills]));
    assert_eq!((care.fetch(&asks, id).await, care.fetch(&asks, &permission.id()).await), (None, None));
    let told = care.told().await;
    let given = told.iter().find(|one| one.act == Act::Fetched).unwrap();
    assert_eq!((given.ground, given.document.as_ref().unwrap().as_str()), (Ground::Disclosed, &**id));
    assert_eq!(given.more, Some(format!("{why} permission={}", permission.id())));
    let searched = told.iter().find(|one| one.act == Act::Searched).unwrap();
    assert_eq!(searched.more, Some(format!("found=1 {why} permission={}", permission.id())));
    // Whoever does not say that it treats the patient has its own alone; HUS itself is not concerned.
    assert_eq!(care.found(&door_of(TK), PATIENT).await, Ok(vec![Ground::Own]));
    assert_eq!(
        (care.fetch(&door_of(TK), id).await, care.fetch(&door_of(TK), &permission.id()).await),
        (MISSING, MISSING)
    );
    assert_eq!(care.fetch(&door_of(HUS), id).await, None);
    // Nor whoever names a service event of another's, or of another patient's.
    let foreign = Some(RefusalCode::CareNotShown);
    for door in [treating("TREAT", HUS_EVENT), treating("TREAT", "1.2.246.10.99999984.16.2026.9")] {
        assert_eq!((care.found(&door, PATIENT).await.err(), care.fetch(&door, id).await), (foreign, foreign));
        assert_eq!(care.fetch(&door, "1.2.3.4").await, foreign, "whether it is there is not told");
    }
    // Of permissions in sets of their own the one stored last counts, whatever they say of their time.
    let (refuses, permits) = (Wish::permission(20, false), Wish::permission(21, true));
    care.test.clock.advance(1);
    let refuses = refuses.with("<effectiveTime value=\"20161013102803\"/>", "<effectiveTime value=\"20150101\"/>");
    assert_eq!((care.write_down(HUS, &refuses).await, care.fetch(&asks, id).await), (vec![], MISSING));
    care.test.clock.advance(1);
    assert_eq!((care.write_down(TK, &permits).await, care.fetch(&asks, id).await), (vec![], None));
    // The patient takes it back, at whoever asked.
    care.test.clock.advance(1);
    assert_eq!(care.write_down(HUS, &Wish::permission(2, false).replacing(&permission)).await, []);
    assert_eq!((care.fetch(&asks, id).await, care.found(&asks, PATIENT).await.unwrap().len()), (MISSING, 4));
}

on_both!(a_denial_counts_before_a_permission, denied);

async fn denied(database: Database) {
    let care = Care::start(database).await;
    let (before, _) = care.treated().await;
    let (asks, emergency, id) = (treating("TREAT", TK_EVENT), treating("ETREAT", TK_EVENT), &before.document_id);
    assert_eq!(care.fetch(&emergency, id).await, None, "an emergency needs no permission");
    assert_eq!(care.write_down(TK, &Wish::permission(1, true)).await, []);
    const NOBODY: &str = "1.2.246.10.11111111.10.0";
    // Of a service event, not in emergencies.
    let first = Wish::denial(2, (HUS_EVENT, NOBODY), true);
    assert_eq!(care.write_down(HUS, &first).await, []);
    assert_eq!((care.fetch(&asks, id).await, care.fetch(&emergency, id).await), (MISSING, None));
    assert_eq!(care.found(&asks, PATIENT).await, Ok(vec![Ground::Own, Ground::Wills, Ground::Wills]));
    assert_eq!(care.fetch(&door_of(HUS), id).await, None, "its own register is its own");
    // Nothing that is no denial takes its place, and no draft.
    let wrongly = [(RefusalCode::FollowsWrongly, "body: a will is followed by one of its kind".to_owned())];
    assert_eq!(care.write_down(TK, &Wish::permission(11, true).replacing(&first)).await, wrongly);
    let nothing = Wish::denial(12, (HUS_EVENT, NOBODY), true);
    let nothing = Wish { text: nothing.text.replace("1.2.246.537.6.12.2002", "1.2.3"), ..nothing };
    assert_eq!(care.write_down(TK, &nothing.replacing(&first)).await, wrongly);
    let draft = Wish::denial(13, ("1.2.246.10.99999984.16.1", NOBODY), true).replacing(&first);
    let draft = draft.with("recordStatus code=\"3\"", "recordStatus code=\"2\"");
    let unfinished = (RefusalCode::DocumentHeaderBroken, "localHeader/recordStatus: a will is finished".to_owned());
    assert_eq!(care.write_down(TK, &draft).await, [unfinished]);
    assert_eq!((care.fetch(&asks, id).await, care.fetch(&emergency, id).await), (MISSING, None));
    // Of a provider, in emergencies too; written down by another, in the place of the first.
    let second = Wish::denial(3, ("1.2.246.10.99999984.16.1", HUS), false).replacing(&first);
    assert_eq!(care.write_down(TK, &second).await, []);
    assert_eq!((care.fetch(&asks, id).await, care.fetch(&emergency, id).await), (MISSING, MISSING));
    let told = care.told().await;
    assert_eq!((told[0].act, told[0].ground), (Act::Withheld, Ground::Emergency));
    assert!(told[0].more.as_ref().unwrap().starts_with("denied purpose=ETREAT"), "{:?}", told[0].more);
    // Of somebody else alone.
    let third = Wish::denial(4, ("1.2.246.10.99999984.16.1", NOBODY), false);
    let third = third
        .replacing(&second)
        .with("<setId root=\"1.2.246.10.99999984.93.2026.3\"", "<setId root=\"1.2.246.10.99999984.93.2026.2\"");
    let third = third.with("<versionNumber value=\"2\"/>", "<versionNumber value=\"3\"/>");
    let third = third.with(
        "<setId root=\"1.2.246.10.99999984.93.2026.3\"/><versionNumber value=\"1\"/>",
        "<setId root=\"1.2.246.10.99999984.93.2026.2\"/><versionNumber value=\"2\"/>",
    );
    assert_eq!(care.write_down(TK, &third).await, []);
    assert_eq!((care.fetch(&asks, id).await, care.fetch(&emergency, id).await), (None, None));
}

on_both!(what_is_nobodys_business_is_disclosed_to_nobody, never);

async fn never(database: Database) {
    let care = Care::start(database).await;
    let (before, now) = care.treated().await;
    let asks = treating("TREAT", TK_EVENT);
    assert_eq!(care.write_down(TK, &Wish::permission(1, true)).await, []);
    // An older version, and what was declared void.
    let set = &before.document_id;
    let second = Variation::with_new_ids(61, 3).unwrap().replacing(set, set, 2).of_person(PATIENT).in_event(HUS_EVENT);
    let second = second.signed_by(&care.hus, care.test.app.now()).unwrap();
    assert_eq!(provide(&care.test, &door_of(HUS), HUS, second.document(), 3).await, []);
    assert_eq!((care.fetch(&asks, set).await, care.fetch(&asks, &second.document_id).await), (MISSING, None));
    // What is not finished, and what is archived of the organiser's own affairs.
    let unfinished = care.signed(HUS, Care::about(PATIENT, HUS, 4, HUS_EVENT).unfinished());
    assert_eq!(provide(&care.test, &door_of(HUS), HUS, unfinished.document(), 4).await, []);
    let own = care.signed(HUS, Care::about(PATIENT, HUS, 5, HUS_EVENT).in_register("13"));
    assert_eq!(provide(&care.test, &door_of(HUS), HUS, own.document(), 5).await, []);
    for id in [&unfinished.document_id, &own.document_id] {
        assert_eq!((care.fetch(&asks, id).await, care.fetch(&door_of(HUS), id).await), (MISSING, None), "{id}");
    }
    assert_eq!(care.found(&asks, PATIENT).await, Ok(vec![Ground::Own, Ground::Disclosed, Ground::Wills]));
    // Another patient's documents, with the service event of this one.
    let other = care.signed(HUS, Care::about("010181-900C", HUS, 6, HUS_EVENT));
    assert_eq!(provide(&care.test, &door_of(HUS), HUS, other.document(), 6).await, []);
    assert_eq!(care.fetch(&asks, &other.document_id).await, MISSING);
    assert!(care.told().await[0].more.as_ref().unwrap().starts_with("not-treated "));
    assert_eq!(care.found(&asks, "010181-900C").await, Err(RefusalCode::CareNotShown));
    // One's own archivist sees who asked for somebody whom they do not treat, and in whose service event.
    let own = LinesAsked { controller: Some(&oid(TKS)), ..LinesAsked::default() };
    let told = archive::uses(care.test.app.store.read(), own, 1).await.unwrap().remove(0).told;
    assert_eq!((told.act, told.ground), (liitos_domain::archive::Act::Withheld, Ground::Disclosed));
    assert!(told.person.is_some() && told.more.unwrap().starts_with("care-not-shown purpose=TREAT event="));
    // In an emergency one says whose documents one asks for.
    let of_event = Criteria { event: Some(oid(HUS_EVENT)), ..Criteria::default() };
    let search = Search { criteria: of_event, after: None, count: 50 };
    let emergency = treating("ETREAT", TK_EVENT);
    let wide = search_documents(&care.test.app, &emergency, Service::PatientData, &search).await.unwrap_err();
    assert_eq!((wide.code, wide.place.as_str()), (RefusalCode::SearchTooWide, "client"));
    // A will in a register of one's own is kept for nobody.
    let own = Wish::permission(7, true).with("root=\"1.2.246.10.2462460.19.1\"", &format!("root=\"{TKS}\""));
    let foreign = (RefusalCode::ControllerForeign, "custodian: of the wills".to_owned());
    assert_eq!(care.write_down(TK, &own).await, [foreign]);
    // Nor does anything else go where wills are kept.
    let misplaced = Variation::with_new_ids(61, 8).unwrap().with_controller("1.2.246.10.2462460.19.1");
    let misplaced = care.signed(TK, misplaced.from_organisation(TK).of_person(PATIENT));
    let told = provide(&care.test, &door_of(TK), TK, misplaced.document(), 8).await;
    assert_eq!(told, [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    // What was declared void is given to nobody, and shows nothing.
    let void = async |by: &str, older: &Variation, set: &str, (serial, version): (u64, u32), event: &str| {
        let void = Care::about(PATIENT, by, serial, event).replacing(&older.document_id, set, version).invalidating();
        let message = care.signed(by, void).message().unwrap();
        let told = store_document(&care.test.app, &door_of(by), message.as_bytes()).await.unwrap();
        assert_eq!(told.how, StoredHow::New);
    };
    assert_eq!(care.fetch(&asks, &second.document_id).await, None);
    void(HUS, &second, set, (9, 3), HUS_EVENT).await;
    assert_eq!(care.fetch(&asks, &second.document_id).await, MISSING);
    void(TK, &now, &now.document_id, (10, 2), TK_EVENT).await;
    let foreign = Some(RefusalCode::CareNotShown);
    assert_eq!(
        (care.fetch(&asks, &second.document_id).await, care.found(&asks, PATIENT).await.err()),
        (foreign, foreign)
    );
}

on_both!(a_deployment_test_shows_disclosure_and_the_archivists_desk, tested);

/// The cases of functions, by what the archive writes down of each.
async fn tested(database: Database) {
    let care = Care::start(database).await;
    let (app, tk) = (&care.test.app, member_of(TK));
    let asked = Asked {
        service: Service::PatientData.code().into(),
        stage: "first-use".into(),
        system: "900001".into(),
        functions: vec!["disclosure".into(), "archivist".into()],
        persons: PATIENT.into(),
        ..Asked::default()
    };
    let number = deployment_tests::begin(app, &tk, &asked).await.unwrap();
    let stands = async |case: &str| answer(app, &tk, &number, case).await;
    let (before, _) = care.treated().await;
    told(app, TK, ("TEST-0001", Vec::new())).await;
    assert_eq!((stands("store").await, stands("disclosure").await), (Answer::Seen, Answer::Nothing));
    assert_eq!(stands("emergency").await, Answer::Nothing);
    // Read without the patient's permission it is withheld, and shows nothing.
    let treats = |code: &str, decision: &str| Door { decision_id: decision.to_owned(), ..treating(code, TK_EVENT) };
    assert_eq!(care.fetch(&treats("TREAT", "D-1"), &before.document_id).await, MISSING);
    told(app, TK, ("D-1", Vec::new())).await;
    assert_eq!(stands("disclosure").await, Answer::Nothing);
    assert_eq!(care.write_down(TK, &Wish::permission(1, true)).await, []);
    for (code, case, decision) in [("TREAT", "disclosure", "D-2"), ("ETREAT", "emergency", "D-3")] {
        assert_eq!(care.fetch(&treats(code, decision), &before.document_id).await, None);
        assert_eq!(stands(case).await, Answer::NotAtGateway, "{case}");
        told(app, TK, (decision, Vec::new())).await;
        assert_eq!(stands(case).await, Answer::Seen, "{case}");
    }
    // Another's archivist is nobody's test of this one.
    let person = PersonRef { extension: PATIENT.into(), root: "1.2.246.21".into() };
    let search = Search { criteria: Criteria { person: Some(person), ..Criteria::default() }, after: None, count: 9 };
    for (organisation, expected) in [(HUS, Answer::Nothing), (TK, Answer::Seen)] {
        on_record(&care.test, organisation).await;
        let archivist = holding(organisation, Position::Archivist, Some(CARD));
        care.test.clock.advance(1);
        assert!(!archivist::search(app, &archivist, &search).await.unwrap().documents.is_empty());
        assert_eq!(stands("archivist").await, expected, "{organisation}");
    }
    // What of its own others asked for its archivist finds by itself: withheld, permitted, and in an emergency.
    let archivist = holding(HUS, Position::Archivist, Some(CARD));
    let lines = async |disclosed| {
        let asked = UsesAsked { disclosed, ..UsesAsked::default() };
        let lines = archivist::uses(app, &archivist, &asked).await.unwrap();
        lines.into_iter().map(|line| (line.told.act, line.told.ground)).collect::<Vec<_>>()
    };
    let (fetched, withheld) = (Act::Fetched, Act::Withheld);
    let asked = [(fetched, Ground::Emergency), (fetched, Ground::Disclosed), (withheld, Ground::Disclosed)];
    assert_eq!(lines(true).await, asked);
    assert!(lines(false).await.len() > asked.len());
}

/// To whom a merger brings what is another's.
const TAKES: &str = "1.2.246.10.2462460.19.1";

/// A run that two have approved; for so many seconds before and after its switch systems may be apart.
async fn merger(care: &Care, (from, to): (&str, &str), apart: i64) -> Order {
    let app = &care.test.app;
    let order = Order {
        from: oid(from),
        to: oid(to),
        scope: Scope::default(),
        kind: RunKind::Successor,
        run_at: app.now().plus_days(3).midnight(),
        priority: 0,
        before: apart,
        after: apart,
        apart: Apart::Accept,
        basis: "merger".into(),
    };
    runs::add_day(app, &case_handler(), order.run_at).await.unwrap();
    let number = runs::order(app, &case_handler(), order.clone()).await.unwrap();
    let shown = runs::dry_run(app, &case_handler(), &number).await.unwrap().hash;
    for person in [case_handler(), second_registrar()] {
        runs::approve(app, &person, &number, &shown).await.unwrap();
    }
    order
}

on_both!(a_service_event_that_is_about_to_come_shows_nobody, about_to_come);

async fn about_to_come(database: Database) {
    let care = Care::start(database).await;
    let (app, clock) = (&care.test.app, &care.test.clock);
    care.treated().await;
    let asks = treating("TREAT", HUS_EVENT);
    let order = merger(&care, (HUSS, TKS), 3600).await;
    clock.advance(order.run_at.as_seconds() - app.now().as_seconds() - 60);
    // It reads what it is about to get, for itself; nobody else's documents by that.
    assert!(care.found(&door_of(TK), PATIENT).await.unwrap().contains(&Ground::Changing));
    assert_eq!(care.found(&asks, PATIENT).await, Err(RefusalCode::CareNotShown));
    clock.advance(61);
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    clock.advance(1);
    assert!(care.found(&asks, PATIENT).await.is_ok());
}

on_both!(around_a_switch_a_service_event_shows_who_is_treated, around_a_switch);

async fn around_a_switch(database: Database) {
    let care = Care::start(database).await;
    let (app, clock) = (&care.test.app, &care.test.clock);
    let (before, _) = care.treated().await;
    assert_eq!(care.write_down(TK, &Wish::permission(1, true)).await, []);
    let (asks, id) = (treating("TREAT", TK_EVENT), &before.document_id);
    let order = merger(&care, (TKS, TAKES), 3600).await;
    clock.advance(order.run_at.as_seconds() - app.now().as_seconds() + 1);
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    clock.advance(1);
    // The event is somebody else's now, and TK's system, which has not switched, goes on treating in it.
    let found = care.found(&asks, PATIENT).await.unwrap();
    assert!(found.contains(&Ground::Changing) && found.contains(&Ground::Disclosed), "{found:?}");
    assert_eq!(care.fetch(&asks, id).await, None);
    assert_eq!(care.found(&treating("TREAT", HUS_EVENT), PATIENT).await, Err(RefusalCode::CareNotShown));
    clock.advance(3600);
    assert_eq!(care.found(&asks, PATIENT).await, Err(RefusalCode::CareNotShown));
    assert_eq!(care.fetch(&asks, id).await, Some(RefusalCode::CareNotShown));
}

on_both!(disclosure_goes_on_while_a_run_is_carried, while_carried);

/// What HUS archived goes to another controller; whoever treats the patient reads it before, meanwhile and after.
async fn while_carried(database: Database) {
    let care = Care::start(database).await;
    let app = &care.test.app;
    let (before, _) = care.treated().await;
    assert_eq!(care.write_down(TK, &Wish::permission(1, true)).await, []);
    let asks = treating("TREAT", TK_EVENT);
    let reads = async || {
        assert_eq!(care.fetch(&asks, &before.document_id).await, None);
        assert_eq!(care.found(&asks, PATIENT).await, Ok(vec![Ground::Own, Ground::Disclosed, Ground::Wills]));
    };
    reads().await;
    let order = merger(&care, (HUSS, TAKES), 0).await;
    care.test.clock.advance(order.run_at.as_seconds() - app.now().as_seconds() + 1);
    reads().await;
    assert_eq!(runs::switch_due(app).await.unwrap(), 1);
    reads().await;
    let mut pieces = 0;
    while runs::carry_through(app, 1).await.unwrap() {
        pieces += 1;
        reads().await;
    }
    assert!(pieces > 3, "{pieces}");
    // It is the new controller that is told of it, from the switch on.
    let asked = LinesAsked { controller: Some(&oid(TAKES)), ..LinesAsked::default() };
    let lines = archive::uses(app.store.read(), asked, 100).await.unwrap();
    let fetched = lines.iter().filter(|line| line.told.act == Act::Fetched && line.told.ground == Ground::Disclosed);
    assert_eq!(fetched.count(), pieces + 1, "{lines:?}");
    // A denial of who archived it then counts for it now.
    let denial = Wish::denial(2, ("1.2.246.10.99999984.16.1", HUS), false);
    assert_eq!(care.write_down(TK, &denial).await, []);
    assert_eq!(care.fetch(&asks, &before.document_id).await, MISSING);
}
