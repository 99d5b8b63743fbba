//! Certificates are known from their first use, and their keepers are warned before they end.

use crate::applications::filled_in;
use crate::archive::{HUS, door, opened};
use crate::notifications::{day_of, lepola, written};
use crate::on_both;
use crate::outbound::{LEPOLA, POINT};
use liitos::made::Variation;
use liitos_domain::application::{FieldProblem, Form, Step};
use liitos_domain::notice::{Ending, Notice};
use liitos_domain::notification::Kind;
use liitos_domain::{Oid, RefusalCode as R, Service, Sha256Hash};
use liitos_pki::authority::Profile;
use liitos_pki::{Certificate, client_cert};
use liitos_service::applications::{self, SaveStep};
use liitos_service::archive::{StoredHow, store_document};
use liitos_service::certificates::{own, show, warn_of_ends};
use liitos_service::notices::{self, Desk};
use liitos_service::{Actor, App, notifications};
use liitos_testkit::{Database, TestApp, case_handler, member_of};
use liitos_texts::Language;

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

on_both!(a_certificate_is_pasted_where_its_fingerprint_is_asked, pasted);

async fn pasted(database: Database) {
    let test = TestApp::start(database).await;
    lepola(&test).await;
    let (app, by) = (&test.app, member_of(LEPOLA));
    let issue = |of: &str, name: &str| test.authority.issue(&Profile::server(of, name), app.now()).unwrap();
    let day = day_of(app, 30).1;
    // A notification: a certificate of another access point is found by the rules, its own is not.
    let (own, other) = (issue(POINT, "kanta.lepola.test"), issue(&format!("{HUS}.13.2"), "kanta.hus.test"));
    let of = async |pem: &str| {
        let fields = [("point", POINT), ("own_certificates", pem), ("day", &day)];
        let number = written(app, &by, Kind::Certificates, &fields).await;
        notifications::show(app, &by, Desk::Own, &number).await.unwrap()
    };
    let fingerprint = Sha256Hash::of(&own.certificate_der).to_string();
    let shown = of(&own.certificate_pem).await;
    assert_eq!(shown.notification.form.text("own_certificates"), fingerprint);
    assert_eq!(shown.looked.unwrap().hindrance(), None);
    // A field of one line has lost the line ends, and its authority may come along; another access point's is told, and stays wrong.
    let one_line = own.certificate_pem.replace('\n', "") + &test.authority.certificate_pem().replace('\n', " ");
    assert_eq!(of(&one_line).await.looked.unwrap().hindrance(), None);
    assert_eq!(certificates_of(app, &by).await, [fingerprint]);
    let number = notifications::begin(app, &by, Kind::Certificates).await.unwrap();
    let wrong = issue(&format!("{LEPOLA}.13.2"), "kanta.lepola.test");
    for (pem, problem) in [
        (&other.certificate_pem, FieldProblem::Certificates),
        (&wrong.certificate_pem, FieldProblem::Certificates),
        (&own.key_pem, FieldProblem::PrivateKey),
    ] {
        let fields = [("point", POINT), ("own_certificates", pem.as_str()), ("day", &day)];
        let form = Form(fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
        let revision = notifications::show(app, &by, Desk::Own, &number).await.unwrap().notification.revision;
        let wrong = notifications::save(app, &by, &number, (revision, form)).await.unwrap();
        assert_eq!(wrong.into_iter().map(|error| error.problem).collect::<Vec<_>>(), [problem]);
        let shown = notifications::show(app, &by, Desk::Own, &number).await.unwrap();
        assert!(!shown.notification.form.text("own_certificates").contains("-----"), "{shown:?}");
        assert_eq!(shown.looked.unwrap().hindrance().as_deref(), Some("own_certificates"), "never any certificate");
    }
    on_an_application(&test, &by).await;
}

/// What the link is called has to be what its certificate says; a key is nowhere kept.
async fn on_an_application(test: &TestApp, by: &Actor) {
    let app = &test.app;
    let issue = |of: &str, name: &str| test.authority.issue(&Profile::server(of, name), app.now()).unwrap();
    let number = filled_in(test, by, Service::PatientData).await;
    let new = format!("{LEPOLA}.13.9");
    let named = issue(&new, "muu.lepola.test");
    let step = async |certificate: &str, revision: i32| {
        let fields = [
            ("connection", "own"),
            ("own_oid", new.as_str()),
            ("own_country", "FI"),
            ("own_network", "private"),
            ("own_dns", "kanta.lepola.test"),
            ("own_addresses", "203.0.113.10"),
            ("own_certificates", certificate),
            ("system", "900001"),
            ("signer", "own"),
        ];
        let form = Form(fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
        let saving =
            SaveStep { number: number.clone(), step: Step::AccessPoints, revision, form, language: Language::Fi };
        let wrong = applications::save_step(app, by, saving).await.unwrap();
        let (stored, checked) = applications::view(app, by, &number).await.unwrap();
        let broken: Vec<String> = checked.broken(None).into_iter().map(|one| one.rule.id.clone()).collect();
        let kept = stored.application.form(Step::AccessPoints).text("own_certificates").to_owned();
        (wrong.into_iter().map(|error| error.problem).collect::<Vec<_>>(), kept, broken)
    };
    let (wrong, kept, broken) = step(&named.certificate_pem, 1).await;
    assert_eq!((wrong, kept), (vec![], Sha256Hash::of(&named.certificate_der).to_string()));
    assert!(broken.contains(&"certificate-primary-name".to_owned()), "{broken:?}");
    let right = issue(&new, "kanta.lepola.test");
    let (_, _, broken) = step(&right.certificate_pem, 2).await;
    assert!(!broken.contains(&"certificate-primary-name".to_owned()), "{broken:?}");
    let (wrong, kept, _) = step(&right.key_pem, 3).await;
    assert_eq!((wrong, kept.as_str()), (vec![FieldProblem::PrivateKey], "[private key]"));
}

/// The fingerprints of the server certificates that are known of an organisation.
async fn certificates_of(app: &App, by: &Actor) -> Vec<String> {
    own(app, by).await.unwrap().iter().map(|known| known.fingerprint.to_string()).collect()
}
