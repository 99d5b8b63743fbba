//! Reads what was filled in.

use super::{Kind, Limit, Schedule};
use crate::Sha256Hash;
use crate::application::reader::{parse_addresses, parse_fingerprints};
use crate::application::{FieldError, FieldProblem, Form};
use crate::directory::{LinkRole, Network};
use crate::identifier::{AccessPointOid, DnsName, Oid};
use crate::outbound::OutboundState;
use crate::service_code::Service;
use crate::time::Moment;
use crate::typed::{self, NoMoment};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::str::FromStr;

/// Most that are moved in one move.
pub const MOST_TARGETS: usize = 10_000;
/// Longest title and system number, in characters.
const MAX_LINE: usize = 200;
/// What is said in place of a link that ends.
const NONE: &str = "none";
/// Longest reason and words, in characters.
const MAX_WORDS: usize = 2_000;
/// A wave is watched for so many minutes at least: it is entered before its second, and the next only after that.
const LEAST_PAUSE: i64 = 1;
/// Longest pause, and longest time for which the way of before stays open beside the new one, in minutes: a month.
const MOST_MINUTES: i64 = 31 * 24 * 60;
/// Most seconds between one and the next.
const MOST_STAGGER: i64 = 3_600;

/// What is moved, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What runs through one access point runs through another.
    Point {
        /// Through which before.
        from: AccessPointOid,
        /// Through which then.
        to: AccessPointOid,
        /// Of one service only; `None`: of all.
        service: Option<Service>,
        /// With another system, too; `None`: with the same.
        system: Option<String>,
    },
    /// What is done with one system is done with another.
    System {
        /// With which before.
        from: String,
        /// With which then.
        to: String,
        /// Of one service only; `None`: of all.
        service: Option<Service>,
    },
    /// Access points have other links, or other addresses of theirs: each its own.
    Address,
    /// Access points call with other certificates: each with its own.
    Certificates,
}

impl What {
    /// Of which kind it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Point { .. } => Kind::Point,
            Self::System { .. } => Kind::System,
            Self::Address => Kind::Address,
            Self::Certificates => Kind::Certificates,
        }
    }
}

impl What {
    /// Whether a message that was tried to be brought to a unit has failed, by how it stands; `None`: it says nothing of what is moved. A system that rejects it was reached, which
    /// says something of another system alone.
    #[must_use]
    pub const fn failed(&self, state: OutboundState) -> Option<bool> {
        match state {
            OutboundState::Delivered => Some(false),
            OutboundState::Waiting | OutboundState::Lapsed => Some(true),
            OutboundState::Rejected => {
                if matches!(self, Self::System { .. } | Self::Point { system: Some(_), .. }) {
                    Some(true)
                } else {
                    None
                }
            }
        }
    }

    /// Whether a call may say something of it: of its service, and with one of its systems, as far as either is known. Which system a call came with is often what the right
    /// says that let it in, and while both ways are open that may be the one of before.
    #[must_use]
    pub fn is_about(&self, called: Option<Service>, with: Option<&str>) -> bool {
        let service = match self {
            Self::Point { service, .. } | Self::System { service, .. } => *service,
            Self::Address | Self::Certificates => None,
        };
        let system = match self {
            Self::System { from, to, .. } => with.is_none_or(|with| with == from || with == to),
            _ => true,
        };
        system && service.is_none_or(|one| called.is_none_or(|called| called == one))
    }
}

/// What one gets that the others do not.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum New {
    /// Nothing.
    Same,
    /// A name and addresses of its primary link.
    Address(String, Vec<IpAddr>),
    /// Links, each the one of its role as it is then; `None`: it has none of it any more.
    Links(BTreeMap<LinkRole, Option<NewLink>>),
    /// Certificates; none: any of a trusted issuer.
    Certificates(Vec<Sha256Hash>),
}

