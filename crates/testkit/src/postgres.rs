//! A temporary PostgreSQL cluster, shared by a test binary, with a database of its own for each test.
//!
//! The server hangs on this process: when the process ends, for whatever reason, so does the server.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
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

/// Writes a database as `pg_dump` has it.
///
/// # Panics
/// When it cannot be written.
pub fn dump(address: &str, into: &Path) {
    let output = Command::new(program("pg_dump")).arg("--file").arg(into).arg(address).output().expect("pg_dump");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The address of a new database with what a dump holds.
///
/// # Panics
/// When it does not hold together.
#[must_use]
pub fn restored(dumped: &Path) -> String {
    let address = postgres_address();
    let mut program = Command::new(program("psql"));
    program.args(["-q", "-v", "ON_ERROR_STOP=1", "-d", &address, "-f"]).arg(dumped);
    let output = program.output().expect("psql");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    address
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
    let folder = new_folder("postgres");
    let port = free_port();
    let mut server = serve(&folder, port, "rm -rf data");
    // Kept open for the life of the process.
    std::mem::forget(server.stdin.take());
    wait_for(port, &folder);
    port
}

/// A test's own cluster, which may be stopped without a word and started again.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
    server: Child,
}

impl Cluster {
    /// A new one.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start() -> Self {
        let (folder, port) = (new_folder("own-postgres"), free_port());
        let server = serve(&folder, port, ":");
        wait_for(port, &folder);
        run(port, "CREATE DATABASE own");
        Self { folder, port, server }
    }

    /// Where its database is.
    #[must_use]
    pub fn address(&self) -> String {
        format!("postgres://liitos@127.0.0.1:{}/own", self.port)
    }

    /// Stops it as a crash does: without a checkpoint.
    ///
    /// # Panics
    /// When it does not end.
    pub fn crash(&mut self) {
        drop(self.server.stdin.take());
        assert!(self.server.wait().is_ok());
    }

    /// Starts it again on what it has.
    ///
    /// # Panics
    /// When it does not start.
    pub fn again(&mut self) {
        self.server = serve(&self.folder, self.port, ":");
        wait_for(self.port, &self.folder);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.server.stdin.take());
        let _ = self.server.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder in which the server's user may write, with an empty cluster in it.
fn new_folder(name: &str) -> PathBuf {
    let folder = crate::own_path(name);
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
    folder
}

/// A server that ends at once when our end of its input closes; what is done in its folder afterwards.
fn serve(folder: &Path, port: u16, afterwards: &str) -> Child {
    let serve = format!(
        "cd {1}; {0} -D {1}/data -p {port} -k {1} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=400 >>{1}/log 2>&1 & server=$!; cat >/dev/null; kill -QUIT $server; wait $server; {afterwards}",
        program("postgres").display(),
        folder.display(),
    );
    unprivileged(&serve).stdin(Stdio::piped()).spawn().unwrap()
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

/// What is asked once the server is there again: a connection of before may be found broken some times first.
///
/// # Errors
/// What it failed with last.
pub async fn connected_again<T, E>(ask: impl AsyncFn() -> Result<T, E>) -> Result<T, E> {
    for _ in 0..20 {
        if let Ok(told) = ask().await {
            return Ok(told);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    ask().await
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
