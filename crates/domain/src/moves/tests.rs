use super::*;
use crate::Sha256Hash;
use crate::application::Form;
use crate::directory::{
    AccessPoint, CollectionPoint, Effect, Hall, Joiner, Link, LinkRole, Network, Right, Row as _, Rows,
};
use crate::identifier::{AccessPointOid, Oid};
use crate::notification::What as Found;
use crate::rules::Severity;
use crate::service_code::{ConnectionModel, Service};
use crate::time::{Interval, Moment};
use proptest::prelude::*;

const OLD: &str = "1.2.246.537.6.918.18.900001.13.1";
const NEW: &str = "1.2.246.537.6.918.18.900077.13.4";

fn at(seconds: i64) -> Moment {
    Moment::from_seconds(1_800_000_000 + seconds)
}

fn joiner(nth: usize) -> Oid {
    Oid::parse(&format!("1.2.246.10.{}.10.0", 99_999_000 + nth)).unwrap()
}

fn point(oid: &str) -> AccessPointOid {
    AccessPointOid::parse(oid).unwrap()
}

fn open(oid: &str) -> AccessPoint {
    let oid = point(oid);
    AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900001".into(),
        country: "FI".into(),
        links: vec![],
        certificates: vec![],
        valid: Interval::from(Moment::from_seconds(0)),
    }
}

fn right(nth: usize, through: &str, service: Service, valid: Interval) -> Right {
    let unit = (service == Service::RenewalReception).then(|| Oid::parse(&format!("{}.7", joiner(nth))).unwrap());
    Right {
        joiner: joiner(nth),
        service,
        access_point: point(through),
        system: "900001".into(),
        unit,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid,
    }
}

/// So many joiners, each with two services and a unit that receives, through the old point.
fn rows(count: usize) -> Rows {
    let valid = Interval::from(Moment::from_seconds(0));
    let services = [Service::Prescription, Service::PatientData, Service::RenewalReception];
    let of = |nth: usize| services.map(|service| right(nth, OLD, service, valid));
    Rows {
        joiners: (0..count).map(|nth| Joiner { oid: joiner(nth), rate: Default::default(), valid }).collect(),
        access_points: vec![open(OLD), open(NEW)],
        rights: (0..count).flat_map(of).collect(),
        ..Rows::default()
    }
}

fn form(pairs: &[(&str, &str)]) -> Form {
    let all = [
        ("title", "Siirto"),
        ("point", OLD),
        ("to_point", NEW),
        ("start_day", "2027-01-20"),
        ("start_time", "02:00:30"),
    ];
    Form(all.iter().chain(pairs).map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect())
}

fn targets(count: usize) -> String {
    (0..count).map(|nth| format!("{}\n", joiner(nth))).collect()
}

fn moving(count: usize, pairs: &[(&str, &str)]) -> Moving {
    let list = targets(count);
    let mut all = vec![("targets", list.as_str())];
    all.extend(pairs);
    read(Kind::Point, &form(&all)).unwrap()
}

/// Through which points a joiner may do something at a moment.
fn ways(rows: &Rows, nth: usize, service: Service, when: Moment) -> Vec<&str> {
    let its = rows.rights.iter().filter(|row| row.joiner == joiner(nth) && row.service == service);
    let mut ways: Vec<&str> = its.filter(|row| row.valid.contains(when)).map(|row| row.access_point.as_str()).collect();
    ways.sort_unstable();
    ways
}

#[test]
fn who_goes_when() {
    let schedule = Schedule { start: at(0), canary: 2, wave: 3, stagger: 5, pause: 600 };
    let seats: Vec<(usize, i64)> =
        schedule.seats(7).iter().map(|seat| (seat.wave, seat.at.as_seconds() - at(0).as_seconds())).collect();
    assert_eq!(seats, [(0, 0), (0, 5), (1, 635), (1, 640), (1, 645), (2, 1275), (2, 1280)]);
    let all = Schedule { canary: 0, wave: 0, stagger: 0, ..schedule };
    assert!(all.seats(4).iter().all(|seat| (seat.wave, seat.at) == (0, at(0))), "all at one second");
    assert_eq!(
        schedule.again(true, at(50)).seats(3).iter().map(|seat| seat.wave).max(),
        Some(0),
        "nobody goes first twice"
    );
    assert!(schedule.seats(0).is_empty());
}

