//! Notices: what a joiner should know of, or see to, though nobody asked.

use crate::contacts::Channel;
use crate::directory::Stage;
use crate::identifier::{AccessPointOid, Oid};
use crate::outbound::OutboundState;
use crate::plan::ContactRole;
use crate::reception::Amiss;
use crate::register::{Difference, Matter, RegisterKind};
use crate::service_code::{Service, codes};
use crate::time::{Interval, Moment};
use crate::{moves, notification};
use serde::{Deserialize, Serialize};

/// What a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Notice {
    /// An entry that the joiner rests on changed in a register.
    Register {
        /// Which register.
        register: RegisterKind,
        /// Which entry.
        id: String,
        /// Its name, as it was known.
        name: String,
        /// What changed.
        differences: Vec<Difference>,
        /// The rights that rest on it.
        touches: Touches,
    },
    /// A rule is broken by what others have done since: by a second joiner on an access point, say.
    Rule {
        /// The rule.
        rule: String,
        /// Where, and what was found there.
        found: Vec<(String, String)>,
        /// What rests on it.
        touches: Touches,
    },
    /// The address directory changed for it, and it had not asked for that.
    Directory {
        /// The directory's version.
        version: u64,
        /// What the change rests on, as stored.
        basis: String,
        /// What changed.
        touches: Touches,
    },
    /// Something that is needed ends soon.
    Ends {
        /// What.
        what: Ending,
        /// Its name: a certificate's fingerprint, a system's number.
        id: String,
        /// When it ends.
        at: Moment,
        /// How many days before it this was told.
        days: i64,
        /// The latest day to order a new one; `None` where nothing is ordered.
        order_by: Option<Moment>,
        /// What stops when it ends.
        touches: Touches,
    },
    /// A message to one of the joiner's addresses did not arrive.
    Undelivered {
        /// By which way.
        channel: Channel,
        /// To which address.
        address: String,
        /// What it was about.
        subject: String,
    },
    /// Something happened to an organisational change that it is party to, or has something to do in.
    Change {
        /// The change's number.
        number: String,
        /// What people call it.
        title: String,
        /// The day of the change.
        day: Moment,
        /// What happened.
        news: ChangeNews,
    },
    /// What it may do is closed for a while, or open again: of itself, or through an access point that it administers.
    Closing {
        /// Which of the two.
        news: ClosingNews,
        /// How far it is closed.
        stage: Stage,
        /// Why it is closed, or open again.
        reason: String,
        /// From when it is closed, or open again.
        at: Moment,
        /// Until when it is closed; `None`: until it is lifted.
        until: Option<Moment>,
        /// What is.
        touches: Touches,
    },
    /// Something became of a change notification: its own, or one of whoever administers an access point that it uses.
    Notification {
        /// The notification's number.
        number: String,
        /// What was notified.
        what: notification::Kind,
        /// By whom.
        by: Oid,
        /// From when it is so.
        day: Moment,
        /// What became of it.
        news: NotificationNews,
    },
    /// Something became of a move: its own, or one that moves something of its.
    Move {
        /// The move's number.
        number: String,
        /// What people call it.
        title: String,
        /// What is moved.
        what: moves::Kind,
        /// By whom.
        by: Oid,
        /// When something of whoever is told is moved; `None`: nothing is.
        at: Option<Moment>,
        /// What became of it.
        news: MoveNews,
    },
    /// A deployment test is to be made, or something became of its report.
    DeploymentTest {
        /// The test's number; empty while there is none.
        number: String,
        /// Of which service.
        service: Service,
        /// What.
        news: DeploymentTestNews,
    },
    /// Renewal requests wait for one of its units, and nobody has answered them.
    Requests {
        /// The unit.
        unit: Oid,
        /// How many.
        count: u64,
        /// Since when the longest.
        since: Moment,
    },
    /// Renewal requests to one of its units ended without reaching anybody who answers them.
    Unanswered {
        /// The unit.
        unit: Oid,
        /// How many.
        count: u64,
        /// The id of the first.
        message: String,
        /// How they ended.
        state: OutboundState,
        /// When the first did.
        since: Moment,
    },
    /// Something is amiss with one of its units that receives renewal requests, or says that it does.
    Mark {
        /// The unit.
        unit: Oid,
        /// What.
        amiss: Vec<Amiss>,
    },
    /// Nobody has said for a year that what is kept of the joiner is still right.
    StillRight {
        /// When that was said last.
        since: Moment,
    },
}

