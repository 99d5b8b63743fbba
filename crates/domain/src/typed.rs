//! What people typed or pasted: without what nobody sees, and not without end.

use crate::time::Moment;

/// Whether a character shows nothing and turns no word into another, but may hide or turn around what stands beside it: zero width,
/// direction, tags.
#[must_use]
pub const fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// A text without what nobody sees, which comes along when one pastes.
#[must_use]
pub fn seen(text: &str) -> String {
    text.chars().filter(|character| !is_unseen(*character)).collect()
}

/// Some words in several lines, if there are any and at most so many characters.
#[must_use]
pub fn words(text: &str, most: usize) -> Option<String> {
    let seen = seen(text);
    let said = seen.trim();
    let plain = said.chars().all(|character| !character.is_control() || character.is_whitespace());
    (!said.is_empty() && said.chars().count() <= most && plain).then(|| said.to_owned())
}

/// The same in one line.
#[must_use]
pub fn line(text: &str, most: usize) -> Option<String> {
    words(text, most).filter(|said| !said.chars().any(char::is_control))
}

/// Why a day and a time are no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMoment {
    /// One of the two is not said; `day`: which.
    Missing {
        /// The day; else the time.
        day: bool,
    },
    /// One of the two is none; `day`: which.
    Wrong {
        /// The day; else the time.
        day: bool,
    },
}

/// A day and a time in Helsinki, to the minute or the second, each typed in a field of its own; nothing where both are empty.
///
/// # Errors
/// Which of the two is at fault.
pub fn moment(day: &str, time: &str) -> Result<Option<Moment>, NoMoment> {
    if day.is_empty() || time.is_empty() {
        let neither = day.is_empty() && time.is_empty();
        return if neither { Ok(None) } else { Err(NoMoment::Missing { day: day.is_empty() }) };
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let seconds = match time.as_bytes() {
        [_, _, b':', _, _] if digits(time) => format!("{time}:00"),
        [_, _, b':', _, _, b':', _, _] if digits(time) => time.to_owned(),
        _ => return Err(NoMoment::Wrong { day: false }),
    };
    let read = Moment::parse(day).ok().filter(|_| day.len() == 10).ok_or(NoMoment::Wrong { day: true })?;
    let at = Moment::parse_civil(&format!("{}T{seconds}", read.civil().date()));
    // What the clock skips or shows twice is read as it is; what it never shows is none.
    let shown = |at: &Moment| at.civil().strftime("%H:%M:%S").to_string() == seconds;
    at.filter(shown).map(Some).ok_or(NoMoment::Wrong { day: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_not_kept() {
        assert_eq!(line(" Kai\u{200b}sa \u{202e}Koivu\u{ad} ", 20).as_deref(), Some("Kaisa Koivu"));
        assert_eq!(line("Åsa Öst-Näs, 漢字 🏥", 20).as_deref(), Some("Åsa Öst-Näs, 漢字 🏥"));
        for nothing in ["", " ", "\u{200b}\u{feff}", "a\nb", "a\u{0}b", "abcdefghijklmnopqrstu"] {
            assert_eq!(line(nothing, 20), None, "{nothing:?}");
        }
        assert_eq!(words("a\r\nb\tc", 20).as_deref(), Some("a\r\nb\tc"));
        assert_eq!(words("a\u{1b}[31m", 20), None);
    }
}
