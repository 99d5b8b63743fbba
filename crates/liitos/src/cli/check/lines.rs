//! On which line of a plan a place stands.

use toml::Spanned;
use toml::de::DeTable;

/// A plan's text with where everything in it stands.
pub(super) struct Lines<'t> {
    text: &'t str,
    tree: Option<Spanned<DeTable<'t>>>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, tree: DeTable::parse(text).ok() }
    }

    /// The line of a place, counted from 1; of what stands nearest above it where the key itself is missing.
    pub(super) fn line(&self, place: &str) -> usize {
        let Some(tree) = &self.tree else {
            return 1;
        };
        let (mut at, mut table) = (0, Some(tree.get_ref()));
        for segment in place.split('.') {
            let (key, number) = match segment.strip_suffix(']').and_then(|segment| segment.split_once('[')) {
                Some((key, number)) => (key, number.parse::<usize>().ok()),
                None => (segment, None),
            };
            let Some((known, value)) = table.and_then(|table| table.iter().find(|(known, _)| known.get_ref() == key))
            else {
                break;
            };
            at = known.span().start;
            let member = number.and_then(|number| value.get_ref().as_array()?.get(number.checked_sub(1)?));
            let value = member.unwrap_or(value);
            if member.is_some() {
                at = value.span().start;
            }
            table = value.get_ref().as_table();
        }
        1 + self.text.bytes().take(at).filter(|byte| *byte == b'\n').count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_have_lines() {
        let text = "start = \"x\"\n\n[[access_point]]\noid = \"1\"\n[[access_point.link]]\nup = 1\n[[access_point.link]]\naddresses = [\n \"a\",\n \"b\"]\n";
        let lines = Lines::of(text);
        let told = |place: &str| lines.line(place);
        assert_eq!((told("start"), told("joiner")), (1, 1));
        assert_eq!((told("access_point[1].oid"), told("access_point[1].country")), (4, 3));
        assert_eq!((told("access_point[1].link[1].up"), told("access_point[1].link[2].addresses[2]")), (6, 10));
        assert_eq!((told("access_point[9]"), told("access_point[1].link")), (3, 5));
        assert_eq!(Lines::of("not = [toml").line("start"), 1);
    }
}
