//! Facts of the directory and the registers as resources of mCSD, each with all its versions.
//!
//! A resource changes when a fact about it becomes known, and when one begins or ceases to hold: its versions follow from both
//! clocks, and are the same whenever they are asked for.

use super::Kind;
use super::node::{Node, coding, concept, object};
use liitos_domain::directory::{AccessPoint, Closing, Joiner, Known, Link, Past, Right, Row, Stage, Tenant};
use liitos_domain::identifier::AccessPointOid;
use liitos_domain::register::Entry;
use liitos_domain::{Interval, Moment, Oid, Service, Sha256Hash};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the directory and the registers have ever known.
#[derive(Clone, Debug, Default)]
pub struct CareFacts {
    /// The directory's rows.
    pub past: Past,
    /// Register entries of those who are named, the register that counts first.
    pub entries: Vec<Known<Entry>>,
}

/// A version of a resource.
#[derive(Clone, Debug)]
pub struct Version {
    /// What it is.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Which version, counted from 1.
    pub number: u32,
    /// Since when it has stood.
    pub at: Moment,
    /// The resource.
    pub body: Node,
}

impl Version {
    /// Its entity tag (RFC 9110 8.8.3).
    #[must_use]
    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.number)
    }
}

/// All resources with all their versions, as known at a moment.
#[derive(Debug)]
pub struct CareDirectory {
    pub(super) resources: BTreeMap<(Kind, String), Vec<Version>>,
    at: Moment,
    until: Option<Moment>,
}

impl CareDirectory {
    /// The moment for which it was built.
    #[must_use]
    pub const fn at(&self) -> Moment {
        self.at
    }

    /// From when on it says something else though nothing more becomes known: something begins or ceases to hold.
    #[must_use]
    pub const fn until(&self) -> Option<Moment> {
        self.until
    }

    /// The newest version of a resource.
    #[must_use]
    pub fn read(&self, kind: Kind, id: &str) -> Option<&Version> {
        self.resources.get(&(kind, id.to_owned())).and_then(|versions| versions.last())
    }

    /// Builds it.
    #[must_use]
    pub fn build(facts: &CareFacts, now: Moment) -> Self {
        let index = Index::of(facts);
        let mut built = Built { now, until: None, resources: BTreeMap::new() };
        built.kanta(facts);
        for oid in index.organisations() {
            index.organisation(oid, &mut built);
        }
        for (oid, points) in &index.points {
            index.endpoints(oid, points, &mut built);
        }
        for rights in index.rights.values() {
            index.membership(rights, &mut built);
        }
        for tenants in index.tenants.values() {
            tenancy(tenants, &mut built);
        }
        for ((unit, _), rights) in &index.receiving {
            index.service(unit, rights, &mut built);
        }
        for (unit, rights) in &index.units {
            index.location(unit, rights, &mut built);
        }
        Self { resources: built.resources, at: now, until: built.until }
    }
}

