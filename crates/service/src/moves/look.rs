//! Looks at a move as it will be: who goes when, what it changes, who has to agree, and what stands in its way.

use super::{Move, acts_for};
use crate::notifications::broken;
use crate::{App, ServiceError};
use liitos_domain::application::FieldError;
use liitos_domain::moves::{Consent, Counted, Judged, Moving, Standing, Target, consent_needed, judge, read, shape};
use liitos_domain::rules::{Outcome, Severity, joined};
use liitos_domain::{Oid, Sha256Hash};
use liitos_store::moves::Moved;
use liitos_store::{directory, moves};
use std::collections::{BTreeMap, BTreeSet};

/// A move as it will be.
#[derive(Clone, Debug)]
pub struct Looked {
    /// What is wrong with what was filled in; nothing else is known then.
    pub wrong: Vec<FieldError>,
    /// What it says, with who goes when and what that changes.
    pub said: Option<(Moving, Judged)>,
    /// The rules that are broken then and would not be without it.
    pub outcomes: Vec<Outcome<'static>>,
    /// How whoever is moved agrees.
    pub consents: BTreeMap<Oid, Consent>,
    /// What an approval is bound to: what was filled in, and what it changes.
    pub hash: Sha256Hash,
}

impl Looked {
    /// The first thing that stands in its way.
    #[must_use]
    pub fn hindrance(&self) -> Option<String> {
        let wrong = self.wrong.first().map(|error| error.field.clone());
        let found = self.said.iter().flat_map(|(_, judged)| &judged.findings);
        let mut found = found.filter(|finding| finding.severity == Severity::Error);
        let broken = self.outcomes.iter().find(|outcome| outcome.rule.severity == Severity::Error);
        let first = wrong.or_else(|| found.next().map(|finding| format!("{}: {}", finding.what, finding.of)));
        first.or_else(|| broken.map(|outcome| outcome.rule.id.clone()))
    }

    /// Whether it can be sent and approved.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.hindrance().is_none()
    }

    /// Who is moved, as it is kept.
    ///
    /// # Errors
    /// When an effect cannot be written as JSON, which does not happen.
    pub(super) fn moved(&self) -> Result<Vec<Moved>, ServiceError> {
        let Some((moving, judged)) = &self.said else { return Ok(Vec::new()) };
        let mut all = Vec::with_capacity(moving.targets.len());
        let each = moving.targets.iter().zip(&judged.seats).zip(&judged.effects).enumerate();
        for (place, ((target, seat), effect)) in each {
            all.push(Moved {
                place,
                subject: target.subject.clone(),
                party: target.party(moving.kind()),
                new: target.new.clone(),
                seat: *seat,
                shape: shape(effect)?,
                standing: Standing::Planned,
                reason: None,
                version: None,
                back: None,
                counted: Counted::default(),
            });
        }
        Ok(all)
    }
}

/// Looks at a move by what is so now.
pub(super) async fn looked(app: &App, one: &Move) -> Result<Looked, ServiceError> {
    let mut looked = Looked {
        wrong: Vec::new(),
        said: None,
        outcomes: Vec::new(),
        consents: BTreeMap::new(),
        hash: Sha256Hash::of(b""),
    };
    let moving = match read(one.kind, &one.form) {
        Ok(moving) => moving,
        Err(wrong) => {
            looked.wrong = wrong;
            return Ok(looked);
        }
    };
    let db = app.store.read();
    let rows = directory::rows(db, directory::version(db).await?).await?;
    // Whoever decides later takes nothing from its notice.
    let sent = one.sent_at.filter(|_| !super::editable(one.course)).unwrap_or_else(|| app.now());
    let judged = judge(&moving, &one.leader, (sent, app.now()), &rows);
    if let Ok(after) = &judged.after {
        let mut whose: BTreeSet<Oid> = moving.targets.iter().map(|target| target.party(moving.kind())).collect();
        whose.insert(one.leader.clone());
        let last = judged.seats.iter().map(|seat| seat.at).max().unwrap_or(moving.schedule.start);
        looked.outcomes = broken(app, &whose, (&rows, after), last).await?;
        if moving.overlap > 0 {
            // What stays is something else than what is there while both ways are open.
            let alone = broken(app, &whose, (&rows, after), last.plus_seconds(moving.overlap)).await?;
            looked.outcomes = joined(std::mem::take(&mut looked.outcomes), alone);
        }
    }
    looked.consents = consents(app, one, &moving).await?;
    looked.hash = Sha256Hash::of_canonical(&(&one.form, judged.effect.hash()?))?;
    looked.said = Some((moving, judged));
    Ok(looked)
}

/// How whoever is moved agrees: need not, has already, lets whoever moves act for it, or is to be asked.
async fn consents(app: &App, one: &Move, moving: &Moving) -> Result<BTreeMap<Oid, Consent>, ServiceError> {
    let db = app.store.read();
    let answered = moves::consents(db, one.key).await?;
    let acts = acts_for(app, &one.leader).await?;
    let how = |target: &Target| {
        let party = target.party(moving.kind());
        let how = match answered.get(&party) {
            _ if !consent_needed(&moving.what, target, &one.leader) => Consent::Needless,
            Some(how @ (Consent::Key | Consent::Given | Consent::Declined)) => *how,
            _ if acts.contains(&party) => Consent::Delegated,
            _ => Consent::Asked,
        };
        (party, how)
    };
    Ok(moving.targets.iter().map(how).collect())
}
