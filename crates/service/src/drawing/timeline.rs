//! Days as a picture: a lane for each who has something to do, a line to each latest day, and the day of the change across them.

use super::canvas::{Area, Canvas, LINE, Look, Stroke};
use liitos_domain::Moment;

/// Something on a day.
#[derive(Clone, Debug)]
pub struct Mark {
    /// Which day.
    pub at: Moment,
    /// What, in a line.
    pub words: String,
    /// Whether it should have been done.
    pub late: bool,
}

/// Who does some of it.
#[derive(Clone, Debug)]
pub struct Lane {
    /// Who.
    pub name: String,
    /// What.
    pub marks: Vec<Mark>,
}

/// Where time begins, and how wide it is.
const LEFT: f64 = 24.0;
const WIDE: f64 = 300.0;
/// How wide the words beside it are.
const WORDS: f64 = 980.0;

/// Lanes as SVG; what stands in it stands in its description, too.
#[must_use]
pub fn timeline(heading: &str, lanes: &[Lane], day: Moment) -> String {
    let mut canvas = Canvas::default();
    let all = lanes.iter().flat_map(|lane| &lane.marks);
    let days = all.clone().map(|mark| mark.at).chain([day]);
    let (first, last) = (days.clone().min().unwrap_or(day), days.max().unwrap_or(day));
    #[expect(clippy::cast_precision_loss, reason = "some hundred days in seconds")]
    let place = |at: Moment| {
        let whole = (last.as_seconds() - first.as_seconds()).max(1) as f64;
        (LEFT + WIDE * (at.as_seconds() - first.as_seconds()) as f64 / whole).round()
    };
    let mut top = canvas.heading(heading, 0.0) + 8.0;
    for lane in lanes {
        #[expect(clippy::cast_precision_loss, reason = "some hundred tasks")]
        let height = 34.0 + lane.marks.len() as f64 * LINE;
        let area = Area { x: 16.0, y: top, width: WIDE + WORDS + 32.0, height };
        canvas.area(area, Look::Frame, std::slice::from_ref(&lane.name));
        let mut y = top + 26.0 + LINE / 2.0;
        for mark in &lane.marks {
            // Late is said in the words, too.
            let stroke = Stroke::Link { public: mark.late, backup: true };
            canvas.line((LEFT, y), (place(mark.at), y), stroke, &[]);
            canvas.dot((place(mark.at), y));
            canvas.words((LEFT + WIDE + 16.0, y + 5.0), WORDS - 16.0, &mark.words);
            y += LINE;
        }
        canvas.line((place(day), top + 28.0), (place(day), area.bottom() - 4.0), Stroke::Inside, &[]);
        top = area.bottom() + 8.0;
    }
    let words: Vec<String> = lanes
        .iter()
        .map(|lane| {
            let marks: Vec<&str> = lane.marks.iter().map(|mark| mark.words.as_str()).collect();
            format!("{}: {}.", lane.name, marks.join("; "))
        })
        .collect();
    canvas.finish(heading, &words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_has_its_place_and_words() {
        let at = |text: &str| Moment::parse(text).unwrap();
        let mark = |day: &str, late| Mark { at: at(day), words: format!("{day} <task>"), late };
        let lanes = [
            Lane { name: "A & B".to_owned(), marks: vec![mark("2026-12-02", true), mark("2026-12-17", false)] },
            Lane { name: "C".to_owned(), marks: vec![mark("2027-01-01", false)] },
        ];
        let svg = timeline("Change", &lanes, at("2027-01-01"));
        let between = |before: &str, after: &str| -> Vec<String> {
            let parts = svg.split(before).skip(1).filter_map(|part| part.split(after).next());
            parts.map(|part| part.rsplit('>').next().unwrap_or_default().to_owned()).collect()
        };
        let texts = [
            "Change",
            "A &amp; B",
            "2026-12-02 &lt;task&gt;",
            "2026-12-17 &lt;task&gt;",
            "C",
            "2027-01-01 &lt;task&gt;",
        ];
        assert_eq!(between("<text", "</text>"), texts);
        assert_eq!(between("cx=\"", "\""), ["24", "174", "324"], "by time");
        let words = "A &amp; B: 2026-12-02 &lt;task&gt;; 2026-12-17 &lt;task&gt;. C: 2027-01-01 &lt;task&gt;.";
        assert_eq!(between("<desc", "</desc>"), [words]);
    }
}