type Parts = Vec<(&'static str, Node)>;

/// The organisation of those who have joined nothing but Kanta itself.
const KANTA: &str = "kanta";

struct Built {
    now: Moment,
    until: Option<Moment>,
    resources: BTreeMap<(Kind, String), Vec<Version>>,
}

impl Built {
    /// Adds a resource that may change at these moments; a state that says the same as the one before is no version.
    fn add(&mut self, kind: Kind, id: &str, moments: &BTreeSet<Moment>, state: impl Fn(Moment) -> Option<Parts>) {
        let (mut versions, mut last): (Vec<Version>, Option<Parts>) = (Vec::new(), None);
        for at in moments.range(..=self.now) {
            let Some(parts) = state(*at) else { continue };
            if last.as_ref() == Some(&parts) {
                continue;
            }
            let number = u32::try_from(versions.len()).unwrap_or(u32::MAX).saturating_add(1);
            let body = resource(kind, id, number, *at, parts.clone());
            versions.push(Version { kind, id: id.to_owned(), number, at: *at, body });
            last = Some(parts);
        }
        let next = moments.range(Moment::from_micros(self.now.as_micros().saturating_add(1))..).next().copied();
        self.until = [self.until, next].into_iter().flatten().min();
        if !versions.is_empty() {
            self.resources.insert((kind, id.to_owned()), versions);
        }
    }

    /// The one whose services everybody joins.
    fn kanta(&mut self, facts: &CareFacts) {
        let first = facts.past.joiners.iter().map(|joiner| joiner.known.from);
        let first = first.chain(facts.past.access_points.iter().map(|point| point.known.from)).min();
        let parts = || {
            vec![
                ("active", true.into()),
                ("type", Node::List(vec![concept("urn:liitos:organization-type", "operator", "")])),
                ("name", "Kanta".into()),
            ]
        };
        self.add(Kind::Organization, KANTA, &first.into_iter().collect(), |_| Some(parts()));
    }
}

fn resource(kind: Kind, id: &str, number: u32, at: Moment, parts: Parts) -> Node {
    let meta = object([
        ("versionId", number.to_string().into()),
        ("lastUpdated", at.to_string().into()),
        ("profile", Node::List(vec![kind.profile().into()])),
    ]);
    let head = [("resourceType", kind.name().into()), ("id", id.to_owned().into()), ("meta", meta)];
    let present = |(_, part): &(&'static str, Node)| !matches!(part, Node::List(several) if several.is_empty());
    let mut all: Vec<_> = head.into_iter().chain(parts.into_iter().filter(present)).collect();
    all.shrink_to_fit();
    Node::Object(all)
}

/// The endpoints of a row of an access point, when it was known and when it holds.
struct Ways {
    known: Interval,
    valid: Interval,
    ids: Vec<String>,
}

type RightKey<'f> = (&'f Oid, Service, &'f AccessPointOid, &'f str, Option<&'f Oid>, Option<&'f Oid>);

/// Facts by what they are about.
#[derive(Default)]
struct Index<'f> {
    joiners: BTreeMap<&'f Oid, Vec<&'f Known<Joiner>>>,
    points: BTreeMap<&'f AccessPointOid, Vec<&'f Known<AccessPoint>>>,
    administered: HashMap<&'f Oid, BTreeSet<&'f AccessPointOid>>,
    rights: BTreeMap<RightKey<'f>, Vec<&'f Known<Right>>>,
    organisers: BTreeMap<&'f Oid, Vec<&'f Known<Right>>>,
    tenants: BTreeMap<(&'f Oid, &'f Oid), Vec<&'f Known<Tenant>>>,
    /// By tenant alone.
    under_hosts: BTreeMap<&'f Oid, Vec<&'f Known<Tenant>>>,
    /// By unit and service, and by unit alone.
    receiving: BTreeMap<(&'f Oid, Service), Vec<&'f Known<Right>>>,
    units: BTreeMap<&'f Oid, Vec<&'f Known<Right>>>,
    closings: HashMap<&'f AccessPointOid, Vec<&'f Known<Closing>>>,
    /// Of everything.
    everything: Vec<&'f Known<Closing>>,
    /// The endpoints of each row of an access point.
    ways: HashMap<&'f AccessPointOid, Vec<Ways>>,
    entries: HashMap<&'f str, Vec<&'f Known<Entry>>>,
}

impl<'f> Index<'f> {
    fn of(facts: &'f CareFacts) -> Self {
        let mut index = Self::default();
        for joiner in &facts.past.joiners {
            index.joiners.entry(&joiner.fact.oid).or_default().push(joiner);
        }
        for point in &facts.past.access_points {
            index.points.entry(&point.fact.oid).or_default().push(point);
            let ids = point.fact.links.iter().map(|link| endpoint_id(&point.fact.oid, link)).collect();
            index.ways.entry(&point.fact.oid).or_default().push(Ways {
                known: point.known,
                valid: point.fact.valid,
                ids,
            });
            index.administered.entry(&point.fact.administrator).or_default().insert(&point.fact.oid);
        }
        for right in &facts.past.rights {
            let Right { joiner, service, access_point, system, unit, organiser, .. } = &right.fact;
            let key = (joiner, *service, access_point, system.as_str(), unit.as_ref(), organiser.as_ref());
            index.rights.entry(key).or_default().push(right);
            if let Some(organiser) = organiser {
                index.organisers.entry(organiser).or_default().push(right);
            }
            if let Some(unit) = unit {
                index.receiving.entry((unit, *service)).or_default().push(right);
                index.units.entry(unit).or_default().push(right);
            }
        }
        for tenant in &facts.past.tenants {
            index.tenants.entry((&tenant.fact.host, &tenant.fact.tenant)).or_default().push(tenant);
            index.under_hosts.entry(&tenant.fact.tenant).or_default().push(tenant);
        }
        for closing in &facts.past.closings {
            let Closing { access_point, joiner, service, system, .. } = &closing.fact;
            // Only what closes for everybody and every service.
            match (access_point, joiner, service, system) {
                (Some(point), None, None, None) => index.closings.entry(point).or_default().push(closing),
                (None, None, None, None) => index.everything.push(closing),
                _ => {}
            }
        }
        for entry in &facts.entries {
            index.entries.entry(entry.fact.id.as_str()).or_default().push(entry);
        }
        index
    }

    fn organisations(&self) -> BTreeSet<&'f Oid> {
        let named = self.joiners.keys().chain(self.organisers.keys()).chain(self.under_hosts.keys());
        named.chain(self.administered.keys()).copied().collect()
    }

    fn entries(&self, oid: &Oid) -> &[&'f Known<Entry>] {
        self.entries.get(oid.as_str()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The entry that says who somebody is, as known at a moment.
    fn entry(&self, oid: &Oid, at: Moment) -> Option<&'f Entry> {
        self.entries(oid).iter().find(|entry| entry.known.contains(at)).map(|entry| &entry.fact)
    }

    fn name(&self, oid: &Oid, at: Moment) -> Node {
        self.entry(oid, at).map_or(oid.as_str(), |entry| entry.name.as_str()).to_owned().into()
    }

    /// The endpoints of an access point that are open at a moment or will be, as known then.
    fn endpoints_of(&self, point: &AccessPointOid, at: Moment) -> Vec<Node> {
        let ways = self.ways.get(point).into_iter().flatten();
        let open = ways.filter(|ways| ways.known.contains(at) && !ways.valid.ended(at));
        let ids: BTreeSet<&String> = open.flat_map(|ways| &ways.ids).collect();
        ids.into_iter().map(|id| reference(Kind::Endpoint, id)).collect()
    }

    /// The moments at which they change.
    fn ways_change(&self, point: &AccessPointOid) -> impl Iterator<Item = Moment> {
        let ways = self.ways.get(point).into_iter().flatten();
        ways.flat_map(|ways| ends(ways.known).chain(ends(ways.valid)))
    }

    fn organisation(&self, oid: &'f Oid, built: &mut Built) {
        let joiners = self.joiners.get(oid).map(Vec::as_slice).unwrap_or_default();
        let tenants = self.under_hosts.get(oid).map(Vec::as_slice).unwrap_or_default();
        let organises = self.organisers.get(oid).map(Vec::as_slice).unwrap_or_default();
        let own = self.administered.get(oid).into_iter().flatten().filter_map(|point| self.points.get(point));
        let own: Vec<&Known<AccessPoint>> =
            own.flatten().copied().filter(|point| point.fact.administrator == *oid).collect();
        let mut moments = moments(joiners);
        moments.append(&mut self::moments(tenants));
        moments.append(&mut self::moments(organises));
        moments.append(&mut self::moments(&own));
        moments.extend(self.entries(oid).iter().flat_map(|entry| ends(entry.known)));
        let state = |at| {
            let roles = [
                ("joiner", stands(joiners, at)),
                ("tenant", stands(tenants, at)),
                ("organiser", stands(organises, at)),
                ("administrator", stands(&own, at)),
            ];
            let types = roles.iter().filter(|(_, standing)| standing.is_some());
            let types: Vec<Node> = types.map(|(role, _)| concept("urn:liitos:organization-type", role, "")).collect();
            let points: BTreeSet<&AccessPointOid> =
                own.iter().filter(|point| point.known.contains(at)).map(|point| &point.fact.oid).collect();
            let endpoints = points.into_iter().flat_map(|point| self.endpoints_of(point, at)).collect();
            (!types.is_empty()).then(|| {
                vec![
                    ("identifier", Node::List(vec![identifier(oid)])),
                    ("active", roles.iter().any(|(_, standing)| *standing == Some(true)).into()),
                    ("type", Node::List(types)),
                    ("name", self.name(oid, at)),
                    ("endpoint", Node::List(endpoints)),
                ]
            })
        };
        built.add(Kind::Organization, &organisation_id(oid), &moments, state);
    }

    /// A right as the affiliation of its joiner with Kanta, or with the organiser for whom it works.
    fn membership(&self, rights: &[&'f Known<Right>], built: &mut Built) {
        let Some(first) = rights.first().map(|right| &right.fact) else { return };
        let named = |oid: &Option<Oid>| oid.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let (unit, organiser) = (named(&first.unit), named(&first.organiser));
        let key = format!(
            "{} {} {} {unit} {organiser} {}",
            first.joiner,
            first.service.code(),
            first.access_point,
            first.system
        );
        let mut moments = moments(rights);
        moments.extend(self.ways_change(&first.access_point));
        let state = |at| {
            let right = standing(rights, at)?;
            let primary = right.organiser.as_ref().map_or_else(|| KANTA.to_owned(), organisation_id);
            let service = concept("urn:liitos:service", right.service.code(), "");
            let mut parts = affiliation(right.valid, at, &primary, &organisation_id(&right.joiner));
            parts.push((
                "code",
                Node::List(vec![concept("http://hl7.org/fhir/organization-role", "member", "Member"), service]),
            ));
            let services =
                right.unit.iter().map(|unit| reference(Kind::HealthcareService, &service_id(unit, right.service)));
            parts.push(("healthcareService", Node::List(services.collect())));
            parts.push(("endpoint", Node::List(self.endpoints_of(&right.access_point, at))));
            Some(parts)
        };
        built.add(Kind::OrganizationAffiliation, &hashed("r", &key), &moments, state);
    }

    /// The links that an access point has ever had.
    fn endpoints(&self, oid: &'f AccessPointOid, points: &[&'f Known<AccessPoint>], built: &mut Built) {
        let closings = self.closings.get(oid).into_iter().flatten().chain(&self.everything);
        let closings: Vec<&Known<Closing>> = closings.copied().collect();
        let mut moments = moments(points);
        moments.append(&mut self::moments(&closings));
        let links = points.iter().flat_map(|point| &point.fact.links);
        let links: BTreeMap<String, &Link> = links.map(|link| (endpoint_id(oid, link), link)).collect();
        for (id, link) in links {
            let state = |at| {
                let known = points.iter().filter(|point| point.known.contains(at)).map(|point| &point.fact);
                let with = known.filter(|point| point.links.iter().any(|own| same_way(own, link)));
                let with: Vec<&AccessPoint> = that_were(with.collect());
                let newest = with.iter().max_by_key(|point| point.valid.from)?;
                let from = with.iter().map(|point| point.valid.from).min();
                let until = if with.iter().any(|point| point.valid.until.is_none()) {
                    None
                } else {
                    with.iter().filter_map(|point| point.valid.until).max()
                };
                let closed = |known: &&Known<Closing>| {
                    known.known.contains(at) && known.fact.valid.contains(at) && known.fact.stage == Stage::Closed
                };
                let status = match with.iter().any(|point| point.valid.contains(at)) {
                    true if closings.iter().any(closed) => "suspended",
                    true => "active",
                    false => "off",
                };
                let manager = organisation_id(&newest.administrator);
                Some(vec![
                    ("identifier", Node::List(vec![identifier(oid.oid())])),
                    ("status", status.into()),
                    ("connectionType", coding("urn:liitos:endpoint-connection-type", "hl7-v3-https", "")),
                    ("name", format!("{oid} {}", link.role.code()).into()),
                    ("managingOrganization", reference(Kind::Organization, &manager)),
                    ("period", period(from, until)),
                    (
                        "payloadType",
                        Node::List(vec![concept(
                            "http://terminology.hl7.org/CodeSystem/endpoint-payload-type",
                            "any",
                            "Any",
                        )]),
                    ),
                    ("payloadMimeType", Node::List(vec!["application/hl7-v3+xml".into()])),
                    ("address", format!("https://{}", link.dns_name).into()),
                ])
            };
            built.add(Kind::Endpoint, &id, &moments, state);
        }
    }

    /// What a unit receives.
    fn service(&self, unit: &'f Oid, rights: &[&'f Known<Right>], built: &mut Built) {
        let Some(service) = rights.first().map(|right| right.fact.service) else { return };
        let mut moments = moments(rights);
        moments.extend(self.entries(unit).iter().flat_map(|entry| ends(entry.known)));
        for right in rights {
            moments.extend(self.ways_change(&right.fact.access_point));
        }
        let state = |at| {
            let right = standing(rights, at)?;
            Some(vec![
                ("active", right.valid.contains(at).into()),
                ("providedBy", reference(Kind::Organization, &organisation_id(&right.joiner))),
                ("type", Node::List(vec![concept("urn:liitos:service", service.code(), "")])),
                ("location", Node::List(vec![reference(Kind::Location, &organisation_id(unit))])),
                ("name", self.name(unit, at)),
                ("endpoint", Node::List(self.endpoints_of(&right.access_point, at))),
            ])
        };
        built.add(Kind::HealthcareService, &service_id(unit, service), &moments, state);
    }

    /// A unit, with the address and telephone number that its entry must have (domain.md section 11).
    fn location(&self, unit: &'f Oid, rights: &[&'f Known<Right>], built: &mut Built) {
        let mut moments = moments(rights);
        moments.extend(self.entries(unit).iter().flat_map(|entry| ends(entry.known)));
        let state = |at| {
            let right = standing(rights, at)?;
            let open = rights.iter().any(|right| right.known.contains(at) && right.fact.valid.contains(at));
            let field = |name| self.entry(unit, at).and_then(|entry| entry.field(name)).unwrap_or_default();
            let text = |name| Node::from(field(name).to_owned());
            let phone = object([("system", "phone".into()), ("value", text("officetelephone"))]);
            let phones = if field("officetelephone").is_empty() { Vec::new() } else { vec![phone] };
            let lines = [field("officestreetaddress")].into_iter().filter(|line| !line.is_empty());
            let address = object([
                ("line", Node::List(lines.map(|line| line.to_owned().into()).collect())),
                ("city", text("postoffice")),
                ("postalCode", text("postnumber")),
            ]);
            let mut parts = vec![
                ("identifier", Node::List(vec![identifier(unit)])),
                ("status", if open { "active" } else { "inactive" }.into()),
                ("name", self.name(unit, at)),
                ("type", Node::List(vec![concept("urn:liitos:location-type", "unit", "")])),
                ("telecom", Node::List(phones)),
            ];
            if matches!(&address, Node::Object(lines) if !lines.is_empty()) {
                parts.push(("address", address));
            }
            let site = concept("http://terminology.hl7.org/CodeSystem/location-physical-type", "si", "Site");
            parts.push(("physicalType", site));
            parts.push(("managingOrganization", reference(Kind::Organization, &organisation_id(&right.joiner))));
            Some(parts)
        };
        built.add(Kind::Location, &organisation_id(unit), &moments, state);
    }
}