#[test]
fn what_is_filled_in() {
    let said = moving(3, &[("canary", "1"), ("wave", "2"), ("pause", "10"), ("overlap", "30"), ("limit", "2")]);
    assert_eq!((said.schedule.canary, said.schedule.wave, said.schedule.pause, said.overlap), (1, 2, 600, 1800));
    assert_eq!(said.schedule.start.civil().to_string(), "2027-01-20T02:00:30");
    assert_eq!((said.limit.percent, said.limit.least), (2, 5));
    let wrong = |pairs: &[(&str, &str)]| -> Vec<String> {
        let errors = read(Kind::Point, &form(pairs)).unwrap_err();
        errors.into_iter().map(|error| format!("{} {}", error.field, error.problem)).collect()
    };
    assert_eq!(wrong(&[]), ["targets missing"]);
    let list = ("targets", "1.2.246.10.99999000.10.0");
    assert_eq!(
        wrong(&[list, ("pause", "0"), ("canary", "-1"), ("limit", "101")]),
        ["canary number", "pause number", "limit number"]
    );
    // The hour that the clock skips never is.
    assert_eq!(wrong(&[list, ("start_day", "2027-03-28"), ("start_time", "03:30")]), ["start_time date"]);
    assert_eq!(wrong(&[list, ("point", "1.2.3")]), ["point access-point-oid"]);
    let lines = format!("{}\n\nnobody\n{OLD}\n{} more", joiner(1), joiner(2));
    let unread = read(Kind::Point, &form(&[("targets", &lines)])).unwrap();
    assert_eq!(unread.targets.len(), 1);
    let numbers: Vec<usize> = unread.unread.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [3, 4, 5], "an access point is no joiner, and a joiner gets nothing of its own");
    let of_points = format!("{OLD} a.test 192.0.2.1, 2001:db8::1\n{NEW}");
    let addresses = read(Kind::Address, &form(&[("targets", &of_points)])).unwrap();
    assert!(
        matches!(&addresses.targets[..], [Target { new: New::Address(name, all), .. }] if name == "a.test" && all.len() == 2)
    );
    assert_eq!(addresses.unread, [(2, NEW.to_owned())], "an access point needs addresses");
    assert!(read(Kind::Certificates, &form(&[("targets", NEW)])).unwrap().unread.is_empty(), "any of a trusted issuer");
}

#[test]
fn a_line_says_a_link_and_two_lines_two() {
    let lines = format!(
        "{OLD} public primary a.test 192.0.2.1\n{NEW} b.test 192.0.2.2\n{OLD} backup none\n{NEW} backup private c.test 192.0.2.3\n\
         {NEW} backup d.test 192.0.2.4\n{OLD} primary none\n{OLD} public\n{OLD} primary primary a.test 192.0.2.1"
    );
    let said = read(Kind::Address, &form(&[("targets", &lines)])).unwrap();
    let of = |nth: usize| said.targets[nth].new.links();
    let link = |network, name: &str, address: &str| {
        Some(NewLink { network, name: name.to_owned(), addresses: vec![address.parse().unwrap()] })
    };
    let (primary, backup) = (LinkRole::Primary, LinkRole::Backup);
    assert_eq!(of(0), [(primary, link(Some(Network::Public), "a.test", "192.0.2.1")), (backup, None)].into());
    let both =
        [(primary, link(None, "b.test", "192.0.2.2")), (backup, link(Some(Network::Private), "c.test", "192.0.2.3"))];
    assert_eq!(of(1), both.into());
    assert_eq!(of(2), [(backup, link(None, "d.test", "192.0.2.4"))].into(), "another backup is told as named twice");
    let unread: Vec<usize> = said.unread.iter().map(|(number, _)| *number).collect();
    assert_eq!((said.targets.len(), unread), (3, vec![6, 7, 8]));
}

