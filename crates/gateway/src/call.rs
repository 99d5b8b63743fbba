//! One call: who asks for what, whether it may, and then the backend's answer, all as it comes.

use crate::backend::{Taken, answer, only_interim};
use crate::calls::{Call, Outcome, trace_id};
use crate::door::Door;
use crate::fairness::Running;
use crate::http1::{Body, Framing, Method, RequestHead, ResponseHead, Wire, WireError, within};
use crate::identity::Peer;
use crate::message::{Message, Wanted, told};
use crate::refusal::Refusal;
use liitos_documents::envelope::looks_like_soap;
use liitos_domain::directory::Decision;
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use std::io::Write as _;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// A message of the largest size on a slow link takes this long at most, the backend's work included.
const BACKEND_PATIENCE: Duration = Duration::from_secs(120);
/// How long is waited for what a backend said before it hung up.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Bytes a second of which a body that takes long must come.
const SLOWEST: u64 = 16 * 1024;
/// How often a call that runs is decided on again.
const PULSE: Duration = Duration::from_millis(200);
/// Answers up to so many bytes are not cut off: they are there before anybody could change anything.
const SMALL_ANSWER: u64 = 64 * 1024;

/// So much of an answer goes out in smaller pieces.
const FIRST: u64 = 256 * 1024;
const FIRST_PIECES: usize = 16 * 1024;

/// One call on its way.
struct Run<'a> {
    door: &'a Door,
    peer: &'a Peer,
    head: &'a RequestHead<'a>,
    id: String,
    wanted: Option<Wanted>,
    joiner: Option<Oid>,
    /// Its place among its joiner's calls: free again before the caller has the whole answer, and may call again.
    running: Option<Running>,
    /// When it was last decided on.
    decided: Moment,
    bytes_in: u64,
    bytes_out: u64,
}

/// How a call ended that was sent on.
enum Ended {
    /// The answer went out whole; whether the connection can carry another call.
    Whole { status: u16, keep: bool },
    /// Before any of an answer went out.
    Refused(Finding),
    /// In the middle of the answer.
    CutOff,
}

/// Serves one call; whether the connection can carry another.
pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    door: &Door,
    peer: &Peer,
    head: &RequestHead<'_>,
    wire: &mut Wire<S>,
) -> bool {
    let begun = door.now();
    let mut run = Run {
        door,
        peer,
        head,
        id: door.new_decision_id(),
        wanted: None,
        joiner: None,
        running: None,
        decided: begun,
        bytes_in: 0,
        bytes_out: 0,
    };
    let silence = door.limits().silence();
    let mut message = Message::new(wire, head.framing, silence, head.expects_continue);
    let ended = match run.pass(&mut message).await {
        Ok(decision) => run.forward(&mut message, &decision).await,
        Err(finding) => Ended::Refused(finding),
    };
    run.running = None;
    let (outcome, place, keep) = match ended {
        Ended::Whole { status, keep } => (Outcome::Passed(status), String::new(), keep),
        Ended::CutOff => (Outcome::CutOff, String::new(), false),
        Ended::Refused(finding) => {
            let keep = run.refuse(&finding, &mut message).await;
            (Outcome::Refused(finding.code), finding.place, keep)
        }
    };
    door.calls().ended(&Call {
        begun,
        decision: &run.id,
        trace: head.field("traceparent").and_then(trace_id),
        peer,
        wanted: run.wanted.as_ref(),
        joiner: run.joiner.as_ref(),
        version: door.version(),
        outcome,
        place: &place,
        bytes_in: run.bytes_in,
        bytes_out: run.bytes_out,
    });
    keep && message.body.ended() && !peer.crowded()
}

