//! Papers for keeping: PDF/A-2a that can also be read aloud (PDF/UA-1). The same paper is always the same bytes.

use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};
use liitos_domain::Moment;
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};
use std::num::NonZeroU16;

const REGULAR: &[u8] = include_bytes!("../fonts/SourceSans3-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../fonts/SourceSans3-Semibold.ttf");

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 62.0;
/// Most characters of one paper: what is signed is a few pages.
pub const MAX_CHARS: usize = 400_000;

/// A part of a paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// A paragraph.
    Paragraph(String),
    /// A fact: its name and what it is.
    Fact(String, String),
}

/// A paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// Its title, and first heading.
    pub title: String,
    /// The language it is in: `fi`.
    pub language: String,
    /// When it was made.
    pub at: Moment,
    /// Its parts.
    pub blocks: Vec<Block>,
}

/// Why no paper could be made.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// More than [`MAX_CHARS`].
    #[error("the paper has more than {MAX_CHARS} characters")]
    TooLong,
    /// The library refused: what was made would not be what it must be.
    #[error("the paper could not be made: {0}")]
    Refused(String),
}

impl PaperError {
    fn refused(what: impl std::fmt::Debug) -> Self {
        Self::Refused(format!("{what:?}"))
    }
}

/// Makes a paper.
///
/// # Errors
/// [`PaperError`].
pub fn render(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    let chars = |block: &Block| match block {
        Block::Heading(text) | Block::Paragraph(text) => text.chars().count(),
        Block::Fact(name, text) => name.chars().count() + text.chars().count(),
    };
    if paper.blocks.iter().map(chars).sum::<usize>() > MAX_CHARS {
        return Err(PaperError::TooLong);
    }
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(PaperError::refused)?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let fonts = Fonts::load()?;
    let lines = set(paper, &fonts);
    let pages = paged(&lines);
    let mut tags = Tags { tree: TagTree::new().with_lang(Some(paper.language.clone())), open: None };
    let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| PaperError::refused("page"))?;
    for (number, page_lines) in (1..).zip(&pages) {
        let mut page = document.start_page_with(settings.clone());
        let mut surface = page.surface();
        for (line, y) in page_lines {
            let tag = ContentTag::Span(SpanTag::empty());
            let identifier = surface.start_tagged(tag);
            draw(&mut surface, &fonts, line, *y);
            surface.end_tagged();
            tags.put(line, identifier);
        }
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::PageNumber)));
        let said =
            Line { runs: vec![Run::plain(format!("{number} / {}", pages.len()))], ..Line::of(Kind::Paragraph, 0) };
        draw(&mut surface, &fonts, &said, HEIGHT - MARGIN / 2.0);
        surface.end_tagged();
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tags.finish());
    document.set_outline(krilla::outline::Outline::new());
    document.set_metadata(metadata(paper));
    document.finish().map_err(PaperError::refused)
}

fn metadata(paper: &Paper) -> Metadata {
    let at = paper.at.civil();
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let day = DateTime::new(u16::try_from(at.year()).unwrap_or_default()).month(part(at.month())).day(part(at.day()));
    let at = day.hour(part(at.hour())).minute(part(at.minute())).second(part(at.second()));
    Metadata::new().title(paper.title.clone()).language(paper.language.clone()).creation_date(at)
}

/// What a line is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Title,
    Heading,
    Paragraph,
}

impl Kind {
    const fn size(self) -> f32 {
        match self {
            Self::Title => 18.0,
            Self::Heading => 13.0,
            Self::Paragraph => 10.5,
        }
    }

    const fn leading(self) -> f32 {
        self.size() * 1.4
    }

    /// Room above the first line.
    const fn above(self) -> f32 {
        match self {
            Self::Title => 0.0,
            Self::Heading => 14.0,
            Self::Paragraph => 5.0,
        }
    }
}

/// Text in one face.
#[derive(Clone, Debug)]
struct Run {
    text: String,
    bold: bool,
}

impl Run {
    const fn plain(text: String) -> Self {
        Self { text, bold: false }
    }
}

/// A line as it is set.
#[derive(Clone, Debug)]
struct Line {
    kind: Kind,
    /// Which block it belongs to.
    block: usize,
    /// Whether it is the block's first.
    first: bool,
    runs: Vec<Run>,
}

impl Line {
    const fn of(kind: Kind, block: usize) -> Self {
        Self { kind, block, first: false, runs: Vec::new() }
    }
}

struct Face {
    drawn: Font,
    measured: FontRef<'static>,
}

struct Fonts {
    regular: Face,
    bold: Face,
}

