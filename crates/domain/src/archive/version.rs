//! What may follow what: a document's versions, and what is added to one (`domain.md` section 10).

use crate::document::{Follows, Header};
use crate::identifier::Oid;
use crate::refusal::{Finding, RefusalCode};
use crate::service_code::codes;

codes! {
    /// How a document stands.
    Standing {
        /// It is the newest of its set.
        Newest = "newest",
        /// A newer version has taken its place.
        Replaced = "replaced",
        /// It, and with it its whole set, was declared void.
        Invalidated = "invalidated",
    }
}

/// What the archive knows of a document that another follows, or of the newest of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: Oid,
    /// Its set.
    pub set_id: Oid,
    /// Its version.
    pub version: u32,
    /// How it stands.
    pub standing: Standing,
    /// Whose it is now.
    pub active: Oid,
    /// Whether it is of the same person.
    pub same_person: bool,
    /// Whether its person is named by a temporary identifier.
    pub temporary: bool,
    /// Whether it is in the same register.
    pub same_register: bool,
    /// Whether the one that comes names no other customer of occupational health care than its own.
    pub same_customer: bool,
}

/// Where a document says which customer of occupational health care it is for.
const CUSTOMER: &str = "localHeader/patientRegistrySpecifier";

/// Whether a document may stand as the version that it says it is. `replacing`: its message says that it replaces; `newest`: the newest of the
/// set that it names, and `added_to`: the document that it says it is added to, as far as the archive has them and they are no stranger's.
#[must_use]
pub fn judge_version(
    header: &Header,
    replacing: bool,
    newest: Option<&Known>,
    added_to: Option<&Known>,
) -> Vec<Finding> {
    match (replacing, &header.follows) {
        (true, Some(follows)) if follows.replaces => replacement(header, follows, newest),
        (false, Some(follows)) if !follows.replaces => {
            first(header).into_iter().chain(addition(header, added_to)).collect()
        }
        (false, None) => first(header).into_iter().collect(),
        _ => vec![Finding::new(RefusalCode::FollowsWrongly, "relatedDocument")],
    }
}

fn first(header: &Header) -> Option<Finding> {
    let first = header.version == 1 && header.set_id == header.id;
    (!first).then(|| Finding::new(RefusalCode::VersionNotFirst, "versionNumber, setId"))
}

fn replacement(header: &Header, follows: &Follows, newest: Option<&Known>) -> Vec<Finding> {
    let Some(newest) = newest else {
        return vec![Finding::new(RefusalCode::NothingToFollow, "setId")];
    };
    let mut findings = Vec::new();
    let mut find = |wrong: bool, code, place: String| {
        if wrong {
            findings.push(Finding::new(code, place));
        }
    };
    use RefusalCode as R;
    find(newest.standing == Standing::Invalidated, R::Invalidated, "setId".to_owned());
    // What stands now is told, so that the loser of two that replace at once knows what to take up.
    let older = follows.id != newest.id || header.version != newest.version.saturating_add(1);
    let place = format!("relatedDocument: the newest is {} version {}", newest.id, newest.version);
    find(older, R::NotTheNewest, place);
    let whole = follows.set_id.as_ref().is_none_or(|set| *set == header.set_id)
        && follows.version.is_none_or(|version| version.checked_add(1) == Some(header.version));
    find(!whole, R::FollowsWrongly, "relatedDocument".to_owned());
    // Whoever had a temporary identifier is named by a lasting one, once it is known, and never the other way round.
    let identified = newest.temporary && !header.person.is_temporary();
    find(!newest.same_person && !identified, R::FollowsWrongly, "recordTarget".to_owned());
    find(!newest.same_register, R::FollowsWrongly, "code".to_owned());
    find(!newest.same_customer, R::FollowsWrongly, CUSTOMER.to_owned());
    // Domain section 10: against the active controller, whatever the older version names.
    find(header.custodian != newest.active, R::ControllerForeign, "custodian".to_owned());
    findings
}