/// Answers a request whose head cannot be read.
pub(crate) async fn not_http<S: AsyncRead + AsyncWrite + Unpin>(
    door: &Door,
    peer: &Peer,
    error: WireError,
    wire: &mut Wire<S>,
) {
    let finding = match error {
        WireError::Malformed(_) | WireError::HeadTooLarge => told(error),
        _ => Finding::new(RefusalCode::TooSlow, "request head"),
    };
    let (id, begun) = (door.new_decision_id(), door.now());
    let refusal = Refusal {
        finding: &finding,
        decision_id: &id,
        hl7: false,
        envelope: None,
        soap: false,
        at: begun,
        close: true,
    };
    let text = refusal.response();
    if wire.send(text.as_bytes(), door.limits().silence()).await.is_ok() {
        wire.discard().await;
    }
    door.calls().ended(&Call {
        begun,
        decision: &id,
        trace: None,
        peer,
        wanted: None,
        joiner: None,
        version: door.version(),
        outcome: Outcome::Refused(finding.code),
        place: &finding.place,
        bytes_in: 0,
        bytes_out: text.len() as u64,
    });
}

impl Run<'_> {
    /// Identity, wish, decision; what is wanted is kept for the answer even when it is refused.
    async fn pass<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        message: &mut Message<'_, S>,
    ) -> Result<Decision, Finding> {
        let point = self.peer.access_point()?;
        if matches!(self.head.framing, Framing::Length(length) if length > self.door.limits().message_bytes) {
            return Err(Finding::new(RefusalCode::MessageTooLarge, "Content-Length"));
        }
        let asked = match (self.head.method, self.head.path()) {
            (Method::Post, "/hl7") => message.wanted(point).await?,
            (Method::Get, _) if is_document(self.head.target) => read_wish(self.head)?,
            _ => return Err(Finding::new(RefusalCode::NotServed, "method and path")),
        };
        let now = self.door.now();
        let decision = self.door.decide(self.peer, self.wanted.insert(asked), now)?;
        self.decided = now;
        // Units call in their joiner's name, and tenants in their host's: they share what it may take.
        self.joiner.clone_from(&decision.joiner);
        let joiner = self.joiner.as_ref().ok_or_else(|| Finding::new(RefusalCode::JoinerUnknown, "joiner"))?;
        self.running = Some(self.door.fairness().begin(joiner, decision.throttled, now)?);
        Ok(decision)
    }

    /// Whether a call that runs is still permitted: decided on again as often as the pulse beats.
    fn still(&mut self) -> Result<(), Finding> {
        let now = self.door.now();
        if now.as_micros().abs_diff(self.decided.as_micros()) < PULSE.as_micros() as u64 {
            return Ok(());
        }
        self.decided = now;
        match &self.wanted {
            Some(wanted) => self.door.decide(self.peer, wanted, now).map(drop),
            None => Ok(()),
        }
    }

    /// Sends the call on and its answer back.
    async fn forward<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        message: &mut Message<'_, S>,
        decision: &Decision,
    ) -> Ended {
        let unreachable = || Finding::new(RefusalCode::BackendUnavailable, "backend");
        // What has no body may be asked twice: a connection that rested may have ended unseen (RFC 9110 9.2.2).
        let again = self.head.method == Method::Get;
        let mut head = Vec::new();
        for attempt in 0..2 {
            let mut taken = match self.door.backend().take(attempt > 0, self.decided).await {
                Ok(taken) => taken,
                Err(error) => {
                    tracing::error!(decision = self.id, %error, "no backend is reached");
                    return Ended::Refused(unreachable());
                }
            };
            let sent = self.send_on(&mut taken, message, decision).await;
            // What the backend was not sent it may still be waiting for: only a whole request leaves its connection usable.
            let whole = again || message.body.ended();
            let answered = match sent {
                Ok(()) => answer(&mut taken.wire, &mut head, BACKEND_PATIENCE).await,
                // It may have said why before it hung up.
                Err(Broken::Backend(error)) => answer(&mut taken.wire, &mut head, LAST_WORDS).await.map_err(|_| error),
                Err(Broken::Refused(finding)) => return Ended::Refused(finding),
            };
            match answered {
                Ok(answer) => {
                    // What was slow to come may have been closed meanwhile.
                    if let Some(Err(finding)) = again.then(|| self.still()) {
                        return Ended::Refused(finding);
                    }
                    let keep = self.give_back(message, &mut taken, &answer).await;
                    if answer.keep_alive && whole && matches!(keep, Ended::Whole { .. }) {
                        self.door.backend().keep(taken);
                    }
                    return keep;
                }
                Err(WireError::Ended | WireError::Io(_)) if again && taken.used && attempt == 0 => {}
                Err(error) => {
                    tracing::error!(decision = self.id, %error, "the backend does not answer");
                    // Whether a message that was sent whole was taken, only the backend knows.
                    let unknown = whole && !again;
                    return Ended::Refused(if unknown {
                        Finding::new(RefusalCode::AnswerUnknown, "backend")
                    } else {
                        unreachable()
                    });
                }
            }
        }
        Ended::Refused(unreachable())
    }

    /// Sends head and body to the backend, until they are sent or it answers before.
    async fn send_on<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        taken: &mut Taken<'_>,
        message: &mut Message<'_, S>,
        decision: &Decision,
    ) -> Result<(), Broken> {
        let silence = self.door.limits().silence();
        let reading = self.head.method == Method::Get;
        let mut out = self.request(taken.authority(), decision);
        if !reading {
            let chunked = self.head.framing == Framing::Chunked;
            self.bytes_in += message.first.len() as u64;
            put(&mut out, &message.first, chunked);
            if chunked && message.body.ended() {
                out.extend_from_slice(b"0\r\n\r\n");
            }
        }
        taken.wire.send(&out, silence).await.map_err(Broken::Backend)?;
        if reading || message.body.ended() {
            return Ok(());
        }
        self.stream(taken, message, &mut out).await
    }

    /// The rest of a body as it comes.
    async fn stream<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        taken: &mut Taken<'_>,
        message: &mut Message<'_, S>,
        out: &mut Vec<u8>,
    ) -> Result<(), Broken> {
        let silence = self.door.limits().silence();
        let chunked = self.head.framing == Framing::Chunked;
        let mut waited = Duration::ZERO;
        let begun = self.door.now();
        message.ask().await?;
        loop {
            self.still()?;
            if drips(self.decided.as_micros() - begun.as_micros(), self.bytes_in) {
                return Err(Finding::new(RefusalCode::TooSlow, "request body").into());
            }
            let length = message.wire.content(&mut message.body).map_err(told)?;
            if length > 0 {
                waited = Duration::ZERO;
                self.bytes_in += length as u64;
                let piece = message.wire.at_hand().get(..length).unwrap_or_default();
                let sent = if self.bytes_in > self.door.limits().message_bytes {
                    Err(Finding::new(RefusalCode::MessageTooLarge, "request body").into())
                } else if chunked {
                    out.clear();
                    put(out, piece, true);
                    taken.wire.send(out, silence).await.map_err(Broken::Backend)
                } else {
                    taken.wire.send(piece, silence).await.map_err(Broken::Backend)
                };
                // Used up whatever became of it: what is left at hand must be what the body has left.
                message.wire.use_up(length);
                sent?;
                continue;
            }
            if message.body.ended() {
                let end: &[u8] = if chunked { b"0\r\n\r\n" } else { b"" };
                return taken.wire.send(end, silence).await.map_err(Broken::Backend);
            }
            let wanted = message.body.wanted();
            tokio::select! {
                biased;
                came = message.wire.fill(wanted) => match came {
                    Ok(true) => {}
                    _ => return Err(Finding::new(RefusalCode::TooSlow, "request body").into()),
                },
                // An answer before the end: the backend wants no more of it.
                came = taken.wire.fill(0) => match came {
                    Ok(true) if only_interim(&mut taken.wire) => {}
                    Ok(true) => return Ok(()),
                    Ok(false) => return Err(Broken::Backend(WireError::Ended)),
                    Err(error) => return Err(Broken::Backend(error.into())),
                },
                () = tokio::time::sleep(PULSE.min(silence)) => {
                    waited += PULSE.min(silence);
                    if waited >= silence {
                        return Err(Finding::new(RefusalCode::TooSlow, "request body").into());
                    }
                }
            }
        }
    }

    /// The request's head, built anew: nothing that came in under the facts' names goes through.
    fn request(&self, authority: &str, decision: &Decision) -> Vec<u8> {
        let mut out = Vec::with_capacity(4096);
        let method = if self.head.method == Method::Get { "GET" } else { "POST" };
        let represented = self.wanted.as_ref().map_or("", |wanted| wanted.represented.as_str());
        let plain = |system: &&str| system.bytes().all(|byte| byte.is_ascii_graphic());
        let system = decision.system.as_deref().filter(plain).unwrap_or_default();
        let mut put = |parts: &[&str]| parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
        put(&[method, " ", self.head.target, " HTTP/1.1\r\nhost: ", authority, "\r\n", self.peer.fields()]);
        put(&[
            "liitos-represented: ",
            represented,
            "\r\nliitos-decision: ",
            &self.id,
            "\r\nliitos-system: ",
            system,
            "\r\n",
        ]);
        for name in ["accept", "content-type", "traceparent"] {
            if let Some(value) = self.head.field(name) {
                put(&[name, ": ", value, "\r\n"]);
            }
        }
        match self.head.framing {
            _ if self.head.method == Method::Get => {}
            Framing::Length(length) => drop(write!(out, "content-length: {length}\r\n")),
            Framing::Chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
            Framing::None | Framing::UntilEnd => out.extend_from_slice(b"content-length: 0\r\n"),
        }
        out.extend_from_slice(b"\r\n");
        out
    }

    /// Sends the backend's answer to the caller.
    async fn give_back<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        message: &mut Message<'_, S>,
        taken: &mut Taken<'_>,
        answer: &ResponseHead<'_>,
    ) -> Ended {
        let silence = self.door.limits().silence();
        // What was not taken of the body must not be read as the next request.
        let keep = self.head.keep_alive && !self.door.stopping() && message.bearable();
        let chunked = self.head.newest && matches!(answer.framing, Framing::Chunked | Framing::UntilEnd);
        let keep = keep && (chunked || !matches!(answer.framing, Framing::Chunked | Framing::UntilEnd));
        let watched = !matches!(answer.framing, Framing::None | Framing::Length(..=SMALL_ANSWER));
        let mut out = response(answer, chunked, keep);
        let mut body = Body::new(answer.framing);
        loop {
            let Ok(length) = taken.wire.content(&mut body) else {
                return self.cut("the backend's answer is malformed");
            };
            put(&mut out, taken.wire.at_hand().get(..length).unwrap_or_default(), chunked);
            taken.wire.use_up(length);
            // More of it may stand at hand; a large piece goes out first.
            if length > 0 && out.len() < FIRST_PIECES && !body.ended() && !taken.wire.at_hand().is_empty() {
                continue;
            }
            let ended = body.ended();
            if ended {
                self.running = None;
            }
            if ended && chunked {
                out.extend_from_slice(b"0\r\n\r\n");
            }
            if !out.is_empty() {
                self.bytes_out += out.len() as u64;
                if message.wire.send(&out, silence).await.is_err() {
                    return self.cut("the caller does not take the answer");
                }
                out.clear();
            }
            if ended {
                // Who still sends would lose the answer with the connection.
                message.drain().await;
                return Ended::Whole { status: answer.status, keep };
            }
            match self.more(taken, &body, watched).await {
                Ok(true) => {}
                Ok(false) if body.may_end() && chunked => body = Body::new(Framing::None),
                Ok(false) if body.may_end() => return Ended::Whole { status: answer.status, keep: false },
                Ok(false) => return self.cut("the backend ended in the middle"),
                Err(why) => return self.cut(&why),
            }
        }
    }

    /// More of the answer; a large one is not waited for when the call is not permitted any more.
    async fn more(&mut self, taken: &mut Taken<'_>, body: &Body, watched: bool) -> Result<bool, String> {
        let mut waited = Duration::ZERO;
        while waited < BACKEND_PATIENCE {
            if watched {
                self.still().map_err(|finding| finding.to_string())?;
            }
            // A peer whose window is small yet stalls on large pieces.
            let most = if self.bytes_out < FIRST { FIRST_PIECES } else { usize::MAX };
            match within(PULSE, taken.wire.fill(body.wanted().min(most))).await {
                Some(came) => return came.map_err(|error| error.to_string()),
                None => waited += PULSE,
            }
        }
        Err("the backend fell silent".to_owned())
    }

    fn cut(&self, why: &str) -> Ended {
        tracing::info!(decision = self.id, why, "the answer was cut off");
        Ended::CutOff
    }

    /// Answers with a refusal at once, then reads a bounded rest; whether the connection can carry another call.
    async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        finding: &Finding,
        message: &mut Message<'_, S>,
    ) -> bool {
        let keep = self.head.keep_alive && !self.door.stopping() && message.bearable();
        let refusal = Refusal {
            finding,
            decision_id: &self.id,
            hl7: self.head.path() == "/hl7",
            envelope: self.wanted.as_ref().and_then(|wanted| wanted.envelope.as_ref()),
            soap: looks_like_soap(&message.first),
            at: self.door.now(),
            close: !keep,
        };
        let text = refusal.response();
        self.bytes_out += text.len() as u64;
        if message.wire.send(text.as_bytes(), self.door.limits().silence()).await.is_err() {
            return false;
        }
        message.drain().await && keep
    }
}

