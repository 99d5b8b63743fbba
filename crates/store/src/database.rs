//! Connections and transactions.

use crate::StoreError;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use std::path::Path;
use std::time::Duration;

/// Reading connections.
const READERS: u32 = 8;
/// Writing connections on PostgreSQL; SQLite has one.
const WRITERS: u32 = 8;
/// Connections on PostgreSQL that keep documents together: as many groups are written at once.
const TOGETHER: u32 = 2;

/// After so long without use a connection to a server may be gone: it was started anew, for instance. One that was lost sooner fails one call.
const RESTED: Duration = Duration::from_secs(1);

/// What writers may exclude each other on.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// Versions of the directory.
    Directory,
    /// The audit trail's chain.
    Audit,
    /// Application numbers.
    Applications,
    /// Contacts of joiners.
    Contacts,
    /// Programs, delegations and webhooks.
    Grants,
    /// Whose documents are whose: storing shares it, a controller update run's switch holds it.
    Controllers,
    /// Seals of the use log.
    Seals,
    /// Numbers of organisational changes, of notifications and of faults.
    Changes,
}

impl Lock {
    /// Its key among PostgreSQL's advisory locks.
    pub(crate) const fn key(self) -> (i32, i32) {
        (7213, self as i32)
    }
}

/// A transaction; dropped without [`Transaction::commit`], nothing of it stays.
pub struct Transaction {
    inner: DatabaseTransaction,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Store {
    readers: DatabaseConnection,
    writer: DatabaseConnection,
    /// The writer, but on PostgreSQL connections of their own.
    together: DatabaseConnection,
}

impl Store {
    /// Tidies tables that were filled at once, and writes down what lies in memory, as the database itself would in time: what is measured among
    /// their rows is not measured beside that.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn tidy(&self, tables: &[&'static str]) -> Result<(), StoreError> {
        if self.writer.get_database_backend() == DbBackend::Postgres {
            for table in tables {
                self.writer.execute_unprepared(&format!("VACUUM (ANALYZE) {table}")).await?;
            }
            // Not everybody may ask for that; then the database comes to it by itself.
            let _ = self.writer.execute_unprepared("CHECKPOINT").await;
        }
        Ok(())
    }

    /// Connects: `sqlite:/path/file.db`, `sqlite::memory:` is not offered, `postgres://…`.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn connect(address: &str) -> Result<Self, StoreError> {
        if address.starts_with("postgres:") || address.starts_with("postgresql:") {
            // Two pools: who holds a transaction and reads beside it must never wait for those who wait for its lock.
            let to_server = |connections| {
                let mut options = options(address, connections);
                // Whether a connection is still there is a way there and back: it is asked of those that have rested, not each time.
                options.test_before_acquire_if_idle_for(RESTED);
                options
            };
            let readers = Database::connect(to_server(READERS)).await?;
            let writer = Database::connect(to_server(WRITERS)).await?;
            // Few, so that each has soon prepared the one statement; and that, long as it is, is planned once: what it does is the same
            // whatever it brings.
            let mut together = to_server(TOGETHER);
            together.map_sqlx_postgres_opts(|server| server.options([("plan_cache_mode", "force_generic_plan")]));
            let together = Database::connect(together).await?;
            return Ok(Self { readers, writer, together });
        }
        if !address.starts_with("sqlite:") {
            return Err(StoreError::Address);
        }
        let separator = if address.contains('?') { '&' } else { '?' };
        let address = format!("{address}{separator}mode=rwc");
        let writer = Database::connect(options(&address, 1)).await?;
        let readers = Database::connect(options(&address, READERS)).await?;
        Ok(Self { readers, together: writer.clone(), writer })
    }

    /// Brings the schema up to date; nothing happens when it is.
    ///
    /// # Errors
    /// When a migration fails; it is one transaction, so nothing half-done stays.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        crate::migration::Migrator::up(&self.writer, None).await?;
        let tx = self.begin().await?;
        crate::directory::complete(&tx).await?;
        tx.commit().await
    }

    /// How many transactions may write at once.
    #[must_use]
    pub fn writers(&self) -> usize {
        if self.writer.get_database_backend() == DbBackend::Postgres { WRITERS as usize } else { 1 }
    }

    /// The connection for reading.
    #[must_use]
    pub fn read(&self) -> &impl ConnectionTrait {
        &self.readers
    }

    /// The connection for what needs no transaction but writes (sessions, jobs).
    #[must_use]
    pub fn write(&self) -> &impl ConnectionTrait {
        &self.writer
    }

    /// The connection for the statement that keeps documents together.
    pub(crate) const fn together(&self) -> &DatabaseConnection {
        &self.together
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        // At once the writing one: a transaction that reads first and writes later would fail, not wait, when another
        // process wrote in between.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(Transaction { inner: self.writer.begin_with_options(options).await? })
    }

    /// Copies the whole database, as it is at one moment, into a new file while others go on; `false` where it is no file: PostgreSQL has tools of its
    /// own for that.
    ///
    /// # Errors
    /// When the file is there already, or cannot be written.
    pub async fn copy_into(&self, file: &Path) -> Result<bool, StoreError> {
        if self.readers.get_database_backend() != DbBackend::Sqlite {
            return Ok(false);
        }
        let file = file.to_string_lossy().into_owned();
        let copy = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO ?", [file.into()]);
        self.readers.execute_raw(copy).await?;
        Ok(true)
    }

    pub(crate) fn writer_connection(&self) -> &DatabaseConnection {
        &self.writer
    }
}