/// A tenant under its host.
fn tenancy(tenants: &[&Known<Tenant>], built: &mut Built) {
    let Some(first) = tenants.first().map(|tenant| &tenant.fact) else { return };
    let (host, tenant) = (organisation_id(&first.host), organisation_id(&first.tenant));
    let state = |at| {
        let mut parts = affiliation(standing(tenants, at)?.valid, at, &host, &tenant);
        parts.push(("code", Node::List(vec![concept("urn:liitos:affiliation", "tenant", "")])));
        Some(parts)
    };
    let id = hashed("t", &format!("{host} {tenant}"));
    built.add(Kind::OrganizationAffiliation, &id, &moments(tenants), state);
}

fn affiliation(valid: Interval, at: Moment, primary: &str, participating: &str) -> Parts {
    vec![
        ("active", valid.contains(at).into()),
        ("period", period(Some(valid.from), valid.until)),
        ("organization", reference(Kind::Organization, primary)),
        ("participatingOrganization", reference(Kind::Organization, participating)),
    ]
}

/// The moments at which rows become known, begin or cease to hold.
fn moments<R: Row>(rows: &[&Known<R>]) -> BTreeSet<Moment> {
    rows.iter().flat_map(|row| ends(row.known).chain(ends(row.fact.valid()))).collect()
}

