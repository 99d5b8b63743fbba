//! A door: serves a connection's calls. Who may call for what, its judge says.

use crate::Now;
use crate::backend::Backend;
use crate::call;
use crate::calls::Calls;
use crate::config::Limits;
use crate::fairness::Fairness;
use crate::http1::{RequestHead, Wire};
use crate::http2::{self, CallPlaces};
use crate::identity::Peer;
use crate::judge::Judge;
use liitos_domain::{Moment, decision_id};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::server::TlsStream;

/// How long a connection may take to end as its protocol wishes.
pub(crate) const ENDING: Duration = Duration::from_secs(1);

/// What all threads' doors share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) limits: Limits,
    pub(crate) calls: Arc<Calls>,
    pub(crate) fairness: Arc<Fairness>,
    pub(crate) call_places: Arc<CallPlaces>,
    pub(crate) now: Now,
}

/// The door of one thread: the same for all, with connections to the backend of its own.
pub(crate) struct Door {
    common: Common,
    backend: Backend,
    stop: watch::Receiver<bool>,
    random: Mutex<Vec<u8>>,
}

impl Door {
    pub(crate) fn new(common: Common, backend: Backend, stop: watch::Receiver<bool>) -> Self {
        Self { common, backend, stop, random: Mutex::default() }
    }

    pub(crate) fn now(&self) -> Moment {
        (self.common.now)()
    }

    /// Whether it was told to stop: no connection goes on after the call that runs.
    pub(crate) fn stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Turns true, or is dropped, when it is to stop.
    pub(crate) fn stop(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    pub(crate) fn judge(&self) -> &dyn Judge {
        &*self.common.judge
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.common.limits
    }

    pub(crate) fn backend(&self) -> &Backend {
        &self.backend
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.common.calls
    }

    pub(crate) fn call_places(&self) -> &CallPlaces {
        &self.common.call_places
    }

    pub(crate) fn fairness(&self) -> &Arc<Fairness> {
        &self.common.fairness
    }

    /// An id for a decision.
    pub(crate) fn new_decision_id(&self) -> String {
        decision_id::from_random(self.random())
    }

    /// Random bytes, fetched for many at once.
    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        if random.len() < N {
            random.resize(N.max(4096), 0);
            #[expect(
                clippy::disallowed_methods,
                reason = "the gateway's one use of randomness: ids that nobody decides by"
            )]
            let _ = aws_lc_rs::rand::fill(&mut random);
        }
        let rest = random.len() - N;
        let taken = random.get(rest..).and_then(|bytes| bytes.try_into().ok()).unwrap_or([0; N]);
        random.truncate(rest);
        taken
    }

    /// Serves a connection's calls in the protocol agreed on.
    pub(crate) async fn serve(&self, peer: Peer, tls: TlsStream<TcpStream>) {
        if tls.get_ref().1.alpn_protocol() == Some(http2::ALPN) {
            http2::serve(self, &peer, tls).await;
        } else {
            self.one_by_one(&peer, Wire::new(tls)).await;
        }
    }

    /// One call after the other.
    async fn one_by_one<S: AsyncRead + AsyncWrite + Unpin>(&self, peer: &Peer, mut wire: Wire<S>) {
        let rest = self.limits().rest();
        let (mut head, mut stop) = (Vec::new(), self.stop());
        loop {
            let begun = tokio::select! {
                biased;
                begun = wire.begun(rest) => begun,
                // Between calls only: what has begun may end.
                _ = stop.wait_for(|stop| *stop) => false,
            };
            if !begun {
                break;
            }
            if !self.one(peer, &mut wire, &mut head).await || self.stopping() {
                break;
            }
        }
        wire.end(ENDING).await;
    }

    /// One call, its head taken into `head`; whether the connection can carry another.
    pub(crate) async fn one<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        peer: &Peer,
        wire: &mut Wire<S>,
        head: &mut Vec<u8>,
    ) -> bool {
        let read = wire.head(head, self.limits().silence()).await;
        match read.and_then(|()| RequestHead::parse(head).map_err(Into::into)) {
            Ok(asked) => call::serve(self, peer, &asked, wire).await,
            Err(error) => {
                call::not_http(self, peer, error, wire).await;
                false
            }
        }
    }
}