/// Whether a body comes so slowly that it only keeps its place, after so many microseconds.
fn drips(micros: i64, bytes: u64) -> bool {
    let seconds = u64::try_from(micros / 1_000_000).unwrap_or(0);
    seconds > BACKEND_PATIENCE.as_secs() && bytes < seconds * SLOWEST
}

/// Whether a target is one document's, and nothing that a backend could read as another path.
fn is_document(target: &str) -> bool {
    let id = target.strip_prefix("/fhir/Binary/").unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
    !id.is_empty() && id.bytes().all(plain) && !id.bytes().all(|byte| byte == b'.')
}

/// What ended a call before its answer.
enum Broken {
    /// The caller's doing, or it is not permitted any more.
    Refused(Finding),
    Backend(WireError),
}

impl From<Finding> for Broken {
    fn from(finding: Finding) -> Self {
        Self::Refused(finding)
    }
}

/// Puts a piece of a body, as a chunk where it is chunked.
fn put(out: &mut Vec<u8>, piece: &[u8], chunked: bool) {
    if piece.is_empty() {
        return;
    }
    if chunked {
        let _ = write!(out, "{:x}\r\n", piece.len());
    }
    out.extend_from_slice(piece);
    if chunked {
        out.extend_from_slice(b"\r\n");
    }
}

