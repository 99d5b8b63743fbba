//! Bodies at rest: encrypted in pieces with a key of their own, which is wrapped by the key of a register, which is wrapped by the archive's.
//!
//! AES-256-GCM throughout. A body's pieces are bound to their place and to whether they are the last, so that none can be left out, added
//! or moved; a wrapped key is bound to what it opens. Whoever takes the database and the object store without the archive's key has
//! sizes and times, and nothing else.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use std::fmt;

/// A key's length in bytes.
pub const KEY_BYTES: usize = 32;
/// The length of the random bytes in front of a wrapped key, used once.
pub const NONCE_BYTES: usize = NONCE_LEN;
/// The length of what proves that nothing was changed, behind it.
pub const TAG_BYTES: usize = 16;
/// A wrapped key's length in bytes: nonce, key, tag.
const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;
/// The plain length of each piece of a body but the last.
const PIECE: usize = 64 * 1024;

/// What was sealed cannot be opened: another key, or changed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be opened: sealed with another key, or changed since")]
pub struct Unopened;

/// The key material is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an archive key is {KEY_BYTES} bytes")]
pub struct BadKey;

/// A secret key; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; KEY_BYTES]);

impl DataKey {
    /// From random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for whoever wraps it elsewhere.
    #[must_use]
    pub const fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Wraps another key for what it opens.
    ///
    /// # Errors
    /// [`Unopened`] never comes here in practice: the cipher refuses nothing of this length.
    pub fn wrap(&self, key: &Self, nonce: [u8; NONCE_BYTES], opens: &str) -> Result<Vec<u8>, Unopened> {
        let mut sealed = key.0.to_vec();
        self.cipher()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(opens.as_bytes()), &mut sealed)
            .map_err(|_| Unopened)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// The key that was wrapped for what it opens.
    ///
    /// # Errors
    /// [`Unopened`].
    pub fn unwrap(&self, wrapped: &[u8], opens: &str) -> Result<Self, Unopened> {
        let (nonce, sealed) = wrapped.split_at_checked(NONCE_BYTES).ok_or(Unopened)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Unopened)?;
        let mut sealed = sealed.to_vec();
        let plain = self.cipher()?.open_in_place(nonce, Aad::from(opens.as_bytes()), &mut sealed);
        plain.map_err(|_| Unopened)?.try_into().map(Self).map_err(|_| Unopened)
    }

    /// Encrypts a body. The key is used for this one only.
    ///
    /// # Errors
    /// As [`DataKey::wrap`].
    pub fn seal(&self, body: &[u8]) -> Result<Vec<u8>, Unopened> {
        let cipher = self.cipher()?;
        let pieces = pieces_of(body.len());
        let mut sealed = Vec::with_capacity(body.len() + pieces * TAG_BYTES);
        let mut rest = body;
        for number in 0..pieces {
            let (piece, after) = rest.split_at(rest.len().min(PIECE));
            rest = after;
            let mut piece = piece.to_vec();
            let (nonce, place) = placed(number, number + 1 == pieces);
            cipher.seal_in_place_append_tag(nonce, place, &mut piece).map_err(|_| Unopened)?;
            sealed.extend_from_slice(&piece);
        }
        Ok(sealed)
    }

    /// Decrypts a body.
    ///
    /// # Errors
    /// [`Unopened`].
    pub fn open(&self, sealed: &[u8]) -> Result<Vec<u8>, Unopened> {
        let cipher = self.cipher()?;
        let pieces = sealed.len().div_ceil(PIECE + TAG_BYTES).max(1);
        let mut body = Vec::with_capacity(sealed.len());
        for number in 0..pieces {
            let from = number * (PIECE + TAG_BYTES);
            let until = sealed.len().min(from + PIECE + TAG_BYTES);
            let mut piece = sealed.get(from..until).ok_or(Unopened)?.to_vec();
            let (nonce, place) = placed(number, number + 1 == pieces);
            body.extend_from_slice(cipher.open_in_place(nonce, place, &mut piece).map_err(|_| Unopened)?);
        }
        Ok(body)
    }

    /// Something that goes out and comes back, readable with this key alone, as text that an address may carry. `key` is used for this alone;
    /// `what` says what it is, and it opens as nothing else.
    ///
    /// # Errors
    /// As [`DataKey::wrap`].
    pub fn hide(&self, key: &Self, nonce: [u8; NONCE_BYTES], what: &str, bytes: &[u8]) -> Result<String, Unopened> {
        let (wrapped, sealed) = (self.wrap(key, nonce, what)?, key.seal(bytes)?);
        Ok(BASE64_URL_SAFE_NO_PAD.encode([wrapped, sealed].concat()))
    }

    /// What was hidden.
    ///
    /// # Errors
    /// [`Unopened`].
    pub fn shown(&self, what: &str, text: &str) -> Result<Vec<u8>, Unopened> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| Unopened)?;
        let (wrapped, sealed) = bytes.split_at_checked(WRAPPED_BYTES).ok_or(Unopened)?;
        self.unwrap(wrapped, what)?.open(sealed)
    }

    /// A keyed digest that two equal texts share and nobody without the key can make: hexadecimal digits. `of` says of what kind the
    /// text is.
    #[must_use]
    pub fn index(&self, of: &str, text: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        for part in ["liitos archive index 1", of, text] {
            // Lengths before their parts: no two lists of parts read alike.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn cipher(&self) -> Result<LessSafeKey, Unopened> {
        UnboundKey::new(&AES_256_GCM, &self.0).map(LessSafeKey::new).map_err(|_| Unopened)
    }
}

