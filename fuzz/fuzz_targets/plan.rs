//! Plans, and every rule of every time asked about them.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    use liitos_domain::plan::{Facts, Plan};
    use liitos_domain::rules::Rulebook;
    if let Ok(plan) = Plan::parse(text) {
        for rule in Rulebook::standard().rules() {
            let _ = rule.ask(&plan, &Facts::default());
        }
    }
});
