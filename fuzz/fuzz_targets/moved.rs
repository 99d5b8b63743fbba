//! The form of a move with its list of thousands: whatever is typed is read or told, line by line.
#![no_main]

use liitos_domain::application::Form;
use liitos_domain::moves::{Kind, MOST_TARGETS, read};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (list, rest) = text.split_once('\u{0}').unwrap_or((text, "2027-01-20"));
    for kind in Kind::ALL {
        let fields = [
            ("title", "a"),
            ("point", "1.2.246.537.6.918.18.900001.13.1"),
            ("to_point", "1.2.246.537.6.918.18.900077.13.4"),
            ("from_system", "900001"),
            ("to_system", "900002"),
            ("start_day", rest),
            ("start_time", "02:00:30"),
            ("canary", rest),
            ("targets", list),
        ];
        let form = Form(fields.map(|(name, text)| (name.to_owned(), text.to_owned())).into());
        if let Ok(moving) = read(*kind, &form) {
            assert!(moving.targets.len() + moving.unread.len() <= MOST_TARGETS);
            assert_eq!(moving.schedule.seats(moving.targets.len()).len(), moving.targets.len());
        }
    }
});
