//! One call: who asks for what, whether it may, and then the backend's answer, all as it comes.

mod down;
mod fetched;
mod fhir;
mod up;

pub(crate) use fhir::below;

use crate::backend::answer;
use crate::calls::{Call, Outcome};
use crate::door::Door;
use crate::fairness::Running;
use crate::http1::{Framing, Method, RequestHead, Wire, WireError};
use crate::identity::Peer;
use crate::message::{Claimed, Message, Wanted, told};
use crate::refusal::{Refusal, Speech};
use crate::trace::Trace;
use liitos_documents::envelope::looks_like_soap;
use liitos_domain::archive::Purpose;
use liitos_domain::directory::Decision;
use liitos_domain::refusal::Finding;
use liitos_domain::service_code::Operation;
use liitos_domain::{Moment, Oid, RefusalCode, Service};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use up::Broken;

/// A message of the largest size on a slow link takes this long at most, the backend's work included.
const BACKEND_PATIENCE: Duration = Duration::from_secs(120);
/// How long is waited for what a backend said before it hung up.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often a call that runs is decided on again.
const PULSE: Duration = Duration::from_millis(200);

/// Letters of a place that is told.
const LONGEST_PLACE: usize = 200;

/// One call on its way.
struct Run<'a> {
    door: &'a Door,
    peer: &'a Peer,
    head: &'a RequestHead<'a>,
    id: String,
    trace: Trace,
    wanted: Option<Wanted>,
    joiner: Option<Oid>,
    system: Option<String>,
    /// Its place among its joiner's calls: free again before the caller has the whole answer, and may call again.
    running: Option<Running>,
    begun: Moment,
    /// When it was last decided on.
    decided: Moment,
    /// Whether its end was told.
    told: bool,
    bytes_in: u64,
    bytes_out: u64,
    /// What the backend said of it to the gateway alone.
    of_it: (bool, Vec<RefusalCode>),
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
        trace: Trace::below(head.field("traceparent"), door.random()),
        wanted: None,
        joiner: None,
        system: None,
        running: None,
        begun,
        decided: begun,
        told: false,
        bytes_in: 0,
        bytes_out: 0,
        of_it: (false, Vec::new()),
    };
    let silence = door.limits().silence();
    let mut message = Message::new(wire, head.framing, silence, head.expects_continue);
    let ended = match run.pass(&mut message).await {
        Ok(decision) => run.forward(&mut message, &decision).await,
        Err(finding) => Ended::Refused(finding),
    };
    run.running = None;
    let keep = match ended {
        Ended::Whole { status, keep } => {
            run.tell(Outcome::Passed(status), "");
            keep
        }
        Ended::CutOff => {
            run.tell(Outcome::CutOff, "");
            false
        }
        Ended::Refused(finding) => {
            let keep = run.refuse(&finding, &mut message).await;
            run.tell(Outcome::Refused(finding.code), &finding.place);
            keep
        }
    };
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
        speech: Speech::Http,
        envelope: None,
        soap: false,
        at: begun,
        bare: false,
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
        system: None,
        version: door.judge().version(),
        outcome: Outcome::Refused(finding.code),
        place: &finding.place,
        bytes_in: 0,
        bytes_out: text.len() as u64,
        of_it: &(false, Vec::new()),
    });
}

impl Drop for Run<'_> {
    /// A call that is given up with its connection, because the time to end is over, is told, too.
    fn drop(&mut self) {
        if !self.told {
            self.tell(Outcome::CutOff, "given-up");
        }
    }
}