impl Fonts {
    fn load() -> Result<Self, PaperError> {
        let face = |bytes: &'static [u8]| -> Result<Face, PaperError> {
            let drawn = Font::new(bytes.into(), 0).ok_or_else(|| PaperError::refused("font"))?;
            Ok(Face { drawn, measured: FontRef::new(bytes).map_err(PaperError::refused)? })
        };
        Ok(Self { regular: face(REGULAR)?, bold: face(SEMIBOLD)? })
    }

    const fn face(&self, bold: bool) -> &Face {
        if bold { &self.bold } else { &self.regular }
    }
}

impl Face {
    /// How wide a text is, in points.
    fn width(&self, text: &str, size: f32) -> f32 {
        let (glyphs, widths) =
            (self.measured.charmap(), self.measured.glyph_metrics(Size::new(size), LocationRef::default()));
        let advance = |c: char| glyphs.map(c).and_then(|glyph| widths.advance_width(glyph)).unwrap_or_default();
        text.chars().map(advance).sum()
    }

    /// A text with a question mark for every character that cannot be printed.
    fn printable(&self, text: &str) -> String {
        let glyphs = self.measured.charmap();
        let shown = |c: char| match c {
            _ if c.is_whitespace() => ' ',
            _ if c.is_control() || glyphs.map(c).is_none() => '?',
            c => c,
        };
        text.chars().map(shown).collect()
    }
}

/// All lines of a paper.
fn set(paper: &Paper, fonts: &Fonts) -> Vec<Line> {
    let title = Block::Heading(paper.title.clone());
    let blocks = std::iter::once((Kind::Title, &title)).chain(paper.blocks.iter().map(|block| match block {
        Block::Heading(_) => (Kind::Heading, block),
        _ => (Kind::Paragraph, block),
    }));
    let of = |(nth, (kind, block)): (usize, (Kind, &Block))| {
        let (bold, plain) = match block {
            Block::Heading(text) => (text.clone(), String::new()),
            Block::Paragraph(text) => (String::new(), text.clone()),
            Block::Fact(name, text) => (format!("{name}:"), text.clone()),
        };
        wrapped(fonts, (kind, nth), &[Run { text: bold, bold: true }, Run::plain(plain)])
    };
    blocks.enumerate().flat_map(of).collect()
}

/// Words in lines that are no wider than the page; a word that is wider is cut.
fn wrapped(fonts: &Fonts, (kind, block): (Kind, usize), runs: &[Run]) -> Vec<Line> {
    let room = WIDTH - 2.0 * MARGIN;
    let mut lines: Vec<Line> = Vec::new();
    let mut line = Line { first: true, ..Line::of(kind, block) };
    let mut used = 0.0;
    for run in runs {
        let face = fonts.face(run.bold);
        for paragraph in run.text.split('\n') {
            for word in face.printable(paragraph).split_whitespace() {
                let mut rest = word.to_owned();
                while !rest.is_empty() {
                    let gap = if line.runs.is_empty() { 0.0 } else { face.width(" ", kind.size()) };
                    let width = face.width(&rest, kind.size());
                    if used + gap + width <= room {
                        push(&mut line, &rest, run.bold);
                        used += gap + width;
                        rest.clear();
                    } else if line.runs.is_empty() {
                        // Wider than a whole line.
                        let cut = as_much(face, kind, room, &rest);
                        push(&mut line, &cut, run.bold);
                        rest = rest.chars().skip(cut.chars().count()).collect();
                        lines.push(std::mem::replace(&mut line, Line::of(kind, block)));
                        used = 0.0;
                    } else {
                        lines.push(std::mem::replace(&mut line, Line::of(kind, block)));
                        used = 0.0;
                    }
                }
            }
            // A line end that was written is kept, but for the last of a text.
            if paragraph.len() < run.text.len() && !line.runs.is_empty() && !run.bold {
                lines.push(std::mem::replace(&mut line, Line::of(kind, block)));
                used = 0.0;
            }
        }
    }
    if !line.runs.is_empty() {
        lines.push(line);
    }
    lines
}

/// As much of a word as a line holds; at least one letter.
fn as_much(face: &Face, kind: Kind, room: f32, word: &str) -> String {
    let (mut cut, mut used) = (String::new(), 0.0);
    for letter in word.chars() {
        used += face.width(letter.encode_utf8(&mut [0; 4]), kind.size());
        if used > room && !cut.is_empty() {
            break;
        }
        cut.push(letter);
    }
    cut
}

fn push(line: &mut Line, word: &str, bold: bool) {
    match line.runs.last_mut() {
        Some(run) if run.bold == bold => {
            run.text.push(' ');
            run.text.push_str(word);
        }
        Some(run) => {
            run.text.push(' ');
            line.runs.push(Run { text: word.to_owned(), bold });
        }
        None => line.runs.push(Run { text: word.to_owned(), bold }),
    }
}

