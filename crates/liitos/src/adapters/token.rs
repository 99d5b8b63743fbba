//! The archive's own key in a hardware module, or whatever else speaks PKCS#11: it stays there, and wraps what is sent to it.

use crate::config::Token;
use async_trait::async_trait;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::{AuthPin, Ulong};
use liitos_pki::vault::{DataKey, KEY_BYTES, NONCE_BYTES, TAG_BYTES, Unopened};
use liitos_service::ports::{ArchiveKey, KeyError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long the token is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Modules are loaded once for the whole process, as PKCS#11 asks.
static MODULES: Mutex<BTreeMap<PathBuf, Pkcs11>> = Mutex::new(BTreeMap::new());

fn module(path: &Path) -> Result<Pkcs11, Error> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = modules.get(path) {
        return Ok(known.clone());
    }
    let loaded = Pkcs11::new(path)?;
    match loaded.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(error),
    }
    modules.insert(path.to_owned(), loaded.clone());
    Ok(loaded)
}

/// A key in a token.
pub(crate) struct TokenKey {
    inner: Arc<Inner>,
    /// One asks at a time: where a token hangs, one thread hangs with it.
    turn: Arc<Semaphore>,
}

struct Inner {
    token: Token,
    pin: AuthPin,
    /// A session that is signed in, with the key's handle in it; opened when it is needed, and again after a failure.
    open: Mutex<Option<(Session, ObjectHandle)>>,
    /// Why the token does not let us in: nobody tries again, since tokens lock themselves after a few times.
    kept_out: OnceLock<String>,
}

impl TokenKey {
    /// The key that a configuration names; it need not be reached yet.
    pub(crate) fn new(token: &Token, pin: String) -> Self {
        let (pin, open, kept_out) = (AuthPin::from(pin), Mutex::new(None), OnceLock::new());
        let inner = Arc::new(Inner { token: token.clone(), pin, open, kept_out });
        Self { inner, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Asks the token, which may be far away, beside everything else.
    async fn asked<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Inner) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let told = async {
            let away = |error: &dyn std::fmt::Display| KeyError::Away(error.to_string());
            let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|error| away(&error))?;
            let inner = Arc::clone(&self.inner);
            let asked = tokio::task::spawn_blocking(move || {
                // Kept until the token has answered, whether anybody waits for it still or not.
                let _turn = turn;
                ask(&inner)
            });
            asked.await.map_err(|error| away(&error))?
        };
        tokio::time::timeout(PATIENCE, told).await.map_err(|_| KeyError::Away("no answer in time".into()))?
    }

    /// Has the token make the key: for AES-256, never to be shown or taken out.
    ///
    /// # Errors
    /// What failed; when there is a key of that name already.
    pub(crate) async fn make(&self) -> Result<(), KeyError> {
        self.asked(|inner| inner.make().map_err(KeyError::Away)).await
    }
}

impl Inner {
    /// A session that is signed in.
    fn session(&self) -> Result<Session, String> {
        let Token { module: path, label, .. } = &self.token;
        let told = |error: Error| error.to_string();
        let module = module(path).map_err(|error| format!("{}: {error}", path.display()))?;
        if let Some(why) = self.kept_out.get() {
            return Err(why.clone());
        }
        for slot in module.get_slots_with_token().map_err(told)? {
            // Another slot may be broken.
            if !module.get_token_info(slot).is_ok_and(|info| info.label() == label) {
                continue;
            }
            let session = module.open_rw_session(slot).map_err(told)?;
            return match session.login(UserType::User, Some(&self.pin)) {
                Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
                Err(error) => {
                    let told = format!("signing in to token {label}: {error}");
                    if let Error::Pkcs11(RvError::PinIncorrect | RvError::PinLocked | RvError::PinExpired, _) = error {
                        let _ =
                            self.kept_out.set(format!("{told}; tried once, and again when the program starts anew"));
                    }
                    Err(told)
                }
            };
        }
        Err(format!("no token is labelled {label}"))
    }

