//! Chromium by its driver, with axe-core on every page looked at.

use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The pages whose pictures stand in `docs/pictures`.
const MAIN: [&str; 21] = [
    "start",
    "home-empty",
    "producer-enrolment",
    "step-model",
    "step-access-points",
    "step-access-points-live",
    "pharmacist-access-points",
    "public-summary",
    "public-sent",
    "phone-application",
    "phone-contacts-en",
    "phone-programs-en",
    "phone-sign-en",
    "phone-timeline-en",
    "phone-help-refused-en",
    "office-queue",
    "office-decision",
    "office-directory",
    "office-report",
    "connection",
    "checked",
];

/// Each main page has its picture with a line that says what it is, and there is no other.
#[test]
fn main_pages_have_their_pictures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures");
    let text = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.filter(|name| name.ends_with(".png")).collect();
    let mut main: Vec<String> = MAIN.iter().map(|name| format!("{name}.png")).collect();
    files.sort_unstable();
    main.sort_unstable();
    assert_eq!(files, main, "make pictures");
    assert!(main.iter().all(|name| text.contains(&format!("]({name})"))));
}

#[derive(Clone, Copy)]
pub(crate) enum Size {
    /// As the browser begins.
    Desk,
    Phone,
    /// A phone's width, and as high as a long form.
    Tall,
    /// A page of A4 at 96 dots an inch.
    Paper,
}

pub(crate) struct Driver {
    client: Client,
    process: Child,
    profile: PathBuf,
    base: String,
    axe: String,
    /// Whether pages may run scripts; axe-core needs it.
    scripts: bool,
    pictures: Option<PathBuf>,
    /// Whether pictures of the main pages only are wanted.
    main: bool,
}

impl Driver {
    /// A browser as most people have it.
    pub(crate) async fn start(base: &str) -> Self {
        Self::with_scripts(base, true).await
    }

    /// A browser in which pages may run no script.
    pub(crate) async fn start_without_scripts(base: &str) -> Self {
        Self::with_scripts(base, false).await
    }

