//! The archive's tables: messages and what they were answered, documents, the cells that they are counted to, the keys of registers.

mod accesses;
mod around;
mod before;
mod cells;
mod documents;
mod keys;
mod messages;
mod rests;
mod search;
mod uses;

pub use accesses::{add_accesses, let_in_by, lets_in};
pub use around::{Around, around};
pub use before::{Before, not_brought_over};
pub(crate) use cells::read as read_cell;
pub use cells::{cell, cell_of};
pub use documents::{
    Kept, NewDocument, Sealed, Void, body, count, find, insert, invalidate, is_stored, newest, supersede, void,
};
pub use keys::{RegisterKey, add_key, current_key, key, some_key};
pub use messages::{Answered, NewMessage, answered, take};
pub use rests::{Rests, rests};
pub use search::{Listed, added_to, of_cell, search};
pub use uses::{
    Line, LinesAsked, add_uses, first_broken_seal, newest_seal, seal_uses, sealed_hashes, sealed_uses, seals_about,
    seals_after, uses,
};
