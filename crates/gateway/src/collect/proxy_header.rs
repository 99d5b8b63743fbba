//! The PROXY protocol, version 2: where a connection that was passed on really comes from
//! (<https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt>, section 2.2).
//!
//! Only who is known to be a collection point is believed: from anyone else such bytes are no TLS, and refused as that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What every header begins with.
const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Signature, version and command, family, length.
const FIXED: usize = 16;
/// Longest rest taken: two IPv6 ends and what else somebody may add.
const MAX_REST: usize = 536;

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// More bytes are needed: so many in all, at least.
    Incomplete(usize),
    /// A header of so many bytes; the client's address, unless the sender speaks for itself.
    Read {
        /// Bytes that it takes.
        length: usize,
        /// Where the connection comes from.
        source: Option<SocketAddr>,
    },
    /// Something else.
    Broken(&'static str),
}

/// A header that says that a connection came from one end to another.
#[must_use]
pub fn write(source: SocketAddr, destination: SocketAddr) -> Vec<u8> {
    let ports = [source.port().to_be_bytes(), destination.port().to_be_bytes()].concat();
    // Both ends in one family: an IPv4 end beside an IPv6 one is written as IPv6 (RFC 4291 2.5.5.2).
    let (family, ends) = match (source.ip(), destination.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => (0x11, [from.octets(), to.octets()].concat()),
        (from, to) => (0x21, [six(from).octets(), six(to).octets()].concat()),
    };
    let length = u16::try_from(ends.len() + ports.len()).unwrap_or_default().to_be_bytes();
    [&SIGNATURE[..], &[0x21, family], &length, &ends, &ports].concat()
}

fn six(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(four) => four.to_ipv6_mapped(),
        IpAddr::V6(six) => six,
    }
}

/// Reads the bytes that came first.
#[must_use]
pub fn read(bytes: &[u8]) -> Header {
    let start = bytes.get(..bytes.len().min(SIGNATURE.len())).unwrap_or_default();
    if !SIGNATURE.starts_with(start) {
        return Header::Broken("no PROXY header");
    }
    let Some([version, family, high, low]) = bytes.get(12..FIXED).and_then(|rest| <[u8; 4]>::try_from(rest).ok())
    else {
        return Header::Incomplete(FIXED);
    };
    let rest = usize::from(u16::from_be_bytes([high, low]));
    if version >> 4 != 2 || rest > MAX_REST {
        return Header::Broken("a PROXY header of another version or length");
    }
    let Some(body) = bytes.get(FIXED..FIXED + rest) else {
        return Header::Incomplete(FIXED + rest);
    };
    let length = FIXED + rest;
    match (version & 0x0f, family) {
        // LOCAL: the sender's own call, a health check for instance.
        (0, _) => Header::Read { length, source: None },
        (1, 0x11) => end::<4>(body).map_or(Header::Broken("addresses cut off"), |(address, port)| {
            let source = SocketAddr::new(Ipv4Addr::from(address).into(), port);
            Header::Read { length, source: Some(source) }
        }),
        (1, 0x21) => end::<16>(body).map_or(Header::Broken("addresses cut off"), |(address, port)| {
            let source = SocketAddr::new(IpAddr::from(Ipv6Addr::from(address)).to_canonical(), port);
            Header::Read { length, source: Some(source) }
        }),
        _ => Header::Broken("a PROXY header of something else than TCP"),
    }
}

/// The source's address and port, of addresses that are so long.
fn end<const N: usize>(body: &[u8]) -> Option<([u8; N], u16)> {
    let address = body.first_chunk::<N>()?;
    let port = body.get(2 * N..)?.first_chunk::<2>()?;
    body.get(2 * N + 2..)?.first_chunk::<2>()?;
    Some((*address, u16::from_be_bytes(*port)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read_in_any_pieces() {
        for (source, destination) in [
            ("192.0.2.7:1234", "198.51.100.1:443"),
            ("[2001:db8::7]:1234", "[2001:db8::1]:443"),
            ("192.0.2.7:1234", "[2001:db8::1]:443"),
        ] {
            let source: SocketAddr = source.parse().unwrap();
            let header = write(source, destination.parse().unwrap());
            let read_all = Header::Read { length: header.len(), source: Some(source) };
            assert_eq!(read(&[&header[..], b"more"].concat()), read_all);
            for length in 0..header.len() {
                assert!(matches!(read(&header[..length]), Header::Incomplete(needed) if needed > length));
            }
        }
        let local = [&SIGNATURE[..], &[0x20, 0, 0, 0]].concat();
        assert_eq!(read(&local), Header::Read { length: 16, source: None });
    }

    #[test]
    fn what_is_none_is_refused() {
        let sound = write("192.0.2.7:1".parse().unwrap(), "192.0.2.8:2".parse().unwrap());
        let changed = |at: usize, byte: u8| {
            let mut bytes = sound.clone();
            bytes[at] = byte;
            bytes
        };
        for wrong in [
            b"PROXY TCP4".to_vec(),
            vec![22, 3, 1],
            changed(12, 0x11),
            changed(13, 0x12),
            changed(14, 0xff),
            changed(15, 4),
        ] {
            assert!(matches!(read(&wrong), Header::Broken(_)), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80), keep in 0usize..30) {
            let _ = read(&bytes);
            let header = write("192.0.2.7:1".parse().unwrap(), "192.0.2.8:2".parse().unwrap());
            let _ = read(&[&header[..keep.min(header.len())], &bytes].concat());
        }
    }
}