/// The answer's head for the caller.
fn response(answer: &ResponseHead<'_>, chunked: bool, keep: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    let status = http::StatusCode::from_u16(answer.status);
    let reason = status.ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let _ = write!(out, "HTTP/1.1 {} {reason}\r\n", answer.status);
    for (name, value) in answer.passed_on() {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value);
        out.extend_from_slice(b"\r\n");
    }
    match answer.framing {
        Framing::Length(length) => drop(write!(out, "content-length: {length}\r\n")),
        _ if chunked => out.extend_from_slice(b"transfer-encoding: chunked\r\n"),
        _ => {}
    }
    if !keep {
        out.extend_from_slice(b"connection: close\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out
}

/// Who reads: until the Kanta token's form is known, the subscriber is named in a header of its own (assumed).
fn read_wish(head: &RequestHead<'_>) -> Result<Wanted, Finding> {
    let text = head.field("service-subscriber").unwrap_or_default();
    let represented =
        Oid::parse(text).map_err(|_| Finding::new(RefusalCode::FieldMissing, "Service-Subscriber header"))?;
    Ok(Wanted { service: Service::PatientData, operation: Operation::Read, represented, envelope: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_documents_path_is_nothing_else() {
        for target in ["/fhir/Binary/1.2.3", "/fhir/Binary/a-b"] {
            assert!(is_document(target), "{target}");
        }
        for target in [
            "/fhir/Binary/",
            "/fhir/Binary",
            "/fhir/Binary/..",
            "/fhir/Binary/../x",
            "/fhir/Binary/%2e%2e",
            "/fhir/Binary/a/b",
            "/fhir/Binary/a?x",
            "/fhir/Binary/a#x",
            "/fhir/Binary/a\\b",
            "/fhir/Binary//a",
            "/fhir/Binary/\u{e4}",
            "//fhir/Binary/a",
        ] {
            assert!(!is_document(target), "{target}");
        }
    }

    #[test]
    fn a_slow_body_must_come_at_a_rate() {
        assert!(!drips(119_000_000, 0));
        assert!(drips(121_000_000, 121 * SLOWEST - 1) && !drips(121_000_000, 121 * SLOWEST));
        assert!(!drips(-1, 0), "a clock that was set back");
    }
}
