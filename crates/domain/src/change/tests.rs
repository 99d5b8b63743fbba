use super::*;
use crate::archive::Register;
use crate::directory::{AccessPoint, CollectionPoint, Effect, Joiner, Right, Rows, Tenant};
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, Service};
use crate::time::{Interval, Moment};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn day(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

const NOW: &str = "2026-11-01";
const DAY: &str = "2027-01-01";

/// A joiner by its number among ours.
fn who(number: u32) -> Oid {
    oid(&format!("1.2.246.10.9000{number}.10.0"))
}

fn unit(number: u32, of: u32) -> Oid {
    oid(&format!("1.2.246.10.9000{number}.10.{of}"))
}

fn joiner(number: u32) -> Joiner {
    Joiner { oid: who(number), rate: Default::default(), valid: Interval::from(day("2020-01-01")) }
}

fn point(number: u32, n: u32) -> AccessPoint {
    AccessPoint {
        oid: AccessPointOid::parse(&format!("{}.13.{n}", who(number))).unwrap(),
        administrator: who(number),
        system: "900001".into(),
        country: "FI".into(),
        links: vec![],
        certificates: vec![],
        valid: Interval::from(day("2020-01-01")),
    }
}

fn right(number: u32, service: Service, through: &AccessPoint, of: Option<Oid>) -> Right {
    Right {
        joiner: who(number),
        service,
        access_point: through.oid.clone(),
        system: "900001".into(),
        unit: of,
        organiser: None,
        model: ConnectionModel::Direct,
        grandfathered: false,
        valid: Interval::from(day("2020-01-01")),
    }
}

/// Two who use prescriptions and store, the first through its own point, and a third that comes through the first one's.
fn three() -> Facts {
    let (own, other) = (point(1, 1), point(2, 1));
    let rights = vec![
        right(1, Service::Prescription, &own, None),
        right(1, Service::PatientData, &own, None),
        right(1, Service::RenewalReception, &own, Some(unit(1, 1))),
        right(2, Service::Prescription, &other, None),
        right(2, Service::PatientData, &other, None),
        right(3, Service::PatientData, &own, None),
    ];
    let rows =
        Rows { joiners: (1..=3).map(joiner).collect(), access_points: vec![own, other], rights, ..Rows::default() };
    let documents = [(Register::parse("patient:2").unwrap(), 1_000)].into();
    Facts {
        rows,
        registered: [1, 2, 3].map(|n| (who(n), Interval::from(day("2020-01-01")))).into(),
        controllers: [(who(1), vec![oid("1.2.246.10.90001.19.0")])].into(),
        controllers_then: [(who(9), vec![oid("1.2.246.10.90009.19.0")])].into(),
        documents: [(oid("1.2.246.10.90001.19.0"), documents)].into(),
        marked: [unit(1, 1)].into(),
        waiting: [(unit(1, 1), 4)].into(),
        ..Facts::default()
    }
}

fn planned(story: &str, facts: &Facts) -> Planned {
    plan(&Story::parse(&format!("day = \"{DAY}\"\n{story}")).unwrap(), facts, day(NOW))
}

fn tasks(planned: &Planned) -> Vec<String> {
    let said = |task: &Task| {
        let due = task.due.civil().date();
        format!("{due} {} {} {}", task.what, task.owner.number(), task.about).trim_end().to_owned()
    };
    planned.tasks.iter().map(said).collect()
}

/// Carries every task's share out, in the order in which tasks are done.
fn carried_out(rows: &Rows, planned: &Planned) -> Rows {
    let mut tasks: Vec<&Task> = planned.tasks.iter().collect();
    tasks.sort_by_key(|task| task.what);
    tasks.iter().fold(rows.clone(), |rows, task| rows.after(&task.effect).unwrap())
}

fn sorted(mut rows: Rows) -> Rows {
    rows.joiners.sort();
    rows.access_points.sort();
    rows.rights.sort();
    rows.tenants.sort();
    rows.collection_points.sort();
    rows.closings.sort();
    rows
}

#[test]
fn two_merge_into_a_third() {
    let facts = three();
    let merger = format!(
        "[[merger]]\njoiners = [\"{}\", \"{}\"]\ninto = \"{}\"\n[[merger.unit]]\noid = \"{}\"\nbecomes = \"{}\"\n",
        who(1),
        who(2),
        who(9),
        unit(1, 1),
        unit(9, 5)
    );
    let planned = planned(&merger, &facts);
    assert_eq!(planned.obstacles, []);
    let (one, two, nine) = (who(1), who(2), who(9));
    assert_eq!(
        tasks(&planned),
        [
            format!("2026-12-11 register-organisation {nine}"),
            format!("2026-12-11 register-unit {nine} {}", unit(9, 5)),
            // Its point is somebody else's then.
            format!("2026-12-11 agree-on-point {} {nine}.13.1", who(3)),
            // Its addresses are notified with it.
            format!("2026-12-11 order-link {nine} {nine}.13.1"),
            format!("2026-12-11 order-link {nine} {nine}.13.2"),
            format!("2026-12-11 notify-point {nine} {nine}.13.1"),
            format!("2026-12-11 notify-point {nine} {nine}.13.2"),
            format!("2026-12-11 notify-use {} patient-data", who(3)),
            format!("2026-12-11 order-run {one} 1.2.246.10.90001.19.0 → 1.2.246.10.90009.19.0"),
            format!("2026-12-11 terminate {one}"),
            format!("2026-12-11 terminate {two}"),
            format!("2026-12-11 end-point {one} {one}.13.1"),
            format!("2026-12-11 end-point {two} {two}.13.1"),
            format!("2026-12-18 join {nine}"),
            format!("2026-12-18 apply {nine} patient-data"),
            format!("2026-12-18 apply {nine} prescription"),
            format!("2026-12-18 apply {nine} renewal-reception"),
            format!("2026-12-24 mark-off {one} {}", unit(1, 1)),
            format!("2026-12-25 order-server-certificate {nine} {nine}.13.1"),
            format!("2026-12-25 order-server-certificate {nine} {nine}.13.2"),
            format!("2026-12-25 order-signature-certificate {nine}"),
            format!("2026-12-31 test-before {one} 1.2.246.10.90001.19.0"),
            format!("2026-12-31 answer-requests {one} {}", unit(1, 1)),
            "2027-01-01 change-local-system 900001 1.2.246.10.90001.19.0 → 1.2.246.10.90009.19.0".to_owned(),
            "2027-01-01 change-older-data 900001 1.2.246.10.90001.19.0 → 1.2.246.10.90009.19.0".to_owned(),
            format!("2027-01-01 mark-on {nine} {}", unit(9, 5)),
            format!("2027-01-02 test-after {nine}"),
        ]
    );
    let after = carried_out(&facts.rows, &planned);
    assert_eq!(sorted(after.clone()), sorted(facts.rows.after(&planned.effect).unwrap()));
    let open = after.open_at(day(DAY));
    assert_eq!(open.joiners.iter().map(|row| row.oid.clone()).collect::<Vec<_>>(), [who(3), who(9)]);
    // Both stored; the one that they become stores through both its points.
    assert_eq!(open.rights.iter().filter(|row| row.joiner == who(9)).count(), 5);
    assert!(open.rights.iter().all(|row| row.access_point.administrator() == who(9)), "{:?}", open.rights);
    assert_eq!(planned.tasks.iter().find(|task| task.what == What::OrderRun).unwrap().count, 1_000);
}

#[test]
fn a_unit_moves_to_where_prescriptions_are_used() {
    let facts = three();
    let moves = |to: u32| format!("[[unit]]\noid = \"{}\"\nfrom = \"{}\"\nto = \"{}\"\n", unit(1, 1), who(1), who(to));
    let moved = planned(&moves(2), &facts);
    assert_eq!((&moved.obstacles[..], moved.tasks.len()), (&[][..], 2), "{:?}", tasks(&moved));
    // One change for both ends: there is no moment at which the unit receives nowhere, and none at which it does twice.
    let way = moved.tasks.iter().find(|task| task.what == What::NotifyUse).unwrap();
    assert_eq!((way.effect.rights_opened.len(), way.effect.rights_closed.len()), (1, 1));
    assert_eq!(way.effect.rights_opened[0].access_point, point(2, 1).oid);
    let nowhere = planned(&moves(3), &facts);
    assert_eq!(nowhere.obstacles, [Obstacle { why: Why::NoPrescription, of: who(3).to_string() }]);
}

#[test]
fn what_ends_leaves_nothing_unanswered_and_nobody_behind() {
    let facts = three();
    let ends = format!("[[ending]]\njoiner = \"{}\"\n", who(1));
    let whys = |planned: &Planned| planned.obstacles.iter().map(|one| one.why).collect::<Vec<_>>();
    let found = planned(&ends, &facts);
    assert_eq!(whys(&found), [Why::PointInUse, Why::RequestsUnanswered, Why::NoCustodian]);
    // The others' right stands, and with it the point.
    assert!(found.effect.rights_closed.iter().all(|(right, _)| right.joiner == who(1)));
    assert_eq!(found.effect.access_points_ended, []);
    let mut registered = facts.registered.clone();
    registered.insert(oid("1.2.246.10.90005.19.0"), Interval::from(day("2020-01-01")));
    let facts = Facts { waiting: Default::default(), registered, ..facts };
    let stranger = planned(&format!("{ends}custodian = \"1.2.246.10.90006.19.0\"\n"), &facts);
    assert_eq!(whys(&stranger), [Why::PointInUse, Why::UnknownCustodian]);
    let custodian = planned(&format!("{ends}custodian = \"1.2.246.10.90005.19.0\"\n"), &facts);
    assert_eq!(whys(&custodian), [Why::PointInUse]);
    assert!(
        custodian.tasks.iter().any(|task| task.what == What::OrderRun && task.about.ends_with("1.2.246.10.90005.19.0"))
    );
}

#[test]
fn what_contradicts_itself_is_told() {
    let facts = Facts { professionals: [oid("1.2.246.10.90001.19.0")].into(), ..three() };
    let merger = |joiners: &[u32], into: u32| {
        let all: Vec<String> = joiners.iter().map(|n| format!("\"{}\"", who(*n))).collect();
        format!("[[merger]]\njoiners = [{}]\ninto = \"{}\"\n", all.join(", "), who(into))
    };
    let whys =
        |story: &str| planned(story, &facts).obstacles.into_iter().map(|one| (one.why, one.of)).collect::<Vec<_>>();
    let twice = format!("{}{}", merger(&[2], 9), merger(&[2], 8));
    assert_eq!(whys(&twice), [(Why::Twice, who(2).to_string())]);
    assert_eq!(whys(&format!("{}{}", merger(&[2], 3), merger(&[3], 9))), [(Why::Chain, who(3).to_string())]);
    assert_eq!(whys(&merger(&[7], 9)), [(Why::NoMember, who(7).to_string())]);
    assert_eq!(whys(&merger(&[], 9)), [(Why::Nothing, String::new())]);
    assert_eq!(whys(&merger(&[1], 9)), [(Why::ProfessionalStays, "1.2.246.10.90001.19.0".to_owned())]);
    let story = Story::parse(&format!("day = \"2026-10-01\"\n{}", merger(&[2], 9))).unwrap();
    assert_eq!(plan(&story, &facts, day(NOW)).obstacles[0].why, Why::Past);
    // Two things in two places: every mistake in how it is written is told at once.
    let mistakes = Story::parse(
        "dy = \"2027-01-01\"\n[[merger]]\njoiners = [\"x\"]\n[[unit]]\noid = \"1.2\"\nfrom = \"1.3\"\nwhere = 1\n",
    );
    let told: Vec<_> = mistakes.unwrap_err().into_iter().map(|mistake| (mistake.place, mistake.line)).collect();
    let expected =
        [("dy", 1), ("merger[1].into", 2), ("merger[1].joiners[1]", 3), ("unit[1].to", 4), ("unit[1].where", 7)];
    assert_eq!(told, expected.map(|(place, line)| (place.to_owned(), line)));
}

#[test]
fn what_the_new_one_has_not_yet_is_not_forgotten() {
    let mut facts = Facts { controllers_then: Default::default(), ..three() };
    facts.registered.insert(unit(1, 1), Interval::from(day("2020-01-01")));
    let renumbered = format!("[[renumbered]]\nfrom = \"{}\"\nto = \"{}\"\n", who(1), who(9));
    let found = planned(&renumbered, &facts);
    // Nobody takes the documents on yet: whoever ends waits for it.
    let of = |what: What| found.tasks.iter().find(|task| task.what == what).unwrap();
    assert_eq!(
        (of(What::OrderRun).state, of(What::OrderRun).about.as_str()),
        (State::Waits, "1.2.246.10.90001.19.0 → ?")
    );
    assert_eq!(
        (of(What::RegisterController).owner.clone(), of(What::Terminate).state),
        (Owner::Joiner(who(9)), State::Waits)
    );
    // A unit that keeps its number is another's in the register, too.
    assert_eq!(of(What::PlaceUnit).about, unit(1, 1).to_string());
    facts.controllers_then.insert(who(9), vec![oid("1.2.246.10.90009.19.0"), oid("1.2.246.10.90009.19.1")]);
    let several = planned(&renumbered, &facts);
    assert_eq!(several.obstacles.iter().map(|one| one.why).collect::<Vec<_>>(), [Why::ManyControllers]);
    assert!(!several.tasks.iter().any(|task| task.what == What::RegisterController));
    let said = planned(&format!("{renumbered}controller = \"1.2.246.10.90009.19.1\"\n"), &facts);
    let run = said.tasks.iter().find(|task| task.what == What::OrderRun).unwrap();
    assert_eq!((run.about.as_str(), said.obstacles.len()), ("1.2.246.10.90001.19.0 → 1.2.246.10.90009.19.1", 0));
    let none_move = planned(&renumbered, &Facts { documents: Default::default(), ..facts.clone() });
    assert_eq!(none_move.obstacles, []);
    // A task is late when its day has passed, not before.
    let story = Story::parse(&format!("day = \"{DAY}\"\n{renumbered}")).unwrap();
    let state = |now: &str| {
        let tasks = plan(&story, &facts, day(now)).tasks;
        tasks.iter().find(|task| task.what == What::NotifyPoint).unwrap().state
    };
    assert_eq!((state("2026-12-11T12:00:00Z"), state("2026-12-12T12:00:00Z")), (State::Waits, State::Late));
}

#[test]
fn others_stay_as_they_are_or_stand_in_the_way() {
    let mut facts = three();
    let tenant = |from: &str, until: Option<&str>| Tenant {
        host: who(3),
        tenant: who(4),
        valid: Interval::new(day(from), until.map(day)),
    };
    facts.rows.tenants = vec![tenant("2020-01-01", Some("2027-06-01")), tenant("2027-08-01", None)];
    let collecting = CollectionPoint {
        administrator: who(2),
        name: "North".to_owned(),
        country: "FI".to_owned(),
        addresses: vec!["192.0.2.9".parse().unwrap()],
        access_points: vec![point(1, 1).oid],
        proxy_header: false,
        valid: Interval::from(day("2020-01-01")),
    };
    facts.rows.collection_points.push(collecting.clone());
    let ended = planned(&format!("[[ending]]\njoiner = \"{}\"\n", who(2)), &facts);
    assert_eq!(ended.obstacles, [Obstacle { why: Why::DependedOn, of: format!("{} (North)", who(2)) }]);
    assert_eq!((ended.effect.tenants_ended.len(), ended.effect.collection_points_ended.len()), (0, 0));
    // A tenant that goes on as another is agreed with anew; its host ends nothing.
    facts.rows.joiners.push(joiner(4));
    let renumbered = planned(&format!("[[renumbered]]\nfrom = \"{}\"\nto = \"{}\"\n", who(4), who(9)), &facts);
    let of_host = renumbered.tasks.iter().filter(|task| task.owner == Owner::Joiner(who(3)));
    assert!(of_host.map(|task| task.what).all(|what| what == What::AgreeWithTenant), "{:?}", tasks(&renumbered));
    let after = carried_out(&facts.rows, &renumbered).open_at(day(DAY));
    assert_eq!(after.tenants.iter().filter(|row| row.tenant == who(9)).count(), 2);
    // A unit that goes to somebody while its joiner ends is not ended with it; a stranger's unit is nobody's to move.
    let moves = format!(
        "[[ending]]\njoiner = \"{}\"\n[[unit]]\noid = \"{}\"\nfrom = \"{0}\"\nto = \"{}\"\n",
        who(1),
        unit(1, 1),
        who(2)
    );
    let moved = planned(&moves, &facts);
    assert!(!moved.obstacles.iter().any(|one| one.why == Why::RequestsUnanswered), "{:?}", moved.obstacles);
    assert!(!moved.tasks.iter().any(|task| task.what == What::MarkOff), "{:?}", tasks(&moved));
    let strange = format!("[[unit]]\noid = \"{}\"\nfrom = \"{}\"\nto = \"{}\"\n", unit(5, 5), who(1), who(2));
    assert_eq!(planned(&strange, &facts).obstacles[0].why, Why::UnknownUnit);
    // Whoever names another's unit among its own changes nothing of it, and nobody is told to take a mark off.
    let others = format!(
        "[[renumbered]]\nfrom = \"{}\"\nto = \"{}\"\n[[renumbered.unit]]\noid = \"{}\"\nbecomes = \"{}\"\n",
        who(2),
        who(9),
        unit(1, 1),
        unit(9, 1)
    );
    let named = planned(&others, &facts);
    assert!(!named.tasks.iter().any(|task| matches!(task.what, What::MarkOff | What::MarkOn)), "{:?}", tasks(&named));
    assert!(named.effect.rights_closed.iter().all(|(right, _)| right.unit.is_none()));
}

#[test]
fn whoever_is_closed_stays_closed_under_another_number() {
    let mut facts = three();
    let everything =
        crate::directory::Closing::everything(crate::directory::Stage::Closed, Interval::from(day("2026-01-01")));
    facts.rows.closings.push(crate::directory::Closing { joiner: Some(who(2)), ..everything });
    let planned = planned(&format!("[[renumbered]]\nfrom = \"{}\"\nto = \"{}\"\n", who(2), who(9)), &facts);
    let after = carried_out(&facts.rows, &planned).open_at(day(DAY));
    assert_eq!(after.closings.iter().filter_map(|row| row.joiner.clone()).collect::<Vec<_>>(), [who(9)]);
}

/// Some directory of up to five joiners, the first three with points of their own.
fn some_rows() -> impl Strategy<Value = Rows> {
    let services = [Service::Prescription, Service::PatientData, Service::SocialClientData];
    let one = (1u32..6, 0usize..3, 1u32..4, proptest::option::of(1u32..3));
    let tenancy = (1u32..6, 1u32..6, 0i64..3);
    (proptest::collection::vec(one, 0..20), proptest::collection::vec(tenancy, 0..4)).prop_map(
        move |(all, tenancies)| {
            let points: Vec<AccessPoint> = (1..4).map(|number| point(number, 1)).collect();
            let rows = Rows { joiners: (1..6).map(joiner).collect(), access_points: points.clone(), ..Rows::default() };
            let rows = tenancies.into_iter().fold(rows, |rows, (host, tenant, years)| {
                let from = day("2026-06-01").plus_days(365 * years);
                let valid = Interval::new(from, Some(from.plus_days(300)));
                let tenant = Tenant { host: who(host), tenant: who(tenant), valid };
                if host == tenant_number(&tenant) {
                    return rows;
                }
                rows.after(&Effect { tenants_opened: vec![tenant], ..Effect::default() }).unwrap_or(rows)
            });
            all.into_iter().fold(rows, |rows, (number, service, through, of)| {
                let Some(through) = points.get(through as usize - 1) else { return rows };
                let right = match of {
                    Some(of) => right(number, Service::RenewalReception, through, Some(unit(number, of))),
                    None => right(number, services[service], through, None),
                };
                // What the directory would not take is left out.
                let opened = rows.after(&Effect { rights_opened: vec![right], ..Effect::default() });
                opened.unwrap_or(rows)
            })
        },
    )
}

fn tenant_number(tenant: &Tenant) -> u32 {
    (1..6).find(|number| who(*number) == tenant.tenant).unwrap_or_default()
}

/// Something that happens to some of them; what contradicts itself is among it.
fn some_story() -> impl Strategy<Value = String> {
    let happens = (0u8..4, 1u32..6, 1u32..8, 1u32..3).prop_map(|(kind, one, other, of)| match kind {
        0 => format!("[[merger]]\njoiners = [\"{}\"]\ninto = \"{}\"\n", who(one), who(other)),
        1 => format!("[[renumbered]]\nfrom = \"{}\"\nto = \"{}\"\n", who(one), who(other)),
        2 => format!("[[ending]]\njoiner = \"{}\"\n", who(one)),
        _ => format!("[[unit]]\noid = \"{}\"\nfrom = \"{}\"\nto = \"{}\"\n", unit(one, of), who(one), who(other)),
    });
    proptest::collection::vec(happens, 1..4).prop_map(|all| all.concat())
}

/// The tasks of a plan that change something of the directory.
fn changing(planned: &Planned) -> BTreeSet<(What, Owner, String)> {
    let changing = planned.tasks.iter().filter(|task| task.effect != Effect::default());
    changing.map(|task| (task.what, task.owner.clone(), task.about.clone())).collect()
}

/// Done one after the other, in an order that the directory takes, the tasks tick off; none is new, and none is done before it is done.
fn followed_step_by_step(
    story: &str,
    facts: &Facts,
    planned: &Planned,
    order: &[prop::sample::Index],
) -> Result<(), TestCaseError> {
    let mut facts = Facts { since: Some(day(NOW)), before: facts.rows.clone(), ..facts.clone() };
    let mut left: Vec<Task> = planned.tasks.iter().filter(|task| task.effect != Effect::default()).cloned().collect();
    let mut tasks = follow(&[], (planned, &Evidence::default()), day(NOW)).0;
    for choice in order.iter().cycle() {
        let may: Vec<usize> = (0..left.len()).filter(|n| facts.rows.after(&left[*n].effect).is_ok()).collect();
        if may.is_empty() {
            break;
        }
        let done = left.remove(*choice.get(&may));
        facts.rows = facts.rows.after(&done.effect).unwrap();
        let again = self::planned(story, &facts);
        let promised: BTreeSet<_> =
            left.iter().map(|task| (task.what, task.owner.clone(), task.about.clone())).collect();
        prop_assert_eq!(&changing(&again), &promised, "after {:?}", done);
        tasks = follow(&tasks, (&again, &Evidence::default()), day(NOW)).0;
    }
    prop_assert!(left.is_empty(), "{left:?}");
    let undone: Vec<&Followed> = tasks.iter().filter(|task| !task.is_done()).collect();
    let effects = changing(planned);
    prop_assert!(
        undone.iter().all(|task| !effects.contains(&(task.what, task.owner.clone(), task.about.clone()))),
        "{undone:?}"
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn carrying_the_tasks_out_is_exactly_what_was_promised(rows in some_rows(), story in some_story(), order in prop::collection::vec(any::<prop::sample::Index>(), 1..8)) {
        let facts = Facts { rows, ..Facts::default() };
        let planned = planned(&story, &facts);
        let stands = |why: &[Why]| planned.obstacles.iter().any(|one| why.contains(&one.why));
        // What contradicts itself is not carried out; everything else is, to the last row.
        if !stands(&[Why::Twice, Why::Chain, Why::Itself, Why::NoMember, Why::Contradiction]) {
            let promised = facts.rows.after(&planned.effect).unwrap();
            prop_assert_eq!(sorted(carried_out(&facts.rows, &planned)), sorted(promised.clone()));
            if planned.obstacles.is_empty() {
                followed_step_by_step(&story, &facts, &planned, &order)?;
            }
            // Before the day nothing is otherwise than before.
            let eve = day(DAY).plus_seconds(-1);
            let open = |rows: &Rows| rows.rights.iter().filter(|row| row.valid.contains(eve)).count();
            prop_assert_eq!(open(&promised), open(&facts.rows));
            // Whose number nobody has any more has no right, and administers nothing that others do not use.
            let after = promised.clone().open_at(day(DAY));
            // Nobody else's rights change: whoever has no part in it, through a point of whoever has none.
            let story = Story::parse(&format!("day = \"{DAY}\"\n{story}")).unwrap();
            let parties = story.parties();
            let apart = |row: &&Right| {
                let named = [Some(&row.joiner), row.unit.as_ref(), Some(&row.access_point.administrator())].into_iter().flatten().any(|oid| parties.contains(oid));
                !named
            };
            let apart_in = |rows: &Rows| { let mut all: Vec<Right> = rows.rights.iter().filter(apart).cloned().collect(); all.sort(); all };
            let before: Vec<Right> = apart_in(&facts.rows);
            prop_assert!(before.iter().all(|row| apart_in(&promised).contains(row)));
            prop_assert_eq!(&facts.rows.tenants.iter().filter(|row| !parties.contains(&row.host) && !parties.contains(&row.tenant)).count(), &promised.tenants.iter().filter(|row| !parties.contains(&row.host) && !parties.contains(&row.tenant)).count());
            // Nothing is due after what rests on it.
            for task in &planned.tasks {
                let late = planned.tasks.iter().find(|first| task.what.rests_on().contains(&first.what) && first.owner == task.owner && first.due > task.due);
                prop_assert!(late.is_none(), "{:?} before {:?}", task.what, late);
            }
            let member = |oid: &Oid| after.joiners.iter().any(|row| row.oid == *oid);
            prop_assert!(after.rights.iter().all(|row| member(&row.joiner)));
            prop_assert!(stands(&[Why::PointInUse]) || after.access_points.iter().all(|row| member(&row.administrator)));
        }
    }
}

#[test]
fn a_certificate_that_is_known_is_ordered_and_a_point_that_is_there_has_its_link() {
    let task = |what, about: &str| Followed {
        what,
        owner: Owner::Joiner(oid("1.2.246.10.99999984.10.0")),
        about: about.to_owned(),
        count: 0,
        due: day(NOW),
        state: State::Open,
        said: false,
    };
    let (point, other) = ("1.2.246.10.99999984.10.0.13.7".to_owned(), "1.2.246.10.99999984.10.0.13.8".to_owned());
    let before = [
        task(What::OrderLink, &point),
        task(What::OrderServerCertificate, &point),
        task(What::OrderServerCertificate, &other),
        task(What::OrderSignatureCertificate, ""),
    ];
    let nothing = Planned { effect: Effect::default(), tasks: vec![], obstacles: vec![] };
    let done = |certificates: &[Oid]| -> Vec<bool> {
        let evidence = Evidence { tests: &[], certificates };
        let after = follow(&before, (&nothing, &evidence), day(NOW)).0;
        before.iter().map(|task| after.iter().any(|one| one.key() == task.key() && one.is_done())).collect()
    };
    assert_eq!(done(&[]), [true, false, false, false], "planned no more: the point is there with its link");
    assert_eq!(done(&[oid(&point)]), [true, true, false, false]);
    assert_eq!(done(&[oid("1.2.246.10.99999984.10.0")]), [true, false, false, true]);
}

#[test]
fn a_run_rests_on_what_its_giver_is_party_to_and_all_agreed_on() {
    let story =
        format!("day = \"{DAY}\"\ntitle = \"x\"\n[[merger]]\njoiners = [\"{}\"]\ninto = \"{}\"\n", who(1), who(2));
    let story = Story::parse(&story).unwrap();
    let party = |number, asked, agreed: bool| Party { joiner: who(number), asked, agreed_at: agreed.then(|| day(NOW)) };
    let both = [party(1, true, true), party(2, true, true)];
    let one = [party(1, true, true), party(2, true, false)];
    let nobody = [party(1, false, false), party(2, false, false)];
    let bears = |course, parties: &[Party]| bears_run(&story, (course, parties), &who(1), day(DAY));
    for (course, by) in [
        (Course::Followed, [true, false, false]),
        // What has come about needs nobody's word any more.
        (Course::Over, [true, true, true]),
        (Course::Withdrawn, [false, false, false]),
    ] {
        assert_eq!([&both, &one, &nobody].map(|parties| bears(course, parties)), by, "{course}");
    }
    let followed = (Course::Followed, &both[..]);
    assert!(bears_run(&story, followed, &who(1), day("2027-02-01")), "runs are spread over some time");
    assert!(!bears_run(&story, followed, &who(1), day("2026-12-31")), "nor before its day");
    assert!(!bears_run(&story, followed, &who(3), day(DAY)), "another's");
}
