//! What the operator is told of calls, so that whoever was refused can look up why: each refusal, a sample of what passed, and
//! handshakes that were refused, which can carry no code.

use crate::backend::Backend;
use crate::calls::{Call, Calls, Outcome};
use liitos_domain::Moment;
use liitos_domain::directory::SeenCall;
use liitos_pki::tls::Refused;
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often they are sent.
const SENDING: Duration = Duration::from_secs(1);
/// Sent at once.
const AT_ONCE: usize = 500;
/// Kept while the backend does not take them; the oldest are forgotten first.
const MOST: usize = 20_000;
const PATIENCE: Duration = Duration::from_secs(10);

/// What waits to be told.
pub(crate) struct Reports {
    waiting: Mutex<VecDeque<SeenCall>>,
    /// Of so many calls that passed, one is told; nought: none. Without a number nobody is told of any.
    one_in: Option<u32>,
    passed: AtomicU32,
    pub(crate) forgotten: AtomicU64,
}

impl Reports {
    pub(crate) fn new(one_in: Option<u32>) -> Self {
        Self { waiting: Mutex::default(), one_in, passed: AtomicU32::new(0), forgotten: AtomicU64::new(0) }
    }

    /// Takes a call that has ended, if it is one to be told.
    pub(crate) fn add(&self, call: &Call<'_>) {
        let (Some(one_in), Some(certificate)) = (self.one_in, call.peer.fingerprint()) else { return };
        let (refused, stands_for) = match call.outcome {
            Outcome::Refused(code) => (Some(code), 1),
            Outcome::Passed(status) if status >= 400 => (None, 1),
            // What is behind refused it in an answer of its own.
            Outcome::Passed(_) if !call.of_it.1.is_empty() => (None, 1),
            // Somebody asks for each of these.
            Outcome::Passed(_) | Outcome::CutOff if call.of_it.0 => (None, 1),
            _ if one_in == 0 => return,
            _ if !self.passed.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_in) => return,
            _ => (None, one_in),
        };
        let place = if let Outcome::Passed(status) = call.outcome { status.to_string() } else { call.place.to_owned() };
        self.push(SeenCall {
            at: call.begun,
            decision: Some(call.decision.to_owned()),
            certificate,
            access_point: call.peer.access_point().ok().cloned(),
            source: Some(call.peer.source()),
            represented: call.wanted.map(|wanted| wanted.represented.clone()),
            joiner: call.joiner.cloned(),
            service: call.wanted.map(|wanted| wanted.service),
            operation: call.wanted.map(|wanted| wanted.operation),
            refused,
            place,
            version: call.version,
            stands_for,
            system: call.system.map(str::to_owned),
            message: call
                .wanted
                .and_then(|wanted| wanted.envelope.as_ref())
                .map(|envelope| envelope.message_id.clone()),
            behind: call.of_it.1.clone(),
        });
    }

    /// Takes a handshake that was refused.
    pub(crate) fn add_handshake(&self, refused: Refused, source: Option<IpAddr>, at: Moment) {
        self.push(SeenCall {
            at,
            decision: None,
            certificate: refused.fingerprint,
            access_point: refused.access_point,
            source,
            represented: None,
            joiner: None,
            service: None,
            operation: None,
            refused: None,
            place: refused.reason.replace(' ', "-"),
            version: None,
            stands_for: 1,
            system: None,
            message: None,
            behind: Vec::new(),
        });
    }

    fn push(&self, seen: SeenCall) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            waiting.pop_front();
            self.forgotten.fetch_add(1, Ordering::Relaxed);
        }
        waiting.push_back(seen);
    }

    fn first(&self) -> Vec<SeenCall> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(AT_ONCE);
        waiting.drain(..count).collect()
    }

    /// Puts back what was not taken, as far as there is room.
    fn again(&self, seen: Vec<SeenCall>) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for one in seen.into_iter().rev() {
            if waiting.len() < MOST {
                waiting.push_front(one);
            } else {
                self.forgotten.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Tells the operator for ever. What it is told twice, because an answer was lost, it holds once.
pub(crate) async fn tell(calls: Arc<Calls>, backend: Backend) {
    let mut failing = false;
    loop {
        tokio::time::sleep(SENDING).await;
        match all(&calls, &backend).await {
            Ok(()) => failing = false,
            Err(problem) => {
                if !std::mem::replace(&mut failing, true) {
                    tracing::warn!(problem, "the operator is not told of calls; they are kept");
                }
            }
        }
    }
}

/// Tells the operator what waits; what it does not take waits on.
pub(crate) async fn all(calls: &Calls, backend: &Backend) -> Result<(), String> {
    loop {
        let seen = calls.reports().first();
        if seen.is_empty() {
            return Ok(());
        }
        let body = serde_json::to_vec(&seen).unwrap_or_default();
        match backend.post("/directory/calls", &body, PATIENCE).await {
            Ok(200..=299) => {}
            // It does not want them, or knows no such thing: nothing to keep them for.
            Ok(400..=499) => drop(calls.reports().forgotten.fetch_add(seen.len() as u64, Ordering::Relaxed)),
            problem => {
                calls.reports().again(seen);
                return Err(problem.map_or_else(|problem| problem, |status| status.to_string()));
            }
        }
    }
}
