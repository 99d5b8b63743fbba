//! What a search or a history asks for: parameters read strictly, so that nobody takes a wider answer for a narrow one.

use super::Kind;
use liitos_domain::Moment;
use std::fmt::Write as _;

/// Most parameters of a query, and most values of all of them: each is held against every resource.
pub const MOST: usize = 32;
const MOST_VALUES: usize = 64;
/// Most letters of a value.
pub(super) const LONGEST: usize = 512;
/// Resources on a page, when nobody says, and at most.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

/// Why a query is not answered: which parameter, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {problem}")]
pub struct BadQuery {
    /// The parameter, as far as it is one of ours.
    pub parameter: String,
    /// What is wrong.
    pub problem: &'static str,
}

/// A query.
#[derive(Clone, Debug)]
pub struct Query {
    pub(super) kind: Kind,
    /// The directory's own address.
    pub(super) base: String,
    pub(super) filters: Vec<Filter>,
    pub(super) include: Vec<Include>,
    /// Of a history.
    pub(super) since: Option<Moment>,
    pub(super) count: usize,
    pub(super) after: Option<String>,
    /// As it was asked, for the links.
    asked: Vec<(String, String)>,
    history: bool,
}

/// What must hold: one of the values.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) by: By,
    pub(super) values: Vec<Value>,
}

/// What a parameter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    Id,
    LastUpdated,
    Token(&'static [&'static str]),
    Text(&'static [&'static str]),
    Reference(&'static [&'static str], Kind),
    Period(&'static [&'static str]),
}

/// What it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A code or identifier of a system; `None`: of any.
    Token {
        system: Option<String>,
        code: Option<String>,
    },
    Begins(String),
    Contains(String),
    Exactly(String),
    /// An id.
    Id(String),
    /// A stretch of time, as exact as it was written.
    Time {
        compare: Compare,
        from: Moment,
        until: Moment,
    },
}

/// How times are compared (FHIR R4 3.1.1.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compare {
    Equal,
    NotEqual,
    Greater,
    Less,
    AtLeast,
    AtMost,
    Begins,
    Ends,
}

/// What goes beside the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Include {
    /// Whose reference it is.
    pub(super) from: Kind,
    pub(super) path: &'static [&'static str],
    /// What it leads to.
    pub(super) to: Kind,
    /// Whether what refers is brought, not what is referred to.
    pub(super) backwards: bool,
    /// As it is asked for.
    pub(super) name: &'static str,
}

/// What can be searched by, with FHIR's type of the parameter.
pub(super) const fn parameters(kind: Kind) -> &'static [(&'static str, By)] {
    match kind {
        Kind::Organization => &[
            ("active", By::Token(&["active"])),
            ("identifier", By::Token(&["identifier"])),
            ("name", By::Text(&["name"])),
            ("partof", By::Reference(&["partOf"], Kind::Organization)),
            ("type", By::Token(&["type"])),
        ],
        Kind::OrganizationAffiliation => &[
            ("active", By::Token(&["active"])),
            ("date", By::Period(&["period"])),
            ("identifier", By::Token(&["identifier"])),
            ("participating-organization", By::Reference(&["participatingOrganization"], Kind::Organization)),
            ("primary-organization", By::Reference(&["organization"], Kind::Organization)),
            ("role", By::Token(&["code"])),
        ],
        Kind::Endpoint => &[
            ("identifier", By::Token(&["identifier"])),
            ("organization", By::Reference(&["managingOrganization"], Kind::Organization)),
            ("status", By::Token(&["status"])),
        ],
        Kind::Location => &[
            ("identifier", By::Token(&["identifier"])),
            ("name", By::Text(&["name"])),
            ("organization", By::Reference(&["managingOrganization"], Kind::Organization)),
            ("partof", By::Reference(&["partOf"], Kind::Location)),
            ("status", By::Token(&["status"])),
            ("type", By::Token(&["type"])),
        ],
        Kind::HealthcareService => &[
            ("active", By::Token(&["active"])),
            ("identifier", By::Token(&["identifier"])),
            ("location", By::Reference(&["location"], Kind::Location)),
            ("name", By::Text(&["name"])),
            ("organization", By::Reference(&["providedBy"], Kind::Organization)),
            ("service-type", By::Token(&["type"])),
        ],
    }
}

