//! Made-up directories and calls from a seed: small ones full of near misses to compare decisions on, large ones to measure.

use crate::directory::{
    AccessPoint, CertificateFacts, Closing, CollectionPoint, Joiner, Link, LinkRole, Network, Organiser, RenewalMark,
    Request, Right, SnapshotContent, Stage, System, Tenant, Unit,
};
use crate::fingerprint::Sha256Hash;
use crate::identifier::{AccessPointOid, Oid};
use crate::service_code::{ConnectionModel, Operation, RateClass, Service};
use crate::time::{Interval, Moment};
use std::net::{IpAddr, Ipv4Addr};

/// Numbers from a seed (splitmix64): the same seed, the same numbers.
#[derive(Clone, Debug)]
pub struct Seeded(u64);

impl Seeded {
    /// Begins at a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// A number below another.
    pub const fn below(&mut self, limit: u64) -> u64 {
        self.next() % if limit == 0 { 1 } else { limit }
    }

    fn one_in(&mut self, count: u64) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or_default();
        from.get(at)
    }

    /// A stretch of the hundred seconds that small directories live in.
    fn span(&mut self) -> Interval {
        let from = i64::try_from(self.below(60)).unwrap_or_default();
        let until = from + 1 + i64::try_from(self.below(60)).unwrap_or_default();
        Interval::new(Moment::from_seconds(from), (!self.one_in(3)).then(|| Moment::from_seconds(until)))
    }
}

/// An OID made of a number; `None` never comes, since it is one.
fn oid(text: &str) -> Option<Oid> {
    Oid::parse(text).ok()
}

/// Few names, so that rows and calls meet often.
struct Names {
    organisations: Vec<Oid>,
    points: Vec<AccessPointOid>,
    systems: [&'static str; 3],
    services: [Service; 3],
}

impl Names {
    fn few() -> Self {
        let organisation = |n: u32| oid(&format!("1.2.246.10.{}.10.0", 1000 + n));
        let point = |n: u32| AccessPointOid::parse(&format!("1.2.246.10.{}.10.0.13.{}", 1000 + n / 2, n % 2 + 1)).ok();
        Self {
            organisations: (0..8).filter_map(organisation).collect(),
            points: (0..5).filter_map(point).collect(),
            systems: ["900001", "900002", "900003"],
            services: [Service::PatientData, Service::Prescription, Service::RenewalReception],
        }
    }
}

/// A call that owns what it names.
#[derive(Clone, Debug)]
pub struct Call {
    access_point: AccessPointOid,
    certificate: Option<CertificateFacts>,
    source: Option<IpAddr>,
    service: Service,
    operation: Operation,
    joiner: Oid,
    unit: Option<Oid>,
    tenant: Option<Oid>,
    system: Option<String>,
    organiser: Option<Oid>,
    organiser_later: bool,
    /// When it comes.
    pub at: Moment,
}

impl Call {
    /// The call to be decided on.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request {
            access_point: &self.access_point,
            certificate: self.certificate.as_ref(),
            source: self.source,
            service: self.service,
            operation: self.operation,
            joiner: &self.joiner,
            unit: self.unit.as_ref(),
            tenant: self.tenant.as_ref(),
            system: self.system.as_deref(),
            organiser: match &self.organiser {
                _ if self.organiser_later => Organiser::Later,
                organiser => Organiser::from(organiser.as_ref()),
            },
        }
    }

    /// A plain call: what a message's first bytes tell.
    #[must_use]
    pub const fn plain(access_point: AccessPointOid, joiner: Oid, service: Service, at: Moment) -> Self {
        Self {
            access_point,
            certificate: None,
            source: None,
            service,
            operation: Operation::Write,
            joiner,
            unit: None,
            tenant: None,
            system: None,
            organiser: None,
            organiser_later: false,
            at,
        }
    }
}

/// A small directory in which much nearly holds.
#[must_use]
pub fn small(seeded: &mut Seeded) -> SnapshotContent {
    let names = Names::few();
    let mut joiners: Vec<Joiner> = Vec::new();
    for name in names.organisations.iter().take(4) {
        // Some are members at several times.
        for _ in 0..1 + u64::from(seeded.one_in(4)) {
            let rate = *seeded.pick(RateClass::ALL).unwrap_or(&RateClass::Ordinary);
            joiners.push(Joiner { oid: name.clone(), rate, valid: seeded.span() });
        }
    }
    let of = |seeded: &mut Seeded, from: &[Joiner]| seeded.pick(from).map(|joiner| joiner.oid.clone());
    let mut units = Vec::new();
    // Some are units of several, or joiners themselves at another time.
    for name in names.organisations.iter().skip(3).take(2).chain(names.organisations.iter().skip(3).take(2)) {
        units.extend(of(seeded, &joiners).map(|joiner| Unit { oid: name.clone(), joiner, valid: seeded.span() }));
    }
    let mut tenants = Vec::new();
    for _ in 0..seeded.below(4) {
        let (host, tenant) = (of(seeded, &joiners), seeded.pick(&names.organisations).cloned());
        tenants.extend(host.zip(tenant).map(|(host, tenant)| Tenant { host, tenant, valid: seeded.span() }));
    }
    let mut access_points = Vec::new();
    for name in names.points.iter().take(4) {
        for _ in 0..1 + u64::from(seeded.one_in(4)) {
            access_points.push(point(seeded, name, &names));
        }
    }
    let mut rights = Vec::new();
    for _ in 0..4 + seeded.below(16) {
        rights.extend(right(seeded, &names, &joiners));
    }
    let mut directory = SnapshotContent {
        epoch: 1,
        sequence: 1,
        issued_at: Moment::from_seconds(0),
        expires_at: Moment::from_seconds(if seeded.one_in(10) { 50 } else { 1000 }),
        joiners,
        units,
        tenants,
        access_points,
        rights,
        collection_points: Vec::new(),
        systems: None,
        renewal_marks: None,
        closings: Vec::new(),
        head: None,
    };
    collection_points(seeded, &names, &mut directory);
    registers(seeded, &names, &mut directory);
    directory
}

