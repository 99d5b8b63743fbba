//! The proxies that are measured, each a process of its own on the first core; backend and callers are on the second.

use liitos_domain::Moment;
use liitos_domain::directory::SnapshotContent;
use liitos_domain::directory::reference::made_up;
use liitos_domain::identifier::CertificateSerial;
use liitos_pki::authority::{Authority, Issued, KeyKind, Profile};
use liitos_pki::seal::SealingKey;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Rights in the directory that our door decides by.
const RIGHTS: u64 = 100_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxy {
    /// nginx with files, and the same over TLS.
    Backend,
    Liitos,
    Haproxy,
    Nginx,
    Collect,
    HaproxyPassing,
    NginxPassing,
}

impl Proxy {
    pub(super) const DECIDING: &[Self] = &[Self::Liitos, Self::Haproxy, Self::Nginx];
    pub(super) const PASSING: &[Self] = &[Self::Collect, Self::HaproxyPassing, Self::NginxPassing];

    const fn port(self) -> u16 {
        match self {
            Self::Backend => 9000,
            Self::Liitos => 8472,
            Self::Haproxy => 8462,
            Self::Nginx => 8452,
            Self::Collect => 8473,
            Self::HaproxyPassing => 8463,
            Self::NginxPassing => 8453,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Backend => "backend",
            Self::Liitos | Self::Collect => "liitos",
            Self::Haproxy | Self::HaproxyPassing => "haproxy",
            Self::Nginx | Self::NginxPassing => "nginx",
        }
    }
}

/// Certificates, lists, files and configurations, the same for all.
pub(super) struct Ground {
    folder: PathBuf,
    pub(super) caller: Issued,
    /// DER.
    pub(super) issuer: Vec<u8>,
    pub(super) joiner: String,
    pub(super) message: Vec<u8>,
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

impl Ground {
    /// Makes everything anew below `folder`.
    pub(super) fn lay(folder: &Path, key: &str, revoked: u32) -> Result<Self, String> {
        let _ = std::fs::remove_dir_all(folder);
        for below in ["pki", "nginx", "www/fhir/Binary"] {
            std::fs::create_dir_all(folder.join(below)).map_err(text)?;
        }
        let now = Moment::from_micros(crate::cli::bench::micros());
        let key = match key {
            "rsa3072" => KeyKind::Rsa3072,
            "rsa4096" => KeyKind::Rsa4096,
            _ => KeyKind::P256,
        };
        let content = SnapshotContent { issued_at: now, ..made_up::large(&mut made_up::Seeded::new(1), RIGHTS) };
        let right = content.rights.iter().find(|right| right.service == liitos_domain::Service::PatientData);
        let right = right.ok_or("no right")?;
        let (joiner, point) = (right.joiner.to_string(), right.access_point.to_string());
        let authority = Authority::create("Bench CA", now).map_err(text)?;
        let issue = |serial: &str, name: &str| {
            authority.issue(&Profile { key, ..Profile::server(serial, name) }, now).map_err(text)
        };
        let (server, caller) = (issue("1.2.246.537.6.918.18.1.13.1", "gw.test")?, issue(&point, "caller.test")?);
        let serial = |number: u32| CertificateSerial::from_der_integer(&[&[1], &number.to_be_bytes()[..]].concat());
        let serials = (0..revoked).map(serial).collect::<Result<Vec<_>, _>>().map_err(text)?;
        let list = authority.revocation_list(&serials, now).map_err(text)?;
        let pki = folder.join("pki");
        let write = |name: &str, bytes: &[u8]| std::fs::write(pki.join(name), bytes).map_err(text);
        write("server.pem", server.certificate_pem.as_bytes())?;
        write("server.key", server.key_pem.as_bytes())?;
        write("server.bundle.pem", format!("{}{}", server.certificate_pem, server.key_pem).as_bytes())?;
        write("ca-bundle.pem", authority.certificate_pem().as_bytes())?;
        write("crl.der", &list)?;
        write("crls.pem", pem("X509 CRL", &list).as_bytes())?;
        let seal = SealingKey::from_seed(&[7; 32]).map_err(text)?;
        write("snapshot.sealed", &seal.seal(&serde_json::to_vec(&content).map_err(text)?))?;
        let answers = folder.join("www/fhir/Binary");
        std::fs::write(answers.join(super::SMALL), [b'a'; 200]).map_err(text)?;
        std::fs::write(answers.join(super::LARGE), vec![b'a'; 1024 * 1024]).map_err(text)?;
        // As large as it says, and nothing in it: no disk is filled.
        let huge = std::fs::File::create(answers.join(super::HUGE)).map_err(text)?;
        huge.set_len(super::HUGE_BYTES).map_err(text)?;
        let public: String = seal.verifier().public().iter().map(|byte| format!("{byte:02x}")).collect();
        let ground = Self {
            folder: folder.to_owned(),
            caller,
            issuer: authority.certificate().der.clone(),
            message: message(&joiner, &point),
            joiner,
        };
        ground.configure(&public)?;
        Ok(ground)
    }

