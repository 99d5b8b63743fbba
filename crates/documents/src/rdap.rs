//! Whose an address is, as a public directory says it: RDAP answers (RFC 9083).

use serde::Deserialize;
use serde_json::Value;

/// Longest answer read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// Entities inside entities are read so deep.
const DEPTH: usize = 4;
/// Most names taken.
const MAX_NAMES: usize = 50;

/// Why an answer says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no RDAP answer: {0}")]
pub struct RdapError(String);

#[derive(Deserialize)]
struct Network {
    #[serde(rename = "objectClassName")]
    class: String,
    #[serde(default)]
    entities: Vec<Entity>,
    #[serde(default)]
    remarks: Vec<Remark>,
}

#[derive(Deserialize)]
struct Entity {
    #[serde(default)]
    roles: Vec<String>,
    /// jCard (RFC 7095): `["vcard", [[name, parameters, type, value…], …]]`.
    #[serde(rename = "vcardArray", default)]
    card: Value,
    #[serde(default)]
    entities: Vec<Entity>,
}

#[derive(Deserialize)]
struct Remark {
    #[serde(default)]
    description: Vec<String>,
}

/// The names that an address's network is held under: its registrants, and what its remarks tell.
///
/// # Errors
/// [`RdapError`] when it is no answer about a network.
pub fn holders(answer: &[u8]) -> Result<Vec<String>, RdapError> {
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(RdapError(format!("over {MAX_ANSWER_BYTES} bytes")));
    }
    let network: Network = serde_json::from_slice(answer).map_err(|error| RdapError(error.to_string()))?;
    if network.class != "ip network" {
        return Err(RdapError(format!("about another thing than an ip network: {}", shown(&network.class))));
    }
    let mut names = Vec::new();
    registrants(&network.entities, DEPTH, &mut names);
    names.extend(network.remarks.into_iter().flat_map(|remark| remark.description));
    let mut names: Vec<String> = names.iter().map(|name| shown(name)).filter(|name| !name.is_empty()).collect();
    names.dedup();
    names.truncate(MAX_NAMES);
    Ok(names)
}

fn registrants(entities: &[Entity], depth: usize, names: &mut Vec<String>) {
    for entity in entities {
        if entity.roles.iter().any(|role| role == "registrant") {
            let properties = entity.card.get(1).and_then(Value::as_array);
            for property in properties.into_iter().flatten() {
                if matches!(property.get(0).and_then(Value::as_str), Some("fn" | "org")) {
                    names.extend(property.get(3).and_then(Value::as_str).map(str::to_owned));
                }
            }
        }
        if depth > 0 {
            registrants(&entity.entities, depth - 1, names);
        }
    }
}

/// A text from outside, on one line and not too long.
fn shown(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(200).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// In the form of a regional registry's answer, shortened; every name is invented.
    const ANSWER: &str = r#"{
      "objectClassName": "ip network", "handle": "198.20.0.0 - 198.20.0.255", "name": "LEPOLA-NET",
      "startAddress": "198.20.0.0", "endAddress": "198.20.0.255", "country": "FI",
      "entities": [
        {"objectClassName": "entity", "handle": "ORG-LP1", "roles": ["registrant"],
         "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Lepola Oy"], ["kind", {}, "text", "org"]]]},
        {"objectClassName": "entity", "handle": "OP-MNT", "roles": ["technical"],
         "vcardArray": ["vcard", [["fn", {}, "text", "Operaattori Oyj"]]]}
      ],
      "remarks": [{"description": ["Kanta access point"]}]
    }"#;

    #[test]
    fn registrants_and_remarks_are_read_and_nobody_else() {
        assert_eq!(holders(ANSWER.as_bytes()).unwrap(), ["Lepola Oy", "Kanta access point"]);
        for (text, said) in [
            ("", "EOF"),
            ("[]", "invalid"),
            (r#"{"objectClassName":"entity"}"#, "another thing"),
            (r#"{"errorCode":404}"#, "objectClassName"),
        ] {
            let error = holders(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        assert!(holders(&vec![b' '; MAX_ANSWER_BYTES + 1]).unwrap_err().to_string().contains("over"));
        let odd = r#"{"objectClassName":"ip network","entities":[{"roles":["registrant"],"vcardArray":{"a":1}}]}"#;
        assert_eq!(holders(odd.as_bytes()).unwrap(), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn a_damaged_answer_never_panics(at in 0usize..2000, byte in any::<u8>()) {
            let mut bytes = ANSWER.as_bytes().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = holders(&bytes);
        }
    }
}
