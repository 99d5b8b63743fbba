//! Every sample plan is a picture in every language, and says everything in words too.

use super::*;
use liitos_documents::xml::{Step, Walker};

const PLANS: [&str; 12] = [
    include_str!("../../../../samples/plans/own-point.toml"),
    include_str!("../../../../samples/plans/own-system.toml"),
    include_str!("../../../../samples/plans/another-joiners-point.toml"),
    include_str!("../../../../samples/plans/intermediary.toml"),
    include_str!("../../../../samples/plans/joint.toml"),
    include_str!("../../../../samples/plans/collection-point.toml"),
    include_str!("../../../../samples/plans/parallel.toml"),
    include_str!("../../../../samples/plans/imaging.toml"),
    include_str!("../../../../samples/plans/pharmacy.toml"),
    include_str!("../../../../samples/plans/figure-2.toml"),
    include_str!("../../../../samples/plans/merger.toml"),
    include_str!("../../../../samples/plans/new-point-and-termination.toml"),
];

fn plan(text: &str) -> Plan {
    Plan::parse(text).unwrap()
}

/// The picture's texts: title, description, and what stands in the boxes.
fn texts(picture: &str) -> Vec<(String, String)> {
    let mut walker = Walker::new(picture);
    let mut found: Vec<(String, String)> = Vec::new();
    loop {
        match walker.step().unwrap() {
            Step::Open => found.push((walker.element().name.to_owned(), String::new())),
            Step::Text(text) => found.last_mut().unwrap().1.push_str(&text),
            Step::Instruction(..) | Step::Close => {}
            Step::Unfinished => panic!("the picture is not whole"),
            Step::End => return found,
        }
    }
}

#[test]
fn each_plan_is_drawn_and_told_in_each_language() {
    let names = BTreeMap::from([(Oid::parse("1.2.246.10.99999036.10.0").unwrap(), "Lepola <&\"> Oy".to_owned())]);
    for text in PLANS {
        let plan = plan(text);
        for language in Language::ALL {
            let drawing = Drawing { plan: &plan, other: None, names: &names, language };
            let drawn = texts(&svg(&drawing));
            let of = |name: &str| {
                drawn.iter().filter(|(of, _)| of == name).map(|(_, text)| text.as_str()).collect::<Vec<_>>()
            };
            let boxes = of("text").join("\n");
            let words = of("desc").join(" ");
            for point in &plan.access_points {
                assert!(boxes.contains(point.oid.as_str()) && words.contains(point.oid.as_str()), "{boxes}");
                for link in &point.links {
                    assert!(link.dns_name.as_ref().is_none_or(|name| words.contains(&name.to_string())), "{words}");
                }
            }
            for service in &plan.services {
                assert!(words.contains(&language.text(&format!("service-{}", service.code))));
            }
            let lines: usize = plan.access_points.iter().map(|point| point.links.len()).sum();
            assert!(of("line").len() > lines, "links, and the ways between systems and points");
            assert!(!boxes.contains("draw-") && !words.contains("draw-"), "{boxes} {words}");
        }
    }
    let own = plan(PLANS[0]);
    let drawing = Drawing { plan: &own, other: None, names: &names, language: Language::En };
    assert!(texts(&svg(&drawing)).iter().any(|(_, text)| text.contains("Lepola <&\"> Oy")), "names stay text");
}

#[test]
fn a_change_shows_what_is_there_at_one_time_only() {
    let (before, mut after) = (plan(PLANS[1]), plan(PLANS[9]));
    let drawn = |before: &Plan, after: &Plan| before_and_after(before, after, &BTreeMap::new(), Language::En);
    let marked =
        |picture: &str| texts(picture).iter().filter(|(of, text)| of == "text" && text.contains("changes")).count();
    assert_eq!(marked(&drawn(&before, &before)), 0);
    let change = drawn(&before, &after);
    // Two services and the intermediary's access point are new.
    assert_eq!(marked(&change), 3, "{change}");
    assert_eq!(marked(&drawn(&after, &before)), 3, "what ends is marked before");
    after.services.retain(|service| before.uses(service.code));
    after.access_points.truncate(1);
    after.access_points[0].links.truncate(1);
    assert_eq!(marked(&drawn(&before, &after)), 1, "the link that ends");
}
