//! Moves that are halted, and what is let go before its wave.

use crate::moves::{
    LEADER, NEW, OLD, approved, called, code, joiner, leader, nine, oid, rows, seen, sent, standings, until, ways,
    written,
};
use crate::on_both;
use liitos_domain::directory::Effect;
use liitos_domain::moves::{Course, Halt, LeftOut, Standing};
use liitos_domain::{Moment, Position, RefusalCode, Service};
use liitos_service::notices::Desk;
use liitos_service::{App, delegations, moves};
use liitos_testkit::{Database, TestApp, case_handler, member_of};

/// All agree, and the operator.
async fn agreed(app: &App, number: &str, who: &[usize]) {
    sent(app, number).await;
    for nth in who {
        moves::answer(app, &member_of(&joiner(*nth)), number, true).await.unwrap();
    }
    approved(app, number).await;
}

on_both!(nobody_goes_sooner_than_they_were_told_nor_unwatched, not_sooner);

async fn not_sooner(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let (number, start) =
        written(&test, &[0, 1, 2], &[("canary", "1"), ("pause", "10"), ("least", "1"), ("limit", "0")]).await;
    agreed(app, &number, &[0, 1, 2]).await;
    let to = async |at: Moment| {
        let (day, time) = (at.civil().date().to_string(), at.civil().strftime("%H:%M:%S").to_string());
        code(moves::resume(app, &leader(), (Desk::Own, &number), (&day, &time)).await)
    };
    // Approved weeks ahead it is not brought forward by halting it.
    moves::halt(app, &leader(), (Desk::Own, &number), "Odotetaan", false).await.unwrap();
    assert_eq!(to(start.plus_seconds(-1)).await, Some(RefusalCode::FormInvalid));
    assert_eq!(to(start).await, None);
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    // Halted while the first is watched: the next waits until it was, and what fails goes back all the same.
    until(&test, start.plus_seconds(60));
    let office = (case_handler(), Desk::Office);
    moves::halt(app, &office.0, (office.1, &number), "Katsotaan", false).await.unwrap();
    let by_office = async |at: Moment| {
        let (day, time) = (at.civil().date().to_string(), at.civil().strftime("%H:%M:%S").to_string());
        code(moves::resume(app, &office.0, (office.1, &number), (&day, &time)).await)
    };
    assert_eq!(by_office(start.plus_seconds(599)).await, Some(RefusalCode::FormInvalid));
    assert_eq!(moves::go_on(app).await.unwrap(), 0);
    called(app, 0, (NEW, Some(RefusalCode::NotServed), 1), app.now()).await;
    test.clock.advance(1);
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    assert_eq!(ways(app, 0, Service::PatientData, app.now()).await, [OLD]);
    assert_eq!(moves::go_on(app).await.unwrap(), 0);
    // What the operator has halted is the operator's to let go on, also once it has gone back.
    assert_eq!(seen(app, &number).await.one.halt, Some(Halt::ByOperator));
    assert_eq!(to(start.plus_seconds(7_200)).await, Some(RefusalCode::NotAllowed));
    // Since nobody stays moved, one goes first again.
    assert_eq!(by_office(start.plus_seconds(7_200)).await, None);
    let waves: Vec<usize> = seen(app, &number).await.moved.iter().map(|one| one.seat.wave).collect();
    assert_eq!(waves, [0, 1, 2]);
}

on_both!(what_was_let_may_be_taken_back_before_the_wave, let_go);

async fn let_go(database: Database) {
    let test = TestApp::start(database).await;
    let app = &test.app;
    nine(&test).await;
    let key = delegations::grant(app, &member_of(&joiner(0)), LEADER, Position::Technical).await.unwrap();
    let own = moves::give_key(app, &member_of(&joiner(1)), "").await.unwrap();
    let (number, start) = written(&test, &[0, 2, 3], &[("canary", "2"), ("key", own.as_str())]).await;
    agreed(app, &number, &[2, 3]).await;
    // One lets nobody act for it any more, one thinks otherwise though it gave its key.
    delegations::end(app, &member_of(&joiner(0)), key).await.unwrap();
    moves::answer(app, &member_of(&joiner(1)), &number, false).await.unwrap();
    // Another ends something of its own.
    let held = rows(app).await.rights.into_iter();
    let held = held.filter(|row| row.joiner == oid(&joiner(2))).map(|row| (row, start.plus_days(9)));
    test.record(&Effect { rights_closed: held.collect(), ..Effect::default() }).await;
    until(&test, start.plus_seconds(-20));
    assert_eq!(moves::go_on(app).await.unwrap(), 1);
    // Nobody of those who go first could.
    let shown = seen(app, &number).await;
    assert_eq!((shown.one.course, shown.one.halt), (Course::Halted, Some(Halt::Nobody)));
    let left = |reason| (Standing::LeftOut, Some(reason));
    let planned = (Standing::Planned, None);
    assert_eq!(standings(app, &number).await, [left(LeftOut::NoConsent), left(LeftOut::Changed), planned, planned]);
    // An access point to which they would be moved has ended meanwhile: nobody is moved to it.
    let ends = rows(app).await.access_points.into_iter().find(|row| row.oid.as_str() == NEW).unwrap();
    let with = rows(app)
        .await
        .rights
        .into_iter()
        .filter(|row| row.access_point.as_str() == NEW)
        .map(|row| (row.clone(), row.valid.from));
    let ended =
        Effect { rights_closed: with.collect(), access_points_ended: vec![(ends, app.now())], ..Effect::default() };
    test.record(&ended).await;
    let again = start.plus_seconds(7_200);
    let (day, time) = (again.civil().date().to_string(), again.civil().strftime("%H:%M:%S").to_string());
    moves::resume(app, &leader(), (Desk::Own, &number), (&day, &time)).await.unwrap();
    until(&test, again.plus_seconds(-20));
    moves::go_on(app).await.unwrap();
    assert_eq!(ways(app, 3, Service::PatientData, again).await, [OLD]);
    assert_eq!(standings(app, &number).await[2], left(LeftOut::Changed));
}