impl Run<'_> {
    fn tell(&mut self, outcome: Outcome, place: &str) {
        self.told = true;
        // What a caller sent may stand in it: no more of it than somebody reads.
        let place =
            place.char_indices().nth(LONGEST_PLACE).map_or(place, |(at, _)| place.get(..at).unwrap_or_default());
        self.door.calls().ended(&Call {
            begun: self.begun,
            decision: &self.id,
            trace: Some(&self.trace),
            peer: self.peer,
            wanted: self.wanted.as_ref(),
            joiner: self.joiner.as_ref(),
            system: self.system.as_deref(),
            version: self.door.judge().version(),
            outcome,
            place,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
            of_it: &self.of_it,
        });
    }

    /// Identity, wish, decision; what is wanted is kept for the answer even when it is refused.
    async fn pass<S: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        message: &mut Message<'_, S>,
    ) -> Result<Decision, Finding> {
        let point = self.door.judge().sender(self.peer)?;
        if matches!(self.head.framing, Framing::Length(length) if length > self.door.limits().message_bytes) {
            return Err(Finding::new(RefusalCode::MessageTooLarge, "Content-Length"));
        }
        let mut asked = match (self.head.method, self.head.path()) {
            (Method::Post, "/hl7") => {
                let wanted = message.wanted(point).await?;
                let tenant = requester(self.head)?;
                Wanted { tenant, purpose: purpose(self.head)?, ..wanted }
            }
            (method, _) => {
                match fhir::asked(method, self.head.target).or_else(|| fetched::asked(method, self.head.target)) {
                    Some(asked) => self.fhir(asked)?,
                    None => return Err(Finding::new(RefusalCode::NotServed, "method and path")),
                }
            }
        };
        asked.token = self.head.field("liitos-system-token").map(str::to_owned);
        let now = self.door.now();
        let decision = self.door.judge().decide(self.peer, self.wanted.insert(asked), now)?;
        self.decided = now;
        // Units call in their joiner's name, and tenants in their host's: they share what it may take.
        self.joiner.clone_from(&decision.joiner);
        self.system.clone_from(&decision.system);
        let joiner = self.joiner.as_ref().ok_or_else(|| Finding::new(RefusalCode::JoinerUnknown, "joiner"))?;
        let limits = self.door.limits().of(&decision);
        self.running = Some(self.door.fairness().begin(joiner, limits, now)?);
        Ok(decision)
    }

    /// What is wanted over FHIR: by a token, where one is read, and by header fields of their own otherwise (assumed).
    fn fhir(&self, (service, operation): (Service, Operation)) -> Result<Wanted, Finding> {
        let told = self.door.judge().token(self.head.field("authorization"), self.door.now())?;
        let (subscriber, requester) = (oid(self.head, "service-subscriber")?, requester(self.head)?);
        // What stands twice must be the same: the next one may read the other.
        let one = |told: Option<&Oid>, field: Option<Oid>, name| match (told, field) {
            (Some(told), Some(field)) if *told != field => Err(Finding::new(RefusalCode::TokenForeign, name)),
            (told, field) => Ok(field.or_else(|| told.cloned())),
        };
        let represented =
            one(told.as_ref().map(|told| &told.said.subscriber), subscriber, "service-subscriber header")?;
        let tenant =
            one(told.as_ref().and_then(|told| told.said.requester.as_ref()), requester, "service-requester header")?;
        Ok(Wanted {
            service,
            operation,
            represented: represented
                .ok_or_else(|| Finding::new(RefusalCode::FieldMissing, "service-subscriber header"))?,
            tenant,
            purpose: purpose(self.head)?,
            token: None,
            claimed: told.map(|told| Claimed { system: told.said.system, signers: told.signers }),
            envelope: None,
        })
    }

    /// Whether a call that runs is still permitted: decided on again as often as the pulse beats.
    fn still(&mut self) -> Result<(), Finding> {
        let now = self.door.now();
        if now.as_micros().abs_diff(self.decided.as_micros()) < PULSE.as_micros() as u64 {
            return Ok(());
        }
        self.decided = now;
        match &self.wanted {
            Some(wanted) => self.door.judge().decide(self.peer, wanted, now).map(drop),
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
                    self.of_it = answer.of_the_call();
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
            speech: Speech::on(self.head.path()),
            envelope: self.wanted.as_ref().and_then(|wanted| wanted.envelope.as_ref()),
            soap: looks_like_soap(&message.first),
            at: self.door.now(),
            bare: self.head.method == Method::Head,
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

/// The tenant that is named beside its host: the provider for whom the subscriber calls (assumed).
fn requester(head: &RequestHead<'_>) -> Result<Option<Oid>, Finding> {
    oid(head, "service-requester")
}

/// Why other providers' documents are asked for, and the service event in which the patient is treated: both or neither (assumed; the codes are
/// HL7 v3 ActReason's).
fn purpose(head: &RequestHead<'_>) -> Result<Option<Purpose>, Finding> {
    let missing = |name| Finding::new(RefusalCode::FieldMissing, format!("{name} header"));
    match (head.field("purpose-of-use"), oid(head, "service-event")?) {
        (None, None) => Ok(None),
        (Some(code), Some(event)) => Purpose::of(code, event).map(Some).ok_or_else(|| missing("purpose-of-use")),
        (None, Some(_)) => Err(missing("purpose-of-use")),
        (Some(_), None) => Err(missing("service-event")),
    }
}

fn oid(head: &RequestHead<'_>, name: &str) -> Result<Option<Oid>, Finding> {
    let malformed = |_| Finding::new(RefusalCode::FieldMissing, format!("{name} header"));
    head.field(name).map(Oid::parse).transpose().map_err(malformed)
}