impl TryFrom<&[u8]> for DataKey {
    type Error = BadKey;

    fn try_from(bytes: &[u8]) -> Result<Self, BadKey> {
        bytes.try_into().map(Self).map_err(|_| BadKey)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(******)")
    }
}

/// In how many pieces a body is sealed; an empty one in one.
fn pieces_of(length: usize) -> usize {
    length.div_ceil(PIECE).max(1)
}

/// The nonce and the bound facts of a piece.
fn placed(number: usize, last: bool) -> (Nonce, Aad<[u8; 1]>) {
    let mut nonce = [0u8; NONCE_BYTES];
    for (byte, of) in nonce.iter_mut().skip(NONCE_BYTES - 8).zip((number as u64).to_be_bytes()) {
        *byte = of;
    }
    (Nonce::assume_unique_for_key(nonce), Aad::from([u8::from(last)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(byte: u8) -> DataKey {
        DataKey::from_bytes([byte; KEY_BYTES])
    }

    #[test]
    fn what_is_hidden_is_shown_to_its_key_and_for_what_it_is() {
        let hidden = key(1).hide(&key(7), [3; NONCE_BYTES], "a page", b"secret").unwrap();
        assert_eq!(key(1).shown("a page", &hidden).unwrap(), b"secret");
        assert_eq!(key(1).shown("a session", &hidden), Err(Unopened));
        assert_eq!(key(2).shown("a page", &hidden), Err(Unopened));
        let (first, rest) = hidden.split_at(1);
        for text in ["", "x", "????", first, rest] {
            assert_eq!(key(1).shown("a page", text), Err(Unopened), "{text}");
        }
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_and_whole_only() {
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE] {
            let body: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let sealed = key(1).seal(&body).unwrap();
            assert_eq!(key(1).open(&sealed).unwrap(), body, "{length}");
            assert_eq!(key(2).open(&sealed), Err(Unopened));
            let mut changed = sealed.clone();
            *changed.last_mut().unwrap() ^= 1;
            assert_eq!(key(1).open(&changed), Err(Unopened));
        }
        // Without its last piece, with one twice, with two changed over.
        let sealed = key(1).seal(&vec![7; 3 * PIECE]).unwrap();
        let pieces: Vec<&[u8]> = sealed.chunks(PIECE + TAG_BYTES).collect();
        for wrong in [&pieces[..2], &[pieces[0], pieces[0], pieces[2]], &[pieces[1], pieces[0], pieces[2]]] {
            assert_eq!(key(1).open(&wrong.concat()), Err(Unopened));
        }
    }

    #[test]
    fn a_wrapped_key_opens_what_it_was_wrapped_for() {
        let wrapped = key(1).wrap(&key(9), [3; NONCE_BYTES], "register 1").unwrap();
        assert_eq!(key(1).unwrap(&wrapped, "register 1"), Ok(key(9)));
        assert_eq!(key(1).unwrap(&wrapped, "register 2"), Err(Unopened));
        assert_eq!(key(2).unwrap(&wrapped, "register 1"), Err(Unopened));
        assert_eq!(key(1).unwrap(&[], ""), Err(Unopened));
        assert_eq!(DataKey::try_from(&[0u8; 31][..]), Err(BadKey));
        assert!(!format!("{:?}", key(9)).contains('9'));
    }

    #[test]
    fn an_index_is_the_same_for_the_same_and_tells_nothing_without_the_key() {
        let code = key(1).index("person", "010181-900C");
        assert_eq!(code, key(1).index("person", "010181-900C"));
        assert_ne!(code, key(2).index("person", "010181-900C"));
        assert_ne!(code, key(1).index("other", "010181-900C"));
        assert_ne!(key(1).index("a", "bc"), key(1).index("ab", "c"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(sealed in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(key(1).open(&sealed).is_err());
            prop_assert!(key(1).unwrap(&sealed, "x").is_err());
        }
    }
}