/// What can be asked for beside what matches.
pub(super) const INCLUDES: [Include; 6] = [
    include(Kind::Organization, &["endpoint"], Kind::Endpoint, false, "Organization:endpoint"),
    include(Kind::OrganizationAffiliation, &["endpoint"], Kind::Endpoint, false, "OrganizationAffiliation:endpoint"),
    include(Kind::Location, &["managingOrganization"], Kind::Organization, false, "Location:organization"),
    include(Kind::Location, &["managingOrganization"], Kind::Organization, true, "Location:organization"),
    include(
        Kind::OrganizationAffiliation,
        &["participatingOrganization"],
        Kind::Organization,
        true,
        "OrganizationAffiliation:participating-organization",
    ),
    include(
        Kind::OrganizationAffiliation,
        &["organization"],
        Kind::Organization,
        true,
        "OrganizationAffiliation:primary-organization",
    ),
];

const fn include(from: Kind, path: &'static [&'static str], to: Kind, backwards: bool, name: &'static str) -> Include {
    Include { from, path, to, backwards, name }
}

impl Query {
    /// A search (ITI-90).
    ///
    /// # Errors
    /// [`BadQuery`] for a parameter or value that is not known.
    pub fn search(kind: Kind, base: &str, asked: &[(String, String)]) -> Result<Self, BadQuery> {
        Self::read(kind, base, asked, false)
    }

    /// A history of all resources of a kind (ITI-91).
    ///
    /// # Errors
    /// [`BadQuery`].
    pub fn history(kind: Kind, base: &str, asked: &[(String, String)]) -> Result<Self, BadQuery> {
        Self::read(kind, base, asked, true)
    }

    fn read(kind: Kind, base: &str, asked: &[(String, String)], history: bool) -> Result<Self, BadQuery> {
        let mut query = Self {
            kind,
            base: base.to_owned(),
            filters: Vec::new(),
            include: Vec::new(),
            since: None,
            count: PAGE,
            after: None,
            asked: asked.iter().filter(|(name, _)| name != "_after").cloned().collect(),
            history,
        };
        if asked.len() > MOST {
            return Err(BadQuery { parameter: "query".to_owned(), problem: "too many parameters" });
        }
        for (name, text) in asked {
            let bad = |problem| BadQuery { parameter: name.chars().take(64).collect(), problem };
            if text.len() > LONGEST {
                return Err(bad("the value is too long"));
            }
            query.parameter(name, text).map_err(bad)?;
            if query.filters.iter().map(|filter| filter.values.len()).sum::<usize>() > MOST_VALUES {
                return Err(bad("too many values in all"));
            }
        }
        Ok(query)
    }

