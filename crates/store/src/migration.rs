//! The schema's history. A migration is one SQL text for both databases, with triggers in each one's own words; it is never changed after it has landed, and
//! leaves the old code able to run.

use crate::StoreError;
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::prelude::*;

/// A migration by the name of its files.
macro_rules! migration {
    ($name:literal) => {
        SqlMigration {
            name: $name,
            sql: include_str!(concat!("../migrations/", $name, ".sql")),
            postgres: "",
            sqlite: "",
        }
    };
    ($name:literal, with each own words) => {
        SqlMigration {
            postgres: include_str!(concat!("../migrations/", $name, ".postgres.sql")),
            sqlite: include_str!(concat!("../migrations/", $name, ".sqlite.sql")),
            ..migration!($name)
        }
    };
    ($name:literal, for PostgreSQL alone) => {
        SqlMigration {
            name: $name,
            sql: "",
            postgres: include_str!(concat!("../migrations/", $name, ".postgres.sql")),
            sqlite: "",
        }
    };
}

/// Runs the migrations in order.
pub(crate) struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(migration!("0001_first")),
            Box::new(migration!("0002_signature_once")),
            Box::new(migration!("0003_registers_kept_up")),
            Box::new(migration!("0004_whole_directory", with each own words)),
            Box::new(migration!("0005_calls_seen")),
            Box::new(migration!("0006_collection_points", with each own words)),
            Box::new(migration!("0007_outbound")),
            Box::new(migration!("0008_members")),
            Box::new(migration!("0009_applications_followed")),
            Box::new(migration!("0010_acceptances")),
            Box::new(migration!("0011_contacts")),
            Box::new(migration!("0012_office")),
            Box::new(migration!("0013_programs")),
            Box::new(migration!("0014_once")),
            Box::new(migration!("0015_enrolment", with each own words)),
            Box::new(migration!("0016_concerned")),
            Box::new(migration!("0017_by_right")),
            Box::new(migration!("0018_archive")),
            Box::new(migration!("0019_controller_runs")),
            Box::new(migration!("0020_use_log")),
            Box::new(migration!("0021_register_access")),
            Box::new(migration!("0022_archive_looked_up")),
            Box::new(migration!("0023_bodies")),
            Box::new(migration!("0024_outsourcing")),
            Box::new(migration!("0025_retention")),
            Box::new(migration!("0026_wills")),
            Box::new(migration!("0027_temporary")),
            Box::new(migration!("0028_banned")),
            Box::new(migration!("0029_signing_agreements")),
            Box::new(migration!("0030_archive_secrets")),
            Box::new(migration!("0031_matters")),
            Box::new(migration!("0032_bodies_in_place", for PostgreSQL alone)),
            Box::new(migration!("0033_given_out")),
            Box::new(migration!("0034_rests", for PostgreSQL alone)),
            Box::new(migration!("0035_changes")),
            Box::new(migration!("0036_sealed_lines")),
            Box::new(migration!("0037_notifications")),
            Box::new(migration!("0038_faults")),
            Box::new(migration!("0039_moves")),
            Box::new(migration!("0040_fetched")),
            Box::new(migration!("0041_deployment_tests")),
            Box::new(migration!("0042_planned_by_notification")),
            Box::new(migration!("0043_service_tasks")),
            Box::new(migration!("0044_unused_index")),
            Box::new(migration!("0045_system_functions")),
            Box::new(migration!("0046_outbound_of_unit")),
            Box::new(migration!("0047_key_for")),
            Box::new(migration!("0048_found")),
            Box::new(migration!("0049_tried")),
            Box::new(migration!("0050_call_system")),
            Box::new(migration!("0051_system_supplier")),
            Box::new(migration!("0052_right_checked", for PostgreSQL alone)),
            Box::new(migration!("0053_cell_active")),
            Box::new(migration!("0054_born")),
            Box::new(migration!("0055_rare")),
            Box::new(migration!("0056_cell_stored")),
            Box::new(migration!("0057_made_in")),
        ]
    }
}

/// How many migrations are applied and how many are known, for `liitos doctor`.
///
/// # Errors
/// When the database is not there.
pub async fn schema_status(store: &crate::Store) -> Result<(usize, usize), StoreError> {
    let applied = Migrator::get_applied_migrations(store.writer_connection()).await?;
    Ok((applied.len(), Migrator::migrations().len()))
}

