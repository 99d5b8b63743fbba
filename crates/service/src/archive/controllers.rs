//! Loads what says whose registers of documents a joiner may store into.

use crate::names::Names;
use crate::sign_in::{self, register_entry};
use crate::{App, ServiceError};
use liitos_domain::Oid;
use liitos_domain::register::{RegisterKind, controllers};
use liitos_store::registers;
use std::collections::BTreeSet;

/// The controllers of a joiner now.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_of(app: &App, joiner: &Oid) -> Result<Vec<Oid>, ServiceError> {
    Ok(controllers_by_name(app, joiner).await?.into_iter().map(|(oid, _)| oid).collect())
}

/// The same, each with its name in the register.
///
/// # Errors
/// [`ServiceError`].
pub async fn controllers_by_name(app: &App, joiner: &Oid) -> Result<Vec<(Oid, String)>, ServiceError> {
    let public = registers::children(app.store.read(), RegisterKind::Controllers, joiner.as_str()).await?;
    let entry = register_entry(app, joiner).await?;
    let all = controllers(joiner, entry.as_ref().map(|(kind, entry)| (*kind, entry)), &public, app.now());
    let entries = public.iter().chain(entry.iter().map(|(_, entry)| entry));
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