/// An access point with two links, as it is beside, and alone.
fn links_then(new: &str, overlap: i64) -> Vec<Vec<(Network, LinkRole, String)>> {
    let link = |network, role, name: &str, address: &str| Link {
        network,
        role,
        dns_name: name.to_owned(),
        addresses: vec![address.parse().unwrap()],
        halls: vec![Hall::A],
    };
    let links = vec![
        link(Network::Private, LinkRole::Primary, "a.test", "192.0.2.1"),
        link(Network::Public, LinkRole::Backup, "b.test", "192.0.2.2"),
    ];
    let held = Rows { access_points: vec![AccessPoint { links, ..open(OLD) }], ..Rows::default() };
    let said = read(Kind::Address, &form(&[("targets", &format!("{OLD} {new}"))])).unwrap();
    let effect = moved(&said.what, &said.targets[0], (at(0), overlap), &Parted::of(&held));
    held.after(&effect).unwrap();
    let said = |link: &Link| {
        let all: Vec<String> = link.addresses.iter().map(ToString::to_string).collect();
        (link.network, link.role, format!("{} {}", link.dns_name, all.join(" ")))
    };
    effect.access_points_opened.iter().map(|row| row.links.iter().map(said).collect()).collect()
}

#[test]
fn a_link_of_before_does_for_a_while() {
    use LinkRole::{Backup, Primary};
    use Network::{Private, Public};
    let link = |network, role, said: &str| (network, role, said.to_owned());
    let primary = || link(Private, Primary, "a.test 192.0.2.1");
    assert_eq!(
        links_then("backup c.test 192.0.2.3", 60),
        [
            vec![primary(), link(Public, Backup, "c.test 192.0.2.3 192.0.2.2")],
            vec![primary(), link(Public, Backup, "c.test 192.0.2.3")],
        ]
    );
    // Over another network it is another link.
    assert_eq!(
        links_then("backup private c.test 192.0.2.3", 60),
        [
            vec![primary(), link(Private, Backup, "c.test 192.0.2.3"), link(Public, Backup, "b.test 192.0.2.2")],
            vec![primary(), link(Private, Backup, "c.test 192.0.2.3")],
        ]
    );
    assert_eq!(links_then("backup none", 0), [vec![primary()]]);
    assert_eq!(links_then("backup none", 60).last(), Some(&vec![primary()]));
    let none = Rows { access_points: vec![open(OLD)], ..Rows::default() };
    let said = read(Kind::Address, &form(&[("targets", &format!("{OLD} backup c.test 192.0.2.3"))])).unwrap();
    let effect = moved(&said.what, &said.targets[0], (at(0), 0), &Parted::of(&none));
    assert_eq!(effect.access_points_opened[0].links[0].role, Backup, "another one than it has");
}

#[test]
fn no_point_gets_an_address_of_somebody_elses_collection() {
    let collecting = CollectionPoint {
        administrator: point(NEW).administrator(),
        name: "Pohjoinen".into(),
        country: "FI".into(),
        addresses: vec!["192.0.2.9".parse().unwrap()],
        access_points: vec![point(NEW)],
        proxy_header: true,
        valid: Interval::from(Moment::from_seconds(0)),
    };
    let held = Rows { collection_points: vec![collecting], ..rows(1) };
    let lines = format!("{OLD} a.test 192.0.2.9\n{NEW} b.test 192.0.2.9");
    let said = read(Kind::Address, &form(&[("targets", &lines)])).unwrap();
    let judged = judge(&said, &point(OLD).administrator(), (at(-9_000_000), at(-9_000_000)), &held);
    let taken: Vec<&str> =
        judged.findings.iter().filter(|one| one.what == Found::AddressTaken).map(|one| one.of.as_str()).collect();
    assert_eq!(taken, [format!("192.0.2.9 – {OLD}")], "whoever is behind it has its address");
    // Where it is opened meanwhile, whoever would get its address stays as it is.
    assert_eq!(standing(&held, &judged.effects, at(-1)), [false, true]);
    // What a point has already is no matter of a change of its certificates.
    let address = Link {
        network: Network::Private,
        role: LinkRole::Primary,
        dns_name: "a.test".into(),
        addresses: vec!["192.0.2.9".parse().unwrap()],
        halls: vec![],
    };
    let points = vec![AccessPoint { links: vec![address], ..open(OLD) }];
    let held = Rows { access_points: points, ..held };
    let said = read(Kind::Certificates, &form(&[("targets", &format!("{OLD} {}", Sha256Hash::of(b"a")))])).unwrap();
    let judged = judge(&said, &point(OLD).administrator(), (at(-9_000_000), at(-9_000_000)), &held);
    assert_eq!((judged.findings, standing(&held, &judged.effects, at(-1))), (vec![], vec![true]));
}

