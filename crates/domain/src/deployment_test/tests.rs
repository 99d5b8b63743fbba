//! Cases, and what is taken for what.

use super::*;
use crate::archive::{Apart, Ground, Order, RunKind, RunState, Scope};
use crate::identifier::Oid;
use crate::refusal::RefusalCode;
use std::collections::{BTreeMap, BTreeSet};

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

const POINT: &str = "1.2.246.10.99999036.10.0.13.1";
const OWN: &str = "1.2.246.10.99999036.19.0";

fn content(stage: Stage, functions: &[&str]) -> Content {
    let functions: Vec<String> = functions.iter().map(|&one| one.to_owned()).collect();
    Content {
        service: Service::PatientData,
        stage,
        system: "900003".to_owned(),
        points: vec![oid(POINT)],
        controllers: vec![oid(OWN)],
        persons: Cases::standard().persons.clone(),
        cases: Cases::standard().of((Service::PatientData, stage, "900003"), &functions),
        functions,
        change: None,
        before: None,
        moved: vec![Stored { document: oid("1.2.3.9"), set: oid("1.2.3.9"), controller: oid("1.2.246.10.1.19.0") }],
    }
}

fn seen(deed: Deed, at: i64, set: Option<&str>) -> Seen {
    Seen {
        at: Moment::from_seconds(at),
        deed,
        ground: Some(Ground::Own),
        point: Some(oid(POINT)),
        decision: format!("D-{at}"),
        person: Some("digest".to_owned()),
        message: None,
        document: set.map(oid),
        set: set.map(oid),
        controller: Some(oid(OWN)),
        found: (deed == Deed::Searched).then_some(1),
        codes: Vec::new(),
        gateway: Some(Moment::from_seconds(at)),
    }
}

fn word(fine: bool, at: i64, seen: Option<Seen>) -> Word {
    let (role, person) = (People::Professional, "Testi".to_owned());
    Word { fine, role, person, remark: None, at: Moment::from_seconds(at), seen }
}

fn answers(content: &Content, all: &[Seen], words: &[(&str, Word)]) -> BTreeMap<String, Answer> {
    let words = words.iter().map(|(case, word)| ((*case).to_owned(), word.clone())).collect();
    judge(content, (all, &[]), &words).into_iter().map(|(case, look)| (case, look.answer)).collect()
}

#[test]
fn the_file_is_read_and_each_service_has_its_cases() {
    let cases = Cases::standard();
    assert!(cases.cases.len() >= 10);
    let ids = |service, stage, functions: &[&str]| {
        let functions: Vec<String> = functions.iter().map(|&one| one.to_owned()).collect();
        cases.of((service, stage, "1"), &functions).into_iter().map(|case| case.id).collect::<Vec<_>>()
    };
    assert_eq!(ids(Service::PatientData, Stage::FirstUse, &[]), ["store", "search", "read", "replace", "void"]);
    assert_eq!(ids(Service::PatientData, Stage::Before, &[]), ["store", "search", "read"]);
    assert_eq!(ids(Service::Prescription, Stage::Readiness, &["renewal-reception"]).last().unwrap(), "renewal");
    let after = ids(Service::SocialClientData, Stage::After, &["disclosure"]);
    assert_eq!(after, ["store", "search", "read", "moved", "moved-replace", "former"]);
    assert!(cases.services(Stage::Readiness).iter().all(|service| *service == Service::Prescription));
    let functions: Vec<&str> = cases.functions(Service::PatientData, Stage::FirstUse).into_iter().collect();
    assert_eq!(functions, ["archivist", "disclosure", "tenant"]);
}

#[test]
fn outside_the_900_series_it_is_refused_and_nobody_is_named() {
    assert_eq!(persons("010181-900c\n\n 020275-911M \n010181-900C").unwrap(), ["010181-900C", "020275-911M"]);
    let check = |person: &str| Cases::read(&format!("persons = [\"{person}\"]\nstage = []\ncase = []\n"));
    assert!(check("010181-900C").is_ok());
    // A code of somebody who might be, one with a wrong check character, and none at all.
    for wrong in ["131052-308T", "010181-900D", "", "010181-900C\\n020275-911M"] {
        let error = check(wrong).unwrap_err();
        assert_eq!(error, CasesError::Person(1));
        assert!(wrong.is_empty() || !error.to_string().contains(wrong));
    }
    let broken = Cases::read("persons = [\n\"131052-308T\" x]").unwrap_err().to_string();
    assert!(broken.starts_with("line 2") && !broken.contains("131052"), "{broken}");
    assert_eq!(persons("010181-900C\n131052-308T"), Err(2));
    let many = "010181-900C\n020275-911M\n150390-9222\n241200A9338\n070755-944T\n310812A955B\n".repeat(3);
    assert_eq!(persons(&many).unwrap().len(), 6);
}

