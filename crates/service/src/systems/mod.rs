//! The systems that are used, how they stand in Astori, whom one hits that may not be used, and what is written to them, and what a system does.

mod declare;
mod letter;
mod list;
mod show;

pub use declare::declare;
pub use letter::letter;
pub use list::{Watched, list};
pub use show::{Later, Shown, Use, show};

use crate::ServiceError;
use liitos_domain::RefusalCode;

fn missing() -> ServiceError {
    ServiceError::refused(RefusalCode::NotFound, "system")
}
