//! A body of a gigabyte: refused at the cap, early, and with no more memory than any other.

use crate::doors::Doors;
use liitos::made::Variation;
use liitos_testkit::Database;
use std::process::Command;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const GIGABYTE: usize = 1 << 30;
/// How much more memory may be held, in kilobytes: what is at hand of one body, up to the cap of 20 MiB, held twice.
const MORE: u64 = 64 * 1024;
/// Set where this test is the only one of its process, so that the process's memory is its own.
const ALONE: &str = "LIITOS_TEST_ALONE";

#[test]
fn a_gigabyte_is_refused_early_and_the_memory_stays_flat() {
    if std::env::var_os(ALONE).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(alone());
    }
    let name = "large::a_gigabyte_is_refused_early_and_the_memory_stays_flat";
    let mut program = Command::new(std::env::current_exe().unwrap());
    let ended = program.args(["--exact", name, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(ended.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&ended.stderr));
}

/// Kilobytes: the most that were held since it was asked last, and what is held.
fn memory() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    let told = (of("VmHWM:"), of("VmRSS:"));
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    told
}

async fn alone() {
    let doors = Doors::open(Database::Sqlite).await;
    let message = |serial, longer| {
        let made = Variation::with_new_ids(98, serial).unwrap().longer_by(longer);
        made.signed_by(&doors.sandbox.pki.signer, doors.sandbox.app.now()).unwrap().message().unwrap()
    };
    // One as large as real ones are: what is held after it is what such an installation holds.
    for serial in 1..=4 {
        assert_eq!(doors.send(&message(serial, 900_000)).await.status, 200);
    }
    let ordinary = message(9, 0);
    let chunked = |path: &str, kind: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{SUBSCRIBER}Transfer-Encoding: chunked\r\n\r\n"
        )
    };
    let with_length = |path: &str, kind: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\n{SUBSCRIBER}Content-Length: {GIGABYTE}\r\n\r\n"
        )
    };
    // What is said first is a message as any other: the directory lets it pass, and it goes on its way.
    let first = message(8, 0);
    let (first, _) = first.split_at(6_000);
    let cases = [
        (with_length("/hl7", "application/xml"), first, 0),
        (with_length("/fhir", "application/fhir+json"), "{\"resourceType\":\"Bundle\",", 0),
        (chunked("/hl7", "application/xml"), first, 21 << 20),
        (chunked("/fhir", "application/fhir+json"), "{\"resourceType\":\"Bundle\",", 21 << 20),
    ];
    let (_, before) = memory();
    for (head, first, most) in cases {
        let (sent, told) = doors.pour(&head, first).await;
        assert!(told.starts_with("HTTP/1.1 413 ") && told.contains("L-301"), "{head}: {told}");
        // What was on its way in between when it was refused is what the connection holds.
        assert!(sent < most + (16 << 20), "{sent} bytes were taken: {head}");
        let (most, _) = memory();
        assert!(most < before + MORE, "{most} kB at most, {before} before: {head}");
    }
    assert_eq!(doors.send(&ordinary).await.status, 200);
}

const SUBSCRIBER: &str = "Service-Subscriber: 1.2.246.537.10.15675350.10.0\r\n";

impl Doors {
    /// Sends a head and what comes first, and then a gigabyte while anybody takes it: how many bytes were taken, and what was answered.
    async fn pour(&self, head: &str, first: &str) -> (usize, String) {
        let tls = self.peer_at(self.sandbox.addresses.gateway).handshake().await.unwrap();
        let (mut incoming, mut outgoing) = tokio::io::split(tls);
        let chunked = head.contains("chunked");
        let answer = tokio::spawn(async move {
            let mut told = vec![0; 65_536];
            let mut read = 0;
            // All of it that comes; a connection that is cut off after its answer has answered.
            while let Ok(more @ 1..) = incoming.read(&mut told[read..]).await {
                read += more;
            }
            String::from_utf8_lossy(&told[..read]).into_owned()
        });
        let piece = vec![b' '; 1 << 20];
        let framed = |bytes: &[u8]| match chunked {
            true => [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat(),
            false => bytes.to_vec(),
        };
        let mut sent = 0;
        let mut pieces = [head.as_bytes().to_vec(), framed(first.as_bytes())].concat();
        while sent < GIGABYTE && outgoing.write_all(&pieces).await.is_ok() && !answer.is_finished() {
            sent += pieces.len();
            pieces = framed(&piece);
        }
        (sent, answer.await.unwrap())
    }
}
