//! Changes of the directory that somebody wrote by hand: what is read says all that was written.

#![no_main]

use liitos_domain::directory::Effect;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(effect) = Effect::by_hand(text) {
        let written = serde_json::to_string(&effect).expect("an effect is written");
        assert_eq!(Effect::by_hand(&written).expect("what was read is read again"), effect);
    }
});
