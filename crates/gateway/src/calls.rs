//! What became of calls: a line for each in the access log, and counts by joiner, service and outcome.
//!
//! Lines are gathered and written by a task of its own, so that no call waits for a disk; when it is full, calls go on and the lines
//! that were lost are counted.

use crate::Now;
use crate::identity::Peer;
use crate::message::Wanted;
use crate::reports::Reports;
use crate::trace::Trace;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often lines are written.
const WRITING: Duration = Duration::from_millis(100);
/// Most bytes of lines that wait to be written.
const MOST_WAITING: usize = 8 * 1024 * 1024;
/// Most joiners counted apart; those beyond are counted together.
const MOST_JOINERS: usize = 20_000;

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// The backend answered, with this status.
    Passed(u16),
    /// It was refused.
    Refused(RefusalCode),
    /// The answer was cut off, or the peer did not take it.
    CutOff,
}

/// A call that has ended.
pub(crate) struct Call<'a> {
    pub(crate) begun: Moment,
    pub(crate) decision: &'a str,
    /// Its place in a trace; nothing of a request that could not be read.
    pub(crate) trace: Option<&'a Trace>,
    pub(crate) peer: &'a Peer,
    pub(crate) wanted: Option<&'a Wanted>,
    /// The joiner found for the organisation that it named.
    pub(crate) joiner: Option<&'a Oid>,
    /// The system that it came from, or that its right names.
    pub(crate) system: Option<&'a str>,
    /// The directory version that was held.
    pub(crate) version: Option<u64>,
    pub(crate) outcome: Outcome,
    /// What of the call was refused.
    pub(crate) place: &'a str,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// What the backend said of it to the gateway alone.
    pub(crate) of_it: &'a (bool, Vec<RefusalCode>),
}

impl Call<'_> {
    /// The joiner, or the organisation that was named where none was found for it.
    fn named(&self) -> Option<&Oid> {
        self.joiner.or(self.wanted.map(|wanted| &wanted.represented))
    }
}

/// Counts and the log.
pub(crate) struct Calls {
    file: Option<PathBuf>,
    waiting: Mutex<Lines>,
    lost: AtomicU64,
    counts: Mutex<AllCounts>,
    reports: Reports,
    pub(crate) handshakes_refused: AtomicU64,
    pub(crate) connections: AtomicU64,
    now: Now,
}

type Counts = BTreeMap<(Option<Service>, Outcome), Count>;

#[derive(Clone, Default)]
struct AllCounts {
    joiners: HashMap<Oid, Counts>,
    /// Of calls whose joiner is not known, or is one too many.
    others: Counts,
}

/// Lines that wait to be written.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    /// A second and its text, since many calls end in one.
    second: i64,
    text: String,
}

#[derive(Clone, Copy, Default)]
struct Count {
    calls: u64,
    micros: u64,
    bytes_in: u64,
    bytes_out: u64,
}

impl Calls {
    /// The log goes to this file, or to standard error; of so many calls that passed, one is told to the operator, who is told
    /// nothing where there is no number.
    pub(crate) fn new(file: Option<PathBuf>, report_one_in: Option<u32>, now: Now) -> Arc<Self> {
        Arc::new(Self {
            file,
            waiting: Mutex::default(),
            lost: AtomicU64::new(0),
            counts: Mutex::default(),
            reports: Reports::new(report_one_in),
            handshakes_refused: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            now,
        })
    }

