//! Heads: request and response lines and fields, read from bytes that end with an empty line.

use super::{Framing, MAX_FIELDS};
use liitos_domain::RefusalCode;
use std::mem::MaybeUninit;

/// Why a head is not taken: what is wrong, for the log and for whoever sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

/// What a request asks to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    /// Refused like the others, but without a body.
    Head,
    Other,
}

/// A request's head, as far as a gateway uses it.
#[derive(Debug)]
pub(crate) struct RequestHead<'a> {
    pub(crate) method: Method,
    /// Path and query, as they were sent.
    pub(crate) target: &'a str,
    pub(crate) framing: Framing,
    /// Whether the connection may carry another request.
    pub(crate) keep_alive: bool,
    /// Whether it is HTTP/1.1, whose readers know chunks.
    pub(crate) newest: bool,
    /// Whether the caller waits to be told to send the body (RFC 9110 10.1.1).
    pub(crate) expects_continue: bool,
    fields: Fields<'a>,
}

/// A response's head.
#[derive(Debug)]
pub(crate) struct ResponseHead<'a> {
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    pub(crate) keep_alive: bool,
    fields: Fields<'a>,
}

#[derive(Debug)]
struct Fields<'a>(Vec<httparse::Header<'a>>);

impl<'a> Fields<'a> {
    fn iter(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0.iter().map(|field| (field.name, field.value))
    }

    fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.iter().filter(move |(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The one value of a field; twice is not once.
    fn one(&self, name: &'static str) -> Result<Option<&'a [u8]>, Malformed> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Malformed("a field that may stand once stands twice")) } else { Ok(first) }
    }

    /// Whether a list field holds a word.
    fn lists(&self, name: &str, word: &str) -> bool {
        let has = |value: &[u8]| {
            value.split(|byte| *byte == b',').any(|item| item.trim_ascii().eq_ignore_ascii_case(word.as_bytes()))
        };
        self.all(name).any(has)
    }

    /// How the body is delimited, where a field says it (RFC 9112 6.3). Both fields, a list, or another coding than chunked
    /// could be read in two ways: refused.
    fn said_framing(&self) -> Result<Option<Framing>, Malformed> {
        match (self.one("transfer-encoding")?, self.one("content-length")?) {
            (Some(_), Some(_)) => Err(Malformed("Content-Length and Transfer-Encoding")),
            (Some(coding), None) if coding.trim_ascii().eq_ignore_ascii_case(b"chunked") => Ok(Some(Framing::Chunked)),
            (Some(_), None) => Err(Malformed("a Transfer-Encoding other than chunked")),
            (None, Some(length)) => Ok(Some(Framing::Length(decimal(length).ok_or(Malformed("Content-Length"))?))),
            (None, None) => Ok(None),
        }
    }
}