fn ends(interval: Interval) -> impl Iterator<Item = Moment> {
    [Some(interval.from), interval.until].into_iter().flatten()
}

/// Whether any of what is known at a moment holds then; nothing where nothing is known.
fn stands<R: Row>(rows: &[&Known<R>], at: Moment) -> Option<bool> {
    let known = rows.iter().filter(|row| row.known.contains(at));
    known.map(|row| row.fact.valid().contains(at)).reduce(|one, other| one || other)
}

/// Of what is known at a moment: the one that holds then, or the last that did, or the first that will.
fn standing<'f, R: Row>(rows: &[&'f Known<R>], at: Moment) -> Option<&'f R> {
    let known = that_were(rows.iter().filter(|row| row.known.contains(at)).map(|row| &row.fact).collect());
    let known = || known.iter().copied();
    let begun =
        known().filter(|row| row.valid().from <= at).max_by_key(|row| (row.valid().contains(at), row.valid().from));
    begun.or_else(|| known().min_by_key(|row| row.valid().from))
}

/// Rows that were withdrawn before they began say nothing, unless there are no others.
fn that_were<R: Row>(rows: Vec<&R>) -> Vec<&R> {
    let were = |row: &&R| row.valid().until.is_none_or(|until| until > row.valid().from);
    if rows.iter().any(were) { rows.into_iter().filter(were).collect() } else { rows }
}

