//! Death at a chosen step: the database ends the connection (PostgreSQL) or the statement (SQLite) the moment a table is
//! about to change, so that everything after it never happens.

use liitos_store::Store;
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use std::collections::BTreeMap;

/// From now on, whoever changes the table dies.
///
/// # Panics
/// When the database does not take the trigger.
pub async fn break_table(store: &Store, table: &str) {
    let mut statements = Vec::new();
    match store.write().get_database_backend() {
        DbBackend::Postgres => {
            // The sleep lets the backend notice that it is to end.
            statements.push(
                "CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NEW; END $$"
                    .to_owned(),
            );
            statements.push(format!(
                "CREATE TRIGGER fault BEFORE INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION die()"
            ));
        }
        _ => {
            for change in ["INSERT", "UPDATE", "DELETE"] {
                statements.push(format!(
                    "CREATE TRIGGER fault_{change} BEFORE {change} ON {table} BEGIN SELECT RAISE(ABORT, 'dead'); END"
                ));
            }
        }
    }
    run(store, statements).await;
}

/// The table can be changed again.
///
/// # Panics
/// When it was not broken.
pub async fn mend_table(store: &Store, table: &str) {
    let statements = match store.write().get_database_backend() {
        DbBackend::Postgres => vec![format!("DROP TRIGGER fault ON {table}")],
        _ => ["INSERT", "UPDATE", "DELETE"].map(|change| format!("DROP TRIGGER fault_{change}")).into(),
    };
    run(store, statements).await;
}

/// Changes what is kept behind the product's back.
///
/// # Panics
/// When the database does not take it.
pub async fn change(store: &Store, statement: &str) {
    run(store, vec![statement.to_owned()]).await;
}

/// Every row of every table, as text.
///
/// # Panics
/// When the database is not there.
pub async fn contents(store: &Store) -> BTreeMap<String, Vec<String>> {
    let backend = store.read().get_database_backend();
    let tables = match backend {
        DbBackend::Postgres => "SELECT table_name AS t FROM information_schema.tables WHERE table_schema = 'public'",
        _ => "SELECT name AS t FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    };
    let mut found = BTreeMap::new();
    for table in texts(store, tables.to_owned()).await {
        let rows = if backend == DbBackend::Postgres {
            format!("SELECT x::text AS t FROM {table} x ORDER BY 1")
        } else {
            let columns = format!("SELECT 'quote(' || name || ')' AS t FROM pragma_table_info('{table}')");
            let quoted = texts(store, columns).await.join(" || ',' || ");
            format!("SELECT {quoted} AS t FROM {table} ORDER BY 1")
        };
        let rows = texts(store, rows).await;
        found.insert(table, rows);
    }
    found
}

async fn run(store: &Store, statements: Vec<String>) {
    for statement in statements {
        store.write().execute_unprepared(&statement).await.unwrap();
    }
}

async fn texts(store: &Store, sql: String) -> Vec<String> {
    let statement = Statement::from_string(store.read().get_database_backend(), sql);
    let rows = store.read().query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "t").unwrap()).collect()
}
