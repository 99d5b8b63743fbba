//! Certificates are known from their first use, and their keepers are warned before they end.

use crate::archive::{HUS, door, opened};
use crate::on_both;
use liitos::made::Variation;
use liitos_domain::notice::{Ending, Notice};
use liitos_domain::{Oid, RefusalCode as R};
use liitos_pki::authority::Profile;
use liitos_pki::{Certificate, client_cert};
use liitos_service::archive::{StoredHow, store_document};
use liitos_service::certificates::{own, show, warn_of_ends};
use liitos_service::notices;
use liitos_testkit::{Database, case_handler, member_of};

const DAY: i64 = 86_400;

on_both!(keepers_are_warned_at_each_day_and_no_more_once_another_follows, warned);

async fn warned(database: Database) {
    let (test, signer) = opened(database).await;
    let point = format!("{HUS}.13.2");
    let now = test.app.now();
    let profile = Profile::server(&point, "kanta.hus.test");
    let server = test.authority.issue(&profile, now).unwrap();
    let parsed = Certificate::parse(&server.certificate_der).unwrap();
    let mut door = door(&point);
    door.client_cert = Some(client_cert::write(&parsed));
    let signed = Variation::with_new_ids(1, 1).unwrap().signed_by(&signer, now).unwrap();
    let message = signed.message().unwrap();
    assert_eq!(store_document(&test.app, &door, message.as_bytes()).await.unwrap().how, StoredHow::New);
    let member = member_of(HUS);
    let known = own(&test.app, &member).await.unwrap();
    let purposes: Vec<_> = known.iter().map(|known| known.purpose).collect();
    assert_eq!(purposes.len(), 2, "{known:?}");
    assert!(purposes.contains(&Ending::ServerCertificate) && purposes.contains(&Ending::SignatureCertificate));
    assert_eq!(own(&test.app, &member_of("1.2.246.10.99999036.10.0")).await.unwrap(), []);

    let ends = parsed.valid.until.unwrap();
    let staff = case_handler();
    let told = async || {
        let notices = notices::office(&test.app, &staff).await.unwrap();
        let days = notices.iter().filter_map(|stored| match &stored.notice {
            Notice::Ends { what: Ending::ServerCertificate, days, at, order_by, touches, .. } => {
                assert_eq!((*at, *order_by), (ends, Some(ends.plus_seconds(-7 * DAY))));
                assert_eq!((touches.rights.len(), touches.access_points.len()), (1, 1), "what stops");
                assert_eq!(stored.joiner, Oid::parse(HUS).unwrap());
                Some(*days)
            }
            _ => None,
        });
        days.collect::<Vec<_>>()
    };
    let move_to =
        |days: i64| test.clock.advance(ends.plus_seconds(-days * DAY).as_seconds() - test.app.now().as_seconds());
    move_to(61);
    warn_of_ends(&test.app).await.unwrap();
    assert_eq!(told().await, Vec::<i64>::new());
    for (days, expected) in [(60, vec![60]), (59, vec![60]), (30, vec![30, 60]), (13, vec![14, 30, 60])] {
        move_to(days);
        warn_of_ends(&test.app).await.unwrap();
        warn_of_ends(&test.app).await.unwrap();
        assert_eq!(told().await, expected, "{days} days before");
    }
    // The next one is shown before it is used: nothing more is to be seen to.
    let next = test.authority.issue(&profile, test.app.now()).unwrap();
    let shown = show(&test.app, &member, next.certificate_pem.as_bytes()).await.unwrap();
    assert_eq!(shown.holder, point);
    move_to(1);
    warn_of_ends(&test.app).await.unwrap();
    assert_eq!(told().await, [14, 30, 60]);

    let stranger = member_of("1.2.246.10.99999036.10.0");
    let refused = show(&test.app, &stranger, next.certificate_pem.as_bytes()).await.unwrap_err();
    assert_eq!(refused.code, R::NotAllowed);
    assert_eq!(show(&test.app, &member, b"no certificate").await.unwrap_err().code, R::FormInvalid);
}
