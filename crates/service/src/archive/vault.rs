//! The archive's keys: bodies are sealed with keys of their own, those are wrapped by the key of the register that the document names, and
//! that by the archive's. A register's key is made when its first document comes.

use crate::ports::{ArchiveKey, KeyError};
use crate::{App, ServiceError};
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid, RefusalCode};
use liitos_pki::vault::{DataKey, KEY_BYTES, NONCE_BYTES};
use liitos_store::StoreError;
use liitos_store::archive::{self, RegisterKey, Sealed};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Most keys that are remembered.
const MOST_KNOWN: usize = 100_000;

/// The archive's key, and those of registers that were used lately.
pub(crate) struct Vault {
    archive: Arc<dyn ArchiveKey>,
    /// What persons are found by, where that is not the archive's key itself: it has been replaced since the first document came, or is never shown.
    index: OnceLock<DataKey>,
    /// What hides what goes out and comes back, where the archive's key is never shown.
    hides: OnceLock<DataKey>,
    known: Mutex<HashMap<i64, DataKey>>,
    /// The keys that seal, and until when that is not asked again.
    current: Mutex<HashMap<Oid, (i64, Moment)>>,
}

/// So long a key that was seen to seal goes on sealing, wherever it may have been retired meanwhile.
const ASKED_AGAIN_SECONDS: i64 = 600;

impl Vault {
    pub(crate) fn new(archive: Arc<dyn ArchiveKey>) -> Self {
        Self {
            archive,
            index: OnceLock::new(),
            hides: OnceLock::new(),
            known: Mutex::default(),
            current: Mutex::default(),
        }
    }

    /// By what a person's documents are found: a digest that tells nothing without the archive's key.
    ///
    /// # Errors
    /// When it is not known yet: before what was stored is brought over.
    pub(crate) fn person(&self, person: &PersonRef) -> Result<String, ServiceError> {
        let named = format!("{} {}", person.root, person.extension.trim().to_uppercase());
        Ok(self.index()?.index("person", &named))
    }

    fn index(&self) -> Result<&DataKey, ServiceError> {
        let index = self.index.get().or_else(|| self.archive.shown());
        index.ok_or_else(|| ServiceError::refused(RefusalCode::KeyUnreachable, INDEX))
    }

