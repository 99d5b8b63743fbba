//! The use cases on both databases, the doors by real sockets, the pages without a browser, the command line.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests may fail loudly")]

mod applications;
mod archive;
mod archive_commands;
mod archive_key;
mod archivists;
mod backups;
mod banned;
mod bodies;
mod broken_plans;
mod calls;
mod care;
mod carried;
mod certificates;
mod changes;
mod chapter_seven;
mod check_page;
mod collect;
mod command_line;
mod contacts;
mod controller_runs;
mod deployment_steps;
mod deployment_tests;
mod desk_programs;
mod directory;
mod directory_changes;
mod disclosed;
mod documents;
mod door_faults;
mod door_load;
mod doors;
mod enrolments;
mod faults;
mod fetched;
mod followed;
mod given_out;
mod html;
mod http2;
mod jobs;
mod killed_archive;
mod kills;
mod large;
mod let_in_across_runs;
mod look;
mod looked_for;
mod matters;
mod moves;
mod moves_halted;
mod moves_of_points;
mod notifications;
mod notified;
mod obligation;
mod ocsp;
mod office;
mod outbound;
mod outsourced;
mod pages;
mod pre_flight;
mod programs;
mod provided;
mod queried;
mod reached;
mod reception;
mod registers;
mod registers_live;
mod retention;
mod rules_hit;
mod runs_at_their_day;
mod runs_in_use;
mod runs_ordered;
mod sign_in;
mod social_care;
mod systems;
mod templates;
mod timeline;
mod together;
mod tokens;
mod tour;

/// Runs an async test body on SQLite and on PostgreSQL.
macro_rules! on_both {
    ($name:ident, $body:ident) => {
        mod $name {
            use super::$body;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                $body(liitos_testkit::Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgres() {
                $body(liitos_testkit::Database::Postgres).await;
            }
        }
    };
}
pub(crate) use on_both;
