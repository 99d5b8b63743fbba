//! Whom a fault hits, and by which addresses they are told.

use crate::{App, ServiceError};
use liitos_domain::contacts::{Channel, addresses};
use liitos_domain::fault::{Audience, Fault, Place, Touched};
use liitos_domain::plan::ContactRole;
use liitos_domain::register::RegisterKind;
use liitos_domain::{Moment, Oid, Position};
use liitos_store::{contacts, directory, faults, members, registers};
use liitos_texts::Language;
use std::collections::{BTreeMap, BTreeSet};

/// Who is told of a fault, and how.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// Whom it hits, and what of theirs.
    pub hit: BTreeMap<Oid, Touched>,
    /// Each address once in each language, with the first whose it is.
    pub addresses: BTreeMap<(Channel, String, &'static str), Oid>,
    /// Of whom no telephone is known that takes text messages.
    pub no_telephone: BTreeSet<Oid>,
    /// Of whom nothing is known at all: nobody there is told.
    pub silent: BTreeSet<Oid>,
}

impl Reached {
    /// How many addresses of a kind.
    #[must_use]
    pub fn by(&self, channel: Channel) -> usize {
        self.addresses.keys().filter(|(by, ..)| *by == channel).count()
    }
}

/// Whoever was told of a fault before, and where `now_too` says so whom it hits now.
pub(super) async fn reached(
    app: &App,
    fault: &Fault,
    (told, now_too): (Option<i64>, bool),
    now: Moment,
) -> Result<Reached, ServiceError> {
    let db = app.store.read();
    let mut hit = BTreeMap::new();
    if now_too {
        let rows = directory::rows(db, directory::version(db).await?).await?;
        let joiners = rows.rights.iter().map(|right| right.joiner.as_str());
        let tenants = rows.tenants.iter().map(|row| row.tenant.as_str());
        let places = places(app, &fault.audience, joiners.chain(tenants).collect()).await?;
        let place = |oid: &Oid| places.get(oid.as_str());
        hit = fault.audience.hits((&rows.rights, &rows.access_points, &rows.tenants), now.max(fault.begins), place);
    }
    if let Some(key) = told {
        // Whoever was told that it began is told that it is over.
        for joiner in faults::told(db, key).await? {
            hit.entry(joiner).or_default();
        }
    }
    let mut reached = Reached { hit, ..Reached::default() };
    reached.address(app, now).await?;
    Ok(reached)
}

/// Where joiners and tenants are, as far as their register says; asked only where it matters.
async fn places(
    app: &App,
    audience: &Audience,
    joiners: BTreeSet<&str>,
) -> Result<BTreeMap<String, Place>, ServiceError> {
    if audience.everywhere() {
        return Ok(BTreeMap::new());
    }
    let joiners: Vec<&str> = joiners.into_iter().collect();
    let mut places = BTreeMap::new();
    for register in RegisterKind::OF_JOINERS {
        let known = registers::known(app.store.read(), register, &joiners).await?;
        places.extend(known.into_iter().map(|(id, (_, entry))| {
            (id, Place { municipality: entry.municipality().map(str::to_owned), county: entry.county() })
        }));
    }
    Ok(places)
}

impl Reached {
    /// Finds by which addresses those who are hit are told: whoever they named for it, else the joiner's own mailbox, else whoever sees to its technical matters here.
    async fn address(&mut self, app: &App, now: Moment) -> Result<(), ServiceError> {
        let db = app.store.read();
        let mut named: BTreeMap<Oid, Vec<_>> = BTreeMap::new();
        for (joiner, person) in contacts::in_role(db, ContactRole::Fault).await? {
            named.entry(joiner).or_default().push(person);
        }
        let accounts = contacts::accounts(db).await?;
        for oid in self.hit.keys().cloned().collect::<Vec<_>>() {
            let account = accounts.get(&oid);
            let language = account.and_then(|account| Language::parse(&account.language)).unwrap_or_default();
            let people = named.get(&oid).map(Vec::as_slice).unwrap_or_default();
            // Where no gateway takes text messages none is written.
            let texts = app.ways.texter.is_some();
            let mut known: Vec<_> = people.iter().flat_map(|person| addresses(person, texts)).collect();
            let mailbox = |mailbox: &String| (Channel::Email, mailbox.clone());
            if people.is_empty() {
                known.extend(account.map(|account| mailbox(&account.email)));
            }
            if known.is_empty() {
                let members = members::of_organisation(db, &oid, now).await?;
                let keeps = [Position::Technical, Position::Administrative];
                let keeps = members.iter().filter(|member| keeps.contains(&member.granted.position));
                known.extend(keeps.map(|member| mailbox(&member.granted.email)));
            }
            if known.is_empty() {
                self.silent.insert(oid);
                continue;
            }
            if known.iter().all(|(channel, _)| *channel != Channel::Sms) {
                self.no_telephone.insert(oid.clone());
            }
            for (channel, address) in known {
                self.addresses.entry((channel, address, language.code())).or_insert_with(|| oid.clone());
            }
        }
        Ok(())
    }
}
