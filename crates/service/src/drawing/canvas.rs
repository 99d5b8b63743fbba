//! SVG by hand: boxes, lines, texts. Everything that came from outside is escaped here.

use liitos_domain::fault::Kind;
use std::fmt::Write as _;

/// Height of a line of text.
pub(super) const LINE: f64 = 18.0;
/// About the width of a letter at the size that is used.
const LETTER: f64 = 7.7;

/// A picture that grows.
#[derive(Default)]
pub(super) struct Canvas {
    body: String,
    width: f64,
    height: f64,
}

/// How a box looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Somebody's own realm: light, around other boxes.
    Frame,
    /// A thing.
    Thing,
    /// A thing that is there at one time only.
    Changed,
    /// Kanta.
    Kanta,
}

/// What some of many are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    Done,
    Waiting,
    Left,
    Back,
}

impl Share {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Waiting => "waiting",
            Self::Left => "left",
            Self::Back => "back",
        }
    }
}

/// How a line looks: a link by its network and role, or a way inside.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    Inside,
    Link { public: bool, backup: bool },
}

impl Stroke {
    const fn paint(self) -> &'static str {
        match self {
            Self::Inside => "stroke=\"#59636e\" stroke-width=\"1.5\"",
            Self::Link { public: false, backup: false } => "stroke=\"#004d95\" stroke-width=\"3.5\"",
            Self::Link { public: false, backup: true } => "stroke=\"#004d95\" stroke-width=\"1.5\"",
            Self::Link { public: true, backup: false } => {
                "stroke=\"#8a4b00\" stroke-width=\"3.5\" stroke-dasharray=\"9 5\""
            }
            Self::Link { public: true, backup: true } => {
                "stroke=\"#8a4b00\" stroke-width=\"1.5\" stroke-dasharray=\"9 5\""
            }
        }
    }
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    pub(super) fn right(&self) -> f64 {
        self.x + self.width
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y + self.height
    }

    pub(super) fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

impl Canvas {
    fn reach(&mut self, x: f64, y: f64) {
        self.width = self.width.max(x);
        self.height = self.height.max(y);
    }

    /// A box, with its first line in bold.
    pub(super) fn area(&mut self, area: Area, look: Look, lines: &[String]) {
        let Area { x, y, width, height } = area;
        self.reach(area.right(), area.bottom());
        let paint = match look {
            Look::Frame => "fill=\"#f4f6f8\" stroke=\"#59636e\" stroke-width=\"1\"",
            Look::Thing => "fill=\"#fff\" stroke=\"#1b1b1b\" stroke-width=\"1.5\"",
            Look::Changed => "fill=\"#fff\" stroke=\"#1b1b1b\" stroke-width=\"2.5\"",
            Look::Kanta => "fill=\"#e6f0fa\" stroke=\"#004d95\" stroke-width=\"2\"",
        };
        let _ = write!(self.body, "<rect {paint} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>");
        if look == Look::Changed {
            let (x, y, width, height) = (x + 4.0, y + 4.0, width - 8.0, height - 8.0);
            let _ = write!(
                self.body,
                "<rect fill=\"none\" stroke=\"#1b1b1b\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"4\"/>"
            );
        }
        for (n, line) in lines.iter().enumerate() {
            let weight = if n == 0 { " font-weight=\"600\"" } else { "" };
            #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
            let y = y + 22.0 + n as f64 * LINE;
            // Bold letters are wider.
            let fitting = shortened(line, if n == 0 { width * 0.87 - 20.0 } else { width - 20.0 });
            let _ = write!(self.body, "<text{weight} x=\"{}\" y=\"{y}\">{}</text>", x + 10.0, escaped(&fitting));
        }
    }

    /// A line between two points, with words on it.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke, words: &[String]) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let _ = write!(self.body, "<line {} x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>", stroke.paint());
        for (n, line) in words.iter().enumerate() {
            // The first above the line, the others below.
            #[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
            let below = if n == 0 { -6.0 } else { -2.0 + n as f64 * (LINE - 2.0) };
            let (x, y) = (x1.min(x2) + 24.0, y1.midpoint(y2) + below);
            let fitting = shortened(line, (x2 - x1).abs() - 28.0);
            let _ = write!(self.body, "<text font-size=\"12\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(&fitting));
        }
    }

