//! Loads what says whose registers of documents a joiner may store into.

use crate::names::Names;
use crate::sign_in::{self, register_entry};
use crate::{App, ServiceError};
use liitos_domain::register::{Entry, RegisterKind, controllers};
use liitos_domain::{Moment, Oid};
use liitos_store::registers;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// What the registers say of a joiner's controllers, as long as no register is read again.
#[derive(Default)]
pub(crate) struct Controllers(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    /// Imports of registers when it was read.
    imports: u64,
    of: HashMap<Oid, Arc<Registered>>,
}

struct Registered {
    entry: Option<(RegisterKind, Entry)>,
    public: Vec<Entry>,
}

/// Most joiners that are remembered.
const MOST_REMEMBERED: usize = 50_000;

impl Controllers {
    fn lock(&self) -> std::sync::MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The controllers of a joiner as they were read last, and after how many imports: whoever asks sees to it, before anything rests on them,
    /// that there was none more.
    pub(super) fn held(&self, joiner: &Oid, now: Moment) -> Option<(Vec<Oid>, u64)> {
        let (registered, imports) = {
            let remembered = self.lock();
            (Arc::clone(remembered.of.get(joiner)?), remembered.imports)
        };
        Some((registered.controllers(joiner, now), imports))
    }

    fn known(&self, joiner: &Oid, imports: u64) -> Option<Arc<Registered>> {
        let remembered = self.lock();
        remembered.of.get(joiner).filter(|_| remembered.imports == imports).map(Arc::clone)
    }

    fn remember(&self, joiner: &Oid, registered: &Arc<Registered>, imports: u64) {
        let mut remembered = self.lock();
        if remembered.imports != imports || remembered.of.len() >= MOST_REMEMBERED {
            remembered.of.clear();
            remembered.imports = imports;
        }
        remembered.of.insert(joiner.clone(), Arc::clone(registered));
    }
}

impl Registered {
    fn controllers(&self, joiner: &Oid, now: Moment) -> Vec<Oid> {
        controllers(joiner, self.entry.as_ref().map(|(kind, entry)| (*kind, entry)), &self.public, now)
    }
}

/// `imports`: counted before it is read, so that what an import changes meanwhile is read again.
async fn registered(app: &App, joiner: &Oid, imports: u64) -> Result<Arc<Registered>, ServiceError> {
    if let Some(known) = app.controllers.known(joiner, imports) {
        return Ok(known);
    }
    let public = registers::children(app.store.read(), RegisterKind::Controllers, joiner.as_str()).await?;
    let registered = Arc::new(Registered { entry: register_entry(app, joiner).await?, public });
    app.controllers.remember(joiner, &registered, imports);
    Ok(registered)
}

/// The controllers of a joiner now.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_of(app: &App, joiner: &Oid) -> Result<Vec<Oid>, ServiceError> {
    controllers_at(app, joiner, registers::imports(app.store.read()).await?).await
}

/// The controllers of a joiner on a day, by what the registers say now.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_on(app: &App, joiner: &Oid, day: Moment) -> Result<Vec<Oid>, ServiceError> {
    let imports = registers::imports(app.store.read()).await?;
    Ok(registered(app, joiner, imports).await?.controllers(joiner, day))
}

/// The same by the registers after so many imports, the newest.
pub(super) async fn controllers_at(app: &App, joiner: &Oid, imports: u64) -> Result<Vec<Oid>, ServiceError> {
    Ok(registered(app, joiner, imports).await?.controllers(joiner, app.now()))
}

/// The same, each with its name in the register.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_by_name(app: &App, joiner: &Oid) -> Result<Vec<(Oid, String)>, ServiceError> {
    let imports = registers::imports(app.store.read()).await?;
    let known = registered(app, joiner, imports).await?;
    let all = known.controllers(joiner, app.now());
    let entries = known.public.iter().chain(known.entry.iter().map(|(_, entry)| entry));
    let name = |oid: &Oid| entries.clone().find(|entry| entry.id == oid.as_str()).map(|entry| entry.name.clone());
    Ok(all.into_iter().map(|oid| (name(&oid).unwrap_or_default(), oid)).map(|(name, oid)| (oid, name)).collect())
}

/// Controllers by name: public ones by their register, private ones by the organisations that they are.
///
/// # Errors
/// [`ServiceError`].
pub async fn controller_names(app: &App, controllers: &BTreeSet<Oid>) -> Result<Names, ServiceError> {
    let asked: Vec<&str> = controllers.iter().map(Oid::as_str).collect();
    let public = registers::known(app.store.read(), RegisterKind::Controllers, &asked).await?;
    let own = sign_in::names(app, controllers).await?;
    let own = own.into_iter().map(|(oid, name)| (oid.to_string(), name));
    Ok(Names::of(own.chain(public.into_iter().map(|(oid, (_, entry))| (oid, entry.name)))))
}