    fn configure(&self, seal: &str) -> Result<(), String> {
        let at = self.folder.display().to_string();
        for (name, text) in [
            ("haproxy.cfg", include_str!("../../../../../../benches/peers/proxies/haproxy.cfg")),
            ("nginx-backend.conf", include_str!("../../../../../../benches/peers/proxies/nginx-backend.conf")),
            ("nginx-mtls.conf", include_str!("../../../../../../benches/peers/proxies/nginx-mtls.conf")),
        ] {
            let here = text.replace("@DIR@", &at).replace("daemon on", "daemon off");
            std::fs::write(self.folder.join(name), here).map_err(|error| error.to_string())?;
        }
        let door = format!(
            "listen = \"127.0.0.1:{}\"\ncertificate = \"pki/server.pem\"\nkey = \"pki/server.key\"\n\
             access_point_issuers = \"pki/ca-bundle.pem\"\nrevocation_lists = [\"pki/crl.der\"]\n\
             backend = \"http://127.0.0.1:{}\"\nseal_public_key = \"{seal}\"\nsnapshot_file = \"pki/snapshot.sealed\"\n\
             check_source_address = false\naccess_log = \"access.log\"\nstatus = \"127.0.0.1:8474\"\nthreads = 1\n[limits]\nconnections = 12000\nrest_seconds = 600\n\
             connections_per_address = 12000\nconnections_per_certificate = 12000\n[limits.joiner]\ncalls = 20000\nper_second = 20000\nburst = 40000\n",
            Proxy::Liitos.port(),
            Proxy::Backend.port(),
        );
        std::fs::write(self.folder.join("gateway.toml"), door).map_err(text)?;
        let collect = format!(
            "[[listener]]\nname = \"all\"\naddress = \"127.0.0.1:{}\"\n[[route]]\nname = \"gw\"\nserver_names = [\"gw.test\"]\n\
             [[route.target]]\naddress = \"127.0.0.1:9443\"\n[limits]\nconnections_per_address = 10000\n",
            Proxy::Collect.port()
        );
        std::fs::write(self.folder.join("collect.toml"), collect).map_err(text)
    }

    /// Starts one and waits until it answers.
    pub(super) fn start(&self, proxy: Proxy) -> Result<Started, String> {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let beside = |name: &str| -> Result<String, String> {
            let own = std::env::current_exe().map_err(text)?;
            Ok(own.with_file_name(name).display().to_string())
        };
        let (core, program, arguments): (_, String, Vec<String>) = match proxy {
            Proxy::Backend => ("1", "nginx".into(), vec!["-c".into(), file("nginx-backend.conf")]),
            Proxy::Nginx | Proxy::NginxPassing => ("0", "nginx".into(), vec!["-c".into(), file("nginx-mtls.conf")]),
            Proxy::Haproxy | Proxy::HaproxyPassing => {
                ("0", "haproxy".into(), vec!["-db".into(), "-f".into(), file("haproxy.cfg")])
            }
            Proxy::Liitos => ("0", beside("liitos-gateway")?, vec!["--config".into(), file("gateway.toml")]),
            Proxy::Collect => ("0", beside("liitos")?, vec!["collect".into(), "--config".into(), file("collect.toml")]),
        };
        let log =
            std::fs::File::create(self.folder.join(format!("{}-{}.log", proxy.name(), proxy.port()))).map_err(text)?;
        let child = Command::new("taskset")
            .args(["-c", core, &program])
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let started = Started { proxy, child };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", proxy.port())).is_ok() {
                return Ok(started);
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        Err(format!("{program} does not listen on port {}; is it installed?", proxy.port()))
    }
}

/// A proxy that runs until this is dropped.
pub(super) struct Started {
    proxy: Proxy,
    child: Child,
}

impl Started {
    pub(super) const fn port(&self) -> u16 {
        self.proxy.port()
    }

    pub(super) const fn name(&self) -> &'static str {
        self.proxy.name()
    }

    /// Processor time of its processes and threads that run.
    pub(super) fn cpu(&self) -> Duration {
        Duration::from_nanos(
            self.processes().iter().flat_map(|process| threads(*process)).map(|task| spent(&task)).sum(),
        )
    }

    /// Resident memory of its processes.
    pub(super) fn memory_mb(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that it ever was.
    pub(super) fn peak_mb(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, which: &str) -> u64 {
        let of = |process: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix(which));
            line.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
        };
        self.processes().iter().map(of).sum::<u64>() / 1024
    }

    fn processes(&self) -> Vec<u32> {
        let own = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        std::iter::once(own).chain(children.split_whitespace().filter_map(|id| id.parse().ok())).collect()
    }
}

fn threads(process: u32) -> Vec<PathBuf> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten();
    tasks.filter_map(|task| Some(task.ok()?.path())).collect()
}

/// Nanoseconds on a processor (the first figure of schedstat).
fn spent(task: &Path) -> u64 {
    let told = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    told.split_whitespace().next().and_then(|figure| figure.parse().ok()).unwrap_or(0)
}

impl Drop for Started {
    fn drop(&mut self) {
        // A worker's master is told first, so that it starts no other.
        for process in self.processes() {
            let _ = Command::new("kill").arg(process.to_string()).status();
        }
        let _ = self.child.wait();
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
    }
    let _ = writeln!(pem, "-----END {label}-----");
    pem
}

/// The real message, sent by the caller's device in the joiner's name, as a whole request.
fn message(joiner: &str, point: &str) -> Vec<u8> {
    let body = crate::made::MESSAGE
        .replace("\"1.2.246.537.10.15675350.10.0.13.2.1\"", &format!("\"{point}.2.1\""))
        .replace("\"1.2.246.537.10.15675350.10.0\"", &format!("\"{joiner}\""));
    let length = body.len();
    format!(
        "POST /hl7 HTTP/1.1\r\nHost: gw.test\r\nContent-Type: application/hl7-v3+xml\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
