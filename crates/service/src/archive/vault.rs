//! The archive's keys: bodies are sealed with keys of their own, those are wrapped by the key of the register that the document names, and
//! that by the archive's. A register's key is made when its first document comes.

use crate::{App, ServiceError};
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_pki::vault::{DataKey, KEY_BYTES};
use liitos_store::StoreError;
use liitos_store::archive::{self, RegisterKey, Sealed};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Most keys that are remembered.
const MOST_KNOWN: usize = 100_000;

/// The archive's key, and those of registers that were used lately.
pub(crate) struct Vault {
    archive: DataKey,
    /// What persons are found by, where the archive's key has been replaced since the first document came.
    index: OnceLock<DataKey>,
    known: Mutex<HashMap<i64, DataKey>>,
    /// The keys that seal, and until when that is not asked again.
    current: Mutex<HashMap<Oid, (i64, Moment)>>,
}

/// So long a key that was seen to seal goes on sealing, wherever it may have been retired meanwhile.
const ASKED_AGAIN_SECONDS: i64 = 600;

impl Vault {
    pub(crate) fn new(archive: DataKey) -> Self {
        Self { archive, index: OnceLock::new(), known: Mutex::default(), current: Mutex::default() }
    }

    /// By what a person's documents are found: a digest that tells nothing without the archive's key.
    pub(crate) fn person(&self, person: &PersonRef) -> String {
        self.index().index("person", &format!("{} {}", person.root, person.extension.trim().to_uppercase()))
    }

    /// Whether a key is the archive's own.
    pub(super) fn is(&self, key: &DataKey) -> bool {
        self.archive == *key
    }

    fn index(&self) -> &DataKey {
        self.index.get().unwrap_or(&self.archive)
    }

    fn remember(&self, number: i64, key: &DataKey) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        known.insert(number, key.clone());
    }

    fn known(&self, number: i64) -> Option<DataKey> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    fn unwrapped(&self, key: &RegisterKey) -> Result<DataKey, ServiceError> {
        let unwrapped = self.archive.unwrap(&key.wrapped, &key.controller);
        let unwrapped = unwrapped.map_err(|error| ServiceError::internal("a register's key", error))?;
        self.remember(key.key, &unwrapped);
        Ok(unwrapped)
    }
}

/// Something that goes out and comes back, readable by this archive alone; as text that an address may carry. `what` says what it is, and it
/// opens as nothing else.
pub(super) fn hide(app: &App, what: &str, bytes: &[u8]) -> Result<String, ServiceError> {
    let hidden = app.vault.archive.hide(&fresh(app), nonce(app), what, bytes);
    hidden.map_err(|error| ServiceError::internal("what is hidden", error))
}

/// What was hidden, if it was by this archive.
pub(super) fn shown(app: &App, what: &str, text: &str) -> Option<Vec<u8>> {
    app.vault.archive.shown(what, text).ok()
}

/// A random key.
fn fresh(app: &App) -> DataKey {
    let mut bytes = [0u8; KEY_BYTES];
    app.randomness.fill(&mut bytes);
    DataKey::from_bytes(bytes)
}

fn nonce(app: &App) -> [u8; 12] {
    let mut bytes = [0u8; 12];
    app.randomness.fill(&mut bytes);
    bytes
}

/// The key that seals a controller's documents now, with its number; made if there is none.
async fn current(app: &App, controller: &Oid) -> Result<(i64, DataKey), ServiceError> {
    let now = app.now();
    let remembered = app.vault.current.lock().unwrap_or_else(PoisonError::into_inner).get(controller).copied();
    let remembered = remembered.filter(|(_, until)| now < *until);
    if let Some(known) = remembered.and_then(|(number, _)| Some((number, app.vault.known(number)?))) {
        return Ok(known);
    }
    let found = match archive::current_key(app.store.read(), controller).await? {
        Some(kept) => (kept.key, app.vault.unwrapped(&kept)?),
        None => made(app, controller).await?,
    };
    app.vault
        .current
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(controller.clone(), (found.0, now.plus_seconds(ASKED_AGAIN_SECONDS)));
    Ok(found)
}

