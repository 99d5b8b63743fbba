//! The parts of a package: what is counted to one cell stands together and once, each set of it once, with what is added to it. One part is remembered at a
//! time, and of the others that they were there.

use super::Record;
use liitos_domain::Oid;
use liitos_domain::archive::Cell;
use std::collections::HashSet;

/// What does not hold, with the file where.
pub(super) type Problem = (String, &'static str);

/// The parts that were read.
#[derive(Default)]
pub(super) struct Parts {
    seen: HashSet<Cell>,
    last: Option<Cell>,
    sets: HashSet<Oid>,
    documents: HashSet<Oid>,
    /// What is added to other documents, by its file.
    added: Vec<(String, String)>,
}

impl Parts {
    /// The next document, in its cell. `begins`: whether another set than the one before it.
    pub(super) fn take(&mut self, (record, cell): (&Record, &Cell), begins: bool, name: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.last.as_ref() != Some(cell) {
            problems = self.ended();
            if !self.seen.insert(cell.clone()) {
                problems.push((name.to_owned(), "its part of the register stands in the package twice"));
            }
            self.last = Some(cell.clone());
        }
        if begins && !self.sets.insert(record.set_id.clone()) {
            problems.push((name.to_owned(), "its set stands in the package twice"));
        }
        self.documents.insert(record.id.clone());
        if let Some(id) = &record.added_to {
            self.added.push((name.to_owned(), id.clone()));
        }
        problems
    }

    /// The last document of a part was read.
    pub(super) fn ended(&mut self) -> Vec<Problem> {
        let documents = std::mem::take(&mut self.documents);
        self.sets.clear();
        let added = std::mem::take(&mut self.added).into_iter();
        let alone = added.filter(|(_, id)| !Oid::parse(id).is_ok_and(|id| documents.contains(&id)));
        alone.map(|(file, _)| (file, "what it is added to is not with it")).collect()
    }
}