    fn keys(&self, session: &Session) -> Result<Vec<ObjectHandle>, String> {
        let label = Attribute::Label(self.token.key.as_bytes().to_vec());
        let template = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::KeyType(KeyType::AES), label];
        session.find_objects(&template).map_err(|error| error.to_string())
    }

    fn make(&self) -> Result<(), String> {
        let session = self.session()?;
        let Token { key, label, .. } = &self.token;
        if !self.keys(&session)?.is_empty() {
            return Err(format!("token {label} has a key {key} already"));
        }
        let length = Ulong::try_from(KEY_BYTES).map_err(|error| error.to_string())?;
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::Label(key.as_bytes().to_vec()),
            Attribute::ValueLen(length),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        session.generate_key(&Mechanism::AesKeyGen, &template).map(drop).map_err(|error| error.to_string())
    }

    fn opened(&self) -> Result<(Session, ObjectHandle), String> {
        let session = self.session()?;
        let Token { key, label, .. } = &self.token;
        match self.keys(&session)?[..] {
            [one] => {
                self.fits(&session, one)?;
                Ok((session, one))
            }
            [] => Err(format!("token {label} has no AES key {key}")),
            _ => Err(format!("token {label} has several AES keys {key}")),
        }
    }

    /// Whether the key is what we ask: for AES-256. One that may be taken out of the token is used, and told of.
    fn fits(&self, session: &Session, own: ObjectHandle) -> Result<(), String> {
        let Token { key, label, .. } = &self.token;
        let asked = [AttributeType::ValueLen, AttributeType::Sensitive, AttributeType::Extractable];
        for attribute in session.get_attributes(own, &asked).map_err(|error| error.to_string())? {
            match attribute {
                Attribute::ValueLen(length) if usize::from(length) != KEY_BYTES => {
                    return Err(format!("token {label}: {key} is no key for AES-256"));
                }
                Attribute::Sensitive(false) | Attribute::Extractable(true) => {
                    tracing::warn!(token = label, key, "the archive's key may be taken out of its token");
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Does something with the key; once more in a new session where one that was open has ended.
    fn with<T>(&self, ask: impl Fn(&Session, ObjectHandle) -> Result<T, Error>) -> Result<T, KeyError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((session, key)) = &*open
            && let Ok(answer) = ask(session, *key)
        {
            return Ok(answer);
        }
        *open = None;
        let (session, key) = self.opened().map_err(KeyError::Away)?;
        let answer = ask(&session, key).map_err(|error| KeyError::Away(error.to_string()))?;
        *open = Some((session, key));
        Ok(answer)
    }

    fn wrap(&self, key: &DataKey, nonce: [u8; NONCE_BYTES], opens: &str) -> Result<Vec<u8>, KeyError> {
        self.with(|session, own| {
            // Some modules choose the nonce themselves, and say it here.
            let mut nonce = nonce;
            let sealed = session.encrypt(&sealing(&mut nonce, opens)?, own, key.expose())?;
            Ok([&nonce[..], &sealed].concat())
        })
    }

    fn opened_by_it(&self, wrapped: &[u8], opens: &str) -> Result<DataKey, KeyError> {
        let (nonce, sealed) = wrapped.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened)?;
        let plain = self.with(|session, own| {
            let mut nonce = *nonce;
            session.decrypt(&sealing(&mut nonce, opens)?, own, sealed)
        })?;
        DataKey::try_from(&plain[..]).map_err(|_| Unopened.into())
    }

    fn unwrap(&self, wrapped: &[u8], opens: &str) -> Result<DataKey, KeyError> {
        match self.opened_by_it(wrapped, opens) {
            // Modules tell variously that something was wrapped otherwise. A token that opens what it wraps itself is there.
            Err(KeyError::Away(_)) if self.opens_its_own() => match self.opened_by_it(wrapped, opens) {
                // It is there, and does not open this.
                Err(KeyError::Away(_)) => Err(Unopened.into()),
                answer => answer,
            },
            answer => answer,
        }
    }

    fn opens_its_own(&self) -> bool {
        const TRIED: &str = "tried";
        let key = DataKey::from_bytes([0; KEY_BYTES]);
        // Of this one nonce nothing is learnt: it is all zeros that it wraps, each time.
        let wrapped = self.wrap(&key, [0; NONCE_BYTES], TRIED);
        wrapped.and_then(|wrapped| self.opened_by_it(&wrapped, TRIED)).is_ok_and(|opened| opened == key)
    }
}

#[async_trait]
impl ArchiveKey for TokenKey {
    async fn wrap(&self, key: &DataKey, nonce: [u8; NONCE_BYTES], opens: &str) -> Result<Vec<u8>, KeyError> {
        let (key, opens) = (key.clone(), opens.to_owned());
        self.asked(move |inner| inner.wrap(&key, nonce, &opens)).await
    }

    async fn unwrap(&self, wrapped: &[u8], opens: &str) -> Result<DataKey, KeyError> {
        let (wrapped, opens) = (wrapped.to_vec(), opens.to_owned());
        self.asked(move |inner| inner.unwrap(&wrapped, &opens)).await
    }

    fn shown(&self) -> Option<&DataKey> {
        None
    }
}

/// AES-GCM as keys in files are wrapped by, too.
fn sealing<'a>(nonce: &'a mut [u8; NONCE_BYTES], opens: &'a str) -> Result<Mechanism<'a>, Error> {
    Ok(Mechanism::AesGcm(GcmParams::new(nonce, opens.as_bytes(), Ulong::try_from(TAG_BYTES * 8)?)?))
}