async fn made(app: &App, controller: &Oid) -> Result<(i64, DataKey), ServiceError> {
    let key = fresh(app);
    let wrapped = app.vault.archive.wrap(&key, nonce(app), controller.as_str());
    let wrapped = wrapped.map_err(|error| ServiceError::internal("a register's key", error))?;
    let tx = app.store.begin().await?;
    match archive::add_key(&tx, controller, &wrapped, app.now()).await {
        Ok(number) => {
            tx.commit().await?;
            app.vault.remember(number, &key);
            Ok((number, key))
        }
        // Another call made it first.
        Err(StoreError::Duplicate) => {
            drop(tx);
            let kept = archive::current_key(app.store.read(), controller).await?;
            let kept = kept.ok_or_else(|| ServiceError::refused(RefusalCode::Internal, "archive_key"))?;
            Ok((kept.key, app.vault.unwrapped(&kept)?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The name of what persons are found by, once the archive's key was replaced.
pub(super) const INDEX: &str = "index of persons";

/// Whether the archive's key opens what it sealed before; and takes what persons are found by.
///
/// # Errors
/// When it is another key.
pub(super) async fn tried(app: &App) -> Result<(), ServiceError> {
    if let Some(kept) = archive::some_key(app.store.read()).await? {
        app.vault.unwrapped(&kept)?;
    }
    if let Some(wrapped) = archive::secret(app.store.read(), INDEX).await? {
        let index = app.vault.archive.unwrap(&wrapped, INDEX);
        let index = index.map_err(|error| ServiceError::internal("what persons are found by", error))?;
        let _ = app.vault.index.set(index);
    }
    Ok(())
}

/// A register's key as another key of the archive wraps it.
pub(super) fn under(app: &App, kept: &RegisterKey, new: &DataKey) -> Result<Vec<u8>, ServiceError> {
    let key = app.vault.archive.unwrap(&kept.wrapped, &kept.controller);
    let wrapped = key.and_then(|key| new.wrap(&key, nonce(app), &kept.controller));
    wrapped.map_err(|error| ServiceError::internal("a register's key", error))
}

/// What persons are found by, as another key of the archive wraps it.
pub(super) fn index_under(app: &App, new: &DataKey) -> Result<Vec<u8>, ServiceError> {
    let wrapped = new.wrap(app.vault.index(), nonce(app), INDEX);
    wrapped.map_err(|error| ServiceError::internal("what persons are found by", error))
}

/// Seals a body for the register of the controller that its document names.
///
/// # Errors
/// [`ServiceError`] when the register has no key yet and none can be kept.
pub async fn seal(app: &App, controller: &Oid, id: &Oid, body: &[u8]) -> Result<Sealed, ServiceError> {
    let fault = |error| ServiceError::internal("a document's key", error);
    let (number, register) = current(app, controller).await?;
    let key = fresh(app);
    let wrapped = register.wrap(&key, nonce(app), id.as_str()).map_err(fault)?;
    Ok(Sealed { body: key.seal(body).map_err(fault)?, address: None, key: number, wrapped })
}

/// A body's key, wrapped by the key of its register that seals now, with that one's number.
pub(super) async fn wrapped_anew(
    app: &App,
    controller: &Oid,
    id: &Oid,
    sealed: &Sealed,
) -> Result<(i64, Vec<u8>), ServiceError> {
    let fault = |error| ServiceError::internal("a document's key", error);
    let key = register(app, sealed.key).await?.unwrap(&sealed.wrapped, id.as_str()).map_err(fault)?;
    let (number, register) = current(app, controller).await?;
    Ok((number, register.wrap(&key, nonce(app), id.as_str()).map_err(fault)?))
}

/// Puts a new key in a register's old one's place; whether nobody had yet.
pub(super) async fn replaced(app: &App, old: &RegisterKey) -> Result<bool, ServiceError> {
    let key = fresh(app);
    let wrapped = app.vault.archive.wrap(&key, nonce(app), &old.controller);
    let wrapped = wrapped.map_err(|error| ServiceError::internal("a register's key", error))?;
    let tx = app.store.begin().await?;
    let Some(number) = archive::replace_key(&tx, old, &wrapped, app.now()).await? else { return Ok(false) };
    tx.commit().await?;
    app.vault.remember(number, &key);
    app.vault.current.lock().unwrap_or_else(PoisonError::into_inner).clear();
    Ok(true)
}

/// A register's key by its number.
async fn register(app: &App, number: i64) -> Result<DataKey, ServiceError> {
    if let Some(known) = app.vault.known(number) {
        return Ok(known);
    }
    let kept = archive::key(app.store.read(), number).await?;
    let kept =
        kept.ok_or_else(|| ServiceError::refused(RefusalCode::BodyDamaged, "its register's key is not there"))?;
    app.vault.unwrapped(&kept).map_err(damaged)
}

/// What cannot be opened, whoever tries.
fn damaged(error: ServiceError) -> ServiceError {
    ServiceError { code: RefusalCode::BodyDamaged, ..error }
}

/// Opens a document's body that is here.
///
/// # Errors
/// L-519 when it, or a key that it hangs on, cannot be opened; [`ServiceError`] when the database does not say.
pub(crate) async fn open(app: &App, id: &Oid, sealed: &Sealed) -> Result<Vec<u8>, ServiceError> {
    let fault = |error| damaged(ServiceError::internal("it cannot be opened", error));
    let key = register(app, sealed.key).await?.unwrap(&sealed.wrapped, id.as_str()).map_err(fault)?;
    key.open(&sealed.body).map_err(fault)
}
