//! Controller update runs: orders with how they stand, the days on which they are switched, and documents as runs find them.

mod days;
mod documents;
mod events;
mod runs;

pub use days::{add_day, days, is_day, remove_day};
pub use documents::{
    Counted, Found, Joined, all_stored_until, carry, cells_named, cells_to_look_at, counts, documents_in, first_of,
    moving_in, stored_until,
};
pub use events::{Happened, happened, history};
pub use runs::{
    Approvals, Run, Standing, Walk, again, all, approve, cancel, due, find, followed, next_number, of_controllers,
    order, pause, prioritise, report, reverse, settle, standing, state_with, succession, switch, switched,
    switched_since, to_carry_through, walked,
};
