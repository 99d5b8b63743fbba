//! The operator's back office.

pub(crate) mod decision;
pub(crate) mod directory;
pub(crate) mod effect;
pub(crate) mod mail;
pub(crate) mod queue;
pub(crate) mod signers;
