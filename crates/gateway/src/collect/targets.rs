//! The ends that a route leads to: which of them answer, and the first that takes a call.

use super::config::{CollectConfig, Target};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;

/// A target and whether it answered last.
#[derive(Debug)]
pub(super) struct Reached {
    pub(super) target: Target,
    answers: AtomicBool,
}

/// The targets of all routes, by the routes' numbers.
#[derive(Debug)]
pub(super) struct Targets(Vec<Vec<Reached>>);

impl Targets {
    /// All are believed to answer until one does not.
    pub(super) fn of(config: &CollectConfig) -> Self {
        let reached = |target: &Target| Reached { target: target.clone(), answers: AtomicBool::new(true) };
        Self(config.routes.iter().map(|route| route.targets.iter().map(reached).collect()).collect())
    }

    /// Calls a route's targets in their order, those that answered last before those that did not: what has just come back is
    /// tried too before a client is sent away.
    pub(super) async fn call(&self, route: usize, patience: Duration) -> Option<(&Target, TcpStream)> {
        let targets = self.0.get(route)?;
        let healthy = |reached: &&Reached| reached.answers.load(Ordering::Relaxed);
        let doubtful = targets.iter().filter(|reached| !healthy(reached));
        for reached in targets.iter().filter(healthy).chain(doubtful) {
            let answered = tokio::time::timeout(patience, TcpStream::connect(reached.target.address)).await;
            match answered {
                Ok(Ok(stream)) => {
                    reached.tell(true);
                    return Some((&reached.target, stream));
                }
                Ok(Err(_)) | Err(_) => reached.tell(false),
            }
        }
        None
    }

    /// Looks, for ever, whether targets answer.
    pub(super) async fn watch(&self, pause: Duration, patience: Duration) {
        loop {
            tokio::time::sleep(pause).await;
            for reached in self.0.iter().flatten() {
                let answered = tokio::time::timeout(patience, TcpStream::connect(reached.target.address)).await;
                reached.tell(matches!(answered, Ok(Ok(_))));
            }
        }
    }

    /// Whether every route has a target that answers.
    pub(super) fn healthy(&self) -> bool {
        let answers = |reached: &Reached| reached.answers.load(Ordering::Relaxed);
        self.0.iter().all(|targets| targets.iter().any(answers))
    }
}

impl Reached {
    fn tell(&self, answers: bool) {
        if self.answers.swap(answers, Ordering::Relaxed) != answers {
            let (address, hall) = (self.target.address, self.target.hall);
            tracing::warn!(%address, hall = hall.map(|hall| hall.code()), answers, "a target changed");
        }
    }
}
