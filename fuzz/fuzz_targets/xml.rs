//! The walk through XML: whatever it takes to its end, the reader that verifies signatures takes too.

#![no_main]

use liitos_documents::xml::{Step, Walker};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut walker = Walker::new(text);
    let mut elements = 0;
    loop {
        match walker.step() {
            Ok(Step::Open) => elements += 1,
            Ok(Step::Text(_) | Step::Instruction(..) | Step::Close) => {}
            Ok(Step::Unfinished) | Err(_) => return,
            Ok(Step::End) => break,
        }
    }
    let options = roxmltree::ParsingOptions { allow_dtd: false, ..roxmltree::ParsingOptions::default() };
    let tree = roxmltree::Document::parse_with_options(text, options);
    let seen = tree.expect("the other reader takes it").descendants().filter(roxmltree::Node::is_element).count();
    assert_eq!(seen, elements);
});
