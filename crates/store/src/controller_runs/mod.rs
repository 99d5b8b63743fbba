//! Controller update runs: orders with how they stand, the days on which they are switched, and documents as runs find them.

mod days;
mod documents;
mod events;
mod runs;

pub use days::{add_day, days, is_day, remove_day};
pub use documents::{
    Counted, Found, Moving, carry, carry_whole, cells_named, counts, documents_in, first_beyond, moving,
};
pub use events::{Happened, happened, history};
pub use runs::{
    Approvals, Run, Standing, again, all, approve, cancel, carried, counted, due, find, next_number, of_controllers,
    order, pause, report, reverse, settle, standing, state_with, succession, switch, switched_since, to_carry_through,
};
