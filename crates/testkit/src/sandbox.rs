//! A whole sandbox for a test, on either database.

use crate::app::TestDatabase;
use crate::{Database, database_address};
use liitos::sandbox::{Options, Sandbox};
use std::ops::Deref;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long a test bears with what must happen soon: only a fault takes so long, never a slow machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A running sandbox; its folder goes with it.
pub struct TestSandbox(Sandbox, #[expect(dead_code, reason = "kept to go with it")] TestDatabase);

impl TestSandbox {
    /// A new sandbox on free ports.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(database: Database) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("liitos-sandbox-{}-{number}", std::process::id()));
        let database = TestDatabase(database_address(database));
        let options = Options { folder, listen: ([127, 0, 0, 1], 0).into(), database: Some(database.0.clone()) };
        Self(Sandbox::start(options).await.unwrap(), database)
    }
}

impl Deref for TestSandbox {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.0
    }
}

impl Drop for TestSandbox {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0.folder);
    }
}
