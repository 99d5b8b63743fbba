//! Every page in every state, on a narrow screen: nothing that axe-core finds, and nothing that is wider than the screen.

use crate::driver::{Driver, Size};
use liitos_testkit::states::{State, every_state};
use liitos_testkit::{Database, TestSandbox};

#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_every_page_is_accessible() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let pages = every_state(&sandbox).await;
    let mut driver = Driver::start(&sandbox.portal_address()).await;
    let outcome = tokio::spawn(async move {
        driver.size(Size::Phone).await;
        driver.open("/help").await;
        let help = pages.iter().find(|page| page.name == "/help").unwrap();
        for (broken, told) in [
            ("<img src=\"/static/icon.svg\">", "image-alt"),
            (&format!("<pre>{}</pre>", "wide".repeat(200)), "too wide"),
        ] {
            let broken = help.text.replacen("</main>", &format!("{broken}</main>"), 1);
            let found = driver.wrong_with(&broken).await;
            assert!(found.iter().any(|wrong| wrong.contains(told)), "{told}: {found:?}");
        }
        for State { name, language, text } in &pages {
            let found = driver.wrong_with(text).await;
            assert!(found.is_empty(), "{language} {name}: {found:#?}");
        }
        // What an archivist gives to whoever asks is on paper.
        driver.size(Size::Paper).await;
        let broken = help.text.replacen("</main>", &format!("<nav>x</nav><form class=asked><input value=\"\"><p class=field><input value=\"\"></p></form><pre>{}</pre></main>", "wide".repeat(300)), 1);
        let found = driver.wrong_on_paper(&broken).await;
        assert!(found.len() == 3 && found[1].contains("<input") && found[2].contains("too wide"), "{found:?}");
        let desk: Vec<_> = pages.iter().filter(|page| page.name.starts_with("/archive")).collect();
        assert!(desk.len() > 20, "{}", desk.len());
        for State { name, language, text } in desk {
            let found = driver.wrong_on_paper(text).await;
            assert!(found.is_empty(), "on paper: {language} {name}: {found:#?}");
        }
        driver
    });
    outcome.await.unwrap().stop().await;
}
