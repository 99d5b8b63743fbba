//! Messages from Kanta to units: taken with their own id as key, brought by an outbound door at least once, and kept until the
//! unit's system has acknowledged them.

mod deliver;
mod list;
mod take;

pub use deliver::deliver_due;
pub use liitos_store::outbound::Listed;
pub use list::list;
pub use take::{Handed, Taken, take};
