//! The operator's back office.

pub(crate) mod agreements;
pub(crate) mod by_hand;
pub(crate) mod decision;
pub(crate) mod directory;
pub(crate) mod enrolments;
pub(crate) mod faults;
pub(crate) mod messages;
pub(crate) mod obligation;
pub(crate) mod outbound;
pub(crate) mod programs;
pub(crate) mod proposal;
pub(crate) mod queue;
pub(crate) mod report;
pub(crate) mod runs;
pub(crate) mod shut;
pub(crate) mod signers;
pub(crate) mod systems;
