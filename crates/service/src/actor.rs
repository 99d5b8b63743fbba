//! Who is acting, for whom, and what they may.

use crate::ServiceError;
use liitos_domain::{Act, Duty, Moment, Oid, Position, RefusalCode, Sha256Hash, StaffRole};
use serde::{Deserialize, Serialize};

/// So long what the service of mandates said is enough for binding an organisation; after it a person confirms it by signing in
/// again. Assumed.
pub const MANDATE_SECONDS: i64 = 3600;

/// So long one identification is enough, however busy a session is; after it a person signs in again. Assumed.
pub const SIGNED_IN_SECONDS: i64 = 12 * 3600;

/// By what means a program is known.
pub(crate) const PROGRAM: &str = "program";

/// An organisation somebody may act for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its OID.
    pub oid: Oid,
    /// On what grounds; never none.
    pub positions: Vec<Position>,
}

/// Why an organisation that a person has to do with cannot be acted for (Extranet guide 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hindrance {
    /// It stands in none of the registers that joiners stand in (guide 2.2).
    NotInRegister,
    /// Its entry is not valid now: no licence, or none any more.
    NotValid,
    /// The person has no position in it that lets them act.
    NoPosition,
    /// The service of mandates did not know everything about it.
    Incomplete,
}

impl Hindrance {
    /// The Fluent key of its text; its attribute `how` says what to do.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotInRegister => "hindrance-not-in-register",
            Self::NotValid => "hindrance-not-valid",
            Self::NoPosition => "hindrance-no-position",
            Self::Incomplete => "hindrance-incomplete",
        }
    }
}

/// An organisation that cannot be acted for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hindered {
    /// Its name as the service of mandates or the register has it.
    pub name: String,
    /// Its Business ID or OID.
    pub id: String,
    /// Why.
    pub hindrance: Hindrance,
}

/// A signed-in person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The identification service's stable, meaningless reference.
    pub reference: String,
    /// The person's name, for the page.
    pub name: String,
    /// By what means they were identified, in the provider's words.
    pub means: String,
    /// The organisations they may act for.
    pub organisations: Vec<Organisation>,
    /// Those they may not act for, and why.
    pub hindered: Vec<Hindered>,
    /// The one they act for now.
    pub acting_for: Option<Oid>,
    /// When the service of mandates was asked.
    pub mandates_at: Option<Moment>,
    /// Their positions at the operator.
    pub staff: Vec<StaffRole>,
    /// The certificate card they used, if any: SHA-256 of its number.
    #[serde(default)]
    pub card: Option<Sha256Hash>,
    /// When they were identified.
    pub signed_in_at: Option<Moment>,
}

impl Actor {
    /// The organisation acted for.
    ///
    /// # Errors
    /// L-602 when none is chosen.
    pub fn joiner(&self) -> Result<&Oid, ServiceError> {
        let not_chosen = || ServiceError::refused(RefusalCode::NotAllowed, "organisation");
        self.acting().map(|organisation| &organisation.oid).ok_or_else(not_chosen)
    }

    /// The organisation acted for, if its positions let one do this.
    ///
    /// # Errors
    /// L-602 when none is chosen or no position permits it; L-610 when it binds the organisation and the mandate was asked for too
    /// long ago.
    pub fn must(&self, act: Act, now: Moment) -> Result<&Oid, ServiceError> {
        let joiner = self.joiner()?;
        let permits = |position: &Position| position.permits(act);
        if !self.acting().is_some_and(|organisation| organisation.positions.iter().any(permits)) {
            return Err(ServiceError::refused(RefusalCode::NotAllowed, act.code()));
        }
        let fresh = self.mandates_at.is_some_and(|at| at.plus_seconds(MANDATE_SECONDS) > now);
        if matches!(act, Act::Bind | Act::Grant) && !fresh {
            return Err(ServiceError::refused(RefusalCode::MandateOld, act.code()));
        }
        Ok(joiner)
    }

    /// Whether the positions in the organisation acted for let one do this, however long ago they were asked for.
    #[must_use]
    pub fn may(&self, act: Act) -> bool {
        self.acting().is_some_and(|organisation| organisation.positions.iter().any(|held| held.permits(act)))
    }

    /// The positions by which one binds the organisation acted for.
    #[must_use]
    pub fn binds(&self) -> Vec<Position> {
        let held = self.acting().into_iter().flat_map(|organisation| &organisation.positions);
        held.copied().filter(|position| position.permits(Act::Bind)).collect()
    }

    /// Lets people through, and no program: for what two persons decide.
    ///
    /// # Errors
    /// L-602 for a program.
    pub fn must_be_person(&self) -> Result<(), ServiceError> {
        if self.means == PROGRAM {
            return Err(ServiceError::refused(RefusalCode::NotAllowed, "person"));
        }
        Ok(())
    }

    /// Lets through who acts for this joiner.
    ///
    /// # Errors
    /// L-602.
    pub fn must_act_for(&self, joiner: &Oid) -> Result<(), ServiceError> {
        if self.joiner()? == joiner {
            Ok(())
        } else {
            Err(ServiceError::refused(RefusalCode::NotAllowed, "organisation"))
        }
    }

    /// Lets through the operator's staff with a duty.
    ///
    /// # Errors
    /// L-602.
    pub fn must_carry_out(&self, duty: Duty) -> Result<(), ServiceError> {
        self.staff_with(|role| role.carries_out(duty))
    }

    /// Lets through the operator's staff who may look at what belongs to a duty.
    ///
    /// # Errors
    /// L-602.
    pub fn must_see(&self, duty: Duty) -> Result<(), ServiceError> {
        self.staff_with(|role| role.sees(duty))
    }

    fn staff_with(&self, enough: impl Fn(StaffRole) -> bool) -> Result<(), ServiceError> {
        if self.staff.iter().any(|role| enough(*role)) {
            Ok(())
        } else {
            Err(ServiceError::refused(RefusalCode::NotAllowed, "staff role"))
        }
    }

    /// Whether the person holds a position that sees what belongs to a duty.
    #[must_use]
    pub fn sees(&self, duty: Duty) -> bool {
        self.must_see(duty).is_ok()
    }

    /// Whether the person was identified lately enough.
    #[must_use]
    pub fn is_signed_in(&self, now: Moment) -> bool {
        self.signed_in_at.is_some_and(|at| at.plus_seconds(SIGNED_IN_SECONDS) > now)
    }

    /// Whether the person has any position at the operator.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        !self.staff.is_empty()
    }

    fn acting(&self) -> Option<&Organisation> {
        let chosen = self.acting_for.as_ref()?;
        self.held(chosen)
    }

    /// What the actor may be for one of the organisations that they may act for.
    pub(crate) fn held(&self, organisation: &Oid) -> Option<&Organisation> {
        self.organisations.iter().find(|held| held.oid == *organisation)
    }

    /// Adds a position in an organisation.
    pub(crate) fn add(&mut self, oid: &Oid, position: Position) {
        let held = self.organisations.iter_mut().find(|organisation| organisation.oid == *oid);
        match held {
            Some(held) if held.positions.contains(&position) => {}
            Some(held) => held.positions.push(position),
            None => self.organisations.push(Organisation { oid: oid.clone(), positions: vec![position] }),
        }
    }
}
