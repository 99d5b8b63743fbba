use super::*;
use crate::application::Form;
use crate::county::County;
use crate::directory::{Right, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, Service};
use crate::time::Interval;
use std::collections::BTreeSet;

const POINT: &str = "1.2.246.537.6.918.18.900077.13.4";
const OWN: &str = "1.2.246.10.99999036.10.0.13.1";
const USER: &str = "1.2.246.10.99999984.10.0";
const OWNER: &str = "1.2.246.10.99999036.10.0";
const INTERMEDIARY: &str = "1.2.246.537.6.918.18.900077";

fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn now() -> Moment {
    at("2026-11-29T12:00:00Z")
}

fn form(fields: &[(&str, &str)]) -> Form {
    Form(fields.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

fn right(joiner: &str, service: Service, point: &str) -> Right {
    Right {
        joiner: Oid::parse(joiner).unwrap(),
        service,
        access_point: AccessPointOid::parse(point).unwrap(),
        system: "1".to_owned(),
        unit: None,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid: Interval::new(at("2026-01-01"), Some(at("2027-01-01"))),
    }
}

fn hit(audience: &Audience, day: &str) -> Vec<String> {
    let rights = [
        right(USER, Service::Prescription, POINT),
        right(USER, Service::PatientData, POINT),
        right(OWNER, Service::SocialClientData, OWN),
    ];
    let helsinki = Place { municipality: Some("091".to_owned()), county: County::of("091") };
    let place = |oid: &Oid| (oid.as_str() == USER).then_some(&helsinki);
    let told = |(oid, touched): (Oid, Touched)| {
        let services: Vec<_> = touched.services.iter().map(|service| service.code()).collect();
        let (owns, where_) = (if touched.administers { "!" } else { "" }, if touched.somewhere { "?" } else { "" });
        format!("{oid}{owns}{where_} {}", services.join(","))
    };
    let tenant = Tenant {
        host: Oid::parse(OWNER).unwrap(),
        tenant: Oid::parse("1.2.246.10.99999044.10.0").unwrap(),
        valid: Interval::new(at("2026-09-01"), None),
    };
    audience.hits((&rights, &[], &[tenant]), at(day), place).into_iter().map(told).collect()
}

#[test]
fn whoever_uses_it_is_hit_and_whoever_runs_the_way_there() {
    let all = Audience::default();
    let everybody = [
        format!("{OWNER} social-client-data"),
        format!("{USER} prescription,patient-data"),
        format!("{INTERMEDIARY}! "),
    ];
    assert_eq!(hit(&all, "2026-06-01"), everybody);
    assert_eq!(hit(&all, "2027-06-01"), [""; 0], "rights have ended");
    assert!(hit(&all, "2026-10-01").contains(&"1.2.246.10.99999044.10.0 social-client-data".to_owned()), "a tenant");
    let services = BTreeSet::from([Service::Prescription]);
    let one = Audience { services, ..Audience::default() };
    assert_eq!(hit(&one, "2026-06-01"), [format!("{USER} prescription"), format!("{INTERMEDIARY}! ")]);
    let point = |oid: &str| Audience {
        access_points: BTreeSet::from([AccessPointOid::parse(oid).unwrap()]),
        ..Audience::default()
    };
    assert_eq!(hit(&point(OWN), "2026-06-01"), [format!("{OWNER}! social-client-data")]);
    assert_eq!(hit(&point(OWN), "2027-06-01"), [format!("{OWNER}! ")], "its administrator, though nobody uses it");
    // In another town; whose place nobody knows is told.
    let place = |code: &str| Audience { places: BTreeSet::from([code.to_owned()]), ..Audience::default() };
    assert_eq!(hit(&place("837"), "2026-06-01"), [format!("{OWNER}? social-client-data")]);
    assert_eq!(hit(&place("091"), "2026-06-01").len(), 3);
    let county = |code: &str| Audience { counties: BTreeSet::from([code.to_owned()]), ..Audience::default() };
    assert_eq!(hit(&county("08"), "2026-06-01"), [format!("{OWNER}? social-client-data")]);
    assert_eq!(hit(&county("90"), "2026-06-01").len(), 3);
    let either = Audience { places: BTreeSet::from(["837".to_owned()]), ..county("90") };
    assert_eq!(hit(&either, "2026-06-01").len(), 3);
    // A tenant works where it is itself, and nobody knows where that is.
    assert!(hit(&county("08"), "2026-10-01").contains(&"1.2.246.10.99999044.10.0? social-client-data".to_owned()));
}

#[test]
fn who_may_be_there_is_told_to_be_sure() {
    let told = |municipality: Option<&str>, county: Option<&str>, audience: &Audience| {
        let there = Place { municipality: municipality.map(str::to_owned), county: county.and_then(County::parse) };
        let right = right(USER, Service::Prescription, POINT);
        let hit = audience.hits((&[right], &[], &[]), at("2026-06-01"), |_| Some(&there));
        hit.get(&Oid::parse(USER).unwrap()).map(|touched| touched.somewhere)
    };
    let places = |of: &[&str]| of.iter().map(|code| (*code).to_owned()).collect::<BTreeSet<_>>();
    let lapland = Audience { counties: places(&["21"]), ..Audience::default() };
    assert_eq!(told(Some("698"), Some("21"), &lapland), Some(false));
    assert_eq!(told(Some("091"), Some("90"), &lapland), None);
    assert_eq!(told(None, Some("21"), &lapland), Some(false), "a county's own provider");
    assert_eq!(told(None, Some("20"), &lapland), None);
    assert_eq!(told(Some("999"), None, &lapland), Some(true), "a number given since");
    assert_eq!(told(None, None, &lapland), Some(true));
    let rovaniemi = Audience { places: places(&["698"]), ..Audience::default() };
    assert_eq!(told(None, Some("21"), &rovaniemi), Some(true), "the county's provider may be there");
    assert_eq!(told(None, Some("20"), &rovaniemi), None);
    assert_eq!(told(Some("999"), None, &rovaniemi), None);
}

#[test]
fn what_is_filled_in_is_read_or_told_to_be_wrong() {
    let good = [
        ("fault_kind", "fault"),
        ("headline_fi", " Resepti ei vastaa "),
        ("headline_en", "Prescriptions do not answer"),
        ("services", "prescription renewal-reception"),
        ("access_points", POINT),
        ("places", "091, 837"),
        ("counties", "21 90"),
        ("begins_day", "2026-11-29"),
        ("begins_time", "13:30"),
        ("public", "yes"),
    ];
    let (fault, statement) = read(&form(&good), now()).unwrap();
    assert_eq!(fault.begins, at("2026-11-29T11:30:00Z"), "as clocks in Helsinki show it");
    assert_eq!((fault.headline.of("sv"), fault.headline.of("en").1), (("Resepti ei vastaa", "fi"), "en"));
    assert_eq!((fault.audience.services.len(), fault.audience.places.len(), fault.public), (2, 2, true));
    assert_eq!(fault.audience.counties, ["21", "90"].map(str::to_owned).into());
    assert_eq!((statement.stage, statement.words.is_empty(), statement.expected), (Stage::Started, true, None));

    let wrong = |more: &[(&str, &str)]| -> Vec<String> {
        let mut form = form(&good);
        form.0.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
        let errors = read(&form, now()).map_or_else(|errors| errors, |_| Vec::new());
        errors.iter().map(|error| format!("{} {}", error.field, error.problem)).collect()
    };
    let long = "a".repeat(MAX_HEADLINE + 1);
    for (more, told) in [
        (vec![("headline_fi", "")], "headline_fi missing"),
        (vec![("headline_sv", long.as_str())], "headline_sv too-long"),
        (vec![("headline_fi", "a\nb")], "headline_fi too-long"),
        (vec![("words_sv", "bara på svenska")], "words_fi missing"),
        (vec![("services", "prescription nothing")], "services choice"),
        (vec![("access_points", USER)], "access_points access-point-oid"),
        (vec![("places", "Helsinki")], "places choice"),
        (vec![("counties", "00")], "counties choice"),
        (vec![("fault_kind", "system")], "systems missing"),
        (vec![("fault_kind", "system"), ("systems", "90\u{e4}")], "systems choice"),
        (vec![("begins_time", "15:00")], "begins_day date-ahead"),
        (vec![("begins_time", "")], "begins_time missing"),
        (vec![("begins_time", "25:00")], "begins_time date"),
        (vec![("begins_day", "29.11.2026")], "begins_day date"),
        (vec![("begins_day", "2025-01-01")], "begins_day date"),
        (vec![("begins_day", "2026-03-29"), ("begins_time", "03:30")], "begins_time date"),
        (vec![("expected_day", "2026-11-29"), ("expected_time", "13:45")], "expected_day date-past"),
        (vec![("fault_kind", "")], "fault_kind choice"),
        (vec![("fault_kind", "break"), ("begins_day", "2026-12-01")], "expected_day missing"),
        (
            vec![("fault_kind", "break"), ("expected_day", "2026-11-30"), ("expected_time", "12:00")],
            "begins_day date-past",
        ),
        (vec![("fault_kind", "break"), ("begins_day", ""), ("begins_time", "")], "begins_day missing"),
    ] {
        assert_eq!(wrong(&more), [told], "{more:?}");
    }
}

#[test]
fn what_is_over_is_said_with_its_time_and_what_has_not_begun_is_called_off() {
    let coming = [
        ("fault_kind", "break"),
        ("headline_fi", "Huoltokatko"),
        ("begins_day", "2026-12-05"),
        ("begins_time", "02:00"),
        ("expected_day", "2026-12-05"),
        ("expected_time", "04:00"),
    ];
    let (mut fault, _) = read(&form(&coming), now()).unwrap();
    let say = |fault: &Fault, fields: &[(&str, &str)], now| {
        let told = |error: &crate::application::FieldError| format!("{} {}", error.field, error.problem);
        read_statement(&form(fields), fault, now).map_err(|errors| errors.iter().map(told).collect::<Vec<_>>())
    };
    assert_eq!(fault.course(now()), Course::Coming);
    assert_eq!(say(&fault, &[("stage", "called-off")], now()).unwrap().0.stage, Stage::CalledOff);
    let over = say(&fault, &[("stage", "ended")], now()).unwrap_err();
    assert!(over.contains(&"stage choice".to_owned()), "it has not begun: {over:?}");
    assert_eq!(say(&fault, &[("stage", "updated"), ("words_fi", "x")], now()).unwrap_err(), ["expected_day missing"]);
    let (during, after) = (at("2026-12-05T01:00:00Z"), at("2026-12-05T03:00:00Z"));
    assert_eq!((fault.course(during), fault.overdue(during), fault.overdue(after)), (Course::Going, false, true));
    let (over, ended) =
        say(&fault, &[("stage", "ended"), ("ended_day", "2026-12-05"), ("ended_time", "04:10")], after).unwrap();
    assert_eq!((over.stage, ended), (Stage::Ended, Some(at("2026-12-05T02:10:00Z"))));
    let early = [("stage", "ended"), ("ended_day", "2026-12-04"), ("ended_time", "04:10")];
    assert_eq!(say(&fault, &early, after).unwrap_err(), ["ended_day date"]);
    let late = [("stage", "ended"), ("ended_day", "2026-12-05"), ("ended_time", "05:10")];
    assert_eq!(say(&fault, &late, after).unwrap_err(), ["ended_day date-ahead"]);
    let wordless = [("stage", "updated"), ("expected_day", "2026-12-05"), ("expected_time", "06:00")];
    assert_eq!(say(&fault, &wordless, after).unwrap_err(), ["words_fi missing"]);
    let off = say(&fault, &[("stage", "called-off")], after).unwrap_err();
    assert!(off.contains(&"stage choice".to_owned()), "it has begun: {off:?}");
    assert!(say(&fault, &[("words_fi", "x")], after).unwrap_err().contains(&"stage choice".to_owned()));
    fault.ended = ended;
    assert_eq!((fault.course(after), fault.overdue(after)), (Course::Over, false));
    fault.ended = Some(now());
    assert_eq!(fault.course(after), Course::CalledOff);
}

#[test]
fn each_day_shows_what_did_not_work() {
    let fault = |kind, begins: &str, ended: Option<&str>, services: &[Service]| Fault {
        kind,
        headline: Words::default(),
        audience: Audience { services: services.iter().copied().collect(), ..Audience::default() },
        public: true,
        begins: at(begins),
        expected: None,
        ended: ended.map(at),
    };
    let mut local = fault(Kind::Fault, "2026-11-01T10:00:00Z", None, &[]);
    local.audience.places.insert("091".to_owned());
    let faults = [
        fault(Kind::Break, "2026-11-20T00:00:00Z", Some("2026-11-20T02:00:00Z"), &[Service::Prescription]),
        // Until just before midnight in Helsinki, two hours ahead.
        fault(Kind::Fault, "2026-11-20T20:00:00Z", Some("2026-11-20T22:00:00Z"), &[]),
        fault(Kind::Fault, "2026-11-29T11:00:00Z", None, &[Service::PatientData]),
        // Called off.
        fault(Kind::Break, "2026-11-28T11:00:00Z", Some("2026-11-27T11:00:00Z"), &[]),
        local,
    ];
    let seen = |service| -> Vec<String> {
        let days = strip(&faults, service, now());
        assert_eq!(i64::try_from(days.len()).unwrap(), DAYS);
        let told = |(from, kind): (Moment, Option<Kind>)| kind.map(|kind| format!("{} {kind}", from.civil().date()));
        days.into_iter().filter_map(told).collect()
    };
    assert_eq!(seen(Service::Prescription), ["2026-11-20 fault"]);
    assert_eq!(seen(Service::PatientData), ["2026-11-20 fault", "2026-11-29 fault"]);
}
