//! What a TLS client says first, read without answering: the name it asks for (RFC 8446 4.1.2, RFC 6066 3).
//!
//! For whoever passes TLS on untouched. The bytes may come in any pieces, and the message may be cut over several records;
//! nothing here changes or keeps them. Values that are there to be ignored (GREASE, RFC 8701) are.

/// Longest first message taken, in bytes of its records: post-quantum key shares make some two thousand, and padding or many
/// of them a few more.
pub const MAX_HELLO_BYTES: usize = 16 * 1024;
/// Longest record (RFC 8446 5.1).
const MAX_RECORD_BYTES: usize = 16 * 1024;

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// The message is not complete yet.
    Incomplete,
    /// A client's first message.
    Client(ClientHello),
    /// Something else: no TLS, or nothing that a client may begin with.
    NotTls(&'static str),
}

/// A client's first message, as far as somebody who only routes needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The host name it asks for, in lower case; of an encrypted hello (ECH) the outer one.
    pub server_name: Option<String>,
    /// Whether it carries an encrypted hello inside, so that the name is that of whoever decrypts it.
    pub encrypted: bool,
}

/// Reads the bytes that a client has sent so far.
#[must_use]
pub fn read(bytes: &[u8]) -> Hello {
    match handshake(bytes).and_then(|message| message.map(|message| hello(&message)).transpose()) {
        Ok(Some(hello)) => Hello::Client(hello),
        Ok(None) if bytes.len() >= MAX_HELLO_BYTES => Hello::NotTls("the first message is too long"),
        Ok(None) => Hello::Incomplete,
        Err(problem) => Hello::NotTls(problem),
    }
}

/// The body of the first handshake message, put together from its records; `None` while it is not complete.
fn handshake(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, &'static str> {
    let mut message = Vec::new();
    loop {
        // What is wrong shows from the first byte on: nobody waits for the rest of something that is no TLS.
        let known = bytes.get(..bytes.len().min(5)).unwrap_or_default();
        match known {
            [kind, ..] if *kind != 22 => return Err("not a handshake record"),
            [_, major, ..] if *major != 3 => return Err("not a TLS record"),
            [_, _, _, high, low] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                if length == 0 || length > MAX_RECORD_BYTES {
                    return Err("a record of impossible length");
                }
                let body = bytes.get(5..).unwrap_or_default();
                message.extend_from_slice(body.get(..length.min(body.len())).unwrap_or_default());
                if let Some(complete) = complete(&message)? {
                    return Ok(Some(complete.to_vec()));
                }
                if body.len() < length {
                    return Ok(None);
                }
                bytes = body.get(length..).unwrap_or_default();
            }
            _ => return Ok(None),
        }
    }
}

/// A client hello's body within its handshake header, once all of it is there.
fn complete(message: &[u8]) -> Result<Option<&[u8]>, &'static str> {
    match message {
        [kind, ..] if *kind != 1 => Err("not a client's first message"),
        [_, a, b, c, body @ ..] => {
            let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if length > MAX_HELLO_BYTES {
                return Err("the first message is too long");
            }
            Ok(body.get(..length))
        }
        _ => Ok(None),
    }
}

/// A piece of a message that is read from its front.
struct Piece<'b>(&'b [u8]);

impl<'b> Piece<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("cut off within")?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self, bytes: usize) -> Result<usize, &'static str> {
        Ok(self.take(bytes)?.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    /// What stands behind its length of so many bytes.
    fn vector(&mut self, length_bytes: usize) -> Result<Self, &'static str> {
        let length = self.number(length_bytes)?;
        Ok(Self(self.take(length)?))
    }
}

fn hello(body: &[u8]) -> Result<ClientHello, &'static str> {
    let mut rest = Piece(body);
    // Version and random.
    rest.take(2 + 32)?;
    rest.vector(1)?;
    rest.vector(2)?;
    rest.vector(1)?;
    let mut hello = ClientHello::default();
    if rest.0.is_empty() {
        return Ok(hello);
    }
    let mut extensions = rest.vector(2)?;
    let mut named = false;
    while !extensions.0.is_empty() {
        let kind = extensions.number(2)?;
        let content = extensions.vector(2)?;
        match kind {
            0 if named => return Err("two names"),
            0 => {
                named = true;
                hello.server_name = server_name(content)?;
            }
            0xfe0d => hello.encrypted = true,
            _ => {}
        }
    }
    Ok(hello)
}