    /// A dot.
    pub(super) fn dot(&mut self, (x, y): (f64, f64)) {
        let _ = write!(self.body, "<circle fill=\"#1b1b1b\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
    }

    /// A day: dark and whole with a fault, half as high with a break, an empty frame with neither.
    pub(super) fn day(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), kind: Option<Kind>) {
        self.reach(x + width, y + height);
        let (paint, from) = match kind {
            Some(Kind::Fault) => ("fill=\"#a3152a\"", 0.0),
            Some(Kind::Break | Kind::System) => ("fill=\"#8a4b00\"", height / 2.0),
            None => ("fill=\"#e6f0fa\" stroke=\"#59636e\" stroke-width=\"0.5\"", 0.0),
        };
        let (y, height) = (y + from, height - from);
        let _ = write!(self.body, "<rect {paint} x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/>", width - 2.0);
    }

    /// Some of many: dark where they are done, light where they wait, an empty frame where they are left, half as high where they went back.
    pub(super) fn share(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), kind: Share) {
        self.reach(x + width, y + height);
        let (paint, from) = match kind {
            Share::Done => ("fill=\"#004d95\"", 0.0),
            Share::Waiting => ("fill=\"#e6f0fa\" stroke=\"#59636e\" stroke-width=\"0.5\"", 0.0),
            Share::Left => ("fill=\"#fff\" stroke=\"#1b1b1b\" stroke-width=\"1.5\" stroke-dasharray=\"5 3\"", 0.0),
            Share::Back => ("fill=\"#a3152a\"", height / 2.0),
        };
        let (y, height) = (y + from, height - from);
        let _ = write!(self.body, "<rect {paint} x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{height}\"/>", width - 2.0);
    }

    /// Words in a line, in letters a little smaller; as much of them as fits.
    pub(super) fn words(&mut self, (x, y): (f64, f64), width: f64, words: &str) {
        self.reach(0.0, y + 4.0);
        let fitting = shortened(words, width * 14.0 / 13.0);
        let _ = write!(self.body, "<text font-size=\"13\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(&fitting));
    }

    /// A heading over what follows; gives where that begins.
    pub(super) fn heading(&mut self, text: &str, top: f64) -> f64 {
        let y = top + 28.0;
        self.reach(0.0, y);
        let _ =
            write!(self.body, "<text font-size=\"18\" font-weight=\"600\" x=\"16\" y=\"{y}\">{}</text>", escaped(text));
        y + 8.0
    }

    /// The whole picture.
    pub(super) fn finish(self, title: &str, words: &str) -> String {
        let (width, height) = (self.width + 16.0, self.height + 16.0);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"draw-title draw-words\"><title id=\"draw-title\">{}</title><desc id=\"draw-words\">{}</desc>\
             <rect fill=\"#fff\" width=\"{width}\" height=\"{height}\"/><g {LETTERS}>{}</g></svg>\n",
            escaped(title),
            escaped(words),
            self.body
        )
    }
}

/// Letters as on the pages. Attributes and no style sheet: a page's security policy lets none in.
const LETTERS: &str = "font-family=\"system-ui, sans-serif\" font-size=\"14\" fill=\"#1b1b1b\"";

/// As much of a text as fits, with an ellipsis for the rest.
fn shortened(text: &str, width: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let fits = (width / LETTER).max(1.0) as usize;
    if text.chars().count() <= fits {
        return text.to_owned();
    }
    let kept: String = text.chars().take(fits.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Text as XML has it; letters that XML cannot hold are left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_is_text_and_fits() {
        assert_eq!(escaped("<a href=\"x\">&\u{0}\n"), "&lt;a href=&quot;x&quot;&gt;&amp; ");
        assert_eq!(shortened("Esimerkki", 200.0), "Esimerkki");
        assert_eq!(shortened("Esimerkki", 40.0), "Esim…");
        assert_eq!(shortened("Ä", 0.0), "Ä");
    }
}
