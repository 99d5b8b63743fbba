//! Gives out a controller's register whole, as a package that anybody can verify without a server.

use super::bodies::opened;
use super::use_log::seal_uses;
use crate::controller_runs::Cells;
use crate::{Actor, App, ServiceError};
use liitos_documents::package::{DeclaredVoid, Manifest, ProvedUse, Record, SwitchedRun, Writer};
use liitos_domain::archive::{Act, Cell, Ground, Standing, Succession, Use};
use liitos_domain::transparency::Tree;
use liitos_domain::{Duty, Moment, Oid, RefusalCode, Sha256Hash};
use liitos_store::archive::{self, LinesAsked, Listed};
use liitos_store::controller_runs::{self, Run};
use liitos_store::{Lock, audit};
use std::collections::BTreeSet;
use std::io::Write;

/// Seals or documents that are read at once.
const AT_ONCE: u64 = 500;

/// Writes the register of a controller: all documents that are its now, all versions, and what the use log tells of its register: what was
/// done with a document while it was another controller's stands in that one's. `told`: how many
/// documents have been written.
///
/// # Errors
/// L-602 for whoever keeps no registers; [`ServiceError`] as the database and the place that is written to.
pub async fn export_register<W: Write + Send>(
    app: &App,
    actor: &Actor,
    controller: &Oid,
    out: W,
    told: impl FnMut(u64) + Send,
) -> Result<(Manifest, W), ServiceError> {
    actor.must_carry_out(Duty::Keep)?;
    let (as_of, runs) = begun(app, actor, controller).await?;
    let succession = controller_runs::followed(&runs);
    while seal_uses(app).await? {}
    // What is sealed later is in a later package.
    let seals = archive::newest_seal(app.store.read()).await?.map_or(0, |seal| seal.number);
    let mut export = Export { app, writer: Writer::new(out).map_err(fault)?, as_of, seals, written: 0, told };
    export.runs(controller, &succession, runs).await?;
    export.documents(controller, &succession).await?;
    export.seals().await?;
    export.uses(controller).await?;
    let sign = |manifest: &[u8]| app.publication.sign_package(manifest);
    tokio::task::block_in_place(|| export.writer.finish(controller, as_of, sign)).map_err(fault)
}

fn fault(error: std::io::Error) -> ServiceError {
    ServiceError::internal("the package", error)
}

/// Writes down that it is given out, and by whom; the moment of which the package tells, and the runs that were switched until then.
async fn begun(app: &App, actor: &Actor, controller: &Oid) -> Result<(Moment, Vec<Run>), ServiceError> {
    let tx = app.store.begin().await?;
    // Whoever was storing has stored: nothing of before this moment comes later.
    tx.lock(Lock::Controllers).await?;
    let at = app.now();
    let line = Use {
        at,
        by: actor.reference.clone(),
        act: Act::Exported,
        ground: Ground::Ordered,
        controller: controller.clone(),
        joiner: controller.clone(),
        tenant: None,
        document: None,
        person: None,
        decision: String::new(),
        more: None,
    };
    archive::add_uses(&tx, &[line]).await?;
    let (actor, details) = (actor.reference.as_str(), serde_json::Value::Null);
    let event = audit::Event { actor, action: "archive.exported", subject: controller.as_str(), details };
    audit::record(&tx, &event, at).await?;
    let runs = controller_runs::switched(tx.connection()).await?;
    // What was stored behind a switch by a clock that is ahead of this one's is behind the switch here, too.
    let as_of = controller_runs::standing(tx.connection()).await?.behind(at);
    archive::give_out(&tx, as_of).await?;
    tx.commit().await?;
    Ok((as_of, runs))
}

/// A package that is being written.
struct Export<'a, W: Write, T> {
    app: &'a App,
    writer: Writer<W>,
    as_of: Moment,
    /// The number of the last seal that is in it.
    seals: u64,
    written: u64,
    told: T,
}

