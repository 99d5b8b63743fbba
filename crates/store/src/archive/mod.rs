//! The archive's tables: messages and what they were answered, documents, the cells that they are counted to, the keys of registers.

mod accesses;
mod around;
mod arrays;
mod before;
mod bodies;
mod cells;
mod documents;
mod keys;
mod matters;
mod messages;
mod objects;
mod rests;
mod search;
mod together;
mod uses;
mod wills;

pub use accesses::{Comer, add_accesses, add_outsourcing, let_in, lets_in};
pub use around::{Around, around};
pub use before::{Before, not_brought_over};
pub use bodies::{
    Looked, Round, add_damage, begin_round, body, clear_damage, count_damaged, damaged, documents_after,
    go_on_with_round, lies_outside, newest_round, note_keeping, retired_key_of, wrap_anew,
};
pub(crate) use cells::read as read_cell;
pub use cells::{cell, cell_of, has_cell_in};
pub use documents::{
    Kept, NewDocument, Own, Sealed, Void, ban_set, count, find, find_whole, hold_followed, insert, invalidate,
    is_signed, is_stored, newest, rewrite, supersede, taken, void,
};
pub use keys::{
    RegisterKey, add_key, add_secret, all_keys, current_key, destroy_keys, keep_secret, key, old_keys, replace_key,
    secret, some_key, wrap_key_anew,
};
pub use matters::{KeptMatter, add_matter, joint_matters, matters, matters_by};
pub use messages::{Answered, NewMessage, answered, take};
pub use objects::{begin_object, claim_object, forget_object, left_objects, settle_object};
pub use rests::{Rests, Supposed, behind_packages, give_out, rests, told_of};
pub use search::{Listed, Whose, added_to, of_cell, search};
pub use together::keep_together;
pub(crate) use uses::read_line;
pub use uses::{
    Line, LinesAsked, LostPiece, add_uses, first_broken_seal, lost_after, newest_seal, seal, seal_uses, sealed_hashes,
    sealed_uses, seals_about, seals_after, uses, write_uses,
};
pub use wills::{add_will, will_of, wills};
