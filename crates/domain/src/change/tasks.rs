//! What is to be done for a change, by whom and by when.

use crate::directory::Effect;
use crate::identifier::Oid;
use crate::rules::{Check, Of, Rulebook};
use crate::service_code::codes;
use crate::time::Moment;

codes! {
    /// Something to do. In the order in which it is done.
    What {
        /// Have the organisation in the code service (code service).
        RegisterOrganisation = "register-organisation",
        /// Have the unit in the code service.
        RegisterUnit = "register-unit",
        /// Have the unit placed under its new joiner in the code service.
        PlaceUnit = "place-unit",
        /// Have the controller in the code service's register of controllers.
        RegisterController = "register-controller",
        /// Agree with whoever administers the access point (guide 2.4).
        AgreeOnPoint = "agree-on-point",
        /// Order the access point's data link: its addresses are notified with it.
        OrderLink = "order-link",
        /// Order the access point's server certificate.
        OrderServerCertificate = "order-server-certificate",
        /// Order the system signature certificate.
        OrderSignatureCertificate = "order-signature-certificate",
        /// Notify the new access point.
        NotifyPoint = "notify-point",
        /// Test storing in the organisation whose data moves.
        TestBefore = "test-before",
        /// Join: the undertaking comes with the first application.
        Join = "join",
        /// Apply for a service.
        Apply = "apply",
        /// Notify that a service is used otherwise: through another access point, or for another unit.
        NotifyUse = "notify-use",
        /// Agree anew with a tenant.
        AgreeWithTenant = "agree-with-tenant",
        /// Notify the collection point.
        NotifyCollectionPoint = "notify-collection-point",
        /// Put the day on the calendar of controller update runs.
        SetRunDay = "set-run-day",
        /// Order the controller update run.
        OrderRun = "order-run",
        /// Take the mark of receiving renewal requests off.
        MarkOff = "mark-off",
        /// Answer the renewal requests that wait.
        AnswerRequests = "answer-requests",
        /// Change the controller in the local system at the same moment.
        ChangeLocalSystem = "change-local-system",
        /// Change it for data older than the joining, too.
        ChangeOlderData = "change-older-data",
        /// Give notice: rights close and the joining ends.
        Terminate = "terminate",
        /// End the access point.
        EndPoint = "end-point",
        /// Keep closed what is closed.
        KeepClosed = "keep-closed",
        /// Set the mark on the unit that receives then.
        MarkOn = "mark-on",
        /// Test storing in the new organisation, and that documents moved.
        TestAfter = "test-after",
    }
}

codes! {
    /// How a task stands.
    State {
        /// It can be done.
        Open = "open",
        /// Something else is done first.
        Waits = "waits",
        /// Its day has passed.
        Late = "late",
        /// It is done.
        Done = "done",
    }
}

/// Who does it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// A joiner, or whoever becomes one.
    Joiner(Oid),
    /// Whoever administers an access point or collection point.
    Administrator(Oid),
    /// The supplier of a system, by its number in Astori.
    Supplier(String),
    /// The operator.
    Operator,
}

impl Owner {
    /// Whoever has a code and a number.
    #[must_use]
    pub fn parse(code: &str, number: &str) -> Option<Self> {
        match code {
            "joiner" => Oid::parse(number).ok().map(Self::Joiner),
            "administrator" => Oid::parse(number).ok().map(Self::Administrator),
            "supplier" => Some(Self::Supplier(number.to_owned())),
            "operator" => Some(Self::Operator),
            _ => None,
        }
    }

    /// The Fluent key is `change-owner-` and this.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Joiner(_) => "joiner",
            Self::Administrator(_) => "administrator",
            Self::Supplier(_) => "supplier",
            Self::Operator => "operator",
        }
    }

    /// Whose number it is: an OID, or a system's number; empty for the operator.
    #[must_use]
    pub fn number(&self) -> &str {
        match self {
            Self::Joiner(oid) | Self::Administrator(oid) => oid.as_str(),
            Self::Supplier(number) => number,
            Self::Operator => "",
        }
    }
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What.
    pub what: What,
    /// Who does it.
    pub owner: Owner,
    /// About what: a unit, an access point, a service, or whoever gives and takes, with an arrow between them.
    pub about: String,
    /// How many documents or requests it is about.
    pub count: u64,
    /// The latest day.
    pub due: Moment,
    /// How it stands.
    pub state: State,
    /// What of the directory changes with it.
    pub effect: Effect,
}

