//! A temporary PostgreSQL cluster, shared by a test binary, with a database of its own for each test.
//!
//! The server hangs on this process: when the process ends, for whatever reason, so does the server.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

static CLUSTER: OnceLock<u16> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The address of a new empty database.
///
/// # Panics
/// When PostgreSQL's server programs are not there (`make tools`).
#[must_use]
pub fn postgres_address() -> String {
    let port = *CLUSTER.get_or_init(start);
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    run(port, &format!("CREATE DATABASE {name}"));
    format!("postgres://liitos@127.0.0.1:{port}/{name}")
}

fn run(port: u16, sql: &str) {
    let output = Command::new(program("psql"))
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-U", "liitos", "-d", "postgres", "-qc", sql])
        .output()
        .expect("psql");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
}

#[expect(clippy::zombie_processes, reason = "the server ends with this process, which nobody is left to wait for")]
fn start() -> u16 {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = std::env::temp_dir().join(format!("liitos-postgres-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777)).unwrap();
    let data = folder.join("data");
    let initdb = format!(
        "{} -D {} -U liitos --auth=trust --no-sync -E UTF8 --locale=C >/dev/null",
        program("initdb").display(),
        data.display()
    );
    let made = unprivileged(&initdb).status().unwrap();
    assert!(made.success(), "initdb failed");
    // The server ends when our end of its input closes.
    let serve = format!(
        "{} -D {} -p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=400 >{}/log 2>&1 & server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf {}",
        program("postgres").display(),
        data.display(),
        folder.display(),
        folder.display(),
        data.display(),
    );
    let mut server = unprivileged(&serve).stdin(Stdio::piped()).spawn().unwrap();
    // Kept open for the life of the process.
    std::mem::forget(server.stdin.take());
    wait_for(port, &folder);
    port
}

fn wait_for(port: u16, folder: &Path) {
    for _ in 0..300 {
        let ready =
            Command::new(program("pg_isready")).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-q"]).status();
        if ready.is_ok_and(|status| status.success()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
    panic!("PostgreSQL did not start: {log}");
}

/// A shell command under a user that PostgreSQL accepts: it refuses root.
fn unprivileged(command: &str) -> Command {
    let root = std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0).unwrap_or(false);
    if root {
        let mut run = Command::new("runuser");
        run.args(["-u", "nobody", "--", "sh", "-c", command]).current_dir("/tmp");
        run
    } else {
        let mut run = Command::new("sh");
        run.args(["-c", command]);
        run
    }
}

/// Debian keeps the server programs out of the path.
fn program(name: &str) -> PathBuf {
    let on_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let debian =
        std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    debian
        .chain(on_path)
        .map(|folder| folder.join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(name))
}