fn same_way(one: &Link, other: &Link) -> bool {
    (one.role, &one.dns_name) == (other.role, &other.dns_name)
}

fn reference(kind: Kind, id: &str) -> Node {
    object([("reference", format!("{}/{id}", kind.name()).into())])
}

fn identifier(oid: &Oid) -> Node {
    object([("system", "urn:ietf:rfc:3986".into()), ("value", format!("urn:oid:{oid}").into())])
}

fn period(from: Option<Moment>, until: Option<Moment>) -> Node {
    let text = |moment: Option<Moment>| moment.map(|moment| moment.to_string()).unwrap_or_default().into();
    object([("start", text(from)), ("end", text(until))])
}

/// Most letters of an id in FHIR.
const LONGEST_ID: usize = 64;

/// The id of whoever has an OID: the OID, where it is short enough.
fn organisation_id(oid: &Oid) -> String {
    if oid.as_str().len() <= LONGEST_ID { oid.to_string() } else { hashed("o", oid.as_str()) }
}

fn endpoint_id(point: &AccessPointOid, link: &Link) -> String {
    hashed("e", &format!("{point} {} {}", link.role.code(), link.dns_name))
}

fn service_id(unit: &Oid, service: Service) -> String {
    hashed("s", &format!("{unit} {}", service.code()))
}

/// An id that follows from what it is about.
fn hashed(letter: &str, about: &str) -> String {
    let hash = Sha256Hash::of(about.as_bytes()).to_string();
    format!("{letter}-{}", hash.get(..32).unwrap_or(&hash))
}