fn addition(header: &Header, added_to: Option<&Known>) -> Vec<Finding> {
    let Some(known) = added_to else {
        return vec![Finding::new(RefusalCode::NothingToFollow, "relatedDocument")];
    };
    let checks = [
        (known.standing == Standing::Invalidated, RefusalCode::Invalidated, "relatedDocument"),
        (!known.same_person, RefusalCode::FollowsWrongly, "recordTarget"),
        (!known.same_register, RefusalCode::FollowsWrongly, "code"),
        (!known.same_customer, RefusalCode::FollowsWrongly, CUSTOMER),
        (header.custodian != known.active, RefusalCode::ControllerForeign, "custodian"),
    ];
    checks.into_iter().filter(|(wrong, _, _)| *wrong).map(|(_, code, place)| Finding::new(code, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::header;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    /// Version 1 of `domain.md` section 10 as it stands after the run: it names OLD and is NEW's.
    fn moved() -> Known {
        Known {
            id: oid("1.2.246.10.1.11.123"),
            set_id: oid("1.2.246.10.1.11.123"),
            version: 1,
            standing: Standing::Newest,
            active: oid("1.2.246.10.2.19.0"),
            same_person: true,
            temporary: false,
            same_register: true,
            same_customer: true,
        }
    }

    /// Its correction, version 2, as NEW sends it.
    fn correction() -> Header {
        let follows = Follows {
            replaces: true,
            id: oid("1.2.246.10.1.11.123"),
            set_id: Some(oid("1.2.246.10.1.11.123")),
            version: Some(1),
        };
        Header {
            id: oid("1.2.246.10.1.11.124"),
            set_id: oid("1.2.246.10.1.11.123"),
            version: 2,
            custodian: oid("1.2.246.10.2.19.0"),
            follows: Some(follows),
            ..header()
        }
    }

    fn told(header: &Header, newest: Option<&Known>) -> Vec<(RefusalCode, String)> {
        judge_version(header, true, newest, None).into_iter().map(|one| (one.code, one.place)).collect()
    }

    #[test]
    fn a_correction_names_the_active_controller() {
        assert_eq!(told(&correction(), Some(&moved())), []);
        let by_old = Header { custodian: oid("1.2.246.10.1.19.0"), ..correction() };
        assert_eq!(told(&by_old, Some(&moved())), [(RefusalCode::ControllerForeign, "custodian".to_owned())]);
    }

    #[test]
    fn only_the_newest_is_replaced_and_the_loser_is_told_what_is() {
        let won = Known { id: oid("1.2.246.10.1.11.125"), version: 2, ..moved() };
        let newest = "relatedDocument: the newest is 1.2.246.10.1.11.125 version 2".to_owned();
        assert_eq!(told(&correction(), Some(&won)), [(RefusalCode::NotTheNewest, newest)]);
        let skipping = Header { version: 3, ..correction() };
        assert_eq!(told(&skipping, Some(&moved())).first().unwrap().0, RefusalCode::NotTheNewest);
        let void = Known { standing: Standing::Invalidated, ..moved() };
        assert_eq!(told(&correction(), Some(&void)), [(RefusalCode::Invalidated, "setId".to_owned())]);
        assert_eq!(told(&correction(), None), [(RefusalCode::NothingToFollow, "setId".to_owned())]);
    }

    #[test]
    fn what_follows_says_so_wholly() {
        let wrongly = |place: &str| vec![(RefusalCode::FollowsWrongly, place.to_owned())];
        let other = |change: fn(&mut Follows)| {
            let mut header = correction();
            change(header.follows.as_mut().unwrap());
            told(&header, Some(&moved()))
        };
        assert_eq!(other(|follows| follows.set_id = Some(oid("1.2.3"))), wrongly("relatedDocument"));
        assert_eq!(other(|follows| follows.version = Some(7)), wrongly("relatedDocument"));
        assert_eq!(other(|follows| follows.replaces = false), wrongly("relatedDocument"));
        assert_eq!(told(&Header { follows: None, ..correction() }, Some(&moved())), wrongly("relatedDocument"));
        let stranger = Known { same_person: false, ..moved() };
        assert_eq!(told(&correction(), Some(&stranger)), wrongly("recordTarget"));
        // A temporary identifier gives way to a lasting one, and to nothing else.
        let unknown = Known { temporary: true, ..stranger };
        assert_eq!(told(&correction(), Some(&unknown)), []);
        let root = "1.2.246.537.10.15675350.22.2003".to_owned();
        let person = crate::document::PersonRef { extension: "010100A998F".into(), root };
        assert!(person.is_temporary() && !correction().person.is_temporary());
        assert_eq!(told(&Header { person, ..correction() }, Some(&unknown)), wrongly("recordTarget"));
        let elsewhere = Known { same_register: false, ..moved() };
        assert_eq!(told(&correction(), Some(&elsewhere)), wrongly("code"));
        let of_another = Known { same_customer: false, ..moved() };
        assert_eq!(told(&correction(), Some(&of_another)), wrongly(CUSTOMER));
        // A message that brings a new document brings no replacement.
        assert_eq!(judge_version(&correction(), false, Some(&moved()), None).len(), 1);
        let second = Header { version: 2, ..header() };
        assert_eq!(judge_version(&second, false, None, None)[0].code, RefusalCode::VersionNotFirst);
    }

    #[test]
    fn an_addition_begins_a_set_of_its_own() {
        let follows = Follows { replaces: false, id: moved().id, set_id: None, version: None };
        let added = Header { custodian: moved().active, follows: Some(follows), ..header() };
        assert_eq!(judge_version(&added, false, None, Some(&moved())), []);
        assert_eq!(judge_version(&added, false, None, None)[0].code, RefusalCode::NothingToFollow);
        let void = Known { standing: Standing::Invalidated, ..moved() };
        assert_eq!(judge_version(&added, false, None, Some(&void))[0].code, RefusalCode::Invalidated);
        let later = Header { version: 2, ..added };
        assert_eq!(judge_version(&later, false, None, Some(&moved()))[0].code, RefusalCode::VersionNotFirst);
    }
}
