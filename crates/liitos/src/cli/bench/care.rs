//! `liitos bench care`: the directory of a whole country as mCSD, built and searched.

use super::decide::now;
use clap::Args;
use liitos_documents::fhir::{BadQuery, CareDirectory, CareFacts, Kind, Query, searchset};
use liitos_domain::directory::reference::made_up;
use liitos_domain::directory::{Known, Past, SnapshotContent};
use liitos_domain::{Interval, Moment};
use serde_json::json;

#[derive(Args)]
pub(crate) struct Care {
    /// Rights in the made-up directory.
    #[arg(long, default_value_t = 100_000)]
    rights: u64,
}

pub(super) fn run(asked: &Care) -> Result<serde_json::Value, String> {
    let content = made_up::large(&mut made_up::Seeded::new(1), asked.rights);
    let at = content.issued_at;
    let facts = CareFacts { past: past(content), entries: Vec::new() };
    let (before, begun) = (super::resident_mb(), now());
    let directory = CareDirectory::build(&facts, at);
    let (built, memory) = (begun.elapsed(), super::resident_mb() - before);
    let mut searches = serde_json::Map::new();
    for (what, kind, name, value) in [
        (
            "affiliations of one joiner",
            Kind::OrganizationAffiliation,
            "participating-organization",
            "1.2.246.10.7.10.0",
        ),
        ("organisations by a part of the name", Kind::Organization, "name:contains", "246.10.123"),
    ] {
        let told = |error: BadQuery| error.to_string();
        let asked = [(name.to_owned(), value.to_owned())];
        let query = Query::search(kind, "https://kanta.example/fhir", &asked).map_err(told)?;
        let begun = now();
        let answer = searchset(&directory, &query).map_err(told)?.json();
        searches
            .insert(what.to_owned(), json!({ "ms": begun.elapsed().as_secs_f64() * 1000.0, "bytes": answer.len() }));
    }
    Ok(
        json!({ "rights": facts.past.rights.len(), "build_ms": built.as_millis(), "memory_mb": memory, "searches": searches }),
    )
}

fn past(content: SnapshotContent) -> Past {
    fn known<F>(facts: Vec<F>, at: Moment) -> Vec<Known<F>> {
        facts.into_iter().map(|fact| Known { fact, known: Interval::from(at) }).collect()
    }
    let at = content.issued_at.plus_seconds(-86_400);
    Past {
        joiners: known(content.joiners, at),
        access_points: known(content.access_points, at),
        rights: known(content.rights, at),
        tenants: known(content.tenants, at),
        closings: known(content.closings, at),
    }
}