#[test]
fn each_at_its_second_and_the_old_way_stays_a_while() {
    let (rows, said) = (rows(3), moving(3, &[("stagger", "10"), ("overlap", "2")]));
    let judged = judge(&said, &point(NEW).administrator(), (at(-9_000_000), at(-9_000_000)), &rows);
    assert_eq!(judged.findings, [], "three weeks ahead, and all of it there");
    let after = judged.after.unwrap();
    for (nth, seat) in judged.seats.iter().enumerate() {
        let (before, closed) = (seat.at.plus_seconds(-1), seat.at.plus_seconds(120));
        assert_eq!(ways(&after, nth, Service::PatientData, before), [OLD]);
        assert_eq!(ways(&after, nth, Service::PatientData, seat.at), [OLD, NEW], "both ways are open");
        assert_eq!(ways(&after, nth, Service::PatientData, closed), [NEW]);
        // What a unit receives comes to one place.
        assert_eq!(ways(&after, nth, Service::RenewalReception, before), [OLD]);
        assert_eq!(ways(&after, nth, Service::RenewalReception, seat.at), [NEW]);
    }
    assert_eq!(judged.effects.iter().map(|effect| effect.rights_opened.len()).sum::<usize>(), 9);
    assert_eq!(judged.effect.parted(false).into_values().collect::<Vec<_>>(), judged.effects);
}

#[test]
fn what_stands_in_the_way() {
    let rows = rows(2);
    let leader = point(NEW).administrator();
    let found = |said: &Moving, leader: &Oid, now: i64| -> Vec<(Severity, Found)> {
        let judged = judge(said, leader, (at(now), at(now)), &rows);
        judged.findings.iter().map(|finding| (finding.severity, finding.what)).collect()
    };
    let long_ago = -9_000_000;
    assert_eq!(found(&moving(2, &[]), &joiner(1), long_ago), [(Severity::Error, Found::PointOfAnother)]);
    assert_eq!(found(&moving(3, &[]), &leader, long_ago), [(Severity::Error, Found::Nothing)], "who has nothing there");
    let twice = format!("{}{}", targets(1), targets(1));
    let said = read(Kind::Point, &form(&[("targets", &twice)])).unwrap();
    assert!(found(&said, &leader, long_ago).contains(&(Severity::Error, Found::Twice)));
    let start = moving(1, &[]).schedule.start.as_seconds() - at(0).as_seconds();
    assert_eq!(found(&moving(1, &[]), &leader, start - 60), [(Severity::Error, Found::Past)]);
    assert_eq!(found(&moving(1, &[]), &leader, start - 86_400), [(Severity::Error, Found::ShortNotice)]);
    assert_eq!(
        found(&moving(1, &[("expedited", "kiire")]), &leader, start - 86_400),
        [(Severity::Advice, Found::Expedited)]
    );
}

#[test]
fn who_has_to_agree() {
    let (old, new) = (point(OLD), point(NEW));
    let between = |from: &AccessPointOid, to: &AccessPointOid, system| What::Point {
        from: from.clone(),
        to: to.clone(),
        service: None,
        system,
    };
    let target = Target { subject: joiner(0), new: New::Same };
    let (beside, leader) = (point("1.2.246.537.6.918.18.900077.13.5"), new.administrator());
    assert!(consent_needed(&between(&old, &new, None), &target, &leader));
    assert!(!consent_needed(&between(&beside, &new, None), &target, &leader), "both ways are the leader's");
    assert!(consent_needed(&between(&beside, &new, Some("900003".into())), &target, &leader));
    assert!(!consent_needed(&between(&old, &new, None), &target, &joiner(0)), "its own");
    let theirs = Target { subject: old.oid().clone(), new: New::Certificates(vec![]) };
    assert!(consent_needed(&What::Certificates, &theirs, &leader));
    assert!(!consent_needed(&What::Certificates, &theirs, &old.administrator()));
}

