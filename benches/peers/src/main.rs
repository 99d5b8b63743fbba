//! The same question asked of other engines: may this joiner use this service through this access point?
//!
//! Each holds the rights of one made-up directory in the way that its documentation shows: Cedar as entities (a joiner is in
//! the groups of what it may use) with one policy, Casbin as one policy line a right. What they do not decide (times, units,
//! systems, closings, addresses) they are not asked, so the comparison is in their favour.
//!
//! `liitos-bench-peers [RIGHTS]`, one JSON document on stdout.

use casbin::{CoreApi as _, DefaultModel, Enforcer, MemoryAdapter, MgmtApi as _};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use liitos_domain::directory::SnapshotContent;
use liitos_domain::directory::reference::made_up::{Seeded, large};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::hint::black_box;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

/// Questions asked of each.
const QUESTIONS: usize = 20_000;
/// Longest that one engine is measured.
const PATIENCE: Duration = Duration::from_secs(20);

/// A question as texts: who, what, through which.
type Question = [String; 3];

fn main() -> Result<(), Box<dyn Error>> {
    let rights = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let content = large(&mut Seeded::new(1), rights);
    let questions = questions(&content);
    let cedar = cedar(&content, &questions)?;
    // Casbin reads every line for each answer.
    let few = large(&mut Seeded::new(1), rights.min(1_000));
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let casbin = runtime.block_on(casbin(&few, &self::questions(&few)))?;
    println!("{}", serde_json::json!({ "cedar": cedar, "casbin": casbin }));
    Ok(())
}

/// Nine of ten are permitted, the tenth by somebody else's name.
fn questions(content: &SnapshotContent) -> Vec<Question> {
    let mut seeded = Seeded::new(2);
    let mut any = |limit: usize| usize::try_from(seeded.below(limit as u64)).unwrap_or_default();
    let made = (0..QUESTIONS).map(|n| {
        let right = &content.rights[any(content.rights.len())];
        let joiner = if n % 10 == 0 { &content.joiners[any(content.joiners.len())].oid } else { &right.joiner };
        [joiner.to_string(), right.service.to_string(), right.access_point.to_string()]
    });
    made.collect()
}

fn cedar(content: &SnapshotContent, questions: &[Question]) -> Result<serde_json::Value, Box<dyn Error>> {
    let uid = |kind: &str, id: &str| -> Result<EntityUid, Box<dyn Error>> {
        Ok(EntityUid::from_type_name_and_id(EntityTypeName::from_str(kind)?, EntityId::new(id)))
    };
    let mut groups: BTreeMap<String, HashSet<EntityUid>> = BTreeMap::new();
    for right in &content.rights {
        let door = uid("Door", &format!("{} {}", right.access_point, right.service))?;
        groups.entry(right.joiner.to_string()).or_default().insert(door);
    }
    let mut entities = Vec::new();
    let doors: HashSet<EntityUid> = groups.values().flatten().cloned().collect();
    for door in doors {
        entities.push(Entity::new_no_attrs(door, HashSet::new()));
    }
    for (joiner, doors) in groups {
        entities.push(Entity::new(uid("Joiner", &joiner)?, HashMap::<String, RestrictedExpression>::new(), doors)?);
    }
    let begun = Instant::now();
    let entities = Entities::from_entities(entities, None)?;
    let built = begun.elapsed();
    let policies = PolicySet::from_str("permit(principal, action == Action::\"use\", resource) when { principal in resource };")?;
    let (authorizer, action) = (Authorizer::new(), uid("Action", "use")?);
    let mut ask = |[joiner, service, point]: &Question| -> Result<bool, Box<dyn Error>> {
        let (who, door) = (uid("Joiner", joiner)?, uid("Door", &format!("{point} {service}"))?);
        let request = Request::new(who, action.clone(), door, Context::empty(), None)?;
        Ok(authorizer.is_authorized(&request, &policies, &entities).decision() == Decision::Allow)
    };
    measured("cedar-policy", content.rights.len(), built, questions, &mut ask)
}

async fn casbin(content: &SnapshotContent, questions: &[Question]) -> Result<serde_json::Value, Box<dyn Error>> {
    const MODEL: &str = "[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n\
        [policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = r.sub == p.sub && r.obj == p.obj && r.act == p.act\n";
    let begun = Instant::now();
    let mut enforcer = Enforcer::new(DefaultModel::from_str(MODEL).await?, MemoryAdapter::default()).await?;
    let line = |right: &liitos_domain::directory::Right| {
        vec![right.joiner.to_string(), right.access_point.to_string(), right.service.to_string()]
    };
    let lines: HashSet<Vec<String>> = content.rights.iter().map(line).collect();
    enforcer.add_policies(lines.into_iter().collect()).await?;
    let built = begun.elapsed();
    let mut ask = |[joiner, service, point]: &Question| -> Result<bool, Box<dyn Error>> {
        Ok(enforcer.enforce((joiner.as_str(), point.as_str(), service.as_str()))?)
    };
    measured("casbin", content.rights.len(), built, questions, &mut ask)
}

fn measured(
    engine: &str,
    rights: usize,
    built: Duration,
    questions: &[Question],
    ask: &mut dyn FnMut(&Question) -> Result<bool, Box<dyn Error>>,
) -> Result<serde_json::Value, Box<dyn Error>> {
    let (mut took, mut permitted) = (Vec::new(), 0u32);
    let begun = Instant::now();
    for question in questions {
        let asked = Instant::now();
        permitted += u32::from(black_box(ask(question)?));
        took.push(asked.elapsed());
        if begun.elapsed() > PATIENCE {
            break;
        }
    }
    took.sort_unstable();
    let at = |thousandths: usize| took.get(took.len() * thousandths / 1000).map_or(0, Duration::as_nanos);
    Ok(serde_json::json!({
        "engine": engine, "rights": rights, "build_ms": built.as_millis(), "asked": took.len(), "permitted": permitted,
        "p50_ns": at(500), "p99_ns": at(990),
    }))
}