    fn parameter(&mut self, name: &str, text: &str) -> Result<(), &'static str> {
        match name {
            // How the answer is written is asked elsewhere.
            "_format" | "_pretty" => {}
            "_count" => {
                let count: usize = text.parse().map_err(|_| "expected a number")?;
                self.count = count.min(LARGEST_PAGE);
            }
            "_after" => self.after = Some(text.to_owned()),
            "_since" if self.history => self.since = Some(instant(text)?),
            _ if self.history => return Err("a history is asked for with _since, _count and _format alone"),
            "_include" | "_revinclude" => {
                let fits = |one: &&Include| {
                    let own = if one.backwards { one.to } else { one.from };
                    // What it leads to may be said, too.
                    let said = text.strip_prefix(one.name).map(|rest| rest.strip_prefix(':').unwrap_or(rest));
                    let leads = if one.backwards { own } else { one.to };
                    let named = said.is_some_and(|to| to.is_empty() || to == leads.name());
                    named && own == self.kind && one.backwards == (name == "_revinclude")
                };
                let found = INCLUDES.iter().find(fits).ok_or("not among what can be included here")?;
                if !self.include.contains(found) {
                    self.include.push(*found);
                }
            }
            _ => {
                let (own, modifier) =
                    name.split_once(':').map_or((name, None), |(own, modifier)| (own, Some(modifier)));
                let by = match own {
                    "_id" => By::Id,
                    "_lastUpdated" => By::LastUpdated,
                    _ => {
                        let known = parameters(self.kind).iter().find(|(known, _)| *known == own);
                        known.ok_or("no such search parameter of this resource")?.1
                    }
                };
                let values = split(text)?.into_iter().map(|one| value(by, modifier, one, &self.base));
                let values = values.collect::<Result<_, _>>()?;
                self.filters.push(Filter { by, values });
            }
        }
        Ok(())
    }

    /// Where it is asked.
    pub(super) fn address(&self) -> String {
        let mut address = format!("{}/{}", self.base, self.kind.name());
        if self.history {
            address.push_str("/_history");
        }
        for (place, (name, value)) in self.asked.iter().enumerate() {
            let _ = write!(address, "{}{}={}", if place == 0 { '?' } else { '&' }, encoded(name), encoded(value));
        }
        address
    }

    /// Where the next page is.
    pub(super) fn address_after(&self, after: &str) -> String {
        let sign = if self.asked.is_empty() { '?' } else { '&' };
        format!("{}{sign}_after={}", self.address(), encoded(after))
    }
}

/// Values with commas between them; a backslash before one makes it the value's own (FHIR R4 3.1.1.4.0.1).
pub(super) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let (mut values, mut letters) = (vec![String::new()], text.chars());
    while let Some(letter) = letters.next() {
        if letter == ',' {
            values.push(String::new());
            continue;
        }
        // A bar that is the value's own keeps its backslash: it is told apart later.
        let own = if letter == '\\' { letters.next().ok_or("ends with a backslash")? } else { letter };
        let last = values.last_mut().ok_or("no value")?;
        if letter == '\\' && own == '|' {
            last.push('\\');
        }
        last.push(own);
    }
    if values.len() > MOST || values.iter().any(String::is_empty) {
        return Err("expected a value, or several with commas between them");
    }
    Ok(values)
}

fn value(by: By, modifier: Option<&str>, text: String, base: &str) -> Result<Value, &'static str> {
    Ok(match (by, modifier) {
        (By::Id, None) => Value::Id(text),
        (By::Token(_), None) => token(&text),
        (By::Text(_), None) => Value::Begins(folded(&text)),
        (By::Text(_), Some("contains")) => Value::Contains(folded(&text)),
        (By::Text(_), Some("exact")) => Value::Exactly(text),
        (By::Reference(_, to), None) => Value::Id(referred(&text, to, base)?),
        (By::LastUpdated | By::Period(_), None) => time(&text)?,
        _ => return Err("this modifier is not known here"),
    })
}

pub(super) fn token(text: &str) -> Value {
    let (mut system, mut code, mut letters) = (None, String::new(), text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => code.push(letters.next().unwrap_or('\\')),
            '|' if system.is_none() => system = Some(std::mem::take(&mut code)),
            _ => code.push(letter),
        }
    }
    Value::Token { code: (system.is_none() || !code.is_empty()).then_some(code), system }
}

/// The id in a reference: alone, with its type, or a whole address.
fn referred(text: &str, to: Kind, base: &str) -> Result<String, &'static str> {
    let own = text.strip_prefix(base).and_then(|rest| rest.strip_prefix('/'));
    if own.is_none() && text.contains("://") {
        return Err("refers to another server");
    }
    let mut parts = own.unwrap_or(text).rsplit('/');
    let id = parts.next().unwrap_or_default();
    match parts.next() {
        Some(kind) if kind != to.name() => Err("refers to another kind of resource"),
        _ => Ok(id.to_owned()),
    }
}