impl What {
    /// Whether the code service does it when it is asked to.
    #[must_use]
    pub const fn is_of_the_code_service(self) -> bool {
        matches!(
            self,
            Self::RegisterOrganisation
                | Self::RegisterUnit
                | Self::PlaceUnit
                | Self::RegisterController
                | Self::MarkOff
                | Self::MarkOn
        )
    }

    /// Whether the same owner does it first, where it is among the tasks.
    pub(super) const fn rests_on(self) -> &'static [Self] {
        match self {
            Self::RegisterController => &[Self::RegisterOrganisation],
            Self::OrderLink | Self::OrderServerCertificate | Self::OrderSignatureCertificate | Self::AgreeOnPoint => {
                &[Self::RegisterOrganisation]
            }
            Self::NotifyPoint => &[Self::RegisterOrganisation, Self::OrderLink],
            Self::Join => &[Self::RegisterOrganisation, Self::NotifyPoint, Self::AgreeOnPoint],
            Self::Apply | Self::AgreeWithTenant => {
                &[Self::RegisterOrganisation, Self::RegisterUnit, Self::NotifyPoint, Self::AgreeOnPoint]
            }
            Self::NotifyUse => &[Self::RegisterUnit, Self::PlaceUnit, Self::NotifyPoint, Self::AgreeOnPoint],
            Self::OrderRun => &[Self::RegisterController, Self::SetRunDay],
            Self::AnswerRequests => &[Self::MarkOff],
            // Requests that wait now have lapsed or been taken by its day; what waits then holds it up.
            Self::Terminate => &[Self::OrderRun],
            Self::MarkOn => &[Self::RegisterUnit],
            Self::TestAfter => &[Self::Join, Self::Apply],
            _ => &[],
        }
    }

    /// Whether it is done by a change notification (`crate::notification`).
    #[must_use]
    pub const fn is_notified(self) -> bool {
        matches!(self, Self::NotifyPoint | Self::NotifyUse | Self::EndPoint | Self::Terminate | Self::OrderRun)
    }

    /// How many days before the change it is done at the latest, by the rules of that day; a negative number: after it.
    pub(super) fn days_ahead(self, at: Moment) -> i64 {
        let days = |of: fn(&Check) -> Option<i64>| Rulebook::standard().most_days(at, of);
        let sent = || days(|check| if let Check::SentAhead { days } = check { Some(*days) } else { None });
        let notified = || days(|check| if let Check::NotifiedAhead { days } = check { Some(*days) } else { None });
        match self {
            Self::Join | Self::Apply | Self::AgreeOnPoint | Self::AgreeWithTenant => sent(),
            // Before the first application that names it, or that is sent by it.
            Self::RegisterOrganisation
            | Self::RegisterUnit
            | Self::PlaceUnit
            | Self::RegisterController
            | Self::OrderLink
            | Self::NotifyPoint
            | Self::SetRunDay => sent().max(notified()),
            Self::NotifyUse | Self::NotifyCollectionPoint | Self::OrderRun | Self::Terminate | Self::EndPoint => {
                notified()
            }
            Self::OrderServerCertificate => days(|check| match check {
                Check::CertificateOrdered { of: Of::Server, days } => Some(*days),
                _ => None,
            }),
            Self::OrderSignatureCertificate => days(|check| match check {
                Check::CertificateOrdered { of: Of::Signature, days } => Some(*days),
                _ => None,
            }),
            Self::MarkOff => Rulebook::standard().mark_off_days(at),
            Self::TestBefore | Self::AnswerRequests => 1,
            Self::TestAfter => -1,
            Self::ChangeLocalSystem | Self::ChangeOlderData | Self::KeepClosed | Self::MarkOn => 0,
        }
    }
}