struct SqlMigration {
    name: &'static str,
    sql: &'static str,
    /// What only PostgreSQL's words can say: triggers, functions.
    postgres: &'static str,
    /// The same in SQLite's.
    sqlite: &'static str,
}

impl MigrationName for SqlMigration {
    fn name(&self) -> &str {
        self.name
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SqlMigration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let (key, blob, own) = match connection.get_database_backend() {
            DbBackend::Postgres => ("BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", "BYTEA", self.postgres),
            _ => ("INTEGER PRIMARY KEY AUTOINCREMENT", "BLOB", self.sqlite),
        };
        let sql = self.sql.replace("{KEY}", key).replace("{BLOB}", blob);
        for text in [sql.as_str(), own] {
            if !text.is_empty() {
                connection.execute_unprepared(text).await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Store;

    /// What was stored under the first schema is there after all later migrations, and what the first code wrote can still
    /// be written.
    #[tokio::test]
    async fn nothing_is_lost_and_the_old_code_survives() {
        let file = std::env::temp_dir().join(format!("liitos-migration-{}.db", std::process::id()));
        let _ = std::fs::remove_file(&file);
        let store = Store::connect(&format!("sqlite:{}", file.display())).await.unwrap();
        let connection = store.writer_connection();
        Migrator::up(connection, Some(1)).await.unwrap();
        let write = async |number: u32| {
            let message = format!("INSERT INTO message VALUES ('1.2.{number}', 'h', 'a', '1.3.{number}', '1.4', 5)");
            let document = format!(
                "INSERT INTO document (document_id, set_id, version, joiner, controller, register_code, access_point, \
                 message_id, policy, signer_fingerprint, signed_at, stored_at, hash, body) VALUES \
                 ('1.3.{number}', '1.3', 1, '1.4', '1.5', '2', '1.6', '1.2.{number}', 'strict', '{}', 1, 2, 'h', x'00ff')",
                "0".repeat(64)
            );
            let import = format!(
                "INSERT INTO register_import (register, file_name, file_hash, at, report) VALUES ('sote', 'f', 'h', {number}, '{{}}')"
            );
            let change = format!(
                "INSERT INTO directory_change VALUES ({number}, 7, 'test', 'a', 'b', '{}', '{{}}')",
                liitos_domain::Sha256Hash::of(b"{}")
            );
            let oid = liitos_domain::Oid::parse(&format!("1.4.{number}")).unwrap();
            let valid = liitos_domain::Interval::from(liitos_domain::Moment::from_seconds(9));
            let body = serde_json::to_string(&liitos_domain::directory::Joiner {
                oid,
                rate: liitos_domain::service_code::RateClass::Ordinary,
                valid,
            })
            .unwrap();
            let joiner = format!(
                "INSERT INTO directory_joiner (oid, body, since_version) VALUES ('1.4.{number}', '{body}', {number})"
            );
            connection.execute_unprepared(&change).await.unwrap();
            connection.execute_unprepared(&joiner).await.unwrap();
            connection.execute_unprepared(&import).await.unwrap();
            connection.execute_unprepared(&message).await.unwrap();
            connection.execute_unprepared(&document).await.unwrap();
        };
        write(1).await;
        store.migrate().await.unwrap();
        write(2).await;
        // What the old code wrote, before and after, has its leaves and keys at the next start.
        store.migrate().await.unwrap();
        assert_eq!(crate::directory::leaves(store.read(), 9).await.unwrap().len(), 2);
        let keyed = connection.query_one_raw(sea_orm::Statement::from_string(
            DbBackend::Sqlite,
            "SELECT count(*) AS count FROM directory_joiner WHERE same = oid AND valid_from > 0",
        ));
        assert_eq!(keyed.await.unwrap().unwrap().try_get::<i64>("", "count").unwrap(), 2);
        // Both documents wait to be brought over, byte for byte.
        let before = crate::archive::not_brought_over(store.read(), "", 9).await.unwrap();
        let bodies: Vec<_> = before.iter().map(|one| (one.id.as_str(), &one.body[..])).collect();
        assert_eq!(bodies, [("1.3.1", &[0, 255][..]), ("1.3.2", &[0, 255][..])]);
        let id = liitos_domain::Oid::parse("1.3.1").unwrap();
        assert!(crate::archive::is_stored(store.read(), &id).await.unwrap());
        assert_eq!(schema_status(&store).await.unwrap(), (57, 57));
        std::fs::remove_file(file).unwrap();
    }
}