    fn hides(&self) -> Result<&DataKey, ServiceError> {
        let hides = self.archive.shown().or_else(|| self.hides.get());
        hides.ok_or_else(|| ServiceError::refused(RefusalCode::KeyUnreachable, HIDES))
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

    async fn unwrapped(&self, key: &RegisterKey) -> Result<DataKey, ServiceError> {
        let unwrapped = self.archive.unwrap(&key.wrapped, &key.controller).await;
        let unwrapped = unwrapped.map_err(|error| keyless("a register's key", error))?;
        self.remember(key.key, &unwrapped);
        Ok(unwrapped)
    }
}

/// Why a key is not there: what keeps the archive's is away, or it was wrapped by another.
fn keyless(what: &str, error: KeyError) -> ServiceError {
    let code = match &error {
        KeyError::Away(_) => RefusalCode::KeyUnreachable,
        KeyError::Unopened(_) => RefusalCode::Internal,
    };
    ServiceError { code, ..ServiceError::internal(what, error) }
}

/// Something that goes out and comes back, readable by this archive alone; as text that an address may carry. `what` says what it is, and it
/// opens as nothing else.
pub(super) fn hide(app: &App, what: &str, bytes: &[u8]) -> Result<String, ServiceError> {
    let hidden = app.vault.hides()?.hide(&fresh(app), nonce(app), what, bytes);
    hidden.map_err(|error| ServiceError::internal("what is hidden", error))
}

/// What was hidden, if it was by this archive.
pub(super) fn shown(app: &App, what: &str, text: &str) -> Option<Vec<u8>> {
    app.vault.hides().ok()?.shown(what, text).ok()
}

/// The name of what hides that, where it is not the archive's key itself: another one with each of these.
pub(super) const HIDES: &str = "what goes out and comes back";

/// A random key.
fn fresh(app: &App) -> DataKey {
    let mut bytes = [0u8; KEY_BYTES];
    app.randomness.fill(&mut bytes);
    DataKey::from_bytes(bytes)
}

fn nonce(app: &App) -> [u8; NONCE_BYTES] {
    let mut bytes = [0u8; NONCE_BYTES];
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
        // Whoever knows it asks nobody, who may be away.
        Some(kept) => match app.vault.known(kept.key) {
            Some(known) => (kept.key, known),
            None => (kept.key, app.vault.unwrapped(&kept).await?),
        },
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
    let wrapped = app.vault.archive.wrap(&key, nonce(app), controller.as_str()).await;
    let wrapped = wrapped.map_err(|error| keyless("a register's key", error))?;
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
            Ok((kept.key, app.vault.unwrapped(&kept).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// The name of what persons are found by, where that is not the archive's key itself.
pub(super) const INDEX: &str = "index of persons";

/// Whether the archive's key opens what it sealed before, or wraps what it opens again where that is nothing; nothing is written.
///
/// # Errors
/// L-523 when what keeps it is not reached; [`ServiceError`] when it is another key.
pub async fn try_key(app: &App) -> Result<(), ServiceError> {
    match archive::some_key(app.store.read()).await? {
        Some(kept) => app.vault.unwrapped(&kept).await.map(drop),
        None => {
            let wrapped = app.vault.archive.wrap(&fresh(app), nonce(app), "tried").await;
            wrapped.map(drop).map_err(|error| keyless("the archive's key", error))
        }
    }
}

/// Tries the archive's key, and takes what persons are found by, and what hides; both are made when the first program starts whose key is never shown.
///
/// # Errors
/// As [`try_key`]; L-605 when there are documents whose persons are found by a key that was shown: it is replaced by the one that is not first.
pub(super) async fn tried(app: &App) -> Result<(), ServiceError> {
    try_key(app).await?;
    if app.vault.archive.shown().is_none() {
        let known = archive::secret(app.store.read(), INDEX).await?;
        if known.is_none() && archive::some_key(app.store.read()).await?.is_some() {
            let how = "its documents are sealed under a key in a file: replace that first, by `liitos archive rekey`";
            return Err(ServiceError::refused(RefusalCode::StateForbids, how));
        }
        for name in [INDEX, HIDES] {
            made_once(app, name).await?;
        }
    }
    for (name, secret) in [(INDEX, &app.vault.index), (HIDES, &app.vault.hides)] {
        if let Some(wrapped) = archive::secret(app.store.read(), name).await? {
            let opened = app.vault.archive.unwrap(&wrapped, name).await;
            let _ = secret.set(opened.map_err(|error| keyless(name, error))?);
        }
    }
    Ok(())
}

/// Makes a key of the archive's that outlasts its own, where there is none of that name.
async fn made_once(app: &App, name: &str) -> Result<(), ServiceError> {
    if archive::secret(app.store.read(), name).await?.is_some() {
        return Ok(());
    }
    let wrapped = app.vault.archive.wrap(&fresh(app), nonce(app), name).await;
    let wrapped = wrapped.map_err(|error| keyless(name, error))?;
    let tx = app.store.begin().await?;
    match archive::add_secret(&tx, name, &wrapped).await {
        Ok(()) => Ok(tx.commit().await?),
        // Another program made it first.
        Err(StoreError::Duplicate) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A register's key as another key of the archive wraps it.
pub(super) async fn under(app: &App, kept: &RegisterKey, new: &dyn ArchiveKey) -> Result<Vec<u8>, ServiceError> {
    let fault = |error| keyless("a register's key", error);
    let key = app.vault.archive.unwrap(&kept.wrapped, &kept.controller).await.map_err(fault)?;
    new.wrap(&key, nonce(app), &kept.controller).await.map_err(fault)
}

/// Whether a key of the archive opens what another wrapped: it is the same, then.
///
/// # Errors
/// L-523 when what keeps it is not reached.
pub(super) async fn opens(key: &dyn ArchiveKey, kept: &RegisterKey) -> Result<bool, ServiceError> {
    match key.unwrap(&kept.wrapped, &kept.controller).await {
        Ok(_) => Ok(true),
        Err(KeyError::Unopened(_)) => Ok(false),
        Err(error) => Err(keyless("the new key", error)),
    }
}

/// Another key that hides, as another key of the archive wraps it.
pub(super) async fn hides_under(app: &App, new: &dyn ArchiveKey) -> Result<Vec<u8>, ServiceError> {
    new.wrap(&fresh(app), nonce(app), HIDES).await.map_err(|error| keyless(HIDES, error))
}

/// What persons are found by, as another key of the archive wraps it.
pub(super) async fn index_under(app: &App, new: &dyn ArchiveKey) -> Result<Vec<u8>, ServiceError> {
    let wrapped = new.wrap(app.vault.index()?, nonce(app), INDEX).await;
    wrapped.map_err(|error| keyless("what persons are found by", error))
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
    let wrapped = app.vault.archive.wrap(&key, nonce(app), &old.controller).await;
    let wrapped = wrapped.map_err(|error| keyless("a register's key", error))?;
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
    app.vault.unwrapped(&kept).await.map_err(damaged)
}

/// What cannot be opened, whoever tries; unless the archive's key is away, by which nothing is damaged.
fn damaged(error: ServiceError) -> ServiceError {
    match error.code {
        RefusalCode::KeyUnreachable => error,
        _ => ServiceError { code: RefusalCode::BodyDamaged, ..error },
    }
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
