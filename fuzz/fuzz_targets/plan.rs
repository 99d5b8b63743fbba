//! Plans, and every rule of every time asked about them; and organisational changes, planned by nothing that is so.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    use liitos_domain::Moment;
    use liitos_domain::change::{self, Story};
    use liitos_domain::plan::{Facts, Plan};
    use liitos_domain::rules::Rulebook;
    if let Ok(plan) = Plan::parse(text) {
        for rule in Rulebook::standard().rules() {
            let _ = rule.ask(&plan, &Facts::default());
        }
    }
    if let Ok(story) = Story::parse(text) {
        let _ = change::plan(&story, &change::Facts::default(), Moment::from_micros(0));
    }
});