fn point(seeded: &mut Seeded, name: &AccessPointOid, names: &Names) -> AccessPoint {
    let addresses = if seeded.one_in(2) { Vec::new() } else { vec![address(1 + seeded.below(3))] };
    let link = Link {
        network: Network::Private,
        role: LinkRole::Primary,
        dns_name: "a.test".into(),
        addresses,
        halls: Vec::new(),
    };
    AccessPoint {
        oid: name.clone(),
        administrator: name.administrator(),
        system: (*seeded.pick(&names.systems).unwrap_or(&"900001")).to_owned(),
        country: "FI".into(),
        links: vec![link],
        certificates: if seeded.one_in(2) { Vec::new() } else { vec![fingerprint(seeded)] },
        valid: seeded.span(),
    }
}

fn collection_points(seeded: &mut Seeded, names: &Names, directory: &mut SnapshotContent) {
    for number in 0..seeded.below(3) {
        let Some(administrator) = seeded.pick(&names.organisations).cloned() else { continue };
        let behind = names.points.iter().take(5).filter(|_| seeded.one_in(2)).cloned().collect();
        directory.collection_points.push(CollectionPoint {
            administrator,
            name: format!("c{number}"),
            country: "FI".into(),
            addresses: vec![address(1 + seeded.below(3))],
            access_points: behind,
            proxy_header: seeded.one_in(2),
            valid: seeded.span(),
        });
    }
}

fn address(last: u64) -> IpAddr {
    IpAddr::from(Ipv4Addr::new(198, 20, 0, u8::try_from(last).unwrap_or_default()))
}

fn fingerprint(seeded: &mut Seeded) -> Sha256Hash {
    Sha256Hash::of(&seeded.below(2).to_le_bytes())
}

fn right(seeded: &mut Seeded, names: &Names, joiners: &[Joiner]) -> Option<Right> {
    let models = [ConnectionModel::Direct, ConnectionModel::Joint, ConnectionModel::Parallel];
    let model = if seeded.one_in(4) { *seeded.pick(&models)? } else { ConnectionModel::Direct };
    let other = |seeded: &mut Seeded| seeded.pick(&names.organisations).cloned();
    let parallel = model == ConnectionModel::Parallel && !seeded.one_in(8);
    Some(Right {
        joiner: seeded.pick(joiners)?.oid.clone(),
        service: *seeded.pick(&names.services)?,
        access_point: names.points.get(usize::try_from(seeded.below(4)).ok()?)?.clone(),
        system: (*seeded.pick(&names.systems)?).to_owned(),
        unit: if seeded.one_in(4) { other(seeded) } else { None },
        organiser: if parallel { other(seeded) } else { None },
        model,
        grandfathered: false,
        valid: seeded.span(),
    })
}

/// What Astori and the code service say, and what is closed.
fn registers(seeded: &mut Seeded, names: &Names, directory: &mut SnapshotContent) {
    if !seeded.one_in(3) {
        let mut systems = Vec::new();
        for number in names.systems.iter().take(2 + usize::from(seeded.one_in(2))) {
            let services = match seeded.below(3) {
                0 => None,
                1 => Some(names.services.to_vec()),
                _ => Some(vec![Service::PatientData]),
            };
            systems.push(System { number: (*number).to_owned(), services, valid: seeded.span() });
        }
        directory.systems = Some(systems);
    }
    if !seeded.one_in(3) {
        let mut marks = Vec::new();
        for _ in 0..seeded.below(6) {
            let unit = seeded.pick(&names.organisations).cloned();
            marks.extend(unit.map(|unit| RenewalMark { unit, valid: seeded.span() }));
        }
        directory.renewal_marks = Some(marks);
    }
    for _ in 0..seeded.below(3) {
        let maybe = |seeded: &mut Seeded| seeded.one_in(2);
        directory.closings.push(Closing {
            joiner: if maybe(seeded) { seeded.pick(&names.organisations).cloned() } else { None },
            service: if maybe(seeded) { seeded.pick(&names.services).copied() } else { None },
            system: if maybe(seeded) { seeded.pick(&names.systems).map(|name| (*name).to_owned()) } else { None },
            access_point: if maybe(seeded) { seeded.pick(&names.points).cloned() } else { None },
            stage: *seeded.pick(Stage::ALL).unwrap_or(&Stage::Closed),
            reason: String::new(),
            valid: seeded.span(),
        });
    }
}

