//! An object store that keeps everything in memory and does whatever an object store may do.

use liitos_domain::Sha256Hash;
use liitos_service::ports::{ObjectError, Objects};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Keeps objects in memory; can be told to refuse, and its objects can be changed.
#[derive(Default)]
pub struct TestObjects {
    kept: Mutex<BTreeMap<Sha256Hash, Vec<u8>>>,
    refuses: AtomicBool,
    late: AtomicBool,
}

/// Whether these bytes are a body; the mark by which a store is known is shorter than any that lies there.
fn is_body(bytes: &[u8]) -> bool {
    bytes.len() > 1_000
}

impl TestObjects {
    /// Whether it refuses everything from now on.
    pub fn refuse(&self, refuses: bool) {
        self.refuses.store(refuses, Ordering::SeqCst);
    }

    /// Whether it answers too late from now on: what is put is there, and whoever put it was told that it is not; what is asked for does not come.
    pub fn answer_late(&self, late: bool) {
        self.late.store(late, Ordering::SeqCst);
    }

    /// How many bodies it keeps, its mark apart.
    ///
    /// # Panics
    /// Never in practice.
    #[must_use]
    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().values().filter(|bytes| is_body(bytes)).count()
    }

    /// Loses all bodies, not its mark.
    pub fn lose(&self) {
        self.change(|kept| kept.retain(|_, bytes| !is_body(bytes)));
    }

    /// Does something to all that it keeps.
    ///
    /// # Panics
    /// Never in practice.
    pub fn change(&self, change: impl FnOnce(&mut BTreeMap<Sha256Hash, Vec<u8>>)) {
        change(&mut self.kept.lock().unwrap());
    }

    fn answers(&self) -> Result<(), ObjectError> {
        if self.refuses.load(Ordering::SeqCst) { Err(ObjectError("full".to_owned())) } else { Ok(()) }
    }
}

#[async_trait::async_trait]
impl Objects for TestObjects {
    async fn put(&self, address: Sha256Hash, bytes: Vec<u8>) -> Result<(), ObjectError> {
        self.answers()?;
        self.change(|kept| drop(kept.insert(address, bytes)));
        if self.late.load(Ordering::SeqCst) {
            return Err(ObjectError("no answer in time".to_owned()));
        }
        Ok(())
    }

    async fn get(&self, address: Sha256Hash) -> Result<Option<Vec<u8>>, ObjectError> {
        self.answers()?;
        let kept = self.kept.lock().unwrap().get(&address).cloned();
        // Its mark is small, and comes in time.
        match self.late.load(Ordering::SeqCst) && kept.as_deref().is_some_and(is_body) {
            true => Err(ObjectError("no answer in time".to_owned())),
            false => Ok(kept),
        }
    }

    async fn delete(&self, address: Sha256Hash) -> Result<(), ObjectError> {
        self.answers()?;
        self.change(|kept| drop(kept.remove(&address)));
        Ok(())
    }
}
