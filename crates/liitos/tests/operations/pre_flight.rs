//! `liitos check` and `liitos rules`: a plan with everything in hand passes; what is wrong or not known is said.

use liitos_domain::Moment;
use liitos_pki::authority::{Authority, Profile};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const PLAN: &str = include_str!("../../../../samples/plans/own-point.toml");
const AT: &str = "2026-11-22";

fn samples(below: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples").join(below).display().to_string()
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_liitos")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// A folder with a plan, its certificates, their issuer and its revocation list; gone at the end.
struct Desk(PathBuf);

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What is odd about the files and not about the connection.
#[test]
fn odd_files_are_refused_and_nothing_is_overwritten() {
    let desk = Desk::lay("odd", |_| ());
    let (code, _, error) = run(&["check", "/dev/zero"]);
    assert!(code == 2 && error.contains("is not a file"), "{error}");
    let crowd = format!("{PLAN}{}", "[[tenant]]\noid = \"1.2.246.10.1.10.0\"\n".repeat(1_001));
    std::fs::write(desk.file("crowd.toml"), crowd).unwrap();
    let (code, _, error) = run(&["check", &desk.file("crowd.toml")]);
    assert!(code == 2 && error.contains("tenant: 1001 are too many; at most 1000"), "{error}");
    let steering = PLAN.replace("country = \"FI\"", "country = \"\\u001b[31m\\u202eFI\"");
    std::fs::write(desk.file("steering.toml"), steering).unwrap();
    let (code, _, error) = run(&["check", &desk.file("steering.toml")]);
    assert!(code == 2 && error.contains("\\u{1b}[31m\\u{202e}FI") && !error.contains('\u{1b}'), "{error}");
    let plan = desk.file("plan.toml");
    let (code, _, error) = run(&["directory", "draw", "--plan", &plan, "--out", &plan]);
    assert!(code == 2 && error.contains("exists"), "{error}");
    assert_eq!(std::fs::read_to_string(&plan).unwrap(), PLAN);
    let (code, out, _) = run(&["directory", "draw", "--plan", &plan, "--out", &desk.file("picture.svg")]);
    assert!(code == 0 && out.contains("picture.svg"));
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let told = Command::new(env!("CARGO_BIN_EXE_liitos")).args(["rules", "list"]).stdout(full).output().unwrap();
    assert_eq!(told.status.code(), Some(2), "what could not be told is no success");
}

/// Plans are drawn without a server.
#[test]
fn plans_are_drawn() {
    let (code, out, error) = run(&["directory", "draw", "--plan", &samples("plans/figure-2.toml"), "--language", "fi"]);
    assert!(code == 0 && out.starts_with("<svg") && out.contains("Kanta-välittäjä"), "{error}");
    let (code, _, error) = run(&["directory", "draw", "--plan", &samples("plans/SOURCE.txt")]);
    assert!(code == 2 && error.contains("SOURCE.txt:1: this is not TOML"), "{error}");
    assert_eq!(run(&["directory", "draw"]).0, 2);
}

impl Desk {
    fn lay(name: &str, change: impl Fn(&mut Profile)) -> Self {
        let folder = std::env::temp_dir().join(format!("liitos-desk-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("ordered")).unwrap();
        let now = Moment::parse(AT).unwrap();
        let authority = Authority::create("Desk CA", now).unwrap();
        let mut server = Profile::server("1.2.246.10.99999036.10.0.13.1", "kanta.lepola.test");
        server.organisation = "Lääkäriasema Lepola".into();
        server.dns_names.push("vara.lepola.test".into());
        change(&mut server);
        let signature = Profile::signature("1.2.246.10.99999036.10.0", "Lepola");
        let write = |file: &str, bytes: &[u8]| std::fs::write(folder.join(file), bytes).unwrap();
        write("plan.toml", PLAN.as_bytes());
        write("issuers.pem", authority.certificate_pem().as_bytes());
        write("revoked.crl", &authority.revocation_list(&[], now).unwrap());
        write("ordered/server.pem", authority.issue(&server, now).unwrap().certificate_pem.as_bytes());
        write("ordered/signature.pem", authority.issue(&signature, now).unwrap().certificate_pem.as_bytes());
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// The exit code and the verdict of each rule.
    fn check(&self) -> (i32, BTreeMap<String, String>) {
        let (plan, registers) = (self.file("plan.toml"), samples("registers"));
        let (issuers, list) = (self.file("issuers.pem"), self.file("revoked.crl"));
        let given = ["--registers", &registers, "--trust", &issuers, "--crl", &list, "--at", AT, "--format", "json"];
        let (code, out, error) = run(&[&["check", plan.as_str()][..], &given].concat());
        let told: Value = serde_json::from_str(&out).expect(&error);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let rows = told["outcomes"].as_array().unwrap();
        (code, rows.iter().map(|row| (text(&row["rule"]["id"]), text(&row["verdict"]))).collect())
    }
}

#[test]
fn a_plan_with_everything_in_hand() {
    let (code, told) = Desk::lay("sound", |_| ()).check();
    let open: Vec<_> = told.iter().filter(|(_, verdict)| *verdict != "kept").collect();
    let expected = [("addresses-attributable", "not-checked"), ("addresses-real", "broken")];
    assert_eq!(
        open,
        expected
            .map(|(rule, verdict)| (rule.to_owned(), verdict.to_owned()))
            .iter()
            .map(|(r, v)| (r, v))
            .collect::<Vec<_>>()
    );
    assert_eq!(code, 0, "example addresses are a warning");
    assert!(told.len() > 45, "{}", told.len());
}

#[test]
fn a_certificate_of_another_point() {
    let wrong = |profile: &mut Profile| profile.serial_number = Some("1.2.246.10.99999036.10.0.13.2".into());
    let (code, told) = Desk::lay("foreign", wrong).check();
    assert_eq!((code, told["certificate-names-point"].as_str()), (1, "broken"));
    assert_eq!(told["certificate-primary-name"], "kept");
    let desk = Desk::lay("unlisted", |_| ());
    std::fs::write(
        desk.0.join("issuers.pem"),
        Authority::create("Other", Moment::parse(AT).unwrap()).unwrap().certificate_pem(),
    )
    .unwrap();
    let (plan, issuers) = (desk.file("plan.toml"), desk.file("issuers.pem"));
    let (code, out, _) = run(&["check", &plan, "--trust", &issuers, "--at", AT]);
    assert!(code == 1 && out.contains("[certificate-trusted]") && out.contains("[signature-trusted]"), "{out}");
}

#[test]
fn findings_have_their_lines_and_a_form_for_tools() {
    let desk = Desk::lay("lines", |_| ());
    let plan = desk.file("plan.toml");
    std::fs::write(&plan, PLAN.replace("country = \"FI\"", "country = \"US\"").replace("firewall = true\n", ""))
        .unwrap();
    let line = 1 + PLAN.lines().position(|line| line.starts_with("country")).unwrap();
    let (code, out, _) = run(&["check", &plan, "--at", AT]);
    assert!(code == 1 && out.contains(&format!("{plan}:{line} access_point[1].country = US")), "{out}");
    let (code, out, _) = run(&["check", &plan, "--at", AT, "--format", "sarif", "--language", "sv"]);
    let log: Value = serde_json::from_str(&out).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let of = |rule: &str| results.iter().find(|result| result["ruleId"] == rule).unwrap();
    let region = |rule: &str| of(rule)["locations"][0]["physicalLocation"]["region"]["startLine"].as_u64().unwrap();
    assert_eq!((code, log["version"].as_str().unwrap()), (1, "2.1.0"));
    assert_eq!((&of("location-eu")["kind"], &of("location-eu")["level"]), (&"fail".into(), &"error".into()));
    assert_eq!((&of("firewall")["kind"], &of("firewall")["level"]), (&"review".into(), &"none".into()));
    assert_eq!(region("location-eu"), line as u64);
    assert_eq!(region("firewall"), 1 + PLAN.lines().position(|line| line == "[[access_point]]").unwrap() as u64);
}

#[test]
fn a_certificate_alone() {
    let desk = Desk::lay("certificate", |_| ());
    let [server, signing, issuers, list] =
        ["ordered/server.pem", "ordered/signature.pem", "issuers.pem", "revoked.crl"].map(|name| desk.file(name));
    let check = |certificate: &str, more: &[&str]| {
        let given = ["certificate", "check", certificate, "--trust", &issuers, "--at", AT, "--json"];
        let (code, out, error) = run(&[&given[..], more].concat());
        let told: Value = serde_json::from_str(&out).expect(&error);
        let broken: Vec<String> = told["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| finding["rule"]["id"].as_str().unwrap().to_owned())
            .collect();
        (code, told["valid"].as_bool().unwrap(), broken.join(" "))
    };
    let point = "1.2.246.10.99999036.10.0.13.1";
    assert_eq!(check(&server, &["--crl", &list, "--access-point", point]), (0, true, String::new()));
    let other = "1.2.246.10.99999036.10.0.13.2";
    let told = check(&server, &["--crl", &list, "--access-point", other]);
    assert_eq!(told, (1, false, "certificate-names-point".into()));
    assert_eq!(check(&server, &[]), (1, false, "certificate-trusted".into()), "revocation was not checked");
    assert_eq!(check(&signing, &["--crl", &list, "--purpose", "signature"]), (0, true, String::new()));
    let told = check(&server, &["--crl", &list, "--purpose", "signature"]);
    assert_eq!((told.0, told.2.as_str()), (1, "signature-fit signature-trusted"));
    let late = run(&["certificate", "check", &server, "--trust", &issuers, "--crl", &list, "--at", "2030-01-01"]);
    assert!(late.0 == 1 && late.1.contains("[certificate-valid]"), "{}", late.1);
    assert_eq!(run(&["certificate", "check", &server]).0, 2, "no issuers");
    let real = samples("certificates/vrk-test-system-signature-hus-2016.der");
    let told = check(&real, &["--purpose", "signature"]).2;
    assert!(told.contains("signature-strength") && told.contains("signature-length"), "{told}");
}

#[test]
fn keys_and_requests_for_a_plan() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::lay("csr", |_| ());
    let (plan, out) = (desk.file("plan.toml"), desk.file("requests"));
    let ask = || run(&["csr", &plan, "--out", &out, "--key", "p-256", "--organisation", "Lääkäriasema Lepola Oy"]);
    let (code, told, _) = ask();
    let request = format!("{out}/1.2.246.10.99999036.10.0.13.1.csr");
    let key = request.replace(".csr", ".key");
    assert_eq!((code, told.trim()), (0, format!("{key}\n{request}").as_str()));
    assert!(std::fs::read_to_string(&request).unwrap().starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    let before = std::fs::read(&key).unwrap();
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, _, error) = ask();
    assert!(code == 2 && error.contains("there already"), "{error}");
    assert_eq!(std::fs::read(&key).unwrap(), before, "a key is never overwritten");
    std::fs::write(&plan, PLAN.replace("dns_name = \"kanta.lepola.test\"\n", "")).unwrap();
    let (code, _, error) = run(&["csr", &plan, "--out", &desk.file("other")]);
    assert!(code == 2 && error.contains("dns_name"), "{error}");
}

#[test]
fn what_cannot_be_read_is_said_with_its_place() {
    let desk = Desk::lay("broken", |_| ());
    let plan = desk.file("plan.toml");
    for (wrong, said) in [
        (PLAN.replace("joiner =", "jioner ="), "plan.toml:4 jioner: there is no such key here. Did you mean joiner?"),
        (PLAN.replace("\"health-care\"", "\"health\""), "health-care"),
        (PLAN.replace("users = 1", "users = 0"), "a whole number above nought"),
        (PLAN.replace("kanta.lepola.test", "https://kanta"), "expected: a DNS name"),
        (format!("{PLAN}\n[[access_point]]\noid = \"1.2.246.10.99999036.10.0.13.1\"\n"), "stands twice"),
        (PLAN.replace("\"2027-01-15\"", "\"15.1.2027\""), "expected: a day, like 2027-01-15"),
        (PLAN.replace("country = \"FI\"", "country = 358"), "expected: a country's code"),
        (PLAN.replace("10.0.13.1\"\nadmin", "10.0.14.1\"\nadmin"), "13"),
        ("[".repeat(100_000), "TOML"),
        (
            PLAN.replace("\"health-care\"", "health-care"),
            "plan.toml:5 activity: this is not TOML (or JSON, where that is sent): “activity = health-care” – a text or a day stands between",
        ),
        (PLAN.replace("[[access_point]]", "[[access_point"), "a bracket or brace that is opened must be closed"),
        (PLAN.replace("users = 1", "users 1"), "one equals sign"),
        (PLAN.replace("users = 1", "users ="), "comes a value"),
        (PLAN.replace("users = 1", "users = 1\nusers = 2"), "the same key or table stands further up"),
        (PLAN.replace("addresses = [\"", "addresses = [\"203.0.113.9\" \""), "stands one comma"),
        (PLAN.replace("activity =", "# activity ="), "must be given; one of: health-care, social-care"),
    ] {
        std::fs::write(&plan, wrong).unwrap();
        let (code, out, error) = run(&["check", &plan]);
        assert!(code == 2 && out.is_empty() && error.contains(&plan) && error.contains(said), "{said}: {error}");
    }
    std::fs::write(&plan, PLAN).unwrap();
    std::fs::write(
        desk.0.join("ordered/server.pem"),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    let (code, out, _) = run(&["check", &plan, "--at", AT]);
    assert!(code == 1 && out.contains("[certificate-readable]") && out.contains("server.pem: certificate 1"), "{out}");
    std::fs::write(
        desk.0.join("ordered/server.pem"),
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    )
    .unwrap();
    let (code, out, _) = run(&["check", &plan, "--at", AT]);
    assert!(code == 1 && out.contains("private key, not a certificate"), "{out}");
    std::fs::remove_file(desk.0.join("ordered/server.pem")).unwrap();
    let (code, out, _) = run(&["check", &plan, "--at", AT, "--language", "fi"]);
    assert!(
        code == 1 && out.contains("[certificate-readable]") && out.contains("server.pem: tiedostoa ei ole"),
        "{out}"
    );
    std::fs::remove_dir_all(desk.0.join("ordered")).unwrap();
    let (code, out, _) = run(&["check", &plan, "--at", AT, "--language", "fi"]);
    assert!(code == 0 && out.contains("server.pem: kansiota ei ole"), "{out}");
    assert_eq!(run(&["check", &plan, "--crl", &desk.file("revoked.crl")]).0, 2, "lists without issuers");
    let (code, _, error) = run(&["check", &plan, "--registers", &samples("plans")]);
    assert!(code == 2 && error.contains("sote"), "{error}");
}

#[test]
fn a_day_may_be_written_as_a_date() {
    let desk = Desk::lay("dates", |_| ());
    std::fs::write(desk.0.join("plan.toml"), PLAN.replace("\"2027-01-15\"", "2027-01-15")).unwrap();
    assert_eq!(desk.check().0, 0);
}

#[test]
fn the_sample_plans_have_no_error() {
    for file in std::fs::read_dir(samples("plans")).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|ending| ending == "toml") {
            let (code, out, _) = run(&["check", &file.display().to_string(), "--registers", &samples("registers")]);
            assert_eq!(code, 0, "{}: {out}", file.display());
        }
    }
}

#[test]
fn rules_at_a_time() {
    let ids = |at: &str| {
        let (code, out, _) = run(&["rules", "list", "--at", at, "--json"]);
        let rows: Vec<Value> = serde_json::from_str(&out).unwrap();
        assert_eq!(code, 0);
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let has = |at: &str, rule: &str| ids(at).iter().any(|id| id == rule);
    assert!(has("2025-08-31", "location-finland") && !has("2025-08-31", "location-eu"));
    assert!(!has("2025-09-01", "location-finland") && has("2025-09-01", "location-eu"));
    let (code, out, _) = run(&["rules", "show", "location-finland", "--language", "fi"]);
    assert!(code == 0 && out.contains("16.2.2021 – 31.8.2025") && out.contains("ohje 3.1.1"), "{out}");
    let (code, _, error) = run(&["rules", "show", "nothing"]);
    assert!(code == 2 && error.contains("nothing"));
}