impl Transaction {
    /// Waits until no other transaction holds the lock; it is let go at the end of this one.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn lock(&self, lock: Lock) -> Result<(), StoreError> {
        self.advise("pg_advisory_xact_lock", lock).await
    }

    /// Waits until no other transaction holds the lock alone; others may share it. It is let go at the end of this one.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn share(&self, lock: Lock) -> Result<(), StoreError> {
        self.advise("pg_advisory_xact_lock_shared", lock).await
    }

    async fn advise(&self, how: &str, lock: Lock) -> Result<(), StoreError> {
        // On SQLite a transaction is the writing one from its beginning, and excludes all others.
        if self.inner.get_database_backend() == DbBackend::Postgres {
            let (class, key) = lock.key();
            let sql = format!("SELECT {how}({class}, {key})");
            self.inner.execute_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        }
        Ok(())
    }

    /// Much is to be written and looked up in turn: PostgreSQL plans each look-up for the table as it has grown, not as it
    /// was when the statement was first seen, and by its indexes, whatever its statistics say yet.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn in_bulk(&self) -> Result<(), StoreError> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            for setting in ["plan_cache_mode = force_custom_plan", "enable_seqscan = off"] {
                self.inner.execute_unprepared(&format!("SET LOCAL {setting}")).await?;
            }
        }
        Ok(())
    }

    /// Much was written into a table: PostgreSQL counts it anew for those who look things up next.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn count_anew(&self, table: &'static str) -> Result<(), StoreError> {
        if self.inner.get_database_backend() == DbBackend::Postgres {
            self.inner.execute_unprepared(&format!("ANALYZE {table}")).await?;
        }
        Ok(())
    }

    /// The connection inside the transaction.
    #[must_use]
    pub fn connection(&self) -> &impl ConnectionTrait {
        &self.inner
    }

    /// Makes it last.
    ///
    /// # Errors
    /// When it could not; nothing of it stays then.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }
}

fn options(address: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(address.to_owned());
    options.max_connections(connections).acquire_timeout(Duration::from_secs(30)).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(|sqlite| {
        use sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
        sqlite
            .journal_mode(SqliteJournalMode::Wal)
            // A stored document must survive a power cut (design section 6).
            .synchronous(SqliteSynchronous::Full)
            // Pages of the log that are brought over into the database at once, by whoever commits then: one in some hundreds who write a few pages each waits
            // for it, not one in a hundred as by itself.
            .pragma("wal_autocheckpoint", "4000")
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
    });
    options
}
