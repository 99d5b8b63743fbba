//! Documents that are on their way into the archive: so many are read at once, and all are counted.

use super::together::OnItsWay;
use crate::App;
use tokio::sync::SemaphorePermit;

/// So many bytes are read, and their signature verified, sooner than another thread takes over what else there is to do.
const SHORT: usize = 32 * 1024;

/// What came and is being read.
pub(super) struct Arriving<'a> {
    /// It may be stored together with others that are on their way.
    pub(super) on_its_way: OnItsWay<'a>,
    /// Held until its signature is verified: trees of large documents are not built without number at once.
    pub(super) reading: Option<SemaphorePermit<'a>>,
}

impl<'a> Arriving<'a> {
    /// Counts it, and waits until it may be read.
    pub(super) async fn begin(app: &'a App) -> Self {
        let on_its_way = app.together.coming();
        Self { on_its_way, reading: app.reading.acquire().await.ok() }
    }
}

/// Does work on so many bytes that takes the processor; others do not wait for what is long.
pub(super) fn busy<T>(bytes: usize, work: impl FnOnce() -> T) -> T {
    if bytes <= SHORT { work() } else { tokio::task::block_in_place(work) }
}
