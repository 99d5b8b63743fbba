//! The profiles of mCSD (4.0) as tests ask them: what must be there, how often, and in which order R4 writes it.

use serde_json::Value;

/// A field, least and most; references with the kind that they lead to.
type Rule = (&'static str, usize, usize, Option<&'static str>);

const MANY: usize = usize::MAX;

/// What a profile asks beyond R4.
fn rules(kind: &str) -> &'static [Rule] {
    match kind {
        "Organization" => &[
            ("type", 1, MANY, None),
            ("name", 1, 1, None),
            ("partOf", 0, 1, Some("Organization")),
            ("endpoint", 0, MANY, Some("Endpoint")),
        ],
        "OrganizationAffiliation" => &[
            ("active", 1, 1, None),
            ("organization", 1, 1, Some("Organization")),
            ("participatingOrganization", 1, 1, Some("Organization")),
            ("code", 1, MANY, None),
            ("network", 0, 0, None),
            ("endpoint", 0, MANY, Some("Endpoint")),
            ("healthcareService", 0, MANY, Some("HealthcareService")),
            ("location", 0, MANY, Some("Location")),
        ],
        "Endpoint" => &[
            ("status", 1, 1, None),
            ("connectionType", 1, 1, None),
            ("managingOrganization", 1, 1, Some("Organization")),
            ("period", 0, 1, None),
            ("payloadType", 1, MANY, None),
            ("address", 1, 1, None),
        ],
        "Location" => &[
            ("status", 1, 1, None),
            ("name", 1, 1, None),
            ("type", 1, MANY, None),
            ("physicalType", 0, 1, None),
            ("partOf", 0, 1, Some("Location")),
            ("managingOrganization", 0, 1, Some("Organization")),
        ],
        "HealthcareService" => &[
            ("type", 1, MANY, None),
            ("name", 1, 1, None),
            ("location", 0, MANY, Some("Location")),
            ("providedBy", 0, 1, Some("Organization")),
        ],
        "Practitioner" => &[("name", 1, MANY, None)],
        "PractitionerRole" => &[
            ("code", 1, MANY, None),
            ("practitioner", 0, 1, Some("Practitioner")),
            ("organization", 0, 1, Some("Organization")),
            ("location", 0, MANY, Some("Location")),
            ("healthcareService", 0, MANY, Some("HealthcareService")),
        ],
        _ => &[],
    }
}

/// The fields of R4, in its order, as far as they occur.
fn order(kind: &str) -> &'static str {
    match kind {
        "Organization" => "identifier active type name alias telecom address partOf contact endpoint",
        "OrganizationAffiliation" => {
            "identifier active period organization participatingOrganization network code specialty location healthcareService telecom endpoint"
        }
        "Endpoint" => {
            "identifier status connectionType name managingOrganization contact period payloadType payloadMimeType address header"
        }
        "Location" => {
            "identifier status operationalStatus name alias description mode type telecom address physicalType position managingOrganization partOf hoursOfOperation endpoint"
        }
        "HealthcareService" => {
            "identifier active providedBy category type specialty location name comment extraDetails photo telecom endpoint"
        }
        "Practitioner" => "identifier active name",
        "PractitionerRole" => {
            "identifier active period practitioner organization code specialty location healthcareService"
        }
        _ => "",
    }
}

fn times(value: Option<&Value>) -> usize {
    match value {
        None => 0,
        Some(Value::Array(several)) => several.len(),
        Some(_) => 1,
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(several) => several.iter().flat_map(references).collect(),
        one => one.get("reference").and_then(Value::as_str).into_iter().collect(),
    }
}

/// What of a resource does not fit its profile.
pub(super) fn faults(resource: &Value) -> Vec<String> {
    let kind = resource["resourceType"].as_str().unwrap_or_default();
    let mut faults = Vec::new();
    for (field, least, most, to) in rules(kind) {
        let value = resource.get(*field);
        if !(*least..=*most).contains(&times(value)) {
            faults.push(format!("{kind}.{field} is there {} times", times(value)));
        }
        let right = |target: &&str| to.is_none_or(|to| target.split('/').rev().nth(1) == Some(to));
        faults.extend(
            value.map(references).unwrap_or_default().into_iter().filter(|target| !right(target)).map(str::to_owned),
        );
    }
    let allowed: &[&str] = match kind {
        "Endpoint" => &["active", "suspended", "error", "off", "entered-in-error", "test"],
        "Location" => &["active", "suspended", "inactive"],
        _ => &[],
    };
    if !allowed.is_empty() && !allowed.iter().any(|code| resource["status"] == **code) {
        faults.push(format!("{kind}.status"));
    }
    let places = ["resourceType", "id", "meta", "extension"].into_iter().chain(order(kind).split(' '));
    let places: Vec<&str> = places.collect();
    for field in resource.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if !places.contains(&field.as_str()) {
            faults.push(format!("{kind}.{field} is no field of it"));
        }
    }
    let id = resource["id"].as_str().unwrap_or_default();
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
    if id.is_empty() || id.len() > 64 || !plain {
        faults.push(format!("{kind}.id"));
    }
    faults
}

/// Whether a resource's fields stand in R4's order, which its XML asks.
pub(super) fn in_order(resource: &super::Node) -> bool {
    let super::Node::Object(parts) = resource else { return false };
    let kind = resource.get("resourceType").and_then(super::Node::text).unwrap_or_default();
    let places: Vec<&str> = ["resourceType", "id", "meta"].into_iter().chain(order(kind).split(' ')).collect();
    let own: Vec<Option<usize>> =
        parts.iter().map(|(field, _)| places.iter().position(|place| place == field)).collect();
    own.is_sorted() && own.iter().all(Option::is_some)
}

#[test]
fn ihes_examples_fit() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../samples/mcsd");
    let mut asked = 0;
    let mut fits = |resource: &Value| {
        assert_eq!(faults(resource), Vec::<String>::new(), "{resource}");
        let kind = resource["resourceType"].as_str().unwrap();
        // And what a profile asks is missed when it is gone.
        for (field, ..) in rules(kind).iter().filter(|(_, least, ..)| *least > 0) {
            let mut without = resource.clone();
            without.as_object_mut().unwrap().remove(*field);
            assert!(!faults(&without).is_empty(), "{kind} without {field}");
        }
        asked += 1;
    };
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let example: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            match example["resourceType"].as_str().unwrap() {
                "Bundle" => example["entry"].as_array().unwrap().iter().for_each(|entry| fits(&entry["resource"])),
                "SearchParameter" => {}
                _ => fits(&example),
            }
        }
    }
    assert_eq!(asked, 14 + 11);
}
