//! Waves of a move as bars: how many of each are moved, wait, stay as they are, or went back.

use super::canvas::{Canvas, Share};
use liitos_texts::Language;

/// Where the bars begin, how long the longest is, and how high one is.
const LEFT: f64 = 16.0;
const LONGEST: f64 = 860.0;
const HIGH: f64 = 22.0;

/// How many of a wave there are of each kind, in this order: moved, waiting, staying as they are, gone back.
pub type Shares = [usize; 4];

const KINDS: [Share; 4] = [Share::Done, Share::Waiting, Share::Left, Share::Back];

/// Waves as SVG, each with its name; the same in words stands in its description. What is moved is dark, what waits light, what stays as it is an empty frame, what went back half as
/// high: nothing is told by colour alone.
#[must_use]
pub fn waves(all: &[(String, Shares)], language: Language) -> String {
    let mut canvas = Canvas::default();
    let most = all.iter().map(|(_, shares)| shares.iter().sum::<usize>()).max().unwrap_or(0).max(1);
    let (mut top, mut words) = (4.0, Vec::new());
    for (name, shares) in all {
        let told = KINDS.iter().zip(shares).filter(|(_, count)| **count > 0).map(|(kind, count)| {
            language.text_with(&format!("move-share-{}", kind.code()), &[("count", &count.to_string())])
        });
        let told = told.collect::<Vec<_>>().join(", ");
        let told = if told.is_empty() { name.clone() } else { format!("{name}: {told}") };
        canvas.words((LEFT, top + 14.0), 900.0, &told);
        let mut x = LEFT;
        for (kind, count) in KINDS.into_iter().zip(shares).filter(|(_, count)| **count > 0) {
            #[expect(clippy::cast_precision_loss, reason = "thousands")]
            let wide = (LONGEST * *count as f64 / most as f64).max(4.0);
            canvas.share((x, top + 20.0), (wide, HIGH), kind);
            x += wide;
        }
        words.push(format!("{}.", told.trim_end_matches('.')));
        top += HIGH + 34.0;
    }
    canvas.finish(&language.text("move-picture"), &words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_bar_and_its_words() {
        let svg = waves(&[("1 & 2".to_owned(), [1, 0, 2, 1]), ("B".to_owned(), [0, 8, 0, 0])], Language::En);
        assert_eq!(svg.matches("<rect").count(), 5, "the ground and four bars: {svg}");
        let told = svg.split("<desc id=\"draw-words\">").nth(1).and_then(|rest| rest.split('<').next()).unwrap();
        assert_eq!(told, "1 &amp; 2: 1 moved, 2 left as they are, 1 gone back. B: 8 waiting.");
    }
}