/// A call into a small directory: often one that a right was made for, with something changed.
pub fn call(seeded: &mut Seeded, directory: &SnapshotContent) -> Option<Call> {
    let names = Names::few();
    let at = Moment::from_seconds(i64::try_from(seeded.below(100)).ok()?);
    let any = |seeded: &mut Seeded| seeded.pick(&names.organisations).cloned();
    let aimed = if seeded.one_in(4) { None } else { seeded.pick(&directory.rights).cloned() };
    let service = *seeded.pick(&names.services)?;
    let mut call = Call::plain(seeded.pick(&names.points)?.clone(), any(seeded)?, service, at);
    if let Some(right) = aimed {
        (call.access_point, call.joiner, call.service) = (right.access_point, right.joiner, right.service);
        (call.unit, call.organiser) = (right.unit, right.organiser);
        call.system = seeded.one_in(2).then_some(right.system);
    }
    call.operation = if seeded.one_in(2) { Operation::Read } else { Operation::Write };
    if seeded.one_in(4) {
        let valid = seeded.span();
        call.certificate =
            Some(CertificateFacts { fingerprint: fingerprint(seeded), valid, revoked: seeded.one_in(6) });
    }
    if seeded.one_in(4) {
        call.source = Some(address(1 + seeded.below(3)));
    }
    match seeded.below(14) {
        12 | 13 => call.organiser_later = true,
        0 => call.joiner = any(seeded)?,
        1 => call.unit = any(seeded),
        2 => call.organiser = any(seeded),
        3 => call.system = seeded.pick(&names.systems).map(|name| (*name).to_owned()),
        4 => call.system = Some("unheard".to_owned()),
        5..=7 => call.tenant = any(seeded),
        _ => {}
    }
    Some(call)
}

/// A directory of so many rights, in the proportions of the real thing: a joiner for five, an access point for fifty.
#[must_use]
pub fn large(seeded: &mut Seeded, rights: u64) -> SnapshotContent {
    let (organisations, points) = ((rights / 5).max(1), (rights / 50).max(1));
    let from = Interval::from(Moment::from_seconds(0));
    let name = |n: u64| oid(&format!("1.2.246.10.{}.10.0", 10_000_000 + n));
    let point = |n: u64| AccessPointOid::parse(&format!("1.2.246.10.{}.10.0.13.1", 10_000_000 + n)).ok();
    let names: Vec<Oid> = (0..organisations).filter_map(name).collect();
    let points: Vec<AccessPointOid> = (0..points).filter_map(point).collect();
    let mut all = Vec::new();
    let services = [Service::PatientData, Service::Prescription, Service::ImagingData];
    while (all.len() as u64) < rights {
        let (Some(joiner), Some(access_point)) = (seeded.pick(&names), seeded.pick(&points)) else { break };
        let service = *seeded.pick(&services).unwrap_or(&Service::PatientData);
        let system = format!("{}", 900_000 + seeded.below(40));
        let (joiner, access_point) = (joiner.clone(), access_point.clone());
        let (unit, organiser, model) = (None, None, ConnectionModel::Direct);
        all.push(Right {
            joiner,
            service,
            access_point,
            system,
            unit,
            organiser,
            model,
            grandfathered: false,
            valid: from,
        });
    }
    let bare = |oid: AccessPointOid| AccessPoint {
        administrator: oid.administrator(),
        oid,
        system: "900000".into(),
        country: "FI".into(),
        links: Vec::new(),
        certificates: Vec::new(),
        valid: from,
    };
    SnapshotContent {
        epoch: 1,
        sequence: 1,
        issued_at: Moment::from_seconds(0),
        expires_at: Moment::from_micros(i64::MAX),
        joiners: names.into_iter().map(|oid| Joiner { oid, rate: RateClass::Ordinary, valid: from }).collect(),
        units: Vec::new(),
        tenants: Vec::new(),
        access_points: points.into_iter().map(bare).collect(),
        rights: all,
        collection_points: Vec::new(),
        systems: None,
        renewal_marks: None,
        closings: Vec::new(),
        head: None,
    }
}

/// A call that a right of a large directory permits, or now and then one that none does.
pub fn call_into(seeded: &mut Seeded, directory: &SnapshotContent) -> Option<Call> {
    let right = seeded.pick(&directory.rights)?;
    let mut joiner = right.joiner.clone();
    if seeded.one_in(10) {
        joiner = seeded.pick(&directory.joiners)?.oid.clone();
    }
    Some(Call::plain(right.access_point.clone(), joiner, right.service, Moment::from_seconds(10)))
}
