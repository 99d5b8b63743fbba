//! The systems that are used, how they stand in Astori, whom one hits that may not be used, and what is written to them, what a system does, and where its supplier is written to.

mod declare;
mod letter;
mod list;
mod show;
mod supplier;

pub use declare::declare;
pub use letter::letter;
pub use liitos_store::system_suppliers::Supplier;
pub use list::{Watched, list};
pub use show::{Later, Shown, Use, show};
pub use supplier::supplier;

use crate::ServiceError;
use liitos_domain::RefusalCode;

fn missing() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "system")
}