/// Letters without case and accents, so that “Ähtäri” is found by “ahtari”.
pub(super) fn folded(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    use unicode_normalization::char::is_combining_mark;
    text.nfd().filter(|letter| !is_combining_mark(*letter)).flat_map(char::to_lowercase).collect()
}

pub(super) fn time(text: &str) -> Result<Value, &'static str> {
    let (compare, rest) = match text.get(..2) {
        Some("eq") => (Compare::Equal, text.get(2..)),
        Some("ne") => (Compare::NotEqual, text.get(2..)),
        Some("gt") => (Compare::Greater, text.get(2..)),
        Some("lt") => (Compare::Less, text.get(2..)),
        Some("ge") => (Compare::AtLeast, text.get(2..)),
        Some("le") => (Compare::AtMost, text.get(2..)),
        Some("sa") => (Compare::Begins, text.get(2..)),
        Some("eb") => (Compare::Ends, text.get(2..)),
        _ => (Compare::Equal, Some(text)),
    };
    let (from, until) = stretch(rest.unwrap_or_default()).ok_or("expected a date or a time with its zone")?;
    Ok(Value::Time { compare, from, until })
}

/// A plus sign that nobody encoded comes as a space.
fn instant(text: &str) -> Result<Moment, &'static str> {
    let text = text.replace(' ', "+");
    if text.len() < 20 {
        return Err("expected a time with its zone, like 2026-11-26T12:00:00Z");
    }
    Moment::parse(&text).map_err(|_| "expected a time with its zone, like 2026-11-26T12:00:00Z")
}

/// The stretch that a date or time means, as exact as it is written: a year, a month, a day, a minute, a second or less.
fn stretch(text: &str) -> Option<(Moment, Moment)> {
    let number =
        |range: std::ops::Range<usize>| text.get(range).filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
    let year: i16 = number(0..4)?.parse().ok()?;
    let day = |year, month, day| Moment::start_of_day(year, month, day);
    match text.len() {
        4 => Some((day(year, 1, 1)?, day(year.checked_add(1)?, 1, 1)?)),
        7 => {
            let month: i8 = number(5..7)?.parse().ok()?;
            let next = if month == 12 { day(year.checked_add(1)?, 1, 1) } else { day(year, month + 1, 1) };
            (text.get(4..5) == Some("-")).then_some((day(year, month, 1)?, next?))
        }
        10 => {
            let from = Moment::parse(text).ok()?;
            Some((from, from.next_midnight()))
        }
        16.. => {
            let text = text.replace(' ', "+");
            let seconds = text.as_bytes().get(16) == Some(&b':');
            let whole = if seconds { text.clone() } else { format!("{}:00{}", text.get(..16)?, text.get(16..)?) };
            let from = Moment::parse(&whole).ok()?;
            let fraction = text.get(19..).filter(|_| seconds).and_then(|rest| rest.strip_prefix('.'));
            let digits = fraction.map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
            let micros = match (seconds, digits) {
                (false, _) => 60_000_000,
                (true, digits) => 10_i64.pow(u32::try_from(6_usize.saturating_sub(digits)).unwrap_or(0)),
            };
            Some((from, Moment::from_micros(from.as_micros().saturating_add(micros))))
        }
        _ => None,
    }
}

