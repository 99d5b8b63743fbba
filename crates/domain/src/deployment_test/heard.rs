//! What a gateway's word makes of something that the archive wrote down.

use super::{Content, Deed, Seen, Told};
use crate::directory::{Right, SeenCall};

/// What is known once a gateway has told of the same call: that it was done, as it is tested; or that it was something else. `rights`: those of whoever tests.
#[must_use]
pub fn heard(content: &Content, rights: &[Right], seen: &Seen, call: &SeenCall) -> (Told, Seen) {
    // Where several systems may come the same way, and none names itself, a gateway names the one of the first right.
    let may = |system: &str| {
        rights.iter().any(|right| {
            let way = (Some(right.service), Some(&right.access_point)) == (call.service, call.access_point.as_ref());
            way && right.system == system
        })
    };
    let same = |system: &String| *system == content.system || (may(system) && may(&content.system));
    let tested = call.service == Some(content.service)
        && call.system.as_ref().is_none_or(same)
        && call.access_point.as_ref().map(|point| point.oid()) == seen.point.as_ref();
    let ended = match seen.deed {
        Deed::Refused => call.behind.iter().any(|code| seen.codes.contains(code)),
        _ => call.refused.is_none() && call.place.parse().is_ok_and(|status: u16| (200..300).contains(&status)),
    };
    if tested && ended {
        (Told::Whole, Seen { gateway: Some(call.at), ..seen.clone() })
    } else {
        (Told::Otherwise, seen.clone())
    }
}
