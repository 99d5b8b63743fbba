//! Days as a calendar file (RFC 5545).

use liitos_domain::Moment;
use std::fmt::Write as _;

/// Longest line of a calendar file, in bytes without its end (RFC 5545 3.1).
const MAX_LINE_BYTES: usize = 75;

/// Something on a whole day.
#[derive(Clone, Debug)]
pub struct Day {
    /// What knows it again when the file comes anew; before the `@`.
    pub uid: String,
    /// Which day, in Helsinki.
    pub at: Moment,
    /// What, for people.
    pub summary: String,
}

/// Days as a calendar file that is made now.
#[must_use]
pub fn calendar(days: &[Day], now: Moment) -> String {
    let mut text = String::new();
    line(&mut text, "BEGIN:VCALENDAR");
    line(&mut text, "VERSION:2.0");
    line(&mut text, "PRODID:-//Liitos//Extranet//EN");
    // 20261127T045000Z: to the second, without signs between.
    let stamp = Moment::from_seconds(now.as_seconds()).to_string().replace(['-', ':'], "");
    for Day { uid, at, summary } in days {
        line(&mut text, "BEGIN:VEVENT");
        line(&mut text, &format!("UID:{}@liitos", escaped(uid)));
        line(&mut text, &format!("DTSTAMP:{stamp}"));
        line(&mut text, &format!("DTSTART;VALUE=DATE:{}", at.civil().date().strftime("%Y%m%d")));
        line(&mut text, &format!("SUMMARY:{}", escaped(summary)));
        line(&mut text, "TRANSP:TRANSPARENT");
        line(&mut text, "END:VEVENT");
    }
    line(&mut text, "END:VCALENDAR");
    text
}

/// Text as a value (RFC 5545 3.3.11); letters that steer are none.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n");
    text.chars().filter(|letter| !letter.is_control()).collect()
}

/// Adds a line, folded where it is too long, never within a letter.
fn line(text: &mut String, content: &str) {
    let mut length = 0;
    for letter in content.chars() {
        if length + letter.len_utf8() > MAX_LINE_BYTES {
            text.push_str("\r\n ");
            length = 1;
        }
        let _ = write!(text, "{letter}");
        length += letter.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_and_signs_escaped() {
        let mut text = String::new();
        line(&mut text, &format!("SUMMARY:{}", escaped(&"ä,".repeat(60))));
        assert!(text.ends_with("\r\n") && text.contains("\r\n "));
        assert!(text.split("\r\n").all(|line| line.len() <= MAX_LINE_BYTES), "{text}");
        assert_eq!(text.replace("\r\n ", "").trim_end(), format!("SUMMARY:{}", "ä\\,".repeat(60)));
        let at = Moment::parse("2026-12-24").unwrap();
        let day = Day { uid: "a\rb".to_owned(), at, summary: "x\ny".to_owned() };
        let file = calendar(&[day], at);
        assert!(file.contains("UID:ab@liitos\r\n") && file.contains("DTSTART;VALUE=DATE:20261224\r\n"), "{file}");
        assert!(file.contains("SUMMARY:x\\ny\r\n"), "{file}");
    }
}