/// As it stands in a query (RFC 3986 2.3).
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                out.push(char::from(byte))
            }
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "https://k/fhir";

    fn asked(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_not_known_is_refused_and_named() {
        let told = |name: &str, value: &str| {
            Query::search(Kind::Organization, BASE, &asked(&[(name, value)])).map(drop).map_err(|bad| bad.parameter)
        };
        for (name, value) in [
            ("nane", "x"),
            ("name:missing", "true"),
            ("active:not", "true"),
            ("_count", "many"),
            ("_sort", "name"),
            ("_include", "Organization:partof"),
            ("_include", "Location:organization"),
            ("_lastUpdated", "yesterday"),
            ("_lastUpdated", "ap2026"),
            ("name", ""),
            ("name", "a,,b"),
            ("name", "a\\"),
            ("partof", "Location/1"),
            ("partof", "https://elsewhere/fhir/Organization/1"),
            ("_since", "2026-01-01T00:00:00Z"),
        ] {
            assert_eq!(told(name, value), Err(name.to_owned()), "{name}={value}");
        }
        let many: Vec<(String, String)> = (0..33).map(|_| ("name".to_owned(), "a".to_owned())).collect();
        assert!(Query::search(Kind::Organization, BASE, &many).is_err());
        let values = ["a"; 22].join(",");
        let values: Vec<(&str, &str)> = ["name", "name", "name"].map(|name| (name, values.as_str())).to_vec();
        assert!(
            Query::search(Kind::Organization, BASE, &asked(&values)).is_err(),
            "each value is held against everything"
        );
        assert!(
            Query::search(
                Kind::Organization,
                BASE,
                &asked(&[("_include", "Organization:endpoint:Endpoint"), ("_pretty", "true")])
            )
            .is_ok()
        );
        assert!(Query::history(Kind::Organization, BASE, &asked(&[("name", "a")])).is_err());
        assert!(Query::history(Kind::Organization, BASE, &asked(&[("_since", "2026-01-01")])).is_err());
        assert!(Query::history(Kind::Organization, BASE, &asked(&[("_since", "2026-01-01T00:00:00 02:00")])).is_ok());
    }

    #[test]
    fn a_time_is_as_exact_as_it_is_written() {
        let length = |text: &str| stretch(text).map(|(from, until)| until.as_seconds() - from.as_seconds());
        assert_eq!(length("2026"), Some(365 * 86_400));
        assert_eq!(length("2026-12"), Some(31 * 86_400));
        assert_eq!(length("2026-11-26"), Some(86_400));
        assert_eq!(length("2026-10-25"), Some(25 * 3600), "clocks are set back");
        assert_eq!(length("2026-11-26T12:00Z"), Some(60));
        assert_eq!(length("2026-11-26T12:00:00+02:00"), Some(1));
        let (from, until) = stretch("2026-11-26T12:00:00.25Z").unwrap();
        assert_eq!(until.as_micros() - from.as_micros(), 10_000);
        for wrong in
            ["", "26", "2026-13", "2026-1", "2026-11-31", "2026-11-26T12", "2026-11-26T12:00", "2026/11", "abcd"]
        {
            assert_eq!(stretch(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn values_keep_their_own_commas_and_bars() {
        assert_eq!(split("a\\,b,c").unwrap(), ["a,b", "c"]);
        let token = |text: &str| token(&split(text).unwrap()[0]);
        let of = |system: Option<&str>, code: Option<&str>| Value::Token {
            system: system.map(str::to_owned),
            code: code.map(str::to_owned),
        };
        assert_eq!(token("true"), of(None, Some("true")));
        assert_eq!(token("urn:x|1"), of(Some("urn:x"), Some("1")));
        assert_eq!(token("|1"), of(Some(""), Some("1")));
        assert_eq!(token("urn:x|"), of(Some("urn:x"), None));
        assert_eq!(token("a\\|b"), of(None, Some("a|b")));
        let query = Query::search(Kind::Location, BASE, &asked(&[("name", "Ä b&c"), ("_after", "x"), ("_count", "5")]))
            .unwrap();
        assert_eq!(query.address(), "https://k/fhir/Location?name=%C3%84%20b%26c&_count=5");
        assert_eq!(query.address_after("y"), "https://k/fhir/Location?name=%C3%84%20b%26c&_count=5&_after=y");
        assert_eq!(folded("Ähtäri ÉÅ"), "ahtari ea");
    }
}