impl<W: Write + Send, T: FnMut(u64) + Send> Export<'_, W, T> {
    /// The runs by which documents came to the controller, or left it.
    async fn runs(&mut self, controller: &Oid, succession: &Succession, runs: Vec<Run>) -> Result<(), ServiceError> {
        let (mut cells, mut told) = (Cells::named(succession.named(controller), 0), BTreeSet::new());
        while let Some(some) = cells.next(self.app).await? {
            some.iter().for_each(|one| told.extend(succession.concerning(controller, &one.cell)));
        }
        for run in runs.into_iter().filter(|run| told.contains(&run.key)) {
            let report = run.report.as_deref().map(serde_json::from_str).transpose()?;
            let unswitched = || ServiceError::refused(RefusalCode::Internal, run.number.clone());
            let switched_at = run.switched_at.ok_or_else(unswitched)?;
            let run = SwitchedRun { number: run.number, order: run.order, switched_at, report };
            self.writer.run(&run).map_err(fault)?;
        }
        Ok(())
    }

    async fn documents(&mut self, controller: &Oid, succession: &Succession) -> Result<(), ServiceError> {
        let mut cells = Cells::named(succession.named(controller), 0);
        while let Some(some) = cells.next(self.app).await? {
            for one in some.iter().filter(|one| succession.active(&one.cell).0 == controller) {
                self.cell(one.key, &one.cell).await?;
            }
        }
        Ok(())
    }

    async fn cell(&mut self, key: i64, cell: &Cell) -> Result<(), ServiceError> {
        let db = self.app.store.read();
        let mut after: Option<(Oid, u32)> = None;
        loop {
            let past = after.as_ref().map(|(set, version)| (set, *version));
            let some = archive::of_cell(db, (key, cell), past, self.as_of, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = Some((last.set_id.clone(), last.version));
            for listed in some {
                let missing = || ServiceError::refused(RefusalCode::Internal, listed.id.to_string());
                let sealed = archive::body(db, &listed.id).await?.ok_or_else(missing)?;
                let body = opened(self.app, &listed.id, &sealed, hash_of(&listed)?).await?;
                let void = match listed.standing {
                    Standing::Invalidated => archive::void(db, &listed.set_id).await?,
                    Standing::Newest | Standing::Replaced => None,
                };
                let void = void.map(|void| DeclaredVoid { reason: void.reason, at: void.at });
                let record = Record { void, ..record(listed)? };
                tokio::task::block_in_place(|| self.writer.document(&record, &body)).map_err(fault)?;
                self.written += 1;
                (self.told)(self.written);
            }
        }
    }

    /// All seals: each holds the one before, so that none can be left out.
    async fn seals(&mut self) -> Result<(), ServiceError> {
        let mut after = 0;
        loop {
            let some = archive::seals_after(self.app.store.read(), after, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = last.number;
            for seal in some.into_iter().filter(|seal| seal.number <= self.seals) {
                self.writer.seal(seal).map_err(fault)?;
            }
            if after >= self.seals {
                return Ok(());
            }
        }
    }

    /// The lines about the controller's register, each with the way to its seal's root.
    async fn uses(&mut self, controller: &Oid) -> Result<(), ServiceError> {
        let (mut after, last_seal) = (0, self.seals);
        loop {
            let some = archive::seals_about(self.app.store.read(), controller, after, AT_ONCE).await?;
            let Some(last) = some.last() else { return Ok(()) };
            after = *last;
            for seal in some.into_iter().filter(|seal| *seal <= last_seal) {
                self.uses_under(controller, seal).await?;
            }
            if after >= self.seals {
                return Ok(());
            }
        }
    }

    async fn uses_under(&mut self, controller: &Oid, seal: u64) -> Result<(), ServiceError> {
        let db = self.app.store.read();
        let hashes = archive::sealed_hashes(db, seal).await?;
        let mut tree = Tree::default();
        hashes.iter().for_each(|(_, hash)| tree.push(*hash));
        let asked = LinesAsked { controller: Some(controller), seal: Some(seal), ..LinesAsked::default() };
        for line in archive::uses(db, asked, hashes.len() as u64).await?.into_iter().rev() {
            let place = hashes.binary_search_by_key(&line.number, |(key, _)| *key).unwrap_or(usize::MAX) as u64;
            let path = tree.inclusion(place).unwrap_or_default();
            self.writer.proved_use(ProvedUse { line: line.told, seal, place, path }).map_err(fault)?;
        }
        Ok(())
    }
}

fn hash_of(listed: &Listed) -> Result<Sha256Hash, ServiceError> {
    Sha256Hash::parse(&listed.hash).ok_or_else(|| ServiceError::refused(RefusalCode::Internal, "hash"))
}

fn record(listed: Listed) -> Result<Record, ServiceError> {
    Ok(Record {
        sha256: hash_of(&listed)?,
        id: listed.id,
        set_id: listed.set_id,
        version: listed.version,
        standing: listed.standing,
        void: None,
        controller: listed.controller,
        archived_for: Some(listed.cell.controller),
        month: Some(listed.cell.month),
        register: listed.cell.register,
        unit: listed.cell.unit,
        customer: listed.cell.customer,
        kind: listed.kind,
        task: listed.task,
        retention: listed.keeping.class,
        event: listed.event,
        added_to: listed.added_to,
        made_at: listed.made_at,
        stored_at: listed.stored_at,
        joiner: listed.joiner,
        tenant: listed.tenant,
        policy: listed.policy,
        media_type: listed.media_type,
        bytes: listed.size,
    })
}