/// Lines with their heights, page by page; a heading never stands last.
fn paged(lines: &[Line]) -> Vec<Vec<(Line, f32)>> {
    let mut pages = vec![Vec::new()];
    let mut y = MARGIN;
    for (at, line) in lines.iter().enumerate() {
        let above = if line.first { line.kind.above() } else { 0.0 };
        let follows = lines.get(at + 1).map_or(0.0, |next| next.kind.leading() + next.kind.above());
        let keep = if line.kind == Kind::Paragraph { 0.0 } else { follows };
        if y + above + line.kind.leading() + keep > HEIGHT - MARGIN {
            pages.push(Vec::new());
            y = MARGIN;
        }
        y += above + line.kind.leading();
        if let Some(page) = pages.last_mut() {
            page.push((line.clone(), y));
        }
    }
    pages
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, line: &Line, y: f32) {
    let (mut x, size) = (MARGIN, line.kind.size());
    for run in &line.runs {
        let face = fonts.face(run.bold);
        let at = Point::from_xy(x, y);
        surface.draw_text(at, face.drawn.clone(), size, &run.text, false, TextDirection::LeftToRight);
        x += face.width(&run.text, size);
    }
}

/// The paper's structure as it is drawn: a group for each block.
struct Tags {
    tree: TagTree,
    open: Option<(usize, TagGroup)>,
}

impl Tags {
    fn put(&mut self, line: &Line, identifier: Identifier) {
        if self.open.as_ref().is_none_or(|(block, _)| *block != line.block) {
            self.close();
            let text: Vec<&str> = line.runs.iter().map(|run| run.text.as_str()).collect();
            let heading = |level| Tag::Hn(level, Some(text.join(" ")));
            let group = match line.kind {
                Kind::Title => TagGroup::new(heading(NonZeroU16::MIN)),
                Kind::Heading => TagGroup::new(heading(NonZeroU16::MIN.saturating_add(1))),
                Kind::Paragraph => TagGroup::new(Tag::P),
            };
            self.open = Some((line.block, group));
        }
        if let Some((_, group)) = &mut self.open {
            group.push(identifier);
        }
    }

    fn close(&mut self) {
        if let Some((_, group)) = self.open.take() {
            self.tree.push(group);
        }
    }

    fn finish(mut self) -> TagTree {
        self.close();
        self.tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(blocks: Vec<Block>) -> Paper {
        Paper { title: "Sitoumus".into(), language: "fi".into(), at: Moment::from_seconds(1_790_000_000), blocks }
    }

    #[test]
    fn the_same_paper_is_the_same_bytes() {
        let one = paper(vec![
            Block::Heading("Allekirjoitus".into()),
            Block::Fact("Nimi".into(), "Žofia Šilhánová Ähtäri-Åberg".into()),
            Block::Paragraph("Organisaatio sitoutuu käyttämään Kanta-palveluja.\nToinen rivi.".repeat(120)),
        ]);
        let bytes = render(&one).unwrap();
        assert!(bytes.starts_with(b"%PDF-1.7"));
        assert_eq!(bytes, render(&one).unwrap());
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("<pdfaid:part>2</pdfaid:part>")
                && text.contains("<pdfaid:conformance>A</pdfaid:conformance>")
        );
        assert!(text.contains("pdfuaid:part"));
        assert_ne!(bytes, render(&Paper { title: "Förbindelse".into(), ..one }).unwrap());
    }

    #[test]
    fn whatever_is_typed_can_be_printed() {
        for text in ["", " ", "🏥 \u{202e}evil\u{0}", "漢字", &"w".repeat(4_000), "a\n\n\nb\n", "\u{301}x"] {
            render(&paper(vec![Block::Paragraph(text.into()), Block::Fact(text.into(), text.into())])).unwrap();
        }
        let long = paper(vec![Block::Paragraph("a".repeat(MAX_CHARS + 1))]);
        assert!(matches!(render(&long), Err(PaperError::TooLong)));
        assert!(matches!(render(&paper(Vec::new())), Ok(bytes) if !bytes.is_empty()));
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        let fonts = Fonts::load().unwrap();
        let text = format!("{} {}", "sana ".repeat(300), "OID1.2.246".repeat(40));
        for line in wrapped(&fonts, (Kind::Paragraph, 1), &[Run::plain(text)]) {
            let width: f32 = line.runs.iter().map(|run| fonts.regular.width(&run.text, 10.5)).sum();
            assert!(width <= WIDTH - 2.0 * MARGIN, "{line:?}");
        }
    }
}