/// Rights and access points that something touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touches {
    /// Services, each through an access point.
    pub rights: Vec<(Service, AccessPointOid)>,
    /// Access points.
    pub access_points: Vec<AccessPointOid>,
}

codes! {
    /// What happened to an organisational change.
    ChangeNews {
        /// Somebody has planned it.
        Planned = "planned",
        /// Something to do is new, late, or to be done again.
        Tasks = "tasks",
        /// Something stands in its way that did not before.
        Hindered = "hindered",
        /// It is on another day.
        Moved = "moved",
        /// It was withdrawn.
        Withdrawn = "withdrawn",
        /// Whoever is told was asked whether it plans along, and has not answered.
        Unanswered = "unanswered",
        /// All of it is done.
        Over = "over",
    }
}

codes! {
    /// What became of a change notification.
    NotificationNews {
        /// The operator approved it.
        Approved = "approved",
        /// The operator gave it back, to be mended.
        GivenBack = "given-back",
        /// It is entered for whoever uses the access point that it is about.
        OnBehalf = "on-behalf",
        /// A customer begins or ends to use an access point, or uses it otherwise.
        OfCustomer = "of-customer",
        /// Connections of an access point that it administers, or calls through, run through a collection point that begins, ends or is otherwise.
        Collected = "collected",
        /// It begins to work by the joining of whoever notifies, or works by it no more.
        OfHost = "of-host",
        /// It was taken back after it was entered.
        Withdrawn = "withdrawn",
        /// Its day is near, or has been, and nobody has decided on it.
        Undecided = "undecided",
        /// The joining has ended by it, and the final report is written.
        Ended = "ended",
    }
}

codes! {
    /// What became of a move.
    MoveNews {
        /// Whoever is told has to agree.
        Asked = "asked",
        /// It is approved: this is when.
        Coming = "coming",
        /// The operator gave it back, to be mended.
        GivenBack = "given-back",
        /// It is being mended: whoever was asked is asked anew.
        Waits = "waits",
        /// It goes no further for the time being.
        Halted = "halted",
        /// It goes on at another time.
        Moved = "moved",
        /// Whoever is told was left out.
        LeftOut = "left-out",
        /// Whoever is told is as before again.
        Back = "back",
        /// It was given up: whoever is told stays as it is.
        Withdrawn = "withdrawn",
        /// All of it is done.
        Over = "over",
        /// Its first second is near, and nobody has decided on it.
        Undecided = "undecided",
    }
}

codes! {
    /// What became of a deployment test.
    DeploymentTestNews {
        /// The operator accepted its report.
        Accepted = "accepted",
        /// The operator gave it back, to be made again.
        GivenBack = "given-back",
        /// One is to be made: something is used that no report shows.
        Due = "due",
        /// One is to be made before documents change their controller.
        DueBefore = "due-before",
        /// One is to be made after they have.
        DueAfter = "due-after",
        /// Nobody has decided on its report for long.
        Undecided = "undecided",
    }
}

codes! {
    /// What happened to a closing.
    ClosingNews {
        /// It was entered.
        Shut = "shut",
        /// It was lifted.
        Lifted = "lifted",
        /// It was lifted before it began.
        CalledOff = "called-off",
    }
}

codes! {
    /// What ends.
    Ending {
        /// A server certificate of an access point.
        ServerCertificate = "server-certificate",
        /// A system signature certificate.
        SignatureCertificate = "signature-certificate",
        /// A system's certificate of conformity in Astori.
        System = "system",
    }
}

impl Notice {
    /// Which of the joiner's contacts sees to it: whoever keeps systems and certificates, or whoever keeps the joining.
    #[must_use]
    pub fn role(&self) -> ContactRole {
        match self {
            Self::Register { register: RegisterKind::Systems, .. }
            | Self::Ends { .. }
            | Self::Closing { .. }
            | Self::Notification { .. }
            | Self::Move { .. }
            | Self::DeploymentTest { .. }
            | Self::Requests { .. }
            | Self::Unanswered { .. }
            | Self::Rule { .. } => ContactRole::Technical,
            Self::Register { .. }
            | Self::Directory { .. }
            | Self::Undelivered { .. }
            | Self::Change { .. }
            | Self::Mark { .. }
            | Self::StillRight { .. } => ContactRole::Administrative,
        }
    }