#[test]
fn certificates_of_before_do_for_a_while() {
    let hash = |text: &str| crate::Sha256Hash::of(text.as_bytes());
    let mut rows = rows(0);
    rows.access_points[0].certificates = vec![hash("old")];
    let parted = Parted::of(&rows);
    let at_once = |new: Vec<_>| {
        let target = Target { subject: point(OLD).oid().clone(), new: New::Certificates(new) };
        let effect = moved(&What::Certificates, &target, (at(0), 60), &parted);
        let after = rows.after(&effect).unwrap();
        [at(-1), at(0), at(60)].map(|when| {
            let held = after.access_points.iter().find(|row| row.oid == point(OLD) && row.valid.contains(when));
            held.unwrap().certificates.clone()
        })
    };
    assert_eq!(at_once(vec![hash("new")]), [vec![hash("old")], vec![hash("new"), hash("old")], vec![hash("new")]]);
    assert_eq!(at_once(vec![]), [vec![hash("old")], vec![], vec![]], "any does, so the old one, too");
}

#[test]
fn a_system_is_another_on_rights_and_points_of_ones_own() {
    let mut rows = rows(1);
    rows.access_points.push(open(&format!("{}.13.1", joiner(0))));
    let what = What::System { from: "900001".into(), to: "900002".into(), service: None };
    let effect = moved(&what, &Target { subject: joiner(0), new: New::Same }, (at(0), 0), &Parted::of(&rows));
    assert_eq!(
        (effect.rights_closed.len(), effect.access_points_ended.len()),
        (3, 1),
        "others' points stay what they are"
    );
    assert!(
        rows.after(&effect)
            .unwrap()
            .rights
            .iter()
            .filter(|row| row.valid.holds_after(at(0)))
            .all(|row| row.system == "900002")
    );
}

#[test]
fn one_step_after_the_other() {
    let waves = [Wave { begins: at(100), last: at(110) }, Wave { begins: at(210), last: at(210) }];
    let stand = |entered, failing| Stand { waves: &waves, entered, pause: 100, overlap: 500, failing };
    assert_eq!(next(&stand(0, false), at(0)), Step::Wait(at(70)));
    assert_eq!(next(&stand(0, false), at(70)), Step::Enter(0));
    assert_eq!(next(&stand(0, false), at(95)), Step::Enter(0));
    assert_eq!(next(&stand(0, false), at(96)), Step::Late(0), "nothing is switched later than was said");
    assert_eq!(next(&stand(1, false), at(120)), Step::Wait(at(180)));
    assert_eq!(next(&stand(1, true), at(99)), Step::Wait(at(180)), "nothing was switched that could fail");
    assert_eq!(next(&stand(1, true), at(100)), Step::Back(0));
    assert_eq!(next(&stand(1, true), at(185)), Step::Back(0), "before the next one enters");
    assert_eq!(next(&stand(1, true), at(209)), Step::Back(0));
    assert_eq!(next(&stand(1, true), at(215)), Step::Back(0), "whoever was away sees to it first");
    assert_eq!(next(&stand(1, true), at(9_999)), Step::Late(1), "what was let go on since is not judged again");
    assert_eq!(next(&stand(2, true), at(310)), Step::Wait(at(710)), "what fails long after is something else");
    assert_eq!(next(&stand(1, false), at(185)), Step::Enter(1));
    assert_eq!(next(&stand(1, false), at(9_999)), Step::Late(1), "a clock that jumps switches nothing");
    assert_eq!(next(&stand(2, false), at(400)), Step::Wait(at(710)), "the old way is open still");
    assert_eq!(next(&stand(2, false), at(710)), Step::Over);
    assert_eq!(next(&stand(2, true), at(710)), Step::Back(1), "nobody was there to see it while it was watched");
    assert_eq!(next(&Stand { waves: &[], entered: 0, ..stand(0, false) }, at(0)), Step::Over);
}

#[test]
fn when_too_much_fails() {
    let limit = Limit { percent: 5, least: 3 };
    let fails = |passed, failed| fails(Counted { passed, failed }, limit);
    assert!(!fails(0, 0) && !fails(0, 2) && fails(0, 3));
    assert!(!fails(57, 3) && fails(56, 3), "more than so many of a hundred");
    assert!(super::fails(Counted { passed: 1_000, failed: 1 }, Limit { percent: 0, least: 1 }));
    assert!(!super::fails(Counted { passed: u64::MAX, failed: u64::MAX }, Limit { percent: 100, least: 1 }));
}

fn valid() -> impl Strategy<Value = Interval> {
    (-300_i64..300, proptest::option::of(1_i64..400))
        .prop_map(|(from, long)| Interval::new(at(from), long.map(|long| at(from + long))))
}