    #[expect(clippy::zombie_processes, reason = "dropping the driver waits for it; a failed start fails the test")]
    async fn with_scripts(base: &str, scripts: bool) -> Self {
        let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/axe/node_modules/axe-core/axe.min.js");
        let axe = std::fs::read_to_string(&axe).unwrap_or_else(|_| panic!("{} is missing: make tools", axe.display()));
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that a test that fails in the middle leaves no browser behind.
            .process_group(0)
            .spawn()
            .expect("chromedriver: make tools");
        let profile = std::env::temp_dir().join(format!("liitos-chromium-{}-{port}", std::process::id()));
        let quiet = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,1000",
            "--lang=fi",
        ];
        let mut arguments: Vec<String> = quiet.iter().map(|argument| (*argument).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.display()));
        // As in the browser's settings: 1 allows, 2 blocks. What the driver itself runs is not a page's.
        let prefs = json!({ "profile.managed_default_content_settings.javascript": if scripts { 1 } else { 2 } });
        let wanted =
            json!({ "goog:chromeOptions": { "args": arguments, "binary": "/usr/bin/chromium", "prefs": prefs } });
        let Value::Object(capabilities) = wanted else { unreachable!() };
        let mut builder = ClientBuilder::new(hyper_connector());
        builder.capabilities(capabilities);
        let address = format!("http://127.0.0.1:{port}");
        for _ in 0..100 {
            if let Ok(client) = builder.connect(&address).await {
                let main = std::env::var_os("LIITOS_MAIN_PICTURES").map(PathBuf::from);
                let pictures = std::env::var_os("LIITOS_PICTURES").map(PathBuf::from);
                let (pictures, main) = (pictures.or(main.clone()), main.is_some());
                return Self { client, process, profile, base: base.to_owned(), axe, scripts, pictures, main };
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("chromedriver did not answer");
    }

    pub(crate) async fn stop(self) {
        let _ = self.client.clone().close().await;
    }

    pub(crate) async fn open(&mut self, path: &str) {
        self.client.goto(&format!("{}{path}", self.base)).await.unwrap();
    }

    pub(crate) async fn open_here(&mut self, below: &str) {
        let here = self.client.current_url().await.unwrap();
        self.client.goto(&format!("{here}{below}")).await.unwrap();
    }

    /// The same page in another language.
    pub(crate) async fn switch(&mut self, language: &str) {
        let here = self.client.current_url().await.unwrap();
        self.open(&format!("/language/{language}?to={}", here.path())).await;
    }

    pub(crate) async fn back(&mut self) {
        self.client.back().await.unwrap();
    }

    pub(crate) async fn sign_in(&mut self, person: &str) {
        self.open("/sign-in").await;
        self.press(&format!("button[value={person}]")).await;
        if self.path().await == "/oauth/authorize" {
            self.press("#mandates-go-on").await;
        }
    }

    /// Presses what leads to another page, and waits until that page is there: the old document is marked, and the new
    /// one carries no mark.
    pub(crate) async fn press(&mut self, css: &str) {
        self.client.execute("window.leaving = true", vec![]).await.unwrap();
        self.choose(css).await;
        for _ in 0..200 {
            let arrived = "return !window.leaving && document.readyState === 'complete'";
            // While the browser changes pages there may be no document to ask.
            if self.client.execute(arrived, vec![]).await.is_ok_and(|answer| answer == json!(true)) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{css} led nowhere");
    }

    /// Clicks what stays on the page.
    pub(crate) async fn choose(&mut self, css: &str) {
        let found = self.client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css(css)).await;
        let element = found.unwrap_or_else(|error| panic!("{css}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    pub(crate) async fn fill(&mut self, name: &str, text: &str) {
        self.fill_at(&format!("[name=\"{name}\"]"), text).await;
    }

    pub(crate) async fn fill_at(&mut self, css: &str, text: &str) {
        let found = self.client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css(css)).await;
        let element = found.unwrap_or_else(|error| panic!("{css}: {error}"));
        element.clear().await.unwrap();
        element.send_keys(text).await.unwrap();
    }

    /// Sets a field whose keys depend on the browser's language: a date.
    pub(crate) async fn set(&mut self, name: &str, value: &str) {
        let script = "document.querySelector(arguments[0]).value = arguments[1]";
        let asked = vec![json!(format!("[name=\"{name}\"]")), json!(value)];
        self.client.execute(script, asked).await.unwrap();
    }

    pub(crate) async fn select(&mut self, name: &str, value: &str) {
        let element = self.client.find(Locator::Css(&format!("select[name={name}]"))).await.unwrap();
        element.select_by_value(value).await.unwrap();
    }

    pub(crate) async fn text(&mut self, css: &str) -> String {
        self.client.find(Locator::Css(css)).await.unwrap().text().await.unwrap()
    }

    /// What a field holds.
    pub(crate) async fn value(&mut self, name: &str) -> String {
        let script = "return document.querySelector(arguments[0]).value";
        let asked = vec![json!(format!("[name=\"{name}\"]"))];
        self.client.execute(script, asked).await.unwrap().as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a part of the page says something, by itself.
    pub(crate) async fn until(&mut self, css: &str, said: &str) {
        for _ in 0..200 {
            if self.text(css).await.contains(said) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{css} never said {said}: {}", self.text(css).await);
    }

    /// The path of the page that is open.
    pub(crate) async fn path(&mut self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// Whether there is such a thing on the page.
    pub(crate) async fn there(&mut self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// The names of fields that end in a text, without it.
    pub(crate) async fn names_ending(&mut self, end: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(`[name$='${arguments[0]}']`)].map(field => field.name)";
        let names = self.client.execute(script, vec![json!(end)]).await.unwrap();
        let names = names.as_array().unwrap().iter().filter_map(|name| name.as_str()?.strip_suffix(end));
        names.map(str::to_owned).collect()
    }

    /// Whether a person sees it.
    pub(crate) async fn shows(&mut self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.unwrap().is_displayed().await.unwrap()
    }

    pub(crate) async fn size(&mut self, size: Size) {
        let (width, height) = match size {
            Size::Desk => (1280, 1000),
            Size::Phone => (360, 800),
            Size::Tall => (360, 2400),
            Size::Paper => (794, 1123),
        };
        self.client.set_window_size(width, height).await.unwrap();
    }

    /// What is wrong with a page that was fetched before, as it stood then, with the styles of the site that is open: what axe-core
    /// finds, and whether it is wider than the window.
    pub(crate) async fn wrong_with(&mut self, text: &str) -> Vec<String> {
        let wider = self.written(text).await;
        wider.into_iter().chain(self.violations().await).collect()
    }

    /// What is wrong with the same page on paper: what nobody can press there and is shown all the same, and whether it is wider than the page.
    pub(crate) async fn wrong_on_paper(&mut self, text: &str) -> Vec<String> {
        let _ = self.written(text).await;
        let print = "for (const sheet of document.styleSheets) for (const rule of sheet.cssRules)
                if (rule.media && rule.media.mediaText === 'print') rule.media.mediaText = 'all';
            const shown = [...document.querySelectorAll('nav, .top, footer, button, form[action$=void], .asked input[value=\"\"]')]
                .filter(it => it.checkVisibility()).map(it => it.outerHTML.slice(0, 120));
            if (!document.querySelector('h1').checkVisibility()) shown.push('no heading');
            const wider = document.documentElement.scrollWidth - document.documentElement.clientWidth;
            return wider > 0 ? [...shown, `${wider} pixels too wide`] : shown;";
        let found = self.client.execute(print, vec![]).await.unwrap();
        found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// Writes a page in the place of the one that is open; says whether it is wider than the window.
    async fn written(&mut self, text: &str) -> Option<String> {
        let write = "const done = arguments[1]; document.open(); document.write(arguments[0]); document.close();
            const ready = () => requestAnimationFrame(() => done(document.documentElement.scrollWidth - document.documentElement.clientWidth));
            if (document.readyState === 'complete') ready(); else addEventListener('load', ready);";
        let wider = self.client.execute_async(write, vec![json!(text)]).await.unwrap();
        wider.as_i64().filter(|pixels| *pixels <= 0).is_none().then(|| format!("{wider} pixels too wide"))
    }

    /// No violation of WCAG 2.2 A and AA that axe-core finds.
    async fn check(&mut self, name: &str) {
        let found = self.violations().await;
        assert!(found.is_empty(), "{name}: {found:#?}");
    }

    async fn violations(&mut self) -> Vec<String> {
        self.client.execute(&self.axe, vec![]).await.unwrap();
        let run = "const done = arguments[arguments.length - 1];
                   axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
                      .then(found => done(found.violations.map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))));";
        let found = self.client.execute_async(run, vec![]).await.unwrap();
        found.as_array().unwrap().iter().map(|violation| violation.as_str().unwrap().to_owned()).collect()
    }

    /// Checks the page by axe-core where that can run, and that nothing is wider than the screen. Takes its picture where pictures are
    /// wanted.
    pub(crate) async fn look(&mut self, name: &str) {
        if self.scripts {
            self.check(name).await;
        }
        let wider = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
        assert_eq!(self.client.execute(wider, vec![]).await.unwrap(), json!(false), "{name} scrolls sideways");
        if let Some(folder) = self.pictures.as_ref().filter(|_| !self.main || MAIN.contains(&name)) {
            std::fs::create_dir_all(folder).unwrap();
            self.client.execute("window.scrollTo(0, 0)", vec![]).await.unwrap();
            std::fs::write(folder.join(format!("{name}.png")), self.client.screenshot().await.unwrap()).unwrap();
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = Command::new("kill").arg("--").arg(format!("-{}", self.process.id())).status();
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

fn hyper_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}