/// A link as it is then.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct NewLink {
    /// Over which network; `None`: over the same, and a new one over that of the primary.
    pub network: Option<Network>,
    /// The DNS name it is reached by.
    pub name: String,
    /// The addresses it is reached at and calls from.
    pub addresses: Vec<IpAddr>,
}

/// One that is moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The joiner, or the access point.
    pub subject: Oid,
    /// What it gets.
    pub new: New,
}

impl Target {
    /// Whose it is: the joiner, or whoever administers the access point.
    #[must_use]
    pub fn party(&self, kind: Kind) -> Oid {
        match AccessPointOid::parse(self.subject.as_str()) {
            Ok(point) if kind.of_points() => point.administrator(),
            _ => self.subject.clone(),
        }
    }
}

/// What a move says, in meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    /// What people call it.
    pub title: String,
    /// What is moved.
    pub what: What,
    /// Who is, in the order in which they go.
    pub targets: Vec<Target>,
    /// Lines that could not be read: the number of each, and what it says.
    pub unread: Vec<(usize, String)>,
    /// When.
    pub schedule: Schedule,
    /// Seconds for which the way of before stays open beside the new one.
    pub overlap: i64,
    /// When too much fails.
    pub limit: Limit,
    /// Whether it says why it comes so soon.
    pub expedited: bool,
}

/// The fields of a move, in the order in which they are asked.
pub fn asked(kind: Kind) -> impl Iterator<Item = &'static str> {
    let what: &[&str] = match kind {
        Kind::Point => &["point", "to_point", "service", "to_system"],
        Kind::System => &["from_system", "to_system", "service"],
        Kind::Address | Kind::Certificates => &[],
    };
    const WHEN: [&str; 11] = [
        "targets",
        "start_day",
        "start_time",
        "canary",
        "wave",
        "stagger",
        "pause",
        "overlap",
        "limit",
        "least",
        "expedited",
    ];
    ["title"].iter().chain(what).chain(&WHEN).chain(&["words"]).copied()
}

struct Reader<'f> {
    form: &'f Form,
    errors: Vec<FieldError>,
}

/// Reads a form.
///
/// # Errors
/// What is wrong with which field. A line of the list that cannot be read is none of these: it is told with its number.
pub fn read(kind: Kind, form: &Form) -> Result<Moving, Vec<FieldError>> {
    let mut reader = Reader { form, errors: Vec::new() };
    let title = reader.line("title");
    let what = reader.what(kind);
    let (targets, unread) = lines(kind, form.text("targets"));
    if targets.is_empty() && unread.is_empty() {
        reader.wrong("targets", FieldProblem::Missing);
    } else if form.text("targets").lines().filter(|line| !line.trim().is_empty()).nth(MOST_TARGETS).is_some() {
        reader.wrong("targets", FieldProblem::TooLong);
    }
    let start = reader.start();
    let count = i64::try_from(MOST_TARGETS).unwrap_or(i64::MAX);
    let canary = reader.number("canary", 0, (0, count));
    let wave = reader.number("wave", 0, (0, count));
    let stagger = reader.number("stagger", 0, (0, MOST_STAGGER));
    let pause = reader.number("pause", 60, (LEAST_PAUSE, MOST_MINUTES));
    let overlap = reader.number("overlap", 0, (0, MOST_MINUTES));
    let percent = reader.number("limit", 5, (0, 100));
    let least = reader.number("least", 5, (1, 1_000_000));
    for field in ["expedited", "words"] {
        if !form.text(field).is_empty() && typed::words(form.text(field), MAX_WORDS).is_none() {
            reader.wrong(field, FieldProblem::TooLong);
        }
    }
    let size = |number: i64| usize::try_from(number).unwrap_or(0);
    match (title, what, start) {
        (Some(title), Some(what), Some(start)) if reader.errors.is_empty() => Ok(Moving {
            title,
            what,
            targets,
            unread,
            schedule: Schedule { start, canary: size(canary), wave: size(wave), stagger, pause: pause * 60 },
            overlap: overlap * 60,
            limit: Limit { percent: percent.unsigned_abs(), least: least.unsigned_abs() },
            expedited: !form.text("expedited").is_empty(),
        }),
        _ => Err(reader.errors),
    }
}