/// Digits and nothing else, fewer than would overflow.
fn decimal(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.len() <= 18 && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// A line feed alone ends a line for some readers and not for others.
fn lines_end_with_both(head: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', head).all(|at| at > 0 && head.get(at - 1) == Some(&b'\r'))
}

impl<'a> RequestHead<'a> {
    /// Reads a whole head.
    ///
    /// # Errors
    /// [`Malformed`] for anything that is not plainly one HTTP/1.1 or 1.0 request.
    pub(crate) fn parse(head: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Request::new(&mut []);
        let read = parsed.parse_with_uninit_headers(head, &mut fields).map_err(told)?;
        if read != httparse::Status::Complete(head.len()) || !lines_end_with_both(head) {
            return Err(Malformed("line ends"));
        }
        let method = match parsed.method {
            Some("GET") => Method::Get,
            Some("POST") => Method::Post,
            Some("HEAD") => Method::Head,
            _ => Method::Other,
        };
        let target = parsed.path.unwrap_or_default();
        let newest = parsed.version == Some(1);
        let fields = Fields(parsed.headers.to_vec());
        if fields.one("host")?.is_none() && newest {
            return Err(Malformed("Host is missing"));
        }
        let framing = fields.said_framing()?.unwrap_or(Framing::None);
        if framing == Framing::Chunked && !newest {
            return Err(Malformed("Transfer-Encoding in HTTP/1.0"));
        }
        let keep_alive = newest && !fields.lists("connection", "close");
        let expects_continue = newest && fields.lists("expect", "100-continue");
        Ok(Self { method, target, framing, keep_alive, newest, expects_continue, fields })
    }

    /// The path without its query.
    pub(crate) fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// A field's first value, where it is printable text.
    pub(crate) fn field(&self, name: &str) -> Option<&'a str> {
        self.fields.all(name).next().and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// Most reasons that are told of one call.
const MOST_CODES: usize = 8;

/// Fields that concern one connection only (RFC 9110 7.6.1), and the framing, which is written anew.
const OWN_TO_A_CONNECTION: [&str; 11] = [
    // What the backend tells the gateway alone.
    "liitos-followed",
    "liitos-refused",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
];

impl<'a> ResponseHead<'a> {
    /// Reads a whole head. Whether the request was one whose answer has no body does not occur here: it is never HEAD.
    ///
    /// # Errors
    /// [`Malformed`].
    pub(crate) fn parse(head: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = [const { MaybeUninit::uninit() }; MAX_FIELDS];
        let mut parsed = httparse::Response::new(&mut []);
        let read = httparse::ParserConfig::default()
            .parse_response_with_uninit_headers(&mut parsed, head, &mut fields)
            .map_err(told)?;
        if read != httparse::Status::Complete(head.len()) || !lines_end_with_both(head) {
            return Err(Malformed("line ends"));
        }
        let status = parsed.code.unwrap_or_default();
        let newest = parsed.version == Some(1);
        let fields = Fields(parsed.headers.to_vec());
        let said = fields.said_framing()?;
        let framing = match status {
            100..=199 | 204 | 304 => Framing::None,
            _ => said.unwrap_or(Framing::UntilEnd),
        };
        let keep_alive = newest && framing != Framing::UntilEnd && !fields.lists("connection", "close");
        Ok(Self { status, framing, keep_alive, fields })
    }

    /// What the backend tells the gateway of the call, and nobody else: whether somebody follows it, and why it was refused, the gravest first.
    pub(crate) fn of_the_call(&self) -> (bool, Vec<RefusalCode>) {
        let text = |name| self.fields.one(name).ok().flatten().and_then(|value| std::str::from_utf8(value).ok());
        let codes = text("liitos-refused").into_iter().flat_map(|codes| codes.split(' ')).take(MOST_CODES);
        (text("liitos-followed").is_some(), codes.filter_map(RefusalCode::parse).collect())
    }

    /// The fields that go on to the caller.
    pub(crate) fn passed_on(&self) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        let own = |name: &str| OWN_TO_A_CONNECTION.iter().any(|own| own.eq_ignore_ascii_case(name));
        self.fields.iter().filter(move |(name, _)| !own(name) && !self.fields.lists("connection", name))
    }
}

fn told(error: httparse::Error) -> Malformed {
    Malformed(match error {
        httparse::Error::TooManyHeaders => "too many fields",
        httparse::Error::HeaderName => "a field's name",
        httparse::Error::HeaderValue => "a field's value",
        httparse::Error::Version => "the version",
        httparse::Error::Status => "the status",
        httparse::Error::Token => "the method or target",
        httparse::Error::NewLine => "line ends",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(head: &str) -> Result<(Method, Framing, bool), Malformed> {
        RequestHead::parse(head.as_bytes()).map(|head| (head.method, head.framing, head.keep_alive))
    }

    #[test]
    fn plain_requests_are_read() {
        let get = "GET /fhir/Binary/1?x=2 HTTP/1.1\r\nHost: a\r\nService-Subscriber: 1.2\r\n\r\n";
        let head = RequestHead::parse(get.as_bytes()).unwrap();
        assert_eq!(
            (head.method, head.path(), head.field("service-subscriber")),
            (Method::Get, "/fhir/Binary/1", Some("1.2"))
        );
        let post = |more: &str| format!("POST /hl7 HTTP/1.1\r\nHost: a\r\n{more}\r\n");
        assert_eq!(request(&post("Content-Length: 12\r\n")), Ok((Method::Post, Framing::Length(12), true)));
        assert_eq!(request(&post("Transfer-Encoding: Chunked\r\n")), Ok((Method::Post, Framing::Chunked, true)));
        assert_eq!(request(&post("Connection: x, Close\r\n")), Ok((Method::Post, Framing::None, false)));
        assert_eq!(request("GET / HTTP/1.0\r\n\r\n"), Ok((Method::Get, Framing::None, false)));
        assert!(RequestHead::parse(post("Expect: 100-Continue\r\n").as_bytes()).unwrap().expects_continue);
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for more in [
            "Content-Length: 1\r\nContent-Length: 1\r\n",
            "Content-Length: 1, 1\r\n",
            "Content-Length: +1\r\n",
            "Content-Length: 0x1\r\n",
            "Content-Length: \r\n",
            "Content-Length: 99999999999999999999\r\n",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: gzip, chunked\r\n",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: \u{b}chunked\r\n",
            "Transfer-Encoding : chunked\r\n",
            " folded: x\r\n",
            "A: x\r\n folded\r\n",
            "A: x\n",
            "A: x\rB: y\r\n",
            "A\0: x\r\n",
            "A: \0\r\n",
            "Host: b\r\n",
        ] {
            let head = format!("POST /hl7 HTTP/1.1\r\nHost: a\r\n{more}\r\n");
            assert!(request(&head).is_err(), "{more:?}");
        }
        for head in [
            "POST /hl7 HTTP/1.1\r\n\r\n",
            "POST /hl7 HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST /hl7 HTTP/2.0\r\nHost: a\r\n\r\n",
            "POST /a b HTTP/1.1\r\nHost: a\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
            "\n\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            "GET /\nHost: a\r\n\r\n",
        ] {
            assert!(request(head).is_err(), "{head:?}");
        }
        let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "A: x\r\n".repeat(MAX_FIELDS));
        assert_eq!(request(&many), Err(Malformed("too many fields")));
    }

    #[test]
    fn an_answers_end_is_known() {
        let framing = |head: &str| ResponseHead::parse(head.as_bytes()).map(|head| (head.framing, head.keep_alive));
        assert_eq!(framing("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"), Ok((Framing::Length(3), true)));
        assert_eq!(framing("HTTP/1.1 200 OK\r\n\r\n"), Ok((Framing::UntilEnd, false)));
        assert_eq!(framing("HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n"), Ok((Framing::None, true)));
        assert_eq!(framing("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n"), Ok((Framing::Length(3), false)));
        assert!(framing("HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn what_is_a_connections_own_stays() {
        let head = "HTTP/1.1 200 OK\r\nConnection: X-Own\r\nX-Own: 1\r\nKeep-Alive: 5\r\nContent-Length: 0\r\nX-Kept: 2\r\n\r\n";
        let head = ResponseHead::parse(head.as_bytes()).unwrap();
        assert_eq!(head.passed_on().collect::<Vec<_>>(), [("X-Kept", b"2".as_slice())]);
    }
}
