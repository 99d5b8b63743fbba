//! Every branch of every template is shown, in a page that holds to what all pages hold to.

use crate::html;
use crate::pages::sound;
use liitos_testkit::states::every_state;
use liitos_testkit::{Database, TestSandbox};

#[tokio::test(flavor = "multi_thread")]
async fn every_branch_of_every_template_is_shown() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let pages = every_state(&sandbox).await;
    pages.iter().for_each(sound);
    assert_eq!(html::never_shown(&pages), Vec::<String>::new());
    html::are_valid(&pages);
}
