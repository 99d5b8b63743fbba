//! What can be notified, by whom, and what is asked about it.

use crate::position::Act;
use crate::service_code::codes;

codes! {
    /// What will be otherwise.
    Kind {
        /// A service is used with another system.
        System = "system",
        /// What runs through one access point runs through another.
        Swap = "swap",
        /// A service is used through one more access point.
        Use = "use",
        /// A service is not used through an access point any more.
        EndUse = "end-use",
        /// Units begin to receive renewal requests.
        Reception = "reception",
        /// Units receive no renewal requests any more.
        EndReception = "end-reception",
        /// One service is left.
        Leave = "leave",
        /// A new access point, by its administrator.
        Point = "point",
        /// An access point's links are otherwise, by its administrator.
        Link = "link",
        /// An access point calls with other server certificates, by its administrator.
        Certificates = "certificates",
        /// An access point is implemented with another system, by its administrator.
        PointSystem = "point-system",
        /// An access point ends, by its administrator.
        RetirePoint = "retire-point",
        /// A new collection point, by its administrator.
        CollectionPoint = "collection-point",
        /// A collection point is otherwise, by its administrator.
        Collection = "collection",
        /// A collection point ends, by its administrator.
        RetireCollection = "retire-collection",
        /// Tenants begin to work by the joining.
        Tenants = "tenants",
        /// A tenant works by it no more.
        EndTenant = "end-tenant",
        /// Documents get another controller.
        Controller = "controller",
        /// The organisation goes on under another Business ID, and so as another joiner.
        BusinessId = "business-id",
        /// What an intermediary says of itself.
        Intermediary = "intermediary",
        /// The joining ends.
        Termination = "termination",
    }
}

impl Kind {
    /// What one must be let do for the organisation to send it. Whose its documents are binds it, and so does what nobody else looks at before it is
    /// entered.
    #[must_use]
    pub const fn act(self) -> Act {
        match self {
            Self::Controller | Self::Termination | Self::Intermediary | Self::Tenants | Self::BusinessId => Act::Bind,
            kind if !kind.approved_by_operator() => Act::Bind,
            _ => Act::Technical,
        }
    }

    /// Whether the operator approves it. What only ends something of one's own, and nobody else's, does not wait for anybody.
    #[must_use]
    pub const fn approved_by_operator(self) -> bool {
        !matches!(self, Self::EndUse | Self::EndReception | Self::Leave | Self::RetirePoint | Self::EndTenant)
    }

    /// Whether it is about an access point or a collection point, and its administrator's to notify: on behalf of whoever uses it, who are told.
    #[must_use]
    pub const fn of_administrator(self) -> bool {
        matches!(self, Self::Point | Self::Link | Self::Certificates | Self::PointSystem | Self::RetirePoint)
            || matches!(self, Self::CollectionPoint | Self::Collection | Self::RetireCollection)
    }

    /// Whether it changes what the directory says.
    #[must_use]
    pub const fn changes_directory(self) -> bool {
        !matches!(self, Self::Controller | Self::Intermediary | Self::BusinessId)
    }
}

/// What is asked about every notification: from when, why so soon, and anything else worth saying.
const ALWAYS: [&str; 3] = ["day", "expedited", "words"];

const LINKS: [&str; 6] = ["own_network", "own_dns", "own_addresses", "backup", "backup_dns", "backup_addresses"];

/// Where a collection point stands, from which addresses its connections come, and whose they are.
const COLLECTED: [&str; 4] = ["own_country", "own_addresses", "proxy_header", "points"];

/// What host and tenants have to have settled between them, as an application asks it.
const TENANCY: [&str; 3] = ["tenants_agreement", "tenants_hosts_system", "tenants_named"];

/// The fields of a notification, in the order in which they are asked.
pub fn asked(kind: Kind) -> impl Iterator<Item = &'static str> {
    let (before, links, after): (&[&str], &[&str], &[&str]) = match kind {
        Kind::System => (&["right", "system"], &[], &[]),
        Kind::Swap => (&["point", "service", "to_point", "to_point_other", "agreed"], &[], &[]),
        Kind::Use => (&["service", "to_point", "to_point_other", "system", "agreed"], &[], &[]),
        Kind::EndUse => (&["right"], &[], &[]),
        Kind::Reception => (&["units", "to_point", "to_point_other", "system", "agreed"], &[], &[]),
        Kind::EndReception => (&["units"], &[], &[]),
        Kind::Leave => (&["service"], &[], &[]),
        Kind::Point => (&["own_oid", "own_country", "system"], &LINKS, &["own_certificates"]),
        Kind::Link => (&["point", "own_country"], &LINKS, &[]),
        Kind::Certificates => (&["point"], &[], &["own_certificates"]),
        Kind::PointSystem => (&["point", "system"], &[], &[]),
        Kind::RetirePoint => (&["point"], &[], &[]),
        Kind::CollectionPoint => (&["name"], &COLLECTED, &["agreed"]),
        Kind::Collection => (&["collection"], &COLLECTED, &["agreed"]),
        Kind::RetireCollection => (&["collection"], &[], &[]),
        Kind::Tenants => (&["tenants"], &TENANCY, &[]),
        Kind::EndTenant => (&["tenant"], &[], &[]),
        Kind::Controller => (&["from_controller", "to_controller", "units"], &[], &[]),
        Kind::BusinessId => (&["to_joiner", "unit_numbers"], &[], &[]),
        Kind::Intermediary => (&["security_plan", "offers"], &[], &[]),
        Kind::Termination => (&["grounds", "why", "custodian"], &[], &[]),
    };
    before.iter().chain(links).chain(after).copied().chain(ALWAYS)
}
