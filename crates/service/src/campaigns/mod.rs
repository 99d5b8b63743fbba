//! Many applications at once: a vendor or an intermediary brings a sheet with a row for each customer that lets it act. Each row becomes
//! a draft of the customer's, filled in as far as the sheet goes, with its verdict; signing stays with the customer.

mod fields;
mod import;
mod list;
mod sign_many;

pub use fields::{COLUMNS, template};
pub use import::{Imported, import};
pub use liitos_store::campaigns::{Campaign, Line};
pub use list::{Progress, list, show};
pub use sign_many::{MOST, Signable, Signed, sign_many, signable};

/// Longest name of a campaign, in characters.
pub const MAX_NAME: usize = 200;