#[test]
fn a_file_that_says_something_impossible_is_not_taken() {
    let one = |more: &str| {
        let case = format!(
            "persons = []\nstage = []\n[[case]]\nid = \"a\"\nservices = [\"patient-data\"]\nstages = [\"first-use\"]\n{more}\n"
        );
        Cases::read(&case).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(one("deed = \"stored\"\npeople = [\"professional\"]"), Ok(()));
    for wrong in [
        "deed = \"stored\"\npeople = []",
        "deed = \"fetched\"\npeople = [\"professional\"]",
        "deed = \"fetched\"\nof = \"a\"\npeople = [\"professional\"]",
        "deed = \"refused\"\npeople = [\"supplier\"]",
        "deed = \"stored\"\ncode = \"L-501\"\npeople = [\"supplier\"]",
        "deed = \"stored\"\npeople = [\"supplier\"]\nfunction = \"No\"",
        "deed = \"danced\"\npeople = [\"supplier\"]",
        "deed = \"stored\"\npeople = [\"supplier\"]\nwhy = 1",
    ] {
        assert!(one(wrong).is_err(), "{wrong}");
    }
    assert_eq!(Cases::read(&" ".repeat(MAX_CASES_BYTES + 1)), Err(CasesError::TooLarge));
}

#[test]
fn what_came_out_is_taken_for_what_it_is() {
    let content = content(Stage::FirstUse, &[]);
    let answer = |all: &[Seen], case: &str| answers(&content, all, &[]).remove(case).unwrap();
    assert_eq!((answer(&[], "store"), answer(&[], "read")), (Answer::Nothing, Answer::Waits));
    let store = seen(Deed::Stored, 10, Some("1.2.3"));
    assert_eq!(answer(std::slice::from_ref(&store), "store"), Answer::Seen);
    assert_eq!(answer(&[Seen { gateway: None, ..store.clone() }], "store"), Answer::NotAtGateway);
    let elsewhere = Seen { point: Some(oid("1.2.246.10.99999036.10.0.13.9")), ..store.clone() };
    assert_eq!(answer(&[elsewhere], "store"), Answer::OtherPoint);
    let foreign = Seen { controller: Some(oid("1.2.246.10.1.19.0")), ..store.clone() };
    assert_eq!(answer(&[foreign], "store"), Answer::OtherDocument);
    let with = |other: Seen, case: &str| answer(&[store.clone(), other], case);
    assert_eq!(with(Seen { found: Some(0), ..seen(Deed::Searched, 11, None) }, "search"), Answer::FoundNothing);
    assert_eq!(with(seen(Deed::Searched, 9, None), "search"), Answer::Nothing, "before it was stored");
    assert_eq!(with(seen(Deed::Searched, 11, None), "search"), Answer::Seen);
    let elsewhere = Seen { person: Some("another".to_owned()), ..seen(Deed::Searched, 11, None) };
    assert_eq!(with(elsewhere, "search"), Answer::OtherDocument, "another client's");
    assert_eq!(with(Seen { found: None, ..seen(Deed::Searched, 11, None) }, "search"), Answer::FoundNothing);
    assert_eq!(with(seen(Deed::Fetched, 11, Some("1.2.4")), "read"), Answer::OtherDocument);
    assert_eq!(with(seen(Deed::Fetched, 11, Some("1.2.3")), "read"), Answer::Seen);
    assert_eq!(with(seen(Deed::Fetched, 11, Some("1.2.3")), "replace"), Answer::Nothing);
    let archivist = Seen { ground: Some(Ground::Archivist), ..seen(Deed::Searched, 11, None) };
    assert_eq!(with(archivist, "search"), Answer::Nothing, "the archivist's interface is not the system");
}

#[test]
fn somebodys_word_stands_beside_what_was_seen() {
    let content = content(Stage::FirstUse, &[]);
    let store = seen(Deed::Stored, 10, Some("1.2.3"));
    let told = |all: &[Seen], words: &[(&str, Word)]| answers(&content, all, words);
    // What went well stays so, whatever is forgotten or seen later; what follows rests on it.
    let fine = ("store", word(true, 12, Some(store.clone())));
    let read = seen(Deed::Fetched, 13, Some("1.2.3"));
    let all = told(&[read, seen(Deed::Stored, 14, Some("1.2.4"))], std::slice::from_ref(&fine));
    assert_eq!((all["store"], all["read"]), (Answer::Passed, Answer::Seen));
    // What was never seen in both logs is not done, whoever says so.
    let word_alone = ("store", word(true, 12, None));
    assert_eq!(told(&[], &[word_alone])["store"], Answer::Failed);
    // What rests on a case that was made anew is made anew.
    let anew = [
        ("store", word(true, 20, Some(seen(Deed::Stored, 19, Some("1.2.5"))))),
        ("read", word(true, 14, Some(seen(Deed::Fetched, 13, Some("1.2.3"))))),
    ];
    assert_eq!(told(&[], &anew)["read"], Answer::Failed);
    // After a bad word only what comes later counts.
    let bad = ("store", word(false, 12, None));
    assert_eq!(told(std::slice::from_ref(&store), std::slice::from_ref(&bad))["store"], Answer::Failed);
    assert_eq!(told(&[store, seen(Deed::Stored, 14, Some("1.2.4"))], &[bad])["store"], Answer::Seen);
}

#[test]
fn around_a_change_documents_pass_and_earlier_ones_serve() {
    let before = content(Stage::Before, &[]);
    let earlier = [seen(Deed::Stored, 1, Some("1.2.3"))];
    let looks = judge(&before, (&[], &earlier), &BTreeMap::new());
    assert_eq!((looks["store"].answer, looks["read"].answer), (Answer::Seen, Answer::Nothing));
    let first = content(Stage::FirstUse, &[]);
    assert_eq!(judge(&first, (&[], &earlier), &BTreeMap::new())["store"].answer, Answer::Nothing, "not at a first use");
    let after = content(Stage::After, &[]);
    let former = Some(oid("1.2.246.10.1.19.0"));
    let codes = vec![RefusalCode::ControllerForeign];
    let refused = Seen { codes, controller: former.clone(), ..seen(Deed::Refused, 5, None) };
    let own = Seen { controller: Some(oid(OWN)), ..refused.clone() };
    assert_eq!(answers(&after, &[own], &[])["former"], Answer::OtherDocument, "not by the former's name");
    let all = answers(&after, &[seen(Deed::Fetched, 4, Some("1.2.3.9")), refused.clone()], &[]);
    assert_eq!((all["moved"], all["former"], all["moved-replace"]), (Answer::Seen, Answer::Seen, Answer::Nothing));
    let otherwise = Seen { codes: vec![RefusalCode::NoRight], ..refused };
    assert_eq!(answers(&after, &[otherwise], &[])["former"], Answer::Nothing);
    let stays = Seen { controller: former, ..seen(Deed::Fetched, 4, Some("1.2.3.9")) };
    assert_eq!(answers(&after, &[stays], &[])["moved"], Answer::OtherDocument, "it did not pass");
}

#[test]
fn a_test_is_made_on_its_side_of_the_day() {
    let (before, day) = (Moment::from_seconds(9), Moment::from_seconds(10));
    let made = |stage: Stage| (stage.is_made(day, before), stage.is_made(day, day));
    assert_eq!((made(Stage::Before), made(Stage::After)), ((true, false), (false, true)));
    assert_eq!((made(Stage::FirstUse), made(Stage::Readiness)), ((true, true), (true, true)));
}

#[test]
fn functions_are_shown_by_why_it_was_let() {
    let content = content(Stage::FirstUse, &["disclosure", "archivist"]);
    let own = seen(Deed::Fetched, 5, Some("1.2.8"));
    let disclosed = Seen { ground: Some(Ground::Disclosed), controller: Some(oid("1.2.246.10.1.19.0")), ..own.clone() };
    let all = answers(&content, &[own, disclosed], &[]);
    assert_eq!((all["disclosure"], all["emergency"]), (Answer::Seen, Answer::Nothing));
    let desk = Seen { ground: Some(Ground::Archivist), point: None, gateway: None, ..seen(Deed::Searched, 6, None) };
    let stored = seen(Deed::Stored, 5, Some("1.2.3"));
    assert_eq!(answers(&content, &[stored, desk.clone()], &[])["archivist"], Answer::Seen);
    let void = Seen { deed: Deed::Invalidated, ..desk };
    assert!(!void.is_test_data(), "what the archivist does is no test's");
}

fn tested(stage: Stage, course: Course) -> Tested {
    Tested {
        service: Service::PatientData,
        system: "1".to_owned(),
        stage,
        course,
        functions: BTreeSet::new(),
        begun_at: Moment::from_seconds(5),
    }
}

#[test]
fn a_new_function_and_a_change_of_controller_are_to_be_tested() {
    let at = Moment::from_seconds;
    let held = Held {
        service: Service::PatientData,
        system: "1".to_owned(),
        from: at(1),
        functions: [("tenant", at(7))].into(),
    };
    let said = |switches: &[Switch], tested: &[Tested]| -> Vec<(Stage, Vec<&str>, Moment)> {
        let due = due(std::slice::from_ref(&held), switches, tested).into_iter();
        due.map(|due| (due.stage, due.functions.into_iter().collect(), due.from)).collect()
    };
    let first = tested(Stage::FirstUse, Course::Accepted);
    let with_tenants = Tested { functions: ["tenant".to_owned()].into(), ..first.clone() };
    assert_eq!(said(&[], &[]), [(Stage::FirstUse, vec!["tenant"], at(1))]);
    assert_eq!(said(&[], std::slice::from_ref(&first)), [(Stage::FirstUse, vec!["tenant"], at(7))], "only that");
    assert_eq!(said(&[], std::slice::from_ref(&with_tenants)), []);
    let switch = |stage, day| Switch { service: Service::PatientData, stage, since: at(day), at: at(day) };
    let before = tested(Stage::Before, Course::Sent);
    let both = [switch(Stage::Before, 4), switch(Stage::After, 6)];
    let after = (Stage::After, vec![], at(6));
    assert_eq!(said(&both, std::slice::from_ref(&with_tenants)), [(Stage::Before, vec![], at(4)), after.clone()]);
    assert_eq!(said(&both, &[with_tenants.clone(), before.clone()]), [after]);
    // One that was made before it was switched shows nothing of it; where one after it is to be made, none at the first use is.
    let early = tested(Stage::After, Course::Sent);
    assert_eq!(said(&both[1..], &[early.clone(), with_tenants]).len(), 1);
    let late = Tested { begun_at: at(6), functions: ["tenant".to_owned()].into(), ..early };
    assert_eq!(said(&both[1..], &[late]), []);
    let bare = Held { functions: BTreeMap::new(), ..held.clone() };
    let stages: Vec<Stage> = due(&[bare], &both[1..], &[]).into_iter().map(|due| due.stage).collect();
    assert_eq!(stages, [Stage::After]);
}

#[test]
fn a_run_is_tested_before_it_once_it_is_near_and_after_it() {
    let now = Moment::from_seconds(1_000 * 86_400);
    let order = |days| Order {
        from: oid("1.2.246.10.90001.19.0"),
        to: oid("1.2.246.10.90002.19.0"),
        scope: Scope::default(),
        kind: RunKind::Successor,
        run_at: now.plus_days(days),
        priority: 0,
        before: 0,
        after: 0,
        apart: Apart::Accept,
        basis: String::new(),
    };
    let of = |state, switched, days| {
        Switch::around(&order(days), (state, switched), now).iter().map(|one| one.stage).collect::<Vec<_>>()
    };
    assert_eq!(of(RunState::Approved, None, 90), [Stage::Before; 2], "patients' and social care's");
    assert_eq!(of(RunState::Approved, None, 91), [], "too far ahead");
    assert_eq!(of(RunState::Approved, None, 0), [], "its moment has come");
    assert_eq!(of(RunState::Ordered, None, 9), [], "nobody has approved it");
    assert_eq!(of(RunState::Done, Some(now), -1), [Stage::After; 2]);
    assert_eq!(of(RunState::Reversed, Some(now), -1), []);
}

#[test]
fn a_first_use_is_to_be_tested_until_it_is_reported() {
    let from = Moment::from_seconds(1);
    let held = |service, system: &str| Held { service, system: system.to_owned(), from, functions: BTreeMap::new() };
    let all = [
        held(Service::PatientData, "1"),
        held(Service::PatientData, "2"),
        held(Service::Prescription, "1"),
        held(Service::RenewalReception, "1"),
    ];
    let tested = |course| tested(Stage::FirstUse, course);
    let said = |tested: &[Tested]| {
        due(&all, &[], tested).into_iter().map(|due| (due.service, due.system, due.stage, due.must)).collect::<Vec<_>>()
    };
    let readiness = (Service::Prescription, "1".to_owned(), Stage::Readiness, false);
    let first = |system: &str| (Service::PatientData, system.to_owned(), Stage::FirstUse, true);
    assert_eq!(said(&[tested(Course::Running)]), [readiness.clone(), first("1"), first("2")]);
    assert_eq!(said(&[tested(Course::Sent)]), [readiness, first("2")]);
}
