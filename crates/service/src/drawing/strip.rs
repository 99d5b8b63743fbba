//! Days as a strip of boxes for each service: what did not work on which.

use super::canvas::Canvas;
use liitos_domain::fault::Day;
use liitos_texts::Language;

/// Where the boxes begin, how wide one is, and how high.
const LEFT: f64 = 16.0;
const WIDE: f64 = 10.0;
const HIGH: f64 = 26.0;

/// Services with what kept them from working on which day, as SVG, today first; the same in words stands in its description. A day with a fault is dark and whole, one
/// with a break half as high, one with neither an empty frame: nothing is told by colour alone.
#[must_use]
pub fn strips(services: &[(String, Vec<Day>)], language: Language) -> String {
    let title = language.text("status-picture");
    let mut canvas = Canvas::default();
    let mut top = 4.0;
    let mut words = Vec::new();
    for (name, days) in services {
        canvas.words((LEFT, top + 14.0), 900.0, name);
        let mut x = LEFT;
        for (_, kind) in days.iter().rev() {
            canvas.day((x, top + 20.0), (WIDE, HIGH), *kind);
            x += WIDE;
        }
        let told = |(day, kind): &Day| {
            let what = language.text(&format!("status-{}", (*kind)?));
            let day = language.date(*day);
            Some(language.text_with("status-picture-day", &[("day", &day), ("what", &what)]))
        };
        let told: Vec<String> = days.iter().rev().filter_map(told).collect();
        let told = if told.is_empty() { language.text("status-picture-none") } else { told.join(", ") };
        words.push(format!("{name}: {told}."));
        top += HIGH + 34.0;
    }
    if let Some((_, days)) = services.first() {
        canvas.words((LEFT, top + 8.0), 100.0, &language.text("status-picture-today"));
        let first = days.first().map(|(day, _)| language.date(*day)).unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "ninety days")]
        let end = LEFT + WIDE * days.len() as f64;
        canvas.words((end - 120.0, top + 8.0), 120.0, &first);
    }
    canvas.finish(&title, &words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use liitos_domain::Moment;
    use liitos_domain::fault::Kind;

    #[test]
    fn each_day_has_its_box_and_its_words() {
        let day = |day: i8, kind| (Moment::start_of_day(2026, 11, day).unwrap(), kind);
        let days = vec![day(1, None), day(2, Some(Kind::Fault)), day(3, Some(Kind::Break))];
        let svg = strips(&[("A & B".to_owned(), days), ("C".to_owned(), vec![day(1, None)])], Language::En);
        assert_eq!(svg.matches("<rect").count(), 5, "the ground and four days: {svg}");
        let told = svg.split("<desc id=\"draw-words\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
        assert_eq!(told, "A &amp; B: 3 November 2026 break, 2 November 2026 fault. C: no faults or breaks.");
    }
}