fn any_rows() -> impl Strategy<Value = Rows> {
    let service =
        proptest::sample::select(vec![Service::Prescription, Service::PatientData, Service::RenewalReception]);
    let one = (0_usize..3, proptest::bool::ANY, service, valid());
    proptest::collection::vec(one, 0..12).prop_map(|all| {
        let mut held = Rows { rights: Vec::new(), ..rows(3) };
        for (nth, old, service, valid) in all {
            let right = right(nth, if old { OLD } else { NEW }, service, valid);
            if let Ok(next) = held.after(&Effect { rights_opened: vec![right], ..Effect::default() }) {
                held = next;
            }
        }
        held
    })
}

#[test]
fn what_does_not_fit_is_left_out_and_the_rest_goes() {
    let held = rows(9);
    let what = What::Point { from: point(OLD), to: point(NEW), service: None, system: None };
    let parted = Parted::of(&held);
    let each = |nth: usize| moved(&what, &Target { subject: joiner(nth), new: New::Same }, (at(0), 0), &parted);
    let effects: Vec<Effect> = (0..9).map(each).collect();
    assert_eq!(fitting(&held, &effects), [true; 9]);
    // Two have ended something of theirs since.
    let mut since = held.clone();
    for nth in [3, 7] {
        let row = since.rights.iter_mut().find(|row| row.joiner == joiner(nth)).unwrap();
        row.valid.until = Some(at(5));
    }
    let fits = fitting(&since, &effects);
    assert_eq!((0..9).filter(|nth| !fits[*nth]).collect::<Vec<_>>(), [3, 7]);
    // Of two that do the same the first does it.
    assert_eq!(fitting(&held, &[each(1), each(1)]), [true, false]);
    assert!(fitting(&held, &[]).is_empty());
}

proptest! {
    /// Whatever the directory says: nobody may do less than before at any moment, nothing else is touched, and what goes back is as it was from then on.
    #[test]
    fn nobody_loses_anything_and_all_can_go_back(held in any_rows(), overlap in 0_i64..200, later in -50_i64..400) {
        let what = What::Point { from: point(OLD), to: point(NEW), service: None, system: None };
        let parted = Parted::of(&held);
        let target = Target { subject: joiner(1), new: New::Same };
        let effect = moved(&what, &target, (at(0), overlap), &parted);
        let Ok(after) = held.after(&effect) else {
            // Only a unit that would receive at two places.
            prop_assert!(effect.rights_opened.iter().any(|right| right.service == Service::RenewalReception));
            return Ok(());
        };
        let turns = held.rights.iter().chain(&after.rights).flat_map(|row| [Some(row.valid.from), row.valid.until]).flatten();
        let moments: Vec<Moment> = turns.chain([at(0), at(overlap), at(later)]).flat_map(|when| [when.plus_seconds(-1), when]).collect();
        for when in &moments {
            for service in [Service::Prescription, Service::PatientData, Service::RenewalReception] {
                for other in [0, 2] {
                    prop_assert_eq!(ways(&held, other, service, *when), ways(&after, other, service, *when));
                }
                let (before, then) = (ways(&held, 1, service, *when), ways(&after, 1, service, *when));
                prop_assert_eq!(before.is_empty(), then.is_empty(), "{:?} at {:?}", service, when);
                if *when < at(0) {
                    prop_assert_eq!(before, then);
                } else if *when >= at(overlap) {
                    prop_assert!(!then.contains(&OLD));
                }
            }
        }
        // Back at another moment: as it was from then on, and before that as it had become.
        let now = at(later);
        let back = back(&effect, &Parted::of(&after), now).unwrap();
        let returned = after.after(&back).unwrap();
        for when in &moments {
            for service in [Service::Prescription, Service::PatientData, Service::RenewalReception] {
                let like = if *when < now { &after } else { &held };
                prop_assert_eq!(ways(like, 1, service, *when), ways(&returned, 1, service, *when), "{:?} at {:?}", service, when);
            }
        }
    }

    /// What was changed by somebody else meanwhile is not overwritten.
    #[test]
    fn what_has_changed_since_stays(held in any_rows()) {
        let what = What::Point { from: point(OLD), to: point(NEW), service: None, system: None };
        let effect = moved(&what, &Target { subject: joiner(1), new: New::Same }, (at(0), 0), &Parted::of(&held));
        let Ok(mut after) = held.after(&effect) else { return Ok(()) };
        let Some(opened) = effect.rights_opened.first() else { return Ok(()) };
        let nth = after.rights.iter().position(|row| row == opened).unwrap();
        after.rights[nth] = opened.during(Interval::new(opened.valid.from, Some(at(9_999))));
        prop_assert!(back(&effect, &Parted::of(&after), at(1)).is_none());
    }

    /// The same at another time has the same shape, and something else has not.
    #[test]
    fn a_shape_is_apart_from_time(held in any_rows(), later in 1_i64..100) {
        let what = |service| What::Point { from: point(OLD), to: point(NEW), service, system: None };
        let target = Target { subject: joiner(1), new: New::Same };
        let parted = Parted::of(&held);
        let of = |service, when| shape(&moved(&what(service), &target, (when, 0), &parted)).unwrap();
        // Whatever has ended or begun by then, or ends between, is another matter.
        let mut steady = held.clone();
        steady.rights.retain(|row| row.valid.from < at(0) && row.valid.until.is_none_or(|until| until > at(200)));
        let steady = Parted::of(&steady);
        let same = |when| shape(&moved(&what(None), &target, (when, 0), &steady)).unwrap();
        prop_assert_eq!(same(at(0)), same(at(later)));
        let effect = moved(&what(None), &target, (at(0), 0), &parted);
        let services: std::collections::BTreeSet<Service> = effect.rights_closed.iter().map(|(right, _)| right.service).collect();
        if services.len() > 1 {
            prop_assert_ne!(of(None, at(0)), of(services.first().copied(), at(0)));
        }
    }
}

