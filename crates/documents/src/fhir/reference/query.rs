//! What a search for documents asks, read strictly: nobody takes a wider answer for a narrow one.

use super::{STATUSES, TYPES, bare};
use crate::fhir::BadQuery;
use crate::fhir::query::{Compare, LONGEST, MOST, Value, split, time, token};
use liitos_domain::archive::{Criteria, Family, MAX_PAGE, PAGE, Register, Search};
use liitos_domain::document::PersonRef;
use liitos_domain::{Moment, Oid};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchAsked {
    /// The first page of a search.
    First(Box<Search>),
    /// Another page: what the link to it said, which the archive alone can read.
    Next(String),
}

/// Longest link to a page.
const LONGEST_LINK: usize = 8 * 1024;

/// Reads a search for documents of a family's registers.
///
/// # Errors
/// [`BadQuery`] for a parameter or value that is not known.
pub fn read_search(family: Family, parameters: &[(String, String)]) -> Result<SearchAsked, BadQuery> {
    if parameters.len() > MOST {
        return Err(BadQuery { parameter: "query".to_owned(), problem: "too many parameters" });
    }
    let mut search = Search { criteria: Criteria::default(), after: None, count: PAGE };
    for (at, (name, text)) in parameters.iter().enumerate() {
        let bad = |problem| BadQuery { parameter: name.chars().take(64).collect(), problem };
        if name == "_page" && parameters.len() == 1 && text.len() <= LONGEST_LINK {
            return Ok(SearchAsked::Next(text.clone()));
        }
        if text.len() > LONGEST {
            return Err(bad("the value is too long"));
        }
        // FHIR means both by a name that repeats; of ours only times can mean anything so.
        let twice = parameters.iter().take(at).any(|(before, _)| before == name);
        if twice && name != "creation" {
            return Err(bad("stands twice"));
        }
        read(&mut search, family, name, text).map_err(bad)?;
    }
    Ok(SearchAsked::First(Box::new(search)))
}

fn read(asked: &mut Search, family: Family, name: &str, text: &str) -> Result<(), &'static str> {
    let criteria = &mut asked.criteria;
    match name {
        // How the answer is written is asked elsewhere.
        "_format" | "_pretty" => {}
        "_count" => {
            let count: u64 = text.parse().map_err(|_| "expected a number")?;
            if count == 0 {
                return Err("expected at least 1");
            }
            asked.count = count.min(MAX_PAGE);
        }
        "_page" => return Err("expected alone, as a link to the next page says it"),
        "patient.identifier" | "patient:identifier" | "subject.identifier" | "subject:identifier" => {
            once(&mut criteria.person, person(text)?)?;
        }
        "_id" => criteria.document = Some(oid(text)?),
        // Of the document (masterIdentifier), or of its set (identifier).
        "identifier" => criteria.either = Some(oid(text)?),
        "related:identifier" => criteria.set = Some(oid(text)?),
        "encounter:identifier" => criteria.event = Some(oid(text)?),
        "author:identifier" => criteria.units = oids(text)?,
        "custodian:identifier" => criteria.controllers = oids(text)?,
        "type" => criteria.kinds = kinds(text)?,
        "setting" => criteria.task = Some(single(codes(text)?)?),
        // Which IHE MHD has no parameter for.
        "version" => criteria.version = Some(text.parse().map_err(|_| "expected a number")?),
        "category" => criteria.registers = registers(family, text)?,
        "status" => {
            let named = |code: String| STATUSES.iter().find(|(_, name)| *name == code).map(|(standing, _)| *standing);
            let standings: Option<Vec<_>> = split(text)?.into_iter().map(named).collect();
            criteria.standings = standings.ok_or("expected current, superseded or entered-in-error")?;
        }
        "creation" => made(criteria, text)?,
        _ => return Err("no such search parameter of documents"),
    }
    Ok(())
}