    /// Counts a call and writes its line, which its end is told with.
    pub(crate) fn ended(&self, call: &Call<'_>) {
        let ended = (self.now)();
        let micros = u64::try_from(ended.as_micros() - call.begun.as_micros()).unwrap_or(0);
        self.count(call, micros);
        self.reports.add(call);
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.bytes.len() >= MOST_WAITING {
            self.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // Into memory: it does not fail.
        let _ = line(&mut waiting, call, ended, micros);
    }

    fn count(&self, call: &Call<'_>, micros: u64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let AllCounts { joiners, others } = &mut *counts;
        let of = match call.joiner {
            None => others,
            Some(joiner) => {
                if !joiners.contains_key(joiner) && joiners.len() < MOST_JOINERS {
                    joiners.insert(joiner.clone(), Counts::default());
                }
                joiners.get_mut(joiner).unwrap_or(others)
            }
        };
        let count = of.entry((call.wanted.map(|wanted| wanted.service), call.outcome)).or_default();
        count.calls += 1;
        count.micros += micros;
        count.bytes_in += call.bytes_in;
        count.bytes_out += call.bytes_out;
    }

    /// What the operator is to be told.
    pub(crate) const fn reports(&self) -> &Reports {
        &self.reports
    }

    /// Writes lines for ever.
    pub(crate) async fn write(self: Arc<Self>) {
        loop {
            tokio::time::sleep(WRITING).await;
            let calls = Arc::clone(&self);
            // A disk may hang: not on a thread that calls are served on.
            let _ = tokio::task::spawn_blocking(move || calls.flush()).await;
        }
    }

    /// Writes what waits.
    pub(crate) fn flush(&self) {
        let lines = std::mem::take(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner).bytes);
        if lines.is_empty() {
            return;
        }
        let written = match &self.file {
            Some(file) => append(file, &lines),
            None => std::io::stderr().lock().write_all(&lines),
        };
        if let Err(error) = written {
            let count = memchr::memchr_iter(b'\n', &lines).count() as u64;
            if self.lost.fetch_add(count, Ordering::Relaxed) == 0 {
                tracing::error!(%error, "lines of the access log are lost; calls go on");
            }
        }
    }

    /// All counts in the text form that Prometheus reads.
    pub(crate) fn text(&self) -> String {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut text = String::new();
        let mut family = |name: &str, value: &dyn Fn(&Count) -> f64| {
            let _ = writeln!(text, "# TYPE liitos_gateway_{name} counter");
            let joiners = counts.joiners.iter().map(|(joiner, of)| (joiner.as_str(), of));
            for (joiner, of) in joiners.chain([("", &counts.others)]) {
                for ((service, outcome), count) in of {
                    let service = service.map_or("", Service::code);
                    let outcome = outcome.text();
                    let labels = format!("joiner=\"{joiner}\",service=\"{service}\",outcome=\"{outcome}\"");
                    let _ = writeln!(text, "liitos_gateway_{name}{{{labels}}} {}", value(count));
                }
            }
        };
        family("calls_total", &|count| count.calls as f64);
        family("call_seconds_total", &|count| count.micros as f64 / 1e6);
        family("in_bytes_total", &|count| count.bytes_in as f64);
        family("out_bytes_total", &|count| count.bytes_out as f64);
        for (name, count) in [
            ("connections_total", &self.connections),
            ("handshakes_refused_total", &self.handshakes_refused),
            ("log_lines_lost_total", &self.lost),
            ("reports_forgotten_total", &self.reports.forgotten),
        ] {
            let _ = writeln!(
                text,
                "# TYPE liitos_gateway_{name} counter\nliitos_gateway_{name} {}",
                count.load(Ordering::Relaxed)
            );
        }
        text
    }
}

fn append(file: &Path, lines: &[u8]) -> std::io::Result<()> {
    // Opened anew each time: whoever turns logs over may take the file away.
    std::fs::OpenOptions::new().create(true).append(true).open(file)?.write_all(lines)
}

impl Outcome {
    fn text(self) -> String {
        match self {
            Self::Passed(status) => status.to_string(),
            Self::Refused(code) => code.to_string(),
            Self::CutOff => "cut-off".to_owned(),
        }
    }
}