impl Reader<'_> {
    fn wrong(&mut self, field: &str, problem: FieldProblem) {
        self.errors.push(FieldError { field: field.to_owned(), problem });
    }

    fn line(&mut self, field: &str) -> Option<String> {
        let text = self.form.text(field);
        let said = typed::line(text, MAX_LINE);
        if said.is_none() {
            self.wrong(field, if text.is_empty() { FieldProblem::Missing } else { FieldProblem::TooLong });
        }
        said
    }

    fn what(&mut self, kind: Kind) -> Option<What> {
        Some(match kind {
            Kind::Point => {
                let (from, to) = (self.point("point"), self.point("to_point"));
                let (service, system) = (self.service(), self.system("to_system"));
                What::Point { from: from?, to: to?, service: service?, system: system? }
            }
            Kind::System => {
                let (from, to) = (self.line("from_system"), self.line("to_system"));
                What::System { from: from?, to: to?, service: self.service()? }
            }
            Kind::Address => What::Address,
            Kind::Certificates => What::Certificates,
        })
    }

    fn point(&mut self, field: &str) -> Option<AccessPointOid> {
        let text = self.line(field)?;
        let point = AccessPointOid::parse(&text).ok();
        if point.is_none() {
            self.wrong(field, FieldProblem::AccessPointOid);
        }
        point
    }

    fn service(&mut self) -> Option<Option<Service>> {
        let text = self.form.text("service");
        if text.is_empty() {
            return Some(None);
        }
        let service = Service::parse(text);
        if service.is_none() {
            self.wrong("service", FieldProblem::Choice);
        }
        service.map(Some)
    }

    fn system(&mut self, field: &str) -> Option<Option<String>> {
        if self.form.text(field).is_empty() { Some(None) } else { self.line(field).map(Some) }
    }

    /// A whole number between two, or what is meant where nothing is said.
    fn number(&mut self, field: &str, unsaid: i64, (least, most): (i64, i64)) -> i64 {
        let text = self.form.text(field);
        if text.is_empty() {
            return unsaid;
        }
        let number = i64::from_str(text).ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.wrong(field, FieldProblem::Number);
        }
        number.unwrap_or(unsaid)
    }

    fn start(&mut self) -> Option<Moment> {
        let read = typed::moment(self.form.text("start_day"), self.form.text("start_time"));
        match read {
            Ok(Some(at)) => return Some(at),
            Ok(None) => self.wrong("start_day", FieldProblem::Missing),
            Err(NoMoment::Missing { day }) => {
                self.wrong(if day { "start_day" } else { "start_time" }, FieldProblem::Missing);
            }
            Err(NoMoment::Wrong { day }) => {
                self.wrong(if day { "start_day" } else { "start_time" }, FieldProblem::Date);
            }
        }
        None
    }
}

/// Who is moved, a line each, in the order in which they go; and the lines that cannot be read.
fn lines(kind: Kind, text: &str) -> (Vec<Target>, Vec<(usize, String)>) {
    let (mut targets, mut at, mut unread) = (Vec::new(), HashMap::new(), Vec::new());
    let said = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in said.take(MOST_TARGETS + 1) {
        match target(kind, line.trim()) {
            Some(target) => add(&mut targets, &mut at, target),
            None => unread.push((number, line.trim().chars().take(MAX_LINE).collect())),
        }
    }
    (targets, unread)
}

/// Adds one to those who are moved, or another link of one that is there.
fn add(targets: &mut Vec<Target>, at: &mut HashMap<Oid, usize>, target: Target) {
    if let Some(known) = at.get(&target.subject).and_then(|nth| targets.get_mut(*nth))
        && let Some(both) = known.new.and(&target.new)
    {
        known.new = both;
        return;
    }
    at.entry(target.subject.clone()).or_insert(targets.len());
    targets.push(target);
}

