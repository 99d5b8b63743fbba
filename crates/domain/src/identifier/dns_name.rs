//! A DNS name of a host in its ASCII form (RFC 1123 2.1): no wildcard, no address, no trailing dot.

use super::text_identifier;

/// A host's DNS name. Names that differ only in the case of letters are equal (RFC 4343).
#[derive(Clone, Debug)]
pub struct DnsName(String);

/// Why a text is not a host's DNS name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a DNS name: “{0}” (expected letters, digits and hyphens between dots, like kanta.esimerkki.fi)")]
pub struct DnsNameError(String);

impl DnsName {
    /// Reads a host's name.
    ///
    /// # Errors
    /// When it is not one; the error carries the beginning of the text.
    pub fn parse(text: &str) -> Result<Self, DnsNameError> {
        let label = |part: &str| {
            let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
            let ends = part.starts_with('-') || part.ends_with('-');
            !part.is_empty() && part.len() <= 63 && part.bytes().all(inner) && !ends
        };
        let last = text.rsplit('.').next().unwrap_or_default();
        if text.len() <= 253 && text.split('.').all(label) && !last.bytes().all(|b| b.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(DnsNameError(text.chars().take(64).collect()))
    }

    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text, from a certificate for example, is this name.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        self.0.eq_ignore_ascii_case(text)
    }
}

impl PartialEq for DnsName {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for DnsName {}

text_identifier!(DnsName, DnsNameError, "dns-name");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts() {
        for good in ["kanta.esimerkki.test", "xn--4ca.test", "a", "A-1.b"] {
            assert!(DnsName::parse(good).is_ok(), "{good}");
        }
        let long = format!("{}.fi", "a".repeat(64));
        let longer = format!("{}fi", "abc.".repeat(63));
        for bad in ["", "10.0.0.1", "*.esimerkki.test", "a..b", "-a.b", "a-.b", "ä.fi", "a.b.", "a b", &long, &longer]
        {
            assert!(DnsName::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(DnsName::parse("A.b").unwrap(), DnsName::parse("a.B").unwrap());
    }
}