fn person(text: &str) -> Result<PersonRef, &'static str> {
    const WANTED: &str = "expected urn:oid:… of the identifiers, a bar, and the identifier";
    match token(text) {
        Value::Token { system: Some(system), code: Some(code) } => {
            let root = Oid::parse(bare(&system)).map_err(|_| WANTED)?;
            Ok(PersonRef { extension: code, root: root.to_string() })
        }
        _ => Err(WANTED),
    }
}

/// One OID: alone, as a URN, or as an identifier of the system of URIs (RFC 3986) that holds one.
fn oid(text: &str) -> Result<Oid, &'static str> {
    let value = text.strip_prefix("urn:ietf:rfc:3986|").unwrap_or(text);
    Oid::parse(bare(value)).map_err(|_| "expected an OID")
}

fn oids(text: &str) -> Result<Vec<Oid>, &'static str> {
    split(text)?.iter().map(|one| oid(one)).collect()
}

fn codes(text: &str) -> Result<Vec<(Option<String>, String)>, &'static str> {
    let one = |text: String| match token(&text) {
        Value::Token { system, code: Some(code) } => Ok((system, code)),
        _ => Err("expected a code, or several with commas between them"),
    };
    split(text)?.into_iter().map(one).collect()
}

/// One code, of whatever system: which tasks there are differs from service to service.
fn single(codes: Vec<(Option<String>, String)>) -> Result<String, &'static str> {
    match <[_; 1]>::try_from(codes) {
        Ok([(_, code)]) => Ok(code),
        Err(_) => Err("expected one code"),
    }
}

fn kinds(text: &str) -> Result<Vec<String>, &'static str> {
    let of = |(system, code): (Option<String>, String)| match system {
        Some(system) if bare(&system) != bare(TYPES) => Err("types of another code system"),
        _ => Ok(code),
    };
    codes(text)?.into_iter().map(of).collect()
}

/// Two parameters that say the same thing differently would be read as either.
fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), &'static str> {
    if slot.replace(value).is_some() { Err("said already by another parameter") } else { Ok(()) }
}

fn registers(family: Family, text: &str) -> Result<Vec<Register>, &'static str> {
    let of = |(system, code): (Option<String>, String)| match system {
        Some(system) if family.registers() != Some(bare(&system)) => Err("a register of another service"),
        _ => Ok(Register { family, code }),
    };
    codes(text)?.into_iter().map(of).collect()
}

