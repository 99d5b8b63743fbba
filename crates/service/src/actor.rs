//! Who is acting, for whom, and what they may.

use crate::ServiceError;
use liitos_domain::{Oid, RefusalCode};
use serde::{Deserialize, Serialize};

/// A person's position in an organisation (role codes of the trade register, or a mandate).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrganisationRole {
    /// Managing director.
    #[serde(rename = "TJ")]
    ManagingDirector,
    /// Person entitled to sign for the company.
    #[serde(rename = "NIMKO")]
    Signatory,
    /// Sole trader.
    #[serde(rename = "ELI")]
    SoleTrader,
    /// Holder of the Suomi.fi mandate "Sosiaali- ja terveydenhuollon digitaalisen palvelun käyttöönotto".
    #[serde(rename = "mandate-deployment")]
    DeploymentMandate,
}

/// A position of the operator's staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StaffRole {
    /// Handles applications.
    #[serde(rename = "case-handler")]
    CaseHandler,
    /// Keeps registers and the directory.
    #[serde(rename = "registrar")]
    Registrar,
}

/// An organisation somebody may act for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// Its OID.
    pub oid: Oid,
    /// On what ground.
    pub role: OrganisationRole,
}

/// A signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The identification service's stable, meaningless reference.
    pub reference: String,
    /// The person's name, for the page.
    pub name: String,
    /// The organisations they may act for.
    pub organisations: Vec<Organisation>,
    /// The one they act for now.
    pub acting_for: Option<Oid>,
    /// Their positions at the operator.
    pub staff: Vec<StaffRole>,
}

impl Actor {
    /// The organisation acted for.
    ///
    /// # Errors
    /// L-602 when none is chosen.
    pub fn joiner(&self) -> Result<&Oid, ServiceError> {
        let chosen = self.acting_for.as_ref().filter(|oid| self.organisations.iter().any(|o| o.oid == **oid));
        chosen.ok_or_else(|| ServiceError::refused(RefusalCode::NotAllowed, "organisation"))
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

    /// Lets through the operator's staff with a position.
    ///
    /// # Errors
    /// L-602.
    pub fn must_be(&self, role: StaffRole) -> Result<(), ServiceError> {
        if self.staff.contains(&role) {
            Ok(())
        } else {
            Err(ServiceError::refused(RefusalCode::NotAllowed, "staff role"))
        }
    }

    /// Whether the person has any position at the operator.
    #[must_use]
    pub fn is_staff(&self) -> bool {
        !self.staff.is_empty()
    }
}
