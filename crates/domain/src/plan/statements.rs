//! What a plan says of the application, of the deployment and of a change: the administrative side of a connection.

use super::read;
use crate::identifier::Oid;
use crate::service_code::{Service, codes};
use crate::time::Moment;
use serde::Deserialize;
use std::num::NonZeroU32;

codes! {
    /// Who sends the application (Extranet guide 1.2).
    Applicant {
        /// A person in charge by the registers: managing director, sole trader.
        ResponsiblePerson = "responsible-person",
        /// Somebody with the mandate for taking the digital services into use.
        Mandate = "mandate",
        /// Somebody else.
        Other = "other",
    }
}

codes! {
    /// Whom an application names (Extranet guide 3.1.4).
    ContactRole {
        /// Technical contact.
        Technical = "technical",
        /// Recipient of fault notifications.
        Fault = "fault",
        /// Data protection officer.
        DataProtection = "data-protection",
        /// Administrative contact.
        Administrative = "administrative",
        /// Billing contact.
        Billing = "billing",
        /// Archivist.
        Archivist = "archivist",
        /// Technical contact for imaging data.
        Imaging = "imaging",
    }
}

codes! {
    /// Why a joining is ended (change situations).
    Grounds {
        /// The activity ends.
        ActivityEnds = "activity-ends",
        /// The organisation is rearranged.
        Reorganisation = "reorganisation",
        /// Another takes the activity over.
        Acquisition = "acquisition",
        /// Something else.
        Other = "other",
    }
}

/// The application that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedApplication {
    /// Whether it is the joiner's first.
    pub first: Option<bool>,
    /// Who sends it.
    pub applicant: Option<Applicant>,
    /// The one e-mail address for notices.
    pub email: Option<String>,
    /// Whether the service descriptions are accepted.
    pub service_description: Option<bool>,
    /// Whether the undertaking is signed.
    pub undertaking: Option<bool>,
    /// Whether the general terms of delivery are accepted.
    pub general_terms: Option<bool>,
    /// Whether the joiner has enrolled for deployment (social care).
    pub enrolled: Option<bool>,
    /// Whether deployment is planned with the system's supplier.
    pub deployment_planned: Option<bool>,
    /// Who is named.
    #[serde(default, rename = "contact")]
    pub contacts: Vec<PlannedContact>,
    /// Billing data.
    pub billing: Option<PlannedBilling>,
}

/// Who is named for a role.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedContact {
    /// For what.
    pub role: ContactRole,
    /// For which services; none: for all.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Where messages go.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// An archivist's card number.
    pub card: Option<String>,
}

/// Billing data.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedBilling {
    /// Business ID of who pays.
    pub business_id: Option<String>,
    /// Postal address.
    pub address: Option<String>,
    /// E-invoice address (OVT).
    pub e_invoice: Option<String>,
    /// The operator's id.
    pub operator: Option<String>,
}

/// The deployment of one service with a system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedDeployment {
    /// Whether it is the first use of the service, or of a new function of the system, by this joiner.
    pub first_use: Option<bool>,
    /// Whether Kanta has asked for a deployment test.
    pub on_request: Option<bool>,
    /// The day of the deployment test.
    #[serde(default, deserialize_with = "read::some_day")]
    pub test: Option<Moment>,
    /// The day its report is sent.
    #[serde(default, deserialize_with = "read::some_day")]
    pub reported: Option<Moment>,
    /// The identity codes it is made with.
    #[serde(default)]
    pub persons: Vec<String>,
    /// Whether a production readiness check is made.
    pub readiness_check: Option<bool>,
}

/// A change of what is joined already.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedChange {
    /// When it is notified.
    #[serde(default, deserialize_with = "read::some_day")]
    pub notified: Option<Moment>,
    /// Whether the joiner gets another Business ID.
    pub new_business_id: Option<bool>,
    /// Whether it then joins anew.
    pub joins_anew: Option<bool>,
    /// Whether an access point's OID changes.
    pub access_point_oid_changes: Option<bool>,
    /// Whether it is then notified as a new access point.
    pub notified_as_new_point: Option<bool>,
    /// How many joiners it touches.
    pub joiners: Option<NonZeroU32>,
    /// Whether the access point's administrator coordinates it and informs them.
    pub coordinated: Option<bool>,
    /// Whether documents get another controller.
    pub documents_move: Option<bool>,
    /// From whose register.
    pub from: Option<Oid>,
    /// Whether the controller update is notified to Kanta.
    pub controller_notified: Option<bool>,
    /// Whether the new controller has joined.
    pub new_controller_joined: Option<bool>,
    /// Whether the new controller takes care of later corrections.
    pub new_controller_corrects: Option<bool>,
    /// Whether the local system changes at the same time as the archive.
    pub local_system_together: Option<bool>,
    /// Whether unfinished service events are dealt with before it.
    pub unfinished_events: Option<bool>,
    /// Whether a deployment test is made before it, where data moves.
    pub test_before: Option<bool>,
    /// Whether one is made after it.
    pub test_after: Option<bool>,
    /// The day the last unit that receives renewal requests ends.
    #[serde(default, deserialize_with = "read::some_day")]
    pub renewal_unit_ends: Option<Moment>,
    /// The day its reception mark is taken off.
    #[serde(default, deserialize_with = "read::some_day")]
    pub renewal_mark_off: Option<Moment>,
    /// Whether that is notified to the code service and Kanta.
    pub renewal_mark_notified: Option<bool>,
    /// The end of the joining or of a service.
    pub termination: Option<PlannedTermination>,
}

/// A termination.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedTermination {
    /// Why.
    pub grounds: Option<Grounds>,
    /// The last day of use.
    #[serde(default, deserialize_with = "read::some_day")]
    pub last_day: Option<Moment>,
    /// Whether it was checked first that no controller must change.
    pub controllers_checked: Option<bool>,
}
