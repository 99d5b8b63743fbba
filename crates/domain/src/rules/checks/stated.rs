//! What a plan states outright, and nothing else can tell: agreements made, tests planned, tasks done.

use super::Case;
use crate::directory::Network;
use crate::plan::{Activity, PlannedChange};
use crate::rules::answers::Answers;
use crate::service_code::{ConnectionModel, Service};
use serde::{Deserialize, Serialize};

/// A statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stated {
    ServiceDescription,
    Undertaking,
    GeneralTerms,
    Enrolled,
    DeploymentPlanned,
    FulfilsObligation,
    HostsSystem,
    TenantNamed,
    PublicJustified,
    PublicRisks,
    LinkScales,
    CollectionPassesTls,
    JoinsAnew,
    NotifiedAsNewPoint,
    Coordinated,
    ControllerNotified,
    NewControllerJoined,
    NewControllerCorrects,
    LocalSystemTogether,
    UnfinishedEvents,
    TestBefore,
    TestAfter,
    TestOfNewJoiner,
    ControllersChecked,
    RenewalMarkNotified,
}

/// The statement is made wherever it is called for.
#[expect(clippy::too_many_lines, reason = "a table: one line a statement")]
pub(in crate::rules) fn stated(case: &Case<'_>, what: Stated, answers: &mut Answers) {
    let plan = case.plan;
    // Of the application; where the plan does not tell of it, everything about it is not known.
    let mut applied = |key: &str, fact: Option<Option<bool>>| match fact {
        Some(fact) => answers.fact(format!("application.{key}"), fact),
        None => answers.unknown("application"),
    };
    let application = plan.application.as_ref();
    let first = application.map(|application| application.first);
    match what {
        Stated::ServiceDescription => applied("service_description", application.map(|a| a.service_description)),
        Stated::Undertaking | Stated::GeneralTerms if first == Some(Some(false)) => {}
        Stated::Undertaking => applied("undertaking", application.map(|a| a.undertaking)),
        Stated::GeneralTerms => applied("general_terms", application.map(|a| a.general_terms)),
        Stated::Enrolled if plan.uses(Service::SocialClientData) => {
            applied("enrolled", application.map(|a| a.enrolled));
        }
        Stated::DeploymentPlanned if plan.activities.contains(&Activity::SocialCare) => {
            applied("deployment_planned", application.map(|a| a.deployment_planned));
        }
        Stated::FulfilsObligation => {
            for (place, service) in case.services().filter(|(_, s)| s.code == Service::SocialClientData) {
                let number = service.system.as_deref();
                let system = plan.systems.iter().enumerate().find(|(_, system)| Some(system.number.as_str()) == number);
                match system {
                    Some((n, system)) => {
                        answers.fact(format!("system[{}].fulfils_obligation", n + 1), system.fulfils_obligation);
                    }
                    None => answers.unknown(format!("{place}.system")),
                }
            }
        }
        Stated::HostsSystem | Stated::TenantNamed if plan.model == ConnectionModel::Joint => {
            for (n, tenant) in plan.tenants.iter().enumerate() {
                let (key, fact) = match what {
                    Stated::HostsSystem => ("hosts_system", tenant.hosts_system),
                    _ => ("named_on_messages", tenant.named_on_messages),
                };
                answers.fact(format!("tenant[{}].{key}", n + 1), fact);
            }
        }
        Stated::PublicJustified | Stated::PublicRisks => {
            for (place, link) in case.links().filter(|(_, link)| link.network == Network::Public) {
                let (key, fact) = match what {
                    Stated::PublicJustified => ("justified", link.justified),
                    _ => ("risks_handled", link.risks_handled),
                };
                answers.fact(format!("{place}.{key}"), fact);
            }
        }
        Stated::LinkScales => {
            for (place, link) in case.links() {
                answers.fact(format!("{place}.scales"), link.scales);
            }
        }
        Stated::CollectionPassesTls => {
            if let Some(point) = &plan.collection_point {
                answers.fact("collection_point.passes_tls", point.passes_tls);
            }
        }
        _ => {
            if let Some(change) = &plan.change
                && let Some((key, fact)) = of_change(change, what)
            {
                answers.fact(format!("change.{key}"), fact);
            }
        }
    }
}

/// What a change states; `None`: it is not called for.
fn of_change(change: &PlannedChange, what: Stated) -> Option<(&'static str, Option<bool>)> {
    let when = |called_for: Option<bool>, key, fact| (called_for != Some(false)).then_some((key, fact));
    let moves = change.documents_move;
    let many = Some(change.joiners.is_some_and(|joiners| joiners.get() > 1));
    let renewal = Some(change.renewal_unit_ends.is_some());
    match what {
        Stated::JoinsAnew => when(change.new_business_id, "joins_anew", change.joins_anew),
        Stated::NotifiedAsNewPoint => {
            when(change.access_point_oid_changes, "notified_as_new_point", change.notified_as_new_point)
        }
        Stated::Coordinated => when(many, "coordinated", change.coordinated),
        Stated::ControllerNotified => when(moves, "controller_notified", change.controller_notified),
        Stated::NewControllerJoined => when(moves, "new_controller_joined", change.new_controller_joined),
        Stated::NewControllerCorrects => when(moves, "new_controller_corrects", change.new_controller_corrects),
        Stated::LocalSystemTogether => when(moves, "local_system_together", change.local_system_together),
        Stated::UnfinishedEvents => when(moves, "unfinished_events", change.unfinished_events),
        Stated::TestBefore => when(moves, "test_before", change.test_before),
        Stated::TestAfter => when(moves, "test_after", change.test_after),
        Stated::TestOfNewJoiner => when(change.new_business_id, "test_after", change.test_after),
        Stated::RenewalMarkNotified => when(renewal, "renewal_mark_notified", change.renewal_mark_notified),
        Stated::ControllersChecked => {
            let termination = change.termination.as_ref()?;
            Some(("termination.controllers_checked", termination.controllers_checked))
        }
        _ => None,
    }
}