fn made(criteria: &mut Criteria, text: &str) -> Result<(), &'static str> {
    let Value::Time { compare, from, until } = time(text)? else { return Err("expected a time") };
    let (first, last) = match compare {
        Compare::Equal => (Some(from), Some(until)),
        Compare::AtLeast => (Some(from), None),
        Compare::Greater | Compare::Begins => (Some(until), None),
        Compare::AtMost => (None, Some(until)),
        Compare::Less | Compare::Ends => (None, Some(from)),
        Compare::NotEqual => return Err("this comparison is not known here"),
    };
    let later = |held: Option<Moment>, said: Option<Moment>| held.into_iter().chain(said).max();
    let sooner = |held: Option<Moment>, said: Option<Moment>| held.into_iter().chain(said).min();
    (criteria.made_from, criteria.made_until) = (later(criteria.made_from, first), sooner(criteria.made_until, last));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::archive::Standing;
    use proptest::prelude::*;

    fn read(query: &[(&str, &str)]) -> Result<SearchAsked, BadQuery> {
        let owned: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        read_search(Family::Patient, &owned)
    }

    fn asked(query: &[(&str, &str)]) -> Result<Search, BadQuery> {
        read(query).map(|asked| match asked {
            SearchAsked::First(search) => *search,
            SearchAsked::Next(link) => panic!("{link}"),
        })
    }

    #[test]
    fn what_mhd_asks_is_read() {
        let asked = asked(&[
            ("patient.identifier", "urn:oid:1.2.246.21|010181-900C"),
            ("status", "current,superseded"),
            ("type", "urn:oid:1.2.246.537.5.5001.2011|1,4"),
            ("category", "urn:oid:1.2.246.537.5.40150.2009|2"),
            ("creation", "ge2026-01-01"),
            ("creation", "lt2026-02"),
            ("author:identifier", "urn:ietf:rfc:3986|urn:oid:1.2.246.10.1.10.7"),
            ("custodian:identifier", "1.2.246.10.1.19.0,urn:oid:1.2.246.10.1.19.1"),
            ("encounter:identifier", "urn:oid:1.2.246.10.1.16.1"),
            ("setting", "urn:oid:1.2.246.537.6.1258.202301|10"),
            ("version", "2"),
            ("_count", "7"),
        ])
        .unwrap();
        let controllers: Vec<_> = asked.criteria.controllers.iter().map(Oid::as_str).collect();
        assert_eq!(controllers, ["1.2.246.10.1.19.0", "1.2.246.10.1.19.1"]);
        let Criteria { person, standings, kinds, registers, made_from, made_until, units, event, .. } = asked.criteria;
        assert_eq!((asked.criteria.task.as_deref(), asked.criteria.version), (Some("10"), Some(2)));
        assert_eq!(person.unwrap(), PersonRef { extension: "010181-900C".into(), root: "1.2.246.21".into() });
        assert_eq!((standings, kinds), (vec![Standing::Newest, Standing::Replaced], vec!["1".into(), "4".into()]));
        assert_eq!(registers, [Register { family: Family::Patient, code: "2".into() }]);
        assert_eq!((made_from, made_until), (Moment::parse("2026-01-01").ok(), Moment::parse("2026-02-01").ok()));
        assert_eq!((units[0].as_str(), event.unwrap().as_str()), ("1.2.246.10.1.10.7", "1.2.246.10.1.16.1"));
        assert_eq!((asked.count, asked.after), (7, None));
    }

    #[test]
    fn what_is_not_understood_is_told_by_its_name() {
        let told = |name: &str, value: &str| asked(&[(name, value)]).unwrap_err().to_string();
        assert_eq!(told("author.family", "x"), "author.family: no such search parameter of documents");
        assert!(told("patient.identifier", "010181-900C").contains("urn:oid"));
        assert!(told("status", "curent").contains("superseded"));
        assert!(told("category", "urn:oid:1.2.3|2").contains("another service"));
        assert!(told("creation", "ne2026").contains("comparison"));
        assert!(asked(&[("_page", "x"), ("_count", "1")]).unwrap_err().problem.contains("alone"));
        assert_eq!(read(&[("_page", "x")]).unwrap(), SearchAsked::Next("x".into()));
        let twice = asked(&[("patient.identifier", "urn:oid:1.2|a"), ("subject.identifier", "urn:oid:1.2|b")]);
        assert!(twice.unwrap_err().problem.contains("already"));
        assert!(told("type", "urn:oid:1.2.3|1").contains("code system"));
        assert!(told("_count", "0").contains("at least 1"));
        assert!(told("setting", "10,20").contains("one code"));
        assert!(told("version", "first").contains("number"));
        assert_eq!(asked(&[("identifier", "1.2.3")]).unwrap().criteria.either, Oid::parse("1.2.3").ok());
        assert!(asked(&[("status", "current"), ("status", "superseded")]).unwrap_err().problem.contains("twice"));
        assert_eq!(asked(&[("_count", "100000")]).unwrap().count, MAX_PAGE);
    }

    proptest! {
        #[test]
        fn no_query_makes_it_panic(name in "[a-z.:_]{0,20}", value in "[0-9a-z|,:.\\\\-]{0,30}|\\PC{0,20}") {
            let _ = asked(&[(&name, &value)]);
            for known in ["patient.identifier", "type", "category", "creation", "identifier", "status"] {
                let _ = asked(&[(known, &value)]);
            }
        }
    }
}