    /// Whether it must be seen to, or is only worth knowing.
    #[must_use]
    pub fn urgent(&self) -> bool {
        match self {
            Self::Register { differences, .. } => {
                let grave =
                    [Matter::Gone, Matter::BusinessId, Matter::Validity, Matter::Deviation, Matter::RenewalMark];
                differences.iter().any(|difference| grave.contains(&difference.matter))
            }
            Self::Ends { days, .. } => *days <= 14,
            Self::Rule { .. }
            | Self::Directory { .. }
            | Self::Requests { .. }
            | Self::Unanswered { .. }
            | Self::Mark { .. }
            | Self::Undelivered { .. } => true,
            Self::Change { news, .. } => matches!(news, ChangeNews::Tasks | ChangeNews::Hindered),
            Self::Notification { news, .. } => *news == NotificationNews::GivenBack,
            Self::Move { news, .. } => {
                matches!(
                    news,
                    MoveNews::Asked | MoveNews::GivenBack | MoveNews::Halted | MoveNews::Back | MoveNews::Undecided
                )
            }
            Self::DeploymentTest { news, .. } => {
                !matches!(news, DeploymentTestNews::Accepted | DeploymentTestNews::Undecided)
            }
            Self::Closing { news, .. } => *news == ClosingNews::Shut,
            Self::StillRight { .. } => false,
        }
    }

    /// The rights and access points that rest on it, where there are any.
    #[must_use]
    pub const fn touches(&self) -> Option<&Touches> {
        match self {
            Self::Register { touches, .. }
            | Self::Directory { touches, .. }
            | Self::Ends { touches, .. }
            | Self::Closing { touches, .. }
            | Self::Rule { touches, .. } => Some(touches),
            Self::Undelivered { .. }
            | Self::Change { .. }
            | Self::Notification { .. }
            | Self::Move { .. }
            | Self::DeploymentTest { .. }
            | Self::Requests { .. }
            | Self::Unanswered { .. }
            | Self::Mark { .. }
            | Self::StillRight { .. } => None,
        }
    }
}

/// So many days before something ends its keeper is told.
pub const WARNING_DAYS: [i64; 5] = [60, 30, 14, 7, 1];
/// A certificate's delivery takes so many days (`domain.md` section 6).
pub const DELIVERY_DAYS: i64 = 7;

const DAY: i64 = 86_400;

/// The warning that is due for something that ends at a moment: the smallest of [`WARNING_DAYS`] that the time left does not
/// pass. `None`: it is not yet due, or has ended already.
#[must_use]
pub fn warning(ends: Moment, now: Moment) -> Option<i64> {
    let left = ends.as_micros().saturating_sub(now.as_micros());
    let due = |days: &&i64| left <= **days * DAY * 1_000_000;
    WARNING_DAYS.iter().rev().find(due).copied().filter(|_| left > 0)
}

/// Whether a certificate takes over from one that ends: it is valid by then and for a good while after, and was issued a good
/// while later. What was issued beside it is another server's (guide 3.1.2 recommends one for each).
#[must_use]
pub fn follows(one: &Interval, other: &Interval) -> bool {
    let good_while = |moment: Moment| moment.plus_seconds(30 * DAY);
    let Some(ends) = one.until else { return false };
    other.from <= ends && other.from > good_while(one.from) && other.until.is_some_and(|until| until > good_while(ends))
}

/// The latest moment to order a certificate that must be there when the old one ends.
#[must_use]
pub const fn order_by(ends: Moment) -> Moment {
    ends.plus_seconds(-DELIVERY_DAYS * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_come_at_their_days() {
        let ends = Moment::from_seconds(100 * DAY);
        let told = |days: i64| warning(ends, ends.plus_seconds(-days * DAY));
        assert_eq!(
            [61, 60, 59, 31, 30, 15, 14, 8, 7, 2, 1].map(told),
            [None, Some(60), Some(60), Some(60), Some(30), Some(30), Some(14), Some(14), Some(7), Some(7), Some(1)]
        );
        assert_eq!((told(0), told(-3)), (None, None), "over is over");
        let day = |day: i64| Moment::from_seconds(day * DAY);
        let one = Interval::new(day(0), Some(ends));
        let taken_over = |from, until| follows(&one, &Interval::new(day(from), Some(day(until))));
        assert!(!taken_over(20, 400), "issued beside it");
        assert!(taken_over(90, 400) && taken_over(100, 131), "valid in time and long enough");
        assert!(!taken_over(101, 400) && !taken_over(1, 100) && !taken_over(90, 130));
        assert_eq!(order_by(ends), Moment::from_seconds(93 * DAY));
    }
}
