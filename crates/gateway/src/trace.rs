//! Traces (W3C Trace Context): each call is a span of its own, below the caller's where it tells of one, and the backend's spans
//! stand below it. The access log's line is the span's record.

use std::fmt::Write as _;

/// A call's place in a trace.
pub(crate) struct Trace {
    /// What goes on to the backend: `00-` trace `-` span `-` flags.
    text: String,
    /// The caller's span.
    parent: Option<String>,
}

/// Lengths of `00-`, the trace, the hyphen and the span.
const TRACE: std::ops::Range<usize> = 3..35;
const SPAN: std::ops::Range<usize> = 36..52;

impl Trace {
    /// A span of its own in the caller's trace, or in a new one. The last eight of the random bytes name the span.
    pub(crate) fn below(traceparent: Option<&str>, random: [u8; 24]) -> Self {
        let mut own = String::with_capacity(48);
        for eight in random.as_chunks::<8>().0 {
            let _ = write!(own, "{:016x}", u64::from_be_bytes(*eight));
        }
        let (trace, span) = own.split_at_checked(32).unwrap_or_default();
        match traceparent.and_then(read) {
            Some((trace, parent, flags)) => {
                // Of the flags only whether it is recorded is known; others are not passed on (2.2.4).
                let recorded = u8::from_str_radix(flags, 16).unwrap_or(0) & 1;
                Self { text: format!("00-{trace}-{span}-0{recorded}"), parent: Some(parent.to_owned()) }
            }
            // Whether it is to be recorded nobody has said.
            None => Self { text: format!("00-{trace}-{span}-00"), parent: None },
        }
    }

    /// As the backend is told.
    pub(crate) fn traceparent(&self) -> &str {
        &self.text
    }

    pub(crate) fn trace(&self) -> &str {
        self.text.get(TRACE).unwrap_or_default()
    }

    pub(crate) fn span(&self) -> &str {
        self.text.get(SPAN).unwrap_or_default()
    }

    /// The caller's span, where it told of one.
    pub(crate) fn parent(&self) -> Option<&str> {
        self.parent.as_deref()
    }
}

/// Trace, span and flags of a `traceparent` (3.2), where it is one.
fn read(traceparent: &str) -> Option<(&str, &str, &str)> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let shaped = hex(version, 2) && hex(trace, 32) && hex(span, 16) && hex(flags, 2) && version == "00";
    let alone =
        parts.next().is_none() && trace.bytes().any(|byte| byte != b'0') && span.bytes().any(|byte| byte != b'0');
    (shaped && alone).then_some((trace, span, flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_span_below_its_callers() {
        let (trace, random) = ("4bf92f3577b34da6a3ce929d0e0e4736", std::array::from_fn(|at| at as u8));
        let own = Trace::below(Some(&format!("00-{trace}-00f067aa0ba902b7-01")), random);
        assert_eq!(own.traceparent(), format!("00-{trace}-1011121314151617-01"));
        assert_eq!((own.trace(), own.span(), own.parent()), (trace, "1011121314151617", Some("00f067aa0ba902b7")));
        let other = Trace::below(Some(&format!("00-{trace}-00f067aa0ba902b7-fe")), random);
        assert!(other.traceparent().ends_with("-00"), "flags that nobody knows");
        for wrong in [
            "",
            "00",
            &format!("01-{trace}-00f067aa0ba902b7-01"),
            &format!("00-{trace}-00f067aa0ba902b7-01-x"),
            &format!("00-{}-00f067aa0ba902b7-01", trace.to_uppercase()),
            &format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            &format!("00-{trace}-0000000000000000-01"),
            &format!("00-{trace}\"-00f067aa0ba902b7-01"),
        ] {
            let begun = Trace::below(Some(wrong), random);
            assert_eq!((begun.trace(), begun.parent()), ("000102030405060708090a0b0c0d0e0f", None), "{wrong}");
            assert!(begun.traceparent().ends_with("-1011121314151617-00"));
        }
    }
}