/// A list of access points and fingerprints with more of these: on the line of each, or on one of its own behind the others.
#[must_use]
pub fn with_certificates(list: &str, more: Vec<(AccessPointOid, Sha256Hash)>) -> String {
    let mut lines: Vec<String> =
        list.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let held = |line: &str| parse_fingerprints(word(line).1).unwrap_or_default().into_iter().collect::<BTreeSet<_>>();
    let at = |(nth, line): (usize, &String)| (word(line).0.to_owned(), (nth, held(line)));
    let mut of: HashMap<String, (usize, BTreeSet<Sha256Hash>)> = lines.iter().enumerate().map(at).collect();
    for (point, fingerprint) in more {
        let (nth, held) = of.entry(point.to_string()).or_insert_with_key(|point| {
            lines.push(point.clone());
            (lines.len() - 1, BTreeSet::new())
        });
        if let Some(line) = lines.get_mut(*nth).filter(|_| held.insert(fingerprint)) {
            line.push_str(&format!(" {fingerprint}"));
        }
    }
    lines.join("\n")
}

/// A word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once(|c: char| c.is_whitespace() || c == ';').unwrap_or((text, ""));
    (word, rest.trim())
}

/// A link: which and over which network, where that is said, then its name and addresses; or `backup none`.
fn link(text: &str) -> Option<New> {
    let (mut network, mut role, mut rest) = (None, None, text);
    loop {
        let (said, behind) = word(rest);
        match (Network::parse(said), LinkRole::parse(said)) {
            (Some(said), _) if network.is_none() => network = Some(said),
            (_, Some(said)) if role.is_none() => role = Some(said),
            _ => break,
        }
        rest = behind;
    }
    if (role, network, rest) == (Some(LinkRole::Backup), None, NONE) {
        return Some(New::Links([(LinkRole::Backup, None)].into()));
    }
    let (name, addresses) = word(rest);
    let (name, addresses) = (DnsName::parse(name).ok()?.to_string(), parse_addresses(addresses).ok()?);
    Some(match (role, network) {
        (None, None) => New::Address(name, addresses),
        _ => New::Links([(role.unwrap_or(LinkRole::Primary), Some(NewLink { network, name, addresses }))].into()),
    })
}

impl New {
    /// The links that it says, by role.
    #[must_use]
    pub fn links(&self) -> BTreeMap<LinkRole, Option<NewLink>> {
        match self {
            Self::Address(name, addresses) => {
                let link = NewLink { network: None, name: name.clone(), addresses: addresses.clone() };
                [(LinkRole::Primary, Some(link))].into()
            }
            Self::Links(links) => links.clone(),
            Self::Same | Self::Certificates(_) => BTreeMap::new(),
        }
    }

    /// The same with what another line says of the same access point: of another of its links.
    fn and(&self, other: &Self) -> Option<Self> {
        let (mut links, more) = (self.links(), other.links());
        let apart = !links.is_empty() && !more.is_empty() && more.keys().all(|role| !links.contains_key(role));
        links.extend(more);
        apart.then_some(Self::Links(links))
    }
}

/// A joiner's OID; or an access point's with its link, or with the fingerprints of its certificates.
fn target(kind: Kind, line: &str) -> Option<Target> {
    let (subject, rest) = word(line);
    let subject = Oid::parse(subject).ok()?;
    let new = match kind {
        Kind::Point | Kind::System if rest.is_empty() => New::Same,
        Kind::Point | Kind::System => return None,
        Kind::Address => link(rest)?,
        Kind::Certificates if rest.is_empty() => New::Certificates(Vec::new()),
        Kind::Certificates => New::Certificates(parse_fingerprints(rest).ok()?),
    };
    let point = AccessPointOid::parse(subject.as_str()).is_ok();
    (point == kind.of_points()).then_some(Target { subject, new })
}