#[test]
fn a_point_has_one_line_whatever_certificates_are_added() {
    let hash = |text: &str| Sha256Hash::of(text.as_bytes());
    let colons = hash("a")
        .to_string()
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|two| String::from_utf8_lossy(two).into_owned())
        .collect::<Vec<_>>()
        .join(":");
    let list = format!("{OLD};{colons}\r\n\n{NEW}\n");
    let more = vec![(point(NEW), hash("b")), (point(OLD), hash("a")), (point(OLD), hash("c"))];
    let lines = with_certificates(&list, more);
    assert_eq!(lines, format!("{OLD};{colons} {}\n{NEW} {}", hash("c"), hash("b")));
    assert_eq!(with_certificates("", vec![(point(OLD), hash("a"))]), format!("{OLD} {}", hash("a")));
    let said = read(Kind::Certificates, &form(&[("targets", &lines)])).unwrap();
    assert_eq!(said.targets[0].new, New::Certificates(vec![hash("a"), hash("c")]));
}

#[test]
fn a_list_is_never_cut_unseen() {
    let line = |nth: usize| format!("1.2.246.10.{}.10.0.13.1", 90_000_000 + nth % 5_001);
    let lines = |count: usize| {
        (0..count)
            .map(|nth| format!("{} {} a.test 192.0.2.1\n", line(nth), if nth < 5_001 { "primary" } else { "backup" }))
            .collect::<String>()
    };
    let said = read(Kind::Address, &form(&[("targets", &lines(MOST_TARGETS))])).unwrap();
    assert_eq!((said.targets.len(), said.unread.len()), (5_001, 0), "two lines of most");
    let wrong = read(Kind::Address, &form(&[("targets", &lines(MOST_TARGETS + 2))])).unwrap_err();
    assert_eq!(wrong[0].problem.code(), "too-long");
}

#[test]
fn what_a_call_says_something_of() {
    let system = |service| What::System { from: "1".into(), to: "2".into(), service };
    let prescriptions = Some(Service::Prescription);
    for (with, about) in [(Some("1"), true), (Some("2"), true), (None, true), (Some("3"), false)] {
        assert_eq!(system(None).is_about(prescriptions, with), about, "{with:?}");
    }
    assert!(
        !system(prescriptions).is_about(Some(Service::PatientData), None) && system(prescriptions).is_about(None, None)
    );
    assert!(What::Address.is_about(prescriptions, Some("3")));
    use crate::outbound::OutboundState::{Delivered, Lapsed, Rejected, Waiting};
    let of = |what: &What| [Delivered, Waiting, Lapsed, Rejected].map(|state| what.failed(state));
    assert_eq!(of(&What::Address), [Some(false), Some(true), Some(true), None]);
    assert_eq!(of(&system(None)), [Some(false), Some(true), Some(true), Some(true)]);
}
