//! Pages without a browser: who gets in, what is refused, every page in three languages.

use liitos::sandbox::{Browser, Options, Sandbox, tour};
use liitos_testkit::{Database, database_address};
use liitos_web::{OPEN_ROUTES, ROUTES};
use std::collections::BTreeSet;

async fn sandbox(name: &str) -> Sandbox {
    let folder = std::env::temp_dir().join(format!("liitos-pages-{}-{name}", std::process::id()));
    let options =
        Options { folder, listen: ([127, 0, 0, 1], 0).into(), database: Some(database_address(Database::Sqlite)) };
    Sandbox::start(options).await.unwrap()
}

/// A path with its parameters filled in.
fn filled(path: &str, number: &str) -> String {
    path.replace("{number}", number).replace("{step}", "billing").replace("{key}", "1")
}

#[test]
fn the_list_of_routes_is_complete() {
    let source = include_str!("../../../web/src/lib.rs");
    let declared: BTreeSet<&str> =
        source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let listed: BTreeSet<&str> = ROUTES.iter().chain(OPEN_ROUTES).map(|(_, path)| *path).collect();
    assert_eq!(declared, listed);
    for (method, path) in ROUTES.iter().chain(OPEN_ROUTES) {
        let line = source.split(&format!(".route(\"{path}\"")).nth(1).unwrap().split('\n').next().unwrap();
        assert!(line.contains(&format!("{}(", method.to_lowercase())), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_without_a_session_with_a_foreign_one_and_with_too_small_a_role() {
    let sandbox = sandbox("rights").await;
    tour::open_for_bench(&sandbox).await.unwrap();
    let mut nobody = Browser::new(&sandbox.portal_address()).unwrap();
    let mut stranger = Browser::new(&sandbox.portal_address()).unwrap();
    stranger.sign_in("kirsi-koivu").await.unwrap();
    for (method, path) in ROUTES {
        let address = filled(path, "2026-1");
        if *method == "GET" {
            let asked = nobody.get(&address).await.unwrap();
            assert_eq!(asked.address.path(), "/authorize", "{path} must lead to sign-in");
            let own = ["/organisations", "/home"].contains(path);
            let foreign = stranger.get(&address).await.unwrap();
            assert_eq!(foreign.status.is_success(), own, "{path} {}", foreign.status);
        } else {
            let form = [
                ("organisation", "1.2.246.537.10.15675350.10.0"),
                ("service", "x"),
                ("effect", &"0".repeat(64)),
                ("reason", "x"),
                ("joiner", "1.2.3"),
                ("access_point", "x"),
                ("certificate", "x"),
            ];
            let refused = nobody.post(&address, &form).await.unwrap();
            assert_eq!(refused.status, 401, "{path}");
            assert!(refused.text.contains("L-601"), "{path}");
            let foreign = stranger.post(&address, &form).await.unwrap();
            assert!(foreign.status.is_client_error(), "{path} {}", foreign.status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_in_three_languages_without_a_missing_text() {
    let sandbox = sandbox("languages").await;
    let mut joiner = Browser::new(&sandbox.portal_address()).unwrap();
    let mut operator = Browser::new(&sandbox.portal_address()).unwrap();
    joiner.sign_in("helena-hallinto").await.unwrap();
    operator.sign_in("paula-palvelu").await.unwrap();
    let begun = joiner.post("/applications", &[("service", "prescription")]).await.unwrap();
    let draft = begun.address.path().to_owned();
    tour::walk(&sandbox, &mut |_| ()).await.unwrap();
    let steps = [
        "guidance",
        "access-points",
        "client-data",
        "contacts",
        "billing",
        "service-description",
        "undertaking",
        "summary",
    ];
    for language in ["fi", "sv", "en"] {
        joiner.get(&format!("/language/{language}?to=/")).await.unwrap();
        operator.get(&format!("/language/{language}?to=/")).await.unwrap();
        let mut paths = vec![
            "/".to_owned(),
            "/home".to_owned(),
            "/organisations".to_owned(),
            draft.clone(),
            "/applications/2026-2".to_owned(),
            "/nowhere".to_owned(),
        ];
        paths.extend(steps.iter().map(|step| format!("{draft}/{step}")));
        for path in paths {
            sound(&joiner.get(&path).await.unwrap().text, language, &path);
        }
        for step in ["access-points", "contacts", "billing", "undertaking"] {
            let revision = joiner.get(&format!("{draft}/{step}")).await.unwrap().hidden("revision").unwrap();
            let wrong = joiner
                .post(&format!("{draft}/{step}"), &[("revision", &revision), ("email", "x"), ("connection", "own")])
                .await
                .unwrap();
            assert_eq!(wrong.status, 422, "{step}");
            assert!(wrong.text.contains("id=\"errors\""), "{step}");
            sound(&wrong.text, language, step);
        }
        for path in [
            "/office",
            "/office/directory",
            "/office/signers",
            "/office/mail",
            "/office/applications/2026-1",
            "/office/applications/2026-2",
        ] {
            sound(&operator.get(path).await.unwrap().text, language, path);
        }
    }
}

fn sound(text: &str, language: &str, path: &str) {
    assert!(text.contains(&format!("<html lang=\"{language}\">")), "{language} {path}");
    assert!(
        !text.contains('⟦'),
        "{language} {path}: {}",
        text.split('⟦').nth(1).unwrap_or_default().split('⟧').next().unwrap_or_default()
    );
    let elsewhere = ["src=\"http", "href=\"http", "url(http", "<script"].iter().any(|mark| text.contains(mark));
    assert!(!elsewhere, "{path} asks nothing of other sites");
    assert!(text.len() < 60_000, "{path} has {} bytes", text.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_and_foreign_requests() {
    let sandbox = sandbox("forged").await;
    let mut joiner = Browser::new(&sandbox.portal_address()).unwrap();
    joiner.sign_in("leo-lepola").await.unwrap();
    let choices = joiner.get("/organisations").await.unwrap();
    assert!(choices.text.contains("Lääkäriasema Lepola Oy") && choices.text.contains("Hoivakoti Koivu Oy"));
    let foreign = joiner.post("/organisations", &[("organisation", "1.2.246.537.10.15675350.10.0")]).await.unwrap();
    assert_eq!(foreign.status, 403);
    let own = joiner.post("/organisations", &[("organisation", "1.2.246.10.99999036.10.0")]).await.unwrap();
    assert_eq!(own.address.path(), "/home");
    let begun = joiner.post("/applications", &[("service", "patient-data")]).await.unwrap();
    let path = begun.address.path().to_owned();
    // Markup that was typed is shown as text.
    let hostile = "<script>alert(1)</script>\"'&";
    let saved = joiner
        .post(&format!("{path}/billing"), &[("revision", "0"), ("address", hostile), ("business_id", "x")])
        .await
        .unwrap();
    assert!(saved.status == 422 && !saved.text.contains("<script>"));
    // A link that leads to another site is not followed after a change of language.
    let led = joiner.get("/language/en?to=//evil.test/").await.unwrap();
    assert_eq!(led.address.path(), "/");
    // A sign-in answer that we did not ask for.
    let unasked = joiner.get("/sign-in/callback?code=x&state=y").await.unwrap();
    assert_eq!(unasked.status, 403);
    assert!(unasked.text.contains("L-608"));
    // No role anywhere: let in, but told why nothing can be done.
    let mut nobody = Browser::new(&sandbox.portal_address()).unwrap();
    let landed = nobody.sign_in("olli-oikeudeton").await.unwrap();
    assert_eq!(landed.address.path(), "/organisations");
    assert_eq!(nobody.get("/home").await.unwrap().status, 403);
    // Signing out ends the session for good.
    joiner.post("/sign-out", &[]).await.unwrap();
    assert_eq!(joiner.get("/home").await.unwrap().address.path(), "/authorize");
}