/// The host name of a server name extension.
fn server_name(mut content: Piece<'_>) -> Result<Option<String>, &'static str> {
    let mut names = content.vector(2)?;
    while !names.0.is_empty() {
        let kind = names.number(1)?;
        let name = names.vector(2)?.0;
        if kind == 0 {
            let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
            let text = std::str::from_utf8(name).ok().filter(|name| name.bytes().all(|byte| plain(&byte)));
            let text = text.filter(|name| !name.is_empty() && name.len() <= 253).ok_or("a name that is none")?;
            return Ok(Some(text.trim_end_matches('.').to_ascii_lowercase()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rustls::pki_types::ServerName;
    use std::sync::Arc;

    /// What rustls sends first.
    fn real(name: &str) -> Vec<u8> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
        let mut bytes = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut bytes).unwrap();
        }
        bytes
    }

    fn named(bytes: &[u8]) -> Option<String> {
        match read(bytes) {
            Hello::Client(hello) => hello.server_name,
            other => panic!("{other:?}"),
        }
    }

    /// The same message cut into records of so many bytes.
    fn cut(bytes: &[u8], size: usize) -> Vec<u8> {
        let body = &bytes[5..];
        body.chunks(size)
            .flat_map(|piece| {
                let length = u16::try_from(piece.len()).unwrap().to_be_bytes();
                [&[22, 3, 1], &length[..], piece].concat()
            })
            .collect()
    }

    /// A hello with these extensions (kind, content), of the smallest kind.
    fn with(extensions: &[(u16, &[u8])]) -> Vec<u8> {
        let extensions: Vec<u8> = extensions
            .iter()
            .flat_map(|(kind, content)| {
                let length = u16::try_from(content.len()).unwrap().to_be_bytes();
                [&kind.to_be_bytes(), &length[..], content].concat()
            })
            .collect();
        let total = u16::try_from(extensions.len()).unwrap().to_be_bytes();
        let body = [&[3, 3][..], &[7; 32], &[0], &[0, 2, 0x0a, 0x0a], &[1, 0], &total, &extensions].concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        let message = [&[1, 0][..], &length, &body].concat();
        let length = u16::try_from(message.len()).unwrap().to_be_bytes();
        [&[22, 3, 1][..], &length, &message].concat()
    }

    fn name(text: &[u8]) -> Vec<u8> {
        let length = u16::try_from(text.len()).unwrap();
        [&(length + 3).to_be_bytes()[..], &[0], &length.to_be_bytes(), text].concat()
    }

    #[test]
    fn a_real_hello_in_any_pieces() {
        let hello = real("Kanta.Esimerkki.test");
        assert_eq!(named(&hello).as_deref(), Some("kanta.esimerkki.test"));
        for length in 0..hello.len() {
            assert_eq!(read(&hello[..length]), Hello::Incomplete, "{length} bytes");
        }
        for size in [1, 3, 4, 100, 1000] {
            assert_eq!(named(&cut(&hello, size)).as_deref(), Some("kanta.esimerkki.test"), "records of {size}");
        }
        assert_eq!(named(&[&hello[..], b"more"].concat()).as_deref(), Some("kanta.esimerkki.test"));
        assert_eq!(named(&real("192.0.2.7")), None, "an address is no name");
    }

    #[test]
    fn a_post_quantum_key_share_is_longer_than_one_segment() {
        let (share, sni) = (vec![9; 1_124 + 32 + 64], name(b"kanta.esimerkki.test"));
        let hello = with(&[(51, &share), (0, &sni)]);
        assert_eq!(named(&hello).as_deref(), Some("kanta.esimerkki.test"));
        assert_eq!(read(&hello[..1_200]), Hello::Incomplete);
    }

    #[test]
    fn grease_is_ignored_and_an_encrypted_hello_is_seen() {
        let sni = name(b"ulkoinen.test");
        let hello = with(&[(0x0a0a, b""), (0x1a1a, b"\0"), (0, &sni), (0xfe0d, b"\0\x01")]);
        let expected = ClientHello { server_name: Some("ulkoinen.test".into()), encrypted: true };
        assert_eq!(read(&hello), Hello::Client(expected));
        assert_eq!(read(&with(&[])), Hello::Client(ClientHello::default()));
    }

    #[test]
    fn what_is_no_hello_is_told_at_once() {
        for wrong in [
            &b"GET / HTTP/1.1\r\n"[..],
            &[22, 2, 0, 0, 5],
            &[22, 3, 1, 0, 0],
            &[22, 3, 1, 0xff, 0xff],
            &[22, 3, 1, 0, 4, 2, 0, 0, 0],
            &[22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff],
            &[0x80],
            &with(&[(0, &name(b"a.test")), (0, &name(b"b.test"))]),
            &with(&[(0, &name(b"a\0.test"))]),
            &with(&[(0, &name(b""))]),
            &with(&[(0, b"\0")]),
        ] {
            assert!(matches!(read(wrong), Hello::NotTls(_)), "{wrong:?}");
        }
        // Longer than anybody's first message, in records so small that it never ends within the limit.
        let endless = cut(&[&[0; 5][..], &[1, 0, 0x3f, 0xff], &[0; 12_000]].concat(), 10);
        assert_eq!(read(&endless), Hello::NotTls("the first message is too long"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0usize..1500, byte in any::<u8>()) {
            let _ = read(&bytes);
            let mut hello = real("a.test");
            let at = at % hello.len();
            hello[at] = byte;
            let _ = read(&hello);
        }
    }
}