/// One line of JSON. Nothing in it needs escaping but the place; a trace was looked at before.
fn line(lines: &mut Lines, call: &Call<'_>, ended: Moment, micros: u64) -> std::io::Result<()> {
    let Call { decision, bytes_in, bytes_out, place, .. } = call;
    let source = call.peer.source();
    if lines.second != ended.as_seconds() {
        lines.second = ended.as_seconds();
        lines.text = Moment::from_seconds(lines.second).to_string().trim_end_matches('Z').to_owned();
    }
    let (out, second, part) = (&mut lines.bytes, &lines.text, ended.as_micros().rem_euclid(1_000_000));
    write!(out, "{{\"at\":\"{second}.{part:06}Z\",\"decision\":\"{decision}\",\"source\":\"{source}\"")?;
    if let Some(point) = call.peer.named() {
        write!(out, ",\"access_point\":\"{point}\"")?;
    }
    if let Some(joiner) = call.named() {
        write!(out, ",\"joiner\":\"{joiner}\"")?;
    }
    if let Some(Wanted { service, envelope, .. }) = call.wanted {
        write!(out, ",\"service\":\"{service}\"")?;
        if let Some(envelope) = envelope {
            write!(out, ",\"message\":\"{}\"", envelope.message_id)?;
        }
    }
    if let Some(system) = call.system {
        out.extend_from_slice(b",\"system\":");
        serde_json::to_writer(&mut *out, system)?;
    }
    match call.outcome {
        Outcome::Passed(status) => write!(out, ",\"outcome\":\"passed\",\"status\":{status}")?,
        Outcome::Refused(code) => {
            write!(out, ",\"outcome\":\"refused\",\"code\":\"{code}\",\"place\":")?;
            serde_json::to_writer(&mut *out, place)?;
        }
        Outcome::CutOff => write!(out, ",\"outcome\":\"cut-off\"")?,
    }
    if let Some(trace) = call.trace {
        write!(out, ",\"trace\":\"{}\",\"span\":\"{}\"", trace.trace(), trace.span())?;
        if let Some(parent) = trace.parent() {
            write!(out, ",\"parent\":\"{parent}\"")?;
        }
    }
    writeln!(out, ",\"in\":{bytes_in},\"out\":{bytes_out},\"us\":{micros}}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::service_code::Operation;
    use liitos_pki::Certificate;

    fn peer() -> Peer {
        let der = include_bytes!("../../../samples/certificates/dvv-test-g3r-system-signature-vantaa-kerava.der");
        Peer::new(Certificate::parse(der).unwrap(), "192.0.2.1:1".parse().unwrap(), None, false)
    }

    fn wanted() -> Wanted {
        Wanted {
            purpose: None,
            tenant: None,
            token: None,
            claimed: None,
            service: Service::PatientData,
            operation: Operation::Read,
            represented: Oid::parse("1.2.246.10.1.10.0").unwrap(),
            envelope: None,
        }
    }

    static NOTHING: (bool, Vec<RefusalCode>) = (false, Vec::new());

    fn call<'a>(peer: &'a Peer, wanted: &'a Wanted, outcome: Outcome) -> Call<'a> {
        Call {
            begun: Moment::from_seconds(1),
            decision: "7QK3-88F2",
            trace: None,
            peer,
            wanted: Some(wanted),
            joiner: Some(&wanted.represented),
            system: None,
            version: Some(7),
            outcome,
            place: "right",
            bytes_in: 10,
            bytes_out: 20,
            of_it: &NOTHING,
        }
    }

    #[test]
    fn each_call_is_a_line_and_counted() {
        let file = std::env::temp_dir().join(format!("liitos-access-{}.log", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let calls = Calls::new(Some(file.clone()), None, Arc::new(|| Moment::from_seconds(3)));
        let (peer, wanted) = (peer(), wanted());
        calls.ended(&call(&peer, &wanted, Outcome::Passed(200)));
        calls.ended(&call(&peer, &wanted, Outcome::Passed(200)));
        calls.ended(&call(&peer, &wanted, Outcome::Refused(RefusalCode::NoRight)));
        calls.flush();
        let trace = Trace::below(Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), [7; 24]);
        calls.ended(&Call { trace: Some(&trace), ..call(&peer, &wanted, Outcome::CutOff) });
        calls.flush();
        let lines = std::fs::read_to_string(&file).unwrap();
        let lines: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 4);
        assert_eq!((&lines[2]["code"], &lines[2]["place"]), (&"L-213".into(), &"right".into()));
        assert_eq!((&lines[0]["us"], &lines[3]["outcome"]), (&2_000_000.into(), &"cut-off".into()));
        let traced = ["trace", "span", "parent"].map(|field| lines[3][field].as_str().unwrap());
        assert_eq!(traced, ["4bf92f3577b34da6a3ce929d0e0e4736", "0707070707070707", "00f067aa0ba902b7"]);
        let text = calls.text();
        let labels = "joiner=\"1.2.246.10.1.10.0\",service=\"patient-data\"";
        assert!(text.contains(&format!("liitos_gateway_calls_total{{{labels},outcome=\"200\"}} 2\n")), "{text}");
        assert!(text.contains(&format!("liitos_gateway_calls_total{{{labels},outcome=\"L-213\"}} 1\n")), "{text}");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn a_full_disk_stops_no_call() {
        let calls = Calls::new(Some("/dev/full".into()), None, Arc::new(|| Moment::from_seconds(3)));
        let (peer, wanted) = (peer(), wanted());
        for _ in 0..3 {
            calls.ended(&call(&peer, &wanted, Outcome::Passed(200)));
        }
        calls.flush();
        assert!(calls.text().contains("log_lines_lost_total 3"), "{}", calls.text());
    }
}
