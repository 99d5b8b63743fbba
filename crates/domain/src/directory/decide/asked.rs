//! A call by numbers, and its bare answer: what a gateway decides by when nobody asks why.

use super::{Organiser, Request, Verdict, Walk};
use crate::directory::Snapshot;
use crate::directory::packed::PackedRight;
use crate::directory::texts::NONE;
use crate::identifier::Oid;
use crate::refusal::RefusalCode;
use crate::service_code::{ConnectionModel, Operation, Service};
use crate::time::Moment;

/// A call by numbers of one snapshot: what [`Snapshot::asked`] makes of a [`Request`]. Good for that snapshot alone.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Whether the organisation that is named is the same at every moment; otherwise joiner and rights are not looked up yet.
    pub(super) once: bool,
    /// Numbers among access points and joiners; [`NONE`] where there is none.
    pub(super) point: u32,
    pub(super) joiner: u32,
    /// Number of the unit that is named instead of the joiner.
    pub(super) unit_named: u32,
    /// Where the rights of the pair begin, and how many there are.
    pub(super) rights: (u32, u32),
    /// The text of the organisation that is named.
    pub(super) named: u32,
    pub(super) unit: u32,
    pub(super) tenant: u32,
    pub(super) system: u32,
    pub(super) organiser: u32,
    pub(super) service: Service,
    pub(super) operation: Operation,
}

/// A text that is named and that the snapshot does not know; one that is not named is [`NONE`].
const UNKNOWN: u32 = NONE - 1;
/// An organiser that is asked for later.
const LATER: u32 = NONE - 2;

impl Snapshot {
    /// Looks up what a request names.
    #[must_use]
    pub fn asked(&self, request: &Request<'_>) -> Asked {
        let rows = &self.rows;
        let find = |text: &str| rows.texts.find(text).unwrap_or(UNKNOWN);
        let oid = |oid: Option<&Oid>| oid.map_or(NONE, |oid| find(oid.as_str()));
        let point = rows.roles_of(find(request.access_point.as_str())).point;
        let named = find(request.joiner.as_str());
        let once = rows.named_once(named);
        // Who is somebody else at another moment is looked up when that is known.
        let roles = rows.roles_of(named);
        let (joiner, unit_named) = match rows.units.get(roles.unit as usize) {
            _ if !once => (NONE, NONE),
            Some(unit) => (unit.joiner, roles.unit),
            None => (roles.joiner, NONE),
        };
        Asked {
            once,
            point,
            joiner,
            unit_named,
            rights: rows.rights_of(joiner, point),
            named,
            unit: oid(request.unit),
            tenant: oid(request.tenant),
            system: request.system.map_or(NONE, find),
            organiser: match request.organiser {
                Organiser::Nobody => NONE,
                Organiser::Named(organiser) => find(organiser.as_str()),
                Organiser::Later => LATER,
            },
            service: request.service,
            operation: request.operation,
        }
    }

    /// The bare answer, without reasons: the same as [`decide`] gives for a request without certificate and source address.
    #[must_use]
    pub fn verdict(&self, asked: &Asked, now: Moment) -> Verdict {
        if self.plainly_permitted(asked, now) {
            return Verdict::Permitted;
        }
        let asked = &self.settled(asked, now);
        match (Walk { snapshot: self, asked, now, looked: () }).on(None, None) {
            Ok(_) => Verdict::Permitted,
            Err(code) => Verdict::Refused(code),
        }
    }

    /// A call with whom it names at a moment.
    pub(super) fn settled(&self, asked: &Asked, now: Moment) -> Asked {
        if asked.once {
            return *asked;
        }
        let (joiner, unit_named) = self.rows.named_at(asked.named, now);
        Asked { joiner, unit_named, rights: self.rows.rights_of(joiner, asked.point), ..*asked }
    }

    /// Whether the right that fits says by itself that everything it rests on holds: one row is read instead of five. What it
    /// does not say is found on the way of facts.
    fn plainly_permitted(&self, asked: &Asked, now: Moment) -> bool {
        let rows = &self.rows;
        let unit_holds = |number: u32| rows.units.get(number as usize).is_some_and(|unit| unit.valid.contains(now));
        if !asked.once
            || self.expired(now)
            || asked.tenant != NONE
            || !rows.closings.is_empty()
            || (asked.unit_named != NONE && !unit_holds(asked.unit_named))
        {
            return false;
        }
        let fitting = match rows.rights_in(asked.joiner, asked.rights) {
            // Most pairs have one right, and most calls are for it.
            [only] => Some(only).filter(|only| only.service == asked.service && foreign(asked, only).is_none()),
            rights => rights.iter().find(|right| fits(asked, right, now).is_ok()),
        };
        fitting.is_some_and(|right| right.plain.contains(now) && rows.rests_hold(asked.point, right, now))
    }
}

/// Whether a right of the pair is the one that is asked for, and in force; or why not, nothing where it is for another service.
pub(super) fn fits(
    asked: &Asked,
    right: &PackedRight,
    now: Moment,
) -> Result<(), Option<(RefusalCode, Option<Moment>)>> {
    if right.service != asked.service {
        return Err(None);
    }
    if right.valid.ended(now) {
        return Err(Some((RefusalCode::RightEnded, right.valid.until())));
    }
    if !right.valid.contains(now) {
        return Err(Some((RefusalCode::RightNotBegun, Some(right.valid.from()))));
    }
    foreign(asked, right).map_or(Ok(()), |code| Err(Some((code, None))))
}

/// What a call names that is not the right's: its system, unit or organiser.
fn foreign(asked: &Asked, right: &PackedRight) -> Option<RefusalCode> {
    if asked.system != NONE && asked.system != right.system {
        return Some(RefusalCode::SystemForeign);
    }
    if right.unit != NONE && asked.unit != right.unit {
        return Some(RefusalCode::UnitForeign);
    }
    let organiser_fits = match right.model {
        ConnectionModel::Parallel => right.organiser != NONE && [right.organiser, LATER].contains(&asked.organiser),
        ConnectionModel::Direct | ConnectionModel::Joint => [NONE, LATER].contains(&asked.organiser),
    };
    (!organiser_fits).then_some(RefusalCode::OrganiserForeign)
}
