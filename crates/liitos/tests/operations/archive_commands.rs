//! `liitos archive store|get|search|invalidate` through a real gateway, by the access point's certificate.

use crate::archive::HUS;
use liitos::made::Variation;
use liitos::made::bundle;
use liitos::sandbox::tour::open_right;
use liitos_documents::read_document_header;
use liitos_testkit::{Database, PATIENCE, TestSandbox};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The command line of somebody who has the access point's certificate.
struct Joiner {
    folder: PathBuf,
    gateway: String,
}

impl Joiner {
    async fn run(&self, command: &str, more: &[&str]) -> Output {
        let file = |name: &str| self.folder.join(name);
        let mut program = Command::new(env!("CARGO_BIN_EXE_liitos"));
        program.args(["archive", command, "--gateway", &self.gateway, "--gateway-name", "localhost", "--joiner", HUS]);
        program.arg("--issuer").arg(file("issuers.pem"));
        program.arg("--certificate").arg(file("joiner.pem")).arg("--key").arg(file("joiner.key"));
        program.args(more);
        // The gateway and the archive that it asks run on this runtime.
        tokio::task::spawn_blocking(move || program.output().unwrap()).await.unwrap()
    }

    /// The exit code, and what was printed as JSON.
    async fn told(&self, command: &str, more: &[&str]) -> (i32, Value) {
        let output = self.run(command, more).await;
        let said = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap(), said)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.folder.join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joiners_system_stores_finds_gets_and_declares_void() {
    let sandbox = TestSandbox::start(Database::Sqlite).await;
    let issued = open_right(&sandbox, PATIENCE).await.unwrap();
    let joiner = Joiner { folder: sandbox.folder.clone(), gateway: sandbox.addresses.gateway.to_string() };
    joiner.write("joiner.pem", &issued.certificate_pem);
    joiner.write("joiner.key", &issued.key_pem);
    let signed = |variation: Variation| variation.signed_by(&sandbox.pki.signer, sandbox.app.now()).unwrap();
    let first = signed(Variation::with_new_ids(95, 1).unwrap());
    let message = joiner.write("first.xml", &first.message().unwrap());
    let (code, said) = joiner.told("store", &[&message]).await;
    assert_eq!((code, &said["answer"]["acknowledgement"]), (0, &Value::from("AA")), "{said}");
    // A bundle is validated, stored, and answered as FHIR answers.
    let second = signed(Variation::with_new_ids(95, 2).unwrap());
    let ids = (&*format!("{HUS}.13.2.1.95.2.1"), &*format!("{HUS}.13.2.1"), HUS);
    let brought = joiner.write("second.json", &bundle(second.document(), ids).unwrap().to_string());
    assert_eq!(joiner.told("store", &["--validate", &brought]).await.0, 0);
    let (code, said) = joiner.told("store", &[&brought]).await;
    assert_eq!((code, &said["answer"]["type"]), (0, &Value::from("transaction-response")), "{said}");
    let (code, said) = joiner.told("store", &[&joiner.write("other.json", "{}")]).await;
    assert_eq!((code, &said["codes"][0]), (1, &Value::from("L-517")), "{said}");
    got(&joiner, &first).await;
    // What declares nothing void is not sent as such; what does is.
    let void = Variation::with_new_ids(95, 3).unwrap().replacing(&first.document_id, &first.document_id, 2);
    let void = joiner.write("void.xml", &signed(void.invalidating()).message().unwrap());
    let refused = joiner.run("invalidate", &[&message]).await;
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("declares nothing void"));
    assert_eq!(joiner.told("invalidate", &[&void]).await.0, 0);
    let by = format!("related:identifier={}", first.document_id);
    let found = joiner.run("search", &["--by", &by, "--by", "status=entered-in-error"]).await;
    assert_eq!(String::from_utf8_lossy(&found.stdout).lines().count(), 1);
}

/// Given back byte for byte, and found by its client, whom no argument names.
async fn got(joiner: &Joiner, first: &Variation) {
    let given = joiner.run("get", &[&first.document_id]).await;
    assert_eq!((given.status.code(), given.stdout), (Some(0), first.document().as_bytes().to_vec()));
    let out = joiner.folder.join("got.xml").display().to_string();
    assert_eq!(joiner.run("get", &[&first.document_id, "--out", &out]).await.status.code(), Some(0));
    assert_eq!(std::fs::read(Path::new(&out)).unwrap(), first.document().as_bytes());
    assert_eq!(joiner.run("get", &[&first.document_id, "--out", &out]).await.status.code(), Some(2), "overwrites");
    let (code, said) = joiner.told("get", &["1.2.3"]).await;
    assert_eq!((code, &said["codes"][0]), (1, &Value::from("L-507")), "{said}");
    // It treats nobody in a service event that it has not archived; in an emergency it need not have.
    let (code, said) = joiner.told("get", &["1.2.3", "--treating", "1.2.3.4"]).await;
    assert_eq!((code, &said["codes"][0]), (1, &Value::from("L-520")), "{said}");
    let (code, said) = joiner.told("get", &["1.2.3", "--treating", "1.2.3.4", "--emergency"]).await;
    assert_eq!((code, &said["codes"][0]), (1, &Value::from("L-507")), "{said}");
    let person = read_document_header(first.document()).unwrap().person;
    let whose = joiner.write("whose", &format!("{}|{}", person.root, person.extension));
    // At a glance: by register, type and unit, and by service event.
    let (code, said) = joiner.told("search", &["--client", &whose, "--summary"]).await;
    assert_eq!((code, &said["answer"]["resourceType"]), (0, &Value::from("Parameters")), "{said}");
    let parts = said["answer"]["parameter"].as_array().unwrap();
    let named = |name: &str| parts.iter().filter(|part| part["name"] == name).collect::<Vec<_>>();
    assert_eq!(named("complete")[0]["valueBoolean"], true);
    let count = |part: &Value| {
        part["part"].as_array().unwrap().iter().find(|one| one["name"] == "count").unwrap()["valueUnsignedInt"].clone()
    };
    assert_eq!((count(named("group")[0]), count(named("matter")[0])), (2.into(), 2.into()), "{said}");
    let (code, said) = joiner.told("search", &["--summary"]).await;
    assert_eq!((code, &said["codes"][0]), (1, &Value::from("L-514")), "{said}");
    let client = joiner.write("client.txt", &format!("{}|{}\n", person.root, person.extension));
    let found = joiner.run("search", &["--client", &client, "--by", "_count=1"]).await;
    let lines: Vec<Value> =
        found.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    assert_eq!(lines.len(), 2, "both pages: {}", String::from_utf8_lossy(&found.stderr));
    let (code, said) = joiner.told("search", &["--by", "status=current"]).await;
    assert_eq!((code, &said["codes"][0]), (1, &Value::from("L-514")), "{said}");
}
