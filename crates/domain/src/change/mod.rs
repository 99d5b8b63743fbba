//! An organisational change before anybody carries it out: what happens, what of the directory follows from it, and who has to do what by when
//! (change situations: "kartoita vaikutukset").
//!
//! ```text
//!   Story (what happens) ─┐
//!                         ├─▶ plan ─▶ effect on the directory, shared out among tasks, each with its owner and latest day
//!   Facts (what is so)  ──┘          └ what stands in the way
//! ```
//!
//! Carrying out every task's share of the effect is carrying out the whole of it: there is nothing beside the tasks.

mod facts;
mod follow;
mod form;
mod passes;
mod plan;
mod story;
mod tasks;
#[cfg(test)]
mod tests;

pub use facts::{Documents, Facts};
pub use follow::{Accepted, Course, Evidence, Followed, Party, Turn, agreed, bears_run, follow, sees, state};
pub use form::{Asked, Kind};
pub use passes::{Obstacle, Why};
pub use plan::{Planned, Receiver, plan};
pub use story::{Ending, Merger, Renumbered, Story, UnitBecomes, UnitMoves};
pub use tasks::{Owner, State, Task, What};
